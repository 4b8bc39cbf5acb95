//! What a ledger promises, tried on both databases.
//!
//! Takes: a ledger in a folder of its own, or in a database of its own on a PostgreSQL server.
//! Gives: tests.
//! Never: counts a test of PostgreSQL as passed where there is no server: it says `skipped:`.

mod inbox;
mod decisions;
mod queue;
mod together;
mod tampering;
mod deletion;
mod faults;
mod archive;

use std::io::Write as _;
use std::sync::Arc;

use crate::access::{Person, Role};
use crate::inquiry::Inquiry;
use crate::privacy::MasterKey;
use crate::review::database::{Fault, Row, Value};
use crate::review::{
    Actor, Decided, Deciding, Decision, Edit, Error, Ledger, Made, Posting, Settings, State,
};

pub(in crate::review) const AT: &str = "2025-10-15T08:00:00Z";

/// Where a ledger lies in a test, and its key.
pub(in crate::review) struct Stage {
    pub(in crate::review) folder: tempfile::TempDir,
    pub(in crate::review) settings: Settings,
    pub(in crate::review) key: MasterKey,
}

impl Stage {
    /// A ledger in a file.
    pub(in crate::review) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, settings: Settings::default(), key: MasterKey::of_this_run() }
    }

    /// A ledger in a database of its own; nothing, and a line that says so, without a server.
    pub(in crate::review) async fn postgres() -> Option<Self> {
        let Some(server) = std::env::var_os("SVARFORSLAG_TEST_PG_URL") else {
            // Past what the harness catches: whoever runs the tests is to see it.
            let skipped =
                "\nskipped: SVARFORSLAG_TEST_PG_URL names no server (tests/postgres/serve.py)\n";
            std::io::stderr().lock().write_all(skipped.as_bytes()).unwrap();
            return None;
        };
        let server = server.into_string().unwrap();
        let name = format!("ledger_{}", uuid::Uuid::now_v7().simple());
        let mut own = <sqlx::PgConnection as sqlx::Connection>::connect(&server).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(sql).execute(&mut own).await.unwrap();
        let (head, parameters) = server.split_once('?').unwrap();
        let (head, _) = head.rsplit_once('/').unwrap();
        let mut stage = Self::sqlite();
        stage.settings.database = format!("{head}/{name}?{parameters}");
        Some(stage)
    }

    pub(in crate::review) async fn open(&self) -> Ledger {
        self.try_open().await.unwrap()
    }

    pub(in crate::review) async fn try_open(&self) -> Result<Ledger, Error> {
        Ledger::open(&self.settings, self.folder.path(), self.key.clone()).await
    }
}

impl Ledger {
    /// Writes past the program, as another hand would.
    pub(in crate::review) async fn by_hand(&self, sql: impl Into<String>) -> Result<u64, Fault> {
        self.by_hand_with(sql, Vec::new()).await
    }

    pub(in crate::review) async fn by_hand_with(
        &self,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<u64, Fault> {
        let mut writing = self.database.begin().await?;
        let rows = writing.execute(sql.into().into(), values).await?;
        writing.commit().await?;
        Ok(rows)
    }

    pub(in crate::review) async fn seen(&self, sql: impl Into<String>) -> Vec<Row> {
        self.database.fetch(sql.into().into(), Vec::new()).await.unwrap()
    }

    pub(in crate::review) async fn number(&self, sql: impl Into<String>) -> i64 {
        self.seen(sql).await[0].int_if_any("n").unwrap().unwrap_or_default()
    }

    /// Takes an inquiry in and has its draft made.
    pub(in crate::review) async fn ready_draft(&self, n: usize, persons: u8) -> String {
        self.post(posting(n)).await.unwrap();
        self.ready(Made { persons, ..made(n) }).await.unwrap();
        draft(n)
    }

    pub(in crate::review) async fn does(
        &self,
        draft: &str,
        person: &Person,
        decision: Decision,
    ) -> Result<Decided, Error> {
        let version = self.summary(draft).await?.version;
        self.decide(deciding(draft, version, person, decision)).await
    }

    /// Brings a fresh draft into a state.
    pub(in crate::review) async fn in_state(&self, n: usize, state: State) -> String {
        let (id, ane) = (draft(n), caseworker("ane"));
        match state {
            State::Drafting => drop(self.post(posting(n)).await.unwrap()),
            State::Ready => drop(self.ready_draft(n, 1).await),
            State::Held => {
                self.ready_draft(n, 2).await;
                self.does(&id, &ane, Decision::Approve).await.unwrap();
            }
            State::Approved => {
                self.ready_draft(n, 1).await;
                self.does(&id, &ane, Decision::Approve).await.unwrap();
            }
            State::Rejected => {
                self.ready_draft(n, 1).await;
                self.does(&id, &ane, rejection("wrong", "Satsen er fra i fjor.")).await.unwrap();
            }
            State::Failed => {
                self.post(posting(n)).await.unwrap();
                self.failed(id.clone(), "index_missing".to_owned(), AT.to_owned()).await.unwrap();
            }
        }
        assert_eq!(self.summary(&id).await.unwrap().state, state);
        id
    }

    #[track_caller]
    pub(in crate::review) fn whole_log(&self) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let verified = self.verify().await.unwrap();
            assert_eq!(verified.damage, [], "{place}");
        }
    }
}

