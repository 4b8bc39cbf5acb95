//! What comes into and goes out of the index of a running service: approved replies, standardsvar,
//! documents that are withdrawn.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::index::{self, Record, SentenceEncoding, Writer};
use crate::inquiry::{self, Inquiry};
use crate::retrieval::{Encoder, sentence_texts};
use crate::service::build::Build;
use crate::service::build::build;
use crate::service::library::{CITES, Library, Withdrawal, file_name, metadata};
use crate::service::shelving::{CaughtUp, Changed, change, reconcile};
use crate::service::{Error, Service, clock};
use crate::sources::{self, Extractor, Harvest, LIBRARY, mask_case, shelved_path};
use crate::terms::{Asker, Day};

/// How long a change waits for an index run of another process to end.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How often it looks whether that has ended.
const POLL: Duration = Duration::from_millis(20);
/// Characters of a past case's title.
const TITLE_CHARS_MAX: usize = 160;
/// What means something in Markdown and is to be read as it stands.
const MARKS: &str = "\\`*_<>[]&#|~=";

/// An approved reply, which becomes a past case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnedCase {
    /// By which the ledger knows it.
    pub id: String,
    /// The institution that asked; a reply to nobody is nobody's past case.
    pub institution: Option<String>,
    /// What was asked.
    pub asked: String,
    /// What was answered, as it was approved.
    pub answered: String,
    /// The day on which it was approved.
    pub approved: Day,
    /// The passages that the reply cites.
    pub cites: Vec<String>,
}

/// A reply that an owner has accepted for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedStandardsvar {
    /// By which the ledger knows it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// The institution that it is kept to; none lets every institution see it.
    pub institution: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The area.
    pub area: Option<String>,
    /// The first day on which it holds.
    pub valid_from: Day,
    /// The last day on which it holds.
    pub valid_to: Option<Day>,
    /// The passages that it cites.
    pub cites: Vec<String>,
}

/// What became of what was to be learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// It is found by the next search.
    Taken {
        /// The document that it has become.
        document: String,
    },
    /// It was there already, word for word.
    Unchanged {
        /// The document.
        document: String,
    },
    /// It is kept, and found once the index can be written: [`Service::catch_up`] takes it in.
    Waiting {
        /// The document that it becomes.
        document: String,
    },
    /// It names no institution whose past case it could be.
    WithoutInstitution,
    /// Nothing of it is text that could be found.
    WithoutText,
}

/// A document that has been withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Withdrawn {
    /// The document.
    pub document: String,
    /// Whether it can be restored; what lay in the library is gone.
    pub can_be_restored: bool,
}

/// A document that has been restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Restored {
    /// The document.
    pub document: String,
    /// Passages that it was cut into.
    pub passages: usize,
}

/// The document that a learned case becomes.
pub fn case_document(id: &str) -> String {
    let name = file_name(id);
    format!("{LIBRARY}/cases/{name}.jsonl#{name}")
}

/// The document that an accepted standardsvar becomes.
pub fn standardsvar_document(id: &str) -> String {
    format!("{LIBRARY}/standardsvar/{}.md", file_name(id))
}

impl Service {
    /// Makes a past case of an approved reply, masked for good, which only its institution sees.
    pub fn learn(&self, case: &LearnedCase) -> Result<Learned, Error> {
        let named = case.institution.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let Some(institution) = named else { return Ok(Learned::WithoutInstitution) };
        let answered = mask_case(&case.answered);
        if !answered.chars().any(char::is_alphanumeric) {
            return Ok(Learned::WithoutText);
        }
        let number = file_name(&case.id);
        let line = serde_json::json!({
            "sagsnummer": number,
            "institution": self.owner_named(institution),
            "titel": title_of(&case.asked),
            "svar": answered,
            "godkendt": true,
            "godkendt_dato": case.approved.to_string(),
            CITES: case.cites,
        });
        let file = format!("{LIBRARY}/cases/{number}.jsonl");
        self.keep(&file, format!("{line}\n").as_bytes(), case_document(&case.id))
    }

