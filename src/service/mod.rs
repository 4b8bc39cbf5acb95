//! What both faces call: build an index, suggest a reply, look something up, evaluate.
//!
//! Takes: settings, and what a caller asks.
//! Gives: [`Service`], [`build`], and reports of evaluations.
//! Never: searches without a scope that it has made itself; keeps what a customer wrote, but for an approved reply, masked for good.

pub mod clock;
mod encode;
mod evaluate;
mod demo;
mod jobs;
mod suggest;
mod attachments;
mod vault_key;
mod register;
mod library;
mod shelving;
mod build;
mod live;
mod upload;
mod changed;
mod casework;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use serde::Serialize;

pub use build::{Build, Step, WITHDRAWN_NOTE, build};
pub use casework::{
    Accepted, Approval, Arrival, Asked, Earlier, Editing, KEY_CHARS_MAX, NamedCandidate, On,
    Review, View,
};
pub use changed::{ChangedSource, Chapters, What};
pub use demo::{demo_folder, demo_gold};
pub use encode::{Pace, encode};
pub use evaluate::{Evaluated, Mail, Trial, evaluate_beir, evaluate_run};
pub use jobs::{Job, Jobs, KEPT_MAX, Running, Seat, State, Trouble};
pub use library::Withdrawal;
pub use live::{
    AcceptedStandardsvar, Learned, LearnedCase, Restored, Withdrawn, case_document,
    standardsvar_document,
};
pub use shelving::CaughtUp;
pub use suggest::{Egress, Prepared};
pub use upload::{PassageText, Upload, UploadState, Uploaded};
pub use vault_key::{KEY_FILE, has_ledger_key, ledger_key};

use crate::config::Config;
use crate::draft::endpoint::{self, Endpoint};
use crate::draft::{self, Brief, Case, Citation, DayFrom, Progress};
use crate::embedding;
use crate::evaluation;
use crate::index::{self, Index, Record, Snapshot};
use crate::inquiry::{self, Inquiry};
use crate::language::{content_stems, tokens};
use crate::passages::{PassageId, Place};
use crate::privacy::MasterKey;
use crate::retrieval::{self, Correction, Encoder, Hit, Meaning, Means, Mode, Narrowing};
use crate::review;
use crate::service::register::register;
use crate::sources::{self, Extractor, Kind, Note};
use crate::terms::{
    Asker, Audience, Day, Institution, Register, RegisterError, Scope, System, parse_day,
};

/// Documents on one page of the list.
pub const DOCUMENTS_PER_PAGE: usize = 100;
/// Passages that a lookup shows unless it is asked for more.
pub const HITS_DEFAULT: usize = 10;
/// Passages that a lookup shows at most.
pub const HITS_MAX: usize = 50;
/// Characters of a query that are read.
const QUERY_CHARS_MAX: usize = 2000;

