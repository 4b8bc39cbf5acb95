//! One state of the index: searches, passages and documents, each within a scope.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED, TantivyDocument, Term};

use crate::index::Error;
use crate::index::build_file;
use crate::index::columns::Columns;
use crate::index::manifest::{self, Manifest, Record};
use crate::index::rows::{Ranges, Rows};
use crate::index::schema::{self, Fields};
use crate::index::search::{Mask, Match, Query, Scores};
use crate::index::sentences::{self, Sentences};
use crate::index::vector_file::{self, Lack};
use crate::index::vectors::Vectors;
use crate::passages::{Passage, PassageId};
use crate::sources::Kind;
use crate::terms::{Day, Period, Scope, State, System};

/// Which sources a search takes in, by their state on the scope's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum States {
    /// Only those that hold.
    Current,
    /// Those that do not hold: expired, superseded, or not yet in force.
    Outdated,
    /// All.
    Any,
}

/// What a search is narrowed to; an empty list narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Kinds of source.
    pub kinds: Vec<Kind>,
    /// Systems.
    pub systems: Vec<System>,
    /// States on the scope's day.
    pub states: States,
}

/// A passage that a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The passage.
    pub passage: Passage,
    /// The words' score.
    pub score: f32,
}

/// Filters whose rows are kept, so that only the first search of a day has to find them.
const MASKS_MAX: usize = 16;

/// One state of the index, fixed while it is held.
pub struct Snapshot {
    searcher: Searcher,
    fields: Fields,
    manifest: Manifest,
    rows: Rows,
    columns: Columns,
    masks: Mutex<Vec<(Day, Filter, Arc<Mask>)>>,
    /// For a document that has been replaced: from which day, and by which document.
    successors: HashMap<String, Vec<(Option<Day>, String)>>,
    vectors: Result<Vectors, Lack>,
    sentences: Option<Sentences>,
    /// What filters ask of the documents, in the order of the vectors.
    facts: Vec<Facts>,
    stamp: Stamp,
}

/// What filters ask of a document, without looking it up.
#[derive(Debug)]
struct Facts {
    kind: Kind,
    systems: Vec<System>,
    period: Period,
    /// The first day on which it is replaced.
    replaced: Option<Day>,
}

impl Facts {
    /// The same conditions as those of a search by words.
    fn pass(&self, day: Day, filter: &Filter) -> bool {
        let Filter { kinds, systems, states } = filter;
        let of_kind = kinds.is_empty() || kinds.contains(&self.kind);
        let of_system = systems.is_empty() || self.systems.iter().any(|own| systems.contains(own));
        let replaced = self.replaced.is_some_and(|from| from <= day);
        let holds = self.period.on(day) == State::Current && !replaced;
        let of_state = match states {
            States::Any => true,
            States::Current => holds,
            States::Outdated => !holds,
        };
        of_kind && of_system && of_state
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("documents", &self.manifest.documents.len())
            .finish_non_exhaustive()
    }
}

/// Times that opening is tried while runs of `index` end under it.
const OPENINGS_MAX: usize = 20;

/// By which a newer state is known: the engine's own list of its files, which each commit renews,
/// and the files of vectors, which may come later.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    build: PathBuf,
    written: Option<Vec<u8>>,
    vectors: Option<build_file::Stamp>,
    sentences: Option<build_file::Stamp>,
}

impl Stamp {
    fn of(data: &Path) -> Result<Self, Error> {
        let build = manifest::current_build(data)?;
        let written = std::fs::read(build.join("meta.json")).ok();
        let vectors = vector_file::FILE.stamp(&build);
        let sentences = sentences::FILE.stamp(&build);
        Ok(Self { build, written, vectors, sentences })
    }
}

