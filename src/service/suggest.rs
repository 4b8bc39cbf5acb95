//! Drafts with and without a language model.

use std::sync::Arc;
use std::time::Instant;

use crate::draft::endpoint::{Ask, Endpoint, Moment, withheld};
use crate::draft::{Case, Draft, Progress};
use crate::index::Snapshot;
use crate::inquiry::Inquiry;
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
        &self,
        mut draft: Draft,
        case: &Case<'_>,
        snapshot: &Arc<Snapshot>,
        started: Instant,
    ) -> Prepared {
        if self.endpoint.is_none() {
            return Prepared { draft, ask: None, stays: None, started };
        }
        let asking = Instant::now();
        let held = (&self.config.privacy, &self.key);
        let ask = match Ask::of(case, &draft, Arc::clone(snapshot), held) {
            Ok(ask) => ask,
            Err(stay) => {
                let stays = Some(stay.word());
                return Prepared { draft: withheld(draft, &stay), ask: None, stays, started };
            }
        };
        let ms = (asking.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        draft.timings_ms.insert("asking".to_owned(), ms);
        Prepared { draft, ask: Some(ask), stays: None, started }
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
