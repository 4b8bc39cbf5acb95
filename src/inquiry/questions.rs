//! The separate questions of an inquiry, in the order of its body.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::inquiry::asks::{Ask, Class, Place, asks, bare, elliptic, opens, reminds, weight};
use crate::inquiry::parts::{Message, pieces};
use crate::inquiry::phrases as say;
use crate::inquiry::{Channel, Inquiry, PartKind, Question};
use crate::language::{fold, lexicon, sentences};

/// Fewer content words than this say too little without the sentence before them.
const CONTENT_WORDS_MIN: usize = 2;
/// Sentences that a question may take along from before it.
const SENTENCES_BACK_MAX: usize = 3;
/// Words of a question that took sentences along.
const TEXT_WORDS_MAX: usize = 60;
/// Words of the context of a question.
const CONTEXT_WORDS_MAX: usize = 80;
/// A subject of more words is no title.
const SUBJECT_WORDS_MAX: usize = 8;
/// Asks of one message; nobody answers more.
const ASKS_MAX: usize = 200;
/// Quoted speech is looked for this far on both sides of a question mark.
const SPEECH_BYTES_MAX: usize = 400;
/// Longer sentences are cut, so that a text without full stops is read in good time.
const SENTENCE_BYTES_MAX: usize = 1_500;
/// A line shorter than this was ended by its writer, not by a mail program.
const WRAPPED_CHARS_MIN: usize = 55;

/// A paragraph, or an item of a list.
#[derive(Debug)]
struct Block {
    place: Place,
    sentences: Vec<Sentence>,
}

/// One sentence and what it asks.
#[derive(Debug)]
struct Sentence {
    range: Range<usize>,
    asks: Vec<Ask>,
    /// Whether it tells something that a question may need.
    tells: bool,
}

/// An ask, by its place.
#[derive(Debug, Clone)]
struct Found {
    block: usize,
    sentence: usize,
    class: Class,
    /// The asking words, in the message's text.
    range: Range<usize>,
    /// What belongs to it.
    more: Vec<Range<usize>>,
}

/// One message, read for questions.
#[derive(Debug)]
struct Asked<'a> {
    message: &'a Message,
    channel: Channel,
    blocks: Vec<Block>,
    found: Vec<Found>,
}

/// The questions, and the messages whose text counts as the sender's own.
pub(crate) fn questions(messages: &[Message], inquiry: &Inquiry) -> (Vec<Question>, Vec<usize>) {
    let mut read = messages.iter().map(|message| Asked::read(message, inquiry.channel));
    let Some(mut own) = read.next() else { return (Vec::new(), Vec::new()) };
    let mut asking = vec![0];
    let mut earlier: Option<Asked<'_>> = None;
    if !own.asks_itself() || own.hands_over() {
        let found = read.enumerate().find(|(_, asked)| {
            !asked.message.by_house && asked.found.iter().any(|ask| ask.class == Class::Strong)
        });
        if let Some((at, asked)) = found {
            asking.push(at + 1);
            earlier = Some(asked);
        }
    }
    let mut questions = Vec::new();
    if let Some(mut earlier) = earlier {
        own.found.retain(|ask| ask.class >= Class::Reminder);
        own.settle();
        earlier.settle();
        own.write(inquiry, &mut questions);
        earlier.write(inquiry, &mut questions);
    } else {
        own.settle();
        own.write(inquiry, &mut questions);
    }
    if questions.is_empty() {
        questions.extend(by_subject(inquiry, &own));
    }
    questions.sort_by_key(|question| question.from.first().map_or(0, |range| range.start));
    for (at, question) in questions.iter_mut().enumerate() {
        question.n = at + 1;
    }
    (questions, asking)
}

/// A body that asks nothing below a subject that does.
fn by_subject(inquiry: &Inquiry, own: &Asked<'_>) -> Option<Question> {
    let subject = title(inquiry.subject.as_deref()?)?;
    let strong = asks(subject, inquiry.channel, Place::Prose)
        .iter()
        .any(|ask| ask.class == Class::Strong && weight(subject) > 0);
    let first = own.blocks.first().and_then(|block| block.sentences.first())?;
    strong.then(|| Question {
        n: 1,
        text: clean(subject),
        from: vec![own.message.plain.body_range(first.range.clone())],
        context: own.text(&first.range).to_owned(),
        status: says_status(subject, false),
    })
}

