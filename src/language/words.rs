//! Words as the index sees them: folded, stemmed, with codes and numbers whole.

use std::ops::Range;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::language::compounds;
use crate::language::forms::stem_of;
use crate::language::lexicon::lexicon;
use crate::language::steps::steps;
use crate::language::values::{Value, ValueKind, values};

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

/// An accent that Danish may write or leave out: idé, allé, ǿ.
const ACUTE: char = '\u{301}';
/// The words of a written abbreviation, `f.eks.` and `a.m.b.a.`, at the most.
const ABBREVIATION_WORDS_MAX: usize = 4;

/// Lower case and one form for each letter, without an acute accent; æ, ø and å stay what they are.
pub fn fold(word: &str) -> String {
    folded(word).into_owned()
}

fn folded(word: &str) -> Cow<'_, str> {
    if word.chars().all(|c| c.is_ascii_lowercase() || matches!(c, 'æ' | 'ø' | 'å')) {
        return Cow::Borrowed(word);
    }
    // These have one form already.
    if word.chars().all(|c| c.is_ascii() || matches!(c, 'æ' | 'ø' | 'å' | 'Æ' | 'Ø' | 'Å')) {
        return Cow::Owned(word.to_lowercase());
    }
    let bare = word.nfkd().filter(|&c| c != ACUTE && !is_unseen(c));
    Cow::Owned(bare.nfc().flat_map(char::to_lowercase).collect())
}

/// Whether a character only says where a word may be broken or joined.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Whether a character stands inside a word.
fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || is_unseen(c) || is_combining_mark(c)
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
    static KEPT: RefCell<HashMap<String, Rc<Analysed>, BuildHasherDefault<Fnv>>> =
        RefCell::default();
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
        let stem = stem_of(word);
        let parts: Vec<String> = parts.into_iter().map(stem_of).collect();
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

/// The number that stands for a stem in a set.
pub(crate) fn mark_of(stem: &str) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(stem.as_bytes());
    hasher.finish()
}

/// Fowler, Noll and Vo's hash (FNV-1a): for words much faster than the standard one, whose defence
/// against chosen keys is not needed for the words of an operator's own documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The marks of a text's stems, and those of the parts of its compounds.
pub(crate) fn marks(text: &str) -> (Vec<u64>, Vec<u64>) {
    let (mut stems, mut parts) = (Vec::new(), Vec::new());
    read(text, &mut |form, _, _| match form {
        Form::Word(word) => {
            let word = analysed(&folded(word));
            stems.push(word.stem_mark);
            parts.extend_from_slice(&word.part_marks);
        }
        Form::Value(norm) => stems.push(mark_of(norm)),
    });
    (stems, parts)
}

/// The stem of a folded word.
pub fn stem(word: &str) -> String {
    analysed(word).stem.clone()
}

/// The stemmed parts of a folded compound; nothing if the word is none.
pub fn parts_of(word: &str) -> Vec<String> {
    analysed(word).parts.clone()
}

/// Only the parts of the compounds of a text, each at the place of its word.
pub fn compound_tokens(text: &str) -> Vec<Token> {
    let words = text.split(|c: char| !is_inside(c)).filter(|word| !word.is_empty());
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
            Form::Word(word) => stem(&folded(word)),
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

/// The text with blanks in place of what stands for personal data, "[[PERSON_1_ABCD]]": nobody
/// searches for it. Every other byte stays where it was.
fn without_placeholders(text: &str) -> Cow<'_, str> {
    static PLACEHOLDER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\[\[[\p{Lu}_]{2,}_\d{1,3}_[A-Z2-7]{4}\]\]s?").ok());
    let pattern = PLACEHOLDER.as_ref().filter(|_| text.contains("[["));
    pattern.map_or(Cow::Borrowed(text), |pattern| {
        pattern.replace_all(text, |found: &regex::Captures<'_>| {
            " ".repeat(found.get(0).map_or(0, |all| all.len()))
        })
    })
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
    let text = &*without_placeholders(text);
    let mut position = 0;
    let mut at = 0;
    let mut before: Option<Value> = None;
    let found = if steps().codes { values(text) } else { Vec::new() };
    for value in found {
        words(text, at..value.range.start, &mut position, emit);
        parts_of_value(text, &value, position, emit);
        if let Some(joined) = before.and_then(|before| case_digits(text, &before, &value)) {
            emit(Form::Value(&joined), value.range.clone(), position);
        }
        position += 1;
        at = value.range.end;
        before = Some(value);
    }
    words(text, at..text.len(), &mut position, emit);
}