    /// Makes a source of an accepted standardsvar, masked for good.
    pub fn publish_standardsvar(&self, accepted: &AcceptedStandardsvar) -> Result<Learned, Error> {
        let text = mask_case(&accepted.text);
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(Learned::WithoutText);
        }
        let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
        let institution = accepted.institution.as_deref().map(|name| self.owner_named(name));
        let front = metadata(&[
            ("dokumenttype", vec!["standardsvar".to_owned()]),
            ("titel", vec![mask_case(&accepted.title)]),
            ("institution", institution.into_iter().collect()),
            ("gyldig_fra", vec![accepted.valid_from.to_string()]),
            ("gyldig_til", accepted.valid_to.iter().map(ToString::to_string).collect()),
            ("ejer", one(&accepted.owner)),
            ("omraade", one(&accepted.area)),
            (CITES, accepted.cites.clone()),
        ]);
        let document = standardsvar_document(&accepted.id);
        let content = format!("---\n{front}---\n\n{}\n", markdown(&text));
        self.keep(&document, content.as_bytes(), document.clone())
    }

    /// Takes a document out of every search at once.
    ///
    /// One that lies in the library is removed for good; one whose file belongs to others is put on
    /// a list that every index run honours, until it is restored. One that the institution may not
    /// see does not exist.
    pub fn withdraw(
        &self,
        document: &str,
        institution: Option<&str>,
        by: &Asker,
    ) -> Result<Withdrawn, Error> {
        let snapshot = self.snapshot()?;
        let scope = self.scope(&snapshot, institution, None, by.clone())?;
        let record = snapshot.documents(&scope).find(|record| record.document == document);
        let record = record.ok_or(Error::NotFound)?.clone();
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (restorable, _) = self.remove(&[record], by)?;
        let can_be_restored = restorable.contains(document);
        Ok(Withdrawn { document: document.to_owned(), can_be_restored })
    }

    /// Removes documents of the library for good, whoever owns them, and leaves nothing of them in
    /// the index's files: what the ledger purges. How many there were.
    pub fn forget(&self, documents: &[String]) -> Result<usize, Error> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = self.snapshot()?;
        let library = self.library();
        let is_shelved = |file: &str| shelved_path(library.folder(), file).is_some();
        let held = documents.iter().filter_map(|id| snapshot.manifest().documents.get(id));
        let records: Vec<Record> = held.filter(|it| is_shelved(&it.file)).cloned().collect();
        drop(snapshot);
        let (_, removed) = self.remove(&records, &Asker::operator())?;
        // What still waits to be taken in is forgotten too.
        for document in documents {
            library.remove(document.split('#').next().unwrap_or(document))?;
        }
        Ok(removed)
    }

    /// Lets a document be found again whose file belongs to others.
    pub fn restore(
        &self,
        document: &str,
        institution: Option<&str>,
        by: &Asker,
    ) -> Result<Restored, Error> {
        let snapshot = self.snapshot()?;
        let scope = self.scope(&snapshot, institution, None, by.clone())?;
        let library = self.library();
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut withdrawn = library.withdrawn()?;
        let held = withdrawn.get(document).cloned();
        let held = held.filter(|held| scope.admits(held.institution.as_deref()));
        let held = held.ok_or(Error::NotFound)?;
        let roots = snapshot.manifest().roots.clone();
        drop(snapshot);
        let known = |file: &str, _: &str| file != held.file;
        let (folder, extractor) = (library.folder(), self.reader());
        let mut harvest =
            sources::collect_beside(Some(folder), &roots, &known, &extractor, &|_| {})?;
        let writer = self.writer()?;
        withdrawn.remove(document);
        library.keep_withdrawn(&withdrawn)?;
        harvest.documents.retain(|one| one.file == held.file && !withdrawn.contains_key(&one.id));
        harvest.notes.retain(|note| note.file == held.file || note.file == document);
        let Changed::Made(manifest) = self.change(writer, harvest, BTreeSet::new())? else {
            return Err(Error::NotFound);
        };
        let record = manifest.documents.get(document).ok_or(Error::NotFound)?;
        Ok(Restored { document: document.to_owned(), passages: record.passages })
    }

    /// The documents that have been withdrawn and can be restored, as far as an institution may
    /// see them.
    pub fn withdrawn(
        &self,
        institution: Option<&str>,
        by: &Asker,
    ) -> Result<Vec<Withdrawal>, Error> {
        let snapshot = self.snapshot()?;
        let scope = self.scope(&snapshot, institution, None, by.clone())?;
        let all = self.library().withdrawn()?.into_values();
        Ok(all.filter(|one| scope.admits(one.institution.as_deref())).collect())
    }

    /// Lets the index hold what the library holds, when it is started, and after another run has
    /// held the index for long: files that the index lacks are taken in, and documents whose files
    /// are gone, or that have been withdrawn, go.
    ///
    /// An index that has been lost is made again from the folders that were indexed last.
    pub fn catch_up(&self) -> Result<CaughtUp, Error> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let library = self.library();
        library.sweep();
        let missing = index::remembered_roots(&self.config.data).is_empty();
        let mut caught = CaughtUp::default();
        if missing && self.snapshot().is_err() && !library.state()?.roots.is_empty() {
            let report = build(&self.config, &self.reader(), &Build::default(), &|_| {})?;
            caught.notes = report.notes;
            caught.taken_in = self.snapshot()?.manifest().documents.keys().cloned().collect();
        }
        let encoder = self.encoder_or_none();
        let now = reconcile(&self.config, &self.reader(), encoder)?;
        self.refresh();
        if !now.removed.is_empty() {
            self.scrub()?;
        }
        caught.taken_in.extend(now.taken_in);
        caught.removed.extend(now.removed);
        caught.notes.extend(now.notes);
        Ok(caught)
    }

    /// Up to which event of the ledger the library holds what was learned.
    pub fn applied(&self) -> Result<u64, Error> {
        Ok(self.library().state()?.applied)
    }

    /// Says up to which event of the ledger the library holds what was learned; what was learned
    /// before is on the disk by then.
    pub fn set_applied(&self, event: u64) -> Result<(), Error> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let library = self.library();
        let mut state = library.state()?;
        if state.applied != event {
            state.applied = event;
            library.keep_state(&state)?;
        }
        Ok(())
    }

    /// Takes what has been deleted out of the files of the index too, and the vectors of sentences
    /// that stand nowhere any more.
    pub fn scrub(&self) -> Result<(), Error> {
        index::scrub(&self.config.data)?;
        if let Some(encoder) = self.encoder_or_none() {
            let stale = SentenceEncoding::begin(&self.config.data, &encoder.id, &sentence_texts)?;
            stale.map(|held| held.save()).transpose()?;
        }
        self.refresh();
        Ok(())
    }

    pub(crate) fn library(&self) -> Library {
        Library::of(&self.config.data)
    }

    /// The reader of files; without one of its own, of the formats that need none.
    pub(crate) fn reader(&self) -> Extractor {
        let none = || Extractor { program: "".into(), limits: sources::Limits::default() };
        self.extractor.clone().unwrap_or_else(none)
    }

    /// An institution by the register's name, or by its own where the register does not know it.
    pub(crate) fn owner_named(&self, name: &str) -> String {
        let known = self.institution(name).ok().flatten();
        known.map_or_else(|| name.trim().to_owned(), |known| known.name().to_owned())
    }

    /// The index, held for a change; another process is waited for, but not for long.
    pub(crate) fn writer(&self) -> Result<Writer, Error> {
        let started = Instant::now();
        loop {
            match Writer::begin(&self.config.data) {
                Err(index::Error::Locked { .. }) if started.elapsed() < PATIENCE => {
                    std::thread::sleep(POLL);
                }
                other => return Ok(other?),
            }
        }
    }

    /// Makes a change and shows it to the next search. Files that are indexed as they are, and
    /// documents that have been withdrawn, are no change.
    pub(crate) fn change(
        &self,
        writer: Writer,
        harvest: Harvest,
        gone: BTreeSet<String>,
    ) -> Result<Changed, Error> {
        let encoder = self.encoder_or_none();
        let changed = change(&self.config, writer, (harvest, gone), encoder)?;
        self.refresh();
        Ok(changed)
    }

    /// Keeps a file for good, and takes it into the index if that can be written.
    fn keep(&self, file: &str, bytes: &[u8], document: String) -> Result<Learned, Error> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let library = self.library();
        if let Ok(snapshot) = self.snapshot() {
            library.mark(&snapshot.manifest().collection)?;
        }
        library.keep(file, bytes, None)?;
        let harvest = sources::collect_shelved(library.folder(), &[file], &self.reader())?;
        let made = self.writer().and_then(|writer| self.change(writer, harvest, BTreeSet::new()));
        match made {
            Ok(Changed::Made(_)) => Ok(Learned::Taken { document }),
            Ok(Changed::Nothing) => Ok(Learned::Unchanged { document }),
            Err(Error::Index(error)) if waits(&error) => {
                tracing::warn!(document, %error, "kept, and taken in later");
                Ok(Learned::Waiting { document })
            }
            Err(error) => Err(error),
        }
    }

    /// Removes documents; those that can be restored, and how many there were.
    fn remove(&self, records: &[Record], by: &Asker) -> Result<(BTreeSet<String>, usize), Error> {
        if records.is_empty() {
            return Ok((BTreeSet::new(), 0));
        }
        let library = self.library();
        let writer = self.writer()?;
        let held = writer.manifest().map(|held| held.documents.clone()).unwrap_or_default();
        let gone: BTreeSet<String> = records.iter().map(|it| it.document.clone()).collect();
        let mut withdrawn = library.withdrawn()?;
        let before = withdrawn.clone();
        let mut files = BTreeSet::new();
        for record in records {
            let shelved = shelved_path(library.folder(), &record.file).is_some();
            let others = held.values().filter(|other| other.file == record.file);
            let is_last = others.into_iter().all(|other| gone.contains(&other.document));
            if shelved && is_last {
                files.insert(record.file.as_str());
            } else {
                let withdrawal = withdrawal(record, by);
                withdrawn.insert(record.document.clone(), withdrawal);
            }
        }
        // The list first: a document that is on it and still found is gone after the next start.
        if withdrawn != before {
            library.keep_withdrawn(&withdrawn)?;
        }
        files.iter().try_for_each(|file| library.remove(file))?;
        let restorable = gone.iter().filter(|id| withdrawn.contains_key(*id)).cloned().collect();
        self.change(writer, Harvest::default(), gone)?;
        if let Err(error) = self.scrub() {
            tracing::warn!(%error, "no search finds it, but the index's files hold it still");
        }
        Ok((restorable, records.len()))
    }

    fn encoder_or_none(&self) -> Option<&Encoder> {
        self.encoder().unwrap_or_else(|error| {
            tracing::error!(%error, remedy = error.remedy(), "no vectors are made");
            None
        })
    }

    /// Opens the index anew, so that the next search need not.
    fn refresh(&self) {
        if let Ok(snapshot) = self.snapshot() {
            drop(snapshot);
            let held = self.index.read().unwrap_or_else(PoisonError::into_inner).clone();
            held.map(|index| index.refresh());
        }
    }
}

