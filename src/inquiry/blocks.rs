//! The paragraphs, list items and sentences of a message, and what each of them asks.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;

use crate::inquiry::Channel;
use crate::inquiry::asks::{Ask, Class, Place, asks, wished};
use crate::inquiry::openings::{bare, weight};
use crate::inquiry::phrases as say;
use crate::language::{fold, lexicon, sentences};

/// A line shorter than this was ended by its writer, not by a mail program.
const WRAPPED_CHARS_MIN: usize = 55;
/// Quoted speech is looked for this far on both sides of a question mark.
const SPEECH_BYTES_MAX: usize = 400;
/// Longer sentences are cut, so that a text without full stops is read in good time.
const SENTENCE_BYTES_MAX: usize = 1_500;

/// A paragraph, or an item of a list.
#[derive(Debug)]
pub(crate) struct Block {
    /// Which of the two.
    pub(crate) place: Place,
    /// Its sentences.
    pub(crate) sentences: Vec<Sentence>,
}

/// One sentence and what it asks.
#[derive(Debug)]
pub(crate) struct Sentence {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// What it asks.
    pub(crate) asks: Vec<Ask>,
    /// Whether it tells something that a question may need.
    pub(crate) tells: bool,
}

/// The paragraphs and list items of a range.
pub(crate) fn blocks(text: &str, range: Range<usize>, channel: Channel) -> Vec<Block> {
    let mut ranges: Vec<(Place, Range<usize>)> = Vec::new();
    let marks = Marks::of(text, &range);
    let mut open = false;
    let mut wrapped = false;
    for (at, line) in line_ranges(text, &range) {
        let blank = line.trim().is_empty();
        let item = marks.item(at.start);
        // A line of its own below the last item closes the list.
        let closes = ranges.last().is_some_and(|(place, _)| *place == Place::Item)
            && !wrapped
            && marks.is_past_last(at.start)
            && line.starts_with(char::is_uppercase);
        if let Some(skip) = item {
            ranges.push((Place::Item, at.start + skip..at.end));
        } else if blank {
            open = false;
            continue;
        } else if open && !closes {
            if let Some((_, range)) = ranges.last_mut() {
                range.end = at.end;
            }
        } else {
            ranges.push((Place::Prose, at.clone()));
        }
        open = true;
        wrapped = line.trim_end().chars().count() >= WRAPPED_CHARS_MIN;
    }
    let ranges = ranges.into_iter().flat_map(|(place, range)| match place {
        Place::Prose => inline_items(text, range),
        Place::Item => further_items(text, range),
    });
    let mut blocks: Vec<Block> =
        ranges.filter_map(|(place, range)| block(text, place, range, channel)).collect();
    leave_leads_above(&mut blocks);
    blocks
}

/// A paragraph that holds a numbered list in its running text, cut into lead and items.
fn inline_items(text: &str, range: Range<usize>) -> Vec<(Place, Range<usize>)> {
    let part = text.get(range.clone()).unwrap_or_default();
    let marks = inline_marks(part, 0);
    if marks.len() < 2 {
        return vec![(Place::Prose, range)];
    }
    let lead = marks.first().map(|(start, _)| (Place::Prose, range.start..range.start + start));
    lead.into_iter().chain(items(&marks, &range)).collect()
}

/// The first item of a list, cut where the next ones stand on its line: "1. Hvem? 2. Hvor?".
fn further_items(text: &str, range: Range<usize>) -> Vec<(Place, Range<usize>)> {
    let before = text.get(..range.start).unwrap_or_default().trim_end();
    let first = before.ends_with(['.', ')'])
        && before.trim_end_matches(['.', ')']).ends_with(['1', 'a', 'A']);
    let part = text.get(range.clone()).unwrap_or_default();
    let marks = if first { inline_marks(part, 1) } else { Vec::new() };
    let Some((end, _)) = marks.first() else { return vec![(Place::Item, range)] };
    let own = (Place::Item, range.start..range.start + end);
    std::iter::once(own).chain(items(&marks, &range)).collect()
}

fn items(marks: &[(usize, usize)], range: &Range<usize>) -> Vec<(Place, Range<usize>)> {
    let ends = marks.iter().skip(1).map(|(start, _)| *start).chain([range.len()]);
    let item = |start: usize, end: usize| range.start + start..range.start + end.max(start);
    marks.iter().zip(ends).map(|((_, start), end)| (Place::Item, item(*start, end))).collect()
}

