//! The log: events in a chain, each signed together with the one before it.
//!
//! An event that is changed, left out, moved or put in does not fit its neighbours; a log that is
//! cut short does not fit its head. Who lacks the key can make neither fit again.

use serde::{Deserialize, Serialize};

use crate::access::Principal;
use crate::privacy::Sealer;
use crate::review::database::{Fault, Row, Sql, Transaction};

/// What the first event follows.
pub(in crate::review) const GENESIS: &str = "0";

/// Who did it, as the log names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Actor {
    /// A person's id, a key's name, or `svarforslag` for the program itself.
    pub id: String,
    /// `oidc`, `local`, `key`, `none`, or `self` for the program itself.
    pub sign_on: String,
}

impl Actor {
    /// The one who asks.
    pub fn of(principal: &Principal) -> Self {
        Self { id: principal.id().to_owned(), sign_on: principal.sign_on().to_owned() }
    }

    /// The program itself.
    pub fn program() -> Self {
        Self { id: "svarforslag".to_owned(), sign_on: "self".to_owned() }
    }

    /// Whoever sits at the command line of the machine.
    pub fn operator() -> Self {
        Self { id: "operator".to_owned(), sign_on: "local".to_owned() }
    }
}

/// What is to be recorded.
#[derive(Debug, Clone)]
pub(in crate::review) struct Entry<'a> {
    pub(in crate::review) at: &'a str,
    pub(in crate::review) actor: &'a Actor,
    pub(in crate::review) action: &'a str,
    pub(in crate::review) inquiry: Option<&'a str>,
    pub(in crate::review) draft: Option<&'a str>,
    /// Ids, versions and signatures; never a word of a customer.
    pub(in crate::review) detail: serde_json::Value,
}

/// One event of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Event {
    /// Its number; none is missing between the first and the last.
    pub seq: i64,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub who: String,
    /// How they signed on.
    pub sign_on: String,
    /// What: a read or a decision.
    pub action: String,
    /// The inquiry that it was about: the purpose.
    pub inquiry: Option<String>,
    /// The draft that it was about.
    pub draft: Option<String>,
    /// Ids, versions and signatures.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// The signature of the event before it.
    pub prev: String,
    /// Its own signature.
    pub hash: String,
}

impl Event {
    /// An event as the ledger holds it.
    pub(in crate::review) fn of(row: &Row) -> Result<(Self, String), Fault> {
        let written = row.text("detail")?;
        let event = Self {
            seq: row.int("seq")?,
            at: row.text("at")?,
            who: row.text("who")?,
            sign_on: row.text("sign_on")?,
            action: row.text("action")?,
            inquiry: row.text_if_any("inquiry")?,
            draft: row.text_if_any("draft")?,
            detail: serde_json::from_str(&written).unwrap_or_default(),
            prev: row.text("prev")?,
            hash: row.text("hash")?,
        };
        Ok((event, written))
    }

    /// What its signature must be.
    pub(in crate::review) fn signature(&self, written: &str, sealer: &Sealer) -> String {
        let fields = serde_json::json!([
            self.seq,
            self.at,
            self.who,
            self.sign_on,
            self.action,
            self.inquiry,
            self.draft,
            written,
            self.prev,
        ]);
        sealer.sign("event", fields.to_string().as_bytes())
    }
}

/// The last event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Head {
    /// Its number.
    pub seq: i64,
    /// Its signature.
    pub hash: String,
}

impl Head {
    pub(in crate::review) fn mac(&self, sealer: &Sealer) -> String {
        sealer.sign("head", format!("{}:{}", self.seq, self.hash).as_bytes())
    }

    /// The signature of an event behind which the log was made to begin.
    pub(in crate::review) fn base_mac(&self, sealer: &Sealer) -> String {
        sealer.sign("log base", format!("{}:{}", self.seq, self.hash).as_bytes())
    }
}

/// The end of the chain within one transaction.
#[derive(Debug, Clone)]
pub(in crate::review) struct Chain {
    head: Head,
    moved: bool,
}

impl Chain {
    /// The end as it stands; other writers wait from here on. An end that does not carry its
    /// signature, or lies before what this program has `seen`, is not built upon: else a log that
    /// was cut short would be signed anew.
    pub(in crate::review) async fn hold(
        writing: &mut dyn Transaction,
        lock: &'static str,
        (sealer, seen): (&Sealer, i64),
    ) -> Result<Self, Fault> {
        let sql = Sql::of(&["SELECT seq, hash, mac FROM head WHERE id = 1", lock]);
        let rows = writing.fetch(sql, Vec::new()).await?;
        let row = rows.first().ok_or(Fault::Forged)?;
        let head = Head { seq: row.int("seq")?, hash: row.text("hash")? };
        if head.mac(sealer) != row.text("mac")? || head.seq < seen {
            return Err(Fault::Forged);
        }
        Ok(Self { head, moved: false })
    }

    /// The number of the last event.
    pub(in crate::review) fn last(&self) -> i64 {
        self.head.seq
    }

