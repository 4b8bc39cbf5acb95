//! The pronouns that stand where the parties stood, and the words that go with them.

use std::ops::Range;

use crate::draft::voice::roles::{Reading, Role};
use crate::draft::voice::tokens::{Kind, Party, Side, Token, lists};

/// Whom sin or sig means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    Party(Side),
    Other,
}

/// A piece of the sentence and what stands there instead.
type Edit = (Range<usize>, String);

pub(crate) fn rewritten(sentence: &str, mut edits: Vec<Edit>) -> Option<String> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = String::with_capacity(sentence.len());
    let mut end = 0;
    for (range, new) in edits {
        text.push_str(sentence.get(end..range.start)?);
        text.push_str(&new);
        end = range.end;
    }
    text.push_str(sentence.get(end..)?);
    Some(text)
}

/// What is written instead.
impl Reading<'_> {
    pub(crate) fn pronouns(&self) -> Vec<Edit> {
        self.parties
            .iter()
            .filter_map(|(at, party, role)| self.pronoun(*at, *party, *role))
            .collect()
    }

    fn pronoun(&self, at: usize, party: Party, role: Role) -> Option<Edit> {
        let token = self.at(at)?;
        let word = match (party.side, role) {
            (Side::We, Role::Subject) => "vi",
            (Side::You, Role::Subject) => "I",
            (Side::We, Role::Object) => "os",
            (Side::You, Role::Object) => "jer",
            (Side::We, Role::Place) => "hos os",
            (Side::You, Role::Place) => "hos jer",
            (Side::We, Role::Owner) => "vores",
            (Side::You, Role::Owner) => "jeres",
        };
        let first = if role == Role::Place { at.checked_sub(1)? } else { at };
        let start = self.at(first)?;
        let after_colon = first.checked_sub(1).is_none_or(|mark| {
            self.is_hard_boundary(mark) && !self.at(mark).is_some_and(|mark| mark.is_mark(&[";"]))
        });
        let word = if after_colon && start.capital { with_capital(word) } else { word.to_owned() };
        Some((start.range.start..token.range.end, word))
    }

    /// The subjects of this clause that stand before the token.
    fn subjects_before(&self, at: usize) -> impl Iterator<Item = &(usize, Party, Role)> {
        let start = self.segment_start(at);
        self.parties
            .iter()
            .filter(move |(place, _, role)| (start..at).contains(place) && *role == Role::Subject)
    }

    fn has_other_subject(&self, range: Range<usize>) -> bool {
        self.span(range).iter().any(|token| token.is_in(&lists().other_subjects))
    }

    /// sin, sit, sine and sig where they mean a party; nothing if it is not certain whom they mean.
    pub(crate) fn reflexives(&self) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let owns = ["sin", "sit", "sine"].iter().any(|word| token.is(word));
            if !owns && !token.is("sig") {
                continue;
            }
            let Meant::Party(side) = self.meant(at)? else { continue };
            let word = match (side, owns) {
                (Side::We, true) => "vores",
                (Side::You, true) => "jeres",
                (Side::We, false) => "os",
                (Side::You, false) => "jer",
            };
            edits.push((token.range.clone(), word.to_owned()));
        }
        Some(edits)
    }

    /// Whom a reflexive means; nothing if it is not certain.
    fn meant(&self, at: usize) -> Option<Meant> {
        let start = self.segment_start(at);
        let Some((subject, party, _)) = self.subjects_before(at).last() else {
            let earlier =
                |(place, _, role): &(usize, Party, Role)| *place < at && *role == Role::Subject;
            let later = |(place, _, role): &(usize, Party, Role)| {
                (at..self.segment_end(at)).contains(place) && *role == Role::Subject
            };
            let unclear = self.parties.iter().any(later)
                || (self.parties.iter().any(earlier) && !self.has_other_subject(start..at));
            return (!unclear).then_some(Meant::Other);
        };
        let between = self.span(subject + 1..at);
        let told = self.parties.iter().any(|(place, other, role)| {
            let inside = (subject + 1..at).contains(place) && other.side != party.side;
            let infinitive = self.span(*place..at).iter().any(|token| token.is("at"));
            let by_verb = !self.back(*place, 1).is_some_and(|last| Self::is_preposition(last));
            inside && *role != Role::Owner && (infinitive || by_verb)
        });
        let each = self.back(at, 1).is_some_and(|last| last.is("hver") || last.is("af"));
        let other = between.iter().any(|token| token.is_in(&lists().other_subjects));
        (!told && !each && !other).then_some(Meant::Party(party.side))
    }

    /// Adjectives that are said of a party, in the plural; nothing if a predicate is not known.
    pub(crate) fn predicates(&self) -> Option<Vec<Edit>> {
        let lists = lists();
        let mut edits: Vec<Edit> = Vec::new();
        for (at, _) in
            self.tokens.iter().enumerate().filter(|(_, token)| token.is_in(&lists.copulas))
        {
            let inverted = self
                .parties
                .iter()
                .any(|(place, _, role)| *place == at + 1 && *role == Role::Subject);
            let before = self.subjects_before(at).last().map(|(place, ..)| *place);
            let Some(subject) = inverted.then_some(at + 1).or(before) else { continue };
            if self.has_other_subject(subject.min(at)..at) {
                return None;
            }
            let said = self.skip_adverbs(at.max(subject) + 1);
            let Some(word) = self.at(said) else { continue };
            if let Some(plural) = lists.agreeing.get(&word.lower) {
                edits.push((word.range.clone(), plural.clone()));
            } else if !Self::is_the_same_for_many(word) {
                return None;
            }
        }
        for (at, ..) in self.parties.iter().filter(|(_, _, role)| *role == Role::Object) {
            let next = self
                .at(at + 1)
                .filter(|_| self.back(*at, 1).is_some_and(|last| !Self::is_preposition(last)));
            let plural = next.and_then(|next| {
                Some((next.range.clone(), lists.agreeing.get(&next.lower)?.clone()))
            });
            edits.extend(plural);
        }
        let known = |token: &Token<'_>| edits.iter().any(|(range, _)| *range == token.range);
        let left = |at: usize, token: &Token<'_>| {
            let clause = self.segment_start(at)..self.segment_end(at);
            let near = self
                .parties
                .iter()
                .any(|(place, _, role)| *role != Role::Owner && clause.contains(place));
            let said = (0..at)
                .rev()
                .find(|&at| !self.at(at).is_some_and(|token| token.is_in(&lists.adverbs)));
            let predicate =
                said.and_then(|at| self.at(at)).is_some_and(|token| token.is_in(&lists.copulas));
            lists.agreeing.contains_key(&token.lower) && !known(token) && (near || predicate)
        };
        (!self.tokens.iter().enumerate().any(|(at, token)| left(at, token))).then_some(edits)
    }

    fn is_the_same_for_many(word: &Token<'_>) -> bool {
        let lists = lists();
        let participle =
            word.lower.ends_with("et") || (word.lower.ends_with('t') && word.lower.len() > 5);
        word.is_in(&lists.predicates)
            || word.is_in(&lists.predicate_openings)
            || word.is_in(&lists.subjunctions)
            || (word.kind == Kind::Word && participle)
            || word.kind == Kind::Mark
    }
}

fn with_capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
