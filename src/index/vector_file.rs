//! The file that holds the vectors of a build, written whole and bound to what the passages say.
//!
//! It is: a mark, a header in JSON with its hash, tables of documents and passages, 8-bit rows,
//! their scales, and the same rows as f32. All but the last is held in memory. Rows are sorted by
//! owner.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::index::Error;
use crate::index::build_file::BuildFile;
use crate::index::scan::{self, Rows};
use crate::passages::PassageId;

/// The file in a build.
pub(crate) const FILE: BuildFile =
    BuildFile { name: "vectors.bin", unfinished: "vectors-unfinished-" };
/// The first bytes of the file.
const MARK: &[u8; 16] = b"svarforslag vec\n";
/// The form of the file.
const VERSION: u32 = 1;
/// Bytes of a header at most; ours has some hundreds.
const HEADER_MAX: usize = 1 << 16;
/// How far the length of a vector may be from 1.
const LENGTH_DOUBT: f32 = 0.01;

/// BLAKE3 of a text that was encoded.
pub type TextHash = [u8; 32];

/// By which vectors of one model are told from those of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelId {
    /// A hash of all that decides what the model makes of a text.
    pub fingerprint: String,
    /// Numbers in a vector.
    pub dimensions: usize,
}

impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} dimensions)", self.fingerprint, self.dimensions)
    }
}

/// A passage as the file is to hold it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The institution that owns its document.
    pub owner: Option<String>,
    /// Its document.
    pub document: String,
    /// The passage.
    pub passage: PassageId,
    /// Of the text that was encoded.
    pub hash: TextHash,
    /// Windows that the text was encoded in, each of which has a row.
    pub windows: usize,
}

/// Why there are no vectors to search; words are searched all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// None have been made.
    #[error("there are no vectors")]
    Absent,
    /// They belong to documents as they were before.
    #[error("the vectors are of an earlier state of the index")]
    Behind,
    /// Encoding has not come to its end.
    #[error("{encoded} of {of} passages have vectors")]
    Partial {
        /// Passages that have vectors.
        encoded: usize,
        /// Passages in all.
        of: usize,
    },
    /// Another version of the program wrote them.
    #[error("the vectors have the form {0}, which this program does not read")]
    OtherForm(u32),
    /// The file cannot be read as what it should be.
    #[error("{} is damaged: {detail}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
}

impl Lack {
    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        "run `svarforslag index`: it makes the vectors that are missing; until then only words are searched"
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    version: u32,
    /// What the passages were made from, as the manifest says it.
    content: String,
    model: ModelId,
    rows: usize,
    passages: usize,
    documents: usize,
    table_bytes: usize,
    /// BLAKE3 of tables, rows and scales; a row in f32 is checked against its 8-bit form.
    checksum: String,
}

/// Only the field by which a file of another form is known.
#[derive(Debug, Deserialize)]
struct Form {
    version: u32,
}

impl Header {
    /// Bytes behind the header: to where the f32 rows begin, and to where they end.
    fn sizes(&self) -> Option<(usize, usize)> {
        let row_bytes = scan::stride(self.model.dimensions).checked_add(size_of::<f32>())?;
        let held = self.rows.checked_mul(row_bytes)?.checked_add(self.table_bytes)?;
        let floats = self.rows.checked_mul(self.model.dimensions)?.checked_mul(size_of::<f32>())?;
        Some((held, held.checked_add(floats)?))
    }
}

/// The passages of one document.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) owner: Option<String>,
    pub(crate) document: String,
    pub(crate) passages: Range<usize>,
}

/// What a file holds, as far as it is held in memory.
#[derive(Debug)]
pub(crate) struct Contents {
    path: PathBuf,
    file: File,
    floats_at: u64,
    pub(crate) model: ModelId,
    pub(crate) rows: Rows,
    /// By owner, the general ones first.
    pub(crate) sections: Vec<Section>,
    pub(crate) passages: Ids,
    /// The first row of each passage, and one past the last row of all.
    pub(crate) first_rows: Vec<u32>,
}

/// Ids one behind the other: a text of its own for each takes more than twice the room.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    text: String,
    ends: Vec<u32>,
}

