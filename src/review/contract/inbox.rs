//! Inquiries taken in, drafts put in their place, what the program reads of them.

use crate::review::contract::{
    AT, Stage, approver, caseworker, draft, inquiry, made, on_both, posting, rejection,
};
use crate::review::{Actor, Decision, Error, Lesson, Made, Posting, State, Teaching, Wanted};

on_both!(inbox:
    the_same_key_gives_the_same_ids_and_another_request_is_refused,
    a_draft_is_put_where_it_belongs_once,
    what_was_posted_comes_back_as_it_was,
    a_read_is_one_event_and_a_look_is_none,
    lessons_come_in_the_order_of_the_decisions,
    prints_quotes_and_trusted_documents_follow_the_drafts,
    an_export_holds_all_and_is_logged,
    numbers_of_persons_are_found_by_the_key_alone,
    no_column_but_the_sealed_ones_holds_a_word_of_a_customer,
);

fn with_key(n: usize, key: &str, asked: &str) -> Posting {
    Posting { again: Some((key.to_owned(), asked.to_owned())), ..posting(n) }
}

async fn the_same_key_gives_the_same_ids_and_another_request_is_refused(stage: Stage) {
    let ledger = stage.open().await;
    let first = ledger.post(with_key(1, "k", "body")).await.unwrap();
    assert_eq!((first.inquiry.as_str(), first.again), (inquiry(1).as_str(), false));
    let again = ledger.post(with_key(2, "k", "body")).await.unwrap();
    assert_eq!((again.inquiry, again.draft, again.again), (inquiry(1), draft(1), true));
    let other = ledger.post(with_key(3, "k", "another body")).await;
    assert!(matches!(other, Err(Error::KeyReused)));
    // The key is its caller's: another one may use the same.
    let actor = Actor { id: "andet-system".to_owned(), sign_on: "key".to_owned() };
    let foreign = Posting { actor, ..with_key(4, "k", "another body") };
    assert_eq!(ledger.post(foreign).await.unwrap().inquiry, inquiry(4));
    assert_eq!(ledger.number("SELECT COUNT(*) AS n FROM inquiry").await, 2);
    assert_eq!(ledger.number("SELECT COUNT(*) AS n FROM event").await, 2);
    ledger.whole_log().await;
}

async fn a_draft_is_put_where_it_belongs_once(stage: Stage) {
    let ledger = stage.open().await;
    assert!(matches!(ledger.ready(made(1)).await, Err(Error::NotFound)));
    ledger.post(posting(1)).await.unwrap();
    ledger.post(posting(2)).await.unwrap();
    assert_eq!(ledger.to_make(10).await.unwrap(), [draft(1), draft(2)]);
    ledger.ready(made(1)).await.unwrap();
    assert!(matches!(ledger.ready(made(1)).await, Err(Error::Stale { version: 2 })));
    ledger.failed(draft(2), "busy".to_owned(), AT.to_owned()).await.unwrap();
    let late = ledger.failed(draft(1), "busy".to_owned(), AT.to_owned()).await;
    assert!(matches!(late, Err(Error::Stale { .. })));
    assert!(ledger.to_make(10).await.unwrap().is_empty());
    let summary = ledger.summary(&draft(1)).await.unwrap();
    assert_eq!((summary.state, summary.version, summary.open), (State::Ready, 2, 1));
    assert!((summary.kroner - 0.0015).abs() < 1e-9 && summary.risks.len() == 1);
    assert_eq!(ledger.summary(&draft(2)).await.unwrap().state, State::Failed);
    ledger.whole_log().await;
}

async fn what_was_posted_comes_back_as_it_was(stage: Stage) {
    let ledger = stage.open().await;
    ledger.ready_draft(1, 1).await;
    let whole = ledger.look(&draft(1)).await.unwrap();
    assert_eq!(whole.asked, posting(1).content);
    assert_eq!(whole.reply.as_deref(), Some(made(1).reply.as_str()));
    assert_eq!(whole.content.unwrap()["reply"], "Svar 1");
    assert!(whole.past.is_empty());
    let (asked, hint) = ledger.assignment(&draft(1)).await.unwrap();
    assert_eq!((asked, hint), (posting(1).content, None));
    assert!(matches!(ledger.look("d-none").await, Err(Error::NotFound)));
    ledger.close().await;
    // Nothing of it lived in memory alone.
    let whole = stage.open().await.look(&draft(1)).await.unwrap();
    assert_eq!(whole.reply, Some(made(1).reply));
}

