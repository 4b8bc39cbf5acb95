//! Documents cut into passages short enough to cite.
//!
//! Takes: a [`Document`](crate::sources::Document).
//! Gives: [`Passage`]s, each with its headings, its place and an id that outlives its neighbours.
//! Never: joins text from two documents or two sections; loses text.

mod cut;

use serde::{Deserialize, Serialize};

pub use cut::{cut, document_text};

/// The identity of a passage: a hash of its document, its headings and its text.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct PassageId(pub String);

impl std::fmt::Display for PassageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of one document, fit for one citation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Its identity.
    pub id: PassageId,
    /// The document it belongs to.
    pub document: String,
    /// The institution that owns the document; the index checks it again on every hit.
    pub owner: Option<String>,
    /// The headings above it, outermost first.
    pub heading: Vec<String>,
    /// Its text: blocks of the document, one a line.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// Where a passage stands in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Place {
    /// The passage's number among the document's passages, from 0.
    pub ordinal: u32,
    /// The page, slide or sheet it starts on, from 1; missing where the format has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// First character in the extracted text.
    pub start: usize,
    /// One past its last character in the extracted text.
    pub end: usize,
}

/// How large passages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A passage that has this many words is closed at the next block.
    pub words_enough: usize,
    /// A passage never grows beyond this many words, but for a single longer sentence.
    pub words_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        // A citation that a caseworker reads at one glance: 120 to 200 words.
        Self { words_enough: 120, words_max: 200 }
    }
}