impl Snapshot {
    /// Opens the build in use and refuses one that this program cannot read.
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        let mut stamp = Stamp::of(data)?;
        for _ in 1..OPENINGS_MAX {
            let opened = Self::open_build(data, stamp.clone());
            let now = Stamp::of(data)?;
            // A run that ended meanwhile may have taken files away, or changed half of what was read.
            if now == stamp {
                return opened;
            }
            stamp = now;
        }
        Self::open_build(data, stamp)
    }

    fn open_build(data: &Path, stamp: Stamp) -> Result<Self, Error> {
        let index = tantivy::Index::open_in_dir(&stamp.build)
            .map_err(|error| Error::Damaged { data: data.to_owned(), detail: error.to_string() })?;
        schema::register(&index);
        let (expected, fields) = schema::schema();
        let number = index.load_metas()?.payload.unwrap_or_default();
        let manifest = manifest::read(data, &stamp.build, &number)?;
        manifest.check(data)?;
        if index.schema() != expected {
            return Err(Error::Mismatch {
                data: data.to_owned(),
                built_with: "other fields".to_owned(),
                installed: "this program's fields".to_owned(),
            });
        }
        let reader = index
            .reader_builder()
            .reload_policy(tantivy::ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(64)
            .try_into()?;
        let successors = successors(&manifest);
        let vectors = vectors(&stamp.build, &manifest);
        if let Err(lack @ (Lack::Damaged { .. } | Lack::OtherForm(_))) = &vectors {
            tracing::warn!(%lack, remedy = lack.remedy(), "only words are searched");
        }
        let sentences = Sentences::open(&stamp.build);
        let documents = vectors.iter().flat_map(Vectors::documents);
        let facts = documents.filter_map(|(document, _)| {
            let record = manifest.documents.get(document)?;
            let replaced = successors.get(document).and_then(|all| all.first());
            let replaced = replaced.map(|(from, _)| from.unwrap_or(Day::MIN));
            let Record { kind, systems, period, .. } = record;
            Some(Facts { kind: *kind, systems: systems.clone(), period: *period, replaced })
        });
        let facts = facts.collect();
        let searcher = reader.searcher();
        // The lists of words are read whole, once: through a view of its own, or what was read would
        // stay mapped as long as the index is served.
        let view = view(&stamp.build, &searcher)?;
        let view = view.as_ref().unwrap_or(&searcher);
        let rows = Rows::read(view, &fields)?;
        let columns = Columns::read(view, &fields, &rows)?;
        let masks = Mutex::default();
        Ok(Self {
            searcher,
            fields,
            manifest,
            rows,
            columns,
            masks,
            successors,
            vectors,
            sentences,
            facts,
            stamp,
        })
    }

    /// Whether nothing has been committed since.
    pub(crate) fn is_latest(&self, data: &Path) -> bool {
        Stamp::of(data).map_or(true, |stamp| stamp == self.stamp)
    }

    /// What the index was made from.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The vectors of these passages, or why there are none to search.
    pub fn vectors(&self) -> Result<&Vectors, &Lack> {
        self.vectors.as_ref()
    }

    /// The vectors of the sentences of these passages, as far as there are some.
    pub fn sentences(&self) -> Option<&Sentences> {
        self.sentences.as_ref()
    }

    /// Whether a document, by its place among those of the vectors, passes a filter.
    pub(crate) fn admits(&self, document: usize, scope: &Scope, filter: &Filter) -> bool {
        self.facts.get(document).is_some_and(|facts| facts.pass(scope.day(), filter))
    }

    /// The build that this is a state of.
    pub(crate) fn build(&self) -> &Path {
        &self.stamp.build
    }

    /// Scores all that the scope may see by the words of a query.
    pub fn search<'a>(&'a self, scope: &'a Scope, query: &Query) -> Search<'a> {
        let Admitted { ranges, .. } = self.filters(scope, &Filter::all());
        let scores = Scores::of(&self.columns, query, ranges);
        Search { snapshot: self, scope, scores }
    }

    /// The passages that match best, best first; equal scores stand in the order of documents.
    pub fn words(
        &self,
        scope: &Scope,
        query: &Query,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Found>, Error> {
        let search = self.search(scope, query);
        let mut found = Vec::new();
        for matched in search.best(filter, limit) {
            let passage = search.read(&matched)?;
            found.extend(passage.map(|passage| Found { passage, score: matched.score }));
        }
        Ok(found)
    }

    /// The passage of that id, if the scope admits it; otherwise it is as if it did not exist.
    pub fn passage(&self, scope: &Scope, id: &PassageId) -> Result<Option<Passage>, Error> {
        let admitted = self.filters(scope, &Filter::all());
        let term = Term::from_field_text(self.fields.id, &id.0);
        for (segment, reader) in self.searcher.segment_readers().iter().enumerate() {
            let inverted = reader.inverted_index(self.fields.id)?;
            let found = inverted.read_postings(&term, IndexRecordOption::Basic);
            let found = found.map_err(tantivy::TantivyError::from)?;
            let Some(mut postings) = found else { continue };
            while postings.doc() != TERMINATED {
                let row = self.rows.of_passage(segment, postings.doc());
                if let Some(row) = row.filter(|row| admitted.allows(*row)) {
                    return self.read(scope, row);
                }
                postings.advance();
            }
        }
        Ok(None)
    }

    /// Where the passage of that id lies.
    fn address(&self, id: &PassageId) -> Result<Option<DocAddress>, Error> {
        let term = Term::from_field_text(self.fields.id, &id.0);
        for (ordinal, segment) in (0..).zip(self.searcher.segment_readers()) {
            let terms = segment.inverted_index(self.fields.id)?;
            let postings = terms.read_postings(&term, IndexRecordOption::Basic);
            let Some(mut postings) = postings.map_err(tantivy::TantivyError::from)? else {
                continue;
            };
            let mut held = postings.doc();
            while held != TERMINATED {
                if !segment.is_deleted(held) {
                    return Ok(Some(DocAddress::new(ordinal, held)));
                }
                held = postings.advance();
            }
        }
        Ok(None)
    }

    /// Every passage with its document's record, of whomever: for those who build, not for those
    /// who ask.
    pub(crate) fn every(&self, each: &mut dyn FnMut(Passage, &Record)) -> Result<(), Error> {
        for segment in self.searcher.segment_readers() {
            let store = segment.get_store_reader(1).map_err(tantivy::TantivyError::from)?;
            for document in store.iter::<TantivyDocument>(segment.alive_bitset()) {
                let passage = self.passage_in(&document?)?;
                if let Some(record) = self.manifest.documents.get(&passage.document) {
                    each(passage, record);
                }
            }
        }
        Ok(())
    }

    /// The text of a passage, of whomever: for those who build, not for those who ask.
    pub(crate) fn whole(&self, id: &PassageId) -> Result<Option<Passage>, Error> {
        let Some(address) = self.address(id)? else { return Ok(None) };
        self.passage_in(&self.searcher.doc(address)?).map(Some)
    }

    /// The passages of one document, in order, if the scope admits it.
    pub fn passages_of(&self, scope: &Scope, document: &str) -> Result<Vec<Passage>, Error> {
        let admitted = self.filters(scope, &Filter::all());
        let mut found = Vec::new();
        for row in self.rows.rows_of(document).filter(|row| admitted.allows(*row)) {
            found.extend(self.read(scope, row)?);
        }
        Ok(found)
    }

    /// The documents that the scope admits, by id.
    pub fn documents<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Record> {
        let records = self.manifest.documents.values();
        records.filter(|record| scope.admits(record.institution.as_deref()))
    }

    /// What is known of the document of a passage.
    pub fn record(&self, passage: &Passage) -> Option<&Record> {
        self.manifest.documents.get(&passage.document)
    }

    /// What is known of the document of a match.
    pub fn record_of(&self, matched: &Match) -> Option<&Record> {
        self.manifest.documents.get(self.rows.document(matched.row)?)
    }

    /// The state of a document on a day, and the document that has taken its place.
    pub fn state(&self, record: &Record, day: Day) -> (State, Option<&str>) {
        let newer = self.successors.get(&record.document);
        let newer =
            newer.and_then(|all| all.iter().rfind(|(from, _)| from.is_none_or(|from| from <= day)));
        let by = newer.map(|(_, by)| by.as_str());
        match record.period.on(day) {
            State::Current if by.is_some() => (State::Superseded, by),
            other => (other, by),
        }
    }

    /// How many passages there are in all.
    pub fn len(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// Whether there are no passages.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// In how many passages a stem stands, whole or as a part of a compound.
    pub fn frequency(&self, stem: &str) -> u64 {
        u64::from(self.columns.counts(stem).0)
    }

    /// In how many passages a stem stands in the title or a heading.
    pub fn heading_frequency(&self, stem: &str) -> u64 {
        u64::from(self.columns.counts(stem).1)
    }

    /// How rare a stem is among the passages (BM25's idf); 0 if it stands nowhere.
    pub fn rarity(&self, stem: &str) -> f32 {
        self.columns.rarity(stem)
    }

    /// The stemmed parts of a folded word, cut by the words of this collection.
    pub fn parts_of(&self, word: &str) -> Vec<String> {
        self.columns.parts_of(word)
    }

    /// Whether a stem stands anywhere that the scope may see.
    pub fn stands(&self, scope: &Scope, stem: &str) -> bool {
        let Admitted { ranges, .. } = self.filters(scope, &Filter::all());
        self.columns.stem(stem).is_some_and(|stem| self.columns.stands(stem, &ranges))
    }

    /// The word nearest to one that stands nowhere: the fewest slips away and at most `slips_max`,
    /// and of several the most frequent. It stands as it is in a passage that the scope may see.
    pub fn word_near(&self, scope: &Scope, word: &str, slips_max: usize) -> Option<String> {
        let admitted = self.filters(scope, &Filter::all());
        let near = self.columns.words_near(word, slips_max);
        let mut found: Vec<(usize, usize, String)> = Vec::new();
        for (slips, near) in near {
            if found.iter().any(|(fewest, ..)| *fewest < slips) {
                break;
            }
            let seen = self.seen_in(&admitted, &near).unwrap_or(0);
            if seen > 0 {
                found.push((slips, seen, near));
            }
        }
        found.into_iter().max_by_key(|(_, seen, _)| *seen).map(|(.., word)| word)
    }

    /// In how many admitted passages a word stands as it is written.
    fn seen_in(&self, admitted: &Admitted, word: &str) -> Result<usize, Error> {
        let mut seen = 0;
        for (segment, reader) in self.searcher.segment_readers().iter().enumerate() {
            for field in [self.fields.text, self.fields.head] {
                let inverted = reader.inverted_index(field)?;
                let term = Term::from_field_text(field, word);
                let found = inverted.read_postings(&term, IndexRecordOption::Basic);
                let Some(mut postings) = found.map_err(tantivy::TantivyError::from)? else {
                    continue;
                };
                while postings.doc() != TERMINATED {
                    let row = self.rows.of_passage(segment, postings.doc());
                    seen += usize::from(row.is_some_and(|row| admitted.allows(row)));
                    postings.advance();
                }
            }
        }
        Ok(seen)
    }

    /// The one place where a scope becomes a condition of a search.
    fn filters(&self, scope: &Scope, filter: &Filter) -> Admitted {
        Admitted { ranges: self.rows.seen_by(scope), mask: self.mask(scope.day(), filter) }
    }

    /// The rows that a filter lets through on a day, whoever owns them.
    fn mask(&self, day: Day, filter: &Filter) -> Arc<Mask> {
        let mut kept = self.masks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().find(|(of, held, _)| *of == day && held == filter);
        if let Some((.., mask)) = known {
            return Arc::clone(mask);
        }
        let mut mask = Mask::default();
        for document in self.rows.documents() {
            let record = self.manifest.documents.get(&document.document);
            if record.is_some_and(|record| self.lets_through(filter, record, day)) {
                mask.allow(document.rows.clone());
            }
        }
        let mask = Arc::new(mask);
        if kept.len() >= MASKS_MAX {
            kept.remove(0);
        }
        kept.push((day, filter.clone(), Arc::clone(&mask)));
        mask
    }

    fn lets_through(&self, filter: &Filter, record: &Record, day: Day) -> bool {
        let of_kind = filter.kinds.is_empty() || filter.kinds.contains(&record.kind);
        let of_system = filter.systems.is_empty()
            || record.systems.iter().any(|system| filter.systems.contains(system));
        let current = || self.state(record, day).0 == State::Current;
        of_kind
            && of_system
            && match filter.states {
                States::Any => true,
                States::Current => current(),
                States::Outdated => !current(),
            }
    }

    fn read(&self, scope: &Scope, row: u32) -> Result<Option<Passage>, Error> {
        match self.rows.address(row) {
            Some(address) => self.read_at(scope, address),
            None => Ok(None),
        }
    }

    fn read_at(&self, scope: &Scope, address: DocAddress) -> Result<Option<Passage>, Error> {
        self.stored(scope, &self.searcher.doc(address)?)
    }

    fn passage_in(&self, document: &TantivyDocument) -> Result<Passage, Error> {
        let body = document.get_first(self.fields.body).and_then(|value| value.as_str());
        serde_json::from_str(body.unwrap_or_default()).map_err(|error| Error::Damaged {
            data: self.stamp.build.clone(),
            detail: format!("a stored passage cannot be read: {error}"),
        })
    }

    /// The stored passage, after the second look at its owner.
    fn stored(&self, scope: &Scope, document: &TantivyDocument) -> Result<Option<Passage>, Error> {
        let passage = self.passage_in(document)?;
        if scope.admits(passage.owner.as_deref()) {
            Ok(Some(passage))
        } else {
            tracing::error!(passage = %passage.id, "a passage outside the scope passed the filter and was dropped");
            Ok(None)
        }
    }
}

impl Filter {
    /// Every kind, every system, every state.
    pub fn all() -> Self {
        Self { kinds: Vec::new(), systems: Vec::new(), states: States::Any }
    }

    /// Every kind and every system that holds on the scope's day.
    pub fn current() -> Self {
        Self { states: States::Current, ..Self::all() }
    }
}

/// What a scope and a filter admit.
struct Admitted {
    ranges: Ranges,
    mask: Arc<Mask>,
}

impl Admitted {
    fn allows(&self, row: u32) -> bool {
        self.ranges.iter().any(|range| range.contains(&row)) && self.mask.allows(row)
    }
}

/// A query's scores, within one scope.
#[derive(Debug)]
pub struct Search<'a> {
    snapshot: &'a Snapshot,
    scope: &'a Scope,
    scores: Scores,
}

impl Search<'_> {
    /// The best passages that a filter admits, best first.
    pub fn best(&self, filter: &Filter, limit: usize) -> Vec<Match> {
        let Admitted { mask, .. } = self.snapshot.filters(self.scope, filter);
        self.scores.best(&self.snapshot.columns, &mask, limit)
    }

    /// The passages of these ids, in their order, with what they hold of the query; one that the
    /// scope does not admit is left out.
    pub fn of<'b>(
        &self,
        ids: impl Iterator<Item = &'b PassageId>,
    ) -> Result<Vec<(&'b PassageId, Match)>, Error> {
        let mut known = Vec::new();
        for id in ids {
            let Some(address) = self.snapshot.address(id)? else { continue };
            let DocAddress { segment_ord, doc_id } = address;
            let row = self.snapshot.rows.of_passage(segment_ord as usize, doc_id);
            known.extend(row.map(|row| (id, row)));
        }
        let rows: Vec<u32> = known.iter().map(|(_, row)| *row).collect();
        let matches = self.scores.rows(&self.snapshot.columns, &rows).into_iter();
        let of_row: HashMap<u32, Match> = matches.map(|matched| (matched.row, matched)).collect();
        let seen = known.into_iter();
        Ok(seen.filter_map(|(id, row)| Some((id, of_row.get(&row)?.clone()))).collect())
    }

    /// The share of the words of two matches that both have, headings included, from 0 to 1.
    pub fn likeness(&self, one: &Match, other: &Match) -> f32 {
        self.snapshot.columns.grams().likeness(one.row, other.row)
    }

    /// The passage of a match.
    pub fn read(&self, matched: &Match) -> Result<Option<Passage>, Error> {
        self.snapshot.read(self.scope, matched.row)
    }
}

