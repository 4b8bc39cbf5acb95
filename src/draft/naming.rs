//! How a reply names a question of the customer: by its own words, where they are harmless.

use crate::draft::contacts::contacts_in;
use crate::index::Snapshot;
use crate::inquiry::Reading;
use crate::language::{content_stems, fold, lexicon, stem, tokens};
use crate::terms::Scope;

/// Words of a question by which a reply names it.
const NAMED_WORDS_MAX: usize = 14;
/// Shorter words are too common to tell anything.
const WORD_CHARS_MIN: usize = 4;

/// The words by which a reply names a question, if it may repeat them.
///
/// A letter of ours says nothing that a stranger put into it: a question that holds a number, a
/// link, or a word that stands in no source is not named, and none is where the mail tries to
/// steer the program.
pub(crate) fn named(
    text: &str,
    reading: &Reading,
    snapshot: &Snapshot,
    scope: &Scope,
) -> Option<String> {
    let several = reading.questions.len() > 1;
    let plain = !text.chars().any(|c| c.is_ascii_digit() || "<>{}[]|`*_#\\\"»«".contains(c));
    let harmless = several
        && plain
        && reading.injections.is_empty()
        && contacts_in(text).is_empty()
        && unknown_word(text, snapshot, scope).is_none();
    harmless.then(|| shortened(text))
}

/// Words of the glossary that tell a customer what a question is about: spelt out, and nouns.
const TOPICS: [&str; 30] = [
    "acontoudbetaling",
    "afgangsårsag",
    "afrapportering",
    "ansættelse",
    "ATP",
    "barsel",
    "barselsfond",
    "dispensation",
    "efterindtægt",
    "engangsvederlag",
    "erstatningsferie",
    "feriepenge",
    "ferietillæg",
    "fleksjob",
    "fratrædelse",
    "kontering",
    "lønanciennitet",
    "lønkørsel",
    "lønstandsning",
    "løntilskud",
    "maksbeløb",
    "merarbejde",
    "NemKonto",
    "overenskomst",
    "raskmelding",
    "refusion",
    "seniorbonus",
    "sorgorlov",
    "sygemelding",
    "særlige feriedage",
];

/// The word for what a question is about, where the question itself may not be repeated and no other
/// question holds that word; it never comes from the mail.
pub(crate) fn topic(text: &str, reading: &Reading) -> Option<&'static str> {
    let holds = |text: &str, topic: &str| {
        let stems = content_stems(text);
        content_stems(topic).iter().all(|stem| stems.contains(stem))
    };
    let own = TOPICS.into_iter().filter(|topic| holds(text, topic)).max_by_key(|it| it.len())?;
    let same = reading.questions.iter().filter(|question| holds(&question.text, own));
    (reading.questions.len() > 1 && reading.injections.is_empty() && same.count() == 1)
        .then_some(own)
}

/// A word that neither the trade nor any source knows.
fn unknown_word<'a>(text: &'a str, snapshot: &Snapshot, scope: &Scope) -> Option<&'a str> {
    let stands = |stem: &str| snapshot.stands(scope, stem);
    let words = tokens(text).into_iter().filter_map(|token| text.get(token.range));
    words.into_iter().find(|written| {
        let word = fold(written);
        let short = word.chars().count() < WORD_CHARS_MIN;
        if short || lexicon().is_stop_word(&word) || stands(&stem(&word)) {
            return false;
        }
        let parts = snapshot.parts_of(&word);
        parts.is_empty() || !parts.iter().all(|part| stands(part))
    })
}

/// A question short enough to be named in a sentence.
fn shortened(text: &str) -> String {
    let asks = text.trim_end().ends_with('?');
    let text = text.trim().trim_end_matches(['?', '.', '!', ' ']);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() <= NAMED_WORDS_MAX {
        return words.join(" ") + if asks { "?" } else { "" };
    }
    let kept: Vec<&str> = words.into_iter().take(NAMED_WORDS_MAX).collect();
    format!("{} …", kept.join(" "))
}
