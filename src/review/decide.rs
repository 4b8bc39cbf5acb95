//! What persons decide, one draft at a time, each on the version that they saw.

use serde_json::json;

use crate::access::{Person, Role};
use crate::review::chain::{Actor, Entry};
use crate::review::error::Error;
use crate::review::inbox::{Held, held, place, reply_mac, sign_draft};
use crate::review::ledger::Ledger;
use crate::review::state::{Move, State};
use crate::review::writer::Writing;

/// A text that a person wrote in place of the one that stood there.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The text.
    pub reply: String,
    /// What was changed, word for word, as JSON.
    pub changes: serde_json::Value,
    /// How much of it, in percent.
    pub percent: i64,
    /// What the check said of it, as JSON.
    pub checks: serde_json::Value,
    /// The risk rules that fire on it.
    pub risks: Vec<String>,
    /// How many persons must approve it.
    pub persons: u8,
}

/// What is decided.
#[derive(Debug, Clone)]
pub enum Decision {
    /// It is approved as it stands.
    Approve,
    /// Its text is changed.
    Edit(Edit),
    /// Its text is changed, and approved as it stands then.
    EditAndApprove(Edit),
    /// It is turned down.
    Reject {
        /// The code of the reason.
        reason: String,
        /// More of it, in words.
        text: String,
    },
    /// Another is to be made.
    Regenerate {
        /// What to heed.
        hint: String,
    },
    /// The person takes it on.
    TakeOver,
    /// A decision is taken back.
    Reopen {
        /// Why.
        text: String,
    },
}

impl Decision {
    fn made(&self) -> Move {
        match self {
            Self::Approve => Move::Approve,
            Self::Edit(_) | Self::EditAndApprove(_) => Move::Edit,
            Self::Reject { .. } => Move::Reject,
            Self::Regenerate { .. } => Move::Regenerate,
            Self::TakeOver => Move::TakeOver,
            Self::Reopen { .. } => Move::Reopen,
        }
    }
}

/// A decision with who makes it, and on what. Only a person can make one.
#[derive(Debug, Clone)]
pub struct Deciding {
    /// The draft.
    pub draft: String,
    /// The version that the person saw.
    pub version: i64,
    /// The person.
    pub person: Person,
    /// What the person decides.
    pub decision: Decision,
    /// When, as RFC 3339 in UTC.
    pub at: String,
}

/// How a draft stands after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Its state.
    pub state: State,
    /// Its version.
    pub version: i64,
    /// The number of the event.
    pub seq: i64,
}

impl Ledger {
    /// Decides; on the disk when this returns. Whoever saw another version is refused.
    pub async fn decide(&self, deciding: Deciding) -> Result<Decided, Error> {
        self.writer()?.write(move |writing| Box::pin(decide(writing, deciding))).await
    }
}

async fn decide(writing: &mut Writing, deciding: Deciding) -> Result<Decided, Error> {
    let Deciding { draft, version, person, decision, at } = deciding;
    let mut held = held(writing, &draft).await?;
    if held.version != version {
        return Err(Error::Stale { version: held.version });
    }
    let deed = Deed { draft: &draft, person: &person, at: &at };
    match decision {
        Decision::EditAndApprove(edit) => {
            let edited = deed.make(writing, &held, Decision::Edit(edit)).await?;
            held = crate::review::inbox::held(writing, &draft).await?;
            debug_assert_eq!(edited.version, held.version);
            deed.make(writing, &held, Decision::Approve).await
        }
        decision => deed.make(writing, &held, decision).await,
    }
}

/// Who does what is done, to what, and when.
struct Deed<'a> {
    draft: &'a str,
    person: &'a Person,
    at: &'a str,
}