/// A second view of the same segments; none if another run has committed meanwhile.
fn view(build: &Path, searcher: &Searcher) -> Result<Option<Searcher>, tantivy::TantivyError> {
    let index = tantivy::Index::open_in_dir(build)?;
    schema::register(&index);
    let reader: tantivy::IndexReader =
        index.reader_builder().reload_policy(tantivy::ReloadPolicy::Manual).try_into()?;
    let segments = |searcher: &Searcher| -> Vec<_> {
        searcher
            .segment_readers()
            .iter()
            .map(|segment| (segment.segment_id(), segment.num_docs()))
            .collect()
    };
    let view = reader.searcher();
    Ok((segments(&view) == segments(searcher)).then_some(view))
}

/// The vectors of a build, if every passage of the manifest has some.
fn vectors(build: &Path, manifest: &Manifest) -> Result<Vectors, Lack> {
    let vectors = Vectors::open(build, &manifest.content())?;
    let encoded: HashMap<&str, usize> = vectors.documents().collect();
    let has_all = |record: &Record| {
        record.passages == encoded.get(record.document.as_str()).copied().unwrap_or(0)
    };
    if manifest.documents.values().all(has_all) && manifest.passages() == vectors.passages() {
        Ok(vectors)
    } else {
        Err(Lack::Partial { encoded: vectors.passages(), of: manifest.passages() })
    }
}

