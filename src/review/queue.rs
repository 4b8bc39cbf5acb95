//! The queue, and one draft with all that belongs to it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::inquiry::Inquiry;
use crate::review::chain::Actor;
use crate::review::database::{Row, Sql, Value};
use crate::review::error::Error;
use crate::review::inbox::{hold_row, place};
use crate::review::ledger::Ledger;
use crate::review::state::State;

/// What a draft is known by in the queue; no word of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = DraftSummary)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// The inquiry's id.
    pub inquiry: String,
    /// The institution by the register's name, where it is known.
    pub institution: Option<String>,
    /// How it stands.
    pub state: State,
    /// Its version; a decision names the one that was seen.
    pub version: i64,
    /// Who has taken it on.
    pub assignee: Option<String>,
    /// Their name.
    pub assignee_name: Option<String>,
    /// The day by which it is to be answered, as YYYY-MM-DD.
    pub due: String,
    /// When the inquiry came in.
    pub posted: String,
    /// When it was last changed.
    pub changed: String,
    /// Who made it: `extractive` or `endpoint`.
    pub maker: Option<String>,
    /// The risk rules that fired, by name.
    pub risks: Vec<String>,
    /// How many persons must approve it.
    pub persons: i64,
    /// The first of two persons who approved it.
    pub first_by: Option<String>,
    /// When it was approved.
    pub approved: Option<String>,
    /// How many questions it has.
    pub questions: i64,
    /// How many of them are left without an answer.
    pub open: i64,
    /// What it has cost, in kroner.
    pub kroner: f64,
    /// How much of its text persons have changed, in percent.
    pub edited: i64,
}

const COLUMNS: &str = "id, inquiry, institution, state, version, assignee, assignee_name, due, \
    posted, changed, maker, risks, persons, first_by, approved, questions, open, micro_kroner, \
    edited";

impl Summary {
    fn of(row: &Row) -> Result<Self, Error> {
        let id = row.text("id")?;
        let state = State::parse(&row.text("state")?).ok_or_else(|| Error::Damaged(id.clone()))?;
        Ok(Self {
            id,
            inquiry: row.text("inquiry")?,
            institution: row.text_if_any("institution")?,
            state,
            version: row.int("version")?,
            assignee: row.text_if_any("assignee")?,
            assignee_name: row.text_if_any("assignee_name")?,
            due: row.text("due")?,
            posted: row.text("posted")?,
            changed: row.text("changed")?,
            maker: row.text_if_any("maker")?,
            risks: serde_json::from_str(&row.text("risks")?).unwrap_or_default(),
            persons: row.int("persons")?,
            first_by: row.text_if_any("first_by")?,
            approved: row.text_if_any("approved")?,
            questions: row.int("questions")?,
            open: row.int("open")?,
            kroner: row.int("micro_kroner")? as f64 / 1e6,
            edited: row.int("edited")?,
        })
    }

    fn place(&self) -> (&str, &str) {
        (&self.due, &self.id)
    }
}

/// Which drafts are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In these states; none means every one that waits for somebody.
    pub states: Vec<State>,
    /// Of this institution.
    pub institution: Option<String>,
    /// Of these institutions, or of none: what the one who asks may see. `None` is every one.
    pub within: Option<Vec<String>>,
    /// Taken on by this person.
    pub assignee: Option<String>,
    /// To be answered by this day at the latest.
    pub due_until: Option<String>,
    /// Behind this draft: its day and its id.
    pub behind: Option<(String, String)>,
    /// How many.
    pub limit: usize,
}

/// One page of the queue, the most urgent first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The drafts.
    pub drafts: Vec<Summary>,
    /// The place of the last one, if there are more.
    pub next: Option<(String, String)>,
}

/// A decision that was made.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Past {
    /// The number of its event in the log.
    pub seq: i64,
    /// What was done.
    #[serde(rename = "move")]
    pub made: String,
    /// The version that it led to.
    pub version: i64,
    /// The state that it led to.
    pub state: String,
    /// Who did it.
    pub who: String,
    /// Their name.
    pub name: String,
    /// How they signed on.
    pub sign_on: String,
    /// The code of the reason.
    pub reason: Option<String>,
    /// When.
    pub at: String,
    /// The words that belong to it: a text, what was changed, what the check said.
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
}

/// A draft with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// What it is known by.
    pub summary: Summary,
    /// What was asked.
    pub asked: Inquiry,
    /// The draft as the program made it, as JSON; none while it is being made.
    pub content: Option<serde_json::Value>,
    /// Its text as it stands now.
    pub reply: Option<String>,
    /// What was decided, the first first.
    pub past: Vec<Past>,
}