/// The subject without the marks of forwarding.
fn title(subject: &str) -> Option<&str> {
    let found = say::SUBJECT_MARKS.find(subject);
    let title = found.map_or(subject, |found| subject.get(found.end()..).unwrap_or_default());
    Some(title.trim()).filter(|title| !title.is_empty())
}

impl<'a> Asked<'a> {
    fn read(message: &'a Message, channel: Channel) -> Self {
        let text = &message.plain.text;
        let mut blocks = Vec::new();
        for (kind, range) in pieces(text, channel) {
            if kind == PartKind::Own {
                blocks.extend(blocks_of(text, range, channel));
            }
        }
        let mut found = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            for (number, sentence) in block.sentences.iter().enumerate() {
                for ask in &sentence.asks {
                    let start = sentence.range.start;
                    found.push(Found {
                        block: at,
                        sentence: number,
                        class: ask.class,
                        range: start + ask.range.start..start + ask.range.end,
                        more: Vec::new(),
                    });
                }
            }
        }
        found.truncate(ASKS_MAX);
        let mut asked = Self { message, channel, blocks, found };
        asked.list_items();
        asked
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.message.plain.text.get(range.clone()).unwrap_or_default()
    }

    /// Whether it asks about a matter, and not only how far something is.
    fn asks_itself(&self) -> bool {
        self.found
            .iter()
            .any(|ask| ask.class == Class::Strong && !(says_status(self.text(&ask.range), false)))
    }

    /// Whether it points to an earlier message as the one that asks.
    fn hands_over(&self) -> bool {
        self.found.iter().any(|ask| {
            ask.class == Class::Weak && say::POINTS_BELOW.is_match(self.text(&ask.range))
        })
    }

    /// Items below "Vi mangler svar på:" ask even when they are only a word or two.
    fn list_items(&mut self) {
        let mut at = 0;
        while at < self.blocks.len() {
            let items = self.blocks.iter().skip(at + 1);
            let end = at + 1 + items.take_while(|block| block.place == Place::Item).count();
            let intro = self.blocks.get(at).filter(|block| block.place == Place::Prose);
            let intro =
                intro.and_then(|block| block.sentences.last()).map(|last| last.range.clone());
            if let Some(intro) = intro.filter(|_| end > at + 2) {
                self.list_under(at, at + 1..end, &intro);
            }
            at = end;
        }
    }

    fn list_under(&mut self, lead: usize, items: Range<usize>, intro: &Range<usize>) {
        let line = self.text(intro).trim_end().to_owned();
        // "Hvad er fristen for" goes on in each item.
        let goes_on = opens(&line) && !line.ends_with(['.', '?', '!']);
        let points = say::POINTS_BELOW.is_match(&line) && opens(&line);
        let asks_below = say::LIST_OF_ASKS.is_match(&line) || points;
        if !(goes_on || asks_below) {
            return;
        }
        self.found.retain(|ask| ask.block != lead || ask.range.start < intro.start);
        let asking = |asked: &Self, block| {
            asked.found.iter().any(|ask| ask.block == block && ask.class == Class::Strong)
        };
        let silent = !items.clone().any(|block| asking(self, block));
        for block in items {
            let sentences = self.blocks.get(block).map(|block| &block.sentences);
            let Some((first, last)) = sentences.and_then(|s| Some((s.first()?, s.last()?))) else {
                continue;
            };
            let range = first.range.start..last.range.end;
            let whether = say::WHETHER.is_match(self.text(&range));
            if asking(self, block) || !(silent || goes_on || whether) {
                continue;
            }
            let more = if goes_on { vec![intro.clone()] } else { Vec::new() };
            self.found.retain(|ask| ask.block != block);
            self.found.push(Found { block, sentence: 0, class: Class::Strong, range, more });
        }
        self.found.sort_by_key(|ask| ask.range.start);
    }

    /// Leaves the asks that are questions, each with what belongs to it.
    fn settle(&mut self) {
        let has = |class| self.found.iter().any(|ask: &Found| ask.class == class);
        let (strong, reminder, wanted) =
            (has(Class::Strong), has(Class::Reminder), has(Class::Wanted));
        if strong {
            self.attach_catchwords();
            let status = self
                .found
                .iter()
                .any(|ask| ask.class == Class::Strong && says_status(self.text(&ask.range), true));
            self.attach(Class::Wanted, Class::Strong);
            self.found.retain(|ask| {
                ask.class == Class::Strong || ask.class == Class::Reminder && !status
            });
        } else if reminder {
            self.attach(Class::Wanted, Class::Reminder);
            self.found.retain(|ask| ask.class == Class::Reminder);
        } else if wanted {
            self.found.retain(|ask| ask.class == Class::Wanted);
        } else {
            self.last_resort();
        }
        self.join_reminders();
        self.join_thin();
        self.deal_out();
        self.take_along();
    }

    /// A message without a question: what comes nearest to one.
    fn last_resort(&mut self) {
        let best = self.found.iter().map(|ask| ask.class).max();
        match best {
            Some(best) => {
                self.found.retain(|ask| ask.class == best);
                self.found.truncate(1);
            }
            // Whoever takes a note does so because the caller asked.
            None if self.channel == Channel::Phone => {
                let first = self.blocks.first().and_then(|block| block.sentences.first());
                let last = self.blocks.last().and_then(|block| block.sentences.last());
                if let (Some(first), Some(last)) = (first, last) {
                    let range = first.range.start..last.range.end;
                    let class = Class::Strong;
                    self.found.push(Found {
                        block: 0,
                        sentence: 0,
                        class,
                        range,
                        more: Vec::new(),
                    });
                }
            }
            None => {}
        }
    }

    /// A note's catchword belongs to the question that follows it.
    fn attach_catchwords(&mut self) {
        let words: Vec<Range<usize>> = self.ranges(Class::Fragment);
        for word in words {
            let next = self
                .found
                .iter_mut()
                .find(|ask| ask.class == Class::Strong && ask.range.start >= word.end);
            if let Some(next) = next {
                next.more.push(word);
            }
        }
    }

    fn ranges(&self, class: Class) -> Vec<Range<usize>> {
        let found = self.found.iter().filter(|ask| ask.class == class);
        found.map(|ask| ask.range.clone()).collect()
    }

    /// Hands the words of one class to the nearest ask of another.
    fn attach(&mut self, class: Class, to: Class) {
        for range in self.ranges(class) {
            let before =
                self.found.iter().rposition(|ask| ask.class == to && ask.range.end <= range.start);
            let any = before.or_else(|| self.found.iter().position(|ask| ask.class == to));
            if let Some(ask) = any.and_then(|at| self.found.get_mut(at)) {
                ask.more.push(range);
            }
        }
        self.found.retain(|ask| ask.class != class);
    }

    /// One reminder, in however many sentences.
    fn join_reminders(&mut self) {
        let mut joined: Vec<Found> = Vec::new();
        for ask in self.found.drain(..) {
            let last = joined.iter_mut().rfind(|last| last.class == Class::Reminder);
            match last {
                Some(last) if ask.class == Class::Reminder => {
                    let next = last.block == ask.block && last.sentence + 1 == ask.sentence;
                    if next && last.more.is_empty() {
                        last.range.end = ask.range.end;
                        last.sentence = ask.sentence;
                    } else {
                        last.more.push(ask.range);
                    }
                    last.more.extend(ask.more);
                }
                _ => joined.push(ask),
            }
        }
        self.found = joined;
    }

    /// "Og hvordan?" belongs to the question before it.
    fn join_thin(&mut self) {
        let mut joined: Vec<Found> = Vec::new();
        for ask in std::mem::take(&mut self.found) {
            let words = self.text(&ask.range);
            let thin = weight(words) < CONTENT_WORDS_MIN;
            let item = self.blocks.get(ask.block).is_some_and(|block| block.place == Place::Item);
            let near = joined.last().is_some_and(|last| {
                last.block == ask.block
                    && last.sentence < ask.sentence
                    && ask.sentence - last.sentence < 2
            });
            let joins =
                near && (elliptic(words) || item && thin && bare(words).len() < words.len());
            match joined.last_mut() {
                Some(last) if joins => {
                    last.range.end = ask.range.end;
                    last.sentence = ask.sentence;
                }
                _ => joined.push(ask),
            }
        }
        self.found = joined;
    }

    /// "Hvad gør vi med alle tre?" after three cases is three questions.
    fn deal_out(&mut self) {
        let mut dealt = Vec::new();
        for ask in std::mem::take(&mut self.found) {
            let words = self.text(&ask.range);
            let cases = if say::ALL_OF_THEM.is_match(words) || weight(words) == 0 {
                self.cases_before(&ask, say::ALL_OF_THEM.is_match(words))
            } else {
                Vec::new()
            };
            if cases.len() < 2 {
                dealt.push(ask);
                continue;
            }
            for case in cases {
                dealt.push(Found { more: vec![case], ..ask.clone() });
            }
        }
        self.found = dealt;
    }

    /// What stands before an ask that each tells of one case: "en har ...", "den anden ...",
    /// or the items of a list right above it.
    fn cases_before(&self, ask: &Found, all: bool) -> Vec<Range<usize>> {
        let Some(block) = self.blocks.get(ask.block) else { return Vec::new() };
        let before = block.sentences.iter().take(ask.sentence);
        let told = before
            .filter(|sentence| sentence.asks.iter().all(|ask| ask.class < Class::Strong))
            .map(|sentence| sentence.range.clone())
            .filter(|range| all && say::ONE_OF_THEM.is_match(self.text(range)));
        let told: Vec<Range<usize>> = told.collect();
        if !told.is_empty() || block.place == Place::Item || ask.sentence > 0 {
            return told;
        }
        let above = self.blocks.iter().take(ask.block).rev();
        let items = above.take_while(|block| block.place == Place::Item).map(|block| {
            let silent =
                block.sentences.iter().all(|s| s.asks.iter().all(|a| a.class < Class::Weak));
            let whole = block.sentences.first().zip(block.sentences.last());
            whole.filter(|_| silent).map(|(first, last)| first.range.start..last.range.end)
        });
        let mut items: Vec<Range<usize>> = items.collect::<Option<_>>().unwrap_or_default();
        items.reverse();
        items
    }

    /// Questions that mean nothing alone take the words before them along.
    fn take_along(&mut self) {
        let mut found = std::mem::take(&mut self.found);
        let mut floor = 0;
        for ask in &mut found {
            let end = ask.range.end;
            if ask.class != Class::Reminder && ask.more.is_empty() {
                self.reach_back(ask, floor);
            }
            floor = end;
        }
        self.found = found;
    }

    fn reach_back(&self, ask: &mut Found, floor: usize) {
        let enough = |range: &Range<usize>| weight(self.text(range));
        let Some(block) = self.blocks.get(ask.block) else { return };
        let own = enough(&ask.range);
        let status = says_status(self.text(&ask.range), false) && !self.points_back(ask);
        if own >= CONTENT_WORDS_MIN || status {
            return;
        }
        let wanted = if own == 0 { SENTENCES_BACK_MAX } else { 1 };
        let inside = block.sentences.get(ask.sentence).map_or(ask.range.start, |s| s.range.start);
        let mut start = ask.range.start;
        if inside >= floor && inside < start {
            start = inside;
        }
        let mut taken = usize::from(start < ask.range.start);
        for sentence in block.sentences.iter().take(ask.sentence).rev() {
            let long = self.text(&(sentence.range.start..ask.range.end)).split_whitespace().count();
            if taken >= wanted
                || sentence.range.start < floor
                || !sentence.tells
                || long > TEXT_WORDS_MAX
            {
                break;
            }
            start = sentence.range.start;
            taken += 1;
        }
        ask.range.start = start;
    }

    /// Adds the questions, as they will be shown.
    fn write(&self, inquiry: &Inquiry, questions: &mut Vec<Question>) {
        let cased = inquiry.subject.as_deref().is_some_and(reminds)
            || self.found.iter().any(|ask| ask.class == Class::Reminder)
            || say::CASE.is_match(&inquiry.body)
            || reminds(&inquiry.body);
        for ask in &self.found {
            let told: Vec<&str> = ask.more.iter().map(|range| self.text(range)).collect();
            let words = self.text(&ask.range);
            let dealt = self.found.iter().filter(|other| other.range == ask.range).count() > 1;
            let intro = ask.more.first().is_some_and(|range| range.end <= ask.range.start);
            let text = if dealt || intro && self.text(&ask.range).len() < 80 {
                let told: Vec<String> = told.into_iter().map(clean).collect();
                format!("{} {}", told.join(" "), clean(words))
            } else {
                clean(words)
            };
            let plain = &self.message.plain;
            let mut ranges: Vec<&Range<usize>> =
                std::iter::once(&ask.range).chain(&ask.more).collect();
            if dealt {
                ranges.rotate_left(1);
            }
            questions.push(Question {
                n: 0,
                text,
                from: ranges.into_iter().map(|range| plain.body_range(range.clone())).collect(),
                context: self.context(ask, inquiry),
                status: ask.class == Class::Reminder || says_status(words, cased),
            });
        }
    }

    /// What the mail tells that the question needs.
    fn context(&self, ask: &Found, inquiry: &Inquiry) -> String {
        let mut told: Vec<Range<usize>> = ask.more.clone();
        let Some(block) = self.blocks.get(ask.block) else { return String::new() };
        let tells = |sentence: &&Sentence| sentence.tells && sentence.range.end <= ask.range.start;
        let before: Vec<&Sentence> = block.sentences.iter().filter(tells).collect();
        told.extend(before.iter().rev().take(SENTENCES_BACK_MAX).map(|s| s.range.clone()));
        if let Some(sentence) = block.sentences.get(ask.sentence) {
            let lead = sentence.range.start..ask.range.start;
            if weight(self.text(&lead)) > 0 {
                told.push(lead);
            }
        }
        let after = block.sentences.iter().filter(|s| s.range.start >= ask.range.end);
        told.extend(after.take_while(|s| s.tells).take(2).map(|s| s.range.clone()));
        if before.is_empty() && (block.place == Place::Item || self.points_back(ask)) {
            let lead = self.blocks.iter().take(ask.block).rev();
            let lead = lead.filter(|block| block.place == Place::Prose);
            let told_first = lead.flat_map(|block| block.sentences.iter().rev());
            told.extend(told_first.filter(|s| s.tells).take(2).map(|s| s.range.clone()));
        }
        told.sort_by_key(|range| range.start);
        told.dedup();
        let subject = inquiry.subject.as_deref().and_then(title).filter(|title| {
            title.split_whitespace().count() <= SUBJECT_WORDS_MAX
                && !say::EMPTY_SUBJECT.is_match(title)
        });
        let subject = subject.map(|title| format!("{}.", title.trim_end_matches(['.', '!', '?'])));
        let told = told.iter().map(|range| one_line(self.text(range)));
        let words: Vec<String> = subject.into_iter().chain(told).collect();
        let words = words.join(" ");
        words.split(' ').take(CONTEXT_WORDS_MAX).collect::<Vec<_>>().join(" ")
    }

    fn points_back(&self, ask: &Found) -> bool {
        let words = self.text(&ask.range).split(|c: char| !c.is_alphanumeric());
        words.map(fold).any(|word| {
            [
                "den", "det", "de", "dem", "han", "hun", "ham", "hende", "hans", "hendes", "deres",
                "denne", "dette", "disse", "her", "så", "alle", "begge",
            ]
            .contains(&word.as_str())
        })
    }
}

