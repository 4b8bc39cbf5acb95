//! What the own drejebog says of the matter that a general source speaks of.
//!
//! A guide's sentence and the drejebog's that refines it are written in the same words of the
//! trade; a customer's question often is not.

use crate::index::{Error, Filter};
use crate::passages::PassageId;
use crate::retrieval::find::{show, weigh_sentences};
use crate::retrieval::means::{Means, Sensed};
use crate::retrieval::quotes::sentence_text;
use crate::retrieval::{Hit, sentence_ranges};
use crate::sources::Kind;
use crate::terms::Scope;

/// Passages of the drejebog that are read for one sentence.
const PASSAGES_MAX: usize = 4;

/// A passage of the own drejebog beside a sentence of another source.
#[derive(Debug, Clone)]
pub struct Refining {
    /// The passage, with how near its sentences are to the question.
    pub hit: Hit,
    /// How near each of its sentences is to the other source's sentence.
    pub likeness: Vec<f32>,
}

/// The passages of the own drejebog that are nearest to a sentence of a hit and hold for the
/// løngruppe, if one is asked about; none where sentences have no vectors.
pub fn refining(
    means: &Means<'_>,
    scope: &Scope,
    (hit, sentence): (&Hit, &str),
    (sensed, loengruppe): (&Sensed, Option<&str>),
) -> Result<Vec<Refining>, Error> {
    let Some(sentences) = means.sentences() else { return Ok(Vec::new()) };
    let heading = hit.heading.rsplit(" > ").next().unwrap_or_default();
    let Some(vector) = sentences.vector(&sentence_text(heading, sentence)) else {
        return Ok(Vec::new());
    };
    let filter = Filter { kinds: vec![Kind::Drejebog], ..Filter::current() };
    let near = means.sense(scope, Some(vec![vector.clone()]), &filter, PASSAGES_MAX)?;
    let ids: Vec<&PassageId> =
        near.iter().flat_map(Sensed::near).take(PASSAGES_MAX).map(|near| &near.passage).collect();
    let mut found = Vec::new();
    for id in ids {
        let Some(passage) = means.snapshot.passage(scope, id)? else { continue };
        if !means.snapshot.record(&passage).is_some_and(|record| record.is_for(loengruppe)) {
            continue;
        }
        let Some(hit) = show(means.snapshot, scope, passage) else { continue };
        let heading = hit.heading.rsplit(" > ").next().unwrap_or_default();
        let likeness = sentence_ranges(&hit.text).into_iter().map(|range| {
            let text = sentence_text(heading, hit.text.get(range).unwrap_or_default());
            sentences.similarity(&vector, &text).unwrap_or_default()
        });
        let likeness = likeness.collect();
        found.push(Refining { hit, likeness });
    }
    for one in &mut found {
        weigh_sentences(means, Some(sensed), std::slice::from_mut(&mut one.hit));
    }
    Ok(found)
}
