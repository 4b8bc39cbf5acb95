//! Where a general source leaves a matter to the own drejebog, what the drejebog says of it.
//!
//! "Har institutionen tilkøbt opgaven, står det i drejebogen" answers nobody who has a drejebog:
//! the reply looks it up there.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::draft::Error;
use crate::draft::assign::{Found, Place};
use crate::draft::select::{Pick, is_scrap, pick_text, quotable};
use crate::language::wording;
use crate::retrieval::{Hit, Means, Refining, Sensed, refining};
use crate::sources::Kind;
use crate::terms::Scope;

/// Sentences of an answer that are asked whether they point elsewhere: the first of it.
const POINTERS_MAX: usize = 3;
/// Passages of the drejebog that are read for one of them.
const PASSAGES_MAX: usize = 4;
/// How like the drejebog's sentence must be to the one that points there (cosine). Set on the gold
/// set's `dev` part, `wordings`, `control` and `fresh`, 2026-11-29 (docs/measurements.md).
const LIKENESS_MIN: f32 = 0.5;
/// What its nearness to the question counts beside that.
const NEAR_SHARE: f32 = 0.5;

/// Words by which a source leaves a matter to the drejebog.
static POINTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    wording(r"\b((står|fremgår|ses|findes|aftalt|aftales|skrevet)\b[^.;]{0,40}\bdrejebog\w*|drejebogen\w* (viser|siger|afgør|fortæller)|(kunden|institutionen|i) (selv )?(til)?købt|tilkøbt|et tilkøb|standardopgavesplit\w*|ikke har aftalt)\b").ok()
});

/// Lets the own drejebog's sentence open the answers whose source only points to it.
pub(crate) fn follow(
    means: &Means<'_>,
    scope: &Scope,
    sensed: &BTreeMap<usize, Sensed>,
    found: &mut BTreeMap<usize, Found>,
) -> Result<(), Error> {
    if scope.institution().is_none() {
        return Ok(());
    }
    let mut said: HashSet<String> = found
        .values()
        .flat_map(|one| one.selection.picks.iter().map(move |pick| (one, pick)))
        .map(|(one, pick)| pick_text(&one.evidence.hits, pick).to_owned())
        .collect();
    for (n, one) in found.iter_mut().filter(|(_, one)| one.place == Place::Answer) {
        let Some(sensed) = sensed.get(n) else { continue };
        let own = |pick: &Pick| {
            one.evidence.hits.get(pick.hit).is_some_and(|hit| hit.kind == Kind::Drejebog)
        };
        if one.selection.picks.first().is_none_or(own) {
            continue;
        }
        let Some((hit, range)) = told(means, scope, sensed, (one, &said))? else { continue };
        let text = hit.text.get(range.clone()).unwrap_or_default();
        said.insert(text.to_owned());
        let hits = &mut one.evidence.hits;
        let at = hits.iter().position(|held| held.passage_id == hit.passage_id);
        let at = at.unwrap_or_else(|| {
            hits.push(hit);
            hits.len() - 1
        });
        one.selection.open_with(hits, (at, range), &points);
    }
    Ok(())
}

/// The drejebog's sentence that is most like one that points to it; none of `said`.
fn told(
    means: &Means<'_>,
    scope: &Scope,
    sensed: &Sensed,
    (one, said): (&Found, &HashSet<String>),
) -> Result<Option<(Hit, Range<usize>)>, Error> {
    let hits = &one.evidence.hits;
    let mut best: Option<(f32, Hit, Range<usize>)> = None;
    for pick in one.selection.picks.iter().take(POINTERS_MAX) {
        let Some(hit) = hits.get(pick.hit).filter(|_| points(pick_text(hits, pick))) else {
            continue;
        };
        let pointer = (hit, pick_text(hits, pick));
        for Refining { hit, likeness } in refining(means, scope, pointer, sensed, PASSAGES_MAX)? {
            let places = hit.sentences.iter().zip(&likeness).enumerate();
            let fits = places.filter(|(_, (sentence, likeness))| {
                let text = hit.text.get(sentence.range.clone()).unwrap_or_default();
                **likeness >= LIKENESS_MIN && !is_scrap(text) && !said.contains(text)
            });
            let near = |at: usize| hit.nearness.get(at).copied().unwrap_or_default();
            let fit = fits
                .map(|(at, (sentence, likeness))| {
                    (likeness + NEAR_SHARE * near(at), &sentence.range)
                })
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let Some((score, range)) = fit.filter(|_| quotable(&hit)) else { continue };
            if best.as_ref().is_none_or(|(held, ..)| score > *held) {
                best = Some((score, hit.clone(), range.clone()));
            }
        }
    }
    Ok(best.map(|(_, hit, range)| (hit, range)))
}

/// Whether a sentence leaves the matter to the drejebog.
fn points(sentence: &str) -> bool {
    POINTS.as_ref().is_some_and(|pattern| pattern.is_match(sentence))
}

#[cfg(test)]
mod tests {
    use super::points;

    #[test]
    fn a_sentence_that_leaves_a_matter_to_the_drejebog_is_told() {
        for sentence in [
            "Modtagerne af afrapporteringen står i institutionens drejebog.",
            "Har institutionen tilkøbt opgaven, taster SAM løndel 4555, og det fremgår af drejebogen.",
            "Drejebogen viser, om institutionen selv har BSL.",
            "I standardopgavesplittet taster kunden selv elevens befordring.",
            "Standardgrænsen gælder, når institutionen ikke har aftalt sin egen maksgrænse.",
        ] {
            assert!(points(sentence), "{sentence}");
        }
        for sentence in [
            "Institutionen må ikke rette i en serviceanmodning, medmindre det er aftalt med SAM.",
            "Drejebogen ligger i Kundeportalen.",
            "Fristen er den 12. i måneden.",
        ] {
            assert!(!points(sentence), "{sentence}");
        }
    }
}
