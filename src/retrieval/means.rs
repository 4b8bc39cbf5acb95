//! What a search is made with, and what a question means to the embedding model.

use crate::embedding::Model;
use crate::index::{Error, Filter, ModelId, Near, Questions, Snapshot};
use crate::retrieval::fusion::Settings;
use crate::terms::Scope;

/// Passages that are near to a question and are ranked with those that share its words.
const NEAR_MAX: usize = 100;

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

/// The passages that are near to a question.
#[derive(Debug, Clone)]
pub struct Sensed {
    near: Vec<Near>,
}

impl<'a> Means<'a> {
    /// Words alone.
    pub fn words(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, settings: Settings::default(), encoder: None }
    }

    /// For each text the passages near to it, found for all texts in one pass; none
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
        Ok(nearest.found.into_iter().map(|near| Some(Sensed { near })).collect())
    }
}

impl Sensed {
    /// The passages near to the question, nearest first.
    pub(crate) fn near(&self) -> &[Near] {
        &self.near
    }
}
