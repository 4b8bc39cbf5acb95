//! Drafts with and without a language model.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Instant;

use crate::draft::endpoint::{Ask, Endpoint, MaskedMail, Moment, withheld};
use crate::draft::{Case, Draft, Progress};
use crate::index::Snapshot;
use crate::inquiry::{Inquiry, Reading};
use crate::privacy::Stay;
use crate::service::{Error, Service, clock};
use crate::terms::Asker;

/// A draft without a language model, and what one would be asked.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) draft: Draft,
    pub(crate) ask: Option<Ask>,
    /// Why nothing is asked though a language model is set up.
    pub(crate) stays: Option<&'static str>,
    /// When the draft was begun: its deadline counts from here.
    pub(crate) started: Instant,
}

/// What would leave this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Egress {
    /// Nothing, and why in one stable word.
    Nothing(&'static str),
    /// These bytes.
    Bytes {
        /// To where.
        url: String,
        /// What.
        bytes: Vec<u8>,
    },
}

impl Service {
    /// Drafts a reply to an inquiry.
    ///
    /// Where a language model is set up, this waits for it: call it from a thread that may wait.
    pub fn suggest(&self, inquiry: &Inquiry, asker: Asker) -> Result<Draft, Error> {
        let prepared = self.prepare(inquiry, asker, &|_| {})?;
        if prepared.ask.is_none() {
            return Ok(prepared.draft);
        }
        let improving = self.improve(prepared, &|_| {});
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            return Ok(runtime.block_on(improving));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let failed = |source| Error::File { path: "the runtime".into(), source };
        Ok(runtime.map_err(failed)?.block_on(improving))
    }

    /// A draft with what a language model is asked, if one is set up.
    pub(crate) fn asked(
        mut draft: Draft,
        case: &Case<'_>,
        snapshot: &Arc<Snapshot>,
        masked: Option<Result<MaskedMail, Stay>>,
        started: Instant,
    ) -> Prepared {
        let asking = Instant::now();
        let ask = match masked {
            None => return Prepared { draft, ask: None, stays: None, started },
            Some(Ok(masked)) => Ask::of(case, &draft, Arc::clone(snapshot), masked),
            Some(Err(stay)) => {
                let stays = Some(stay.word());
                return Prepared { draft: withheld(draft, &stay), ask: None, stays, started };
            }
        };
        let ms = (asking.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        draft.timings_ms.insert("asking".to_owned(), ms);
        Prepared { draft, ask: Some(ask), stays: None, started }
    }

    /// Does some work, and masks the mail of a draft meanwhile if a language model is set up: by
    /// the time that its passages are found, the mail is ready to leave.
    pub(crate) fn masking<T>(
        &self,
        (inquiry, reading): (&Inquiry, &Reading),
        draft: &str,
        work: impl FnOnce() -> T,
    ) -> (T, Option<Result<MaskedMail, Stay>>) {
        if self.endpoint.is_none() {
            return (work(), None);
        }
        let mask = || MaskedMail::of((inquiry, reading), draft, (&self.config.privacy, &self.key));
        std::thread::scope(|scope| {
            let masking =
                std::thread::Builder::new().name("mask".to_owned()).spawn_scoped(scope, mask);
            let done = work();
            let masked = match masking {
                Ok(masking) => masking.join().unwrap_or_else(|panic| resume_unwind(panic)),
                // No thread to be had: it is done now.
                Err(_) => mask(),
            };
            (done, Some(masked))
        })
    }

    /// Lets the language model help with a draft, if one is set up; the draft comes back in any
    /// case, within the deadline.
    pub async fn improve(&self, prepared: Prepared, tell: &(dyn Fn(Progress) + Sync)) -> Draft {
        let Prepared { draft, ask, started, .. } = prepared;
        let (Some(endpoint), Some(ask)) = (&self.endpoint, ask) else { return draft };
        endpoint.improve(draft, ask, Moment { started, today: clock::today() }, tell).await
    }

    /// What would leave this machine for an inquiry; nothing is sent.
    pub fn egress(&self, inquiry: &Inquiry, asker: Asker) -> Result<Egress, Error> {
        let Some(endpoint) = &self.endpoint else { return Ok(Egress::Nothing("no_endpoint")) };
        let prepared = self.prepare(inquiry, asker, &|_| {})?;
        let Some(ask) = prepared.ask else {
            return Ok(Egress::Nothing(prepared.stays.unwrap_or("no_endpoint")));
        };
        if ask.is_idle() {
            return Ok(Egress::Nothing("nothing_to_ask"));
        }
        Ok(match endpoint.preview(&ask) {
            Ok((url, bytes)) => Egress::Bytes { url, bytes },
            Err(failure) => Egress::Nothing(failure.word()),
        })
    }

    /// The language model, if one is set up.
    pub fn endpoint(&self) -> Option<&Arc<Endpoint>> {
        self.endpoint.as_ref()
    }
}
