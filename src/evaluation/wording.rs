//! Whether a text makes a point: by content words, numbers and codes, in one normal form.

use std::collections::BTreeSet;

use crate::language::{Value, ValueKind, fold, lexicon, parts_of, stem, tokens, values};

/// A text in the form in which points are compared.
#[derive(Debug, Default)]
pub(crate) struct Wording {
    stems: BTreeSet<String>,
    parts: BTreeSet<String>,
    terms: BTreeSet<&'static str>,
    values: BTreeSet<String>,
    /// Stems in order, for alternatives of several words.
    line: Vec<String>,
}

/// A content word of a point.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word {
    pub(crate) stem: String,
    parts: Vec<String>,
    /// The glossary's term whose name this word is, alone or with others.
    term: Option<&'static str>,
}

impl Wording {
    pub(crate) fn of(text: &str) -> Self {
        let mut wording = Self {
            terms: lexicon().terms_in(text).into_iter().map(|term| term.name.as_str()).collect(),
            values: values(text).into_iter().map(|value| value.norm).collect(),
            ..Self::default()
        };
        let mut place = None;
        for token in tokens(text) {
            let word = fold(text.get(token.range.clone()).unwrap_or_default());
            wording.parts.extend(parts_of(&word));
            // Further forms of a value share its place, and do not part its neighbours.
            if place == Some(token.position) {
                wording.parts.insert(token.text.clone());
            } else {
                wording.line.push(token.text.clone());
            }
            place = Some(token.position);
            wording.stems.insert(token.text);
        }
        wording
    }

    /// Whether a word stands here: itself, its term by another name, or all of its parts.
    pub(crate) fn holds(&self, word: &Word) -> bool {
        let part = |part: &String| self.stems.contains(part) || self.parts.contains(part);
        self.stems.contains(&word.stem)
            || self.parts.contains(&word.stem)
            || word.term.is_some_and(|term| self.terms.contains(term))
            || (!word.parts.is_empty() && word.parts.iter().all(part))
    }

    /// Whether a number, date, amount, section or code stands here, in any writing; a code is
    /// also known by its digits.
    pub(crate) fn holds_value(&self, value: &Value) -> bool {
        let digits = value.norm.trim_start_matches(|c: char| !c.is_ascii_digit());
        self.values.contains(&value.norm)
            || (value.kind == ValueKind::Code && self.values.contains(digits))
    }

    /// Whether the words of an alternative stand here side by side.
    pub(crate) fn says(&self, alternative: &str) -> bool {
        let mut wanted = tokens(alternative);
        wanted.dedup_by_key(|token| token.position);
        let wanted: Vec<String> = wanted.into_iter().map(|token| token.text).collect();
        if wanted.is_empty() {
            return false;
        }
        self.line.windows(wanted.len()).any(|window| window == wanted.as_slice())
            || matches!(wanted.as_slice(), [only] if self.parts.contains(only))
    }
}

/// The content words of a text, each once; numbers and codes are compared apart.
pub(crate) fn content(text: &str) -> BTreeSet<Word> {
    let found = values(text);
    let terms = lexicon().terms_in(text);
    let mut words = BTreeSet::new();
    for token in tokens(text) {
        if found.iter().any(|value| {
            value.range.start <= token.range.start && token.range.end <= value.range.end
        }) {
            continue;
        }
        let word = fold(text.get(token.range.clone()).unwrap_or_default());
        if lexicon().is_stop_word(&word) || word.chars().count() < 2 {
            continue;
        }
        let named = terms.iter().find(|term| {
            std::iter::once(&term.name).chain(&term.equal).any(|name| {
                name.split_whitespace().any(|part| stem(&fold(part)) == token.text)
                    && text.to_lowercase().contains(&name.to_lowercase())
            })
        });
        let term = named.map(|term| term.name.as_str());
        words.insert(Word { stem: token.text, parts: parts_of(&word), term });
    }
    words
}
