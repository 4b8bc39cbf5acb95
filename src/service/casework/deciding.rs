//! Decisions: each on the version that the person saw, each checked before it is kept.

use crate::access::Person;
use crate::review::diff::{diff, share_changed};
use crate::review::edited::{check, clean};
use crate::review::reasons::Rejection;
use crate::review::risk::{Facts, Rules, persons_needed, risks};
use crate::review::{Decided, Deciding, Decision, Edit, Whole};
use crate::service::Error;
use crate::service::casework::Review;
use crate::service::casework::kept::kept_of;
use crate::service::casework::kept::words_of;

/// Characters of a reply that a person writes.
const REPLY_CHARS_MAX: usize = 50_000;
/// Characters of a hint, and of why a draft is taken up again.
const WORDS_CHARS_MAX: usize = 2_000;

/// An approval that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// Whether the person has seen that sources have changed, and approves all the same.
    pub sources_seen: bool,
}

/// A text that a person wants in place of the one that stands there.
#[derive(Debug, Clone)]
pub struct Editing {
    /// The text.
    pub reply: String,
    /// Whether it is approved as it stands then.
    pub approve: Option<Approval>,
}

/// A draft, the version of it that a person saw, and the person.
#[derive(Debug, Clone)]
pub struct On<'a> {
    /// The draft.
    pub draft: &'a str,
    /// The version.
    pub version: i64,
    /// The person.
    pub person: &'a Person,
}

impl Review {
    /// Approves a reply as it stands.
    pub async fn approve(&self, on: On<'_>, approval: &Approval) -> Result<Decided, Error> {
        self.stands(&on, approval).await?;
        let decided = self.decide(&on, Decision::Approve).await?;
        self.learnt();
        Ok(decided)
    }

    /// Changes the text of a reply; the check and the risk rules look at it again.
    pub async fn edit(&self, on: On<'_>, editing: Editing) -> Result<Decided, Error> {
        self.own_of(&on).await?;
        if let Some(approval) = &editing.approve {
            self.stands(&on, approval).await?;
        }
        let reply = clean(&editing.reply);
        if reply.trim().is_empty() || reply.chars().nth(REPLY_CHARS_MAX).is_some() {
            return Err(Error::BadDecision(format!(
                "`reply` has between 1 and {REPLY_CHARS_MAX} characters"
            )));
        }
        let whole = self.ledger.look(on.draft).await?;
        let edit = self.edit_of(&whole, reply).await?;
        let decision = match editing.approve {
            Some(_) => Decision::EditAndApprove(edit),
            None => Decision::Edit(edit),
        };
        let decided = self.decide(&on, decision).await?;
        self.learnt();
        Ok(decided)
    }

    /// Turns a draft down.
    pub async fn reject(&self, on: On<'_>, rejection: Rejection) -> Result<Decided, Error> {
        self.own_of(&on).await?;
        let codes: Vec<&str> = rejection.reasons().iter().map(|reason| reason.code()).collect();
        let text = rejection.text().unwrap_or_default().to_owned();
        self.decide(&on, Decision::Reject { reason: codes.join(","), text }).await
    }

    /// Has another draft made in place of this one.
    pub async fn regenerate(&self, on: On<'_>, hint: &str) -> Result<Decided, Error> {
        self.own_of(&on).await?;
        let hint = short("hint", hint)?;
        let decided = self.decide(&on, Decision::Regenerate { hint }).await?;
        self.wake.notify_one();
        Ok(decided)
    }

    /// Takes a draft on.
    pub async fn take_over(&self, on: On<'_>) -> Result<Decided, Error> {
        self.own_of(&on).await?;
        self.decide(&on, Decision::TakeOver).await
    }

    /// Takes a decision back.
    pub async fn reopen(&self, on: On<'_>, text: &str) -> Result<Decided, Error> {
        self.own_of(&on).await?;
        let text = short("text", text)?;
        let decided = self.decide(&on, Decision::Reopen { text }).await?;
        self.learnt();
        Ok(decided)
    }

    async fn decide(&self, on: &On<'_>, decision: Decision) -> Result<Decided, Error> {
        let deciding = Deciding {
            draft: on.draft.to_owned(),
            version: on.version,
            person: on.person.clone(),
            decision,
            at: Self::now(),
        };
        let decided = self.ledger.decide(deciding).await?;
        tracing::info!(
            draft = on.draft,
            state = decided.state.value(),
            version = decided.version,
            "decided"
        );
        Ok(decided)
    }

    async fn own_of(&self, on: &On<'_>) -> Result<(), Error> {
        let person = crate::access::Principal::Person(on.person.clone());
        self.own(on.draft, &person).await.map(drop)
    }

    /// Holds that the sources of a reply are as they were, or that the person knows.
    async fn stands(&self, on: &On<'_>, approval: &Approval) -> Result<(), Error> {
        let person = crate::access::Principal::Person(on.person.clone());
        let summary = self.own(on.draft, &person).await?;
        if approval.sources_seen || summary.version != on.version {
            return Ok(());
        }
        let changed = self.changed(&summary).await?;
        if changed.is_empty() { Ok(()) } else { Err(Error::SourcesChanged(changed)) }
    }

    async fn edit_of(&self, whole: &Whole, reply: String) -> Result<Edit, Error> {
        let kept = kept_of(&whole.summary.id, whole.content.as_ref())?
            .ok_or_else(|| Error::BadDecision("there is no draft yet".to_owned()))?;
        let before = whole.reply.clone().unwrap_or_default();
        let changes = diff(&before, &reply);
        let signer = &self.service.config().signer;
        let checks = check(&kept, &words_of(&whole.asked), &reply, signer);
        let known_documents = self.known_documents().await?;
        let inquiry = &whole.asked;
        let facts =
            Facts { inquiry, reply: &reply, checks: &checks, known_documents: &known_documents };
        let found = risks(&kept, &facts, Rules::built_in());
        // How much of the program's own text is left, over all edits.
        let share = share_changed(&diff(&kept.reply, &reply));
        #[expect(clippy::cast_possible_truncation, reason = "a share is at most 1")]
        let percent = (share * 100.0).round() as i64;
        Ok(Edit {
            changes: serde_json::to_value(&changes).unwrap_or_default(),
            checks: serde_json::to_value(&checks).unwrap_or_default(),
            risks: found.iter().map(|risk| risk.rule.value()).collect(),
            persons: persons_needed(&found),
            percent,
            reply,
        })
    }
}

fn short(name: &str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.chars().nth(WORDS_CHARS_MAX).is_some() {
        let detail = format!("`{name}` has at most {WORDS_CHARS_MAX} characters");
        return Err(Error::BadDecision(detail));
    }
    Ok(text.to_owned())
}
