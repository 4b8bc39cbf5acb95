//! The vectors of one state of the index, searched exactly and within a scope.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::index::Error;
use crate::index::scan::{self, Candidate};
use crate::index::vector_file::{self, Contents, Entry, Lack, ModelId, TextHash};
use crate::passages::PassageId;
use crate::terms::{Institution, Scope};

/// Candidates by 8 bits that are scored again in f32, for each passage that is wanted.
const RESCORED: usize = 4;
/// At most so many more than are wanted: among 100,000 random rows, even or in 500 heaps, the hundred
/// nearest all stand among the first 140 by 8 bits; the rest is for passages of several windows.
const RESCORED_MORE_MAX: usize = 100;

/// The vectors of one state of the index, which lie in a file and in part in memory.
#[derive(Debug)]
pub struct Vectors {
    held: Contents,
    /// The places of the passages in the order of their ids.
    by_id: Vec<u32>,
}

/// A passage that is near to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// The passage.
    pub passage: PassageId,
    /// Its document.
    pub document: String,
    /// The cosine of the angle between the query and the passage's nearest window.
    pub similarity: f32,
}

/// What one search by vectors found.
#[derive(Debug, Clone)]
pub struct Nearest {
    /// For each query its nearest passages, nearest first.
    pub found: Vec<Vec<Near>>,
    /// Rows that were scored.
    pub scored: usize,
}

impl Vectors {
    /// Opens the vectors of a build, if they are of this content and this program's form.
    pub fn open(build: &Path, content: &str) -> Result<Self, Lack> {
        vector_file::read(build, Some(content)).map(|(held, _)| Self::of(held))
    }

    /// The vectors of a build, whatever they are bound to, and the hash of each passage's text.
    pub(crate) fn any(build: &Path) -> Result<(Self, Vec<TextHash>), Lack> {
        vector_file::read(build, None).map(|(held, hashes)| (Self::of(held), hashes))
    }

    /// The vectors of what was read from a file.
    pub(crate) fn of(held: Contents) -> Self {
        let count = u32::try_from(held.passages.len()).unwrap_or(u32::MAX);
        let mut by_id: Vec<u32> = (0..count).collect();
        by_id.sort_by_key(|place| held.passages.get(*place as usize));
        Self { held, by_id }
    }

    /// The model that made them.
    pub fn model(&self) -> &ModelId {
        &self.held.model
    }

    /// How many rows there are in all.
    pub fn len(&self) -> usize {
        self.held.first_rows.last().map_or(0, |row| *row as usize)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many passages there are in all.
    pub fn passages(&self) -> usize {
        self.held.passages.len()
    }

    /// The documents, each with the number of its passages.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (&str, usize)> {
        self.held.sections.iter().map(|section| (section.document.as_str(), section.passages.len()))
    }

    /// The document of a passage, as the file has it.
    pub(crate) fn document_of(&self, id: &PassageId) -> Option<&str> {
        let section = self.held.sections.get(self.section_of(self.place(id)?)?)?;
        Some(&section.document)
    }

    /// For each query the nearest passages of the scope whose document is admitted, by its place
    /// among [`Vectors::documents`]. Rows that the scope does not hold are not looked at.
    pub fn nearest(
        &self,
        scope: &Scope,
        queries: &[&[f32]],
        limit: usize,
        admits: &dyn Fn(usize) -> bool,
    ) -> Result<Nearest, Error> {
        for query in queries {
            vector_file::check(query, &self.held.model)?;
        }
        let ranges = self.ranges(scope);
        let of_row = |row: usize| self.section_of(self.passage_of(row)).is_some_and(admits);
        let mut keep = limit.saturating_mul(RESCORED).min(limit.saturating_add(RESCORED_MORE_MAX));
        loop {
            let pass = self.held.rows.best(&ranges, queries, keep, &of_row);
            let found = self.rescored(queries, &pass.best, limit)?;
            // Many windows of few passages may have taken all places: then look at more.
            let short = |(found, best): (&Vec<Near>, &Vec<Candidate>)| {
                found.len() < limit && best.len() == keep
            };
            if keep == 0 || keep >= pass.scored || !found.iter().zip(&pass.best).any(short) {
                return Ok(Nearest { found, scored: pass.scored });
            }
            keep = keep.saturating_mul(RESCORED);
        }
    }

    /// For each query the similarity of each passage; none where the scope does not hold it.
    pub fn similarities(
        &self,
        scope: &Scope,
        queries: &[&[f32]],
        passages: &[&PassageId],
    ) -> Result<Vec<Vec<Option<f32>>>, Error> {
        for query in queries {
            vector_file::check(query, &self.held.model)?;
        }
        let ranges = self.ranges(scope);
        let mut similarities = vec![vec![None; passages.len()]; queries.len()];
        let mut values = Vec::new();
        for (at, id) in passages.iter().enumerate() {
            let rows = self.place(id).map_or(0..0, |passage| self.rows_of(passage));
            for row in rows.filter(|row| ranges.iter().any(|range| range.contains(row))) {
                self.held.values(row, &mut values)?;
                for (query, all) in queries.iter().zip(&mut similarities) {
                    let similarity = scan::product(query, &values);
                    if let Some(best) = all.get_mut(at) {
                        *best = Some(best.map_or(similarity, |best: f32| best.max(similarity)));
                    }
                }
            }
        }
        Ok(similarities)
    }

