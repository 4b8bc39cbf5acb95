//! A ledger that another hand has changed: each change is found, and nothing else is.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::review::contract::{
    AT, Chance, Stage, approver, caseworker, draft, edit, inquiry, made, posting, rejection,
};
use crate::review::{Actor, Damage, Decision, Head, Ledger, Made, Move, Posting, Purge};

const TAMPERINGS: usize = 1000;
const UNTOUCHED: usize = 200;

/// One move by chance on a draft; what cannot be done is not done.
async fn moved(ledger: &Ledger, chance: &mut Chance, id: &str) {
    let person = approver(chance.pick::<&str>(&["ane", "bo", "cai"]));
    let text = format!("Svar {}", chance.below(1000));
    let decision = match chance.pick(&Move::ALL) {
        Move::Approve => Decision::Approve,
        Move::Edit if chance.below(2) == 0 => Decision::EditAndApprove(edit(&text, 1)),
        Move::Edit => Decision::Edit(edit(&text, 2)),
        Move::Reject => rejection(chance.pick::<&str>(&["wrong", "other"]), &text),
        Move::Regenerate => Decision::Regenerate { hint: text },
        Move::TakeOver => Decision::TakeOver,
        Move::Reopen => Decision::Reopen { text },
    };
    // Refused or not, the log must stay whole.
    drop(ledger.does(id, &person, decision).await);
}

