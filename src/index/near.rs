//! Searches by vectors: which passages are near to a question, within a scope and a filter.

use crate::index::Error;
use crate::index::snapshot::{Filter, Snapshot};
use crate::index::vector_file::ModelId;
use crate::index::vectors::{Nearest, Vectors};
use crate::passages::PassageId;
use crate::terms::Scope;

/// What is asked of vectors: questions that one model has encoded.
#[derive(Debug, Clone, Copy)]
pub struct Questions<'a> {
    /// The model; vectors of another one are not compared with these.
    pub model: &'a ModelId,
    /// The vectors of the questions, each of length 1.
    pub vectors: &'a [&'a [f32]],
}

impl Snapshot {
    /// For each question the nearest passages, nearest first; none where there are no vectors to
    /// search ([`Snapshot::vectors`] says why).
    pub fn near(
        &self,
        scope: &Scope,
        questions: Questions<'_>,
        filter: &Filter,
        limit: usize,
    ) -> Result<Option<Nearest>, Error> {
        let Some(vectors) = self.vectors_of(questions.model)? else { return Ok(None) };
        let admits = |document: usize| self.admits(document, scope, filter);
        let mut nearest = vectors.nearest(scope, questions.vectors, limit, &admits)?;
        for found in &mut nearest.found {
            found.retain(|near| self.second_look(scope, &near.passage, &near.document));
        }
        Ok(Some(nearest))
    }

    /// For each question the similarity of each passage; none for one that the scope does not
    /// admit, and none at all where there are no vectors to search.
    pub fn similarities(
        &self,
        scope: &Scope,
        questions: Questions<'_>,
        passages: &[&PassageId],
    ) -> Result<Option<Vec<Vec<Option<f32>>>>, Error> {
        let Some(vectors) = self.vectors_of(questions.model)? else { return Ok(None) };
        let mut similarities = vectors.similarities(scope, questions.vectors, passages)?;
        for (at, passage) in passages.iter().enumerate() {
            let held = similarities.iter().any(|all| all.get(at).is_some_and(Option::is_some));
            let document = vectors.document_of(passage).filter(|_| held);
            if document.is_some_and(|document| !self.second_look(scope, passage, document)) {
                for place in similarities.iter_mut().filter_map(|all| all.get_mut(at)) {
                    *place = None;
                }
            }
        }
        Ok(Some(similarities))
    }

    fn vectors_of(&self, model: &ModelId) -> Result<Option<&Vectors>, Error> {
        match self.vectors() {
            Ok(vectors) if vectors.model() == model => Ok(Some(vectors)),
            Ok(vectors) => Err(Error::OtherModel {
                data: self.build().to_owned(),
                held: vectors.model().clone(),
                given: model.clone(),
            }),
            Err(_) => Ok(None),
        }
    }

    /// Asks the manifest for the owner of a hit, after the rows were chosen by the file's own.
    fn second_look(&self, scope: &Scope, passage: &PassageId, document: &str) -> bool {
        let record = self.manifest().documents.get(document);
        let admitted = record.is_some_and(|record| scope.admits(record.institution.as_deref()));
        if !admitted {
            tracing::error!(%passage, "a passage outside the scope passed the ranges and was dropped");
        }
        admitted
    }
}