/// Where the items of a running text begin, with where their words do: those that count on after
/// so many, by brackets or else by full stops.
fn inline_marks(part: &str, after: usize) -> Vec<(usize, usize)> {
    let bracketed = marks_of(&say::INLINE_ITEM, part, after);
    let enough = bracketed.len() + after > 1;
    if enough { bracketed } else { marks_of(&say::INLINE_NUMBER, part, after) }
}

fn marks_of(pattern: &Regex, part: &str, after: usize) -> Vec<(usize, usize)> {
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for captures in pattern.captures_iter(part) {
        let mark = captures.get(1).or_else(|| captures.get(2));
        let (Some(whole), Some(mark)) = (captures.get(0), mark) else { continue };
        let next = mark.as_str().bytes().next().unwrap_or_default();
        let first = if next.is_ascii_digit() { b'1' } else { b'a' };
        if usize::from(next.to_ascii_lowercase().saturating_sub(first)) == after + marks.len() {
            // The mark that ends the sentence before belongs to it; a capital opens the item.
            let ends = whole.as_str().starts_with(['.', '?', '!']);
            let capital = whole.as_str().chars().next_back().filter(|c| c.is_alphabetic());
            let end = whole.end() - capital.map_or(0, char::len_utf8);
            marks.push((whole.start() + usize::from(ends), end));
        }
    }
    marks
}

fn line_ranges<'a>(text: &'a str, range: &Range<usize>) -> Vec<(Range<usize>, &'a str)> {
    let mut at = range.start;
    let lines = text.get(range.clone()).unwrap_or_default().split_inclusive('\n');
    lines
        .map(|line| {
            let here = at..at + line.len();
            at = here.end;
            (here, line)
        })
        .collect()
}

/// The lines that open an item: where they begin, and how long their mark is.
struct Marks(BTreeMap<usize, usize>);

impl Marks {
    fn of(text: &str, range: &Range<usize>) -> Self {
        let mut marks = Vec::new();
        let mut numbers = Vec::new();
        for (at, line) in line_ranges(text, range) {
            let Some(captures) = say::ITEM.captures(line) else { continue };
            let Some(mark) = captures.get(0) else { continue };
            let rest = line.get(mark.end()..).unwrap_or_default();
            let number = (1..=3).find_map(|group| captures.get(group));
            let number = number.map(|number| fold(number.as_str()));
            if rest.trim().is_empty() || number.is_some() && say::ORDINAL.is_match(rest) {
                continue;
            }
            numbers.extend(number.clone());
            marks.push((at.start, mark.end(), number));
        }
        // "2. Vi bad jer ..." alone is a sentence; with a first item it is a list.
        let listed = numbers.len() > 1 || numbers.iter().any(|n| n == "1" || n == "a");
        let kept = marks.into_iter().filter(|(_, _, number)| number.is_none() || listed);
        Self(kept.map(|(start, skip, _)| (start, skip)).collect())
    }

    fn is_past_last(&self, start: usize) -> bool {
        self.0.last_key_value().is_none_or(|(at, _)| *at < start)
    }

    fn item(&self, start: usize) -> Option<usize> {
        self.0.get(&start).copied()
    }
}

fn block(text: &str, place: Place, range: Range<usize>, channel: Channel) -> Option<Block> {
    let mut found = Vec::new();
    let whole = range.clone();
    let runs = runs(text, range, channel);
    let mut answers_field = false;
    let mut steered = false;
    // An item of a list is no field: "1. Hvilke koder bruger vi? (især sygdom)".
    let form = channel == Channel::Portal && place == Place::Prose;
    for run in runs {
        let part = text.get(run.clone()).unwrap_or_default();
        let wish = say::WISH_FIELD.find(part).filter(|_| form).map(|label| label.end());
        let field = wish.is_none() && (answers_field || form && is_field(part));
        answers_field = wish.is_none() && form && say::FIELD_ALONE.is_match(part);
        // A field and its answer belong together.
        let line = 0..part.trim_end().len();
        let cut = match wish {
            Some(label) => sentences(part.get(label..).unwrap_or_default())
                .into_iter()
                .map(|range| label + range.start..label + range.end)
                .collect(),
            None if field => std::iter::once(line).collect(),
            None => sentences(part),
        };
        let cut = cut.into_iter().flat_map(|range| lower_case(part, range, channel));
        for sentence in cut.flat_map(|range| pieces_of(part, range)) {
            let range = run.start + sentence.start..run.start + sentence.end;
            let words = part.get(sentence).unwrap_or_default();
            let asks = if field || in_speech(text, &whole, &range) {
                Vec::new()
            } else {
                let above = found.last().and_then(|above: &Sentence| text.get(above.range.clone()));
                let above = above.unwrap_or_default();
                match wish {
                    Some(_) => wished(words, above),
                    None => asks(words, above, channel, place),
                }
            };
            let quiet = say::COURTESY.is_match(bare(words));
            // What only the model of kinds takes for a question may be what another one needs.
            let asking = asks.iter().any(|ask| {
                ask.class >= Class::Weak && !ask.by_kind || ask.class == Class::Injected
            });
            // "Vi har fire spørgsmål:" tells nothing, an introduction of more words may.
            let enough = if words.trim_end().ends_with(':') { 3 } else { 1 };
            // What follows an instruction to the program goes on to instruct.
            steered |= asks.iter().any(|ask| ask.class == Class::Injected);
            let tells = !quiet && !asking && !steered && weight(words) >= enough;
            found.push(Sentence { range, asks, tells });
        }
    }
    leave_leads(&mut found);
    (!found.is_empty()).then_some(Block { place, sentences: found })
}