/// Why the service could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The inquiry could not be taken in.
    #[error(transparent)]
    Inquiry(#[from] inquiry::Error),
    /// The index could not be used or made.
    #[error(transparent)]
    Index(#[from] index::Error),
    /// No draft could be made.
    #[error(transparent)]
    Draft(#[from] draft::Error),
    /// The embedding model could not be loaded, or could not encode.
    #[error(transparent)]
    Embedding(#[from] embedding::Error),
    /// The language model cannot be used with these settings.
    #[error(transparent)]
    Endpoint(#[from] endpoint::Error),
    /// The sources could not be read at all.
    #[error(transparent)]
    Sources(#[from] sources::Error),
    /// The register of institutions could not be read.
    #[error("{}", .path.display())]
    Register {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: RegisterError,
    },
    /// A file could not be read.
    #[error("cannot read {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file of the ledger's key holds none.
    #[error("{} holds no key", .0.display())]
    NoKey(PathBuf),
    /// An evaluation could not be made.
    #[error(transparent)]
    Evaluation(#[from] evaluation::Error),
    /// An evaluation was stopped before its end.
    #[error("the evaluation was stopped")]
    Stopped,
    /// The demo collection is needed and not there.
    #[error("the demo collection is not beside this program")]
    NoDemo,
    /// Nothing was named to index, and nothing is remembered.
    #[error("nothing to index: no path was named, and none is remembered")]
    NothingToIndex,
    /// A day is not `YYYY-MM-DD`.
    #[error("`{0}` is not a day")]
    BadDay(String),
    /// A value of a parameter is none that there is.
    #[error("`{parameter}` is `{value}`, which is none of: {allowed}")]
    BadParameter {
        /// The parameter.
        parameter: &'static str,
        /// What was given.
        value: String,
        /// What there is.
        allowed: String,
    },
    /// The ledger did not do what it was asked.
    #[error(transparent)]
    Review(#[from] review::Error),
    /// Who asks may not act for the institution.
    #[error("who asks may not act for this institution")]
    NotYours,
    /// A decision that cannot be meant.
    #[error("{0}")]
    BadDecision(String),
    /// Sources that a reply quotes have changed since.
    #[error("{} sources that the reply quotes have changed", .0.len())]
    SourcesChanged(Vec<ChangedSource>),
    /// Work of the service itself fell over.
    #[error("the work panicked")]
    Panicked,
    /// There is no query.
    #[error("the query is empty")]
    EmptyQuery,
    /// No such thing, or not for this institution.
    #[error("there is no such passage")]
    NotFound,
    /// A document cannot be taken in.
    #[error("`{}` cannot be taken in: {}", .0.file, .0.reason)]
    Unreadable(Note),
}

impl Error {
    /// A stable code, as in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Inquiry(inquiry::Error::EmptyInquiry) => "empty_inquiry",
            Self::Inquiry(inquiry::Error::TooLarge { .. }) => "too_large",
            Self::Inquiry(inquiry::Error::BadDay { .. }) | Self::BadDay(_) => "bad_day",
            Self::Inquiry(inquiry::Error::BadMail) => "bad_mail",
            Self::Inquiry(_) => "bad_json",
            Self::Index(error) | Self::Draft(draft::Error::Index(error)) => match error {
                index::Error::Missing { .. } => "index_missing",
                index::Error::Mismatch { .. } | index::Error::OtherModel { .. } => "index_mismatch",
                index::Error::Locked { .. } => "busy",
                _ => "internal",
            },
            Self::Draft(_) | Self::Panicked => "internal",
            Self::Embedding(_) => "bad_model",
            Self::Endpoint(_) => "bad_endpoint",
            Self::Sources(_) => "bad_sources",
            Self::Register { .. } => "bad_register",
            Self::File { .. } => "unreadable_file",
            Self::NoKey(_) => "bad_key",
            Self::Evaluation(_) => "bad_evaluation",
            Self::Stopped => "stopped",
            Self::NoDemo => "no_demo",
            Self::NothingToIndex => "nothing_to_index",
            Self::BadParameter { .. } => "bad_parameter",
            Self::Review(error) => error.code(),
            Self::NotYours => "not_yours",
            Self::BadDecision(_) => "bad_decision",
            Self::SourcesChanged(_) => "sources_changed",
            Self::EmptyQuery => "empty_query",
            Self::NotFound => "not_found",
            Self::Unreadable(_) => "unreadable_document",
        }
    }

    /// What the operator can do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Inquiry(error) => error.remedy().to_owned(),
            Self::Index(error) => error.remedy(),
            Self::Draft(error) => error.remedy(),
            Self::Embedding(error) => error.remedy(),
            Self::Endpoint(error) => error.remedy().to_owned(),
            Self::Sources(error) => error.remedy().to_owned(),
            Self::Register { source, .. } => source.remedy().to_owned(),
            Self::File { .. } => "check the path and its rights".to_owned(),
            Self::NoKey(_) => {
                "put the key of this ledger there again (32 bytes in base64), or set \
                               `privacy.key_file` or `privacy.key_variable`; without its key \
                               nobody can read a ledger"
                    .to_owned()
            }
            Self::Evaluation(error) => error.remedy().to_owned(),
            Self::Stopped => "start it again".to_owned(),
            Self::NoDemo => "run it from the repository, or index your own documents with \
                             `svarforslag index PATH…` and then `svarforslag serve`"
                .to_owned(),
            Self::NothingToIndex => "name folders or files: `svarforslag index PATH…`".to_owned(),
            Self::BadDay(_) => "write the day as YYYY-MM-DD".to_owned(),
            Self::BadParameter { .. } => "use one of the values that are listed".to_owned(),
            Self::Review(error) => error.remedy().to_owned(),
            Self::NotYours => {
                "give the person or the key the institution (docs/access.md), or ask for another"
                    .to_owned()
            }
            Self::BadDecision(_) => "mend what is named".to_owned(),
            Self::SourcesChanged(_) => "read the sources again, then decide".to_owned(),
            Self::Panicked => "look the id up in the log and report it".to_owned(),
            Self::EmptyQuery => "write some words to look for".to_owned(),
            Self::Unreadable(note) => note.remedy.clone(),
            Self::NotFound => {
                "look it up again: a passage gets a new id when its text changes".to_owned()
            }
        }
    }
}

/// What a lookup asks.
#[derive(Debug, Clone, Default)]
pub struct LookupQuery {
    /// The words.
    pub q: String,
    /// The institution, by any of its names.
    pub institution: Option<String>,
    /// The day, `YYYY-MM-DD`.
    pub day: Option<String>,
    /// A kind of source.
    pub kind: Option<String>,
    /// A system.
    pub system: Option<String>,
    /// How many passages.
    pub limit: Option<usize>,
}

/// A short answer from the sources.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShortAnswer {
    /// Sentences, verbatim; empty if nothing answers.
    pub text: String,
    /// Where they stand.
    pub citations: Vec<Citation>,
}

/// What a lookup found.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LookupAnswer {
    /// The words that were looked up.
    pub query: String,
    /// The institution by the register's name, where it is known.
    pub institution: Option<String>,
    /// The day on which sources must hold.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Whether the sources are invented for demonstration.
    pub demo: bool,
    /// Terms that stood in the query, explained.
    pub expanded: Vec<Meaning>,
    /// Words that stand in no source, and those that were searched for instead.
    pub did_you_mean: Vec<Correction>,
    /// What a reader must know about how the query was read.
    pub remarks: Vec<QueryRemark>,
    /// A short answer.
    pub answer: ShortAnswer,
    /// The passages, current ones first.
    pub hits: Vec<Hit>,
}

/// What a reader must know about how a query was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryRemark {
    /// It was too long: only its beginning was searched for.
    Shortened,
    /// It holds no word, number or code that could be searched for.
    NoWords,
    /// It holds only words that carry no weight in a search.
    OnlyStopWords,
}

