//! The words of a sentence, its parties' names joined into one each, and the lists that know them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

pub(crate) type Words = HashSet<String>;

/// The lists of `index/lexicon/voice.toml`, by the names they have there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lists {
    pub(crate) we: Vec<String>,
    pub(crate) you: Vec<String>,
    pub(crate) others_like_you: Words,
    pub(crate) short_names: Words,
    pub(crate) speaking: Words,
    pub(crate) one_reader: Words,
    pub(crate) pointing_back: Words,
    pub(crate) openings_about_the_text: Words,
    pub(crate) imperatives: Words,
    pub(crate) imperatives_to_a_person: Words,
    pub(crate) prepositions: Words,
    pub(crate) places: Words,
    pub(crate) not_places: Words,
    pub(crate) either: Words,
    pub(crate) not_for: Words,
    pub(crate) waiting: Words,
    pub(crate) subjunctions: Words,
    pub(crate) after_so: Words,
    pub(crate) before_om: Words,
    pub(crate) coordinators: Words,
    pub(crate) question_openings: Words,
    pub(crate) fronted: Words,
    pub(crate) fronted_or_clause: Words,
    pub(crate) pointing: Words,
    pub(crate) modals: Words,
    pub(crate) copulas: Words,
    pub(crate) finite_copulas: Words,
    pub(crate) verbs: Words,
    pub(crate) passives: Words,
    pub(crate) impersonal: Words,
    pub(crate) sends: Words,
    pub(crate) things: Words,
    pub(crate) tells: Words,
    pub(crate) makes: Words,
    pub(crate) infinite: Words,
    pub(crate) not_verbs: Words,
    pub(crate) adverbs: Words,
    pub(crate) predicates: Words,
    pub(crate) predicate_openings: Words,
    pub(crate) other_subjects: Words,
    pub(crate) not_antecedents: Words,
    pub(crate) agreeing: HashMap<String, String>,
}

static BUILT_IN: LazyLock<(Lists, Regex)> = LazyLock::new(built_in);

/// A quote, a word with its hyphens, dots and slashes, or one mark.
const TOKEN: &str = r#"'[^']*'|»[^«]*«|«[^»]*»|"[^"]*"|[“”„][^“”]*[“”]|[\p{L}\p{N}§](?:[-./@_'’]?[\p{L}\p{N}])*-?|[^\s*]"#;

#[expect(
    clippy::expect_used,
    reason = "the lists are part of the program; `the_built_in_lists_are_read` reads them in every test run"
)]
fn built_in() -> (Lists, Regex) {
    let lists = toml::from_str(include_str!("../../../index/lexicon/voice.toml"))
        .expect("index/lexicon/voice.toml is read");
    (lists, Regex::new(TOKEN).expect("the pattern of a token is read"))
}

pub(crate) fn lists() -> &'static Lists {
    &BUILT_IN.0
}

/// Who is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    We,
    You,
}

/// A noun that becomes a pronoun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) side: Side,
    pub(crate) genitive: bool,
    /// By its own name, not as kunden or institutionen.
    pub(crate) named: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Mark,
    Quote,
    Party(Party),
}

#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) lower: String,
    /// Starts with a capital letter.
    pub(crate) capital: bool,
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// The tokens of a sentence, with the parties' names joined into one each.
pub(crate) fn tokens<'a>(sentence: &'a str, own_names: &[&str]) -> Vec<Token<'a>> {
    let names = names(own_names);
    let raw: Vec<Token<'a>> =
        BUILT_IN.1.find_iter(sentence).map(|found| token(found.as_str(), found.range())).collect();
    let mut joined = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(token) = raw.get(at) {
        let rest = raw.get(at..).unwrap_or_default();
        let party = names.iter().find_map(|name| name.read(rest));
        let length = party.as_ref().map_or(1, |(_, length)| *length);
        let end = raw.get(at + length - 1).map_or(token.range.end, |last| last.range.end);
        let kind = party.map_or(token.kind.clone(), |(party, _)| Kind::Party(party));
        joined.push(Token { kind, range: token.range.start..end, ..token.clone() });
        at += length;
    }
    joined
}

