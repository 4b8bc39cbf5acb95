//! Words as the index sees them: folded, stemmed, with codes and numbers whole.

use std::ops::Range;

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::language::lexicon::lexicon;
use crate::language::steps::{Steps, steps};
use crate::language::{compounds, values::values};

/// Longer runs of letters and digits are cut; nobody searches for them.
const TOKEN_CHARS_MAX: usize = 60;

/// One token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The form that is searched for.
    pub text: String,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// Its place among the tokens; forms of one word share a place.
    pub position: usize,
}

/// Lower case and one form for each letter; æ, ø and å stay what they are.
pub fn fold(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_lowercase() || matches!(c, 'æ' | 'ø' | 'å')) {
        return word.to_owned();
    }
    // These have one form already.
    if word.chars().all(|c| c.is_ascii() || matches!(c, 'æ' | 'ø' | 'å' | 'Æ' | 'Ø' | 'Å')) {
        return word.to_lowercase();
    }
    word.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'))
        .collect()
}

/// Longer words are not kept; nobody writes the same one twice.
const KEPT_WORD_BYTES_MAX: usize = 120;
/// Words that are kept, for each thread; then it starts anew.
const KEPT_WORDS_MAX: usize = 50_000;

/// What is known of a folded word.
#[derive(Debug)]
struct Analysed {
    stem: String,
    parts: Vec<String>,
    stem_mark: u64,
    part_marks: Vec<u64>,
}

thread_local! {
    // The same few thousand words make up nearly all of a collection.
    static KEPT: RefCell<HashMap<String, Rc<Analysed>>> = RefCell::default();
}

fn analysed(word: &str) -> Rc<Analysed> {
    KEPT.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(word) {
            return Rc::clone(known);
        }
        if kept.len() >= KEPT_WORDS_MAX {
            kept.clear();
        }
        let parts = if steps().compounds { compounds::split(word) } else { Vec::new() };
        let stem = snowball(word);
        let parts: Vec<String> = parts.into_iter().map(snowball).collect();
        let new = Rc::new(Analysed {
            stem_mark: mark_of(&stem),
            part_marks: parts.iter().map(|part| mark_of(part)).collect(),
            stem,
            parts,
        });
        if word.len() <= KEPT_WORD_BYTES_MAX {
            kept.insert(word.to_owned(), Rc::clone(&new));
        }
        new
    })
}

fn snowball(word: &str) -> String {
    let Steps { stemming, exceptions, .. } = steps();
    if !stemming {
        return word.to_owned();
    }
    let exception = |word: &str| lexicon().stem_of(word).filter(|_| exceptions).map(str::to_owned);
    exception(word).unwrap_or_else(|| {
        let stem = Stemmer::new(Algorithm::Danish).stem(word);
        exception(&stem).unwrap_or_else(|| stem.into_owned())
    })
}

/// The number that stands for a stem in a set.
pub(crate) fn mark_of(stem: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(stem.as_bytes());
    hasher.finish()
}

/// The marks of a text's stems, and those of the parts of its compounds.
pub(crate) fn marks(text: &str) -> (Vec<u64>, Vec<u64>) {
    let (mut stems, mut parts) = (Vec::new(), Vec::new());
    read(text, &mut |form, _, _| match form {
        Form::Word(word) => {
            let word = analysed(&fold(word));
            stems.push(word.stem_mark);
            parts.extend_from_slice(&word.part_marks);
        }
        Form::Value(norm) => stems.push(mark_of(norm)),
    });
    (stems, parts)
}

/// The Danish Snowball stem of a folded word.
pub fn stem(word: &str) -> String {
    analysed(word).stem.clone()
}

/// The stemmed parts of a folded compound; nothing if the word is none.
pub fn parts_of(word: &str) -> Vec<String> {
    analysed(word).parts.clone()
}

/// Only the parts of the compounds of a text, each at the place of its word.
pub fn compound_tokens(text: &str) -> Vec<Token> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut found = Vec::new();
    for (position, word) in words.enumerate() {
        for part in parts_of(&fold(word)) {
            found.push(Token { text: part, range: 0..0, position });
        }
    }
    found
}

/// The tokens of a text, in order, each word as its stem.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    read(text, &mut |form, range, position| {
        let text = match form {
            Form::Word(word) => stem(&fold(word)),
            Form::Value(norm) => norm.to_owned(),
        };
        found.push(Token { text, range, position });
    });
    found
}

