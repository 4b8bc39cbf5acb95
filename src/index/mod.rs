//! Passages made findable, in a directory that a killed program leaves whole.
//!
//! Takes: documents, and a data directory.
//! Gives: [`Index`], whose [`Snapshot`]s answer searches made with a [`Scope`](crate::terms::Scope).
//! Never: searches without a scope; shows a half-written build; mixes demo with other documents.

mod analyser;
mod manifest;
mod schema;
mod scan;
mod build_file;
mod vector_file;
mod vectors;
mod sentences;
mod rows;
mod grams;
mod columns;
mod search;
mod snapshot;
mod near;
mod build;
mod encoding;
mod sentence_encoding;
mod live;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};

pub use build::{Progress, Report, Update, remembered, remembered_roots, update};
pub use columns::Place;
pub use encoding::{Encoded, Encoding, Missing, drop_vectors, text_of};
pub use live::{Change, Ground, Maker, Writer, scrub};
pub(crate) use manifest::write_whole;
pub use manifest::{Manifest, Record};
pub use near::Questions;
pub use search::{Holding, Match, Query, QueryTerm};
pub use sentence_encoding::SentenceEncoding;
pub use sentences::Sentences;
pub use snapshot::{Filter, Found, Search, Snapshot, States};
pub use vector_file::{Entry, Lack, ModelId, TextHash, write_vectors};
pub use vectors::{Near, Nearest, Vectors};

/// Why the index could not be used or made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing has been indexed in this data directory.
    #[error("there is no index in {}", .data.display())]
    Missing {
        /// The data directory.
        data: PathBuf,
    },
    /// The index was made by another version of the program or of its analyser.
    #[error("the index in {} was made with {built_with}, but this program has {installed}", .data.display())]
    Mismatch {
        /// The data directory.
        data: PathBuf,
        /// What it was made with.
        built_with: String,
        /// What this program has.
        installed: String,
    },
    /// What lies there cannot be read as an index.
    #[error("the index in {} is damaged: {detail}", .data.display())]
    Damaged {
        /// The data directory.
        data: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Another run is indexing into the same directory.
    #[error("another run is indexing into {}", .data.display())]
    Locked {
        /// The data directory.
        data: PathBuf,
    },
    /// Demonstration documents and others would share one index.
    #[error("{} holds {held} documents, and these are {given}; the two are never mixed", .data.display())]
    MixedDemo {
        /// The data directory.
        data: PathBuf,
        /// What the index holds.
        held: &'static str,
        /// What was to be added.
        given: &'static str,
    },
    /// The vectors were made by another model than the one that asks.
    #[error("the vectors in {} were made with the model {held}, but this program has {given}", .data.display())]
    OtherModel {
        /// The data directory.
        data: PathBuf,
        /// The model that made the vectors.
        held: ModelId,
        /// The model that asks.
        given: ModelId,
    },
    /// The file of vectors is not what was written.
    #[error("the vectors in {} are damaged: {detail}", .path.display())]
    DamagedVectors {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A model gave a vector that cannot be compared with others.
    #[error("the model gave a vector that cannot be used: {detail}")]
    UnusableVector {
        /// What is wrong with it.
        detail: String,
    },
    /// The directory could not be read or written.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The search engine failed.
    #[error("the search engine failed")]
    Engine(#[source] Box<tantivy::TantivyError>),
}

impl Error {
    /// What the operator can do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Missing { data } => format!(
                "run `svarforslag index PATH…`, or name another directory with `--data` (asked in {})",
                data.display()
            ),
            Self::Mismatch { .. } => {
                "run `svarforslag index`: it rebuilds from the remembered folders beside the old index"
                    .to_owned()
            }
            Self::Damaged { data, .. } => format!(
                "move {} away and run `svarforslag index PATH…` again; nothing else is kept there",
                data.display()
            ),
            Self::OtherModel { .. } => {
                "run `svarforslag index`: it encodes the passages with this model; until then only words are searched"
                    .to_owned()
            }
            Self::DamagedVectors { .. } => {
                "run `svarforslag index`: it makes the vectors that are missing; until then only words are searched"
                    .to_owned()
            }
            Self::UnusableVector { .. } => {
                "put the files of the model in place again, then run `svarforslag index`".to_owned()
            }
            Self::Locked { .. } => "wait until the other run has ended, then try again".to_owned(),
            Self::MixedDemo { .. } => {
                "give the demo collection a directory of its own with `--data`".to_owned()
            }
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => {
                    "the disk is full: free some space; the last good index is still in use".to_owned()
                }
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                    "the directory cannot be written: change its owner, or choose another with `--data`"
                        .to_owned()
                }
                _ => "check the disk and the path; the last good index is still in use".to_owned(),
            },
            Self::Engine(_) => {
                "check the free space and the rights of the data directory, then run `svarforslag index`"
                    .to_owned()
            }
        }
    }
}

impl From<tantivy::TantivyError> for Error {
    fn from(source: tantivy::TantivyError) -> Self {
        let io = match &source {
            tantivy::TantivyError::IoError(io) => Some(io.kind()),
            tantivy::TantivyError::OpenWriteError(
                tantivy::directory::error::OpenWriteError::IoError { io_error, .. },
            ) => Some(io_error.kind()),
            _ => None,
        };
        match io {
            Some(kind) => Self::Io {
                doing: "write the index in",
                path: PathBuf::from("the data directory"),
                source: kind.into(),
            },
            None => Self::Engine(Box::new(source)),
        }
    }
}

/// The live index of a data directory.
#[derive(Debug)]
pub struct Index {
    data: PathBuf,
    live: RwLock<Arc<Snapshot>>,
    /// Held by the one who opens a newer state.
    opening: Mutex<()>,
}

impl Index {
    /// Opens the index of a data directory.
    pub fn open(data: &Path) -> Result<Self, Error> {
        let snapshot = Snapshot::open(data)?;
        let live = RwLock::new(Arc::new(snapshot));
        Ok(Self { data: data.to_owned(), live, opening: Mutex::new(()) })
    }

    /// The index as it is now: a change that has been made since is taken in first, unless
    /// somebody else is doing that; then this is the state before it.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let live = self.live();
        if live.is_latest(&self.data) {
            return live;
        }
        match self.opening.try_lock() {
            Err(TryLockError::WouldBlock) => live,
            Ok(_) | Err(TryLockError::Poisoned(_)) => self.newest(),
        }
    }

    /// The index as it is now, whoever else is taking in a change.
    pub fn refresh(&self) -> Arc<Snapshot> {
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        self.newest()
    }

    fn live(&self) -> Arc<Snapshot> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn newest(&self) -> Arc<Snapshot> {
        let live = self.live();
        if live.is_latest(&self.data) {
            return live;
        }
        match Snapshot::open(&self.data) {
            Ok(newer) => {
                let newer = Arc::new(newer);
                *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&newer);
                newer
            }
            // The old build still answers; whoever indexes hears of the failure there.
            Err(error) => {
                tracing::warn!(%error, "the new index cannot be opened; the old one stays in use");
                live
            }
        }
    }
}
