//! Candidates for a standardsvar, and what the owners of sources decided on them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::access::Person;
use crate::review::chain::{Actor, Entry};
use crate::review::error::Error;
use crate::review::inbox::place;
use crate::review::ledger::Ledger;
use crate::review::writer::Writing;

/// An approved reply as candidates are made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovedReply {
    /// The draft.
    pub draft: String,
    /// The institution that it went to.
    pub institution: Option<String>,
    /// When it was approved.
    pub at: String,
    /// Who approved it.
    pub persons: BTreeSet<String>,
    /// The reply.
    pub reply: String,
    /// What its inquiry is known by, as JSON.
    pub print: serde_json::Value,
}

/// What an owner of sources decided on a candidate.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The candidate: the draft of its oldest reply.
    pub id: String,
    /// The replies that it was made of.
    pub members: Vec<String>,
    /// The document that it became; none if it was declined.
    pub document: Option<String>,
    /// Who decided.
    pub person: Person,
    /// When.
    pub at: String,
}

impl Ledger {
    /// Approved replies, the newest first.
    pub async fn approved_replies(&self, limit: i64) -> Result<Vec<ApprovedReply>, Error> {
        let sql = "SELECT draft.id AS id, draft.institution AS institution, \
                   draft.approved AS approved, draft.reply AS reply, \
                   fingerprint.content AS print FROM draft \
                   JOIN fingerprint ON fingerprint.draft = draft.id \
                   WHERE draft.state = 'approved' ORDER BY draft.approved DESC, draft.id LIMIT $1";
        let rows = self.rows(sql, vec![limit.into()]).await?;
        let mut persons = self.approvers().await?;
        let mut replies = Vec::with_capacity(rows.len());
        for row in &rows {
            let draft = row.text("id")?;
            let reply = self.sealer.open(&place::reply(&draft), &row.bytes("reply")?)?;
            let print = self.sealer.open(&place::fingerprint(&draft), &row.bytes("print")?)?;
            replies.push(ApprovedReply {
                institution: row.text_if_any("institution")?,
                at: row.text("approved")?,
                persons: persons.remove(&draft).unwrap_or_default(),
                print: serde_json::from_str(&print).unwrap_or_default(),
                reply,
                draft,
            });
        }
        Ok(replies)
    }

    async fn approvers(&self) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let sql = "SELECT DISTINCT decision.draft AS draft, decision.who AS who FROM decision \
                   JOIN draft ON draft.id = decision.draft \
                   WHERE decision.move = 'approve' AND draft.state = 'approved'";
        let mut persons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in self.rows(sql, Vec::new()).await? {
            persons.entry(row.text("draft")?).or_default().insert(row.text("who")?);
        }
        Ok(persons)
    }

    /// The replies that a decided candidate was made of: none of them is proposed again.
    pub async fn settled(&self) -> Result<BTreeSet<String>, Error> {
        let rows = self.rows("SELECT members FROM proposal", Vec::new()).await?;
        let mut settled = BTreeSet::new();
        for row in &rows {
            let members: Vec<String> =
                serde_json::from_str(&row.text("members")?).unwrap_or_default();
            settled.extend(members);
        }
        Ok(settled)
    }

    /// Keeps what a person decided on a candidate; one that was decided on stays so.
    pub async fn settle(&self, settled: Settled) -> Result<(), Error> {
        self.writer()?
            .write(move |writing| Box::pin(async move { settle(writing, &settled).await }))
            .await
    }
}

async fn settle(writing: &mut Writing, settled: &Settled) -> Result<(), Error> {
    let state = if settled.document.is_some() { "accepted" } else { "declined" };
    let sql = "INSERT INTO proposal (id, state, made, members, document, decided_by, content) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    let name = writing.sealer.seal(&format!("proposal/{}", settled.id), settled.person.name())?;
    let values = vec![
        settled.id.as_str().into(),
        state.into(),
        settled.at.as_str().into(),
        json!(settled.members).to_string().into(),
        settled.document.as_deref().into(),
        settled.person.id().into(),
        name.into(),
    ];
    if writing.run(sql, values).await? == 0 {
        return Err(Error::NotFound);
    }
    let actor = Actor {
        id: settled.person.id().to_owned(),
        sign_on: settled.person.sign_on().value().to_owned(),
    };
    let action =
        if settled.document.is_some() { "accept_standardsvar" } else { "decline_standardsvar" };
    let entry = Entry {
        at: &settled.at,
        actor: &actor,
        action,
        inquiry: None,
        draft: None,
        detail: json!({ "candidate": settled.id, "members": settled.members,
            "document": settled.document }),
    };
    writing.record(entry).await?;
    Ok(())
}
