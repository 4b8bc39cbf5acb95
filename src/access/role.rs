//! What somebody may do.

use serde::{Deserialize, Serialize};

/// A role, as settings and tokens name it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Posts inquiries, sees the queue, edits, approves what needs one person, rejects.
    Caseworker,
    /// Is the second person where a risk rule asks for one.
    Approver,
    /// Adds and withdraws sources, accepts candidates for standardsvar, sees the gaps.
    SourceOwner,
    /// Starts and reads evaluations.
    Evaluator,
    /// Runs the service: the log, the export, the purge. Sees no more cases than others.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Caseworker, Self::Approver, Self::SourceOwner, Self::Evaluator, Self::Operator];

    /// Its word in settings, tokens and the log.
    pub fn value(self) -> &'static str {
        match self {
            Self::Caseworker => "caseworker",
            Self::Approver => "approver",
            Self::SourceOwner => "source_owner",
            Self::Evaluator => "evaluator",
            Self::Operator => "operator",
        }
    }

    /// The role of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.value() == word)
    }
}