impl Whole {
    /// What the check said of the text as it stands now: after an edit, of the edit.
    pub fn checks(&self) -> serde_json::Value {
        let regenerated = self.past.iter().rposition(|past| past.made == "regenerate");
        let since = self.past.iter().skip(regenerated.map_or(0, |at| at + 1));
        let edited = since.rev().find(|past| past.made == "edit");
        let of_edit = edited.and_then(|past| past.content.get("checks").cloned());
        let of_draft = || self.content.as_ref().and_then(|draft| draft.get("checks").cloned());
        of_edit.or_else(of_draft).unwrap_or_default()
    }
}

impl Ledger {
    /// One page of the queue.
    pub async fn queue(&self, filter: &Filter) -> Result<Page, Error> {
        const WAITING: [State; 4] = [State::Drafting, State::Ready, State::Held, State::Failed];
        let states: &[State] =
            if filter.states.is_empty() { &WAITING } else { filter.states.as_slice() };
        let mut drafts = Vec::new();
        // Each state and each owner has its own run through an index; they are merged by day.
        for owner in Owner::of(filter) {
            for state in states {
                let (sql, values) = listing(filter, *state, owner);
                for row in self.rows(sql, values).await? {
                    let draft = Summary::of(&row)?;
                    // Here and not in the statement: with two bounds on the day SQLite takes the
                    // index of all owners. They come by day, so that nothing behind is left out.
                    if filter.due_until.as_ref().is_none_or(|latest| draft.due <= *latest) {
                        drafts.push(draft);
                    }
                }
            }
        }
        // One that moved on between two of the runs stands in both: the later version counts.
        drafts.sort_by(|a, b| a.place().cmp(&b.place()).then_with(|| b.version.cmp(&a.version)));
        drafts.dedup_by(|later, first| later.id == first.id);
        let more = drafts.len() > filter.limit;
        drafts.truncate(filter.limit);
        let last = drafts.last().filter(|_| more);
        let next = last.map(|last| (last.due.clone(), last.id.clone()));
        Ok(Page { drafts, next })
    }

    /// What a draft is known by; reading it is no look at the case.
    pub async fn summary(&self, draft: &str) -> Result<Summary, Error> {
        let sql = Sql::of(&["SELECT ", COLUMNS, " FROM draft WHERE id = $1"]);
        let rows = self.rows(sql, vec![draft.into()]).await?;
        Summary::of(rows.first().ok_or(Error::NotFound)?)
    }

    /// The drafts of an inquiry.
    pub async fn drafts_of(&self, inquiry: &str) -> Result<Vec<Summary>, Error> {
        let sql =
            Sql::of(&["SELECT ", COLUMNS, " FROM draft WHERE inquiry = $1 ORDER BY posted, id"]);
        let rows = self.rows(sql, vec![inquiry.into()]).await?;
        rows.iter().map(Summary::of).collect()
    }

    /// A draft with all that belongs to it; the look at it is in the log before it is shown.
    pub async fn read(&self, draft: &str, actor: &Actor, at: &str) -> Result<Whole, Error> {
        let mut summary = self.summary(draft).await?;
        loop {
            self.note_read("read", actor, at, &summary).await?;
            let whole = self.look(draft).await?;
            if whole.summary.version == summary.version {
                return Ok(whole);
            }
            // Somebody decided in between: what is shown is another version than was noted.
            summary = whole.summary;
        }
    }

    /// A draft as the program itself needs it, which is no look by anybody.
    pub async fn look(&self, draft: &str) -> Result<Whole, Error> {
        let sql = "SELECT draft.*, inquiry.content AS asked \
                   FROM draft JOIN inquiry ON inquiry.id = draft.inquiry WHERE draft.id = $1";
        let rows = self.rows(sql, vec![draft.into()]).await?;
        let row = rows.first().ok_or(Error::NotFound)?;
        hold_row(row, draft, &self.sealer)?;
        let summary = Summary::of(row)?;
        let asked = self.opened_inquiry(&summary.inquiry, &row.bytes("asked")?)?;
        let open = |place: String, sealed: Option<Vec<u8>>| {
            sealed.map(|sealed| self.sealer.open(&place, &sealed)).transpose()
        };
        let content = open(place::content(draft), row.bytes_if_any("content")?)?;
        let damaged = |_| Error::Damaged(draft.to_owned());
        let content =
            content.map(|json| serde_json::from_str(&json)).transpose().map_err(damaged)?;
        let reply = open(place::reply(draft), row.bytes_if_any("reply")?)?;
        let mut past = self.past(draft).await?;
        past.retain(|past| past.version <= summary.version);
        Ok(Whole { summary, asked, content, reply, past })
    }

    async fn past(&self, draft: &str) -> Result<Vec<Past>, Error> {
        let sql = "SELECT seq, move, version, state, who, sign_on, reason, at, content \
                   FROM decision WHERE draft = $1 ORDER BY seq";
        let rows = self.rows(sql, vec![draft.into()]).await?;
        rows.iter().map(|row| self.past_of(draft, row)).collect()
    }

