//! What an index was made from, and where its builds lie.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::index::Error;
use crate::language::analyser;
use crate::passages;
use crate::sources::{Collection, Document, Kind, Note};
use crate::terms::{Audience, Period, Register, System};

/// The form of the manifest and of the index beside it.
pub(crate) const FORMAT: u32 = 1;
/// The file that names the build in use.
const CURRENT: &str = "current";

/// What is known of one document without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub document: String,
    /// The file it was read from.
    pub file: String,
    /// BLAKE3 of all that decides its content.
    pub hash: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// The institution that owns it, by the register's name.
    pub institution: Option<String>,
    /// The løngrupper that it holds for.
    pub loengrupper: Vec<String>,
    /// Whom it is written for.
    pub audience: Audience,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// When it holds.
    pub period: Period,
    /// What it replaces.
    pub supersedes: Vec<String>,
    /// The systems it is about.
    pub systems: Vec<System>,
    /// Its area.
    pub area: Option<String>,
    /// Whether it is invented for demonstration.
    pub demo: bool,
    /// How many passages it was cut into.
    pub passages: usize,
}

impl Record {
    /// Whether it holds for a løngruppe, given as digits; for all where none is asked about.
    pub fn is_for(&self, loengruppe: Option<&str>) -> bool {
        let Some(asked) = loengruppe else { return true };
        self.loengrupper.is_empty() || self.loengrupper.iter().any(|own| own == asked)
    }

    /// The record of a document that was cut into `passages` passages.
    pub fn of(document: &Document, passages: usize) -> Self {
        Self {
            document: document.id.clone(),
            file: document.file.clone(),
            hash: document.hash.clone(),
            title: document.title.clone(),
            kind: document.kind,
            institution: document.institution.clone(),
            loengrupper: document.loengrupper.clone(),
            audience: document.audience,
            owner: document.owner.clone(),
            version: document.version.clone(),
            period: document.period,
            supersedes: document.supersedes.clone(),
            systems: document.systems.clone(),
            area: document.area.clone(),
            demo: document.demo,
            passages,
        }
    }
}

/// What an index was made from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file.
    pub format: u32,
    /// The analyser's version.
    pub analyser: String,
    /// How large passages were cut.
    pub cut: passages::Settings,
    /// When it was made, as the caller said.
    pub made: String,
    /// What the documents are, taken together.
    pub collection: Collection,
    /// The folders and files that were indexed, remembered for the next run.
    pub roots: Vec<PathBuf>,
    /// The institutions.
    pub register: Register,
    /// The documents, by id.
    pub documents: BTreeMap<String, Record>,
    /// What could not be read, or was read with doubt.
    pub notes: Vec<Note>,
}

impl Manifest {
    /// Says whether this program can use the index beside it.
    pub(crate) fn check(&self, data: &Path) -> Result<(), Error> {
        let (built_with, installed) = if self.format != FORMAT {
            (format!("format {}", self.format), format!("format {FORMAT}"))
        } else if self.analyser != analyser() {
            (format!("analyser {}", self.analyser), format!("analyser {}", analyser()))
        } else {
            return Ok(());
        };
        Err(Error::Mismatch { data: data.to_owned(), built_with, installed })
    }

    /// A hash of what the passages are made from: equal where their vectors are the same.
    pub fn content(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let made_from = (self.format, &self.analyser, self.cut, &self.documents);
        // A hasher takes every byte, and a manifest has been JSON already.
        let _ = serde_json::to_writer(&mut hasher, &made_from);
        hasher.finalize().to_hex().to_string()
    }

    /// How many passages all documents were cut into.
    pub fn passages(&self) -> usize {
        self.documents.values().map(|record| record.passages).sum()
    }
}

/// Only the fields by which an index of another version is known.
#[derive(Debug, Deserialize)]
struct Version {
    format: u32,
    analyser: String,
}

/// The directory of the build in use, or [`Error::Missing`].
pub(crate) fn current_build(data: &Path) -> Result<PathBuf, Error> {
    match fs::read_to_string(data.join(CURRENT)) {
        Ok(name) => {
            let name = name.trim();
            // Only a name that this program writes: never a path that leads elsewhere.
            if name.starts_with("build-")
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            {
                Ok(data.join(name))
            } else {
                Err(Error::Damaged {
                    data: data.to_owned(),
                    detail: format!("the file `{CURRENT}` names `{name}`, which is no build"),
                })
            }
        }
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::Missing { data: data.to_owned() })
        }
        Err(source) => Err(Error::Io { doing: "read", path: data.join(CURRENT), source }),
    }
}

/// Makes a build the one in use, in one step.
pub(crate) fn point_to(data: &Path, build: &str) -> Result<(), Error> {
    write_whole(&data.join(CURRENT), build.as_bytes())
}

/// The manifest of that number in a build.
pub(crate) fn manifest_path(build: &Path, number: &str) -> PathBuf {
    build.join(format!("manifest-{number}.json"))
}

/// Reads the manifest of that number.
pub(crate) fn read(data: &Path, build: &Path, number: &str) -> Result<Manifest, Error> {
    let path = manifest_path(build, number);
    let text = fs::read_to_string(&path).map_err(|source| Error::Io {
        doing: "read",
        path: path.clone(),
        source,
    })?;
    let damaged = |error: serde_json::Error| Error::Damaged {
        data: data.to_owned(),
        detail: format!("{}: {error}", path.display()),
    };
    let version: Version = serde_json::from_str(&text).map_err(damaged)?;
    if version.format != FORMAT {
        return Err(Error::Mismatch {
            data: data.to_owned(),
            built_with: format!("format {}, analyser {}", version.format, version.analyser),
            installed: format!("format {FORMAT}, analyser {}", analyser()),
        });
    }
    serde_json::from_str(&text).map_err(damaged)
}

/// Only the folders, which a manifest of any form has.
#[derive(Debug, Deserialize)]
struct Roots {
    roots: Vec<PathBuf>,
}

/// The folders that a manifest remembers, also one that this program cannot build on.
pub(crate) fn roots(build: &Path, number: &str) -> Vec<PathBuf> {
    let text = fs::read_to_string(manifest_path(build, number)).unwrap_or_default();
    serde_json::from_str(&text).map_or_else(|_| Vec::new(), |held: Roots| held.roots)
}

/// Writes a manifest, whole or not at all.
pub(crate) fn write(build: &Path, number: &str, manifest: &Manifest) -> Result<(), Error> {
    let path = manifest_path(build, number);
    let text = serde_json::to_vec(manifest)
        .map_err(|error| Error::Damaged { data: build.to_owned(), detail: error.to_string() })?;
    write_whole(&path, &text)
}

/// Writes beside, syncs, and renames: a reader sees the old file or the new one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed =
        |source: std::io::Error| Error::Io { doing: "write", path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
