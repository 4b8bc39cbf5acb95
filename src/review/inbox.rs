//! Inquiries taken in, and the drafts that were made for them.

use std::collections::BTreeSet;

use crate::inquiry::{Channel, Inquiry};
use crate::privacy::Sealer;
use crate::review::chain::{Actor, Entry};
use crate::review::database::{Fault, Row};
use crate::review::error::Error;
use crate::review::ledger::Ledger;
use crate::review::signed::{DRAFT, INQUIRY, of_citations};
use crate::review::state::State;
use crate::review::writer::Writing;

/// An inquiry that is taken in.
#[derive(Debug, Clone)]
pub struct Posting {
    /// The id that it gets.
    pub inquiry: String,
    /// The id of its draft.
    pub draft: String,
    /// What was sent.
    pub content: Inquiry,
    /// The institution by the register's name, where it is known.
    pub institution: Option<String>,
    /// The areas it is about, for the log and for how long it is kept.
    pub area: String,
    /// The day by which it is to be answered, as `YYYY-MM-DD`.
    pub due: String,
    /// The day until which it is kept.
    pub keep_until: String,
    /// CPR numbers that it holds, as digits: kept as keyed hashes alone.
    pub subjects: Vec<String>,
    /// The caller's own key for asking again, with what it asked for.
    pub again: Option<(String, String)>,
    /// Who posts it.
    pub actor: Actor,
    /// When, as RFC 3339 in UTC.
    pub at: String,
}

/// An inquiry that has been taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its id.
    pub inquiry: String,
    /// The id of its draft.
    pub draft: String,
    /// Whether it had been taken in before under the same key.
    pub again: bool,
}

/// A draft that has been made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The draft's id.
    pub draft: String,
    /// The draft as JSON.
    pub content: String,
    /// Its letter.
    pub reply: String,
    /// The institution by the register's name: the draft may know it better than the inquiry.
    pub institution: Option<String>,
    /// Who made it: `extractive` or `endpoint`.
    pub maker: String,
    /// The risk rules that fired, by name.
    pub risks: Vec<String>,
    /// How many persons must approve it.
    pub persons: u8,
    /// How many questions it has.
    pub questions: usize,
    /// How many of them are left without an answer.
    pub open: usize,
    /// What it cost, in millionths of a krone.
    pub micro_kroner: i64,
    /// The passages that it quotes, each with its document.
    pub cited: Vec<(String, String)>,
    /// What near-equal inquiries are known by, as JSON.
    pub fingerprint: String,
    /// Hashes of index, model and prompts, and timings.
    pub made_with: serde_json::Value,
    /// When, as RFC 3339 in UTC.
    pub at: String,
}

/// Where the texts of the ledger are sealed for.
pub(in crate::review) mod place {
    pub(in crate::review) fn inquiry(id: &str) -> String {
        format!("inquiry/{id}")
    }

    pub(in crate::review) fn content(draft: &str) -> String {
        format!("draft/{draft}/content")
    }

    pub(in crate::review) fn reply(draft: &str) -> String {
        format!("draft/{draft}/reply")
    }

    pub(in crate::review) fn hint(draft: &str) -> String {
        format!("draft/{draft}/hint")
    }

    pub(in crate::review) fn decision(draft: &str, version: i64) -> String {
        format!("draft/{draft}/decision/{version}")
    }

    pub(in crate::review) fn fingerprint(draft: &str) -> String {
        format!("draft/{draft}/fingerprint")
    }
}

impl Ledger {
    /// Takes an inquiry in, and notes that a draft is to be made; on the disk when this returns.
    pub async fn post(&self, posting: Posting) -> Result<Posted, Error> {
        let macs: Vec<String> =
            posting.subjects.iter().map(|digits| self.subject(digits)).collect();
        self.writer()?.write(move |writing| Box::pin(post(writing, posting, macs))).await
    }

    /// Puts a draft that has been made in its place, unless somebody has moved on meanwhile.
    pub async fn ready(&self, made: Made) -> Result<(), Error> {
        self.writer()?.write(move |writing| Box::pin(ready(writing, made))).await
    }

    /// Notes that a draft could not be made, with a stable word for the reason.
    pub async fn failed(&self, draft: String, reason: String, at: String) -> Result<(), Error> {
        self.writer()?
            .write(move |writing| {
                Box::pin(async move { failed(writing, &draft, &reason, &at).await })
            })
            .await
    }

