//! What a search is made with, and what a question means to the embedding model.

use crate::embedding::Model;
use crate::index::{Error, Filter, ModelId, Near, Questions, Snapshot};
use crate::passages::PassageId;
use crate::retrieval::fusion::Settings;
use crate::terms::Scope;

/// Passages that are near to a question and are ranked with those that share its words.
const NEAR_MAX: usize = 60;

/// An embedding model, with what its vectors are known by.
#[derive(Debug)]
pub struct Encoder {
    /// The model.
    pub model: Model,
    /// What its vectors are known by.
    pub id: ModelId,
}

impl Encoder {
    /// A model as an encoder of questions and passages.
    pub fn of(model: Model) -> Self {
        let fingerprint = model.fingerprint().to_owned();
        let id = ModelId { fingerprint, dimensions: model.dimensions() };
        Self { model, id }
    }
}

/// What a search is made with.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// The state of the index that is searched.
    pub snapshot: &'a Snapshot,
    /// How words and vectors take part.
    pub settings: Settings,
    /// The model; without one, words alone are searched.
    pub encoder: Option<&'a Encoder>,
}

/// A question as a vector, and the passages that are near to it.
#[derive(Debug, Clone)]
pub struct Sensed {
    vector: Vec<f32>,
    near: Vec<Near>,
}

impl<'a> Means<'a> {
    /// Words alone.
    pub fn words(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, settings: Settings::default(), encoder: None }
    }

    /// Each text as a vector with the passages near to it, found for all texts in one pass; none
    /// where there are no vectors to search.
    pub fn sense(
        &self,
        scope: &Scope,
        texts: &[&str],
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Option<Sensed>>, Error> {
        let none = || vec![None; texts.len()];
        let Some(encoder) = self.encoder.filter(|_| !texts.is_empty()) else { return Ok(none()) };
        let vectors: Vec<Vec<f32>> = match encoder.model.encode_queries(texts) {
            Ok(vectors) => vectors.iter().map(|vector| vector.values().to_vec()).collect(),
            Err(error) => {
                // A question that cannot be encoded can still be searched for by its words.
                tracing::error!(%error, remedy = error.remedy(), "only words are searched");
                return Ok(none());
            }
        };
        let rows: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let questions = Questions { model: &encoder.id, vectors: &rows };
        let nearest = self.snapshot.near(scope, questions, filter, limit.max(NEAR_MAX))?;
        let Some(nearest) = nearest else { return Ok(none()) };
        let sensed = vectors.into_iter().zip(nearest.found);
        Ok(sensed.map(|(vector, near)| Some(Sensed { vector, near })).collect())
    }

    /// How near each passage is to the question.
    pub(crate) fn similarities(
        &self,
        scope: &Scope,
        sensed: &Sensed,
        passages: &[&PassageId],
    ) -> Result<Vec<Option<f32>>, Error> {
        let Some(encoder) = self.encoder else { return Ok(vec![None; passages.len()]) };
        let vectors = [sensed.vector.as_slice()];
        let questions = Questions { model: &encoder.id, vectors: &vectors };
        let all = self.snapshot.similarities(scope, questions, passages)?;
        Ok(all.and_then(|all| all.into_iter().next()).unwrap_or_default())
    }
}

impl Sensed {
    /// The passages near to the question, nearest first.
    pub(crate) fn near(&self) -> &[Near] {
        &self.near
    }
}