impl Ids {
    fn push(&mut self, id: &str) -> Option<()> {
        self.text.push_str(id);
        self.ends.push(u32::try_from(self.text.len()).ok()?);
        Some(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The id at a place.
    pub(crate) fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        self.text.get(start.unwrap_or(0) as usize..end)
    }
}

impl Contents {
    /// Reads a row in f32, which must agree with its 8-bit form.
    pub(crate) fn values(&self, row: usize, values: &mut Vec<f32>) -> Result<(), Error> {
        let damaged = |detail: String| Error::DamagedVectors { path: self.path.clone(), detail };
        let mut bytes = vec![0; self.model.dimensions * size_of::<f32>()];
        let at = self.floats_at + (row * bytes.len()) as u64;
        let read = self.file.read_exact_at(&mut bytes, at);
        read.map_err(|error| damaged(format!("row {row}: {error}")))?;
        values.clear();
        values.extend(floats(&bytes));
        let mut narrow = vec![0; scan::stride(self.model.dimensions)];
        let scale = scan::narrow(values, &mut narrow);
        if self.rows.row(row) == Some((&narrow, scale)) {
            Ok(())
        } else {
            Err(damaged(format!("row {row} is not what was written")))
        }
    }
}

/// Says why a vector cannot be compared with those of a model, if it cannot.
pub(crate) fn check(vector: &[f32], model: &ModelId) -> Result<(), Error> {
    let unusable = |detail: String| Err(Error::UnusableVector { detail });
    if vector.len() != model.dimensions {
        let detail = format!("it has {} dimensions instead of {}", vector.len(), model.dimensions);
        return unusable(detail);
    }
    let length = scan::product(vector, vector).sqrt();
    // Not a number fails this too.
    if (length - 1.0).abs() <= LENGTH_DOUBT {
        Ok(())
    } else {
        unusable(format!("its length is {length} instead of 1"))
    }
}

/// Writes the vectors of the entries, whole or not at all.
///
/// `content` is what the manifest calls the passages' content; `windows` gives the vectors of the
/// entry at that place.
pub fn write_vectors(
    build: &Path,
    content: &str,
    model: &ModelId,
    entries: &[Entry],
    windows: &mut dyn FnMut(usize) -> Result<Vec<Vec<f32>>, Error>,
) -> Result<(), Error> {
    let path = FILE.path(build);
    let failed = |source| Error::Io { doing: "write", path: path.clone(), source };
    let mut order: Vec<(usize, &Entry)> = entries.iter().enumerate().collect();
    order.sort_by_key(|&(at, entry)| (&entry.owner, &entry.document, at));
    let tables = tables(order.iter().map(|(_, entry)| *entry));
    let mut documents: Vec<_> = order.iter().map(|(_, e)| (&e.owner, &e.document)).collect();
    documents.dedup();
    let mut header = Header {
        version: VERSION,
        content: content.to_owned(),
        model: model.clone(),
        rows: entries.iter().map(|entry| entry.windows).sum(),
        passages: entries.len(),
        documents: documents.len(),
        table_bytes: tables.len(),
        // As long as the true one, which is not known yet.
        checksum: blake3::Hash::from_bytes([0; 32]).to_hex().to_string(),
    };
    let mut file = FILE.begin(build).map_err(failed)?;
    let held_at = prelude(&header).len() as u64;
    let floats_at = header.sizes().map_or(0, |(held, _)| held as u64) + held_at;
    file.seek(SeekFrom::Start(floats_at)).map_err(failed)?;
    let (mut bytes, mut scales) = (Vec::new(), Vec::new());
    for (at, entry) in &order {
        let windows = windows(*at)?;
        if windows.len() != entry.windows {
            let detail = format!("there are {} of {} windows", windows.len(), entry.windows);
            return Err(Error::UnusableVector { detail });
        }
        for values in &windows {
            check(values, model)?;
            let mut row = vec![0; scan::stride(model.dimensions)];
            scales.extend(scan::narrow(values, &mut row).to_le_bytes());
            bytes.extend(row);
            for value in values {
                file.write_all(&value.to_le_bytes()).map_err(failed)?;
            }
        }
    }
    header.checksum = checksum(&tables, &bytes, &scales);
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    for part in [&prelude(&header), &tables, &bytes, &scales] {
        file.write_all(part).map_err(failed)?;
    }
    FILE.keep(build, file).map_err(failed)
}

fn checksum(tables: &[u8], bytes: &[u8], scales: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(tables).update(bytes).update(scales);
    hasher.finalize().to_hex().to_string()
}

/// What stands before the tables: the mark, the length of the header, its hash, and the header.
fn prelude(header: &Header) -> Vec<u8> {
    let text = serde_json::to_vec(header).unwrap_or_default();
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let hash = blake3::hash(&text);
    [MARK.as_slice(), &length.to_le_bytes(), hash.as_bytes(), &text].concat()
}

/// Documents and passages, in the order of the rows.
fn tables<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<u8> {
    let mut table = Vec::new();
    let text = |table: &mut Vec<u8>, text: &str| {
        table.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        table.extend(text.as_bytes());
    };
    let mut last: Option<(&Option<String>, &str)> = None;
    for entry in entries {
        // A new document opens with 1, or with 2 if it has an owner; a passage of the same with 0.
        let own = (&entry.owner, entry.document.as_str());
        if last != Some(own) {
            table.push(1 + u8::from(entry.owner.is_some()));
            text(&mut table, entry.owner.as_deref().unwrap_or_default());
            text(&mut table, &entry.document);
            last = Some(own);
        }
        table.push(0);
        text(&mut table, &entry.passage.0);
        table.extend(entry.hash);
        table.extend(u32::try_from(entry.windows).unwrap_or(u32::MAX).to_le_bytes());
    }
    table
}

/// Reads what a build's file holds, and the hash of each passage's text. With `content`, only a
/// file that is bound to it.
pub(crate) fn read(build: &Path, content: Option<&str>) -> Result<(Contents, Vec<TextHash>), Lack> {
    let path = FILE.path(build);
    let damaged = |detail: &str| Lack::Damaged { path: path.clone(), detail: detail.to_owned() };
    let failed = |error: std::io::Error| damaged(&error.to_string());
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Lack::Absent),
        opened => opened.map_err(failed)?,
    };
    let header = read_header(&mut file, &damaged)?;
    if content.is_some_and(|content| content != header.content) {
        return Err(Lack::Behind);
    }
    let begins = file.stream_position().map_err(failed)?;
    let there = file.metadata().map_err(failed)?.len();
    let (held, whole) = header.sizes().ok_or_else(|| damaged("its sizes cannot be"))?;
    if begins.checked_add(whole as u64) != Some(there) {
        let detail = format!("it has {there} bytes and should have {}", begins + whole as u64);
        return Err(damaged(&detail));
    }
    let mut part = |length: usize| {
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes).map(|()| bytes).map_err(failed)
    };
    let tables = part(header.table_bytes)?;
    let bytes = part(header.rows * scan::stride(header.model.dimensions))?;
    let scales = part(header.rows * size_of::<f32>())?;
    if checksum(&tables, &bytes, &scales) != header.checksum {
        return Err(damaged("its checksum does not hold"));
    }
    let tables = Tables::of(&tables).filter(|tables| tables.agree(&header));
    let tables = tables.ok_or_else(|| damaged("its tables do not agree with its header"))?;
    let contents = Contents {
        floats_at: begins + held as u64,
        rows: Rows::new(header.model.dimensions, bytes, floats(&scales).collect()),
        model: header.model,
        sections: tables.sections,
        passages: tables.passages,
        first_rows: tables.first_rows,
        path,
        file,
    };
    Ok((contents, tables.hashes))
}

