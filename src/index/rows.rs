//! The passages as rows, sorted by owner and document: what a scope may see is two ranges.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocSet, Searcher, SegmentReader, TERMINATED, TantivyError};

use crate::index::schema::{Fields, GENERAL, ORDINAL};
use crate::terms::{Institution, Scope};

/// What stands for a passage that has been deleted.
const NO_ROW: u32 = u32::MAX;

/// Rows, in pieces that follow upon each other.
pub(crate) type Ranges = Vec<Range<u32>>;

/// Where each passage is kept, in the order of owner, document and place.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    addresses: Vec<DocAddress>,
    /// For each row the place of its document in `documents`.
    document_of: Vec<u32>,
    /// The documents in the order of their rows.
    documents: Vec<DocumentRows>,
    by_document: HashMap<String, usize>,
    owners: HashMap<String, Range<u32>>,
    /// For each segment and each of its passages the row.
    of_segment: Vec<Vec<u32>>,
}

/// The rows of one document.
#[derive(Debug, Clone)]
pub(crate) struct DocumentRows {
    pub(crate) document: String,
    pub(crate) rows: Range<u32>,
}

/// A passage on its way to its row.
struct Unsorted<'a> {
    owner: &'a str,
    document: &'a str,
    ordinal: u64,
    address: DocAddress,
}

impl Rows {
    pub(crate) fn read(searcher: &Searcher, fields: &Fields) -> Result<Self, TantivyError> {
        let mut keys = Vec::new();
        for reader in searcher.segment_readers() {
            keys.push((values(reader, fields.owner)?, values(reader, fields.document)?));
        }
        let mut unsorted = Vec::new();
        for ((segment, reader), (owners, documents)) in
            searcher.segment_readers().iter().enumerate().zip(&keys)
        {
            let ordinals = reader.fast_fields().u64(ORDINAL)?;
            let segment = u32::try_from(segment).unwrap_or(u32::MAX);
            for doc in reader.doc_ids_alive() {
                // What names no owner is nobody's: it gets no row, and no search sees it.
                let (Some(owner), Some(document)) = (owners.of(doc), documents.of(doc)) else {
                    continue;
                };
                let ordinal = ordinals.first(doc).unwrap_or(0);
                let address = DocAddress::new(segment, doc);
                unsorted.push(Unsorted { owner, document, ordinal, address });
            }
        }
        unsorted.sort_unstable_by(|a, b| {
            let key = |of: &Unsorted<'_>| (of.ordinal, of.address);
            (a.owner, a.document).cmp(&(b.owner, b.document)).then_with(|| key(a).cmp(&key(b)))
        });
        let sizes = searcher.segment_readers().iter().map(|reader| reader.max_doc() as usize);
        Ok(Self::of(&unsorted, sizes.map(|size| vec![NO_ROW; size]).collect()))
    }

    fn of(sorted: &[Unsorted<'_>], of_segment: Vec<Vec<u32>>) -> Self {
        let mut rows = Self { of_segment, ..Self::default() };
        for (row, passage) in (0_u32..).zip(sorted) {
            let DocAddress { segment_ord, doc_id } = passage.address;
            let segment = rows.of_segment.get_mut(segment_ord as usize);
            if let Some(own) = segment.and_then(|segment| segment.get_mut(doc_id as usize)) {
                *own = row;
            }
            let owner = rows.owners.entry(passage.owner.to_owned()).or_insert(row..row);
            owner.end = row + 1;
            match rows.documents.last_mut() {
                Some(last)
                    if last.document == passage.document && last.rows.start >= owner.start =>
                {
                    last.rows.end = row + 1;
                }
                _ => {
                    rows.by_document.insert(passage.document.to_owned(), rows.documents.len());
                    let document = passage.document.to_owned();
                    rows.documents.push(DocumentRows { document, rows: row..row + 1 });
                }
            }
            rows.document_of.push(u32::try_from(rows.documents.len() - 1).unwrap_or(u32::MAX));
            rows.addresses.push(passage.address);
        }
        rows
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// The rows that a scope may see: the general ones, and those of its own institution.
    pub(crate) fn seen_by(&self, scope: &Scope) -> Ranges {
        let own = scope.institution().map(Institution::name);
        let owners = std::iter::once(GENERAL).chain(own.filter(|own| *own != GENERAL));
        owners.filter_map(|owner| self.owners.get(owner).cloned()).collect()
    }

    /// The rows that belong to nobody.
    pub(crate) fn general(&self) -> Range<u32> {
        self.owners.get(GENERAL).cloned().unwrap_or(0..0)
    }

    /// Where a row is kept.
    pub(crate) fn address(&self, row: u32) -> Option<DocAddress> {
        self.addresses.get(row as usize).copied()
    }

    /// The document of a row.
    pub(crate) fn document(&self, row: u32) -> Option<&str> {
        let place = *self.document_of.get(row as usize)?;
        Some(&self.documents.get(place as usize)?.document)
    }

    /// The documents, in the order of their rows.
    pub(crate) fn documents(&self) -> &[DocumentRows] {
        &self.documents
    }

    /// The rows of one document.
    pub(crate) fn rows_of(&self, document: &str) -> Range<u32> {
        let place = self.by_document.get(document).and_then(|place| self.documents.get(*place));
        place.map_or(0..0, |document| document.rows.clone())
    }

    /// The row of a passage of a segment, if it has not been deleted.
    pub(crate) fn of_passage(&self, segment: usize, doc: u32) -> Option<u32> {
        let row = *self.of_segment.get(segment)?.get(doc as usize)?;
        (row != NO_ROW).then_some(row)
    }
}

/// BM25's inverse document frequency.
pub(crate) fn rarity(rows: usize, count: u32) -> f32 {
    let (all, count) = (rows as f32, count as f32);
    (1.0 + (all - count + 0.5) / (count + 0.5)).ln()
}

/// The one value that each passage of a segment has in a field.
struct Values {
    names: Vec<String>,
    of_doc: Vec<u32>,
}

impl Values {
    fn of(&self, doc: u32) -> Option<&str> {
        let name = *self.of_doc.get(doc as usize)?;
        self.names.get(name as usize).map(String::as_str)
    }
}

fn values(reader: &SegmentReader, field: Field) -> Result<Values, TantivyError> {
    let inverted = reader.inverted_index(field)?;
    let mut values = Values { names: Vec::new(), of_doc: vec![NO_ROW; reader.max_doc() as usize] };
    let mut terms = inverted.terms().stream()?;
    while let Some((term, place)) = terms.next() {
        let name = u32::try_from(values.names.len()).unwrap_or(NO_ROW);
        values.names.push(String::from_utf8_lossy(term).into_owned());
        let mut postings = inverted.read_postings_from_terminfo(place, IndexRecordOption::Basic)?;
        while postings.doc() != TERMINATED {
            if let Some(own) = values.of_doc.get_mut(postings.doc() as usize) {
                *own = name;
            }
            postings.advance();
        }
    }
    Ok(values)
}
