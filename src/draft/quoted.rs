//! Picked sentences as sentences of a reply: quoted, and spoken from us to the asker.

use std::collections::BTreeSet;

use crate::draft::forms::tidied;
use crate::draft::select::Pick;
use crate::draft::sentence::{Citation, Citations, Sentence};
use crate::draft::voice::addressed;
use crate::index::Snapshot;
use crate::language::values;
use crate::retrieval::Hit;
use crate::terms::{Institution, Scope};

/// The endings by which a drejebog calls its own institution: "styrelsen", "museet".
const OWN_WORDS: [&str; 4] = ["styrelsen", "akademiet", "museet", "universitetet"];

/// Whether a sentence still has the values of its quote, and no other: "SAM 28 dage" reads like a
/// code, which "os 28 dage" does not have.
fn same_values(text: &str, quote: &str) -> bool {
    let norms = |text: &str| -> BTreeSet<String> {
        values(text).into_iter().map(|value| value.norm).collect()
    };
    norms(text) == norms(quote)
}

/// What the sources call the institution that asks.
pub(crate) struct Own(Vec<String>);

impl Own {
    pub(crate) fn of(scope: &Scope, snapshot: &Snapshot) -> Self {
        let own = scope.institution().map(Institution::name);
        let mut names = own.map(|own| snapshot.manifest().register.names(own)).unwrap_or_default();
        let ends = |word: &&&str| own.is_some_and(|own| own.to_lowercase().ends_with(**word));
        names.extend(OWN_WORDS.iter().filter(ends).map(|word| (*word).to_owned()));
        Self(names)
    }

    /// The picked sentences. Only in the asker's own drejebog do its names mean the asker.
    pub(crate) fn quoted(&self, n: usize, hits: &[Hit], picks: &[Pick]) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        for pick in picks {
            let Some(hit) = hits.get(pick.hit) else { continue };
            let Some(citation) = Citation::of(hit, pick.range.clone()) else { continue };
            sentences.push(self.spoken(format!("q{n}s{}", sentences.len() + 1), hit, citation));
        }
        sentences
    }

    /// One quote of a hit as a sentence.
    pub(crate) fn spoken(&self, id: String, hit: &Hit, citation: Citation) -> Sentence {
        let own = if hit.institution.is_some() { self.0.as_slice() } else { &[] };
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let tidied = tidied(citation.quote());
        let spoken = addressed(tidied.as_deref().unwrap_or(citation.quote()), &own);
        let same = |text: &String| same_values(text, citation.quote());
        match spoken.filter(same).or(tidied.filter(same)) {
            Some(text) => Sentence::rewritten(id, text, Citations::new(citation, Vec::new())),
            None => Sentence::quoted(id, citation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_gains_or_loses_a_value_keeps_the_words_of_its_source() {
        assert!(same_values("Fristen er 28 dage.", "SAMs frist er 28 dage."));
        assert!(!same_values("Fristen til os 28 dage.", "Fristen til SAM 28 dage."));
        assert!(!same_values("Fristen er kort.", "Fristen er 28 dage."));
    }
}
