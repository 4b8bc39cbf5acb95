//! Ledgers that earlier programs wrote: this one opens them, finds them whole, and goes on.
//!
//! `tests/data/ledger/vN` holds a ledger of schema N with its key. The one of today's schema is made
//! here where it is missing, and is kept from then on: a ledger that is written today must be read
//! by every later program.

use std::path::{Path, PathBuf};

use base64::Engine;

use crate::privacy::MasterKey;
use crate::review::contract::{Stage, approver, caseworker, draft, edit, inquiry, made, posting};
use crate::review::{Actor, Decision, Head, Ledger, Purge, Settings, State};

const FILES: [&str; 3] = ["ledger.db", "ledger.key", "head.json"];

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ledger")
}

fn key(text: &str) -> MasterKey {
    MasterKey::parse(text).unwrap()
}

/// One draft in every state, one edited, one purged.
async fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    // A key of a test, for invented content.
    let bytes = blake3::hash(b"the key of the archives of the tests");
    let text = base64::engine::general_purpose::STANDARD.encode(bytes.as_bytes());
    std::fs::write(folder.join("ledger.key"), format!("{text}\n")).unwrap();
    let ledger = Ledger::open(&Settings::default(), folder, key(&text)).await.unwrap();
    for (n, state) in State::ALL.into_iter().enumerate() {
        ledger.in_state(n + 1, state).await;
    }
    let text = "Hej\n\nFristen er den 16. oktober.\n\nVenlig hilsen";
    let edited = Decision::EditAndApprove(edit(text, 1));
    ledger.ready_draft(7, 1).await;
    ledger.does(&draft(7), &caseworker("ane"), edited).await.unwrap();
    ledger.ready_draft(8, 1).await;
    let at = crate::review::contract::AT;
    ledger.purge(Purge::These(vec![inquiry(8)]), &Actor::operator(), at).await.unwrap();
    ledger.whole_log().await;
    let head = serde_json::to_string(&ledger.last().await.unwrap()).unwrap();
    std::fs::write(folder.join("head.json"), head + "\n").unwrap();
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ledgers_of_every_earlier_schema_are_opened_held_to_their_log_and_decided_on() {
    let newest = archives().join(format!("v{}", Ledger::schema()));
    if !newest.join("ledger.db").exists() {
        write(&newest).await;
        println!("{} was made: keep it", newest.display());
    }
    let mut opened = 0;
    for version in 1..=Ledger::schema() {
        let archive = archives().join(format!("v{version}"));
        let stage = Stage::sqlite();
        for file in FILES {
            std::fs::copy(archive.join(file), stage.folder.path().join(file)).unwrap();
        }
        let read = |file: &str| std::fs::read_to_string(archive.join(file)).unwrap();
        let stage = Stage { key: key(&read("ledger.key")), ..stage };
        let head: Head = serde_json::from_str(&read("head.json")).unwrap();
        let ledger = stage.open().await;
        let verified = ledger.verify_with(Some(&head)).await.unwrap();
        assert_eq!((verified.damage, verified.drafts), (vec![], 7), "schema {version}");
        for (n, state) in State::ALL.into_iter().enumerate() {
            let whole = ledger.look(&draft(n + 1)).await.unwrap();
            assert_eq!(whole.summary.state, state, "schema {version}");
            assert_eq!(whole.asked, posting(n + 1).content);
        }
        let second = ledger.does(&draft(3), &approver("bo"), Decision::Approve).await.unwrap();
        assert_eq!(second.state, State::Approved, "the second person, in another year");
        ledger.ready(made(1)).await.unwrap();
        let edited = ledger.look(&draft(7)).await.unwrap();
        assert_eq!((edited.past.len(), edited.past[0].who.as_str()), (2, "ane"));
        assert_eq!(ledger.inquiries_of("2103009996").await.unwrap().len(), 7);
        ledger.post(posting(9)).await.unwrap();
        ledger.whole_log().await;
        ledger.close().await;
        opened += 1;
    }
    println!("{opened} schemas opened, verified and decided on");
}
