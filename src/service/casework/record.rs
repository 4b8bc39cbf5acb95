//! The record, for those who may see it.

use crate::access::Principal;
use crate::review::{self, Event, Export, Summary, Verified, Wanted};
use crate::service::Error;
use crate::service::casework::Review;

impl Review {
    /// Events of the log; that somebody read it is in the log too.
    pub async fn log(&self, wanted: &Wanted, principal: &Principal) -> Result<Vec<Event>, Error> {
        let detail = serde_json::json!({ "inquiry": wanted.inquiry, "draft": wanted.draft,
            "behind": wanted.behind });
        self.ledger.note("read_log", &Self::actor(principal), &Self::now(), detail).await?;
        Ok(self.ledger.events(wanted).await?)
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

    /// The drafts that quote a document, of those that the one who asks may see.
    pub async fn quoting(
        &self,
        document: &str,
        principal: &Principal,
    ) -> Result<Vec<Summary>, Error> {
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
        Ok(drafts)
    }
}