/// What a question follows at once leads up to it, unless a rule says that it asks itself: "Og så en
/// helt anden ting: en kustode går på barsel. Hvornår ...".
fn leave_leads(sentences: &mut [Sentence]) {
    for at in 1..sentences.len() {
        let followed = sentences.get(at).is_some_and(|one| one.asks.iter().any(by_rule));
        if let Some(lead) = sentences.get_mut(at - 1).filter(|_| followed) {
            leave(lead);
        }
    }
}

/// The same for what stands above a list whose items ask.
fn leave_leads_above(blocks: &mut [Block]) {
    let asks = |block: &Block| block.sentences.iter().flat_map(|one| &one.asks).any(by_rule);
    for at in 1..blocks.len() {
        let below = blocks.get(at).is_some_and(|block| block.place == Place::Item && asks(block));
        let Some(lead) = blocks.get_mut(at - 1).filter(|one| below && one.place == Place::Prose)
        else {
            continue;
        };
        for sentence in &mut lead.sentences {
            leave(sentence);
        }
    }
}

/// Whether a rule says that it asks.
fn by_rule(ask: &Ask) -> bool {
    ask.class == Class::Strong && !ask.by_kind
}

/// Makes a sentence that only the model of kinds takes for a question one that tells.
fn leave(sentence: &mut Sentence) {
    if sentence.asks.iter().any(|ask| ask.class == Class::Strong && ask.by_kind) {
        sentence.asks.clear();
        sentence.tells = true;
    }
}

/// Whether the question mark stands in someone else's words: `De skriver: "Er det anmeldt?"`.
fn in_speech(text: &str, block: &Range<usize>, sentence: &Range<usize>) -> bool {
    let words = text.get(sentence.clone()).unwrap_or_default();
    let Some(mark) = words.find('?').map(|at| sentence.start + at) else { return false };
    let start = text.floor_char_boundary(block.start.max(mark.saturating_sub(SPEECH_BYTES_MAX)));
    let end = text.floor_char_boundary(block.end.min(mark + SPEECH_BYTES_MAX));
    let before = text.get(start..mark).unwrap_or_default();
    let after = text.get(mark..end).unwrap_or_default();
    let marks = |text: &str, marks: &[char]| text.matches(marks).count();
    // A message that is quoted whole still asks.
    let told = before.trim_start().starts_with(|c: char| c.is_alphanumeric());
    let straight = marks(before, &['"']) % 2 == 1 && marks(after, &['"']) > 0;
    let curled = marks(before, &['“', '«', '„']) > marks(before, &['”', '»'])
        || marks(before, &['”']) % 2 == 1 && marks(before, &['“', '„']) == 0;
    told && (straight || curled && marks(after, &['”', '»', '“']) > 0)
}

/// Whether a line of a portal form holds a field and its short answer: "Forretningskritisk - Nej".
fn is_field(line: &str) -> bool {
    /// A longer answer is text, and may ask.
    const ANSWER_WORDS_MAX: usize = 6;
    say::FIELD.find(line).is_some_and(|field| {
        let answer = line.get(field.end()..).unwrap_or_default();
        let words = answer.split_whitespace().count();
        (1..=ANSWER_WORDS_MAX).contains(&words) && !answer.contains('?')
    })
}

/// A sentence without end, in pieces that end at a space.
fn pieces_of(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut space) = (range.start, range.start);
    for (at, c) in text.get(range.clone()).unwrap_or_default().char_indices() {
        let at = range.start + at;
        if at - start > SENTENCE_BYTES_MAX {
            let end = if space > start { space } else { at };
            found.push(start..end);
            (start, space) = (end, end);
        }
        if c.is_whitespace() {
            space = at;
        }
    }
    found.push(start..range.end);
    found
}