    /// The passages as a file holds them, each with its place.
    pub(crate) fn entries<'a>(
        &'a self,
        hashes: &'a [TextHash],
    ) -> impl Iterator<Item = (usize, Entry)> + 'a {
        let sections = self.held.sections.iter();
        sections.flat_map(move |section| {
            section.passages.clone().filter_map(move |place| {
                let entry = Entry {
                    owner: section.owner.clone(),
                    document: section.document.clone(),
                    passage: PassageId(self.held.passages.get(place)?.to_owned()),
                    hash: *hashes.get(place)?,
                    windows: self.rows_of(place).len(),
                };
                Some((place, entry))
            })
        })
    }

    /// Whether every row can be read as it was written.
    pub(crate) fn is_sound(&self) -> bool {
        let mut values = Vec::new();
        (0..self.len()).all(|row| self.held.values(row, &mut values).is_ok())
    }

    /// The vectors of the windows of a passage, by its place; damaged ones are an error.
    pub(crate) fn windows(&self, passage: usize) -> Result<Vec<Vec<f32>>, Error> {
        let mut windows = Vec::new();
        for row in self.rows_of(passage) {
            let mut values = Vec::new();
            self.held.values(row, &mut values)?;
            windows.push(values);
        }
        Ok(windows)
    }

    /// The rows that a scope holds: the general ones, and those of its institution.
    fn ranges(&self, scope: &Scope) -> Vec<Range<usize>> {
        let own = scope.institution().map(Institution::name);
        let general = self.rows_of_owner(None);
        std::iter::once(general).chain(own.map(|own| self.rows_of_owner(Some(own)))).collect()
    }

    fn rows_of_owner(&self, owner: Option<&str>) -> Range<usize> {
        let before = self.held.sections.partition_point(|section| section.owner.as_deref() < owner);
        let until = self.held.sections.partition_point(|section| section.owner.as_deref() <= owner);
        let mut own = self.held.sections.get(before..until).unwrap_or_default().iter();
        let Some(first) = own.next() else { return 0..0 };
        let last = own.next_back().unwrap_or(first);
        self.first_row(first.passages.start)..self.first_row(last.passages.end)
    }

    fn first_row(&self, passage: usize) -> usize {
        self.held.first_rows.get(passage).map_or(0, |row| *row as usize)
    }

    fn rows_of(&self, passage: usize) -> Range<usize> {
        self.first_row(passage)..self.first_row(passage + 1)
    }

    fn passage_of(&self, row: usize) -> usize {
        self.held.first_rows.partition_point(|first| *first as usize <= row).saturating_sub(1)
    }

    fn section_of(&self, passage: usize) -> Option<usize> {
        let at = self.held.sections.partition_point(|section| section.passages.end <= passage);
        self.held.sections.get(at).filter(|section| section.passages.contains(&passage)).map(|_| at)
    }

    fn place(&self, id: &PassageId) -> Option<usize> {
        let of = |place: &u32| self.held.passages.get(*place as usize);
        let id = Some(id.0.as_str());
        let at = self.by_id.binary_search_by(|place| of(place).cmp(&id)).ok()?;
        self.by_id.get(at).map(|place| *place as usize)
    }

    /// The best passages of each query by f32, of those that were best by 8 bits.
    fn rescored(
        &self,
        queries: &[&[f32]],
        best: &[Vec<Candidate>],
        limit: usize,
    ) -> Result<Vec<Vec<Near>>, Error> {
        // In the order of the file, and once for all queries.
        let mut wanted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (query, candidates) in best.iter().enumerate() {
            for candidate in candidates {
                wanted.entry(candidate.row).or_default().push(query);
            }
        }
        let mut of_passages: Vec<BTreeMap<usize, f32>> = vec![BTreeMap::new(); queries.len()];
        let mut values = Vec::new();
        for (row, askers) in wanted {
            self.held.values(row, &mut values)?;
            let passage = self.passage_of(row);
            for asker in askers {
                let (Some(query), Some(found)) = (queries.get(asker), of_passages.get_mut(asker))
                else {
                    continue;
                };
                let similarity = scan::product(query, &values);
                let held = found.entry(passage).or_insert(similarity);
                *held = held.max(similarity);
            }
        }
        Ok(of_passages.into_iter().map(|found| self.ranked(found, limit)).collect())
    }

    fn ranked(&self, found: BTreeMap<usize, f32>, limit: usize) -> Vec<Near> {
        let mut found: Vec<(usize, f32)> = found.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let near = |(passage, similarity)| {
            let section = self.held.sections.get(self.section_of(passage)?)?;
            let document = section.document.clone();
            let passage = PassageId(self.held.passages.get(passage)?.to_owned());
            Some(Near { passage, document, similarity })
        };
        found.into_iter().take(limit).filter_map(near).collect()
    }
}