    /// Puts an event at the end; returns its number.
    pub(in crate::review) async fn add(
        &mut self,
        writing: &mut dyn Transaction,
        sealer: &Sealer,
        entry: Entry<'_>,
    ) -> Result<i64, Fault> {
        let written = entry.detail.to_string();
        let mut event = Event {
            seq: self.head.seq + 1,
            at: entry.at.to_owned(),
            who: entry.actor.id.clone(),
            sign_on: entry.actor.sign_on.clone(),
            action: entry.action.to_owned(),
            inquiry: entry.inquiry.map(str::to_owned),
            draft: entry.draft.map(str::to_owned),
            detail: entry.detail,
            prev: self.head.hash.clone(),
            hash: String::new(),
        };
        event.hash = event.signature(&written, sealer);
        let sql = "INSERT INTO event (seq, at, who, sign_on, action, inquiry, draft, detail, prev, \
                   hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let Event { seq, at, who, sign_on, action, inquiry, draft, prev, hash, .. } = event;
        let values = vec![
            seq.into(),
            at.into(),
            who.into(),
            sign_on.into(),
            action.into(),
            inquiry.into(),
            draft.into(),
            written.into(),
            prev.into(),
            hash.clone().into(),
        ];
        writing.execute(sql.into(), values).await?;
        self.head = Head { seq, hash };
        self.moved = true;
        Ok(seq)
    }

    /// Writes where the chain ends now.
    pub(in crate::review) async fn close(
        &self,
        writing: &mut dyn Transaction,
        sealer: &Sealer,
    ) -> Result<(), Fault> {
        if !self.moved {
            return Ok(());
        }
        let sql = "UPDATE head SET seq = $1, hash = $2, mac = $3 WHERE id = 1";
        let mac = self.head.mac(sealer);
        let values = vec![self.head.seq.into(), self.head.hash.clone().into(), mac.into()];
        writing.execute(sql.into(), values).await.map(drop)
    }
}

/// What is wrong with the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// An event does not carry its own signature: it was changed.
    Changed(i64),
    /// An event does not follow the one before it: one was left out, put in or moved.
    Broken(i64),
    /// The last event is not the one that the head names: the log was cut short.
    CutShort(i64),
    /// The head itself was changed or is not there.
    Head,
    /// The log does not hold the event that was kept elsewhere: it was put back to an earlier day.
    PutBack(i64),
    /// An inquiry is not the one that was taken in.
    Inquiry(String),
    /// A draft stands otherwise than its last decision left it.
    Draft(String),
    /// What a draft quotes is not what it quoted when it was made.
    Citations(String),
    /// A decision is not the one that its event tells.
    Decision(i64),
    /// A text is not the one that was decided on.
    Text(String),
    /// What the index is to learn is not what the decisions say.
    Lesson(i64),
}

impl std::fmt::Display for Damage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Changed(seq) => write!(formatter, "event {seq} was changed"),
            Self::Broken(seq) => {
                write!(formatter, "event {seq} does not follow the one before it")
            }
            Self::CutShort(seq) => write!(formatter, "events behind {seq} are missing"),
            Self::Head => write!(formatter, "the head of the log was changed or is missing"),
            Self::PutBack(seq) => {
                write!(
                    formatter,
                    "event {seq}, kept elsewhere, is not there: an older log was put back"
                )
            }
            Self::Inquiry(id) => write!(formatter, "inquiry {id} is not the one that was taken in"),
            Self::Draft(id) => write!(formatter, "draft {id} is not as its last event left it"),
            Self::Citations(id) => write!(formatter, "what draft {id} quotes was changed"),
            Self::Decision(seq) => {
                write!(formatter, "the decision of event {seq} was changed, put in or left out")
            }
            Self::Text(id) => write!(formatter, "a text of draft {id} is not the one decided on"),
            Self::Lesson(seq) => {
                write!(formatter, "what the index is to learn of event {seq} was changed")
            }
        }
    }
}

/// Walks along the chain.
#[derive(Debug)]
pub(in crate::review) struct Walk<'a> {
    sealer: &'a Sealer,
    last: Head,
    /// The event that was kept elsewhere, until it is met.
    kept: Option<Head>,
    pub(in crate::review) damage: Vec<Damage>,
}

/// Faults that are counted up; of more, a reader learns nothing.
const DAMAGE_MAX: usize = 100;

impl<'a> Walk<'a> {
    /// Begins behind the event that was purged last.
    pub(in crate::review) fn from(base: Head, kept: Option<&Head>, sealer: &'a Sealer) -> Self {
        // What was purged since then cannot be looked at any more.
        let kept =
            kept.filter(|kept| kept.seq > base.seq || kept.seq == base.seq && **kept != base);
        Self { sealer, last: base, kept: kept.cloned(), damage: Vec::new() }
    }

    /// Takes the next event.
    pub(in crate::review) fn step(&mut self, event: &Event, written: &str) {
        if event.seq != self.last.seq + 1 || event.prev != self.last.hash {
            self.found(Damage::Broken(event.seq));
        }
        if event.signature(written, self.sealer) != event.hash {
            self.found(Damage::Changed(event.seq));
        }
        self.last = Head { seq: event.seq, hash: event.hash.clone() };
        if self.kept.as_ref() == Some(&self.last) {
            self.kept = None;
        }
    }

    /// Holds the end against the head that the ledger keeps, and the one that was kept elsewhere.
    pub(in crate::review) fn end(&mut self, head: Option<(Head, String)>) -> Head {
        match head {
            Some((head, mac)) if head.mac(self.sealer) == mac => {
                if head != self.last {
                    self.found(Damage::CutShort(self.last.seq));
                }
            }
            _ => self.found(Damage::Head),
        }
        if let Some(kept) = self.kept.take() {
            self.found(Damage::PutBack(kept.seq));
        }
        self.last.clone()
    }

    pub(in crate::review) fn found(&mut self, damage: Damage) {
        if self.damage.len() < DAMAGE_MAX {
            self.damage.push(damage);
        }
    }
}