/// Whether the words ask how far the sender's own case is; `cased` when the mail has one.
fn says_status(words: &str, cased: bool) -> bool {
    say::STATUS.is_match(words) || cased && say::WHEN_ANSWERED.is_match(words)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One line, without the mark of a list, beginning with a capital.
fn clean(text: &str) -> String {
    let line =
        one_line(text.trim_start_matches(['-', '–', '+', '*', '•', ' ', ',', ';', ':', '/']));
    let mut chars = line.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => line,
    }
}

/// The paragraphs and list items of a range.
fn blocks_of(text: &str, range: Range<usize>, channel: Channel) -> Vec<Block> {
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
        Place::Item => vec![(place, range)],
    });
    ranges.filter_map(|(place, range)| block(text, place, range, channel)).collect()
}

/// A paragraph that holds a numbered list in its running text, cut into lead and items.
fn inline_items(text: &str, range: Range<usize>) -> Vec<(Place, Range<usize>)> {
    let part = text.get(range.clone()).unwrap_or_default();
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for captures in say::INLINE_ITEM.captures_iter(part) {
        let (Some(whole), Some(mark)) = (captures.get(0), captures.get(1)) else { continue };
        let next = mark.as_str().bytes().next().unwrap_or_default();
        let first = if next.is_ascii_digit() { b'1' } else { b'a' };
        if usize::from(next.to_ascii_lowercase().saturating_sub(first)) == marks.len() {
            marks.push((whole.start(), whole.end()));
        }
    }
    if marks.len() < 2 {
        return vec![(Place::Prose, range)];
    }
    let ends = marks.iter().skip(1).map(|(start, _)| *start).chain([part.len()]);
    let items = marks
        .iter()
        .zip(ends)
        .map(|((_, start), end)| (Place::Item, range.start + start..range.start + end.max(*start)));
    let lead = marks.first().map(|(start, _)| (Place::Prose, range.start..range.start + start));
    lead.into_iter().chain(items).collect()
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
    let runs = runs(text, range);
    let mut answers_field = false;
    for run in runs {
        let part = text.get(run.clone()).unwrap_or_default();
        let field = answers_field || channel == Channel::Portal && is_field(part);
        answers_field = channel == Channel::Portal && say::FIELD_ALONE.is_match(part);
        let cut = sentences(part).into_iter().flat_map(|range| lower_case(part, range));
        for sentence in cut.flat_map(|range| pieces_of(part, range)) {
            let range = run.start + sentence.start..run.start + sentence.end;
            let words = part.get(sentence).unwrap_or_default();
            let asks = if field || in_speech(text, &whole, &range) {
                Vec::new()
            } else {
                asks(words, channel, place)
            };
            let quiet = say::COURTESY.is_match(bare(words));
            let asking =
                asks.iter().any(|ask| ask.class >= Class::Weak || ask.class == Class::Injected);
            // "Vi har fire spørgsmål:" tells nothing, an introduction of more words may.
            let enough = if words.trim_end().ends_with(':') { 3 } else { 1 };
            let tells = !quiet && !asking && weight(words) >= enough;
            found.push(Sentence { range, asks, tells });
        }
    }
    (!found.is_empty()).then_some(Block { place, sentences: found })
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
fn lower_case(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
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
        let whole = closed
            || known && word.chars().all(char::is_alphabetic) && !lexicon().is_abbreviation(&word);
        let goes_on = spoken || next.starts_with(char::is_lowercase);
        if whole && goes_on && next.len() < after.len() && !next.is_empty() {
            found.push(range.start + start..range.end - after.len());
            start = sentence.len() - next.len();
        }
    }
    found.push(range.start + start..range.end);
    found
}

/// Parts of a block that a line break ends: the writer's own, not a mail program's.
fn runs(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = range.start;
    let lines = line_ranges(text, &range);
    for pair in lines.windows(2) {
        let [(at, line), (_, next)] = pair else { continue };
        let opens = next.trim_start().starts_with(char::is_uppercase)
            || say::INTERROGATIVE.is_match(bare(next));
        let short = line.trim_end().chars().count() < WRAPPED_CHARS_MIN;
        if line.trim_end().ends_with(['.', '?', '!', ':', ';']) || short && opens {
            found.push(start..at.end);
            start = at.end;
        }
    }
    found.push(start..range.end);
    found
}
