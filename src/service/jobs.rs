//! Evaluations in the background: one at a time, each with a file that says how it stands.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::evaluation::Report;
use crate::index::write_whole;
use crate::service::{Error, Service, Trial};

/// The folder in the data directory.
const FOLDER: &str = "evaluations";
/// Evaluations that are kept once they have ended; the oldest goes first.
pub const KEPT_MAX: usize = 20;

/// How an evaluation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EvaluationState)]
pub enum State {
    /// It is being made.
    Running,
    /// It has a report.
    Done,
    /// It could not be made.
    Failed,
    /// The program was stopped before its end.
    Interrupted,
}

/// Why an evaluation failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A stable code, as in `docs/errors.md`.
    pub code: String,
    /// What is wrong with the gold set, where that is the reason.
    pub detail: Option<String>,
}

/// An evaluation that was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: State,
    /// Inquiries that have been drafted and judged.
    pub done: usize,
    /// Inquiries in all.
    pub of: usize,
    /// The institutions for which it drafts; unknown of one begun before anybody signed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institutions: Option<BTreeSet<String>>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Trouble>,
    /// What it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

impl Job {
    fn ended(&self, state: State) -> Self {
        Self { state, problem: None, report: None, ..self.clone() }
    }
}

/// The evaluations of one data directory.
#[derive(Debug)]
pub struct Jobs {
    folder: PathBuf,
    seats: Arc<Semaphore>,
    latest: Mutex<Option<watch::Receiver<Job>>>,
    stop: CancellationToken,
}

/// The right to evaluate, which one holds at a time.
#[derive(Debug)]
pub struct Seat {
    _permit: OwnedSemaphorePermit,
}

impl Jobs {
    /// The evaluations that are kept; those that an earlier program left behind are interrupted.
    ///
    /// What runs when `stop` is cancelled is interrupted, too.
    pub fn open(data: &Path, stop: CancellationToken) -> Self {
        let seats = Arc::new(Semaphore::new(1));
        let jobs = Self { folder: data.join(FOLDER), seats, latest: Mutex::default(), stop };
        for id in jobs.ids() {
            let left = jobs.read(&id).map(|job| (job.state == State::Running).then_some(job));
            let told = left.and_then(|job| match job {
                Some(job) => jobs.write(&job.ended(State::Interrupted)),
                None => Ok(()),
            });
            if told.is_err() {
                tracing::warn!(evaluation = %id, "the file of an evaluation cannot be used");
            }
        }
        jobs.prune();
        jobs
    }

    /// The seat, unless an evaluation holds it.
    pub fn seat(&self) -> Option<Seat> {
        let permit = Arc::clone(&self.seats).try_acquire_owned().ok()?;
        Some(Seat { _permit: permit })
    }

    /// Waits until no evaluation runs.
    pub async fn ended(&self) {
        let _ = self.seats.acquire().await;
    }

    /// Writes down that an evaluation begins.
    pub fn begin(
        self: &Arc<Self>,
        trial: Trial,
        institutions: BTreeSet<String>,
        seat: Seat,
    ) -> Result<Running, Error> {
        let job = Job {
            id: Uuid::now_v7().to_string(),
            state: State::Running,
            done: 0,
            of: trial.gold.inquiries.len(),
            institutions: Some(institutions),
            problem: None,
            report: None,
        };
        std::fs::create_dir_all(&self.folder)
            .map_err(|source| Error::File { path: self.folder.clone(), source })?;
        self.write(&job)?;
        let (told, watched) = watch::channel(job);
        *self.latest() = Some(watched);
        Ok(Running { jobs: Arc::clone(self), trial, told, _seat: seat })
    }

    /// How an evaluation stands.
    pub fn find(&self, id: &str) -> Result<Job, Error> {
        let id = known(id).ok_or(Error::NotFound)?;
        let latest = self.latest().as_ref().map(|watched| watched.borrow().clone());
        match latest {
            // How far it has come, and a report that could not be kept, stand in no file.
            Some(job) if job.id == id && job.state != State::Done => Ok(job),
            _ => self.read(&id),
        }
    }

    fn latest(&self) -> MutexGuard<'_, Option<watch::Receiver<Job>>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn read(&self, id: &str) -> Result<Job, Error> {
        let path = self.path(id);
        let bytes = match std::fs::read(&path) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NotFound);
            }
            Err(source) => return Err(Error::File { path, source }),
            Ok(bytes) => bytes,
        };
        // What the reader says of a broken file may hold its text.
        serde_json::from_slice(&bytes)
            .map_err(|_| Error::File { path, source: std::io::ErrorKind::InvalidData.into() })
    }

    fn write(&self, job: &Job) -> Result<(), Error> {
        let path = self.path(&job.id);
        match serde_json::to_vec(job) {
            Ok(bytes) => Ok(write_whole(&path, &bytes)?),
            Err(error) => Err(Error::File { path, source: error.into() }),
        }
    }

    /// The ids of all files; they sort by the time at which the evaluations began.
    fn ids(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let id = |name: &str| known(name.strip_suffix(".json")?);
        entries.filter_map(|entry| id(entry.file_name().to_str()?)).collect()
    }

    fn prune(&self) {
        let ids = self.ids();
        for id in ids.iter().take(ids.len().saturating_sub(KEPT_MAX)) {
            if std::fs::remove_file(self.path(id)).is_err() {
                tracing::warn!(evaluation = %id, "an old evaluation cannot be removed");
            }
        }
    }
}

/// An id in the one form in which it is given out; no other text becomes part of a path.
fn known(id: &str) -> Option<String> {
    let uuid = Uuid::try_parse(id).ok().filter(|uuid| uuid.get_version_num() == 7)?;
    Some(uuid.to_string()).filter(|own| own == id)
}

