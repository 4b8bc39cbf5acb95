//! The whole ledger held against its log: every event, and every row that an event tells of.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::privacy::Sealer;
use crate::review::chain::{Damage, Event, GENESIS, Head, Walk};
use crate::review::database::{Row, Sql, Transaction, Value};
use crate::review::error::Error;
use crate::review::inbox::place;
use crate::review::ledger::Ledger;
use crate::review::signed::{DRAFT, INQUIRY, of_citations};
use crate::review::state::Move;

/// Rows that are read at once.
const ROWS_AT_ONCE: i64 = 500;

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

/// How a draft stands: its state, its version, the signatures of its row and of its text.
type Standing = (String, i64, String, Option<String>);

/// A decision as its event tells it.
type Told = [String; 8];

/// What the log says of one draft.
#[derive(Debug, Clone, Default)]
pub(in crate::review) struct Heard {
    inquiry: String,
    /// The signature of its inquiry, and how many numbers of persons that holds.
    asked: Option<(String, i64)>,
    state: String,
    version: i64,
    row: String,
    /// The signature of its text, where the last event speaks of one.
    reply: Option<String>,
    cited: Option<String>,
    decisions: BTreeMap<i64, Told>,
    /// Whether an event of this walk tells how it stands.
    standing: bool,
}

/// What the log says of all that is kept.
#[derive(Debug, Default)]
pub(in crate::review) struct Record {
    pub(in crate::review) drafts: BTreeMap<String, Heard>,
    lessons: BTreeMap<i64, [String; 3]>,
}

impl Record {
    /// Takes up what an event says.
    pub(in crate::review) fn hear(&mut self, event: &Event) {
        match event.action.as_str() {
            "purge" => self.let_go(event),
            "kept" => {
                let heard = self.drafts.entry(event.draft.clone().unwrap_or_default()).or_default();
                heard.take_up(event);
            }
            _ => self.hear_of_draft(event),
        }
    }

    fn let_go(&mut self, event: &Event) {
        let named = event.detail.get("drafts").and_then(Json::as_array);
        for draft in named.into_iter().flatten().filter_map(Json::as_str) {
            self.drafts.remove(draft);
        }
        if let Some(documents) = text(&event.detail, "lesson") {
            self.lessons.insert(event.seq, ["purge".to_owned(), String::new(), documents]);
        }
    }

    fn hear_of_draft(&mut self, event: &Event) {
        let (Some(draft), Some(state)) = (&event.draft, text(&event.detail, "state")) else {
            return;
        };
        let detail = &event.detail;
        let heard = self.drafts.entry(draft.clone()).or_default();
        heard.inquiry = event.inquiry.clone().unwrap_or_default();
        heard.state = state;
        heard.version = number(detail, "version");
        heard.row = text(detail, "row").unwrap_or_default();
        heard.reply = text(detail, "reply");
        heard.standing = true;
        if let Some(asked) = text(detail, "asked") {
            heard.asked = Some((asked, number(detail, "subjects")));
        }
        if let Some(cited) = text(detail, "cited") {
            heard.cited = Some(cited);
        }
        if Move::ALL.iter().any(|made| made.value() == event.action) {
            heard.decisions.insert(event.seq, told(event));
        }
        if let Some(kind) = text(detail, "lesson") {
            let document = crate::review::decide::case_document(draft);
            self.lessons.insert(event.seq, [kind, draft.clone(), document]);
        }
    }
}

impl Heard {
    /// What an event must say so that older ones about this draft can go; what a later event tells
    /// of it is left out.
    pub(in crate::review) fn kept(&self, later: Option<&Self>) -> Json {
        let standing = self.standing && later.is_none_or(|later| !later.standing);
        let standing = standing.then(|| json!([self.state, self.version, self.row, self.reply]));
        let cited = self.cited.as_ref().filter(|_| later.is_none_or(|later| later.cited.is_none()));
        json!({ "asked": self.asked, "standing": standing, "cited": cited,
            "decisions": self.decisions.iter().collect::<Vec<_>>() })
    }

