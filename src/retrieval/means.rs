//! What a search is made with, and what a question means to the embedding model.

use crate::embedding::{self, Model};
use crate::index::{Error, Filter, ModelId, Near, Questions, Sentences, Snapshot};
use crate::retrieval::fusion::Settings;
use crate::retrieval::terms::Words;
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
    vector: Vec<f32>,
    near: Vec<Near>,
}

impl<'a> Means<'a> {
    /// Words alone.
    pub fn words(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, settings: Settings::default(), encoder: None }
    }

    /// Each question as one vector, all encoded at once; none where there are no vectors to search.
    pub fn encode(&self, questions: &[Words<'_>]) -> Option<Vec<Vec<f32>>> {
        let encoder = self.encoder.filter(|_| !questions.is_empty())?;
        match mixed(&encoder.model, questions) {
            Ok(vectors) => Some(vectors),
            Err(error) => {
                // A question that cannot be encoded can still be searched for by its words.
                tracing::error!(%error, remedy = error.remedy(), "only words are searched");
                None
            }
        }
    }

    /// For each encoded question the passages near to it, found for all in one pass; none where
    /// there are no vectors to search.
    pub fn sense(
        &self,
        scope: &Scope,
        vectors: Option<Vec<Vec<f32>>>,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Sensed>, Error> {
        let (Some(encoder), Some(vectors)) = (self.encoder, vectors) else {
            return Ok(Vec::new());
        };
        let rows: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let questions = Questions { model: &encoder.id, vectors: &rows };
        let nearest = self.snapshot.near(scope, questions, filter, limit.max(NEAR_MAX))?;
        let Some(nearest) = nearest else { return Ok(Vec::new()) };
        let found = vectors.into_iter().zip(nearest.found);
        Ok(found.map(|(vector, near)| Sensed { vector, near }).collect())
    }

    /// The vectors of sentences, where they are of the model that encodes questions.
    pub(crate) fn sentences(&self) -> Option<&'a Sentences> {
        let encoder = self.encoder?;
        self.snapshot.sentences().filter(|held| *held.model() == encoder.id)
    }
}

/// Each question as one vector of length 1: of its words below the subject, and, weighing less, of
/// its words alone and of its words after what the mail tells.
fn mixed(model: &Model, questions: &[Words<'_>]) -> Result<Vec<Vec<f32>>, embedding::Error> {
    let meanings: Vec<(usize, String, f32)> = questions
        .iter()
        .enumerate()
        .flat_map(|(at, words)| {
            words.meanings().into_iter().map(move |(text, weight)| (at, text, weight))
        })
        .collect();
    let texts: Vec<&str> = meanings.iter().map(|(_, text, _)| text.as_str()).collect();
    let mut mixed: Vec<Vec<f32>> = vec![vec![0.0; model.dimensions()]; questions.len()];
    for ((at, _, weight), vector) in meanings.iter().zip(model.encode_queries(&texts)?) {
        let Some(sum) = mixed.get_mut(*at) else { continue };
        for (sum, value) in sum.iter_mut().zip(vector.values()) {
            *sum += weight * value;
        }
    }
    for vector in &mut mixed {
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        for value in vector {
            *value /= length.max(f32::MIN_POSITIVE);
        }
    }
    Ok(mixed)
}

impl Sensed {
    /// The question as a vector.
    pub(crate) fn vector(&self) -> &[f32] {
        &self.vector
    }

    /// The passages near to the question, nearest first.
    pub(crate) fn near(&self) -> &[Near] {
        &self.near
    }
}
