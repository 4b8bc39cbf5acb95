//! Replies that were approved for the same question before, each held against what the sources say now.

use serde::Serialize;

use crate::draft::Check;
use crate::review::edited::check;
use crate::review::similar::{Fingerprint, LIKENESS_MIN};
use crate::review::{self, State, Whole};
use crate::service::Error;
use crate::service::casework::Review;
use crate::service::casework::kept::kept_of;
use crate::service::casework::kept::print_of;
use crate::service::casework::kept::words_of;
use crate::sources::mask_case;

/// Approved drafts that a new one is compared with, the newest first.
const PRINTS_MAX: i64 = 200;
/// Earlier replies that are shown.
const SHOWN_MAX: usize = 3;

/// A reply that was approved for the same institution and a near-equal question.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = EarlierReply)]
pub struct Earlier {
    /// Its draft.
    pub draft: String,
    /// When it was approved.
    pub approved: Option<String>,
    /// How alike the inquiries are, from 0 to 1.
    pub likeness: f32,
    /// The reply as it was approved, without its persons.
    pub reply: String,
    /// Whether its facts still hold: every source stands as it was quoted, and every number, date,
    /// amount and code stands in them, or in the inquiry that it answered.
    pub holds: bool,
    /// What the check says of it now.
    pub checks: Vec<Check>,
}

impl Review {
    /// Earlier approved replies to near-equal inquiries of the same institution, those that hold
    /// first, then the most alike.
    pub(in crate::service::casework) async fn earlier(
        &self,
        whole: &Whole,
        asked: &Fingerprint,
    ) -> Result<Vec<Earlier>, Error> {
        let own = whole.summary.institution.as_deref();
        let prints = self.ledger.prints("approved", own, PRINTS_MAX).await?;
        let likeness = |print: &review::Print| asked.likeness(&print_of(&print.content));
        let mut near: Vec<(f32, String)> = prints
            .iter()
            .filter(|print| print.draft != whole.summary.id)
            .map(|print| (likeness(print), print.draft.clone()))
            .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        near.truncate(SHOWN_MAX);
        let mut earlier = Vec::with_capacity(near.len());
        for (likeness, draft) in near {
            earlier.extend(self.held_up(&draft, likeness).await?);
        }
        earlier.sort_by_key(|it| !it.holds);
        Ok(earlier)
    }

    /// An earlier reply as the sources stand now; nothing if it has gone since.
    async fn held_up(&self, draft: &str, likeness: f32) -> Result<Option<Earlier>, Error> {
        let whole = match self.ledger.look(draft).await {
            Err(review::Error::NotFound) => return Ok(None),
            found => found?,
        };
        let kept = kept_of(draft, whole.content.as_ref())?;
        let (Some(kept), Some(reply)) = (kept, whole.reply.clone()) else { return Ok(None) };
        if whole.summary.state != State::Approved {
            return Ok(None);
        }
        let changed = self.changed(&whole.summary).await?;
        let checks = check(&kept, &words_of(&whole.asked), &reply, &self.service.config().signer);
        let holds = changed.is_empty() && checks.iter().all(|check| check.ok);
        let reply = mask_case(&reply);
        let (draft, approved) = (whole.summary.id, whole.summary.approved);
        Ok(Some(Earlier { draft, approved, likeness, reply, holds, checks }))
    }
}
