//! Words as the index sees them: folded, stemmed, with codes and numbers whole.

use std::ops::Range;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::language::{compounds, lexicon::lexicon, steps::steps, values::values};

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
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
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
        let new = Rc::new(Analysed {
            stem: snowball(word),
            parts: parts.into_iter().map(snowball).collect(),
        });
        if word.len() <= KEPT_WORD_BYTES_MAX {
            kept.insert(word.to_owned(), Rc::clone(&new));
        }
        new
    })
}

fn snowball(word: &str) -> String {
    if steps().stemming {
        Stemmer::new(Algorithm::Danish).stem(word).into_owned()
    } else {
        word.to_owned()
    }
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

/// The tokens of a text, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut position = 0;
    let mut at = 0;
    for value in values(text) {
        words(text, at..value.range.start, &mut position, &mut found);
        let mut push = |form: String| {
            found.push(Token { text: form, range: value.range.clone(), position });
        };
        // "PKAT 026" is searched for as pkat026, as PKAT and as 026.
        let part = text.get(value.range.clone()).unwrap_or_default();
        push(value.norm.clone());
        if value.norm.starts_with(|c: char| c.is_alphabetic() && c != 'd' && c != 't') {
            let letters: String = part.chars().take_while(|c| c.is_alphabetic()).collect();
            let digits: String = part.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
            push(stem(&fold(&letters)));
            push(digits.trim_matches('-').to_owned());
        }
        position += 1;
        at = value.range.end;
    }
    words(text, at..text.len(), &mut position, &mut found);
    found
}

fn words(text: &str, range: Range<usize>, position: &mut usize, found: &mut Vec<Token>) {
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
                    found.push(Token { text: stem(&fold(word)), range, position: *position });
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