    /// The drafts that are still to be made, the oldest first.
    pub async fn to_make(&self, limit: i64) -> Result<Vec<String>, Error> {
        let sql = "SELECT id FROM draft WHERE state = 'drafting' ORDER BY posted, id LIMIT $1";
        let rows = self.rows(sql, vec![limit.into()]).await?;
        Ok(rows.iter().map(|row| row.text("id")).collect::<Result<_, _>>()?)
    }

    /// What a draft is to be made of: the inquiry, and what a person hinted at.
    pub async fn assignment(&self, draft: &str) -> Result<(Inquiry, Option<String>), Error> {
        let sql = "SELECT inquiry.id AS inquiry, inquiry.content AS content, draft.hint AS hint \
                   FROM draft JOIN inquiry ON inquiry.id = draft.inquiry WHERE draft.id = $1";
        let rows = self.rows(sql, vec![draft.into()]).await?;
        let row = rows.first().ok_or(Error::NotFound)?;
        let inquiry = self.opened_inquiry(&row.text("inquiry")?, &row.bytes("content")?)?;
        let hint = row.bytes_if_any("hint")?;
        let hint = hint.map(|hint| self.sealer.open(&place::hint(draft), &hint)).transpose()?;
        Ok((inquiry, hint))
    }

    pub(in crate::review) fn opened_inquiry(
        &self,
        id: &str,
        sealed: &[u8],
    ) -> Result<Inquiry, Error> {
        let json = self.sealer.open(&place::inquiry(id), sealed)?;
        serde_json::from_str(&json).map_err(|_| Error::Damaged(id.to_owned()))
    }
}

async fn post(writing: &mut Writing, posting: Posting, macs: Vec<String>) -> Result<Posted, Error> {
    if let Some((key, asked)) = &posting.again
        && let Some(posted) = posted_before(writing, &posting, (key, asked)).await?
    {
        return Ok(posted);
    }
    keep(writing, &posting).await?;
    let macs: BTreeSet<String> = macs.into_iter().collect();
    let subjects = macs.len();
    for mac in macs {
        let sql = "INSERT INTO subject (mac, inquiry) VALUES ($1, $2)";
        writing.run(sql, vec![mac.into(), posting.inquiry.as_str().into()]).await?;
    }
    let sql = "SELECT * FROM inquiry WHERE id = $1";
    let rows = writing.rows(sql, vec![posting.inquiry.as_str().into()]).await?;
    let asked = INQUIRY.of(rows.first().ok_or(Error::NotFound)?, &writing.sealer)?;
    let row = sign_draft(writing, &posting.draft).await?;
    let entry = Entry {
        at: &posting.at,
        actor: &posting.actor,
        action: "post",
        inquiry: Some(&posting.inquiry),
        draft: Some(&posting.draft),
        detail: serde_json::json!({ "institution": posting.institution, "area": posting.area,
            "state": State::Drafting.value(), "version": 1, "row": row, "asked": asked,
            "subjects": subjects }),
    };
    writing.record(entry).await?;
    Ok(Posted { inquiry: posting.inquiry, draft: posting.draft, again: false })
}

/// What was posted under the caller's own key before; else the key is noted for what comes now.
async fn posted_before(
    writing: &mut Writing,
    posting: &Posting,
    (key, asked): (&str, &str),
) -> Result<Option<Posted>, Error> {
    let asked = writing.sealer.sign("request", asked.as_bytes());
    // A caller's key may be the id of a mail, which may hold a customer's name.
    let key = writing.sealer.sign("request key", key.as_bytes());
    let sql = "SELECT mac, inquiry, draft FROM request WHERE who = $1 AND name = $2";
    let who = posting.actor.id.as_str();
    let rows = writing.rows(sql, vec![who.into(), key.as_str().into()]).await?;
    if let Some(row) = rows.first() {
        if row.text("mac")? != asked {
            return Err(Error::KeyReused);
        }
        let (inquiry, draft) = (row.text("inquiry")?, row.text("draft")?);
        return Ok(Some(Posted { inquiry, draft, again: true }));
    }
    let sql = "INSERT INTO request (who, name, mac, inquiry, draft, at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        who.into(),
        key.into(),
        asked.into(),
        posting.inquiry.as_str().into(),
        posting.draft.as_str().into(),
        posting.at.as_str().into(),
    ];
    writing.run(sql, values).await?;
    Ok(None)
}