fn read_header(file: &mut File, damaged: &dyn Fn(&str) -> Lack) -> Result<Header, Lack> {
    let mut part = |length: usize| {
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes).map(|()| bytes).map_err(|_| damaged("it is cut off"))
    };
    if part(MARK.len())? != MARK {
        return Err(damaged("it is no file of vectors"));
    }
    let length = part(size_of::<u32>())?;
    let length = number(&mut length.as_slice()).filter(|length| *length <= HEADER_MAX);
    let hash = part(blake3::OUT_LEN)?;
    let text = part(length.ok_or_else(|| damaged("its header cannot be so long"))?)?;
    if blake3::hash(&text) != *hash.as_slice() {
        return Err(damaged("its header is not what was written"));
    }
    let form: Form = serde_json::from_slice(&text).map_err(|e| damaged(&e.to_string()))?;
    if form.version != VERSION {
        return Err(Lack::OtherForm(form.version));
    }
    serde_json::from_slice(&text).map_err(|error| damaged(&error.to_string()))
}

/// Numbers as they stand in a file.
pub(crate) fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    pulp::as_arrays(bytes).0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

/// What the tables say.
#[derive(Debug, Default)]
struct Tables {
    sections: Vec<Section>,
    passages: Ids,
    hashes: Vec<TextHash>,
    first_rows: Vec<u32>,
}

impl Tables {
    fn of(mut bytes: &[u8]) -> Option<Self> {
        let mut tables = Self::default();
        let mut row = 0_u32;
        while let Some((kind, rest)) = bytes.split_first() {
            bytes = rest;
            if *kind > 0 {
                let owner = text(&mut bytes)?;
                let owner = (*kind > 1).then_some(owner);
                let passages = tables.passages.len()..tables.passages.len();
                tables.sections.push(Section { owner, document: text(&mut bytes)?, passages });
                continue;
            }
            tables.passages.push(&text(&mut bytes)?)?;
            let (hash, rest) = bytes.split_at_checked(blake3::OUT_LEN)?;
            tables.hashes.push(hash.try_into().ok()?);
            bytes = rest;
            tables.first_rows.push(row);
            row = row.checked_add(u32::try_from(number(&mut bytes)?).ok()?)?;
            tables.sections.last_mut()?.passages.end = tables.passages.len();
        }
        tables.first_rows.push(row);
        Some(tables)
    }

    fn agree(&self, header: &Header) -> bool {
        self.sections.len() == header.documents
            && self.passages.len() == header.passages
            && self.first_rows.last().map(|row| *row as usize) == Some(header.rows)
            && self.sections.is_sorted_by_key(|section| &section.owner)
    }
}

fn number(bytes: &mut &[u8]) -> Option<usize> {
    let (number, rest) = bytes.split_at_checked(size_of::<u32>())?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(number.try_into().ok()?)).ok()
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    let length = number(bytes)?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}