impl QueryRemark {
    fn of(given: &str, searched: &str) -> Vec<Self> {
        let mut remarks = Vec::new();
        if searched.len() < given.trim().len() {
            remarks.push(Self::Shortened);
        }
        if tokens(searched).is_empty() {
            remarks.push(Self::NoWords);
        } else if content_stems(searched).is_empty() {
            remarks.push(Self::OnlyStopWords);
        }
        remarks
    }
}

/// One document in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DocumentEntry {
    /// Its id.
    pub document: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// The institution that owns it.
    pub institution: Option<String>,
    /// Whom it is written for.
    pub audience: Audience,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The first day on which it holds.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<Day>,
    /// The last day on which it holds.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Day>,
    /// What it replaces.
    pub supersedes: Vec<String>,
    /// How many passages it was cut into.
    pub passages: usize,
    /// What there is to know about its reading.
    pub notes: Vec<Note>,
}

/// One page of the list of documents.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DocumentPage {
    /// The documents, by id.
    pub documents: Vec<DocumentEntry>,
    /// Where the next page begins; missing on the last.
    pub next: Option<String>,
}

/// A passage with its neighbours.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PassageView {
    /// The passage.
    #[serde(flatten)]
    pub hit: Hit,
    /// The text before it in the same document.
    pub before: Option<String>,
    /// The text after it in the same document.
    pub after: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// What is ready.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// Documents in the index.
    pub documents: usize,
    /// Passages in the index.
    pub passages: usize,
    /// Whether they are invented for demonstration.
    pub demo: bool,
}

/// The service over one data directory.
#[derive(Debug)]
pub struct Service {
    config: Config,
    index: RwLock<Option<Arc<Index>>>,
    register: Option<Register>,
    extractor: Option<Extractor>,
    /// The embedding model, loaded when a search first needs it; none if the settings name none.
    encoder: OnceLock<Option<Encoder>>,
    /// The language model, if the settings name one.
    endpoint: Option<Arc<Endpoint>>,
    /// The key under which the values of a request are kept.
    key: MasterKey,
    /// Held by the one who changes the index of this service.
    writing: Mutex<()>,
}

