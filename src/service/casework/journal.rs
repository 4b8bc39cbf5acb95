//! The journal note of an approved reply, for the case in P360.

use crate::access::Principal;
use crate::inquiry;
use crate::review::journal::{Approval, Decided, JournalNote};
use crate::review::{self, Move, Past, State, Whole};
use crate::service::Error;
use crate::service::casework::Review;
use crate::service::casework::kept::kept_of;

impl Review {
    /// The note of an approved reply; that it was given out is in the log.
    pub async fn journal(&self, draft: &str, principal: &Principal) -> Result<JournalNote, Error> {
        let summary = self.own(draft, principal).await?;
        if summary.state != State::Approved {
            let (state, made) = (summary.state, Move::Approve);
            return Err(review::Error::WrongState { state, made }.into());
        }
        self.ledger.note_read("journal", &Self::actor(principal), &Self::now(), &summary).await?;
        let whole = self.ledger.look(draft).await?;
        let kept = kept_of(draft, whole.content.as_ref())?;
        let kept = kept.ok_or_else(|| review::Error::Damaged(draft.to_owned()))?;
        let (checks, risks) = self.judged(&whole).await?.unwrap_or_default();
        let reading = inquiry::read(&whole.asked);
        let cases = reading.references.cases.into_iter().map(|case| case.text).collect();
        let made_with = self.ledger.made_with(draft).await?;
        let told = |name: &str| Some(made_with.get(name)?.as_str()?.to_owned());
        let decided = Decided {
            inquiry: whole.summary.inquiry.clone(),
            cases,
            approvals: approvals(&whole),
            reply: whole.reply.clone().unwrap_or_default(),
            #[expect(clippy::cast_precision_loss, reason = "it is a percentage")]
            share_changed: whole.summary.edited as f64 / 100.0,
            model: told("model"),
            prompts: told("prompts"),
            risks,
            checks,
        };
        Ok(JournalNote::of(&kept, decided))
    }
}

/// Who approved the text as it stands: the approvals since it was last changed.
fn approvals(whole: &Whole) -> Vec<Approval> {
    let changes = |past: &Past| past.made != "approve" && past.made != "take_over";
    let since = whole.past.iter().rposition(changes).map_or(0, |at| at + 1);
    let approvals = whole.past.iter().skip(since).filter(|past| past.made == "approve");
    approvals.map(|past| Approval { person: past.name.clone(), at: past.at.clone() }).collect()
}
