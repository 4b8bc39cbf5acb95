//! A model's sentences put into a draft: each is held against what it cites, or left out.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::draft::check::Gate;
use crate::draft::contacts::{contacts_in, holds};
use crate::draft::endpoint::answer::{Found, Line, Paragraph, Quote, Written};
use crate::draft::endpoint::ask::Ask;
use crate::draft::sentence::{Citation, Citations, Sentence};
use crate::draft::{Answer, Draft, Outcome, letter};
use crate::index::{Filter, Query, QueryTerm};
use crate::language::{content_stems, fold, lexicon, stem, tokens};
use crate::privacy;
use crate::retrieval::Hit;
use crate::sources::Kind;
use crate::terms::Scope;

/// Characters of one sentence; klarsprog has shorter ones.
const SENTENCE_CHARS_MAX: usize = 400;
/// Letters and digits of a quote: fewer stand in any passage by chance.
const QUOTE_CHARS_MIN: usize = 10;
/// Of the words that carry a sentence, this share stands in the passages that it cites.
const SUPPORTED_SHARE: f64 = 0.6;
/// Passages with a word among which another document than the first one's is looked for.
const APART_SEEN: usize = 20;
/// Shorter words are too common to tell anything.
const WORD_CHARS_MIN: usize = 4;
/// In a text of this many words, each stands fewer than three times on average.
const REPEATED_WORDS_MIN: usize = 12;
/// A sentence of this many words that is Danish has one of the small words.
const DANISH_WORDS_MIN: usize = 5;

/// Small words of the languages that a model may fall into.
const FOREIGN: [&str; 33] = [
    "the", "and", "is", "of", "you", "we", "your", "are", "with", "this", "that", "und", "das",
    "ist", "wir", "sie", "nicht", "ein", "eine", "zu", "mit", "für", "och", "att", "är", "inte",
    "från", "ikkje", "dere", "les", "est", "pour", "vous",
];

/// Words that turn a rule around.
const TURNING: [&str; 6] = ["ikke", "aldrig", "ingen", "intet", "hverken", "uden"];
/// Words that join sentences and carry no rule: a reply may have them though no source does.
const JOINING: [&str; 16] = [
    "bemærk",
    "derfor",
    "dermed",
    "derudover",
    "desuden",
    "desværre",
    "hermed",
    "husk",
    "imidlertid",
    "ligeledes",
    "nemlig",
    "oplyse",
    "oplyser",
    "samtidig",
    "således",
    "venligst",
];

/// Why a sentence was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// What it quotes does not stand in the passage.
    Quote,
    /// A number, day, amount, section or code does not stand in its quotes.
    Value,
    /// It denies what its quotes say, or says what they deny.
    Turned,
    /// It says again what has been said.
    Repeated,
    /// It holds a link, an address or a phone number that no cited passage holds.
    Contact,
    /// It holds words that stand in no source, or too few of those that it cites.
    Words,
    /// It is not Danish.
    Language,
    /// It is no plain sentence: too long, or with marks that a letter does not have.
    Form,
    /// What it cites may not be used here, or it holds a personal number.
    Source,
    /// It holds a placeholder that could not be turned back, or one of a number.
    Placeholder,
}

impl Fault {
    /// The reason in one stable word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Value => "value",
            Self::Turned => "turned",
            Self::Repeated => "repeated",
            Self::Contact => "contact",
            Self::Words => "words",
            Self::Language => "language",
            Self::Form => "form",
            Self::Source => "source",
            Self::Placeholder => "placeholder",
        }
    }
}

/// What became of the model's answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) n: usize,
    /// Sentences that stand in the reply.
    pub(crate) kept: usize,
    /// Sentences that were left out, by why.
    pub(crate) dropped: BTreeMap<Fault, usize>,
    /// Whether the model said that the sources do not answer, where a paragraph stands.
    pub(crate) doubts: bool,
}

