//! The stems of a text as a set, and the same in one line for keeping.

use std::collections::HashSet;

use crate::language::words::{compound_tokens, tokens};

/// What stands between the words and the parts in a kept line; no stem holds it.
const PARTS_MARK: &str = "|";

/// The stems of a text and of the parts of its compounds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Stems {
    pub(crate) words: HashSet<String>,
    pub(crate) parts: HashSet<String>,
}

impl Stems {
    /// The stems of a text.
    pub fn of(text: &str) -> Self {
        let words = tokens(text).into_iter().map(|token| token.text).collect();
        let parts = compound_tokens(text).into_iter().map(|token| token.text).collect();
        Self { words, parts }
    }

    /// The same as a line, which [`Self::from_line`] reads much faster than a text.
    pub(crate) fn line(&self) -> String {
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let mut parts: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        // In order, so that the same text is kept in the same way.
        words.sort_unstable();
        parts.sort_unstable();
        format!("{} {PARTS_MARK} {}", words.join(" "), parts.join(" "))
    }

    /// The stems of a kept line.
    pub(crate) fn from_line(line: &str) -> Self {
        let (words, parts) = line.split_once(PARTS_MARK).unwrap_or((line, ""));
        let set = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Self { words: set(words), parts: set(parts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_line_is_read_as_it_was() {
        let stems = Stems::of("Acontoudbetaling over 500 kr. netto, jf. § 56, stk. 2 (PKAT 026).");
        assert_eq!(Stems::from_line(&stems.line()), stems);
        assert_eq!(Stems::from_line(""), Stems::default());
    }
}
