//! The log read, added to, and given out.

use serde::Serialize;

use crate::review::chain::{Actor, Entry, Event};
use crate::review::database::{Sql, Value};
use crate::review::error::Error;
use crate::review::ledger::Ledger;
use crate::review::queue::Whole;

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// About this inquiry.
    pub inquiry: Option<String>,
    /// About this draft.
    pub draft: Option<String>,
    /// By this person or program.
    pub who: Option<String>,
    /// Behind this number.
    pub behind: i64,
    /// How many.
    pub limit: i64,
}

/// All that is kept of one inquiry.
#[derive(Debug, Clone, Serialize)]
pub struct Export {
    /// The inquiry's id.
    pub inquiry: String,
    /// What was asked, as it was kept.
    pub asked: serde_json::Value,
    /// Its drafts with their texts and decisions.
    pub drafts: Vec<serde_json::Value>,
    /// Who looked at it and who decided what.
    pub events: Vec<Event>,
}

impl Ledger {
    /// Events, the first first.
    pub async fn events(&self, wanted: &Wanted) -> Result<Vec<Event>, Error> {
        let mut sql = Sql::from("SELECT * FROM event WHERE seq > $1");
        let mut values: Vec<Value> = vec![wanted.behind.into(), wanted.limit.into()];
        let parts = [
            (" AND inquiry = ", &wanted.inquiry),
            (" AND draft = ", &wanted.draft),
            (" AND who = ", &wanted.who),
        ];
        for (piece, value) in parts {
            if let Some(value) = value {
                values.push(value.as_str().into());
                sql = sql.then(piece).place(values.len());
            }
        }
        let rows = self.rows(sql.then(" ORDER BY seq LIMIT $2"), values).await?;
        rows.iter().map(|row| Ok(Event::of(row)?.0)).collect()
    }

    /// All that is kept of one inquiry; that it was given out is in the log.
    pub async fn export(&self, inquiry: &str, actor: &Actor, at: &str) -> Result<Export, Error> {
        let drafts = self.drafts_of(inquiry).await?;
        let first = drafts.first().ok_or(Error::NotFound)?;
        self.note_read("export", actor, at, first).await?;
        let mut asked = serde_json::Value::Null;
        let mut wholes = Vec::new();
        for summary in drafts {
            let Whole { summary, asked: inquiry, content, reply, past } =
                self.look(&summary.id).await?;
            asked = serde_json::to_value(&inquiry).unwrap_or_default();
            wholes.push(serde_json::json!({ "summary": summary, "draft": content,
                "reply": reply, "decisions": past }));
        }
        let wanted =
            Wanted { inquiry: Some(inquiry.to_owned()), limit: i64::MAX, ..Wanted::default() };
        let events = self.events(&wanted).await?;
        Ok(Export { inquiry: inquiry.to_owned(), asked, drafts: wholes, events })
    }

    /// The inquiries that hold a person's CPR number, given as its digits.
    pub async fn inquiries_of(&self, digits: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT inquiry FROM subject WHERE mac = $1 ORDER BY inquiry";
        let rows = self.rows(sql, vec![self.subject(digits).into()]).await?;
        Ok(rows.iter().map(|row| row.text("inquiry")).collect::<Result<_, _>>()?)
    }

    /// Puts into the log what an operator or an owner of sources did.
    pub async fn note(
        &self,
        action: &'static str,
        actor: &Actor,
        at: &str,
        detail: serde_json::Value,
    ) -> Result<(), Error> {
        let (actor, at) = (actor.clone(), at.to_owned());
        let write = self.writer()?;
        write
            .write(move |writing| {
                Box::pin(async move {
                    let entry = Entry {
                        at: &at,
                        actor: &actor,
                        action,
                        inquiry: None,
                        draft: None,
                        detail,
                    };
                    writing.record(entry).await.map(drop).map_err(Error::from)
                })
            })
            .await
    }
}
