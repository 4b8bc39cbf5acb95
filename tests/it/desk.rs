//! A desk with documents on it: real files, a real index, the service over both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use svarforslag::config::Config;
use svarforslag::draft::{Draft, Outcome};
use svarforslag::index::Report;
use svarforslag::inquiry::Inquiry;
use svarforslag::passages::PassageId;
use svarforslag::retrieval::Hit;
use svarforslag::service::{self, Build, LookupAnswer, LookupQuery, Service};
use svarforslag::sources::{Extractor, Limits};
use svarforslag::terms::Asker;
use tempfile::TempDir;

/// The program itself.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_svarforslag");
/// The day of every inquiry that names none.
pub(crate) const DAY: &str = "2025-10-15";

/// A folder for one test, in memory where the machine has such a place.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.or_else(|_| TempDir::new()).unwrap()
}

/// The reader of risky formats, which is the program itself.
pub(crate) fn extractor() -> Extractor {
    Extractor { program: PathBuf::from(PROGRAM), limits: Limits::default() }
}

/// The same numbers for the same seed, on every machine.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    pub(crate) fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    pub(crate) fn some<'a>(&mut self, all: &[&'a str], count: usize) -> Vec<&'a str> {
        let mut left = all.to_vec();
        (0..count).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }
}

/// What will lie on the desk.
#[derive(Debug, Default)]
pub(crate) struct TestDesk {
    files: BTreeMap<String, Vec<u8>>,
}

impl TestDesk {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A drejebog of one institution, with a chapter of this text.
    pub(crate) fn drejebog(self, institution: &str, text: &str) -> Self {
        let head = format!("institution: {institution}");
        self.source("drejebog", &[&head], &format!("Drejebog for {institution}"), text)
    }

    /// A general user guide.
    pub(crate) fn guide(self, title: &str, text: &str) -> Self {
        self.source("brugervejledning", &[], title, text)
    }

    /// A Markdown source of any kind, with further lines of metadata.
    pub(crate) fn source(self, kind: &str, metadata: &[&str], title: &str, text: &str) -> Self {
        let path = format!("{kind}/{}.md", self.files.len() + 1);
        let metadata = metadata.join("\n");
        let text = format!(
            "---\ndokumenttype: {kind}\ntitel: {title}\n{metadata}\n---\n\n# {title}\n\n{text}\n"
        );
        self.file(&path, text.as_bytes())
    }

    /// A file as it stands.
    pub(crate) fn file(mut self, path: &str, bytes: &[u8]) -> Self {
        self.files.insert(path.to_owned(), bytes.to_owned());
        self
    }

    /// The register of institutions.
    pub(crate) fn register(self, toml: &str) -> Self {
        self.file("institutions.toml", toml.as_bytes())
    }

    /// Writes the files, indexes them, and opens the service.
    pub(crate) fn open(self) -> Desk {
        let desk = self.unindexed();
        desk.index(&[desk.documents()]).unwrap();
        desk
    }

    /// Writes the files only.
    pub(crate) fn unindexed(self) -> Desk {
        let folder = folder();
        let config = Config { data: folder.path().join("data"), ..Config::default() };
        let desk = Desk { service: Service::open(config).unwrap(), folder };
        std::fs::create_dir_all(desk.documents()).unwrap();
        for (path, bytes) in &self.files {
            desk.write(path, bytes);
        }
        desk
    }
}

/// A desk that is open.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) service: Service,
    folder: TempDir,
}

impl Desk {
    /// Where the documents lie.
    pub(crate) fn documents(&self) -> PathBuf {
        self.folder.path().join("documents")
    }

    /// Where the index lies.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Puts a document in its place.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.documents().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Takes a document away.
    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.documents().join(path)).unwrap();
    }

    /// Makes the index hold exactly what the paths hold.
    pub(crate) fn index(&self, paths: &[PathBuf]) -> Result<Report, service::Error> {
        self.build(&Build { paths: paths.to_vec(), add: false })
    }

    /// Makes the index hold what the build says.
    pub(crate) fn build(&self, build: &Build) -> Result<Report, service::Error> {
        service::build(self.service.config(), &extractor(), build, &|_| {})
    }

    /// Drafts a reply to a mail of an institution.
    pub(crate) fn suggest(&self, institution: &str, body: &str) -> Answered {
        self.suggest_on(DAY, institution, body)
    }

    /// Drafts a reply on another day.
    pub(crate) fn suggest_on(&self, day: &str, institution: &str, body: &str) -> Answered {
        let mut inquiry = Inquiry::from_text(body).unwrap();
        inquiry.institution = Some(institution.to_owned()).filter(|name| !name.is_empty());
        inquiry.day = svarforslag::terms::parse_day(day);
        self.reply_to(&inquiry)
    }

    /// Drafts a reply to an inquiry.
    pub(crate) fn reply_to(&self, inquiry: &Inquiry) -> Answered {
        Answered { draft: self.service.suggest(inquiry, Asker::operator()).unwrap() }
    }

    /// Looks something up for an institution; an empty name is none.
    pub(crate) fn look_up(&self, institution: &str, q: &str) -> LookupAnswer {
        let query = LookupQuery {
            q: q.to_owned(),
            institution: Some(institution.to_owned()).filter(|name| !name.is_empty()),
            day: Some(DAY.to_owned()),
            limit: Some(service::HITS_MAX),
            ..LookupQuery::default()
        };
        self.service.look_up(&query, Asker::operator()).unwrap()
    }
}

/// A draft, as tests ask about it.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) draft: Draft,
}

impl Answered {
    /// The draft as callers have it.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::to_value(&self.draft).unwrap()
    }

    /// What became of question `n`.
    #[track_caller]
    pub(crate) fn outcome(&self, n: usize) -> Outcome {
        self.draft.questions.iter().find(|answer| answer.n == n).expect("the question").outcome
    }

    /// The sources that the sentences of the reply cite.
    pub(crate) fn cited(&self) -> Vec<&Hit> {
        let sentences = self.draft.questions.iter().flat_map(|answer| &answer.sentences);
        let ids = sentences.flat_map(|sentence| sentence.citations());
        let hit = |id: &PassageId| self.draft.evidence.iter().find(|hit| hit.passage_id == *id);
        ids.map(|citation| hit(citation.passage_id()).expect("what is cited is shown")).collect()
    }

    /// The titles of what is cited, in order, each once.
    pub(crate) fn cited_titles(&self) -> Vec<&str> {
        let mut titles: Vec<&str> = self.cited().iter().map(|hit| hit.title.as_str()).collect();
        titles.dedup();
        titles
    }

    /// The draft cites something, and what it cites belongs to this institution or to nobody.
    #[track_caller]
    pub(crate) fn cites_only(&self, institution: &str) -> &Self {
        assert!(!self.cited().is_empty(), "nothing is cited: {}", self.draft.reply);
        for hit in &self.draft.evidence {
            assert!(
                hit.institution.as_deref().is_none_or(|owner| owner == institution),
                "{institution} is shown {hit:?}"
            );
        }
        self
    }

    /// The check of that code.
    #[track_caller]
    pub(crate) fn check(&self, code: &str) -> &svarforslag::draft::Check {
        self.draft.checks.iter().find(|check| check.code == code).expect("the check")
    }
}

/// A number that a variable of the tests holds.
#[expect(clippy::disallowed_methods, reason = "the variables of the tests are no settings")]
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}