fn token(text: &str, range: Range<usize>) -> Token<'_> {
    let first = text.chars().next();
    let kind = match first {
        Some(c) if c.is_alphanumeric() || c == '§' => Kind::Word,
        Some(_) if text.chars().nth(1).is_some() => Kind::Quote,
        _ => Kind::Mark,
    };
    Token {
        text,
        lower: text.to_lowercase(),
        capital: first.is_some_and(char::is_uppercase),
        kind,
        range,
    }
}

/// A party's name in words, as they stand in a sentence.
struct Name {
    words: Vec<String>,
    side: Side,
    named: bool,
}

/// Every name, the longest first: a name may be part of another.
fn names(own_names: &[&str]) -> Vec<Name> {
    let name = |text: &str, side, named| {
        let words = text.split_whitespace().map(str::to_owned).collect();
        Name { words, side, named }
    };
    let we = lists().we.iter().map(|text| name(text, Side::We, true));
    let you = lists().you.iter().map(|text| name(text, Side::You, false));
    let own = own_names.iter().map(|text| name(text, Side::You, true));
    let mut names: Vec<Name> =
        we.chain(you).chain(own).filter(|name| !name.words.is_empty()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.words.len()));
    names
}

impl Name {
    /// The party that opens here and how many tokens it takes.
    fn read(&self, tokens: &[Token<'_>]) -> Option<(Party, usize)> {
        let (last, first) = self.words.split_last()?;
        let fits = |(word, token): (&String, &Token<'_>)| same_name(word, token.text);
        if tokens.len() < self.words.len() || !first.iter().zip(tokens).all(fits) {
            return None;
        }
        let found = tokens.get(first.len())?.text;
        let bare = found.strip_suffix('s').map(|bare| bare.trim_end_matches(['\'', '’']));
        let genitive = bare.is_some_and(|bare| same_name(last, bare));
        let party = Party { side: self.side, genitive, named: self.named };
        (genitive || same_name(last, found)).then_some((party, self.words.len()))
    }
}

/// The same letters; only the first may differ in case ("Styrelsen" opens a sentence).
fn same_name(name: &str, word: &str) -> bool {
    let (mut name, mut word) = (name.chars(), word.chars());
    let lower = |c: Option<char>| c.map(|c| c.to_lowercase().to_string());
    lower(name.next()) == lower(word.next()) && name.eq(word)
}

impl Token<'_> {
    pub(crate) fn is_in(&self, words: &Words) -> bool {
        self.kind == Kind::Word && words.contains(&self.lower)
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.lower == word && !matches!(self.kind, Kind::Party(_))
    }

    pub(crate) fn is_mark(&self, marks: &[&str]) -> bool {
        self.kind == Kind::Mark && marks.contains(&self.lower.as_str())
    }

    pub(crate) fn is_party(&self) -> bool {
        matches!(self.kind, Kind::Party(_))
    }

    /// A verb that may follow a subject right away.
    pub(crate) fn is_finite(&self) -> bool {
        let lists = lists();
        let listed = [&lists.modals, &lists.finite_copulas, &lists.verbs, &lists.passives];
        let telling = (self.is_in(&lists.sends) || self.is_in(&lists.tells))
            && !lists.infinite.contains(&self.lower);
        let present = self.kind == Kind::Word
            && !self.capital
            && self.lower.len() > 3
            && self.lower.ends_with('r')
            && !lists.not_verbs.contains(&self.lower);
        telling || present || listed.iter().any(|words| self.is_in(words))
    }

    /// A verb that may stand before its subject.
    pub(crate) fn inverts(&self) -> bool {
        let lists = lists();
        let listed = [&lists.modals, &lists.finite_copulas, &lists.verbs];
        let telling = (self.is_in(&lists.sends) || self.is_in(&lists.tells))
            && !lists.infinite.contains(&self.lower);
        telling || listed.iter().any(|words| self.is_in(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lists_are_read() {
        assert!(!lists().we.is_empty());
        assert!(
            lists()
                .infinite
                .iter()
                .all(|word| lists().sends.contains(word) || lists().tells.contains(word))
        );
        assert!(lists().verbs.is_disjoint(&lists().modals));
    }
}