/// Puts the model's paragraphs into the draft, where their sentences hold; elsewhere the paragraph
/// that was there stands.
pub(crate) fn weave(draft: &mut Draft, ask: &Ask, written: &Written) -> Vec<Tally> {
    let mut tallies = Vec::new();
    let mut said: HashSet<String> = HashSet::new();
    let mut questions = std::mem::take(&mut draft.questions);
    let mut gone: HashSet<String> = HashSet::new();
    for answer in &mut questions {
        let paragraph = written.questions.iter().find(|paragraph| paragraph.n == answer.n);
        if let Some(paragraph) = paragraph.filter(|_| ask.asked.contains(&answer.n)) {
            let before: Vec<String> =
                answer.sentences.iter().map(|sentence| sentence.id().to_owned()).collect();
            let tally = replace(answer, paragraph, ask, &draft.evidence, &mut said);
            gone.extend(before.into_iter().filter(|_| tally.kept > 0));
            tallies.push(tally);
        }
        said.extend(answer.sentences.iter().map(|sentence| plain(sentence.text())));
    }
    draft.questions = questions;
    draft.reply = letter(&draft.greeting, &draft.questions, &draft.next_steps, &draft.closing);
    let new = |tally: &&Tally| tally.kept > 0;
    let new: Vec<usize> = tallies.iter().filter(new).map(|tally| tally.n).collect();
    check(draft, ask, &new, &gone);
    tallies
}

fn replace(
    answer: &mut Answer,
    paragraph: &Paragraph,
    ask: &Ask,
    evidence: &[Hit],
    said: &mut HashSet<String>,
) -> Tally {
    let mut tally = Tally { n: answer.n, kept: 0, dropped: BTreeMap::new(), doubts: false };
    if paragraph.outcome == Found::NoEvidence {
        tally.doubts = answer.outcome != Outcome::NoEvidence;
        return tally;
    }
    let mut sentences = Vec::new();
    for line in &paragraph.sentences {
        let id = format!("q{}s{}", answer.n, sentences.len() + 1);
        match judged(line, id, ask, (evidence, &*said)) {
            Ok(sentence) => {
                said.insert(plain(sentence.text()));
                sentences.push(sentence);
            }
            Err(fault) => *tally.dropped.entry(fault).or_default() += 1,
        }
    }
    if sentences.is_empty() {
        return tally;
    }
    tally.kept = sentences.len();
    let cites = |sentence: &Sentence, kind: Kind| {
        let ids = sentence.citations().into_iter().map(Citation::passage_id);
        let mut hits = ids.filter_map(|id| ask.passages.iter().find(|hit| hit.passage_id == *id));
        hits.any(|hit| hit.kind == kind)
    };
    let by_drejebog = sentences.iter().any(|sentence| cites(sentence, Kind::Drejebog));
    answer.outcome = if by_drejebog { Outcome::AnsweredByDrejebog } else { Outcome::Answered };
    answer.sentences = sentences;
    tally
}

/// The sentence, if all holds that can be seen without understanding it.
fn judged(
    line: &Line,
    id: String,
    ask: &Ask,
    (evidence, said): (&[Hit], &HashSet<String>),
) -> Result<Sentence, Fault> {
    let seen = !line.text.chars().any(privacy::is_unseen);
    let restored = ask.restore(&line.text);
    if !restored.is_whole() {
        return Err(Fault::Placeholder);
    }
    let text = restored.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !seen || !is_plain_sentence(&text) {
        return Err(Fault::Form);
    }
    if said.contains(&plain(&text)) || repeats_itself(&text) {
        return Err(Fault::Repeated);
    }
    if !is_danish(&text) {
        return Err(Fault::Language);
    }
    let mut citations = Vec::new();
    let mut cited: Vec<&Hit> = Vec::new();
    for quote in &line.citations {
        let (hit, citation) = located(quote, &ask.passages).ok_or(Fault::Quote)?;
        cited.push(hit);
        citations.push(citation);
    }
    let mut citations = citations.into_iter();
    let first = citations.next().ok_or(Fault::Quote)?;
    if contacts_in(&text).iter().any(|contact| !cited.iter().any(|hit| holds(&hit.text, contact))) {
        return Err(Fault::Contact);
    }
    if turns_around(&text, &line.citations) {
        return Err(Fault::Turned);
    }
    if !is_said_by(&text, &cited, (ask, &restored.values)) {
        return Err(Fault::Words);
    }
    let sentence = Sentence::rewritten(id, text, Citations::new(first, citations.collect()));
    let gate = Gate { scope: &ask.scope, evidence, inquiry: &ask.body, phone: "" };
    let broken: Vec<String> = gate
        .check(&[&sentence], &[])
        .into_iter()
        .filter(|check| !check.ok)
        .map(|check| check.code)
        .collect();
    match broken.iter().any(|code| code == "numbers_supported") {
        true => Err(Fault::Value),
        false if broken.is_empty() => Ok(sentence),
        false => Err(Fault::Source),
    }
}

