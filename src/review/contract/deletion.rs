//! What was purged is gone: from the tables, from the files, and from what the index is to hold.

use std::collections::BTreeSet;
use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::Engine;

use crate::review::contract::{
    AT, Stage, approver, caseworker, draft, edit, inquiry, made, on_both, posting, rejection,
};
use crate::review::{Actor, Decision, Ledger, Made, Posting, Purge, State, Teaching, Wanted};

on_both!(deletion:
    what_is_purged_leaves_no_row_and_the_log_says_so,
    a_purged_log_still_holds_what_is_kept_to_account,
    a_clock_that_was_wrong_lets_nothing_go_early,
);

const INQUIRIES: usize = 200;
const STAY: usize = 20;

/// Words that nobody guesses, one for each place where a customer's words lie.
fn canaries(n: usize) -> [String; 6] {
    ["subject", "body", "reply", "edit", "text", "print"]
        .map(|of| blake3::hash(format!("{of} {n}").as_bytes()).to_hex().chars().take(24).collect())
}

fn number(n: usize) -> String {
    // Days of birth that nobody has: the numbers are looked for, not read.
    format!("990000{n:04}")
}

/// Takes one inquiry through post, draft, edit and decision.
async fn lived(ledger: &Ledger, n: usize) {
    let [subject, body, reply, edited, text, print] = canaries(n);
    let mut posting = posting(n);
    posting.content.subject = Some(subject);
    posting.content.body = format!("{body} Lone Prøvesen {} {body}", number(n));
    posting.content.body.push_str(&" fyld".repeat(400 * (n % 7)));
    let keep_until = if n.is_multiple_of(2) { "2026-01-13" } else { "2027-01-01" }.to_owned();
    let keep_until = if n < STAY { "2099-01-01".to_owned() } else { keep_until };
    let again = Some((format!("key {n}"), format!("asked {n}")));
    let posting = Posting { subjects: vec![number(n)], keep_until, again, ..posting };
    ledger.post(posting).await.unwrap();
    let content = format!(r#"{{"reply":"{reply}","fyld":"{}"}}"#, "x".repeat(300 * (n % 5)));
    let fingerprint = format!(r#"["{print}"]"#);
    ledger
        .ready(Made {
            content,
            reply,
            fingerprint,
            persons: 1 + u8::from(n.is_multiple_of(3)),
            ..made(n)
        })
        .await
        .unwrap();
    let (id, ane, bo) = (draft(n), caseworker("ane"), approver("bo"));
    let persons = 1 + u8::from(n.is_multiple_of(3));
    ledger.does(&id, &ane, Decision::Edit(edit(&edited, persons))).await.unwrap();
    match n % 4 {
        0 => drop(ledger.does(&id, &ane, rejection("other", &text)).await.unwrap()),
        1 => drop(ledger.does(&id, &ane, Decision::Regenerate { hint: text }).await.unwrap()),
        _ => {
            let first = ledger.does(&id, &ane, Decision::Approve).await.unwrap();
            if first.state == State::Held {
                ledger.does(&id, &bo, Decision::Approve).await.unwrap();
            }
        }
    }
    ledger.read(&id, &Actor::operator(), AT).await.unwrap();
}

/// Pieces of everything that is sealed now, of these drafts or of the others.
async fn sealed(ledger: &Ledger, pieces: &mut BTreeSet<Vec<u8>>, stay: bool) {
    let columns = [
        ("inquiry", "id", "content"),
        ("draft", "inquiry", "content"),
        ("draft", "inquiry", "reply"),
        ("draft", "inquiry", "hint"),
        ("decision", "inquiry", "content"),
        ("fingerprint", "draft", "content"),
    ];
    for (table, id, column) in columns {
        for row in ledger.seen(format!("SELECT {id} AS id, {column} AS c FROM {table}")).await {
            let n: usize = row.text("id").unwrap().split_off(2).parse().unwrap();
            let Some(bytes) = row.bytes_if_any("c").unwrap() else { continue };
            if (n < STAY) != stay {
                continue;
            }
            let (middle, end) = (bytes.len() / 2, bytes.len());
            for start in [0, middle - 8, end - 16] {
                pieces.insert(bytes[start..start + 16].to_vec());
            }
        }
    }
}

/// How many of the patterns are found in the files of a folder.
fn found(folder: &Path, patterns: &[Vec<u8>]) -> usize {
    let search = AhoCorasick::new(patterns).unwrap();
    let mut found = BTreeSet::new();
    for file in walkdir::WalkDir::new(folder) {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let bytes = std::fs::read(file.path()).unwrap();
            found.extend(search.find_overlapping_iter(&bytes).map(|hit| hit.pattern()));
        }
    }
    found.len()
}

/// A text as it might stand in a file: as it is, in base64, in hex, in UTF-16.
fn guises(text: &str) -> Vec<Vec<u8>> {
    let hex = text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let wide = |swap: bool| {
        text.encode_utf16()
            .flat_map(move |unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() })
    };
    let base64 = |skip: usize| {
        // Wherever it begins among three bytes, this much of it stays the same.
        let code = base64::engine::general_purpose::STANDARD.encode(&text.as_bytes()[skip..]);
        code.as_bytes()[..code.len() / 4 * 4 - 4].to_vec()
    };
    vec![
        text.as_bytes().to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        wide(false).collect(),
        wide(true).collect(),
        base64(0),
        base64(1),
        base64(2),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_two_hundred_purged_inquiries_is_left_in_any_file() {
    let stage = Stage::sqlite();
    let ledger = stage.open().await;
    let (mut gone, mut stay) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..STAY + INQUIRIES {
        lived(&ledger, n).await;
        // Also what was sealed once and written over since.
        if n % 10 == 9 {
            sealed(&ledger, &mut gone, false).await;
        }
    }
    sealed(&ledger, &mut gone, false).await;
    sealed(&ledger, &mut stay, true).await;
    let (gone, stay): (Vec<_>, Vec<_>) = (gone.into_iter().collect(), stay.into_iter().collect());
    assert!(found(stage.folder.path(), &gone) > gone.len() / 2, "they lie there before");

    let before = Purge::Before("2026-01-14".to_owned());
    let by_day = ledger.purge(before, &Actor::operator(), AT).await.unwrap();
    assert_eq!(by_day.inquiries.len(), INQUIRIES / 2);
    let mut by_person = 0;
    for n in (STAY..STAY + INQUIRIES).filter(|n| n % 2 == 1) {
        let these = Purge::These(ledger.inquiries_of(&number(n)).await.unwrap());
        by_person += ledger.purge(these, &Actor::operator(), AT).await.unwrap().inquiries.len();
    }
    assert_eq!(by_person, INQUIRIES / 2);
    ledger.whole_log().await;
    let open = found(stage.folder.path(), &gone);
    ledger.close().await;
    let closed = found(stage.folder.path(), &gone);
    assert_eq!((open, closed), (0, 0), "pieces of {} that were sealed", gone.len());
    assert_eq!(found(stage.folder.path(), &stay), stay.len(), "what was not purged is there");

    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut canaries_of = 0;
    for n in 0..STAY + INQUIRIES {
        let of = canaries(n).into_iter().chain([number(n)]);
        for canary in of.chain(["Lone Prøvesen".to_owned()]) {
            canaries_of += 1;
            words.extend(guises(&canary));
        }
    }
    assert_eq!(found(stage.folder.path(), &words), 0);
    println!(
        "{INQUIRIES} inquiries purged ({} by day, {by_person} by person): 0 of {canaries_of} \
         canaries in 8 guises, 0 of {} pieces of sealed texts in any file; {} pieces of {STAY} \
         that stay are all there",
        by_day.inquiries.len(),
        gone.len(),
        stay.len(),
    );
}

async fn what_is_purged_leaves_no_row_and_the_log_says_so(stage: Stage) {
    let ledger = stage.open().await;
    for n in 20..40 {
        lived(&ledger, n).await;
    }
    let unknown = Purge::These(vec!["i-none".to_owned()]);
    let none = ledger.purge(unknown, &Actor::operator(), AT).await.unwrap();
    assert!(none.inquiries.is_empty());
    let these: Vec<String> = (20..30).chain(20..22).map(inquiry).collect();
    let purged = ledger.purge(Purge::These(these), &Actor::operator(), AT).await.unwrap();
    assert_eq!((purged.inquiries.len(), purged.drafts), (10, 10));
    let lessons = ledger.lessons(0, 1000).await.unwrap();
    let Teaching::Purge(documents) = &lessons.last().unwrap().what else { panic!("no purge") };
    assert_eq!(documents.len(), 10);
    assert!(documents.contains(&"sag-d-000021".to_owned()));
    ledger.whole_log().await;
    let day = Purge::Before("2099-01-01".to_owned());
    let purged = ledger.purge(day, &Actor::operator(), AT).await.unwrap();
    assert_eq!(purged.inquiries.len(), 10);
    for table in ["inquiry", "draft", "citation", "decision", "request", "subject", "fingerprint"] {
        assert_eq!(ledger.number(format!("SELECT COUNT(*) AS n FROM {table}")).await, 0, "{table}");
    }
    let wanted = Wanted { who: Some("operator".to_owned()), limit: 1000, ..Wanted::default() };
    let events = ledger.events(&wanted).await.unwrap();
    let told: Vec<_> = events.iter().filter(|event| event.action == "purge").collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].detail["inquiries"].as_array().unwrap().len(), 10);
    assert!(told[0].detail["lesson"].is_string() && told[1].detail["lesson"].is_null());
    ledger.whole_log().await;
    // The same key may be used again: nothing is remembered of what it was used for.
    lived(&ledger, 20).await;
}