impl Service {
    /// Opens the service; an index that is not there yet is opened when it is.
    pub fn open(config: Config) -> Result<Self, Error> {
        let index = match Index::open(&config.data) {
            Ok(index) => Some(Arc::new(index)),
            Err(index::Error::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let named = (!config.institutions.as_os_str().is_empty())
            .then(|| register(&config, &[], None))
            .transpose()?;
        let index = RwLock::new(index);
        let endpoint = config.endpoint.is_on();
        let endpoint = endpoint.then(|| Endpoint::open(&config.endpoint, &config.data));
        let endpoint = endpoint.transpose()?.map(Arc::new);
        let encoder = OnceLock::new();
        let key = config.privacy.key.clone().unwrap_or_else(MasterKey::of_this_run);
        let (register, extractor, writing) = (named, None, Mutex::new(()));
        Ok(Self { config, index, register, extractor, encoder, endpoint, key, writing })
    }

    /// The same service, which can read the attachments of mails too.
    #[must_use]
    pub fn with_extractor(self, extractor: Extractor) -> Self {
        Self { extractor: Some(extractor), ..self }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is ready, or why nothing is.
    pub fn readiness(&self) -> Result<Readiness, Error> {
        let snapshot = self.snapshot()?;
        let manifest = snapshot.manifest();
        Ok(Readiness {
            documents: manifest.documents.len(),
            passages: manifest.passages(),
            demo: manifest.collection.demo,
        })
    }

    /// Drafts a reply to an inquiry without a language model, and makes ready what one is asked.
    pub fn prepare(
        &self,
        inquiry: &Inquiry,
        asker: Asker,
        tell: &dyn Fn(Progress),
    ) -> Result<Prepared, Error> {
        self.prepare_with(inquiry, asker, Brief::default(), tell)
    }

    /// The same, with what is known of the draft before it is made.
    pub fn prepare_with(
        &self,
        inquiry: &Inquiry,
        asker: Asker,
        brief: Brief<'_>,
        tell: &dyn Fn(Progress),
    ) -> Result<Prepared, Error> {
        let started = Instant::now();
        tell(Progress::Reading);
        let snapshot = self.snapshot()?;
        let register = self.register(&snapshot);
        let named = inquiry.institution.as_deref().filter(|name| !name.trim().is_empty());
        let institution = institution_of(register, inquiry);
        // Before a word is read: the institution may be known by the sender's mail domain alone.
        allowed(&asker, institution.as_ref())?;
        let near = named.filter(|_| institution.is_none()).map(|name| register.near(name));
        let (day, day_from) = Self::day_of(&snapshot, inquiry);
        let scope = Scope::new(asker, institution, day);
        let reading = inquiry::read(inquiry);
        let read = started.elapsed();
        tell(Progress::Questions { n: reading.questions.len() });
        let case = Case {
            inquiry,
            reading: &reading,
            scope: &scope,
            day_from,
            near_names: near.as_deref(),
            brief,
        };
        let id = uuid::Uuid::now_v7().to_string();
        let means = self.means(&snapshot)?;
        let (composed, masked) = self.masking((inquiry, &reading), &id.clone(), || {
            draft::compose(&means, &case, &self.config.signer, id, tell)
        });
        let mut draft = composed?;
        let total = started.elapsed();
        let ms = |duration: std::time::Duration| (duration.as_secs_f64() * 1e6).round() / 1e3;
        draft.timings_ms.insert("reading".to_owned(), ms(read));
        draft.timings_ms.insert("drafting".to_owned(), ms(total.saturating_sub(read)));
        draft.timings_ms.insert("total".to_owned(), ms(total));
        tracing::info!(
            draft = %draft.id,
            asker = scope.asker().name(),
            questions = draft.questions.len(),
            sentences = draft.questions.iter().map(|answer| answer.sentences.len()).sum::<usize>(),
            ms = ms(total),
            "drafted"
        );
        Ok(Self::asked(draft, &case, &snapshot, masked, started))
    }

    /// Looks up a query.
    pub fn look_up(&self, query: &LookupQuery, asker: Asker) -> Result<LookupAnswer, Error> {
        let text: String = query.q.trim().chars().take(QUERY_CHARS_MAX).collect();
        if text.is_empty() {
            return Err(Error::EmptyQuery);
        }
        let remarks = QueryRemark::of(&query.q, &text);
        let snapshot = self.snapshot()?;
        let scope =
            self.scope(&snapshot, query.institution.as_deref(), query.day.as_deref(), asker)?;
        let narrowing = Narrowing {
            kinds: query.kind.as_deref().map(kind).transpose()?.into_iter().collect(),
            systems: query.system.as_deref().map(system).transpose()?.into_iter().collect(),
        };
        let limit = query.limit.unwrap_or(HITS_DEFAULT).clamp(1, HITS_MAX);
        let found = retrieval::look_up(&self.means(&snapshot)?, &scope, &text, &narrowing, limit)?;
        let citations = draft::short_answer(&text, &found);
        let answer = citations.iter().map(Citation::quote).collect::<Vec<_>>().join(" ");
        Ok(LookupAnswer {
            query: text,
            institution: scope.institution().map(|own| own.name().to_owned()),
            day: scope.day(),
            demo: snapshot.manifest().collection.demo,
            expanded: found.expanded,
            did_you_mean: found.did_you_mean,
            remarks,
            answer: ShortAnswer { text: answer, citations },
            hits: found.hits,
        })
    }

    /// One page of the documents that an institution may see.
    pub fn documents(
        &self,
        institution: Option<&str>,
        of_kind: Option<&str>,
        cursor: Option<&str>,
        asker: Asker,
    ) -> Result<DocumentPage, Error> {
        let snapshot = self.snapshot()?;
        let scope = self.scope(&snapshot, institution, None, asker)?;
        let wanted = of_kind.map(kind).transpose()?;
        let notes = &snapshot.manifest().notes;
        let mut documents: Vec<DocumentEntry> = snapshot
            .documents(&scope)
            .filter(|record| wanted.is_none_or(|kind| record.kind == kind))
            .filter(|record| cursor.is_none_or(|cursor| record.document.as_str() > cursor))
            .take(DOCUMENTS_PER_PAGE + 1)
            .map(|record| entry(record, notes))
            .collect();
        let more = documents.len() > DOCUMENTS_PER_PAGE;
        documents.truncate(DOCUMENTS_PER_PAGE);
        let next = documents.last().filter(|_| more).map(|last| last.document.clone());
        Ok(DocumentPage { documents, next })
    }

    /// A passage with its neighbours; one outside the scope does not exist.
    pub fn passage(
        &self,
        id: &str,
        institution: Option<&str>,
        day: Option<&str>,
        asker: Asker,
    ) -> Result<PassageView, Error> {
        let snapshot = self.snapshot()?;
        let scope = self.scope(&snapshot, institution, day, asker)?;
        let passage =
            snapshot.passage(&scope, &PassageId(id.to_owned()))?.ok_or(Error::NotFound)?;
        let place = passage.place;
        let siblings = snapshot.passages_of(&scope, &passage.document)?;
        let at = |ordinal: Option<u32>| {
            let found = siblings.iter().find(|other| Some(other.place.ordinal) == ordinal);
            found.map(|other| other.text.clone())
        };
        let (before, after) = (at(place.ordinal.checked_sub(1)), at(place.ordinal.checked_add(1)));
        let hit = retrieval::show(&snapshot, &scope, passage).ok_or(Error::NotFound)?;
        Ok(PassageView { hit, before, after, place })
    }

    /// The institutions by name.
    pub fn institution(&self, name: &str) -> Result<Option<Institution>, Error> {
        Ok(self.register(&*self.snapshot()?).find(name))
    }

    fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        let held = self.index.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(index) = held {
            return Ok(index.snapshot());
        }
        let index = Arc::new(Index::open(&self.config.data)?);
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&index));
        Ok(index.snapshot())
    }