/// The passage of a quote, and the quote as it stands there; only spaces may differ.
fn located<'a>(quote: &Quote, passages: &'a [Hit]) -> Option<(&'a Hit, Citation)> {
    let hit = passages.get(quote.passage.checked_sub(1)?)?;
    let wanted = quote.quote.trim();
    if wanted.chars().filter(|c| c.is_alphanumeric()).count() < QUOTE_CHARS_MIN {
        return None;
    }
    let range = match hit.text.find(wanted) {
        Some(start) => start..start + wanted.len(),
        None => find_spaced(&hit.text, wanted)?,
    };
    Some((hit, Citation::of(hit, range)?))
}

/// Where the words stand one after the other, whatever spaces and line ends are between them.
fn find_spaced(text: &str, wanted: &str) -> Option<Range<usize>> {
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let first = words.first()?;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find(first) {
        let start = from + at;
        let mut end = start;
        let follows = words.iter().enumerate().all(|(place, word)| {
            let rest = text.get(end..).unwrap_or_default();
            let bare = rest.trim_start();
            let spaced = place == 0 || bare.len() < rest.len();
            let fits = spaced && bare.starts_with(word);
            end += rest.len() - bare.len() + word.len();
            fits
        });
        if follows {
            return Some(start..end);
        }
        from = start + first.len();
    }
    None
}

/// Whether a text is one plain sentence of a letter.
fn is_plain_sentence(text: &str) -> bool {
    let marks = ["](", "```", "**", "__", "##", "<<", ">>", "\\"];
    let bad = |c: char| {
        c.is_control()
            || privacy::is_unseen(c)
            || matches!(c, '<' | '>' | '{' | '}' | '|' | '`' | '^' | '~')
    };
    text.chars().any(char::is_alphabetic)
        && text.chars().nth(SENTENCE_CHARS_MAX).is_none()
        && !text.chars().any(bad)
        && !marks.iter().any(|mark| text.contains(mark))
}

/// A text by its words alone, in which sentences that say the same are equal.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(fold).collect::<Vec<_>>().join(" ")
}

fn repeats_itself(text: &str) -> bool {
    let words = plain(text);
    let words: Vec<&str> = words.split(' ').collect();
    let different: HashSet<&&str> = words.iter().collect();
    words.len() >= REPEATED_WORDS_MIN && different.len() * 3 <= words.len()
        || words.windows(3).any(|three| three.iter().all(|word| Some(word) == three.first()))
}

fn is_danish(text: &str) -> bool {
    let words = plain(text);
    let words: Vec<&str> = words.split(' ').collect();
    let small = words.iter().filter(|word| lexicon().is_stop_word(word)).count();
    // A small word of ours may look like one of theirs; those that are only theirs count.
    let foreign =
        words.iter().filter(|word| FOREIGN.contains(word) && !lexicon().is_stop_word(word)).count();
    (words.len() < DANISH_WORDS_MIN || small > 0) && foreign <= small
}

/// Whether a sentence denies and none of its quotes does, or all of them deny and it does not.
fn turns_around(text: &str, quotes: &[Quote]) -> bool {
    let denies = |text: &str| plain(text).split(' ').any(|word| TURNING.contains(&word));
    let quotes: Vec<bool> = quotes.iter().map(|quote| denies(&quote.quote)).collect();
    if denies(text) { !quotes.contains(&true) } else { !quotes.contains(&false) }
}

/// Whether every word stands somewhere in the sources, and most of them in what is cited.
fn is_said_by(text: &str, cited: &[&Hit], (ask, named): (&Ask, &[String])) -> bool {
    let own = ask.institution().map(content_stems).unwrap_or_default();
    let own = own.into_iter().chain(named.iter().flat_map(|name| content_stems(name)));
    let said: HashSet<String> =
        cited.iter().flat_map(|hit| content_stems(&hit.text)).chain(own).collect();
    for token in tokens(text) {
        let written = text.get(token.range.clone()).unwrap_or_default();
        let word = fold(written);
        // Numbers and codes are the gate's.
        let tells = word.chars().count() >= WORD_CHARS_MIN && word.chars().all(char::is_alphabetic);
        if tells
            && !JOINING.contains(&word.as_str())
            && !lexicon().is_stop_word(&word)
            && !said.contains(&token.text)
            && !is_known(&word, ask)
        {
            return false;
        }
    }
    let joining: Vec<String> = JOINING.map(stem).into();
    let mut stems = content_stems(text);
    stems.retain(|stem| !joining.contains(stem));
    let supported = stems.iter().filter(|stem| said.contains(*stem)).count();
    supported as f64 >= stems.len() as f64 * SUPPORTED_SHARE
}

