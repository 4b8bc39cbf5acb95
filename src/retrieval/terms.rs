//! The terms of a question, each with its weight: rare words count, a long mail does not drown them.

use std::collections::{BTreeMap, BTreeSet};

use crate::index::{Query, QueryTerm, Snapshot};
use crate::language::{Term, content_stems, fold, lexicon, mark_of, stem, tokens};
use crate::terms::MONTHS;

/// Terms of the question that are searched for at once.
const TERMS_MAX: usize = 14;
/// Terms of its context that are added; the full union of a long mail is slow and finds no more.
const CONTEXT_TERMS_MAX: usize = 6;
/// All words around the question weigh together at most this share of its own words, and more
/// when it has few of its own ("Udbetales de automatisk?" needs its context).
const CONTEXT_SHARE: f32 = 0.5;
const CONTEXT_SHARE_OF_FEW: f32 = 0.8;
/// A question of fewer words of its own has few.
const FEW_WORDS: usize = 3;
/// Words of the subject weigh this much beside other words around the question.
const SUBJECT_WEIGHT: f32 = 1.8;
/// What a question's words below the subject weigh beside the same after what the mail tells, when
/// it is encoded: fitted on the gold set's `dev` part, `wordings`, `control` and `fresh`, 2026-11-29
/// (docs/measurements.md).
const SUBJECT_SHARE: f32 = 0.5;
/// Words of what the mail tells that are encoded with a question.
const TOLD_WORDS_MAX: usize = 40;
/// A word that no title or heading has is seldom what a question is about. Chosen by `svarforslag
/// evaluate` on the gold set's `dev` part and its first inquiries, 2026-11-24.
const NO_TOPIC_SHARE: f32 = 0.75;
/// Months and the customer's own small numbers say when and how many, not what.
const CIRCUMSTANCE_SHARE: f32 = 0.4;
/// A word that no source holds counts this much beside the rarest word that one does:
/// a question about it is not answered by sources that are silent on it.
const UNKNOWN_SHARE: f32 = 0.45;
/// A term with its share of the question's meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// The stem, or the normal form of a code or number.
    pub stem: String,
    /// The word as it is written, folded.
    pub word: String,
    /// Its weight: where it stood, times how rare it is.
    pub weight: f32,
    /// How rare it is.
    pub idf: f32,
    /// Whether it stands in the question itself, not only around it.
    pub asked: bool,
    /// Whether no source holds it, nor a part of it.
    pub unknown: bool,
    /// Stemmed parts, if it is a compound.
    pub parts: Vec<String>,
    /// Other names that mean the same, from the glossary.
    pub equal: Vec<EqualName>,
    /// The marks of its stem, of its parts, and of the stems of each equal name.
    pub(crate) marks: TermMarks,
}

/// The marks of a term's stems, by which sets of stems are asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TermMarks {
    pub(crate) stem: u64,
    pub(crate) parts: Vec<u64>,
    pub(crate) equal: Vec<Vec<u64>>,
}

impl TermMarks {
    fn of(stem: &str, parts: &[String], equal: &[EqualName]) -> Self {
        let all = |stems: &[String]| stems.iter().map(|stem| mark_of(stem)).collect();
        let equal = equal.iter().map(|name| all(&name.stems)).collect();
        Self { stem: mark_of(stem), parts: all(parts), equal }
    }
}

impl Weighted {
    /// The word as it is written, for a reader; the stem where that is not known.
    pub(crate) fn written(&self) -> &str {
        if self.word.is_empty() { &self.stem } else { &self.word }
    }
}

#[cfg(test)]
impl Weighted {
    /// A word that a question asks with, for tests of what weighs terms.
    pub(crate) fn asked(word: &str) -> Self {
        let stem = stem(word);
        let marks = TermMarks::of(&stem, &[], &[]);
        let (parts, equal) = (Vec::new(), Vec::new());
        let word = word.to_owned();
        Self { stem, word, weight: 1.0, idf: 1.0, asked: true, unknown: false, parts, equal, marks }
    }
}

/// Another name of a term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EqualName {
    /// The name as the glossary has it.
    pub name: String,
    /// Its stems.
    pub stems: Vec<String>,
}

/// What a search is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words<'a> {
    /// The words that ask.
    pub text: &'a str,
    /// Words around them.
    pub context: &'a str,
    /// The subject above them.
    pub subject: &'a str,
}

impl Words<'_> {
    /// What is encoded for a search by meaning, each with its weight: the subject says what a short
    /// question is about, and so does what was told before it (docs/retrieval.md).
    pub fn meanings(&self) -> Vec<(String, f32)> {
        let subject = self.subject.trim().trim_end_matches(['.', '!', '?']);
        let below = if subject.is_empty() {
            self.text.to_owned()
        } else {
            format!("{subject}. {}", self.text)
        };
        let told: Vec<&str> = self.context.split_whitespace().take(TOLD_WORDS_MAX).collect();
        if told.is_empty() {
            return vec![(below, 1.0)];
        }
        vec![(format!("{} {}", told.join(" "), self.text), 1.0), (below, SUBJECT_SHARE)]
    }
}