    /// What a search is made with: words, and vectors where there are some.
    ///
    /// Fails if the vectors are another model's, or if the model cannot be loaded.
    fn means<'a>(&'a self, snapshot: &'a Snapshot) -> Result<Means<'a>, Error> {
        let settings = self.config.retrieval;
        let vectors = snapshot.vectors().ok().filter(|_| settings.mode != Mode::Words);
        let Some(vectors) = vectors else { return Ok(Means { snapshot, settings, encoder: None }) };
        let encoder = self.encoder()?;
        if let Some(encoder) = encoder.filter(|encoder| encoder.id != *vectors.model()) {
            return Err(Error::Index(index::Error::OtherModel {
                data: self.config.data.clone(),
                held: vectors.model().clone(),
                given: encoder.id.clone(),
            }));
        }
        Ok(Means { snapshot, settings, encoder })
    }

    /// The embedding model, loaded when it is first needed; none if the settings name none.
    fn encoder(&self) -> Result<Option<&Encoder>, Error> {
        if self.encoder.get().is_none() {
            let encoder = encode::encoder(&self.config, Pace::Full)?;
            let _ = self.encoder.set(encoder);
        }
        Ok(self.encoder.get().and_then(Option::as_ref))
    }

    /// Fails as the first search would, so that a service need not wait for one to say so.
    pub fn check(&self) -> Result<(), Error> {
        self.means(&*self.snapshot()?).map(drop)
    }