async fn keep(writing: &mut Writing, posting: &Posting) -> Result<(), Error> {
    let json = serde_json::to_string(&posting.content)
        .map_err(|_| Error::Damaged(posting.inquiry.clone()))?;
    let sealed = writing.sealer.seal(&place::inquiry(&posting.inquiry), &json)?;
    let channel = match posting.content.channel {
        Channel::Mail => "mail",
        Channel::Phone => "telefonnotat",
        Channel::Portal => "serviceportal",
    };
    let sql = "INSERT INTO inquiry (id, institution, channel, external, area, posted, keep_until, \
               content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = vec![
        posting.inquiry.as_str().into(),
        posting.institution.as_deref().into(),
        channel.into(),
        // The sender's own id may be anything that a person wrote: it is known by its signature.
        posting
            .content
            .id
            .as_deref()
            .map(|id| writing.sealer.sign("external", id.as_bytes()))
            .into(),
        posting.area.as_str().into(),
        posting.at.as_str().into(),
        posting.keep_until.as_str().into(),
        sealed.into(),
    ];
    writing.run(sql, values).await?;
    let sql = "INSERT INTO draft (id, inquiry, institution, state, version, due, posted, changed, \
               risks, persons, questions, open, micro_kroner, edited) \
               VALUES ($1, $2, $3, 'drafting', 1, $4, $5, $5, '[]', 1, 0, 0, 0, 0)";
    let values = vec![
        posting.draft.as_str().into(),
        posting.inquiry.as_str().into(),
        posting.institution.as_deref().into(),
        posting.due.as_str().into(),
        posting.at.as_str().into(),
    ];
    writing.run(sql, values).await?;
    Ok(())
}

/// What is known of a draft before it is changed.
pub(in crate::review) struct Held {
    pub(in crate::review) inquiry: String,
    pub(in crate::review) institution: Option<String>,
    pub(in crate::review) state: State,
    pub(in crate::review) version: i64,
    pub(in crate::review) persons: u8,
    pub(in crate::review) first_by: Option<String>,
    pub(in crate::review) reply: Option<Vec<u8>>,
}

/// A draft as this transaction sees it.
pub(in crate::review) async fn held(writing: &mut Writing, draft: &str) -> Result<Held, Error> {
    let rows = writing.rows("SELECT * FROM draft WHERE id = $1", vec![draft.into()]).await?;
    let row = rows.first().ok_or(Error::NotFound)?;
    hold_row(row, draft, &writing.sealer)?;
    let state = State::parse(&row.text("state")?);
    Ok(Held {
        inquiry: row.text("inquiry")?,
        institution: row.text_if_any("institution")?,
        state: state.ok_or_else(|| Error::Damaged(draft.to_owned()))?,
        version: row.int("version")?,
        persons: u8::try_from(row.int("persons")?).unwrap_or(2),
        first_by: row.text_if_any("first_by")?,
        reply: row.bytes_if_any("reply")?,
    })
}

/// Refuses a draft that another hand has changed: nobody decides on it.
pub(in crate::review) fn hold_row(row: &Row, draft: &str, sealer: &Sealer) -> Result<(), Error> {
    let same = row.text_if_any("mac")? == Some(DRAFT.of(row, sealer)?);
    if same { Ok(()) } else { Err(Error::Damaged(draft.to_owned())) }
}

/// Signs a draft as it stands now, for its row and for the event that is to tell of it.
pub(in crate::review) async fn sign_draft(
    writing: &mut Writing,
    draft: &str,
) -> Result<String, Error> {
    let rows = writing.rows("SELECT * FROM draft WHERE id = $1", vec![draft.into()]).await?;
    let mac = DRAFT.of(rows.first().ok_or(Error::NotFound)?, &writing.sealer)?;
    let sql = "UPDATE draft SET mac = $2 WHERE id = $1";
    writing.run(sql, vec![draft.into(), mac.as_str().into()]).await?;
    Ok(mac)
}

/// The signature of a reply, bound to its draft and its version.
pub(in crate::review) fn reply_mac(
    writing: &Writing,
    draft: &str,
    version: i64,
    reply: &str,
) -> String {
    writing.sealer.sign("reply", format!("{draft}\n{version}\n{reply}").as_bytes())
}

