//! The record, for those who may see it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::access::Principal;
use crate::evaluation::gold_line;
use crate::passages::PassageId;
use crate::review::reasons::Reason;
use crate::review::{self, Event, Export, Move, State, Summary, Verified, Wanted};
use crate::service::casework::Review;
use crate::service::casework::kept::kept_of;
use crate::service::{DocumentEntry, Error, Service};
use crate::terms::Asker;

impl Review {
    /// Events of the log; that somebody read it is in the log too.
    pub async fn log(&self, wanted: &Wanted, principal: &Principal) -> Result<Vec<Event>, Error> {
        let detail = serde_json::json!({ "inquiry": wanted.inquiry, "draft": wanted.draft,
            "behind": wanted.behind });
        self.ledger.note("read_log", &Self::actor(principal), &Self::now(), detail).await?;
        Ok(self.ledger.events(wanted).await?)
    }

    /// A rejected draft as a line of a gold set, without persons.
    pub async fn gold_line(
        &self,
        draft: &str,
        principal: &Principal,
    ) -> Result<serde_json::Value, Error> {
        let summary = self.own(draft, principal).await?;
        if summary.state != State::Rejected {
            let (state, made) = (summary.state, Move::Reject);
            return Err(review::Error::WrongState { state, made }.into());
        }
        self.ledger.note_read("gold_line", &Self::actor(principal), &Self::now(), &summary).await?;
        let whole = self.ledger.look(draft).await?;
        let kept = kept_of(draft, whole.content.as_ref())?;
        let kept = kept.ok_or_else(|| review::Error::Damaged(draft.to_owned()))?;
        let codes =
            whole.past.iter().rev().find_map(|past| past.reason.clone()).unwrap_or_default();
        let reasons: Vec<Reason> =
            codes.split(',').filter_map(|code| Reason::parse(code).ok()).collect();
        Ok(gold_line(&kept, &whole.asked, &reasons))
    }

    /// Holds the log against its signatures.
    pub async fn verify(&self) -> Result<Verified, Error> {
        Ok(self.ledger.verify().await?)
    }

    /// All that is kept of one inquiry, if the one who asks may act for its institution.
    pub async fn export(&self, inquiry: &str, principal: &Principal) -> Result<Export, Error> {
        let drafts = self.ledger.drafts_of(inquiry).await?;
        let own = |draft: &Summary| principal.acts_for(draft.institution.as_deref());
        if drafts.is_empty() || !drafts.iter().all(own) {
            return Err(review::Error::NotFound.into());
        }
        Ok(self.ledger.export(inquiry, &Self::actor(principal), &Self::now()).await?)
    }

    /// The drafts that quote a document, and the past cases and standardsvar that were learnt of
    /// such, of those that the one who asks may see.
    pub async fn quoting(
        &self,
        document: &str,
        principal: &Principal,
    ) -> Result<(Vec<Summary>, Vec<DocumentEntry>), Error> {
        let mut drafts = Vec::new();
        for draft in self.ledger.quoting(document).await? {
            let summary = match self.ledger.summary(&draft).await {
                // Purged between the two looks.
                Err(review::Error::NotFound) => continue,
                found => found?,
            };
            if principal.acts_for(summary.institution.as_deref()) {
                drafts.push(summary);
            }
        }
        let passages = self.ledger.quoted_of(document).await?.into_iter().map(PassageId);
        let passages: Vec<PassageId> = passages.collect();
        // Each institution is looked at under its own scope; what is general, under each.
        let mut owners: BTreeSet<Option<String>> =
            drafts.iter().map(|draft| draft.institution.clone()).collect();
        owners.insert(None);
        let (service, asker) = (Arc::clone(&self.service), principal.asker());
        let looking =
            tokio::task::spawn_blocking(move || learnt_of(&service, &passages, owners, &asker));
        Ok((drafts, looking.await.map_err(|_| Error::Panicked)??))
    }
}

fn learnt_of(
    service: &Service,
    passages: &[PassageId],
    owners: BTreeSet<Option<String>>,
    asker: &Asker,
) -> Result<Vec<DocumentEntry>, Error> {
    let mut found = BTreeMap::new();
    for owner in owners {
        let learnt = service.citing(passages, owner.as_deref(), service.day(), asker)?;
        found.extend(learnt.into_iter().map(|entry| (entry.document.clone(), entry)));
    }
    Ok(found.into_values().collect())
}