/// The same day in another month.
fn at(month: usize) -> String {
    format!("2025-{month:02}-15T08:00:00Z")
}

async fn a_purged_log_still_holds_what_is_kept_to_account(stage: Stage) {
    let ledger = stage.open().await;
    let (ane, bo) = (caseworker("ane"), approver("bo"));
    // Twelve drafts begun month by month; each is approved, and some reopened, a month later.
    for month in 1..=12 {
        let n = month;
        ledger.post(Posting { at: at(month), ..posting(n) }).await.unwrap();
        ledger.ready(Made { at: at(month), ..made(n) }).await.unwrap();
        if month > 1 {
            let mut approval =
                crate::review::contract::deciding(&draft(n - 1), 2, &ane, Decision::Approve);
            approval.at = at(month);
            ledger.decide(approval).await.unwrap();
        }
        if month > 2 && month % 2 == 0 {
            let reopen = Decision::Reopen { text: "Nyt".to_owned() };
            let mut reopen = crate::review::contract::deciding(&draft(n - 2), 3, &bo, reopen);
            reopen.at = at(month);
            ledger.decide(reopen).await.unwrap();
        }
    }
    ledger.whole_log().await;
    let head = ledger.last().await.unwrap();
    let mut went = 0;
    for month in [3, 4, 9, 12] {
        went += ledger.purge_log(&at(month), &Actor::operator(), &at(12)).await.unwrap().events;
        let verified = ledger.verify_with(Some(&head)).await.unwrap();
        assert_eq!(verified.damage, [], "after the purge of what lies before month {month}");
        assert_eq!(verified.drafts, 12);
    }
    assert!(went > 20);
    // Decisions whose events are gone are held to what was said of them.
    let old = ledger.seen("SELECT MIN(seq) AS n FROM decision").await[0].int("n").unwrap();
    ledger.by_hand(format!("UPDATE decision SET who = 'cai' WHERE seq = {old}")).await.unwrap();
    assert_eq!(ledger.verify().await.unwrap().damage, [crate::review::Damage::Decision(old)]);
    ledger.by_hand(format!("UPDATE decision SET who = 'ane' WHERE seq = {old}")).await.unwrap();
    ledger.whole_log().await;
    // And an event that was changed is not signed anew by a purge.
    let first = ledger.number("SELECT MIN(seq) AS n FROM event WHERE draft IS NOT NULL").await;
    let who = ledger.seen(format!("SELECT who FROM event WHERE seq = {first}")).await;
    let who = who[0].text("who").unwrap();
    ledger.by_hand(format!("UPDATE event SET who = 'cai' WHERE seq = {first}")).await.unwrap();
    let refused = ledger.purge_log("2099-01-01T00:00:00Z", &Actor::operator(), AT).await;
    assert!(refused.is_err());
    // Life goes on for drafts whose beginnings are gone.
    ledger.by_hand(format!("UPDATE event SET who = '{who}' WHERE seq = {first}")).await.unwrap();
    ledger.whole_log().await;
    let purge = Purge::These((1..=6).map(inquiry).collect());
    ledger.purge(purge, &Actor::operator(), &at(12)).await.unwrap();
    ledger.does(&draft(12), &ane, Decision::Approve).await.unwrap();
    ledger.whole_log().await;
}

async fn a_clock_that_was_wrong_lets_nothing_go_early(stage: Stage) {
    let ledger = stage.open().await;
    for (n, year) in [(1, 2024), (2, 2025), (3, 1970), (4, 2025)] {
        ledger.post(Posting { at: format!("{year}-06-01T00:00:00Z"), ..posting(n) }).await.unwrap();
    }
    let went =
        ledger.purge_log("2025-01-01T00:00:00Z", &Actor::operator(), AT).await.unwrap().events;
    assert_eq!(went, 1, "what was written in 2025 stays, though a later event says 1970");
    ledger.whole_log().await;
    let none = ledger.purge_log("2020-01-01T00:00:00Z", &Actor::operator(), AT).await.unwrap();
    assert_eq!(none.events, 0);
    let rest = ledger.purge_log("2099-01-01T00:00:00Z", &Actor::operator(), AT).await.unwrap();
    assert_eq!(rest.events, 5);
    ledger.post(posting(5)).await.unwrap();
    ledger.whole_log().await;
}
