//! One state of the index: searches, passages and documents, each within a scope.

use std::collections::HashMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED, TantivyDocument, Term};

use crate::index::Error;
use crate::index::manifest::{self, Manifest, Record};
use crate::index::schema::{self, Fields, GENERAL, day_number};
use crate::index::vector_file::{self, Lack};
use crate::index::vectors::Vectors;
use crate::language::Stems;
use crate::passages::{Passage, PassageId};
use crate::sources::Kind;
use crate::terms::{Day, Institution, Period, Scope, State, System};

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
#[derive(Debug, Clone)]
pub struct Filter {
    /// Kinds of source.
    pub kinds: Vec<Kind>,
    /// Systems.
    pub systems: Vec<System>,
    /// States on the scope's day.
    pub states: States,
}

/// One term of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTerm {
    /// The stem, or the normal form of a code or number.
    pub stem: String,
    /// Its weight beside the other terms.
    pub weight: f32,
    /// Stemmed parts, if it is a compound.
    pub parts: Vec<String>,
}

/// The terms of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// The terms, any of which may match.
    pub terms: Vec<QueryTerm>,
}

/// A passage that a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The passage.
    pub passage: Passage,
    /// The stems of its title, its headings and its text.
    pub stems: Stems,
    /// The search engine's score.
    pub score: f32,
}

/// Weight of a match in the title or a heading; set by hand on the demo collection, 2026-11-22.
const HEAD_WEIGHT: f32 = 0.9;
/// Weight of a match with a part of a compound; set by hand on the demo collection, 2026-11-22.
const PART_WEIGHT: f32 = 0.45;

/// One state of the index, fixed while it is held.
pub struct Snapshot {
    searcher: Searcher,
    fields: Fields,
    manifest: Manifest,
    /// For a document that has been replaced: from which day, and by which document.
    successors: HashMap<String, Vec<(Option<Day>, String)>>,
    vectors: Result<Vectors, Lack>,
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
/// and the file of vectors, which may come later.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    build: PathBuf,
    written: Option<Vec<u8>>,
    vectors: Option<vector_file::Stamp>,
}