/// An evaluation that runs; dropped before its end, it has failed.
#[derive(Debug)]
pub struct Running {
    jobs: Arc<Jobs>,
    trial: Trial,
    told: watch::Sender<Job>,
    // The last field: the seat is free when all else is written.
    _seat: Seat,
}

impl Running {
    /// Tells how it stands, now and later.
    pub fn watch(&self) -> watch::Receiver<Job> {
        self.told.subscribe()
    }

    /// Makes the evaluation; this takes as long as it takes.
    pub fn run(self, service: &Service) {
        let started = Instant::now();
        let made = service.evaluate(&self.trial, &|done, of| {
            self.told.send_modify(|job| (job.done, job.of) = (done, of));
            if self.jobs.stop.is_cancelled() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        let (state, problem, report) = match made {
            Ok(evaluated) => (State::Done, None, Some(evaluated.report)),
            Err(Error::Stopped) => (State::Interrupted, None, None),
            Err(error) => (State::Failed, Some(trouble(&self.told.borrow().id, &error)), None),
        };
        let seconds = started.elapsed().as_secs_f64();
        let job = self.told.borrow().ended(state);
        tracing::info!(evaluation = %job.id, ?state, inquiries = job.done, seconds, "evaluated");
        self.end(Job { problem, report, ..job });
    }

    fn end(&self, job: Job) {
        let shown = match self.jobs.write(&job) {
            Ok(()) => Job { report: None, ..job },
            Err(error) => {
                let problem = Some(trouble(&job.id, &error));
                Job { problem, ..job.ended(State::Failed) }
            }
        };
        self.told.send_replace(shown);
        self.jobs.prune();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let job = self.told.borrow().clone();
        if job.state == State::Running {
            tracing::error!(evaluation = %job.id, "an evaluation ended without a result");
            let problem = Some(Trouble { code: "internal".to_owned(), detail: None });
            self.end(Job { problem, ..job.ended(State::Failed) });
        }
    }
}

/// What is told of a failure; its cause is logged, unless it holds words of the gold set.
fn trouble(id: &str, error: &Error) -> Trouble {
    let detail = match error {
        Error::Evaluation(error) => Some(error.to_string()),
        _ => None,
    };
    let cause = detail.is_none().then(|| error.to_string());
    tracing::error!(evaluation = %id, code = error.code(), cause, "an evaluation failed");
    Trouble { code: error.code().to_owned(), detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Gold;
    use crate::service::Mail;
    use crate::terms::Asker;

    fn trial() -> Trial {
        Trial {
            gold: Gold::default(),
            name: "test".to_owned(),
            asker: Asker::caller(),
            mail: Mail::AsWritten,
        }
    }

    fn jobs(data: &Path) -> Arc<Jobs> {
        Arc::new(Jobs::open(data, CancellationToken::new()))
    }

    #[test]
    fn only_an_id_in_its_own_form_is_known() {
        let id = Uuid::now_v7().to_string();
        assert_eq!(known(&id), Some(id.clone()));
        for other in [
            id.to_uppercase(),
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("../{id}"),
            format!("{id}/"),
            Uuid::nil().to_string(),
            String::new(),
        ] {
            assert_eq!(known(&other), None, "{other}");
        }
    }

    #[test]
    fn one_evaluation_holds_the_seat_until_it_has_ended() {
        let data = tempfile::tempdir().unwrap();
        let jobs = jobs(data.path());
        let running = jobs.begin(trial(), BTreeSet::new(), jobs.seat().unwrap()).unwrap();
        assert!(jobs.seat().is_none());
        drop(running);
        assert!(jobs.seat().is_some());
    }

    #[test]
    fn an_evaluation_that_is_dropped_has_failed_and_says_so_in_its_file() {
        let data = tempfile::tempdir().unwrap();
        let jobs = jobs(data.path());
        let running = jobs.begin(trial(), BTreeSet::new(), jobs.seat().unwrap()).unwrap();
        let id = running.watch().borrow().id.clone();
        assert_eq!(jobs.read(&id).unwrap().state, State::Running);
        drop(running);
        for job in [jobs.find(&id).unwrap(), jobs.read(&id).unwrap()] {
            assert_eq!(job.state, State::Failed);
            assert_eq!(job.problem.unwrap().code, "internal");
        }
    }

    #[test]
    fn what_a_killed_program_left_behind_is_interrupted() {
        let data = tempfile::tempdir().unwrap();
        let killed = jobs(data.path());
        let running = killed.begin(trial(), BTreeSet::new(), killed.seat().unwrap()).unwrap();
        let id = running.watch().borrow().id.clone();
        std::fs::write(killed.folder.join("notes.json"), "{}").unwrap();
        std::fs::write(killed.path(&Uuid::now_v7().to_string()), "{\"id\":").unwrap();
        let next = jobs(data.path());
        assert_eq!(next.find(&id).unwrap().state, State::Interrupted);
        assert_eq!(next.ids().len(), 2);
        assert!(next.folder.join("notes.json").is_file());
    }

    #[test]
    fn the_oldest_evaluations_go_first() {
        let data = tempfile::tempdir().unwrap();
        let jobs = jobs(data.path());
        let mut all = Vec::new();
        for _ in 0..KEPT_MAX + 3 {
            let running = jobs.begin(trial(), BTreeSet::new(), jobs.seat().unwrap()).unwrap();
            all.push(running.watch().borrow().id.clone());
        }
        assert_eq!(jobs.ids().into_iter().collect::<Vec<_>>(), all[3..]);
        assert!(matches!(jobs.find(&all[0]), Err(Error::NotFound)));
    }
}
