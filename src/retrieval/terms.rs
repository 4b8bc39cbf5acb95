//! The terms of a question, each with its weight: rare words count, a long mail does not drown them.

use std::collections::BTreeMap;

use crate::index::{Query, QueryTerm, Snapshot};
use crate::language::{Term, content_stems, fold, lexicon, parts_of, tokens};

/// Terms that are searched for at once; the full union of a long mail is slow and finds no more.
const TERMS_MAX: usize = 14;
/// Weight of words that stand around the question, not in it.
const CONTEXT_WEIGHT: f32 = 0.35;
/// Weight of an equal term of the glossary beside the word that was written.
const EQUAL_WEIGHT: f32 = 0.6;

/// A term with its share of the question's meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// The stem, or the normal form of a code or number.
    pub stem: String,
    /// Its weight: where it stood, times how rare it is.
    pub weight: f32,
    /// How rare it is; 0 where it stands nowhere.
    pub idf: f32,
    /// Stemmed parts, if it is a compound.
    pub parts: Vec<String>,
    /// Other names that mean the same, from the glossary, each as its stems.
    pub equal: Vec<Vec<String>>,
}

/// The weighted terms of a text with its context, heaviest first, and the glossary terms in it.
pub fn weigh(
    snapshot: &Snapshot,
    text: &str,
    context: &str,
) -> (Vec<Weighted>, Vec<&'static Term>) {
    let mut places: BTreeMap<String, f32> = BTreeMap::new();
    for stem in content_stems(text) {
        places.insert(stem, 1.0);
    }
    for stem in content_stems(context) {
        places.entry(stem).or_insert(CONTEXT_WEIGHT);
    }
    let compounds = compounds_of(&format!("{text} {context}"));
    let glossary = lexicon().terms_in(text);
    let mut equals = equals(snapshot, &places, &glossary);
    let mut found: Vec<Weighted> = places
        .into_iter()
        .map(|(stem, place)| {
            let parts = compounds.get(&stem).cloned().unwrap_or_default();
            let idf = idf(snapshot, &stem, &parts);
            Weighted {
                weight: place * idf,
                idf,
                parts,
                equal: equals.remove(&stem).unwrap_or_default(),
                stem,
            }
        })
        .collect();
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.stem.cmp(&b.stem)));
    found.truncate(TERMS_MAX);
    (found, glossary)
}

/// The query for weighted terms.
pub(crate) fn query(terms: &[Weighted]) -> Query {
    let mut query = Query::default();
    for term in terms {
        let place = if term.idf > 0.0 { term.weight / term.idf } else { 1.0 };
        query.terms.push(QueryTerm {
            stem: term.stem.clone(),
            weight: place,
            parts: term.parts.clone(),
        });
        for equal in &term.equal {
            let weight = place * EQUAL_WEIGHT / equal.len() as f32;
            let term = |stem: &String| QueryTerm { stem: stem.clone(), weight, parts: Vec::new() };
            query.terms.extend(equal.iter().map(term));
        }
    }
    query
}

/// How rare a stem is (BM25's idf); for a compound that stands nowhere, its rarest part counts.
fn idf(snapshot: &Snapshot, stem: &str, parts: &[String]) -> f32 {
    let all = snapshot.len() as f32;
    let rarity = |stem: &str| match snapshot.frequency(stem) {
        0 => 0.0,
        count => (1.0 + (all - count as f32 + 0.5) / (count as f32 + 0.5)).ln(),
    };
    let own = rarity(stem);
    if own > 0.0 { own } else { parts.iter().map(|part| rarity(part)).fold(0.0, f32::max) }
}

fn compounds_of(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for token in tokens(text) {
        let word = fold(text.get(token.range.clone()).unwrap_or_default());
        let parts = parts_of(&word);
        if !parts.is_empty() {
            found.insert(token.text, parts);
        }
    }
    found
}

/// The names of each glossary term that the text does not use, under the rarest stem of the
/// name that it does use: "Statens HR" is also searched for as SHR, and SHR as "Statens HR".
fn equals(
    snapshot: &Snapshot,
    places: &BTreeMap<String, f32>,
    glossary: &[&'static Term],
) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut found: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for term in glossary {
        let stems = |name: &String| content_stems(name);
        let names: Vec<Vec<String>> =
            std::iter::once(&term.name).chain(&term.equal).map(stems).collect();
        let used =
            |name: &&Vec<String>| !name.is_empty() && name.iter().all(|s| places.contains_key(s));
        let Some(written) = names.iter().find(used) else { continue };
        let rarest = written.iter().min_by_key(|stem| snapshot.frequency(stem));
        let Some(anchor) = rarest else { continue };
        let others = names.iter().filter(|name| !name.is_empty() && !used(name));
        let entry = found.entry(anchor.clone()).or_default();
        entry.extend(others.cloned());
        entry.sort();
        entry.dedup();
    }
    found
}