async fn a_read_is_one_event_and_a_look_is_none(stage: Stage) {
    let ledger = stage.open().await;
    ledger.ready_draft(1, 1).await;
    let before = ledger.number("SELECT COUNT(*) AS n FROM event").await;
    ledger.look(&draft(1)).await.unwrap();
    ledger.summary(&draft(1)).await.unwrap();
    assert_eq!(ledger.number("SELECT COUNT(*) AS n FROM event").await, before);
    let who = Actor { id: "bo".to_owned(), sign_on: "oidc".to_owned() };
    for n in 1..=3 {
        ledger.read(&draft(1), &who, AT).await.unwrap();
        let wanted = Wanted { who: Some("bo".to_owned()), limit: 100, ..Wanted::default() };
        let events = ledger.events(&wanted).await.unwrap();
        assert_eq!(events.len(), n);
        let last = events.last().unwrap();
        assert_eq!((last.action.as_str(), &last.detail["seen"]), ("read", &2.into()));
        assert_eq!((last.inquiry.clone(), last.draft.clone()), (Some(inquiry(1)), Some(draft(1))));
    }
    let missing = ledger.read("d-none", &who, AT).await;
    assert!(matches!(missing, Err(Error::NotFound)));
    ledger.whole_log().await;
}

async fn lessons_come_in_the_order_of_the_decisions(stage: Stage) {
    let ledger = stage.open().await;
    let (ane, id) = (caseworker("ane"), ledger.ready_draft(1, 1).await);
    let other = ledger.ready_draft(2, 1).await;
    ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    ledger.does(&id, &ane, Decision::Reopen { text: "Forkert".to_owned() }).await.unwrap();
    ledger.does(&other, &ane, rejection("wrong", "")).await.unwrap();
    ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    let lessons = ledger.lessons(0, 100).await.unwrap();
    let case = format!("sag-{id}");
    let what: Vec<Teaching> = lessons.iter().map(|lesson| lesson.what.clone()).collect();
    let expected =
        [Teaching::Learn(case.clone()), Teaching::Forget(case.clone()), Teaching::Learn(case)];
    assert_eq!(what, expected);
    assert!(lessons.is_sorted_by_key(|lesson| lesson.seq));
    let rest: Vec<Lesson> = ledger.lessons(lessons[0].seq, 1).await.unwrap();
    assert_eq!(rest, lessons[1..2]);
    ledger.whole_log().await;
}

async fn prints_quotes_and_trusted_documents_follow_the_drafts(stage: Stage) {
    let ledger = stage.open().await;
    let ane = caseworker("ane");
    for n in 1..=3 {
        ledger.ready_draft(n, 1).await;
    }
    ledger.does(&draft(2), &ane, rejection("outdated_source", "")).await.unwrap();
    ledger.does(&draft(3), &ane, Decision::Approve).await.unwrap();
    let own = Some("Slots- og Kulturstyrelsen");
    let rejected = ledger.prints("rejected", own, 10).await.unwrap();
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].draft, draft(2));
    assert_eq!(rejected[0].reason.as_deref(), Some("outdated_source"));
    assert_eq!(rejected[0].content["words"][1], "2");
    assert!(ledger.prints("rejected", None, 10).await.unwrap().is_empty());
    assert!(ledger.prints("rejected", Some("DTU"), 10).await.unwrap().is_empty());
    assert_eq!(ledger.quoting("drejebog.md").await.unwrap(), [draft(1), draft(2), draft(3)]);
    assert!(ledger.quoting("andet.md").await.unwrap().is_empty());
    assert_eq!(ledger.cited(&draft(3)).await.unwrap(), made(3).cited);
    let mut trusted = ledger.trusted_documents().await.unwrap();
    trusted.sort();
    assert_eq!(trusted, ["drejebog.md", "vejledning.md"]);
}

