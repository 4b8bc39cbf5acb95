//! The sentences of an index and the vectors that they still lack: what an encoder works through.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::index::Error;
use crate::index::build::{Lock, lock};
use crate::index::manifest;
use crate::index::sentences::{self, Key, Sentences, key, row_of};
use crate::index::snapshot::Snapshot;
use crate::index::vector_file::ModelId;
use crate::passages::Passage;

/// A run that encodes the sentences of an index; no other run may index meanwhile.
#[derive(Debug)]
pub struct SentenceEncoding {
    build: PathBuf,
    model: ModelId,
    earlier: Option<Sentences>,
    rows: BTreeMap<Key, Row>,
    missing: Vec<String>,
    /// Rows that were made in this run, in a file that has no name and goes with it.
    spool: File,
    spooled: u64,
    _lock: Lock,
}

/// Where the row of a text is.
#[derive(Debug, Clone, Copy)]
enum Row {
    Missing,
    Earlier,
    /// At this byte of the spool, so long.
    Spooled(u64, usize),
}

impl SentenceEncoding {
    /// Finds out which sentences of the index lack vectors of this model; none if all have some
    /// and none is of a text that is gone. `cut` gives the sentences of a passage as they are to
    /// be encoded.
    pub fn begin(
        data: &Path,
        model: &ModelId,
        cut: &dyn Fn(&Passage) -> Vec<String>,
    ) -> Result<Option<Self>, Error> {
        let lock = lock(data)?;
        let snapshot = Snapshot::open(data)?;
        let build = manifest::current_build(data)?;
        let earlier = Sentences::open(&build).filter(|held| held.model() == model);
        let known: HashSet<Key> = earlier.iter().flat_map(Sentences::keys).copied().collect();
        let (mut rows, mut missing) = (BTreeMap::new(), Vec::new());
        snapshot.every(&mut |passage, _| {
            for text in cut(&passage) {
                let key = key(&text);
                if rows.contains_key(&key) {
                    continue;
                }
                if known.contains(&key) {
                    rows.insert(key, Row::Earlier);
                } else {
                    rows.insert(key, Row::Missing);
                    missing.push(text);
                }
            }
        })?;
        if missing.is_empty() && known.len() == rows.len() && earlier.is_some() {
            return Ok(None);
        }
        let spool = tempfile::tempfile_in(&build).map_err(|source| failed(&build, source))?;
        let (model, spooled) = (model.clone(), 0);
        Ok(Some(Self { build, model, earlier, rows, missing, spool, spooled, _lock: lock }))
    }

    /// Hands over the texts that have no vector yet.
    pub fn missing(&mut self) -> Vec<String> {
        std::mem::take(&mut self.missing)
    }

    /// Takes in the vector of a text, of length 1.
    pub fn put(&mut self, text: &str, vector: &[f32]) -> Result<(), Error> {
        let row = row_of(vector, &self.model)?;
        self.spool.write_all(&row).map_err(|source| failed(&self.build, source))?;
        self.rows.insert(key(text), Row::Spooled(self.spooled, row.len()));
        self.spooled += row.len() as u64;
        Ok(())
    }

    /// Writes what there is, whole or not at all, and gives how many sentences have a vector.
    pub fn save(&self) -> Result<usize, Error> {
        // Rows that cannot be read as they were written are as good as none: a later run makes them.
        let earlier = |key: &Key| self.earlier.as_ref().and_then(|held| held.bytes(key));
        let held = self.rows.iter().filter(|(key, row)| match row {
            Row::Missing => false,
            Row::Earlier => earlier(key).is_some(),
            Row::Spooled(..) => true,
        });
        let keys: Vec<Key> = held.map(|(key, _)| *key).collect();
        sentences::write(&self.build, &self.model, &keys, &mut |key| match self.rows.get(key) {
            Some(Row::Spooled(at, length)) => {
                let mut bytes = vec![0; *length];
                self.spool.read_exact_at(&mut bytes, *at).map(|()| bytes)
            }
            _ => earlier(key).ok_or_else(|| std::io::ErrorKind::InvalidData.into()),
        })?;
        Ok(keys.len())
    }
}

fn failed(build: &Path, source: std::io::Error) -> Error {
    Error::Io { doing: "write in", path: build.to_owned(), source }
}
