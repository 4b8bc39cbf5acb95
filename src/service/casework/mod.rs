//! Review as the faces use it: inquiries taken in, drafts made ready, decisions, and what is
//! learnt of them.
//!
//! Takes: what a caller posts and decides, and who that is.
//! Gives: [`Review`] over one ledger.
//! Never: lets a program decide; shows a case to somebody who may not act for its institution.

mod kept;
mod intake;
mod making;
mod candidates;
mod reuse;
mod view;
mod gaps;
mod journal;
mod deciding;
mod watch;
mod learning;
mod record;
mod keeping;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::access::{Institutions, Principal};
use crate::review::{Actor, Filter, Ledger, Page, Summary};
use crate::service::{Error, Service, clock, ledger_key};

pub use candidates::{Accepted, NamedCandidate};
pub use deciding::{Approval, Editing, On};
pub use intake::{Arrival, KEY_CHARS_MAX};
pub use reuse::Earlier;
pub use view::{Asked, View};

/// How long a draft waits at most that another node has left, or that could not be made yet.
const PAUSE: Duration = Duration::from_secs(10);

/// The review of one service.
#[derive(Debug)]
pub struct Review {
    service: Arc<Service>,
    ledger: Ledger,
    /// Told when there is a draft to be made.
    wake: Notify,
    /// Told when there is something to be learnt.
    taught: Notify,
}

impl Review {
    /// Opens the ledger of a service's settings.
    pub async fn open(service: Arc<Service>) -> Result<Arc<Self>, Error> {
        let config = service.config();
        let key = ledger_key(config)?;
        let ledger = Ledger::open(&config.review, &config.data, key).await?;
        Ok(Arc::new(Self { service, ledger, wake: Notify::new(), taught: Notify::new() }))
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Makes drafts ready as inquiries come, until it is told to stop.
    pub async fn work(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.make_all(&stop).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Writes what waits, and closes the ledger.
    pub async fn close(&self) {
        self.ledger.close().await;
    }

    /// One page of the queue, of what the caller may see.
    pub async fn queue(&self, mut filter: Filter, principal: &Principal) -> Result<Page, Error> {
        if let Some(name) = filter.institution.take() {
            filter.institution = Some(self.institution(&name, principal)?);
        }
        filter.within = match principal.institutions() {
            Institutions::Every => None,
            Institutions::These(names) => Some(names.iter().cloned().collect()),
        };
        Ok(self.ledger.queue(&filter).await?)
    }

    /// A draft by its id, if the caller may act for its institution; else it does not exist.
    async fn own(&self, draft: &str, principal: &Principal) -> Result<Summary, Error> {
        let summary = self.ledger.summary(draft).await?;
        if principal.acts_for(summary.institution.as_deref()) {
            Ok(summary)
        } else {
            Err(Error::Review(crate::review::Error::NotFound))
        }
    }

    /// An institution by the register's name, if the one who asks may act for it.
    fn institution(&self, name: &str, principal: &Principal) -> Result<String, Error> {
        let known = self.service.institution(name)?;
        let name = known.map_or_else(|| name.to_owned(), |own| own.name().to_owned());
        if principal.acts_for(Some(&name)) { Ok(name) } else { Err(Error::NotYours) }
    }

    /// The documents that approved replies have quoted: others are new.
    async fn known_documents(&self) -> Result<BTreeSet<String>, Error> {
        Ok(self.ledger.trusted_documents().await?.into_iter().collect())
    }

    fn actor(principal: &Principal) -> Actor {
        Actor::of(principal)
    }

    fn now() -> String {
        clock::now()
    }
}
