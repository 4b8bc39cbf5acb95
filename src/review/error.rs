//! Why the ledger did not do what it was asked.

use std::sync::Arc;

use crate::privacy::SealError;
use crate::review::database::Fault;
use crate::review::state::{Move, State};
use crate::review::writer::{FromFault, Shared};

/// Why the ledger did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error("the ledger cannot be used")]
    Database(#[source] Arc<Fault>),
    /// A text cannot be sealed or opened.
    #[error("a text of the ledger does not open")]
    Sealed(#[source] Arc<SealError>),
    /// What is kept cannot be read as what it was written as.
    #[error("what is kept of {0} cannot be read")]
    Damaged(String),
    /// A later program wrote this ledger.
    #[error("the ledger has schema {0}, which this program does not know")]
    Newer(i64),
    /// The ledger was sealed under another key.
    #[error("the ledger was sealed under another key")]
    OtherKey,
    /// There is no such thing.
    #[error("there is no such draft")]
    NotFound,
    /// Somebody else was faster.
    #[error("the draft has changed: it is at version {version} now")]
    Stale {
        /// The version that it has now.
        version: i64,
    },
    /// As the draft stands, this cannot be done.
    #[error("a draft that is {} cannot be changed by {}", .state.value(), .made.value())]
    WrongState {
        /// How it stands.
        state: State,
        /// What was to be done.
        made: Move,
    },
    /// The first person cannot be the second too.
    #[error("the second person must be another than the first")]
    SamePerson,
    /// The second person must be an approver.
    #[error("the second person must be an approver")]
    NotApprover,
    /// A key for answering again was used for something else.
    #[error("the key was used for another request before")]
    KeyReused,
}

/// What to do about a ledger that is not as it was written.
const RESTORE: &str = "run `svarforslag log verify`, and restore a backup if it finds damage";

impl Error {
    /// A stable code, as in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(fault) => match **fault {
                Fault::Full(_) => "ledger_full",
                Fault::Held(_) => "ledger_busy",
                Fault::Gone(_) | Fault::Shut(_) => "ledger_gone",
                Fault::Damaged(_) | Fault::Forged => "bad_ledger",
                Fault::Twice(_) | Fault::Failed(_) | Fault::Column(_) => "internal",
            },
            Self::Sealed(_) | Self::Damaged(_) => "internal",
            Self::Newer(_) | Self::OtherKey => "bad_ledger",
            Self::NotFound => "not_found",
            Self::Stale { .. } => "stale",
            Self::WrongState { .. } => "wrong_state",
            Self::SamePerson => "same_person",
            Self::NotApprover => "not_approver",
            Self::KeyReused => "key_reused",
        }
    }

    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Database(fault) => match **fault {
                Fault::Full(_) => "make room on the disk of the ledger; reads go on meanwhile",
                Fault::Held(_) => "end the other program that writes to the ledger, and try again",
                Fault::Gone(_) => "see that the database server runs and can be reached",
                Fault::Shut(_) => {
                    "give the user of the program the right to write in the data directory"
                }
                Fault::Damaged(_) | Fault::Forged => RESTORE,
                _ => "look at the log for what the database said",
            },
            Self::Sealed(_) | Self::Damaged(_) => RESTORE,
            Self::Newer(_) => "start the program that wrote it, or restore a backup from before",
            Self::OtherKey => "set `privacy.key_file` or `privacy.key_variable` to the key it had",
            Self::NotFound => "look at the list of drafts",
            Self::Stale { .. } => "read the draft again, and decide on what stands there now",
            Self::WrongState { .. } => "read the draft again: somebody has decided on it",
            Self::SamePerson | Self::NotApprover => {
                "let another person with the role approver approve it"
            }
            Self::KeyReused => "use a new Idempotency-Key for a new request",
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Database(Arc::new(fault))
    }
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        Self::Sealed(Arc::new(error))
    }
}

impl FromFault for Error {
    fn from_fault(Shared(fault): Shared) -> Self {
        Self::Database(fault)
    }

    fn fault(&self) -> Option<Arc<Fault>> {
        match self {
            Self::Database(fault) => Some(Arc::clone(fault)),
            _ => None,
        }
    }
}
