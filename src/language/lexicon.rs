//! The word lists of `index/lexicon/`, built into the program.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::language::steps::steps;

/// A term of the trade.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The term as it is usually written.
    pub name: String,
    /// What it means, in Danish.
    pub meaning: String,
    /// Other names of the same thing.
    #[serde(default)]
    pub equal: Vec<String>,
    /// Inflections and compounds.
    #[serde(default)]
    pub variants: Vec<String>,
    /// Things that are not the same, but often meant.
    #[serde(default)]
    pub related: Vec<String>,
    /// Whether capitals matter: `SP` is a system, `sp` is not.
    #[serde(default)]
    pub case_sensitive: bool,
}

/// Every word list.
#[derive(Debug)]
pub struct Lexicon {
    pub(crate) inside: HashSet<String>,
    pub(crate) either: HashSet<String>,
    pub(crate) stop: HashSet<String>,
    pub(crate) parts: BTreeSet<String>,
    terms: Vec<Term>,
    /// First word of a name, in lower case, to the terms that have such a name.
    by_first_word: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Abbreviations {
    inside: HashSet<String>,
    either: HashSet<String>,
}

#[derive(Deserialize)]
struct Words {
    words: HashSet<String>,
}

#[derive(Deserialize)]
struct Parts {
    parts: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Glossary {
    term: Vec<Term>,
}

/// The word lists, read once.
pub fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::built_in);
    &LEXICON
}

impl Lexicon {
    #[expect(
        clippy::expect_used,
        reason = "the lists are part of the program; `the_built_in_lists_are_read` reads them in every test run"
    )]
    fn built_in() -> Self {
        let abbreviations: Abbreviations =
            toml::from_str(include_str!("../../index/lexicon/abbreviations.toml"))
                .expect("index/lexicon/abbreviations.toml is read");
        let stop: Words = toml::from_str(include_str!("../../index/lexicon/stopwords.toml"))
            .expect("index/lexicon/stopwords.toml is read");
        let parts: Parts = toml::from_str(include_str!("../../index/lexicon/compounds.toml"))
            .expect("index/lexicon/compounds.toml is read");
        let glossary: Glossary = toml::from_str(include_str!("../../index/lexicon/glossary.toml"))
            .expect("index/lexicon/glossary.toml is read");
        let mut by_first_word: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, term) in glossary.term.iter().enumerate() {
            for name in std::iter::once(&term.name).chain(&term.equal) {
                if let Some(first) = name.split_whitespace().next() {
                    by_first_word.entry(first.to_lowercase()).or_default().push(at);
                }
            }
        }
        Self {
            inside: abbreviations.inside,
            either: abbreviations.either,
            stop: stop.words,
            parts: parts.parts,
            terms: glossary.term,
            by_first_word,
        }
    }

    /// Whether the word (in lower case) is a part of compounds.
    pub fn is_part(&self, word: &str) -> bool {
        self.parts.contains(word)
    }

    /// Whether the word (in lower case) carries no weight in a search.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop.contains(word)
    }

    /// Whether the word (in lower case, without its last full stop) is an abbreviation.
    pub fn is_abbreviation(&self, word: &str) -> bool {
        self.inside.contains(word) || self.either.contains(word)
    }

    /// The terms whose name or equal name stands in `text`, in the glossary's order.
    pub fn terms_in(&self, text: &str) -> Vec<&Term> {
        if !steps().glossary {
            return Vec::new();
        }
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.'));
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for word in words {
            let word = word.trim_matches('.');
            for &at in self.by_first_word.get(word).into_iter().flatten() {
                let stands = |term: &Term| term.stands_in_either(text, &lower);
                if !found.contains(&at) && self.terms.get(at).is_some_and(stands) {
                    found.insert(at);
                }
            }
        }
        found.into_iter().filter_map(|at| self.terms.get(at)).collect()
    }
}

impl Term {
    /// Whether one of its names stands in `text` as whole words; `lower` is the same in lower case.
    fn stands_in_either(&self, text: &str, lower: &str) -> bool {
        std::iter::once(&self.name).chain(&self.equal).any(|name| self.name_in(name, text, lower))
    }

    /// Whether `name` stands in a text as whole words, by this term's rule on capitals.
    fn name_in(&self, name: &str, text: &str, lower: &str) -> bool {
        let short_capital = self.case_sensitive && name.chars().count() <= 4;
        let (name, text) =
            if short_capital { (name.to_owned(), text) } else { (name.to_lowercase(), lower) };
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        text.match_indices(&name).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
            edge(before) && edge(after)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lists_are_read() {
        let lexicon = lexicon();
        assert!(lexicon.terms.len() > 150 && lexicon.parts.len() > 100);
        assert!(!lexicon.is_stop_word("ikke") && lexicon.is_stop_word("og"));
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = lexicon().terms_in(text).iter().map(|t| t.name.as_str()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn terms_are_found_as_whole_words_and_short_capitals_by_case() {
        check("Vi rettede det i SHR i mandags", &["SHR"]);
        check("Vi rettede det i Statens HR.", &["SHR"]);
        check("shrapnel", &[]);
        check("sp er ikke et system her", &[]);
    }
}