/// The forms under which a value is found: its own, and those of its parts.
fn parts_of_value(text: &str, value: &Value, position: usize, emit: &mut Emit<'_>) {
    let written = text.get(value.range.clone()).unwrap_or_default();
    let mut put = |form: Form<'_>| emit(form, value.range.clone(), position);
    put(Form::Value(&value.norm));
    match value.kind {
        // "PKAT 026" is searched for as pkat026, as PKAT and as 026.
        ValueKind::Code | ValueKind::Case => {
            let letters: String = written.chars().take_while(|c| c.is_alphabetic()).collect();
            put(Form::Word(&letters));
            put(Form::Value(value.norm.trim_start_matches(char::is_alphabetic)));
        }
        // Whoever searches for § 56 also means its stk. 2.
        ValueKind::Section => {
            for (at, _) in value.norm.match_indices('.') {
                put(Form::Value(value.norm.get(..at).unwrap_or_default()));
            }
        }
        // "2913 4105" may be a phone number, or two codes side by side.
        ValueKind::Number => {
            let halves: Vec<&str> = written.split_whitespace().collect();
            if let [left, right] = halves.as_slice()
                && left.len() == right.len()
            {
                put(Form::Value(left));
                put(Form::Value(right));
            }
        }
        _ => {}
    }
}

/// The digits of a case number without its letters, as `SAM 2405-1351` is also searched for; but
/// not two years.
fn case_digits(text: &str, left: &Value, right: &Value) -> Option<String> {
    let number = |value: &Value| {
        value.kind == ValueKind::Number && value.norm.bytes().all(|byte| byte.is_ascii_digit())
    };
    let year = |value: &Value| {
        value.norm.len() == 4 && (value.norm.starts_with("19") || value.norm.starts_with("20"))
    };
    let fits = text.get(left.range.end..right.range.start) == Some("-")
        && number(left)
        && number(right)
        && left.norm.len() == 4
        && (3..=5).contains(&right.norm.len())
        && !(year(left) && year(right));
    fits.then(|| format!("{}-{}", left.norm, right.norm))
}

fn words(text: &str, range: Range<usize>, position: &mut usize, emit: &mut Emit<'_>) {
    let Some(part) = text.get(range.clone()) else { return };
    let written = word_ranges(part);
    let mut rest = written.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let within = |end: usize| range.start + first.start..range.start + end;
        if let Some((form, end, taken)) = abbreviation(part, rest) {
            rest = after.get(taken - 1..).unwrap_or_default();
            emit(Form::Value(&form), within(end), *position);
            *position += 1;
            continue;
        }
        rest = after;
        let word = part.get(first.clone()).unwrap_or_default();
        if word.chars().count() <= TOKEN_CHARS_MAX {
            emit(Form::Word(word), within(first.end), *position);
            *position += 1;
        }
    }
}

/// `m.v.` is `mv`: the abbreviation that begins here, where it ends, and how many words it took.
fn abbreviation(text: &str, words: &[Range<usize>]) -> Option<(String, usize, usize)> {
    let first = words.first()?;
    let mut longest = None;
    for (taken, pair) in (2..=ABBREVIATION_WORDS_MAX).zip(words.windows(2)) {
        let [left, right] = pair else { break };
        if text.get(left.end..right.start) != Some(".") {
            break;
        }
        let written = fold(text.get(first.start..right.end)?);
        if lexicon().is_abbreviation(&written) {
            longest = Some((written.replace('.', ""), right.end, taken));
        }
    }
    longest
}

fn word_ranges(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match found.last_mut() {
            Some(last) if last.end == at && is_inside(c) => last.end = end,
            _ if c.is_alphanumeric() => found.push(at..end),
            _ => {}
        }
    }
    found
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
        check("§ 56, stk. 2", &["§56.2", "§56"]);
        check("2405-1351", &["2405", "1351", "2405-1351"]);
        check("2027-2028", &["2027", "2028"]);
        check("ferie m.v. og f.eks. løn", &["feri", "mv", "og", "feks", "løn"]);
        check("", &[]);
    }

    #[test]
    fn a_letter_has_one_form() {
        assert_eq!(fold("A\u{30a}RSAG"), "årsag");
        assert_eq!(fold("ﬁl"), "fil");
        assert_eq!(fold("gǿr"), "gør");
        assert_eq!(fold("idé"), "ide");
        assert_eq!(fold("løn\u{ad}sed\u{200b}del\u{feff}"), "lønseddel");
        assert_eq!(fold("ÆØÅ"), "æøå");
        check("A\u{30a}rets løn\u{ad}del", &["år", "løndel"]);
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