    /// The inquiry that it belongs to.
    pub(in crate::review) fn inquiry(&self) -> &str {
        &self.inquiry
    }

    fn take_up(&mut self, event: &Event) {
        self.inquiry = event.inquiry.clone().unwrap_or_default();
        let read = |name: &str| event.detail.get(name).cloned().unwrap_or_default();
        if let Ok(Some(asked)) = serde_json::from_value(read("asked")) {
            self.asked = Some(asked);
        }
        if let Ok(decisions) = serde_json::from_value::<Vec<(i64, Told)>>(read("decisions")) {
            self.decisions.extend(decisions);
        }
        if let Ok(Some(cited)) = serde_json::from_value(read("cited")) {
            self.cited = Some(cited);
        }
        if let Ok(Some(standing)) = serde_json::from_value::<Option<Standing>>(read("standing")) {
            (self.state, self.version, self.row, self.reply) = standing;
            self.standing = true;
        }
    }
}

fn text(detail: &Json, name: &str) -> Option<String> {
    detail.get(name).and_then(Json::as_str).map(str::to_owned)
}

fn number(detail: &Json, name: &str) -> i64 {
    detail.get(name).and_then(Json::as_i64).unwrap_or_default()
}

fn told(event: &Event) -> Told {
    let said = |name| text(&event.detail, name).unwrap_or_default();
    [
        event.draft.clone().unwrap_or_default(),
        event.inquiry.clone().unwrap_or_default(),
        event.action.clone(),
        format!("{} {}", number(&event.detail, "version"), said("state")),
        event.who.clone(),
        event.sign_on.clone(),
        said("reason"),
        event.at.clone(),
    ]
}

impl Ledger {
    /// Holds every event against its signature and its neighbours, the last against the head, and
    /// every row against the events that tell of it.
    pub async fn verify(&self) -> Result<Verified, Error> {
        self.verify_with(None).await
    }

    /// The same, and looks for an event that was kept elsewhere: a whole ledger that was put back
    /// to an earlier day carries every signature, and lacks the events since then.
    pub async fn verify_with(&self, kept: Option<&Head>) -> Result<Verified, Error> {
        // One state of the ledger, whatever is written meanwhile.
        let mut reading = Reading { transaction: self.database.snapshot().await? };
        let (base, forged) = match self.base(&mut reading).await? {
            Some(base) => (base, false),
            None => (Head { seq: 0, hash: GENESIS.to_owned() }, true),
        };
        let behind = base.seq;
        let mut walk = Walk::from(base, kept, &self.sealer);
        if forged {
            walk.found(Damage::Head);
        }
        let (mut events, mut record) = (0, Record::default());
        // From the very beginning: an event with a number that none can have is found too.
        let mut from = i64::MIN;
        loop {
            let sql = "SELECT * FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
            let rows = reading.rows(sql, vec![from.into(), ROWS_AT_ONCE.into()]).await?;
            let Some(last) = rows.last() else { break };
            from = last.int("seq")?;
            for row in &rows {
                let (event, written) = Event::of(row)?;
                walk.step(&event, &written);
                record.hear(&event);
                events += 1;
            }
        }
        let head = head(&mut reading).await?;
        let last = walk.end(head);
        let mut holding = Holding { reading, walk, record, sealer: &self.sealer, behind };
        let drafts = holding.drafts().await?;
        holding.inquiries().await?;
        holding.decisions().await?;
        holding.citations().await?;
        holding.lessons().await?;
        let damage = holding.walk.damage;
        Ok(Verified { events, first: behind + 1, last, drafts, damage })
    }

    /// The last event, to be kept elsewhere.
    pub async fn last(&self) -> Result<Head, Error> {
        let mut reading = Reading { transaction: self.database.snapshot().await? };
        let head = head(&mut reading).await?;
        head.map(|(head, _)| head).ok_or_else(|| Error::Damaged("head".to_owned()))
    }