async fn an_export_holds_all_and_is_logged(stage: Stage) {
    let ledger = stage.open().await;
    let id = ledger.ready_draft(1, 2).await;
    ledger.ready_draft(2, 1).await;
    ledger.does(&id, &caseworker("ane"), Decision::Approve).await.unwrap();
    ledger.does(&id, &approver("bo"), Decision::Approve).await.unwrap();
    let export = ledger.export(&inquiry(1), &Actor::operator(), AT).await.unwrap();
    assert_eq!(export.asked["body"], posting(1).content.body);
    assert_eq!(export.drafts.len(), 1);
    let decisions = &export.drafts[0]["decisions"];
    assert_eq!((&decisions[0]["who"], &decisions[1]["who"]), (&"ane".into(), &"bo".into()));
    assert_eq!(decisions[1]["content"]["reply"], made(1).reply);
    let actions: Vec<&str> = export.events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["post", "draft", "approve", "approve", "export"]);
    let none = ledger.export("i-none", &Actor::operator(), AT).await;
    assert!(matches!(none, Err(Error::NotFound)));
    ledger.whole_log().await;
}

async fn numbers_of_persons_are_found_by_the_key_alone(stage: Stage) {
    let ledger = stage.open().await;
    ledger.post(posting(1)).await.unwrap();
    // The same number twice in one mail is one person.
    let twice = vec!["2103009996".to_owned(), "2103009996".to_owned()];
    ledger.post(Posting { subjects: twice, ..posting(2) }).await.unwrap();
    ledger.post(Posting { subjects: Vec::new(), ..posting(3) }).await.unwrap();
    assert_eq!(ledger.inquiries_of("2103009996").await.unwrap(), [inquiry(1), inquiry(2)]);
    assert!(ledger.inquiries_of("2103009997").await.unwrap().is_empty());
    for row in ledger.seen("SELECT mac FROM subject").await {
        let mac = row.text("mac").unwrap();
        assert!(mac.len() == 64 && !mac.contains("2103009996"));
    }
    ledger.whole_log().await;
}

async fn no_column_but_the_sealed_ones_holds_a_word_of_a_customer(stage: Stage) {
    let ledger = stage.open().await;
    let canary = |of: &str| format!("kanariefugl-{of}");
    let mut posted = with_key(1, &canary("key"), &canary("asked"));
    posted.content.id = Some(canary("id"));
    posted.content.subject = Some(canary("subject"));
    posted.content.body = canary("body");
    posted.content.from = Some(canary("from"));
    posted.content.institution = Some(canary("institution"));
    posted.content.payroll_group = Some(canary("group"));
    ledger.post(posted).await.unwrap();
    let reply = canary("reply");
    let content = format!(r#"{{"reply":"{reply}"}}"#);
    let fingerprint = format!(r#"["{}"]"#, canary("print"));
    ledger.ready(Made { content, reply, fingerprint, ..made(1) }).await.unwrap();
    let (id, ane) = (draft(1), caseworker("ane"));
    ledger.does(&id, &ane, Decision::Edit(edit_of(&canary("edit")))).await.unwrap();
    ledger.does(&id, &ane, rejection("other", &canary("rejection"))).await.unwrap();
    ledger.does(&id, &ane, Decision::Reopen { text: canary("reopening") }).await.unwrap();
    ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    ledger.does(&id, &ane, Decision::Reopen { text: canary("again") }).await.unwrap();
    ledger.does(&id, &ane, Decision::Regenerate { hint: canary("hint") }).await.unwrap();
    ledger.read(&id, &Actor::operator(), AT).await.unwrap();
    ledger.export(&inquiry(1), &Actor::operator(), AT).await.unwrap();
    let mut columns = 0;
    for table in TABLES {
        for row in ledger.seen(format!("SELECT * FROM {table}")).await {
            for (column, text) in row.shown() {
                columns += 1;
                assert!(!text.contains("kanariefugl"), "{table}.{column}");
            }
        }
    }
    println!("no word of a customer in {columns} values of {} tables", TABLES.len());
    assert!(columns > 100);
}

/// Every table of the ledger.
const TABLES: [&str; 12] = [
    "meta",
    "event",
    "head",
    "inquiry",
    "draft",
    "citation",
    "decision",
    "request",
    "subject",
    "lesson",
    "proposal",
    "fingerprint",
];

fn edit_of(canary: &str) -> crate::review::Edit {
    crate::review::contract::edit(canary, 1)
}
