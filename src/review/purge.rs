//! What has been kept long enough goes, and leaves nothing behind but the note that it went.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::review::chain::{Actor, Entry, Event, Head};
use crate::review::database::Fault;
use crate::review::decide::case_document;
use crate::review::error::Error;
use crate::review::ledger::Ledger;
use crate::review::verify::Record;
use crate::review::writer::Writing;

/// What is to go.
#[derive(Debug, Clone)]
pub enum Purge {
    /// Inquiries kept until before this day, as `YYYY-MM-DD`.
    Before(String),
    /// These inquiries, whatever their day: somebody asked for it. What was learnt of them goes too.
    These(Vec<String>),
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Purged {
    /// The inquiries.
    pub inquiries: Vec<String>,
    /// How many of their drafts.
    pub drafts: usize,
    /// How many events of the log.
    pub events: u64,
    /// Whether what stood there is overwritten also in the files beside the ledger. Where it is not
    /// yet, what went is gone from the ledger all the same, and the next purge overwrites it.
    pub wiped: bool,
}

/// Tables whose rows belong to a draft.
const OF_DRAFTS: [&str; 3] = [
    "DELETE FROM citation WHERE draft = $1",
    "DELETE FROM fingerprint WHERE draft = $1",
    "DELETE FROM decision WHERE draft = $1",
];
/// Tables whose rows belong to an inquiry; the inquiry itself goes last.
const OF_INQUIRIES: [&str; 4] = [
    "DELETE FROM subject WHERE inquiry = $1",
    "DELETE FROM request WHERE inquiry = $1",
    "DELETE FROM draft WHERE inquiry = $1",
    "DELETE FROM inquiry WHERE id = $1",
];
/// Inquiries that go in one transaction.
const AT_ONCE: i64 = 200;
/// How often the files beside the ledger are tried; each time waits as long as a statement does.
const WIPES_MAX: usize = 2;
/// Between two tries.
const WIPE_PAUSE: Duration = Duration::from_secs(1);

impl Ledger {
    /// Lets inquiries go with all that belongs to them, and overwrites where they stood.
    pub async fn purge(&self, purge: Purge, actor: &Actor, at: &str) -> Result<Purged, Error> {
        let mut purged = Purged::default();
        let mut left = match &purge {
            Purge::These(inquiries) => inquiries.clone(),
            Purge::Before(_) => Vec::new(),
        };
        let forget = matches!(purge, Purge::These(_));
        loop {
            let next = match &purge {
                Purge::Before(day) => self.outlived(day).await?,
                Purge::These(_) => {
                    let rest =
                        left.split_off(left.len().min(usize::try_from(AT_ONCE).unwrap_or(1)));
                    std::mem::replace(&mut left, rest)
                }
            };
            if next.is_empty() {
                break;
            }
            let (actor, at) = (actor.clone(), at.to_owned());
            let write = self.writer()?;
            let (inquiries, drafts) = write
                .write(move |writing| {
                    Box::pin(async move { gone(writing, next, forget, (&actor, &at)).await })
                })
                .await?;
            purged.inquiries.extend(inquiries);
            purged.drafts += drafts;
        }
        purged.wiped = self.wiped().await;
        Ok(purged)
    }

    /// Lets the events go that lie before this moment, and remembers where the log begins now.
    pub async fn purge_log(&self, before: &str, actor: &Actor, at: &str) -> Result<Purged, Error> {
        let (before, actor, at) = (before.to_owned(), actor.clone(), at.to_owned());
        let write = self.writer()?;
        let events = write
            .write(move |writing| {
                Box::pin(async move { shorten(writing, &before, (&actor, &at)).await })
            })
            .await?;
        Ok(Purged { events, wiped: self.wiped().await, ..Purged::default() })
    }

    /// Whether the files are wiped. What went is gone by now, so that a file that cannot be wiped is
    /// no reason to say that the purge failed: whoever asked would believe that it is all there.
    async fn wiped(&self) -> bool {
        for again in (0..WIPES_MAX).rev() {
            match self.database.wipe().await {
                Ok(()) => return true,
                // Others may write meanwhile.
                Err(Fault::Held(_)) if again > 0 => tokio::time::sleep(WIPE_PAUSE).await,
                Err(fault) => {
                    tracing::warn!(%fault, "what is gone is not overwritten yet");
                    return false;
                }
            }
        }
        false
    }