/// Who has replaced whom. A document replaces others by id, or older versions of its own kind
/// and owner by their version.
fn successors(manifest: &Manifest) -> HashMap<String, Vec<(Option<Day>, String)>> {
    let mut found: HashMap<String, Vec<(Option<Day>, String)>> = HashMap::new();
    for newer in manifest.documents.values() {
        for name in &newer.supersedes {
            for older in manifest.documents.values() {
                let by_id = older.document == *name;
                let by_version = older.version.as_deref() == Some(name)
                    && older.kind == newer.kind
                    && older.institution == newer.institution
                    && older.area == newer.area
                    && (older.title == newer.title || newer.kind == Kind::Drejebog);
                // A drejebog is only replaced by one of the same owner.
                let own = older.institution == newer.institution;
                if older.document != newer.document && own && (by_id || by_version) {
                    let entry = found.entry(older.document.clone()).or_default();
                    entry.push((newer.period.from, newer.document.clone()));
                }
            }
        }
    }
    for replaced in found.values_mut() {
        replaced.sort();
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::index::{QueryTerm, Update, update};
    use crate::passages;
    use crate::sources::{Block, Collection, Document, Form};
    use crate::terms::{Asker, Audience, Period, Register, parse_day};

    /// The same words owned by each of two institutions and by nobody.
    fn three_owners() -> (tempfile::TempDir, Snapshot) {
        let owners = [None, Some("Ankestyrelsen"), Some("Banedanmark")];
        three_owners_with(&owners.map(|owner| (owner, "Frist for sygemelding.")))
    }

    fn three_owners_with(texts: &[(Option<&str>, &str)]) -> (tempfile::TempDir, Snapshot) {
        let document = |(at, (owner, text)): (usize, &(Option<&str>, &str))| Document {
            id: format!("{} {at}", owner.unwrap_or("general")),
            file: String::new(),
            hash: String::new(),
            title: String::new(),
            kind: Kind::Brugervejledning,
            institution: owner.map(str::to_owned),
            loengrupper: Vec::new(),
            audience: Audience::Customer,
            owner: None,
            version: None,
            period: Period::default(),
            supersedes: Vec::new(),
            systems: Vec::new(),
            area: None,
            demo: false,
            blocks: vec![Block { form: Form::Paragraph, text: (*text).to_owned(), page: None }],
        };
        let folder = tempfile::tempdir().unwrap();
        let holds = Update {
            documents: texts.iter().enumerate().map(document).collect(),
            unchanged: BTreeSet::new(),
            add: false,
            roots: Vec::new(),
            collection: Collection::default(),
            register: Register::default(),
            notes: Vec::new(),
            cut: passages::Settings::default(),
            made: String::new(),
        };
        update(folder.path(), holds, &|_| {}).unwrap();
        let snapshot = Snapshot::open(folder.path()).unwrap();
        (folder, snapshot)
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Guard {
        Neither,
        Filter,
        SecondLook,
    }

    /// Owners of what a search finds behind one of the two guards, or behind neither.
    #[track_caller]
    fn check(institution: Option<&str>, guard: Guard, expected: &[&str]) {
        let (_folder, snapshot) = three_owners();
        let institution = institution.and_then(|name| snapshot.manifest.register.find(name));
        let scope = Scope::new(Asker::operator(), institution, parse_day("2025-10-15").unwrap());
        let term = QueryTerm { stem: "frist".to_owned(), weight: 1.0, ..QueryTerm::default() };
        let query = Query { terms: vec![term] };
        let all = 0..u32::try_from(snapshot.rows.len()).unwrap();
        let mut mask = Mask::default();
        mask.allow(all.clone());
        let ranges = match guard {
            Guard::Filter => snapshot.filters(&scope, &Filter::all()).ranges,
            Guard::Neither | Guard::SecondLook => vec![all],
        };
        let scores = Scores::of(&snapshot.columns, &query, ranges);
        let mut owners = Vec::new();
        for matched in scores.best(&snapshot.columns, &mask, 9) {
            let address = snapshot.rows.address(matched.row).unwrap();
            let document: TantivyDocument = snapshot.searcher.doc(address).unwrap();
            let body = document.get_first(snapshot.fields.body).and_then(|value| value.as_str());
            let found: Passage = serde_json::from_str(body.unwrap()).unwrap();
            let seen = snapshot.read(&scope, matched.row).unwrap();
            if guard != Guard::SecondLook || seen.is_some() {
                owners.push(found.owner.unwrap_or_default());
            }
        }
        owners.sort();
        assert_eq!(owners, expected);
    }

    #[test]
    fn a_word_of_another_institution_is_never_suggested() {
        let (_folder, snapshot) = three_owners_with(&[
            (None, "Frist for sygemelding."),
            (Some("Ankestyrelsen"), "Rugbrødsordningen gælder."),
            (Some("Banedanmark"), "Togordning."),
        ]);
        let day = parse_day("2025-10-15").unwrap();
        let near = |institution: Option<&str>, word: &str| {
            let institution = institution.and_then(|name| snapshot.manifest.register.find(name));
            let scope = Scope::new(Asker::operator(), institution, day);
            snapshot.word_near(&scope, word, 2)
        };
        assert_eq!(near(None, "sygemeldng").as_deref(), Some("sygemelding"));
        let own = near(Some("Ankestyrelsen"), "rugbrødsordnigen");
        assert_eq!(own.as_deref(), Some("rugbrødsordningen"));
        assert_eq!(near(Some("Banedanmark"), "rugbrødsordnigen"), None);
        assert_eq!(near(None, "rugbrødsordnigen"), None);
    }

    #[test]
    fn the_filter_and_the_second_look_each_keep_foreign_passages_out_alone() {
        let all = ["", "Ankestyrelsen", "Banedanmark"];
        check(Some("Banedanmark"), Guard::Neither, &all);
        check(Some("Banedanmark"), Guard::Filter, &["", "Banedanmark"]);
        check(Some("Banedanmark"), Guard::SecondLook, &["", "Banedanmark"]);
        check(None, Guard::Neither, &all);
        check(None, Guard::Filter, &[""]);
        check(None, Guard::SecondLook, &[""]);
    }

    /// Institutions and documents of each that the two guards are held against alone.
    const OWNERS: usize = 400;
    const DOCUMENTS: usize = 25;

    #[test]
    fn each_guard_alone_keeps_ten_thousand_foreign_passages_out() {
        let owners: Vec<String> = (0..OWNERS).map(|at| format!("Styrelse {at:03}")).collect();
        let texts: Vec<(Option<&str>, &str)> = owners
            .iter()
            .flat_map(|owner| {
                (0..DOCUMENTS).map(move |_| (Some(owner.as_str()), "Frist for sygemelding."))
            })
            .collect();
        let (_folder, snapshot) = three_owners_with(&texts);
        let (mut passed, mut caught) = (0, 0);
        for owner in &owners {
            let institution = snapshot.manifest.register.find(owner);
            let scope =
                Scope::new(Asker::operator(), institution, parse_day("2025-10-15").unwrap());
            // Without the filter: every row, of which the second look must let only the own pass.
            for row in 0..u32::try_from(snapshot.rows.len()).unwrap() {
                let own =
                    snapshot.rows.document(row).is_some_and(|id| id.starts_with(owner.as_str()));
                if row % 17 == 0 || own {
                    let seen = snapshot.read(&scope, row).unwrap();
                    assert_eq!(seen.is_some(), own, "{owner}: row {row}");
                    caught += usize::from(!own);
                }
            }
            // Without the second look: the filter lets only the own rows through.
            let ranges = snapshot.filters(&scope, &Filter::all()).ranges;
            for row in ranges.into_iter().flatten() {
                let id = snapshot.rows.document(row).unwrap();
                assert!(id.starts_with(owner.as_str()), "{owner}: {id}");
                passed += 1;
            }
        }
        assert_eq!(passed, OWNERS * DOCUMENTS);
        assert!(caught > 200_000, "{caught}");
    }
}