pub(in crate::review) fn draft(n: usize) -> String {
    format!("d-{n:06}")
}

pub(in crate::review) fn inquiry(n: usize) -> String {
    format!("i-{n:06}")
}

pub(in crate::review) fn posting(n: usize) -> Posting {
    Posting {
        inquiry: inquiry(n),
        draft: draft(n),
        content: Inquiry {
            subject: Some(format!("Sygemelding {n}")),
            body: format!("Hvornår er fristen i sag {n}?\nMvh Lone Prøvesen"),
            from: Some("lone@slks.example".to_owned()),
            ..Inquiry::default()
        },
        institution: Some("Slots- og Kulturstyrelsen".to_owned()),
        area: "loen".to_owned(),
        due: "2025-10-22".to_owned(),
        keep_until: "2026-01-13".to_owned(),
        subjects: vec!["2103009996".to_owned()],
        again: None,
        actor: Actor { id: "serviceportalen".to_owned(), sign_on: "key".to_owned() },
        at: AT.to_owned(),
    }
}

pub(in crate::review) fn made(n: usize) -> Made {
    Made {
        draft: draft(n),
        content: format!(r#"{{"reply":"Svar {n}","checks":[{{"code":"quotes","ok":true}}]}}"#),
        reply: format!("Hej\n\nFristen er den 15. ({n})\n\nVenlig hilsen"),
        institution: Some("Slots- og Kulturstyrelsen".to_owned()),
        maker: "extractive".to_owned(),
        risks: vec!["amount".to_owned()],
        persons: 1,
        questions: 2,
        open: 1,
        micro_kroner: 1_500,
        cited: vec![
            ("p-1".to_owned(), "vejledning.md".to_owned()),
            (format!("p-{n}-2"), "drejebog.md".to_owned()),
        ],
        fingerprint: format!(r#"{{"words":["frist","{n}"]}}"#),
        made_with: serde_json::json!({ "index": "abc", "model": null }),
        at: AT.to_owned(),
    }
}

pub(in crate::review) fn edit(text: &str, persons: u8) -> Edit {
    Edit {
        reply: text.to_owned(),
        changes: serde_json::json!([{ "put": text }]),
        percent: 20,
        checks: serde_json::json!([{ "code": "numbers", "ok": true }]),
        risks: Vec::new(),
        persons,
    }
}

pub(in crate::review) fn rejection(reason: &str, text: &str) -> Decision {
    Decision::Reject { reason: reason.to_owned(), text: text.to_owned() }
}

pub(in crate::review) fn deciding(
    draft: &str,
    version: i64,
    person: &Person,
    decision: Decision,
) -> Deciding {
    Deciding {
        draft: draft.to_owned(),
        version,
        person: person.clone(),
        decision,
        at: AT.to_owned(),
    }
}

pub(in crate::review) fn caseworker(id: &str) -> Person {
    Person::of_test(id, &[Role::Caseworker])
}

pub(in crate::review) fn approver(id: &str) -> Person {
    Person::of_test(id, &[Role::Caseworker, Role::Approver])
}

/// The same numbers on every machine.
pub(in crate::review) struct Chance(pub(in crate::review) u64);

impl Chance {
    pub(in crate::review) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }

    pub(in crate::review) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Runs each of these functions on a ledger in a file and on one in PostgreSQL.
macro_rules! on_both {
    ($module:ident: $($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                crate::review::contract::$module::$name(crate::review::contract::Stage::sqlite()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(stage) = crate::review::contract::Stage::postgres().await {
                    crate::review::contract::$module::$name(stage).await;
                }
            })+
        }
    };
}

use on_both;

/// A ledger that several hold.
pub(in crate::review) fn shared(ledger: Ledger) -> Arc<Ledger> {
    Arc::new(ledger)
}