/// The tokens of a text that carry weight, in order, each word as it is written but folded: what
/// an index keeps, so that stems and parts are a matter of reading it.
pub fn written_tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    read(text, &mut |form, range, position| {
        let text = match form {
            Form::Word(word) => fold(word),
            Form::Value(norm) => norm.to_owned(),
        };
        if !text.is_empty() && !lexicon().is_stop_word(&text) {
            found.push(Token { text, range, position });
        }
    });
    found
}

/// One form of what stands at a place.
enum Form<'a> {
    /// A word as it is written.
    Word(&'a str),
    /// The normal form of a value, or its digits alone.
    Value(&'a str),
}

type Emit<'a> = dyn FnMut(Form<'_>, Range<usize>, usize) + 'a;

fn read(text: &str, emit: &mut Emit<'_>) {
    let mut position = 0;
    let mut at = 0;
    let found = if steps().codes { values(text) } else { Vec::new() };
    for value in found {
        words(text, at..value.range.start, &mut position, emit);
        // "PKAT 026" is searched for as pkat026, as PKAT and as 026.
        let part = text.get(value.range.clone()).unwrap_or_default();
        emit(Form::Value(&value.norm), value.range.clone(), position);
        if value.norm.starts_with(|c: char| c.is_alphabetic() && c != 'd' && c != 't') {
            let letters: String = part.chars().take_while(|c| c.is_alphabetic()).collect();
            let digits: String = part.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
            emit(Form::Word(&letters), value.range.clone(), position);
            emit(Form::Value(digits.trim_matches('-')), value.range.clone(), position);
        }
        position += 1;
        at = value.range.end;
    }
    words(text, at..text.len(), &mut position, emit);
}

fn words(text: &str, range: Range<usize>, position: &mut usize, emit: &mut Emit<'_>) {
    let Some(part) = text.get(range.clone()) else { return };
    let mut start: Option<usize> = None;
    let ends = part.char_indices().chain(std::iter::once((part.len(), ' ')));
    for (at, c) in ends {
        let inside = c.is_alphanumeric() || matches!(c, '\u{ad}' | '\u{200b}');
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                start = None;
                let word = part.get(from..at).unwrap_or_default();
                if word.chars().count() <= TOKEN_CHARS_MAX {
                    let range = range.start + from..range.start + at;
                    emit(Form::Word(word), range, *position);
                    *position += 1;
                }
            }
            _ => {}
        }
    }
}

/// The stems of a text that carry weight: no stop words, each once, in order.
pub fn content_stems(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for token in tokens(text) {
        let word = fold(text.get(token.range.clone()).unwrap_or_default());
        if !lexicon().is_stop_word(&word) && !found.contains(&token.text) {
            found.push(token.text);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn codes_are_whole_and_danish_letters_stay() {
        check("Løndel 2913", &["løndel", "2913"]);
        check("PKAT 026", &["pkat026", "pkat", "026"]);
        check("OT0109", &["ot0109", "ot", "0109"]);
        check("SAM 2405-1351", &["sam2405-1351", "sam", "2405-1351"]);
        check("70.000 kr.", &["70000"]);
        check("får ikke", &["får", "ikk"]);
        check("HR-Løn", &["hr", "løn"]);
        check("§ 56", &["§56"]);
        check("", &[]);
    }

    #[track_caller]
    fn check_kin(words: &[&str]) {
        let stems: std::collections::BTreeSet<String> =
            words.iter().map(|word| stem(word)).collect();
        assert_eq!(stems.len(), 1, "{words:?}: {stems:?}");
    }

    #[test]
    fn words_that_the_stemmer_leaves_apart_are_one() {
        check_kin(&["lønseddel", "lønsedlen", "lønsedlerne"]);
        check_kin(&["barsel", "barslen"]);
        check_kin(&["kørsel", "kørslen"]);
        check_kin(&["indberette", "indberetter", "indberetningen", "indberetningerne"]);
        assert_ne!(stem("stille"), stem("stilling"));
    }

    #[test]
    fn stop_words_carry_no_weight_but_ikke_does() {
        assert_eq!(content_stems("Hvad gør vi, hvis han ikke får løn?"), ["ikk", "løn"]);
    }

    #[test]
    fn forms_of_one_code_share_a_place() {
        let places: Vec<usize> = tokens("PKAT 026 gælder").iter().map(|t| t.position).collect();
        assert_eq!(places, [0, 0, 0, 1]);
    }
}