impl Stamp {
    fn of(data: &Path) -> Result<Self, Error> {
        let build = manifest::current_build(data)?;
        let written = std::fs::read(build.join("meta.json")).ok();
        let vectors = vector_file::stamp(&build);
        Ok(Self { build, written, vectors })
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
        let documents = vectors.iter().flat_map(Vectors::documents);
        let facts = documents.filter_map(|(document, _)| {
            let record = manifest.documents.get(document)?;
            let replaced = successors.get(document).and_then(|all| all.first());
            let replaced = replaced.map(|(from, _)| from.unwrap_or(Day::MIN));
            let Record { kind, systems, period, .. } = record;
            Some(Facts { kind: *kind, systems: systems.clone(), period: *period, replaced })
        });
        let (facts, searcher) = (facts.collect(), reader.searcher());
        Ok(Self { searcher, fields, manifest, successors, vectors, facts, stamp })
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

    /// Whether a document, by its place among those of the vectors, passes a filter.
    pub(crate) fn admits(&self, document: usize, scope: &Scope, filter: &Filter) -> bool {
        self.facts.get(document).is_some_and(|facts| facts.pass(scope.day(), filter))
    }

    /// The build that this is a state of.
    pub(crate) fn build(&self) -> &Path {
        &self.stamp.build
    }

    /// The passages that match best, best first; equal scores stand in the order of documents.
    pub fn words(
        &self,
        scope: &Scope,
        query: &Query,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Found>, Error> {
        if query.terms.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let mut clauses = vec![(Occur::Must, self.any_of(query))];
        clauses.extend(self.filters(scope, filter));
        let search = BooleanQuery::new(clauses);
        let top = self.searcher.search(&search, &TopDocs::with_limit(limit).order_by_score())?;
        let mut found = Vec::with_capacity(top.len());
        for (score, address) in top {
            let document: TantivyDocument = self.searcher.doc(address)?;
            if let Some(passage) = self.stored(scope, &document)? {
                let line = document.get_first(self.fields.stems).and_then(|value| value.as_str());
                let stems = Stems::from_line(line.unwrap_or_default());
                found.push(Found { passage, stems, score });
            }
        }
        found.sort_by(|a, b| {
            let place =
                |found: &Found| (found.passage.document.clone(), found.passage.place.ordinal);
            b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b)))
        });
        Ok(found)
    }

    /// The passage of that id, if the scope admits it; otherwise it is as if it did not exist.
    pub fn passage(&self, scope: &Scope, id: &PassageId) -> Result<Option<Passage>, Error> {
        let by_id = exact(self.fields.id, &id.0);
        let mut clauses = vec![(Occur::Must, by_id)];
        clauses.extend(self.filters(scope, &Filter::all()));
        let top = self
            .searcher
            .search(&BooleanQuery::new(clauses), &TopDocs::with_limit(1).order_by_score())?;
        let Some((_, address)) = top.first() else { return Ok(None) };
        self.stored(scope, &self.searcher.doc(*address)?)
    }

    /// The passages of these ids, in their order; none for one that the scope does not admit.
    pub fn found(&self, scope: &Scope, ids: &[&PassageId]) -> Result<Vec<Option<Found>>, Error> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(address) = self.address(id)? else {
                found.push(None);
                continue;
            };
            let document: TantivyDocument = self.searcher.doc(address)?;
            let passage = self.stored(scope, &document)?;
            let line = document.get_first(self.fields.stems).and_then(|value| value.as_str());
            let stems = Stems::from_line(line.unwrap_or_default());
            found.push(passage.map(|passage| Found { passage, stems, score: 0.0 }));
        }
        Ok(found)
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
        let mut clauses = vec![(Occur::Must, exact(self.fields.document, document))];
        clauses.extend(self.filters(scope, &Filter::all()));
        let limit = self.manifest.documents.get(document).map_or(0, |record| record.passages);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let top = self
            .searcher
            .search(&BooleanQuery::new(clauses), &TopDocs::with_limit(limit).order_by_score())?;
        let mut found = Vec::new();
        for (_, address) in top {
            found.extend(self.stored(scope, &self.searcher.doc(address)?)?);
        }
        found.sort_by_key(|passage| passage.place.ordinal);
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

    /// In how many passages a stem stands, in any field that is searched.
    pub fn frequency(&self, stem: &str) -> u64 {
        let count =
            |field| self.searcher.doc_freq(&Term::from_field_text(field, stem)).unwrap_or(0);
        count(self.fields.text).max(count(self.fields.head)).max(count(self.fields.parts))
    }

    /// In how many passages a stem stands in the title or a heading, whole or as a part.
    pub fn heading_frequency(&self, stem: &str) -> u64 {
        self.searcher.doc_freq(&Term::from_field_text(self.fields.head, stem)).unwrap_or(0)
    }

    fn any_of(&self, query: &Query) -> Box<dyn tantivy::query::Query> {
        let mut clauses: Vec<(Occur, Box<dyn tantivy::query::Query>)> = Vec::new();
        let mut add = |field: Field, text: &str, weight: f32| {
            let term = Term::from_field_text(field, text);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(query), weight))));
        };
        for term in &query.terms {
            add(self.fields.text, &term.stem, term.weight);
            add(self.fields.head, &term.stem, term.weight * HEAD_WEIGHT);
            add(self.fields.parts, &term.stem, term.weight * PART_WEIGHT);
            for part in &term.parts {
                add(self.fields.text, part, term.weight * PART_WEIGHT);
                add(self.fields.parts, part, term.weight * PART_WEIGHT * PART_WEIGHT);
            }
        }
        Box::new(BooleanQuery::new(clauses))
    }

    /// The one place where a scope becomes a condition of a search.
    fn filters(
        &self,
        scope: &Scope,
        filter: &Filter,
    ) -> Vec<(Occur, Box<dyn tantivy::query::Query>)> {
        let own = scope.institution().map(Institution::name);
        let mut clauses = vec![must(one_of(self.fields.owner, [GENERAL].into_iter().chain(own)))];
        if !filter.kinds.is_empty() {
            let kinds = filter.kinds.iter().map(|kind| kind.value());
            clauses.push(must(one_of(self.fields.kind, kinds)));
        }
        if !filter.systems.is_empty() {
            let systems = filter.systems.iter().map(|system| system.name());
            clauses.push(must(one_of(self.fields.system, systems)));
        }
        match filter.states {
            States::Any => {}
            States::Current => clauses.extend(self.holding(scope)),
            States::Outdated => clauses.push(must(self.outdated(scope))),
        }
        clauses
    }

    /// The conditions that a source holds on the scope's day.
    fn holding(&self, scope: &Scope) -> Vec<(Occur, Box<dyn tantivy::query::Query>)> {
        let day = day_number(scope.day());
        let bound = |field| Bound::Included(Term::from_field_i64(field, day));
        let begun = RangeQuery::new(Bound::Unbounded, bound(self.fields.from));
        let lasting = RangeQuery::new(bound(self.fields.until), Bound::Unbounded);
        let mut clauses = vec![must(Box::new(begun)), must(Box::new(lasting))];
        let mut replaced = self.replaced_in(scope).peekable();
        if replaced.peek().is_some() {
            clauses.push((Occur::MustNot, one_of(self.fields.document, replaced)));
        }
        clauses
    }

    /// That a source has not begun, has ended, or has been replaced on the scope's day.
    fn outdated(&self, scope: &Scope) -> Box<dyn tantivy::query::Query> {
        let day = day_number(scope.day());
        let beyond = |field| Bound::Excluded(Term::from_field_i64(field, day));
        let later = RangeQuery::new(beyond(self.fields.from), Bound::Unbounded);
        let ended = RangeQuery::new(Bound::Unbounded, beyond(self.fields.until));
        let replaced = one_of(self.fields.document, self.replaced_in(scope));
        Box::new(BooleanQuery::union(vec![Box::new(later), Box::new(ended), replaced]))
    }

    /// The documents of the scope that have been replaced on its day.
    fn replaced_in<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a str> {
        let held = |from: &Option<Day>| from.is_none_or(|from| from <= scope.day());
        let replaced =
            self.successors.iter().filter(move |(_, by)| by.iter().any(|(from, _)| held(from)));
        let seen = |id: &&str| {
            let record = self.manifest.documents.get(*id);
            record.is_some_and(|record| scope.admits(record.institution.as_deref()))
        };
        replaced.map(|(document, _)| document.as_str()).filter(seen)
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

fn exact(field: Field, text: &str) -> Box<dyn tantivy::query::Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

/// A condition that changes no score.
fn must(query: Box<dyn tantivy::query::Query>) -> (Occur, Box<dyn tantivy::query::Query>) {
    (Occur::Must, Box::new(ConstScoreQuery::new(query, 0.0)))
}

/// One of the values. A set query would build an automaton for every search, at some milliseconds.
fn one_of<'a>(
    field: Field,
    values: impl Iterator<Item = &'a str>,
) -> Box<dyn tantivy::query::Query> {
    Box::new(BooleanQuery::union(values.map(|value| exact(field, value)).collect()))
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
    use crate::index::{Update, update};
    use crate::passages;
    use crate::sources::{Block, Collection, Document, Form};
    use crate::terms::{Asker, Audience, Period, Register, parse_day};

    /// The same words owned by each of two institutions and by nobody.
    fn three_owners() -> (tempfile::TempDir, Snapshot) {
        let text = "Frist for sygemelding.".to_owned();
        let document = |owner: Option<&str>| Document {
            id: owner.unwrap_or("general").to_owned(),
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
            blocks: vec![Block { form: Form::Paragraph, text: text.clone(), page: None }],
        };
        let folder = tempfile::tempdir().unwrap();
        let holds = Update {
            documents: [None, Some("Ankestyrelsen"), Some("Banedanmark")].map(document).to_vec(),
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
        let term = QueryTerm { stem: "frist".to_owned(), weight: 1.0, parts: Vec::new() };
        let mut clauses = vec![(Occur::Must, snapshot.any_of(&Query { terms: vec![term] }))];
        if guard == Guard::Filter {
            clauses.extend(snapshot.filters(&scope, &Filter::all()));
        }
        let collector = TopDocs::with_limit(9).order_by_score();
        let top = snapshot.searcher.search(&BooleanQuery::new(clauses), &collector).unwrap();
        let mut owners = Vec::new();
        for (_, address) in top {
            let document: TantivyDocument = snapshot.searcher.doc(address).unwrap();
            let body = document.get_first(snapshot.fields.body).and_then(|value| value.as_str());
            let found: Passage = serde_json::from_str(body.unwrap()).unwrap();
            let seen = snapshot.stored(&scope, &document).unwrap();
            if guard != Guard::SecondLook || seen.is_some() {
                owners.push(found.owner.unwrap_or_default());
            }
        }
        owners.sort();
        assert_eq!(owners, expected);
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
}
