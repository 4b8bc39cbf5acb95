//! The passages of an index and the vectors that they still lack: what an encoder works through.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::index::Error;
use crate::index::build::{Lock, lock};
use crate::index::manifest::{self, Record};
use crate::index::sentences;
use crate::index::snapshot::Snapshot;
use crate::index::vector_file::{self, Entry, ModelId, TextHash, write_vectors};
use crate::index::vectors::Vectors;
use crate::passages::{Passage, PassageId};

/// A run that encodes the passages of an index; no other run may index meanwhile.
#[derive(Debug)]
pub struct Encoding {
    snapshot: Snapshot,
    model: ModelId,
    passages: Vec<Held>,
    /// The vectors of an earlier state, of the same model.
    earlier: Option<Vectors>,
    spool: Spool,
    _lock: Lock,
}

/// A passage of the index, and where its vectors are, once it has some.
#[derive(Debug)]
struct Held {
    entry: Entry,
    bytes: usize,
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// A passage of the earlier file.
    Earlier(usize),
    /// The first byte of the windows in the spool.
    Spool(u64),
}

/// A passage that has no vectors yet.
#[derive(Debug, Clone)]
pub struct Missing {
    /// The passage.
    pub passage: PassageId,
    /// Bytes of its text, by which passages of like length can be encoded together.
    pub bytes: usize,
    at: usize,
}

/// What an encoding has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Encoded {
    /// Passages that have vectors.
    pub passages: usize,
    /// Passages in all.
    pub of: usize,
    /// Rows of the file: windows of passages.
    pub rows: usize,
}

/// Removes the vectors of an index, for one that is to be searched by words alone.
pub fn drop_vectors(data: &Path) -> Result<(), Error> {
    let _lock = lock(data)?;
    let build = manifest::current_build(data)?;
    sentences::FILE.remove(&build)?;
    vector_file::FILE.remove(&build)
}

impl Encoding {
    /// Finds out which passages of the index lack vectors of this model; none if all have some.
    ///
    /// Vectors of passages that are gone, and those of another model, are removed at once.
    pub fn begin(data: &Path, model: &ModelId) -> Result<Option<Self>, Error> {
        let lock = lock(data)?;
        let snapshot = Snapshot::open(data)?;
        if snapshot.vectors().is_ok_and(|held| held.model() == model && held.is_sound()) {
            return Ok(None);
        }
        let earlier = Vectors::any(snapshot.build()).ok().filter(|(held, _)| held.model() == model);
        let (earlier, hashes) = earlier.unzip();
        let hashes = hashes.into_iter().flatten().enumerate().map(|(at, hash)| (hash, at));
        let passages = held(&snapshot, earlier.as_ref(), &hashes.collect())?;
        let kept = passages.iter().filter(|held| held.place.is_some()).count();
        let stale = earlier.as_ref().is_none_or(|earlier| earlier.passages() > kept);
        let complete = kept == passages.len();
        let spool = Spool::new(snapshot.build(), model.dimensions)?;
        let model = model.clone();
        let encoding = Self { snapshot, model, passages, earlier, spool, _lock: lock };
        if stale || complete {
            encoding.save()?;
        }
        Ok(Some(encoding).filter(|_| !complete))
    }

    /// How many passages there are in all.
    pub fn len(&self) -> usize {
        self.passages.len()
    }

    /// Whether there are no passages.
    pub fn is_empty(&self) -> bool {
        self.passages.is_empty()
    }

    /// The passages that have no vectors yet.
    pub fn missing(&self) -> Vec<Missing> {
        let missing = self.passages.iter().enumerate().filter(|(_, held)| held.place.is_none());
        missing
            .map(|(at, held)| Missing {
                passage: held.entry.passage.clone(),
                bytes: held.bytes,
                at,
            })
            .collect()
    }

    /// The text to encode for a passage.
    pub fn text(&self, missing: &Missing) -> Result<String, Error> {
        let passage = self.snapshot.whole(&missing.passage)?;
        let record = passage.as_ref().and_then(|passage| self.snapshot.record(passage));
        Ok(passage
            .as_ref()
            .zip(record)
            .map(|(passage, record)| text_of(record, passage))
            .unwrap_or_default())
    }

