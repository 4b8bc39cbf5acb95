//! What is learnt of decisions: an approved reply becomes a past case, in the order of the ledger.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::review::{Lesson, State, Teaching, Whole};
use crate::service::casework::Review;
use crate::service::casework::kept::{passes, words_of};
use crate::service::live::{Learned, LearnedCase, case_document};
use crate::service::{Error, Service};
use crate::terms::parse_day;

/// Lessons that are looked up at once.
const AT_ONCE: i64 = 64;

/// How often it is looked whether there is something to be learnt.
const PAUSE: Duration = Duration::from_secs(1);

/// What is to be done with the index.
type Work = Box<dyn FnOnce(&Service) -> Result<(), Error> + Send>;

impl Review {
    /// Teaches the index what the ledger decides, from where it was left, until it is told to stop.
    ///
    /// The ledger is the truth: an index that was lost, or that missed the end of the last run,
    /// catches up here.
    pub async fn learn(self: Arc<Self>, stop: CancellationToken) {
        let service = Arc::clone(&self.service);
        let caught = tokio::task::spawn_blocking(move || service.catch_up().map(drop)).await;
        if let Ok(Err(error)) = caught {
            tracing::warn!(code = error.code(), "the library could not be compared with the index");
        }
        while !stop.is_cancelled() {
            if let Err(error) = self.learn_all(&stop).await {
                tracing::warn!(code = error.code(), "what was decided is not learnt yet");
                // Whoever holds the index lets it go; meanwhile nothing is lost.
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.taught.notified() => {}
                // What another node or a command decided tells nobody here.
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn learn_all(&self, stop: &CancellationToken) -> Result<(), Error> {
        loop {
            let applied = self.service.applied()?;
            let behind = i64::try_from(applied).unwrap_or(i64::MAX);
            let lessons = self.ledger.lessons(behind, AT_ONCE).await?;
            if lessons.is_empty() || stop.is_cancelled() {
                return Ok(());
            }
            for lesson in lessons {
                let seq = u64::try_from(lesson.seq).unwrap_or_default();
                match self.take_lesson(lesson).await {
                    Err(error) if passes(&error) => return Err(error),
                    Err(error) => {
                        // One reply that cannot be learnt keeps none of the others back.
                        let code = error.code();
                        tracing::error!(
                            seq,
                            code,
                            "a decision could not be learnt, and is passed over"
                        );
                    }
                    Ok(()) => {}
                }
                self.service.set_applied(seq)?;
            }
        }
    }

    async fn take_lesson(&self, lesson: Lesson) -> Result<(), Error> {
        let named = |document: &str| case_document(document.trim_start_matches("sag-"));
        let work: Work = match lesson.what {
            Teaching::Learn(_) => {
                let whole = match self.ledger.look(&lesson.draft).await {
                    // Purged or taken back since: what comes next in the ledger says so too.
                    Err(error) if error.code() == "not_found" => return Ok(()),
                    found => found?,
                };
                if whole.summary.state != State::Approved {
                    return Ok(());
                }
                let cites = self.ledger.cited(&lesson.draft).await?;
                let case = case_of(whole, cites.into_iter().map(|(passage, _)| passage).collect());
                Box::new(move |service| {
                    if let Learned::Waiting { .. } = service.learn(&case)? {
                        service.catch_up()?;
                    }
                    Ok(())
                })
            }
            Teaching::Forget(document) => {
                let document = named(&document);
                Box::new(move |service| service.forget(&[document]).map(drop))
            }
            Teaching::Purge(documents) => {
                let documents: Vec<String> = documents.iter().map(|it| named(it)).collect();
                Box::new(move |service| {
                    service.forget(&documents)?;
                    service.scrub()
                })
            }
        };
        let service = Arc::clone(&self.service);
        let done = tokio::task::spawn_blocking(move || work(&service));
        done.await.map_err(|_| Error::Panicked)?
    }

    /// Says that there is something to be learnt.
    pub(in crate::service::casework) fn learnt(&self) {
        self.taught.notify_one();
    }
}

fn case_of(whole: Whole, cites: Vec<String>) -> LearnedCase {
    let approved = whole.summary.approved.as_deref().and_then(|at| parse_day(at.get(..10)?));
    LearnedCase {
        id: whole.summary.id,
        institution: whole.summary.institution,
        asked: words_of(&whole.asked),
        answered: whole.reply.unwrap_or_default(),
        approved: approved.unwrap_or_default(),
        cites,
    }
}