/// A ledger with a history by chance.
async fn lived(ledger: &Ledger, chance: &mut Chance, drafts: usize) {
    for n in 0..drafts {
        let day = if chance.below(4) == 0 { "2025-11-01" } else { "2026-11-01" };
        let at = format!("2025-10-{:02}T08:00:00Z", 1 + n * 27 / drafts);
        let keep_until = day.to_owned();
        ledger.post(Posting { keep_until, at: at.clone(), ..posting(n) }).await.unwrap();
        if chance.below(8) > 0 {
            let persons = 1 + u8::try_from(chance.below(2)).unwrap();
            ledger.ready(Made { persons, at, ..made(n) }).await.unwrap();
        }
        for _ in 0..chance.below(6) {
            let id = draft(chance.below(n + 1));
            moved(ledger, chance, &id).await;
            if chance.below(3) == 0 {
                drop(ledger.ready(made(chance.below(n + 1))).await);
            }
            if chance.below(3) == 0 {
                drop(ledger.read(&id, &Actor::operator(), AT).await);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_ledgers_with_histories_by_chance_are_whole() {
    let mut chance = Chance(4_711);
    let (mut events, mut drafts) = (0, 0);
    for _ in 0..UNTOUCHED {
        let stage = Stage::sqlite();
        let ledger = stage.open().await;
        let size = 2 + chance.below(6);
        lived(&ledger, &mut chance, size).await;
        if chance.below(3) == 0 {
            let day = Purge::Before("2025-12-01".to_owned());
            ledger.purge(day, &Actor::operator(), AT).await.unwrap();
        }
        if chance.below(3) == 0 {
            let these = Purge::These(vec![inquiry(0)]);
            ledger.purge(these, &Actor::operator(), AT).await.unwrap();
        }
        for day in [10, 20] {
            if chance.below(3) == 0 {
                let before = format!("2025-10-{day}T00:00:00Z");
                ledger.purge_log(&before, &Actor::operator(), AT).await.unwrap();
                moved(&ledger, &mut chance, &draft(size - 1)).await;
            }
        }
        let verified = ledger.verify().await.unwrap();
        assert_eq!(verified.damage, []);
        events += verified.events;
        drafts += verified.drafts;
        ledger.close().await;
        // Also when it is opened again.
        let ledger = stage.open().await;
        ledger.whole_log().await;
        ledger.close().await;
    }
    println!("{UNTOUCHED} untouched ledgers are whole ({events} events, {drafts} drafts)");
    assert!(events > 1000);
}

/// What another hand does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    ChangeEvent,
    DropEvent,
    SwapEvents,
    CopyEvent,
    RenumberEvents,
    CutTail,
    CutTailAndHead,
    PutAllBack,
    ForgeHead,
    ForgeBase,
    ChangeDraft,
    ChangeSealed,
    SwapReplies,
    OlderReply,
    DropDraft,
    PutDraft,
    ChangeDecision,
    DropDecision,
    PutDecision,
    ChangeInquiry,
    ChangeCitation,
    ChangeSubject,
    ChangeLesson,
}

use Deed::{
    ChangeCitation, ChangeDecision, ChangeDraft, ChangeEvent, ChangeInquiry, ChangeLesson,
    ChangeSealed, ChangeSubject, CopyEvent, CutTail, CutTailAndHead, DropDecision, DropDraft,
    DropEvent, ForgeBase, ForgeHead, OlderReply, PutAllBack, PutDecision, PutDraft, RenumberEvents,
    SwapEvents, SwapReplies,
};

const DEEDS: [Deed; 23] = [
    ChangeEvent,
    DropEvent,
    SwapEvents,
    CopyEvent,
    RenumberEvents,
    CutTail,
    CutTailAndHead,
    PutAllBack,
    ForgeHead,
    ForgeBase,
    ChangeDraft,
    ChangeSealed,
    SwapReplies,
    OlderReply,
    DropDraft,
    PutDraft,
    ChangeDecision,
    DropDecision,
    PutDecision,
    ChangeInquiry,
    ChangeCitation,
    ChangeSubject,
    ChangeLesson,
];

/// What the other hand has seen and copied in earlier days.
struct Earlier {
    heads: Vec<(i64, String, String)>,
    replies: Vec<(String, Vec<u8>, String)>,
    file: Vec<u8>,
}

/// The other hand, at one copy of the file.
struct Hand {
    own: SqliteConnection,
    chance: Chance,
    first: i64,
    last: i64,
}

impl Hand {
    async fn at(path: &Path, seed: u64) -> Self {
        let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
        let mut own = options.connect().await.unwrap();
        let row = sqlx::query("SELECT MIN(seq), MAX(seq) FROM event").fetch_one(&mut own).await;
        let row = row.unwrap();
        Self { own, chance: Chance(seed), first: row.get(0), last: row.get(1) }
    }

    async fn run(&mut self, sql: String) -> u64 {
        let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut self.own).await;
        done.map_or(0, |done| done.rows_affected())
    }

    async fn texts(&mut self, sql: String) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut self.own).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    fn event(&mut self) -> i64 {
        let span = usize::try_from(self.last - self.first + 1).unwrap();
        self.first + i64::try_from(self.chance.below(span)).unwrap()
    }

    async fn key(&mut self, table: &str, column: &str) -> String {
        let all =
            self.texts(format!("SELECT CAST({column} AS TEXT) FROM {table} ORDER BY 1")).await;
        if all.is_empty() { "none".to_owned() } else { self.chance.pick(&all).clone() }
    }

    /// Changes one column of one row to a value by chance, or to that of another row.
    async fn change(&mut self, table: &str, key: &str, columns: &[&str]) -> u64 {
        let (row, other) = (self.key(table, key).await, self.key(table, key).await);
        let column = *self.chance.pick(columns);
        let value = match self.chance.below(3) {
            0 => format!("(SELECT {column} FROM {table} WHERE {key} = '{other}')"),
            1 => format!("REPLACE({column}, '1', '2')"),
            _ => format!("{column} || 'x'"),
        };
        self.run(format!(
            "UPDATE {table} SET {column} = {value} WHERE {key} = '{row}' AND {column} IS NOT {value}"
        ))
        .await
    }

    async fn change_number(&mut self, table: &str, key: &str, columns: &[&str]) -> u64 {
        let (row, column) = (self.key(table, key).await, *self.chance.pick(columns));
        let by = 1 + self.chance.below(3);
        self.run(format!("UPDATE {table} SET {column} = {column} + {by} WHERE {key} = '{row}'"))
            .await
    }

    /// Does it; 0 where there was nothing to do it to.
    async fn does(&mut self, deed: Deed, earlier: &Earlier) -> u64 {
        match deed {
            ChangeEvent | DropEvent | SwapEvents | CopyEvent | RenumberEvents => {
                self.does_to_event(deed).await
            }
            CutTail | CutTailAndHead | ForgeHead | ForgeBase => {
                self.does_to_ends(deed, earlier).await
            }
            ChangeDecision | DropDecision | PutDecision => self.does_to_decision(deed).await,
            ChangeDraft | ChangeSealed | DropDraft | PutDraft => self.does_to_draft(deed).await,
            SwapReplies | OlderReply => self.does_to_replies(deed, earlier).await,
            ChangeInquiry | ChangeCitation | ChangeSubject | ChangeLesson => {
                self.does_to_others(deed).await
            }
            PutAllBack => 0,
        }
    }

    async fn does_to_event(&mut self, deed: Deed) -> u64 {
        let columns =
            ["at", "who", "sign_on", "action", "inquiry", "draft", "detail", "prev", "hash"];
        let (one, two) = (self.event(), self.event());
        match deed {
            ChangeEvent => self.change("event", "seq", &columns).await,
            DropEvent => self.run(format!("DELETE FROM event WHERE seq = {one}")).await,
            CopyEvent => {
                let to = *self.chance.pick(&[-1, 0, self.last + 1, self.last + 7]);
                self.run(format!(
                    "INSERT INTO event SELECT {to}, at, who, sign_on, action, inquiry, draft, \
                     detail, prev, hash FROM event WHERE seq = {one}"
                ))
                .await
            }
            SwapEvents if one == two => 0,
            SwapEvents => {
                let mut rows = 0;
                for (from, to) in [(one, -9), (two, one), (-9, two)] {
                    rows +=
                        self.run(format!("UPDATE event SET seq = {to} WHERE seq = {from}")).await;
                }
                rows
            }
            _ => {
                // All of them, with the head: nothing is missing, and no number is right.
                let by = 1000;
                if self.chance.below(2) == 0 {
                    self.run(format!("UPDATE head SET seq = seq + {by}")).await;
                }
                self.run(format!("UPDATE event SET seq = seq + {by} WHERE seq >= {one}")).await
            }
        }
    }

    async fn does_to_ends(&mut self, deed: Deed, earlier: &Earlier) -> u64 {
        let from = self.event();
        match deed {
            CutTail => self.run(format!("DELETE FROM event WHERE seq >= {from}")).await,
            CutTailAndHead => {
                let (seq, hash, mac) = self.chance.pick(&earlier.heads).clone();
                self.run(format!("UPDATE head SET seq = {seq}, hash = '{hash}', mac = '{mac}'"))
                    .await;
                self.run(format!("DELETE FROM event WHERE seq > {seq}")).await
            }
            ForgeHead => {
                let forgeries = [
                    "UPDATE head SET seq = seq + 1",
                    "UPDATE head SET seq = seq - 1",
                    "UPDATE head SET hash = mac",
                    "UPDATE head SET mac = hash",
                    "DELETE FROM head",
                    "UPDATE head SET id = 2",
                ];
                let forgery = *self.chance.pick(&forgeries);
                self.run(forgery.to_owned()).await
            }
            _ => {
                let sql = format!("SELECT seq || ':' || hash FROM event WHERE seq = {from}");
                let base = self.texts(sql).await.remove(0);
                let mac = "0".repeat(64);
                let value = match self.chance.below(3) {
                    // The log is cut at its beginning, and says that it was made to begin there.
                    0 => format!("{base}:{mac}"),
                    1 => "0:0:".to_owned(),
                    _ => String::new(),
                };
                self.run(format!("DELETE FROM event WHERE seq <= {from}")).await;
                self.run("DELETE FROM meta WHERE name = 'log_base'".to_owned()).await;
                self.run(format!("INSERT INTO meta (name, value) VALUES ('log_base', '{value}')"))
                    .await
            }
        }
    }

    async fn does_to_decision(&mut self, deed: Deed) -> u64 {
        let texts = ["draft", "inquiry", "move", "state", "who", "sign_on", "reason", "at"];
        let row = self.key("decision", "seq").await;
        let to = self.last + 5;
        match deed {
            ChangeDecision if self.chance.below(5) == 0 => {
                self.change_number("decision", "seq", &["version", "seq"]).await
            }
            ChangeDecision if self.chance.below(5) == 0 => {
                self.run(format!(
                    "UPDATE decision SET content = x'00' || content WHERE seq = {row}"
                ))
                .await
            }
            ChangeDecision => self.change("decision", "seq", &texts).await,
            DropDecision => self.run(format!("DELETE FROM decision WHERE seq = {row}")).await,
            _ => {
                self.run(format!(
                    "INSERT INTO decision SELECT {to}, draft, inquiry, move, version, state, who, \
                     sign_on, reason, at, content FROM decision WHERE seq = {row}"
                ))
                .await
            }
        }
    }

    async fn does_to_draft(&mut self, deed: Deed) -> u64 {
        let texts = [
            "inquiry",
            "institution",
            "state",
            "assignee",
            "assignee_name",
            "due",
            "posted",
            "changed",
            "maker",
            "risks",
            "first_by",
            "approved",
            "reply_mac",
            "mac",
        ];
        let numbers = ["version", "persons", "questions", "open", "micro_kroner", "edited"];
        let one = self.key("draft", "id").await;
        match deed {
            ChangeDraft if self.chance.below(3) == 0 => {
                self.change_number("draft", "id", &numbers).await
            }
            ChangeDraft if self.chance.below(4) == 0 => {
                let state = *self.chance.pick(&["approved", "ready", "held", "rejected", "sent"]);
                self.run(format!(
                    "UPDATE draft SET state = '{state}' WHERE id = '{one}' AND state <> '{state}'"
                ))
                .await
            }
            ChangeDraft => self.change("draft", "id", &texts).await,
            ChangeSealed => {
                let column = *self.chance.pick(&["content", "reply", "hint"]);
                let value = *self.chance.pick(&["NULL", "x'00'", "randomblob(60)", "zeroblob(12)"]);
                self.run(format!(
                    "UPDATE draft SET {column} = {value} WHERE id = '{one}' \
                     AND {column} IS NOT NULL"
                ))
                .await
            }
            DropDraft => self.run(format!("DELETE FROM draft WHERE id = '{one}'")).await,
            _ => {
                let mut columns =
                    self.texts("SELECT name FROM pragma_table_info('draft')".into()).await;
                columns.retain(|column| column != "id");
                let columns = columns.join(", ");
                self.run(format!(
                    "INSERT INTO draft (id, {columns}) SELECT 'd-forged', {columns} FROM draft \
                     WHERE id = '{one}'"
                ))
                .await
            }
        }
    }

    async fn does_to_replies(&mut self, deed: Deed, earlier: &Earlier) -> u64 {
        let (one, two) = (self.key("draft", "id").await, self.key("draft", "id").await);
        if deed == SwapReplies {
            self.run(format!(
                "UPDATE draft SET (reply, reply_mac) = (SELECT other.reply, other.reply_mac \
                     FROM draft AS other WHERE other.id = CASE draft.id WHEN '{one}' THEN '{two}' \
                     ELSE '{one}' END) WHERE id IN ('{one}', '{two}') AND '{one}' <> '{two}' \
                     AND EXISTS (SELECT 1 FROM draft WHERE id IN ('{one}', '{two}') \
                     AND reply IS NOT NULL)"
            ))
            .await
        } else {
            // A text that stood there once, with the signature that it had then.
            let (id, reply, mac) = self.chance.pick(&earlier.replies).clone();
            let sql = "UPDATE draft SET reply = $1, reply_mac = $2 WHERE id = $3 AND reply <> $1";
            let done = sqlx::query(sql).bind(reply).bind(mac).bind(id).execute(&mut self.own);
            done.await.unwrap().rows_affected()
        }
    }

    async fn does_to_others(&mut self, deed: Deed) -> u64 {
        let last = self.last;
        match deed {
            ChangeInquiry => {
                let texts = ["institution", "channel", "area", "posted", "keep_until"];
                let row = self.key("inquiry", "id").await;
                match self.chance.below(4) {
                    0 => {
                        let sql = format!("UPDATE inquiry SET content = x'01' WHERE id = '{row}'");
                        self.run(sql).await
                    }
                    1 => self.run(format!("DELETE FROM inquiry WHERE id = '{row}'")).await,
                    _ => self.change("inquiry", "id", &texts).await,
                }
            }
            ChangeCitation => {
                let row = self.key("citation", "rowid").await;
                match self.chance.below(3) {
                    0 => self.run(format!("DELETE FROM citation WHERE rowid = {row}")).await,
                    1 => {
                        let sql = "INSERT INTO citation SELECT draft, 'p-forged', document \
                                   FROM citation WHERE rowid = ";
                        self.run(format!("{sql}{row}")).await
                    }
                    _ => self.change("citation", "rowid", &["draft", "passage", "document"]).await,
                }
            }
            ChangeSubject => {
                let row = self.key("subject", "rowid").await;
                let sql = if self.chance.below(2) == 0 {
                    "DELETE FROM subject WHERE rowid = "
                } else {
                    "INSERT INTO subject SELECT 'forged', inquiry FROM subject WHERE rowid = "
                };
                self.run(format!("{sql}{row}")).await
            }
            _ => {
                let row = self.key("lesson", "seq").await;
                match self.chance.below(3) {
                    0 => self.run(format!("DELETE FROM lesson WHERE seq = {row}")).await,
                    1 => {
                        let forged = "INSERT INTO lesson (seq, kind, draft, document) VALUES";
                        self.run(format!("{forged} ({}, 'learn', 'd-000001', 'sag-x')", last + 3))
                            .await
                    }
                    _ => self.change("lesson", "seq", &["kind", "draft", "document"]).await,
                }
            }
        }
    }
}

/// A ledger to tamper with, and what the other hand has copied of it in earlier days.
async fn history(stage: &Stage) -> (Head, Earlier) {
    let ledger = stage.open().await;
    let mut chance = Chance(31_415);
    let mut earlier = Earlier { heads: Vec::new(), replies: Vec::new(), file: Vec::new() };
    lived(&ledger, &mut chance, 12).await;
    let day = Purge::Before("2025-12-01".to_owned());
    ledger.purge(day, &Actor::operator(), AT).await.unwrap();
    ledger.purge_log("2025-10-06T00:00:00Z", &Actor::operator(), AT).await.unwrap();
    for round in 0..12 {
        let n = 100 + round;
        ledger.ready_draft(n, 1).await;
        for row in ledger.seen("SELECT seq, hash, mac FROM head").await {
            let text = |column: &str| row.text(column).unwrap();
            earlier.heads.push((row.int("seq").unwrap(), text("hash"), text("mac")));
        }
        for row in ledger.seen("SELECT id, reply, reply_mac FROM draft").await {
            if let Some(reply) = row.bytes_if_any("reply").unwrap() {
                let (id, mac) = (row.text("id").unwrap(), row.text("reply_mac").unwrap());
                earlier.replies.push((id, reply, mac));
            }
        }
        if round == 8 {
            let copy = stage.folder.path().join("earlier.db");
            ledger.copy_to(&copy).await.unwrap();
            earlier.file = std::fs::read(copy).unwrap();
        }
        let text = format!("Ændret {round}");
        ledger.does(&draft(n), &caseworker("ane"), Decision::Edit(edit(&text, 1))).await.unwrap();
        if round % 2 == 0 {
            ledger.does(&draft(n), &approver("bo"), Decision::Approve).await.unwrap();
        }
        ledger.read(&draft(n), &Actor::operator(), AT).await.unwrap();
    }
    // The last days were quiet: somebody only looked.
    for _ in 0..4 {
        for row in ledger.seen("SELECT seq, hash, mac FROM head").await {
            let text = |column: &str| row.text(column).unwrap();
            earlier.heads.push((row.int("seq").unwrap(), text("hash"), text("mac")));
        }
        ledger.read(&draft(105), &Actor::operator(), AT).await.unwrap();
    }
    ledger.whole_log().await;
    let kept = ledger.last().await.unwrap();
    ledger.close().await;
    (kept, earlier)
}

/// What is found alone, and with the head that was kept elsewhere; also where reading itself fails.
async fn looked_at(stage: &Stage, kept: &Head) -> (bool, bool) {
    let Ok(ledger) = stage.try_open().await else { return (true, true) };
    let found = |verified: Result<crate::review::Verified, _>| {
        verified.map_or(true, |verified| !verified.damage.is_empty())
    };
    let alone = found(ledger.verify().await);
    let with = found(ledger.verify_with(Some(kept)).await);
    ledger.close().await;
    (alone, with)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_thousand_tamperings_is_found() {
    let stage = Stage::sqlite();
    let (kept, earlier) = history(&stage).await;
    let file = std::fs::read(stage.folder.path().join("ledger.db")).unwrap();
    assert_eq!(looked_at(&stage, &kept).await, (false, false), "it is whole before");
    let mut counts: BTreeMap<Deed, (usize, usize)> = BTreeMap::new();
    let (mut done, mut seed) = (0, 0);
    while done < TAMPERINGS {
        seed += 1;
        let deed = DEEDS[seed % DEEDS.len()];
        let copy =
            Stage { settings: stage.settings.clone(), key: stage.key.clone(), ..Stage::sqlite() };
        let path = copy.folder.path().join("ledger.db");
        let changed = if deed == PutAllBack {
            std::fs::write(&path, &earlier.file).unwrap();
            1
        } else {
            std::fs::write(&path, &file).unwrap();
            let mut hand = Hand::at(&path, 0x9E37_79B9 + 7919 * u64::try_from(seed).unwrap()).await;
            let changed = hand.does(deed, &earlier).await;
            hand.own.close().await.unwrap();
            changed
        };
        if changed == 0 {
            continue;
        }
        done += 1;
        let (alone, with) = looked_at(&copy, &kept).await;
        assert!(with, "{deed:?} with seed {seed} is not found");
        // A log that is put back to a state that it once had carries every signature of then.
        let needs_head = matches!(deed, CutTailAndHead | PutAllBack);
        assert!(alone || needs_head, "{deed:?} with seed {seed} is found by the head alone");
        let count = counts.entry(deed).or_default();
        count.0 += 1;
        count.1 += usize::from(alone);
    }
    let alone: usize = counts.values().map(|(_, alone)| alone).sum();
    println!("{TAMPERINGS} tamperings of {} kinds: each found", counts.len());
    println!("{alone} of them without a head that was kept elsewhere");
    for (deed, (n, alone)) in &counts {
        println!("  {deed:?}: {n}, {alone} alone");
    }
    assert_eq!(counts.len(), DEEDS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_named() {
    let cases = [
        ("UPDATE event SET who = 'cai' WHERE seq = 2", Damage::Changed(2)),
        ("UPDATE draft SET persons = 1", Damage::Draft(draft(1))),
        ("UPDATE decision SET who = 'cai' WHERE seq = 3", Damage::Decision(3)),
        ("UPDATE inquiry SET keep_until = '2099-01-01'", Damage::Inquiry(inquiry(1))),
        ("DELETE FROM citation WHERE passage = 'p-1'", Damage::Citations(draft(1))),
        ("DELETE FROM head", Damage::Head),
        ("DELETE FROM lesson", Damage::Lesson(4)),
    ];
    for (sql, damage) in cases {
        let stage = Stage::sqlite();
        let ledger = stage.open().await;
        let id = ledger.ready_draft(1, 2).await;
        ledger.does(&id, &caseworker("ane"), Decision::Approve).await.unwrap();
        ledger.does(&id, &approver("bo"), Decision::Approve).await.unwrap();
        ledger.by_hand(sql).await.unwrap();
        let found = ledger.verify().await.unwrap().damage;
        assert_eq!(found, [damage], "{sql}");
    }
}
