//! The passages that bear on a question, best first.
//!
//! Takes: a question, a [`Scope`](crate::terms::Scope), and a state of the index.
//! Gives: [`Hit`]s, each with the reason why it was chosen and its [`Explanation`].
//! Never: shows one institution another's passages; lets a drejebog that is about something else come first.

mod fusion;
mod terms;
mod means;
mod quotes;
mod spelling;
mod explain;
mod find;
mod refine;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::passages::PassageId;
use crate::sources::Kind;
use crate::terms::{Audience, Day, State};

pub use explain::{Boost, BoostReason, Explanation, FoundAs, FoundWord};
pub use find::{Evidence, Lookup, Meaning, Narrowing, Question, find, look_up, show};
pub use fusion::{Fusion, Mode, Settings};
pub use means::{Encoder, Means, Sensed};
pub use quotes::{ReadSentence, sentence_ranges, sentence_texts};
pub use refine::{Refining, refining};
pub use spelling::Correction;
pub use terms::{EqualName, Weighted, Words, weigh};

/// A passage that was found, with what a reader needs to judge it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hit {
    /// The passage.
    pub passage_id: PassageId,
    /// The document it stands in.
    pub document: String,
    /// The document's title.
    pub title: String,
    /// The headings above it, outermost first, joined by " > ".
    pub heading: String,
    /// What the document is.
    pub kind: Kind,
    /// The institution that owns it; missing for general sources.
    pub institution: Option<String>,
    /// Whom it is written for.
    pub audience: Audience,
    /// The first day on which it holds.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<Day>,
    /// The last day on which it holds.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Day>,
    /// Its state on the day of the search.
    pub state: State,
    /// The passage's text.
    pub text: String,
    /// The sentences of it that bear most on the question, verbatim.
    pub quotes: Vec<String>,
    /// The score, from 0; comparable within one search.
    pub score: f32,
    /// Why it was chosen, in Danish.
    pub why: String,
    /// The same in parts.
    #[serde(default)]
    pub explanation: Explanation,
    /// How near each sentence is to the question in meaning, where all have vectors; else empty.
    #[serde(skip)]
    #[schema(ignore)]
    pub nearness: Vec<f32>,
    /// The sentences of the text, read once for all that weighs them.
    #[serde(skip, default = "no_sentences")]
    #[schema(ignore)]
    pub sentences: Arc<[ReadSentence]>,
}

impl Hit {
    /// How near its nearest sentence is to the question in meaning; 0 where that is not known.
    pub fn nearest(&self) -> f32 {
        self.nearness.iter().copied().fold(0.0, f32::max)
    }
}

#[cfg(test)]
impl Hit {
    /// A passage of a general guide for tests, of sentences that are so near to a question.
    pub(crate) fn made(document: &str, sentences: &[(&str, f32)]) -> Self {
        let text = sentences.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(" ");
        let mut at = 0;
        let read = |(text, _): &(&str, f32)| {
            let range = at..at + text.len();
            at = range.end + 1;
            ReadSentence::at(range)
        };
        Self {
            passage_id: PassageId(document.to_owned()),
            document: document.to_owned(),
            title: "Vejledning".to_owned(),
            heading: String::new(),
            kind: Kind::Brugervejledning,
            institution: None,
            audience: Audience::Customer,
            valid_from: None,
            valid_to: None,
            state: State::Current,
            sentences: sentences.iter().map(read).collect(),
            text,
            quotes: Vec::new(),
            score: 1.0,
            why: String::new(),
            explanation: Explanation::default(),
            nearness: sentences.iter().map(|(_, near)| *near).collect(),
        }
    }
}

fn no_sentences() -> Arc<[ReadSentence]> {
    Arc::new([])
}
