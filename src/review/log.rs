//! The log read, held against its signatures, and given out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::review::chain::{Actor, Damage, Entry, Event, GENESIS, Head, Walk};
use crate::review::database::{Sql, Value};
use crate::review::error::Error;
use crate::review::inbox::place;
use crate::review::ledger::Ledger;
use crate::review::queue::Whole;
use crate::review::state::Move;

/// Events that are read at once.
const EVENTS_AT_ONCE: i64 = 1000;

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

/// What the verification of the log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Verified {
    /// Events that were read.
    pub events: u64,
    /// The number of the first that is kept.
    pub first: i64,
    /// The last one: kept elsewhere, it shows whether a log was put back to an earlier day.
    pub last: Head,
    /// Drafts whose state and text were held against their last decision.
    pub drafts: u64,
    /// What is wrong; nothing if the log is whole.
    pub damage: Vec<Damage>,
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

/// What the last event of a draft says of it.
#[derive(Debug, Clone, Default)]
struct Told {
    inquiry: Option<String>,
    state: String,
    version: i64,
    reply: Option<String>,
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

    /// Holds every event against its signature and its neighbours, the last against the head, and
    /// every draft against its last decision.
    pub async fn verify(&self) -> Result<Verified, Error> {
        let base = self.base().await?;
        let forged = base.is_none();
        let base = base.unwrap_or(Head { seq: 0, hash: GENESIS.to_owned() });
        let (first, mut behind) = (base.seq + 1, base.seq);
        let mut walk = Walk::from(base, &self.sealer);
        if forged {
            walk.found(Damage::Head);
        }
        let (mut events, mut told, mut gone) = (0, BTreeMap::new(), BTreeSet::new());
        let mut decided = BTreeMap::new();
        // From the very beginning: an event with a number that none can have is found too.
        let mut from = i64::MIN;
        loop {
            let sql = "SELECT * FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
            let rows = self.rows(sql, vec![from.into(), EVENTS_AT_ONCE.into()]).await?;
            let Some(last) = rows.last() else { break };
            from = last.int("seq")?;
            for row in &rows {
                let (event, written) = Event::of(row)?;
                walk.step(&event, &written);
                behind = event.seq;
                events += 1;
                tell(&event, &mut told, &mut gone, &mut decided);
            }
        }
        tracing::debug!(events, behind, "the log was read");
        let kept = self.head().await?;
        let last = walk.end(kept);
        let drafts = self.hold_drafts(&mut walk, &told, &gone).await?;
        self.hold_decisions(&mut walk, &decided, &gone).await?;
        let damage = walk.damage;
        Ok(Verified { events, first, last, drafts, damage })
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

    /// The last event as the ledger keeps it, with its signature.
    async fn head(&self) -> Result<Option<(Head, String)>, Error> {
        let rows = self.rows("SELECT seq, hash, mac FROM head WHERE id = 1", Vec::new()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some((Head { seq: row.int("seq")?, hash: row.text("hash")? }, row.text("mac")?)))
    }

    /// The event behind which the log begins: where older ones were purged, the last of those.
    /// Nothing if what is kept of it does not carry its signature.
    async fn base(&self) -> Result<Option<Head>, Error> {
        let rows = self.rows("SELECT value FROM meta WHERE name = 'log_base'", Vec::new()).await?;
        let Some(row) = rows.first() else {
            return Ok(Some(Head { seq: 0, hash: GENESIS.to_owned() }));
        };
        let value = row.text("value")?;
        let mut parts = value.splitn(3, ':');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (seq, hash, mac) = (part(), part(), part());
        let base = Head { seq: seq.parse().unwrap_or(-1), hash };
        Ok((base.base_mac(&self.sealer) == mac).then_some(base))
    }

    async fn hold_drafts(
        &self,
        walk: &mut Walk<'_>,
        told: &BTreeMap<String, Told>,
        gone: &BTreeSet<String>,
    ) -> Result<u64, Error> {
        let mut drafts = 0;
        for (draft, told) in told {
            if told.inquiry.as_ref().is_some_and(|inquiry| gone.contains(inquiry)) {
                continue;
            }
            drafts += 1;
            let sql = "SELECT state, version, reply_mac, reply FROM draft WHERE id = $1";
            let rows = self.rows(sql, vec![draft.as_str().into()]).await?;
            let Some(row) = rows.first() else {
                walk.found(Damage::Draft(draft.clone()));
                continue;
            };
            let (state, version) = (row.text("state")?, row.int("version")?);
            if state != told.state || version != told.version {
                walk.found(Damage::Draft(draft.clone()));
            }
            let Some(mac) = &told.reply else { continue };
            let sealed = row.bytes_if_any("reply")?.unwrap_or_default();
            let reply = self.sealer.open(&place::reply(draft), &sealed).unwrap_or_default();
            let text = format!("{draft}\n{version}\n{reply}");
            let same = self.sealer.sign("reply", text.as_bytes()) == *mac;
            if !same || row.text_if_any("reply_mac")?.as_ref() != Some(mac) {
                walk.found(Damage::Text(draft.clone()));
            }
        }
        Ok(drafts)
    }

    async fn hold_decisions(
        &self,
        walk: &mut Walk<'_>,
        decided: &BTreeMap<i64, Event>,
        gone: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let sql = "SELECT seq, draft, move, version, state, who, sign_on, at FROM decision";
        let mut left: BTreeMap<i64, &Event> = decided.iter().map(|(seq, it)| (*seq, it)).collect();
        left.retain(|_, event| {
            event.inquiry.as_ref().is_none_or(|inquiry| !gone.contains(inquiry))
        });
        for row in self.rows(sql, Vec::new()).await? {
            let seq = row.int("seq")?;
            let kept = [
                row.text("draft")?,
                row.text("move")?,
                row.int("version")?.to_string(),
                row.text("state")?,
                row.text("who")?,
                row.text("sign_on")?,
                row.text("at")?,
            ];
            if left.remove(&seq).is_none_or(|event| decision_of(event) != kept) {
                walk.found(Damage::Decision(seq));
            }
        }
        for seq in left.into_keys() {
            walk.found(Damage::Decision(seq));
        }
        Ok(())
    }
}

/// A decision as its event tells it.
fn decision_of(event: &Event) -> [String; 7] {
    let told = |name: &str| event.detail.get(name);
    let text = |name| told(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let version = told("version").and_then(serde_json::Value::as_i64).unwrap_or_default();
    [
        event.draft.clone().unwrap_or_default(),
        event.action.clone(),
        version.to_string(),
        text("state").to_owned(),
        event.who.clone(),
        event.sign_on.clone(),
        event.at.clone(),
    ]
}

/// Takes up what an event says of its draft.
fn tell(
    event: &Event,
    told: &mut BTreeMap<String, Told>,
    gone: &mut BTreeSet<String>,
    decided: &mut BTreeMap<i64, Event>,
) {
    if event.action == "purge" {
        let purged = event.detail.get("inquiries").and_then(serde_json::Value::as_array);
        let ids = purged.into_iter().flatten().filter_map(serde_json::Value::as_str);
        gone.extend(ids.map(str::to_owned));
    }
    if Move::ALL.iter().any(|made| made.value() == event.action) {
        decided.insert(event.seq, event.clone());
    }
    let detail = |name: &str| event.detail.get(name);
    let (Some(draft), Some(state)) = (&event.draft, detail("state")) else { return };
    let held = told.entry(draft.clone()).or_default();
    held.inquiry.clone_from(&event.inquiry);
    held.state = state.as_str().unwrap_or_default().to_owned();
    held.version = detail("version").and_then(serde_json::Value::as_i64).unwrap_or_default();
    held.reply = detail("reply").and_then(serde_json::Value::as_str).map(str::to_owned);
}