    /// Takes in the vectors of a passage, one for each window of its text, each of length 1.
    pub fn put(&mut self, missing: &Missing, windows: &[Vec<f32>]) -> Result<(), Error> {
        if windows.is_empty() {
            return Err(Error::UnusableVector { detail: "there is none".to_owned() });
        }
        for window in windows {
            vector_file::check(window, &self.model)?;
        }
        let place = self.spool.push(windows)?;
        if let Some(held) = self.passages.get_mut(missing.at) {
            held.entry.windows = windows.len();
            held.place = Some(Place::Spool(place));
        }
        Ok(())
    }

    /// Writes what there is. Vectors are searched once every passage has some; before that, a
    /// later run goes on from what was saved.
    pub fn save(&self) -> Result<Encoded, Error> {
        let (entries, places): (Vec<Entry>, Vec<Place>) =
            self.passages.iter().filter_map(|held| Some((held.entry.clone(), held.place?))).unzip();
        let content = self.snapshot.manifest().content();
        write_vectors(self.snapshot.build(), &content, &self.model, &entries, &mut |at| {
            let windows = entries.get(at).map_or(0, |entry| entry.windows);
            match (places.get(at), &self.earlier) {
                (Some(Place::Earlier(passage)), Some(earlier)) => earlier.windows(*passage),
                (Some(Place::Spool(start)), _) => self.spool.windows(*start, windows),
                _ => Ok(Vec::new()),
            }
        })?;
        let rows = entries.iter().map(|entry| entry.windows).sum();
        Ok(Encoded { passages: entries.len(), of: self.passages.len(), rows })
    }
}

/// The text of a passage as it is encoded: title, headings, and its own words.
pub fn text_of(record: &Record, passage: &Passage) -> String {
    let headings = passage.heading.iter().filter(|heading| **heading != record.title);
    let lines = std::iter::once(&record.title).chain(headings).chain([&passage.text]);
    let lines: Vec<&str> = lines.map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Every passage of the index, with its vectors where the earlier file holds those of its text.
fn held(
    snapshot: &Snapshot,
    earlier: Option<&Vectors>,
    hashes: &HashMap<TextHash, usize>,
) -> Result<Vec<Held>, Error> {
    let mut all = Vec::new();
    snapshot.every(&mut |passage, record| {
        let text = text_of(record, &passage);
        let hash = *blake3::hash(text.as_bytes()).as_bytes();
        // Rows that cannot be read as they were written are as good as none.
        let known = hashes.get(&hash).and_then(|at| Some((*at, earlier?.windows(*at).ok()?.len())));
        let entry = Entry {
            owner: record.institution.clone(),
            document: passage.document,
            passage: passage.id,
            hash,
            windows: known.map_or(0, |(_, windows)| windows),
        };
        let place = known.map(|(at, _)| Place::Earlier(at));
        all.push(Held { entry, bytes: text.len(), place });
    })?;
    Ok(all)
}

/// Vectors one behind the other, in a file that has no name and goes with the run.
#[derive(Debug)]
struct Spool {
    file: File,
    build: PathBuf,
    length: u64,
    dimensions: usize,
}

impl Spool {
    fn new(build: &Path, dimensions: usize) -> Result<Self, Error> {
        let failed = |source| Error::Io { doing: "write in", path: build.to_owned(), source };
        let file = tempfile::tempfile_in(build).map_err(failed)?;
        Ok(Self { file, build: build.to_owned(), length: 0, dimensions })
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Io { doing: "write in", path: self.build.clone(), source }
    }

    fn push(&mut self, windows: &[Vec<f32>]) -> Result<u64, Error> {
        let start = self.length;
        let bytes: Vec<u8> = windows.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
        self.file.write_all_at(&bytes, start).map_err(|source| self.failed(source))?;
        self.length += bytes.len() as u64;
        Ok(start)
    }

    fn windows(&self, start: u64, windows: usize) -> Result<Vec<Vec<f32>>, Error> {
        let mut bytes = vec![0; windows * self.dimensions * size_of::<f32>()];
        self.file.read_exact_at(&mut bytes, start).map_err(|source| self.failed(source))?;
        let mut values = vector_file::floats(&bytes);
        let mut window = || values.by_ref().take(self.dimensions).collect();
        Ok((0..windows).map(|_| window()).collect())
    }
}