/// Whether what is kept can be taken in later.
fn waits(error: &index::Error) -> bool {
    matches!(error, index::Error::Locked { .. } | index::Error::Mismatch { .. })
}

fn withdrawal(record: &Record, by: &Asker) -> Withdrawal {
    Withdrawal {
        document: record.document.clone(),
        file: record.file.clone(),
        hash: record.hash.clone(),
        title: record.title.clone(),
        institution: record.institution.clone(),
        at: clock::now(),
        by: by.name().to_owned(),
    }
}

/// What was asked, on one line and without personal data, by which people know the case.
fn title_of(asked: &str) -> String {
    let inquiry = Inquiry { body: mask_case(asked), ..Inquiry::default() };
    let questions = inquiry::read(&inquiry).questions;
    let texts: Vec<&str> = questions.iter().map(|question| question.text.trim()).collect();
    let title = texts.join(" ");
    let Some((end, _)) = title.char_indices().nth(TITLE_CHARS_MAX) else { return title };
    let short = title.get(..end).unwrap_or_default();
    let whole = short.rsplit_once(' ').map_or(short, |(words, _)| words);
    format!("{whole} …")
}

/// A text as Markdown that is read as it stands, its lists as lists.
fn markdown(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        for letter in line.chars() {
            if MARKS.contains(letter) {
                written.push('\\');
            }
            written.push(letter);
        }
        written.push('\n');
    }
    written
}
