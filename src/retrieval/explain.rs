//! Why a passage was found, in parts that a reader or a program can check.

use serde::{Deserialize, Serialize};

use crate::index::{Holding, Place};
use crate::retrieval::Weighted;

/// Why a passage was found and where it stands among the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// The words of the query that it holds.
    pub words: Vec<FoundWord>,
    /// The words of the query that it does not hold.
    pub missing: Vec<String>,
    /// The score of its words beside the best passage's, from 0 to 1.
    pub word_score: f32,
    /// How well its words match by their letters beside the best passage's, from 0 to 1.
    pub letter_score: f32,
    /// The share of the query's weight that it holds, from 0 to 1.
    pub coverage: f32,
    /// How near its meaning is to the query's, where vectors are in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f32>,
    /// What lifts it among passages that match about as well.
    pub boosts: Vec<Boost>,
    /// Passages that say nearly the same and were left out for it.
    pub collapsed: usize,
}

/// A word of the query, and how a passage holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FoundWord {
    /// The word as it is written in the query.
    pub word: String,
    /// How it is held.
    pub found: FoundAs,
    /// The name of the glossary that stands for it, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How a passage holds a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundAs {
    /// In the text.
    Text,
    /// In the title or a heading.
    Heading,
    /// In both.
    TextAndHeading,
    /// Within a compound.
    InCompound,
    /// By an equal name of the glossary.
    EqualName,
    /// By parts of it.
    Parts,
}

/// What lifts a passage, and by how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Boost {
    /// Why.
    pub reason: BoostReason,
    /// The share that is added to its score.
    pub share: f32,
}

/// Why a passage is lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoostReason {
    /// It stands in the institution's own drejebog.
    OwnDrejebog,
    /// Its kind of source goes before others.
    Kind,
}

impl Explanation {
    /// The words of a query that a passage holds, and those that it does not.
    pub(crate) fn of(terms: &[Weighted], held: &[Holding]) -> Self {
        let mut explanation = Self::default();
        for (term, holding) in terms.iter().zip(held) {
            let word = if term.word.is_empty() { &term.stem } else { &term.word };
            match found_as(holding) {
                Some(found) => {
                    let name = holding.equal.filter(|_| found == FoundAs::EqualName);
                    let name = name.and_then(|at| term.equal.get(at)).map(|name| name.name.clone());
                    explanation.words.push(FoundWord { word: word.clone(), found, name });
                }
                None => explanation.missing.push(word.clone()),
            }
        }
        explanation
    }
}

fn found_as(holding: &Holding) -> Option<FoundAs> {
    match holding.place {
        Place::Text => Some(FoundAs::Text),
        Place::Heading => Some(FoundAs::Heading),
        Place::Both => Some(FoundAs::TextAndHeading),
        Place::Part => Some(FoundAs::InCompound),
        Place::Nowhere if holding.equal.is_some() => Some(FoundAs::EqualName),
        Place::Nowhere if holding.parts > 0 => Some(FoundAs::Parts),
        Place::Nowhere => None,
    }
}