    async fn outlived(&self, day: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT id FROM inquiry WHERE keep_until < $1 ORDER BY keep_until, id LIMIT $2";
        let rows = self.rows(sql, vec![day.into(), AT_ONCE.into()]).await?;
        Ok(rows.iter().map(|row| row.text("id")).collect::<Result<_, _>>()?)
    }
}

async fn gone(
    writing: &mut Writing,
    inquiries: Vec<String>,
    forget: bool,
    (actor, at): (&Actor, &str),
) -> Result<(Vec<String>, usize), Error> {
    let mut drafts = Vec::new();
    // One that is named twice goes once.
    let inquiries: BTreeSet<String> = inquiries.into_iter().collect();
    for inquiry in &inquiries {
        let sql = "SELECT id FROM draft WHERE inquiry = $1";
        for row in writing.rows(sql, vec![inquiry.as_str().into()]).await? {
            drafts.push(row.text("id")?);
        }
    }
    for draft in &drafts {
        for sql in OF_DRAFTS {
            writing.run(sql, vec![draft.as_str().into()]).await?;
        }
    }
    let mut known = Vec::new();
    for inquiry in inquiries {
        let mut rows = 0;
        for sql in OF_INQUIRIES {
            rows = writing.run(sql, vec![inquiry.as_str().into()]).await?;
        }
        if rows > 0 {
            known.push(inquiry);
        }
    }
    if known.is_empty() {
        return Ok((known, 0));
    }
    let forgotten = forget.then(|| forgotten(&drafts)).flatten();
    let entry = Entry {
        at,
        actor,
        action: "purge",
        inquiry: None,
        draft: None,
        detail: json!({ "inquiries": known, "drafts": drafts, "lesson": forgotten }),
    };
    let seq = writing.record(entry).await?;
    if let Some(list) = forgotten {
        let sql = "INSERT INTO lesson (seq, kind, draft, document) VALUES ($1, 'purge', '', $2)";
        writing.run(sql, vec![seq.into(), list.into()]).await?;
    }
    Ok((known, drafts.len()))
}

/// The past cases that leave the index too, as JSON.
fn forgotten(drafts: &[String]) -> Option<String> {
    let documents: Vec<String> = drafts.iter().map(|draft| case_document(draft)).collect();
    documents.first()?;
    serde_json::to_string(&documents).ok()
}

async fn shorten(
    writing: &mut Writing,
    before: &str,
    (actor, at): (&Actor, &str),
) -> Result<u64, Error> {
    // Up to the first event that is to stay: a clock that was wrong once lets nothing go early.
    let sql = "SELECT seq, hash FROM event WHERE seq < COALESCE(\
               (SELECT MIN(seq) FROM event WHERE at >= $1), 9223372036854775807) \
               ORDER BY seq DESC LIMIT 1";
    let rows = writing.rows(sql, vec![before.into()]).await?;
    let Some(row) = rows.first() else { return Ok(0) };
    let base = Head { seq: row.int("seq")?, hash: row.text("hash")? };
    carry(writing, base.seq, (actor, at)).await?;
    let sql = "DELETE FROM event WHERE seq <= $1";
    let events = writing.run(sql, vec![base.seq.into()]).await?;
    let value = format!("{}:{}:{}", base.seq, base.hash, base.base_mac(&writing.sealer));
    let sql = "INSERT INTO meta (name, value) VALUES ('log_base', $1) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    writing.run(sql, vec![value.into()]).await?;
    let entry = Entry {
        at,
        actor,
        action: "purge_log",
        inquiry: None,
        draft: None,
        detail: json!({ "until": base.seq, "events": events }),
    };
    writing.record(entry).await?;
    Ok(events)
}

/// What events that are to go say of drafts that stay is said once more: else nobody could tell
/// any longer whether those were changed.
async fn carry(
    writing: &mut Writing,
    until: i64,
    (actor, at): (&Actor, &str),
) -> Result<(), Error> {
    let sql = "SELECT event.* FROM event JOIN draft ON draft.id = event.draft \
               WHERE event.seq <= $1 ORDER BY event.seq";
    let mut old = Record::default();
    for row in writing.rows(sql, vec![until.into()]).await? {
        let (event, written) = Event::of(&row)?;
        // Nothing that was changed is signed anew.
        if event.signature(&written, &writing.sealer) != event.hash {
            return Err(Error::Damaged(format!("event {}", event.seq)));
        }
        old.hear(&event);
    }
    let sql = "SELECT event.* FROM event JOIN draft ON draft.id = event.draft \
               WHERE event.seq > $1 AND event.draft IN \
               (SELECT draft FROM event WHERE seq <= $1 AND draft IS NOT NULL) ORDER BY event.seq";
    let mut young = Record::default();
    for row in writing.rows(sql, vec![until.into()]).await? {
        young.hear(&Event::of(&row)?.0);
    }
    for (draft, heard) in &old.drafts {
        let entry = Entry {
            at,
            actor,
            action: "kept",
            inquiry: Some(heard.inquiry()),
            draft: Some(draft),
            detail: heard.kept(young.drafts.get(draft)),
        };
        writing.record(entry).await?;
    }
    Ok(())
}