impl Deed<'_> {
    async fn make(
        &self,
        writing: &mut Writing,
        held: &Held,
        decision: Decision,
    ) -> Result<Decided, Error> {
        let made = decision.made();
        if !made.from().contains(&held.state) {
            return Err(Error::WrongState { state: held.state, made });
        }
        if made == Move::Approve && held.state == State::Held {
            self.may_be_second(held)?;
        }
        let persons = match &decision {
            Decision::Edit(edit) => edit.persons,
            _ => held.persons,
        };
        let (state, version) = (made.leads_to(held.state, persons), held.version + 1);
        let reply = self.reply(writing, held, &decision)?;
        let mac = reply.as_ref().map(|reply| reply_mac(writing, self.draft, version, reply));
        self.place(writing, held, (&decision, state, version)).await?;
        if let (Some(reply), Some(mac)) = (&reply, &mac) {
            self.put_reply(writing, reply, mac).await?;
        }
        let reason = match &decision {
            Decision::Reject { reason, .. } => Some(reason.as_str()),
            _ => None,
        };
        let row = sign_draft(writing, self.draft).await?;
        let lesson = lesson_of(held.state, state);
        let actor = Actor { id: self.person.id().to_owned(), sign_on: self.sign_on().to_owned() };
        let entry = Entry {
            at: self.at,
            actor: &actor,
            action: made.value(),
            inquiry: Some(&held.inquiry),
            draft: Some(self.draft),
            detail: json!({ "state": state.value(), "version": version, "reply": mac,
                "reason": reason, "persons": persons, "row": row, "lesson": lesson }),
        };
        let seq = writing.record(entry).await?;
        self.remember(writing, (held, state, seq), &decision, reply.as_deref()).await?;
        self.note_lesson(writing, lesson, (state, seq), reason).await?;
        Ok(Decided { state, version, seq })
    }

    fn sign_on(&self) -> &'static str {
        self.person.sign_on().value()
    }

    fn may_be_second(&self, held: &Held) -> Result<(), Error> {
        if held.first_by.as_deref() == Some(self.person.id()) {
            return Err(Error::SamePerson);
        }
        if self.person.has(Role::Approver) { Ok(()) } else { Err(Error::NotApprover) }
    }

    /// The text as it stands after the decision, where there is one.
    fn reply(
        &self,
        writing: &Writing,
        held: &Held,
        decision: &Decision,
    ) -> Result<Option<String>, Error> {
        match decision {
            Decision::Edit(edit) => Ok(Some(edit.reply.clone())),
            Decision::Regenerate { .. } => Ok(None),
            _ => {
                let sealed = held.reply.as_deref();
                let open = |sealed| writing.sealer.open(&place::reply(self.draft), sealed);
                Ok(sealed.map(open).transpose()?)
            }
        }
    }

    async fn place(
        &self,
        writing: &mut Writing,
        held: &Held,
        (decision, state, version): (&Decision, State, i64),
    ) -> Result<(), Error> {
        let first_by = match (decision, state) {
            (Decision::Approve, State::Held) => Some(self.person.id()),
            // Who takes a draft on leaves the first approval as it is.
            (Decision::TakeOver | Decision::Approve, _) => held.first_by.as_deref(),
            _ => None,
        };
        let approved = (state == State::Approved).then_some(self.at);
        let sql = "UPDATE draft SET state = $2, version = $3, changed = $4, first_by = $5, \
                   approved = $6 WHERE id = $1 AND version = $7";
        let values = vec![
            self.draft.into(),
            state.value().into(),
            version.into(),
            self.at.into(),
            first_by.into(),
            approved.into(),
            held.version.into(),
        ];
        if writing.run(sql, values).await? != 1 {
            return Err(Error::Stale { version: held.version });
        }
        match decision {
            Decision::Edit(edit) => {
                let sql = "UPDATE draft SET risks = $2, persons = $3, edited = $4 WHERE id = $1";
                let risks = json!(edit.risks).to_string();
                let persons = i64::from(edit.persons);
                let values =
                    vec![self.draft.into(), risks.into(), persons.into(), edit.percent.into()];
                writing.run(sql, values).await?;
            }
            Decision::Regenerate { hint } => {
                let hint = writing.sealer.seal(&place::hint(self.draft), hint)?;
                let sql = "UPDATE draft SET hint = $2 WHERE id = $1";
                writing.run(sql, vec![self.draft.into(), hint.into()]).await?;
            }
            Decision::TakeOver => {
                let sql = "UPDATE draft SET assignee = $2, assignee_name = $3 WHERE id = $1";
                let (id, name) = (self.person.id(), self.person.name());
                writing.run(sql, vec![self.draft.into(), id.into(), name.into()]).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn put_reply(&self, writing: &mut Writing, reply: &str, mac: &str) -> Result<(), Error> {
        let sealed = writing.sealer.seal(&place::reply(self.draft), reply)?;
        let sql = "UPDATE draft SET reply = $2, reply_mac = $3 WHERE id = $1";
        writing.run(sql, vec![self.draft.into(), sealed.into(), mac.into()]).await?;
        Ok(())
    }

    /// Keeps the decision itself, with the words that belong to it.
    async fn remember(
        &self,
        writing: &mut Writing,
        (held, state, seq): (&Held, State, i64),
        decision: &Decision,
        reply: Option<&str>,
    ) -> Result<(), Error> {
        let version = held.version + 1;
        let content = match decision {
            Decision::Approve => json!({ "reply": reply }),
            Decision::Edit(edit) | Decision::EditAndApprove(edit) => {
                json!({ "changes": edit.changes, "checks": edit.checks })
            }
            Decision::Reject { text, .. } | Decision::Reopen { text } => json!({ "text": text }),
            Decision::Regenerate { hint } => json!({ "text": hint }),
            Decision::TakeOver => json!({}),
        };
        let content = json!({ "name": self.person.name(), "content": content }).to_string();
        let sealed = writing.sealer.seal(&place::decision(self.draft, version), &content)?;
        let reason = match decision {
            Decision::Reject { reason, .. } => Some(reason.as_str()),
            _ => None,
        };
        let sql = "INSERT INTO decision (seq, draft, inquiry, move, version, state, who, sign_on, \
                   reason, at, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let values = vec![
            seq.into(),
            self.draft.into(),
            held.inquiry.as_str().into(),
            decision.made().value().into(),
            version.into(),
            state.value().into(),
            self.person.id().into(),
            self.sign_on().into(),
            reason.into(),
            self.at.into(),
            sealed.into(),
        ];
        writing.run(sql, values).await?;
        Ok(())
    }

    /// Says what the index is to learn of it, or to forget.
    async fn note_lesson(
        &self,
        writing: &mut Writing,
        lesson: Option<&'static str>,
        (state, seq): (State, i64),
        reason: Option<&str>,
    ) -> Result<(), Error> {
        if let Some(kind) = lesson {
            let sql = "INSERT INTO lesson (seq, kind, draft, document) VALUES ($1, $2, $3, $4)";
            let document = case_document(self.draft);
            writing
                .run(sql, vec![seq.into(), kind.into(), self.draft.into(), document.into()])
                .await?;
        }
        let sql = "UPDATE fingerprint SET state = $2, reason = $3, at = $4 WHERE draft = $1";
        let values = vec![self.draft.into(), state.value().into(), reason.into(), self.at.into()];
        writing.run(sql, values).await?;
        Ok(())
    }
}

/// What the index is to do where a draft goes from one state to another.
fn lesson_of(from: State, to: State) -> Option<&'static str> {
    match (from, to) {
        (State::Approved, State::Approved) => None,
        (_, State::Approved) => Some("learn"),
        (State::Approved, _) => Some("forget"),
        _ => None,
    }
}

/// The name of the past case that an approved reply becomes.
pub(in crate::review) fn case_document(draft: &str) -> String {
    format!("sag-{draft}")
}