/// The weighted terms of a question, heaviest first, then those around it, and the glossary's
/// terms in it.
pub fn weigh(snapshot: &Snapshot, words: Words<'_>) -> (Vec<Weighted>, Vec<&'static Term>) {
    let Words { text, context, subject } = words;
    let asked: BTreeSet<String> = content_stems(text).into_iter().collect();
    let subject_stems: BTreeSet<String> = content_stems(subject).into_iter().collect();
    let around: BTreeSet<String> =
        content_stems(&format!("{subject}. {context}")).into_iter().collect();
    let written = written(snapshot, &format!("{text} {context} {subject}"));
    let months: BTreeSet<String> = MONTHS.iter().map(|month| stem(month)).collect();
    let glossary = lexicon().terms_in(text);
    let mut equals = equals(snapshot, &asked, &glossary);
    let mut weighted = |stems: &BTreeSet<String>, asked: bool| -> Vec<Weighted> {
        let mut terms: Vec<Weighted> = stems
            .iter()
            .map(|stem| {
                let (word, parts) = written.get(stem).cloned().unwrap_or_default();
                let (idf, unknown) = idf(snapshot, stem, &parts);
                let equal = equals.remove(stem).unwrap_or_default();
                let marks = TermMarks::of(stem, &parts, &equal);
                let stem_of = stem.clone();
                let mut term = Weighted {
                    stem: stem_of,
                    word,
                    weight: idf,
                    idf,
                    asked,
                    unknown,
                    parts,
                    equal,
                    marks,
                };
                let circumstance = months.contains(stem)
                    || (stem.len() < 4 && stem.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
                if circumstance {
                    term.weight *= CIRCUMSTANCE_SHARE;
                } else if !is_topic(snapshot, &term) {
                    term.weight *= NO_TOPIC_SHARE;
                }
                if !asked && subject_stems.contains(stem) {
                    term.weight *= SUBJECT_WEIGHT;
                }
                term
            })
            .collect();
        terms.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.stem.cmp(&b.stem)));
        terms
    };
    let mut found = weighted(&asked, true);
    found.truncate(TERMS_MAX);
    let around: BTreeSet<String> = around.difference(&asked).cloned().collect();
    let mut helping = weighted(&around, false);
    // A word around the question helps when it is a topic: when a title or a heading has it.
    helping.retain(|term| term.stem.chars().count() > 1 && is_topic(snapshot, term));
    helping.truncate(CONTEXT_TERMS_MAX);
    let share = if found.len() < FEW_WORDS { CONTEXT_SHARE_OF_FEW } else { CONTEXT_SHARE };
    let total = |terms: &[Weighted]| terms.iter().map(|term| term.weight).sum::<f32>();
    let scale = (share * total(&found) / total(&helping).max(f32::MIN_POSITIVE)).min(share);
    for term in &mut helping {
        term.weight *= scale;
    }
    found.append(&mut helping);
    (found, glossary)
}

fn is_topic(snapshot: &Snapshot, term: &Weighted) -> bool {
    std::iter::once(&term.stem).chain(&term.parts).any(|stem| snapshot.heading_frequency(stem) > 0)
}

/// The query for weighted terms.
pub(crate) fn query(terms: &[Weighted]) -> Query {
    let mut query = Query::default();
    for term in terms {
        let place = if term.idf > 0.0 { term.weight / term.idf } else { 0.0 };
        query.terms.push(QueryTerm {
            stem: term.stem.clone(),
            word: term.word.clone(),
            weight: place,
            parts: term.parts.clone(),
            equal: term.equal.iter().map(|name| name.stems.clone()).collect(),
        });
    }
    query
}

/// How rare a stem is, and whether no source holds it; for a compound that stands nowhere, its
/// rarest part counts.
fn idf(snapshot: &Snapshot, stem: &str, parts: &[String]) -> (f32, bool) {
    let own = snapshot.rarity(stem);
    let part = || parts.iter().map(|part| snapshot.rarity(part)).fold(0.0, f32::max);
    let known = if own > 0.0 { own } else { part() };
    if known > 0.0 {
        (known, false)
    } else {
        (UNKNOWN_SHARE * (1.0 + snapshot.len() as f32).ln(), true)
    }
}

/// For each stem of a text the word that has it as it is written, and the word's parts.
fn written(snapshot: &Snapshot, text: &str) -> BTreeMap<String, (String, Vec<String>)> {
    let mut found = BTreeMap::new();
    for token in tokens(text) {
        let word = fold(text.get(token.range.clone()).unwrap_or_default());
        // A value is known by its normal form, not by its letters.
        let is_word = word.chars().all(char::is_alphabetic);
        let parts = snapshot.parts_of(&word);
        let word = if is_word { word } else { token.text.clone() };
        found.entry(token.text).or_insert((word, parts));
    }
    found
}

/// The names of each glossary term that the text does not use, under the rarest stem of the
/// name that it does use: "Statens HR" is also searched for as SHR, and SHR as "Statens HR".
fn equals(
    snapshot: &Snapshot,
    asked: &BTreeSet<String>,
    glossary: &[&'static Term],
) -> BTreeMap<String, Vec<EqualName>> {
    let mut found: BTreeMap<String, Vec<EqualName>> = BTreeMap::new();
    for term in glossary {
        let names = std::iter::once(&term.name).chain(&term.equal);
        let names = names.map(|name| EqualName { name: name.clone(), stems: content_stems(name) });
        let names: Vec<EqualName> = names.filter(|name| !name.stems.is_empty()).collect();
        let used = |name: &&EqualName| name.stems.iter().all(|stem| asked.contains(stem));
        let Some(written) = names.iter().find(used) else { continue };
        let rarest = written.stems.iter().min_by_key(|stem| snapshot.frequency(stem));
        let Some(anchor) = rarest else { continue };
        let others = names.iter().filter(|name| !used(name));
        let entry = found.entry(anchor.clone()).or_default();
        entry.extend(others.cloned());
        entry.sort();
        entry.dedup_by(|a, b| a.stems == b.stems);
    }
    found
}