async fn ready(writing: &mut Writing, made: Made) -> Result<(), Error> {
    let held = held(writing, &made.draft).await?;
    if held.state != State::Drafting {
        return Err(Error::Stale { version: held.version });
    }
    let version = held.version + 1;
    let draft = made.draft.as_str();
    let mac = reply_mac(writing, draft, version, &made.reply);
    let content = writing.sealer.seal(&place::content(draft), &made.content)?;
    let reply = writing.sealer.seal(&place::reply(draft), &made.reply)?;
    let institution = made.institution.clone().or(held.institution);
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let sql = "UPDATE draft SET state = 'ready', version = $2, changed = $3, maker = $4, \
               risks = $5, persons = $6, first_by = NULL, questions = $7, open = $8, \
               micro_kroner = micro_kroner + $9, reply_mac = $10, content = $11, reply = $12, \
               institution = $13, hint = NULL, edited = 0 WHERE id = $1";
    let values = vec![
        draft.into(),
        version.into(),
        made.at.as_str().into(),
        made.maker.as_str().into(),
        serde_json::json!(made.risks).to_string().into(),
        i64::from(made.persons).into(),
        count(made.questions).into(),
        count(made.open).into(),
        made.micro_kroner.into(),
        mac.as_str().into(),
        content.into(),
        reply.into(),
        institution.as_deref().into(),
    ];
    writing.run(sql, values).await?;
    let row = sign_draft(writing, draft).await?;
    let cited = note_citations(writing, &made).await?;
    note_fingerprint(writing, &made, institution.as_deref()).await?;
    let actor = Actor::program();
    let entry = Entry {
        at: &made.at,
        actor: &actor,
        action: "draft",
        inquiry: Some(&held.inquiry),
        draft: Some(draft),
        detail: serde_json::json!({ "state": State::Ready.value(), "version": version,
            "row": row, "cited": cited, "maker": made.maker, "reply": mac, "risks": made.risks, "persons": made.persons,
            "passages": made.cited.iter().map(|(passage, _)| passage).collect::<Vec<_>>(),
            "micro_kroner": made.micro_kroner, "made_with": made.made_with }),
    };
    writing.record(entry).await?;
    Ok(())
}

/// Keeps what a draft quotes; gives the signature of it.
async fn note_citations(writing: &mut Writing, made: &Made) -> Result<String, Fault> {
    let draft = made.draft.as_str();
    writing.run("DELETE FROM citation WHERE draft = $1", vec![draft.into()]).await?;
    let mut cited = made.cited.clone();
    cited.sort_unstable();
    // A passage lies in one document.
    cited.dedup_by(|a, b| a.0 == b.0);
    for (passage, document) in &cited {
        let sql = "INSERT INTO citation (draft, passage, document) VALUES ($1, $2, $3) \
                   ON CONFLICT DO NOTHING";
        let values = vec![draft.into(), passage.as_str().into(), document.as_str().into()];
        writing.run(sql, values).await?;
    }
    Ok(of_citations(draft, &mut cited, &writing.sealer))
}

async fn note_fingerprint(
    writing: &mut Writing,
    made: &Made,
    institution: Option<&str>,
) -> Result<(), Error> {
    let sealed = writing.sealer.seal(&place::fingerprint(&made.draft), &made.fingerprint)?;
    let sql = "INSERT INTO fingerprint (draft, institution, state, at, content) \
               VALUES ($1, $2, 'ready', $3, $4) ON CONFLICT (draft) DO UPDATE SET \
               institution = excluded.institution, state = excluded.state, \
               at = excluded.at, content = excluded.content";
    let draft = made.draft.as_str();
    let values = vec![draft.into(), institution.into(), made.at.as_str().into(), sealed.into()];
    writing.run(sql, values).await?;
    Ok(())
}

async fn failed(writing: &mut Writing, draft: &str, reason: &str, at: &str) -> Result<(), Error> {
    let held = held(writing, draft).await?;
    if held.state != State::Drafting {
        return Err(Error::Stale { version: held.version });
    }
    let version = held.version + 1;
    let sql = "UPDATE draft SET state = 'failed', version = $2, changed = $3 WHERE id = $1";
    writing.run(sql, vec![draft.into(), version.into(), at.into()]).await?;
    let row = sign_draft(writing, draft).await?;
    let actor = Actor::program();
    let entry = Entry {
        at,
        actor: &actor,
        action: "fail",
        inquiry: Some(&held.inquiry),
        draft: Some(draft),
        detail: serde_json::json!({ "state": State::Failed.value(), "version": version,
            "row": row, "reason": reason }),
    };
    writing.record(entry).await?;
    Ok(())
}