/// Whether a word, or each part of it, stands in a source that this institution may see.
fn is_known(word: &str, ask: &Ask) -> bool {
    let stands = |stem: &str| stands_apart(stem, ask);
    let parts = || ask.snapshot.parts_of(word);
    stands(&stem(word)) || {
        let parts = parts();
        !parts.is_empty() && parts.iter().all(|part| stands(part))
    }
}

/// Whether a stem stands in two general documents. A word that one document holds, or only those
/// of the institution that asks, may have been put there to be said: it is said only by a sentence
/// that cites it.
fn stands_apart(stem: &str, ask: &Ask) -> bool {
    let general = Scope::new(ask.scope.asker().clone(), None, ask.scope.day());
    let term = QueryTerm { stem: stem.to_owned(), weight: 1.0, ..QueryTerm::default() };
    let query = Query { terms: vec![term] };
    let found = ask.snapshot.words(&general, &query, &Filter::all(), APART_SEEN);
    let found = found.unwrap_or_default();
    let first = found.first().map(|found| &found.passage.document);
    found.iter().any(|found| Some(&found.passage.document) != first)
}

/// Checks the new paragraphs and what holds of all of them; what was found out about the other
/// sentences and about the inquiry stays.
fn check(draft: &mut Draft, ask: &Ask, new: &[usize], gone: &HashSet<String>) {
    let gate = Gate { scope: &ask.scope, evidence: &draft.evidence, inquiry: &ask.body, phone: "" };
    let answers = draft.questions.iter().filter(|answer| new.contains(&answer.n));
    let sentences: Vec<&Sentence> = answers.flat_map(|answer| &answer.sentences).collect();
    let checks = gate.check(&sentences, &draft.questions);
    let whole: HashSet<&str> = checks
        .iter()
        .filter(|check| check.sentence.is_none())
        .map(|check| check.code.as_str())
        .collect();
    draft.checks.retain(|check| match &check.sentence {
        Some(id) => !gone.contains(id),
        None => !whole.contains(check.code.as_str()),
    });
    draft.checks.extend(checks);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_found_whatever_spaces_it_has() {
        let text = "Fristen er\nden 2.  december. Fristen er den 3. december.";
        assert_eq!(find_spaced(text, "Fristen er den 2. december."), Some(0..28));
        assert_eq!(text.get(find_spaced(text, "er den 3.").unwrap()), Some("er den 3."));
        assert_eq!(find_spaced(text, "Fristen er den 4."), None);
        assert_eq!(find_spaced("abc", "ab c"), None);
    }

    #[test]
    fn only_plain_sentences_stand_in_a_letter() {
        assert!(is_plain_sentence("Fristen er den 2. december (se bilaget)."));
        for bad in ["[her](x)", "<b>hej</b>", "hej\u{202e}", "**hej**", "| a |", "...", ""] {
            assert!(!is_plain_sentence(bad), "{bad:?}");
        }
    }

    #[test]
    fn links_addresses_and_phones_are_seen() {
        for text in [
            "se https://x.example/a.",
            "www.sted.example",
            "skriv til a@b.example",
            "ring 0012 3456",
            "se sted.example/x",
        ] {
            assert!(!contacts_in(text).is_empty(), "{text}");
        }
        assert!(contacts_in("Fristen er f.eks. den 2. december, jf. § 5, stk. 2.").is_empty());
        assert_eq!(contacts_in("Se (https://x.example/a)."), ["https://x.example/a"]);
    }

    #[test]
    fn a_sentence_does_not_turn_its_quotes_around() {
        let turned = |text: &str, quotes: &[&str]| {
            let quote = |quote: &&str| Quote { passage: 1, quote: (*quote).to_owned() };
            turns_around(text, &quotes.iter().map(quote).collect::<Vec<_>>())
        };
        assert!(!turned("I skal ikke sende den.", &["Kunden skal ikke sende blanketten."]));
        assert!(turned("I skal sende den.", &["Kunden skal ikke sende blanketten."]));
        assert!(turned("I skal ikke sende den.", &["Kunden skal sende blanketten."]));
        assert!(!turned("I skal sende den.", &["Kunden sender den.", "Send den ikke for sent."]));
    }

    #[test]
    fn other_languages_and_endless_words_are_seen() {
        assert!(is_danish("Fristen for sygemelding er den 2. december."));
        assert!(!is_danish("The deadline is the second of December, and you send it."));
        assert!(!is_danish("Die Frist ist der zweite Dezember und wir warten nicht."));
        assert!(repeats_itself("ja ja ja"));
        assert!(repeats_itself(&"fristen er nu ".repeat(6)));
        assert!(!repeats_itself(
            "I skal sende bestillingen, før vi sender den videre til jer, så den når frem."
        ));
    }
}
