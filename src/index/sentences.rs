//! The file that holds a vector for each sentence of a build, found by what the sentence says.
//!
//! It is: a mark, a header in JSON with its hash, the hashes of the texts in order, and an 8-bit
//! row for each. The hashes are held in memory; a row is read when a draft asks for it. Whoever
//! asks must have the text already, so the file shows nobody what it may not see.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::index::Error;
use crate::index::build_file::BuildFile;
use crate::index::scan;
use crate::index::vector_file::{self, ModelId};

/// The file in a build.
pub(crate) const FILE: BuildFile =
    BuildFile { name: "sentences.bin", unfinished: "sentences-unfinished-" };
/// The first bytes of the file; the last is the number of its form.
const MARK: &[u8; 16] = b"svarforslag sen\x01";
/// Bytes of a header at most.
const HEADER_MAX: usize = 1 << 12;
/// Bytes of a text's hash that are kept: two texts meet by chance once in 10^19 pairs.
const KEY_BYTES: usize = 16;
/// Bytes by which a row is known to be the one that was written.
const CHECK_BYTES: usize = 4;

/// By which a text is known.
pub(crate) type Key = [u8; KEY_BYTES];

/// The key of a text.
pub(crate) fn key(text: &str) -> Key {
    let mut key = [0; KEY_BYTES];
    blake3::Hasher::new().update(text.as_bytes()).finalize_xof().fill(&mut key);
    key
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    model: ModelId,
    rows: usize,
    /// BLAKE3 of the keys.
    checksum: String,
}

/// The vectors of a build's sentences.
#[derive(Debug)]
pub struct Sentences {
    path: PathBuf,
    file: File,
    model: ModelId,
    keys: Vec<Key>,
    rows_at: u64,
}

fn row_bytes(dimensions: usize) -> usize {
    size_of::<f32>() + scan::stride(dimensions) + CHECK_BYTES
}

impl Sentences {
    /// The sentences of a build; none if there are none, or none that can be read.
    pub(crate) fn open(build: &Path) -> Option<Self> {
        let path = FILE.path(build);
        match Self::read(&path) {
            Ok(sentences) => Some(sentences),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                let path = path.display();
                tracing::warn!(%path, %error, remedy = "run `svarforslag index`", "sentences are weighed by words alone");
                None
            }
        }
    }

    fn read(path: &Path) -> std::io::Result<Self> {
        let damaged = |detail: &str| std::io::Error::new(ErrorKind::InvalidData, detail);
        let mut file = File::open(path)?;
        let mut part = |length: usize| {
            let mut bytes = vec![0; length];
            file.read_exact(&mut bytes).map(|()| bytes)
        };
        if part(MARK.len())? != MARK {
            return Err(damaged("it is no file of sentences of this form"));
        }
        let length = part(size_of::<u32>())?.try_into().map_or(0, u32::from_le_bytes) as usize;
        if length > HEADER_MAX {
            return Err(damaged("its header cannot be so long"));
        }
        let hash = part(blake3::OUT_LEN)?;
        let text = part(length)?;
        if blake3::hash(&text) != *hash.as_slice() {
            return Err(damaged("its header is not what was written"));
        }
        let Header { model, rows, checksum } = serde_json::from_slice(&text)?;
        let begun = MARK.len() + size_of::<u32>() + blake3::OUT_LEN + length;
        let whole = rows
            .checked_mul(KEY_BYTES + row_bytes(model.dimensions))
            .and_then(|bytes| bytes.checked_add(begun))
            .ok_or_else(|| damaged("its sizes cannot be"))?;
        if fs::metadata(path)?.len() != whole as u64 {
            return Err(damaged("it is cut off"));
        }
        let mut bytes = vec![0; rows * KEY_BYTES];
        file.read_exact(&mut bytes)?;
        if blake3::hash(&bytes).to_hex().as_str() != checksum {
            return Err(damaged("its checksum does not hold"));
        }
        let keys = pulp::as_arrays::<KEY_BYTES, u8>(&bytes).0.to_vec();
        let rows_at = (begun + bytes.len()) as u64;
        Ok(Self { path: path.to_owned(), file, model, keys, rows_at })
    }

    /// The model that made them.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// How many sentences have a vector.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The cosine of the angle between a question and a sentence; none where the sentence has no
    /// vector, or none that can be read.
    pub fn similarity(&self, question: &[f32], text: &str) -> Option<f32> {
        let (scale, row) = self.row(&key(text))?;
        let products = question.iter().zip(row);
        Some(
            products.map(|(value, byte)| value * f32::from(byte.cast_signed())).sum::<f32>()
                * scale,
        )
    }

    /// The vector of a sentence, where it has one that can be read.
    pub(crate) fn vector(&self, text: &str) -> Option<Vec<f32>> {
        let (scale, row) = self.row(&key(text))?;
        Some(row.into_iter().map(|byte| f32::from(byte.cast_signed()) * scale).collect())
    }

    fn row(&self, key: &Key) -> Option<(f32, Vec<u8>)> {
        let bytes = self.bytes(key)?;
        let (scale, row) = bytes.split_at_checked(size_of::<f32>())?;
        Some((
            f32::from_le_bytes(scale.try_into().ok()?),
            row.get(..self.model.dimensions)?.to_vec(),
        ))
    }

    /// The texts that have a vector.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// A row as it is written; none where there is none, or a damaged one.
    pub(crate) fn bytes(&self, key: &Key) -> Option<Vec<u8>> {
        let at = self.keys.binary_search(key).ok()?;
        let mut bytes = vec![0; row_bytes(self.model.dimensions)];
        let start = self.rows_at + (at * bytes.len()) as u64;
        self.file.read_exact_at(&mut bytes, start).ok()?;
        let (values, check) = bytes.split_at_checked(bytes.len() - CHECK_BYTES)?;
        if check_of(values) != *check {
            tracing::warn!(path = %self.path.display(), at, "a sentence's vector is not what was written");
            return None;
        }
        Some(bytes)
    }
}

fn check_of(values: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    blake3::Hasher::new().update(values).finalize_xof().fill(&mut check);
    check
}

/// A vector as it is written.
pub(crate) fn row_of(vector: &[f32], model: &ModelId) -> Result<Vec<u8>, Error> {
    vector_file::check(vector, model)?;
    let mut row = vec![0; scan::stride(model.dimensions)];
    let scale = scan::narrow(vector, &mut row);
    let mut bytes = scale.to_le_bytes().to_vec();
    bytes.extend(row);
    bytes.extend(check_of(&bytes));
    Ok(bytes)
}

/// Writes the rows of these keys, which stand in order, whole or not at all.
pub(crate) fn write(
    build: &Path,
    model: &ModelId,
    keys: &[Key],
    row: &mut dyn FnMut(&Key) -> std::io::Result<Vec<u8>>,
) -> Result<(), Error> {
    let path = FILE.path(build);
    let failed = |source| Error::Io { doing: "write", path: path.clone(), source };
    let bytes = keys.as_flattened();
    let checksum = blake3::hash(bytes).to_hex().to_string();
    let header = Header { model: model.clone(), rows: keys.len(), checksum };
    let text = serde_json::to_vec(&header).unwrap_or_default();
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
    let hash = blake3::hash(&text);
    let mut file = FILE.begin(build).map_err(failed)?;
    for part in [MARK.as_slice(), &length, hash.as_bytes(), &text, bytes] {
        file.write_all(part).map_err(failed)?;
    }
    for key in keys {
        let row = row(key).map_err(failed)?;
        file.write_all(&row).map_err(failed)?;
    }
    FILE.keep(build, file).map_err(failed)
}