    fn register<'a>(&'a self, snapshot: &'a Snapshot) -> &'a Register {
        self.register.as_ref().unwrap_or(&snapshot.manifest().register)
    }

    fn scope(
        &self,
        snapshot: &Snapshot,
        institution: Option<&str>,
        day: Option<&str>,
        asker: Asker,
    ) -> Result<Scope, Error> {
        let institution = institution.and_then(|name| self.register(snapshot).find(name));
        let day = match day.map(str::trim).filter(|day| !day.is_empty()) {
            Some(text) => parse_day(text).ok_or_else(|| Error::BadDay(text.to_owned()))?,
            None => snapshot.manifest().collection.day.unwrap_or_else(clock::today),
        };
        allowed(&asker, institution.as_ref())?;
        Ok(Scope::new(asker, institution, day))
    }

    fn day_of(snapshot: &Snapshot, inquiry: &Inquiry) -> (Day, DayFrom) {
        if let Some(day) = inquiry.day {
            (day, DayFrom::Asked)
        } else if let Some(day) = inquiry.received {
            (day, DayFrom::Received)
        } else if let Some(day) = snapshot.manifest().collection.day {
            (day, DayFrom::Collection)
        } else {
            (clock::today(), DayFrom::Today)
        }
    }
}

/// The institution of an inquiry: the one that is named, else that of the sender's mail domain.
fn institution_of(register: &Register, inquiry: &Inquiry) -> Option<Institution> {
    match inquiry.institution.as_deref().filter(|name| !name.trim().is_empty()) {
        Some(name) => register.find(name),
        None => inquiry.from.as_deref().and_then(|from| register.find_by_mail(from)),
    }
}

fn allowed(asker: &Asker, institution: Option<&Institution>) -> Result<(), Error> {
    if asker.may_ask_for(institution) { Ok(()) } else { Err(Error::NotYours) }
}

fn entry(record: &Record, notes: &[Note]) -> DocumentEntry {
    DocumentEntry {
        document: record.document.clone(),
        title: record.title.clone(),
        kind: record.kind,
        institution: record.institution.clone(),
        audience: record.audience,
        owner: record.owner.clone(),
        version: record.version.clone(),
        valid_from: record.period.from,
        valid_to: record.period.until,
        supersedes: record.supersedes.clone(),
        passages: record.passages,
        notes: notes.iter().filter(|note| note.file == record.file).cloned().collect(),
    }
}

fn kind(value: &str) -> Result<Kind, Error> {
    Kind::parse(value).ok_or_else(|| Error::BadParameter {
        parameter: "kind",
        value: value.to_owned(),
        allowed: Kind::ALL.map(Kind::value).join(", "),
    })
}

fn system(value: &str) -> Result<System, Error> {
    System::find(value).ok_or_else(|| Error::BadParameter {
        parameter: "system",
        value: value.to_owned(),
        allowed: System::ALL.map(System::name).join(", "),
    })
}

/// Whether a path lies below the program's own demonstration collection.
pub fn is_demo(path: &Path) -> bool {
    let text = std::fs::read_to_string(path.join("collection.toml")).unwrap_or_default();
    text.parse::<toml::Table>().ok().and_then(|table| table.get("demo")?.as_bool()).unwrap_or(false)
}
