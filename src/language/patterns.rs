//! Regular expressions that the program brings along, with what they may hold in memory.

use regex::{Error, Regex, RegexBuilder};

use crate::terms::latin;

/// Bytes in which one pattern may keep what it has worked out. There are more than a hundred of
/// them, and the library's own 2 MB each add up to more than the index of a large collection.
const WORKED_OUT_BYTES_MAX: usize = 64 * 1024;

/// A fixed pattern, without regard to case.
pub fn pattern(text: &str) -> Result<Regex, Error> {
    let text = latin(text);
    RegexBuilder::new(&text).case_insensitive(true).dfa_size_limit(WORKED_OUT_BYTES_MAX).build()
}

/// A pattern of which only is asked whether it fits: its groups keep nothing, for the library
/// holds room for every group at every step of a pattern.
pub fn wording(text: &str) -> Result<Regex, Error> {
    let mut plain = String::with_capacity(text.len());
    let (mut escaped, mut class) = (false, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        plain.push(c);
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '(' if !class && rest.peek() != Some(&'?') => plain.push_str("?:"),
            _ => {}
        }
    }
    pattern(&plain)
}

/// The same for words that begin and end in a letter of ASCII, whose edges are found much faster.
pub fn quick_wording(text: &str) -> Result<Regex, Error> {
    wording(&text.replace(r"\b", r"(?-u:\b)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_never_matters_and_danish_letters_are_letters() {
        assert!(pattern(r"\bårsag\w+").unwrap().is_match("Hvad er ÅRSAGEN?"));
        assert!(pattern("(").is_err());
    }

    #[test]
    fn letters_are_those_of_latin_script() {
        let word = pattern(r"^\w+ \d [^\p{L}]\W$").unwrap();
        assert!(word.is_match("Lønførerén 1 --") && !word.is_match("Løn 1 å-"));
        assert!(pattern(r"^[\w.-]+$").unwrap().is_match("a\u{30a}nd.æøåß-2"));
        assert!(!pattern(r"^\w$").unwrap().is_match("ж"));
    }

    #[test]
    fn groups_of_a_wording_keep_nothing() {
        let wording = wording(r"(a|b)(?:c) \( [(] (?i:d)").unwrap();
        assert_eq!(wording.captures_len(), 1);
        assert!(wording.is_match("bc ( ( D"));
    }
}