/// A sentence cut further where its writer goes on without a capital.
fn lower_case(text: &str, range: Range<usize>, channel: Channel) -> Vec<Range<usize>> {
    /// Shorter words before a full stop are taken for abbreviations.
    const WORD_CHARS_MIN: usize = 3;
    let sentence = text.get(range.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in sentence.match_indices('.') {
        let before = sentence.get(..at).unwrap_or_default();
        let rest = sentence.get(at + 1..).unwrap_or_default();
        let after = rest.trim_start_matches(['"', '”', '»', '\'']);
        let next = after.trim_start();
        // `... bortfalder." Hvad gør vi` are two sentences whatever follows.
        let spoken = after.len() < rest.len();
        let closed = before.ends_with([')', '"', '\'', '”', '»']);
        let word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '.').next();
        let word = fold(word.unwrap_or_default());
        let known = word.chars().count() >= WORD_CHARS_MIN || lexicon().is_stop_word(&word);
        let letters = word.chars().all(char::is_alphabetic);
        let plain = known && letters && !lexicon().is_abbreviation(&word);
        let note = channel == Channel::Phone
            && (before.ends_with(' ')
                || ends_whole(before, &word) && !say::GOES_ON_DATED.is_match(next));
        let whole = closed || plain || note;
        let goes_on = spoken || next.starts_with(char::is_lowercase);
        // "... kone + søn 15 år. hvem får den" goes on with a question, however short the word is.
        let asks = say::INTERROGATIVE.is_match(next)
            && word.chars().count() > 1
            && word.chars().all(char::is_alphabetic)
            && !lexicon().is_abbreviation(&word)
            && word != "hv";
        if (whole && goes_on || asks) && next.len() < after.len() && !next.is_empty() {
            // A full stop that stands alone belongs to no sentence.
            let end = match before.trim_end() {
                bare if bare.len() < before.len() => bare.len(),
                _ => sentence.len() - after.len(),
            };
            if start < end {
                found.push(range.start + start..range.start + end);
            }
            start = sentence.len() - next.len();
        }
    }
    found.push(range.start + start..range.end);
    found
}

/// Whether what stands before a full stop of a note is whole, though it holds more than letters: a
/// date ("17/10. atp er en fejl"), a time ("kl. 10.15. ringer igen"), a word that was shortened
/// within ("arb.giver. har læst").
fn ends_whole(before: &str, word: &str) -> bool {
    /// The last part of most abbreviations ("f.eks.", "o.lign.") has fewer letters.
    const PART_CHARS_MIN: usize = 5;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((head, last)) = word.rsplit_once('.') else {
        let head = before.strip_suffix(word).and_then(|head| head.strip_suffix('/'));
        return digits(word)
            && head.is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()));
    };
    digits(head) && digits(last) && last.len() == 2
        || last.chars().all(char::is_alphabetic)
            && last.chars().count() >= PART_CHARS_MIN
            && !["cand", "dr", "mag"].contains(&head)
}

/// Whether lines were broken by a program: all but the last are about as long as the longest.
fn is_wrapped(lines: &[(Range<usize>, &str)]) -> bool {
    let length = |line: &&str| line.trim_end().chars().count();
    let whole: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
    let Some((_, above)) = whole.split_last() else { return false };
    let most = above.iter().map(length).max().unwrap_or_default();
    most >= WRAPPED_CHARS_MIN && above.iter().all(|line| 4 * length(line) >= 3 * most)
}

/// Parts of a block that a line break ends: the writer's own, not a mail program's. Who takes a
/// note or fills in a form breaks lines where a thought ends.
fn runs(text: &str, range: Range<usize>, channel: Channel) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = range.start;
    let lines = line_ranges(text, &range);
    let own = channel != Channel::Mail && !is_wrapped(&lines);
    for pair in lines.windows(2) {
        let [(at, line), (_, next)] = pair else { continue };
        let opens = next.trim_start().starts_with(char::is_uppercase)
            || say::INTERROGATIVE.is_match(bare(next));
        let short = line.trim_end().chars().count() < WRAPPED_CHARS_MIN;
        if own || line.trim_end().ends_with(['.', '?', '!', ':', ';']) || short && opens {
            found.push(start..at.end);
            start = at.end;
        }
    }
    found.push(start..range.end);
    found
}
