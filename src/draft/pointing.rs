//! Where a general source leaves a matter to the own drejebog, what the drejebog says of it.
//!
//! "Har institutionen tilkøbt opgaven, står det i drejebogen" answers nobody who has a drejebog:
//! the reply looks it up there.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::draft::Error;
use crate::draft::assign::{Found, Place};
use crate::draft::case::Case;
use crate::draft::forms::{is_scrap, quotable};
use crate::draft::leaves::{leaves_to_drejebog, says_standard};
use crate::draft::select::pick_text;
use crate::retrieval::{Hit, Means, Refining, Sensed, refining};
use crate::sources::Kind;

/// Sentences of an answer that are asked whether they point elsewhere: the first of it.
const POINTERS_MAX: usize = 3;
/// How like the drejebog's sentence must be to the one that points there (cosine). Set on the gold
/// set's `dev` part, `wordings`, `control` and `fresh`, 2026-11-29 (decision 0028).
const LIKENESS_MIN: f32 = 0.5;
/// What its nearness to the question counts beside that.
const NEAR_SHARE: f32 = 0.5;

/// Lets the own drejebog's sentence open the answers whose source only points to it.
pub(crate) fn follow(
    means: &Means<'_>,
    case: &Case<'_>,
    sensed: &BTreeMap<usize, Sensed>,
    found: &mut BTreeMap<usize, Found>,
) -> Result<(), Error> {
    if case.scope.institution().is_none() {
        return Ok(());
    }
    let questions: Vec<usize> =
        found.iter().filter(|(_, one)| one.place == Place::Answer).map(|(n, _)| *n).collect();
    for n in questions {
        let Some(sensed) = sensed.get(&n) else { continue };
        let others = found.iter().filter(|(other, _)| **other != n);
        let said: HashSet<String> = others
            .flat_map(|(_, one)| one.selection.picks.iter().map(move |pick| (one, pick)))
            .map(|(one, pick)| pick_text(&one.evidence.hits, pick).to_owned())
            .collect();
        let Some(one) = found.get_mut(&n) else { continue };
        let first = one.selection.picks.first().and_then(|pick| one.evidence.hits.get(pick.hit));
        if first.is_none_or(|hit| hit.kind == Kind::Drejebog) {
            continue;
        }
        let asked = Asked { means, case, sensed };
        let Some(Told { hit, range, pointer }) = asked.told(one, &said)? else { continue };
        let hits = &mut one.evidence.hits;
        let at = hits.iter().position(|held| held.passage_id == hit.passage_id);
        let at = at.unwrap_or_else(|| {
            hits.push(hit);
            hits.len() - 1
        });
        let replaced = |hit: &Hit, text: &str| {
            hit.kind != Kind::Drejebog
                && (text == pointer || leaves_to_drejebog(text))
                && says_standard(text)
        };
        one.selection.open_with(hits, (at, range), one.room, &replaced);
    }
    Ok(())
}

/// What a question is asked with.
struct Asked<'a> {
    means: &'a Means<'a>,
    case: &'a Case<'a>,
    sensed: &'a Sensed,
}

/// A sentence of the drejebog, and the one that pointed to it.
struct Told {
    hit: Hit,
    range: Range<usize>,
    pointer: String,
}

impl Asked<'_> {
    /// The drejebog's sentence that is most like one that points to it and nearest to the
    /// question; none of `said`.
    fn told(&self, one: &Found, said: &HashSet<String>) -> Result<Option<Told>, Error> {
        let Self { means, case, sensed } = *self;
        let hits = &one.evidence.hits;
        let mut best: Option<(f32, Told)> = None;
        for pick in one.selection.picks.iter().take(POINTERS_MAX) {
            let sentence = pick_text(hits, pick);
            let general = |hit: &&Hit| hit.kind != Kind::Drejebog && leaves_to_drejebog(sentence);
            let Some(hit) = hits.get(pick.hit).filter(general) else { continue };
            let group = case.inquiry.group();
            let refining =
                refining(means, case.scope, (hit, sentence), (sensed, group.as_deref()))?;
            for Refining { hit, likeness } in refining.into_iter().filter(|it| quotable(&it.hit)) {
                let places = hit.sentences.iter().zip(&likeness).enumerate();
                let near = |at: usize| hit.nearness.get(at).copied().unwrap_or_default();
                let fits = places.filter(|(_, (sentence, likeness))| {
                    let text = hit.text.get(sentence.range.clone()).unwrap_or_default();
                    **likeness >= LIKENESS_MIN && !is_scrap(text) && !said.contains(text)
                });
                let scored = fits.map(|(at, (sentence, likeness))| {
                    (likeness + NEAR_SHARE * near(at), sentence.range.clone())
                });
                let Some((score, range)) = scored.max_by(|a, b| a.0.total_cmp(&b.0)) else {
                    continue;
                };
                if best.as_ref().is_none_or(|(held, _)| score > *held) {
                    best = Some((score, Told { hit, range, pointer: sentence.to_owned() }));
                }
            }
        }
        Ok(best.map(|(_, told)| told))
    }
}