    /// The event behind which the log begins: where older ones were purged, the last of those.
    /// Nothing if what is kept of it does not carry its signature.
    async fn base(&self, reading: &mut Reading) -> Result<Option<Head>, Error> {
        let sql = "SELECT value FROM meta WHERE name = 'log_base'";
        let rows = reading.rows(sql, Vec::new()).await?;
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
}

/// The last event as the ledger keeps it, with its signature.
async fn head(reading: &mut Reading) -> Result<Option<(Head, String)>, Error> {
    let rows = reading.rows("SELECT seq, hash, mac FROM head WHERE id = 1", Vec::new()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some((Head { seq: row.int("seq")?, hash: row.text("hash")? }, row.text("mac")?)))
}

/// One state of the ledger.
struct Reading {
    transaction: Box<dyn Transaction>,
}

impl Reading {
    async fn rows(&mut self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        Ok(self.transaction.fetch(sql.into(), values).await?)
    }
}

/// The rows, table by table, against what the log says of them.
struct Holding<'a> {
    reading: Reading,
    walk: Walk<'a>,
    record: Record,
    sealer: &'a Sealer,
    /// The last event that was purged: of what lies before it, nothing more is known.
    behind: i64,
}

impl Holding<'_> {
    async fn drafts(&mut self) -> Result<u64, Error> {
        let (mut drafts, mut behind) = (0, String::new());
        let mut left: BTreeSet<String> = self.record.drafts.keys().cloned().collect();
        loop {
            let sql = "SELECT * FROM draft WHERE id > $1 ORDER BY id LIMIT $2";
            let values = vec![behind.as_str().into(), ROWS_AT_ONCE.into()];
            let rows = self.reading.rows(sql, values).await?;
            let Some(last) = rows.last() else { break };
            behind = last.text("id")?;
            for row in &rows {
                let id = row.text("id")?;
                left.remove(&id);
                drafts += 1;
                for damage in self.draft(&id, row)? {
                    self.walk.found(damage);
                }
            }
        }
        for draft in left {
            self.walk.found(Damage::Draft(draft));
        }
        Ok(drafts)
    }

    fn draft(&self, id: &str, row: &Row) -> Result<Vec<Damage>, Error> {
        let mut damage = Vec::new();
        let Some(heard) = self.record.drafts.get(id) else {
            return Ok(vec![Damage::Draft(id.to_owned())]);
        };
        let row_mac = DRAFT.of(row, self.sealer)?;
        let stands = row.text("state")? == heard.state && row.int("version")? == heard.version;
        if !stands || row_mac != heard.row || row.text_if_any("mac")? != Some(row_mac) {
            damage.push(Damage::Draft(id.to_owned()));
        }
        let opens = |place: String, column: &str| -> Result<Option<String>, Error> {
            let Some(sealed) = row.bytes_if_any(column)? else { return Ok(Some(String::new())) };
            Ok(self.sealer.open(&place, &sealed).ok())
        };
        let content = opens(place::content(id), "content")?;
        let hint = opens(place::hint(id), "hint")?;
        let reply = opens(place::reply(id), "reply")?;
        let same = match (&heard.reply, &reply) {
            (Some(mac), Some(reply)) => {
                let text = format!("{id}\n{}\n{reply}", heard.version);
                self.sealer.sign("reply", text.as_bytes()) == *mac
            }
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if !same || content.is_none() || hint.is_none() {
            damage.push(Damage::Text(id.to_owned()));
        }
        Ok(damage)
    }

    async fn inquiries(&mut self) -> Result<(), Error> {
        let mut persons: BTreeMap<String, i64> = BTreeMap::new();
        let sql = "SELECT inquiry, COUNT(*) AS n FROM subject GROUP BY inquiry";
        for row in self.reading.rows(sql, Vec::new()).await? {
            persons.insert(row.text("inquiry")?, row.int("n")?);
        }
        let heard = self.record.drafts.values();
        let heard = heard.filter_map(|heard| Some((heard.inquiry.clone(), heard.asked.clone()?)));
        let mut left: BTreeMap<String, (String, i64)> = heard.collect();
        let mut behind = String::new();
        loop {
            let sql = "SELECT * FROM inquiry WHERE id > $1 ORDER BY id LIMIT $2";
            let values = vec![behind.as_str().into(), ROWS_AT_ONCE.into()];
            let rows = self.reading.rows(sql, values).await?;
            let Some(last) = rows.last() else { break };
            behind = last.text("id")?;
            for row in &rows {
                let id = row.text("id")?;
                let told = left.remove(&id);
                let held = (INQUIRY.of(row, self.sealer)?, persons.remove(&id).unwrap_or_default());
                let opens = self.sealer.open(&place::inquiry(&id), &row.bytes("content")?);
                if told != Some(held) || opens.is_err() {
                    self.walk.found(Damage::Inquiry(id));
                }
            }
        }
        // Told and not there, or there and never told.
        for id in left.into_keys().chain(persons.into_keys()) {
            self.walk.found(Damage::Inquiry(id));
        }
        Ok(())
    }

    async fn decisions(&mut self) -> Result<(), Error> {
        let heard = self.record.drafts.values();
        let mut left: BTreeMap<i64, Told> =
            heard.flat_map(|heard| heard.decisions.clone()).collect();
        let mut behind = i64::MIN;
        loop {
            let sql = "SELECT * FROM decision WHERE seq > $1 ORDER BY seq LIMIT $2";
            let rows = self.reading.rows(sql, vec![behind.into(), ROWS_AT_ONCE.into()]).await?;
            let Some(last) = rows.last() else { break };
            behind = last.int("seq")?;
            for row in &rows {
                let seq = row.int("seq")?;
                let (draft, version) = (row.text("draft")?, row.int("version")?);
                let opens =
                    self.sealer.open(&place::decision(&draft, version), &row.bytes("content")?);
                let held: Told = [
                    draft,
                    row.text("inquiry")?,
                    row.text("move")?,
                    format!("{version} {}", row.text("state")?),
                    row.text("who")?,
                    row.text("sign_on")?,
                    row.text_if_any("reason")?.unwrap_or_default(),
                    row.text("at")?,
                ];
                if left.remove(&seq) != Some(held) || opens.is_err() {
                    self.walk.found(Damage::Decision(seq));
                }
            }
        }
        for seq in left.into_keys() {
            self.walk.found(Damage::Decision(seq));
        }
        Ok(())
    }

    async fn citations(&mut self) -> Result<(), Error> {
        let mut held: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        let sql = "SELECT draft, passage, document FROM citation";
        for row in self.reading.rows(sql, Vec::new()).await? {
            let pair = (row.text("passage")?, row.text("document")?);
            held.entry(row.text("draft")?).or_default().push(pair);
        }
        for (draft, heard) in &self.record.drafts {
            let mut cited = held.remove(draft).unwrap_or_default();
            let none = cited.is_empty();
            let mac = of_citations(draft, &mut cited, self.sealer);
            if heard.cited.as_ref().map_or(!none, |told| *told != mac) {
                self.walk.found(Damage::Citations(draft.clone()));
            }
        }
        for draft in held.into_keys() {
            self.walk.found(Damage::Citations(draft));
        }
        Ok(())
    }

    async fn lessons(&mut self) -> Result<(), Error> {
        let mut left = std::mem::take(&mut self.record.lessons);
        let sql = "SELECT seq, kind, draft, document FROM lesson WHERE seq > $1";
        for row in self.reading.rows(sql, vec![self.behind.into()]).await? {
            let seq = row.int("seq")?;
            let held = [row.text("kind")?, row.text("draft")?, row.text("document")?];
            if left.remove(&seq) != Some(held) {
                self.walk.found(Damage::Lesson(seq));
            }
        }
        for seq in left.into_keys() {
            self.walk.found(Damage::Lesson(seq));
        }
        Ok(())
    }
}