    fn past_of(&self, draft: &str, row: &Row) -> Result<Past, Error> {
        let version = row.int("version")?;
        let json = self.sealer.open(&place::decision(draft, version), &row.bytes("content")?)?;
        let kept: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        let name = kept.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
        Ok(Past {
            seq: row.int("seq")?,
            made: row.text("move")?,
            version,
            state: row.text("state")?,
            who: row.text("who")?,
            name: name.to_owned(),
            sign_on: row.text("sign_on")?,
            reason: row.text_if_any("reason")?,
            at: row.text("at")?,
            content: kept.get("content").cloned().unwrap_or_default(),
        })
    }
}

/// Institutions that have a run of their own; of more, one run looks through all drafts.
const OWNERS_MAX: usize = 12;

/// Whose drafts one run through the queue gives.
#[derive(Debug, Clone, Copy)]
enum Owner<'a> {
    /// Anybody's.
    Any,
    /// Those of no institution.
    Nobody,
    /// Those of one.
    One(&'a str),
    /// Those of no institution, and of these.
    Among(&'a [String]),
}

impl<'a> Owner<'a> {
    fn of(filter: &'a Filter) -> Vec<Self> {
        match (&filter.institution, &filter.within) {
            (Some(one), Some(within)) if !within.contains(one) => Vec::new(),
            (Some(one), _) => vec![Self::One(one)],
            (None, None) => vec![Self::Any],
            (None, Some(within)) if within.len() > OWNERS_MAX => vec![Self::Among(within)],
            (None, Some(within)) => {
                let own: BTreeSet<&str> = within.iter().map(String::as_str).collect();
                std::iter::once(Self::Nobody).chain(own.into_iter().map(Self::One)).collect()
            }
        }
    }
}

/// The statement for one state and one owner, with its values; it runs along an index and stops at
/// the limit.
fn listing(filter: &Filter, state: State, owner: Owner<'_>) -> (Sql, Vec<Value>) {
    let limit = i64::try_from(filter.limit.saturating_add(1)).unwrap_or(i64::MAX);
    let mut values: Vec<Value> = vec![state.value().into(), limit.into()];
    let mut sql = Sql::of(&["SELECT ", COLUMNS, " FROM draft WHERE state = $1"]);
    let mut and = |sql: Sql, piece: &'static str, value: &str| {
        values.push(value.into());
        sql.then(piece).place(values.len())
    };
    sql = match owner {
        Owner::Any => sql,
        Owner::Nobody => sql.then(" AND institution IS NULL"),
        Owner::One(institution) => and(sql, " AND institution = ", institution),
        Owner::Among(within) => {
            let mut sql = sql.then(" AND (institution IS NULL");
            for institution in within {
                sql = and(sql, " OR institution = ", institution);
            }
            sql.then(")")
        }
    };
    if let Some(assignee) = &filter.assignee {
        sql = and(sql, " AND assignee = ", assignee);
    }
    if let Some((due, id)) = &filter.behind {
        sql = and(sql, " AND (due, id) > (", due);
        sql = and(sql, ", ", id).then(")");
    }
    (sql.then(" ORDER BY due, id LIMIT $2"), values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::contract::Stage;

    #[tokio::test]
    async fn every_page_runs_along_an_index_in_its_own_order() {
        let stage = Stage::sqlite();
        let ledger = stage.open().await;
        let one = || Some("DTU".to_owned());
        let filters = [
            (Filter::default(), "draft_queue"),
            (Filter { institution: one(), ..Filter::default() }, "draft_own"),
            (Filter { within: Some(vec!["DTU".to_owned()]), ..Filter::default() }, "draft_own"),
            (Filter { within: Some(Vec::new()), ..Filter::default() }, "draft_own"),
            (Filter { assignee: Some("ane".to_owned()), ..Filter::default() }, "draft_taken"),
        ];
        for (filter, index) in filters {
            let behind = Some(("2025-01-01".to_owned(), "d".to_owned()));
            let until = Some("2025-02-01".to_owned());
            for filter in [
                filter.clone(),
                Filter { behind: behind.clone(), ..filter.clone() },
                Filter { due_until: until.clone(), ..filter.clone() },
                Filter { behind, due_until: until, ..filter },
            ] {
                for owner in Owner::of(&filter) {
                    let (sql, values) = listing(&filter, State::Ready, owner);
                    let sql = Sql::of(&["EXPLAIN QUERY PLAN "]).joined(&sql);
                    let plan = ledger.rows(sql, values).await.unwrap();
                    let plan: Vec<String> =
                        plan.iter().map(|row| row.text("detail").unwrap()).collect();
                    assert_eq!(plan.len(), 1, "nothing is sorted: {plan:?}");
                    assert!(plan[0].contains(index), "{plan:?} for {filter:?}");
                }
            }
        }
    }
}
