//! What persons may do with a draft, and what they may not.

use crate::access::{Person, Role};
use crate::review::contract::{
    AT, Stage, approver, caseworker, deciding, draft, edit, made, on_both, rejection,
};
use crate::review::{Decision, Error, Ledger, Made, Move, State};

on_both!(decisions:
    every_move_is_made_from_its_states_and_refused_from_the_others,
    whoever_saw_another_version_is_refused,
    two_persons_are_two_persons,
    an_edit_takes_the_first_approval_away,
    an_edit_and_its_approval_are_two_steps_in_one,
    a_decision_taken_back_can_be_taken_again,
    another_draft_is_made_with_the_hint,
    whoever_takes_a_draft_on_is_named,
    the_log_and_the_past_tell_who_did_what,
);

fn decision(made: Move) -> Decision {
    match made {
        Move::Approve => Decision::Approve,
        Move::Edit => Decision::Edit(edit("Hej\n\nDet er den 16.", 1)),
        Move::Reject => rejection("incomplete", "Der mangler en dag."),
        Move::Regenerate => Decision::Regenerate { hint: "Se drejebogen.".to_owned() },
        Move::TakeOver => Decision::TakeOver,
        Move::Reopen => Decision::Reopen { text: "Kunden skrev igen.".to_owned() },
    }
}

async fn every_move_is_made_from_its_states_and_refused_from_the_others(stage: Stage) {
    let ledger = stage.open().await;
    let bo = approver("bo");
    let (mut n, mut allowed) = (0, 0);
    for state in State::ALL {
        for made in Move::ALL {
            n += 1;
            let id = ledger.in_state(n, state).await;
            let before = ledger.summary(&id).await.unwrap();
            let events = ledger.number("SELECT COUNT(*) AS n FROM event").await;
            let done = ledger.does(&id, &bo, decision(made)).await;
            let after = ledger.summary(&id).await.unwrap();
            if made.from().contains(&state) {
                allowed += 1;
                let done = done.unwrap_or_else(|error| panic!("{made:?} from {state:?}: {error}"));
                let persons = if state == State::Held { 2 } else { 1 };
                assert_eq!(done.state, made.leads_to(state, persons), "{made:?} from {state:?}");
                assert_eq!((after.state, after.version), (done.state, before.version + 1));
                let last = ledger.number("SELECT MAX(seq) AS n FROM event").await;
                assert_eq!((done.seq, last), (events + 1, events + 1));
            } else {
                let refused = matches!(done, Err(Error::WrongState { state: s, made: m })
                    if s == state && m == made);
                assert!(refused, "{made:?} from {state:?}: {done:?}");
                assert_eq!(after, before);
                let same = ledger.number("SELECT COUNT(*) AS n FROM event").await;
                assert_eq!(same, events, "nothing is told of what was not done");
            }
        }
    }
    println!("{n} pairs of state and move, {allowed} allowed");
    ledger.whole_log().await;
}

async fn whoever_saw_another_version_is_refused(stage: Stage) {
    let ledger = stage.open().await;
    let (id, ane) = (ledger.ready_draft(1, 1).await, caseworker("ane"));
    for version in [-1, 0, 1, 3, i64::MAX] {
        for made in Move::ALL {
            let late = ledger.decide(deciding(&id, version, &ane, decision(made))).await;
            assert!(matches!(late, Err(Error::Stale { version: 2 })), "{version}: {late:?}");
        }
    }
    let none = ledger.decide(deciding("d-none", 1, &ane, Decision::Approve)).await;
    assert!(matches!(none, Err(Error::NotFound)));
    ledger.whole_log().await;
}

async fn two_persons_are_two_persons(stage: Stage) {
    let ledger = stage.open().await;
    let id = ledger.ready_draft(1, 2).await;
    let (ane, bo) = (approver("ane"), approver("bo"));
    let first = ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    assert_eq!(first.state, State::Held);
    assert_eq!(ledger.summary(&id).await.unwrap().first_by.as_deref(), Some("ane"));
    // Under another name or with more roles she is still the same.
    let again = Person::of_test("ane", &Role::ALL);
    for person in [&ane, &again] {
        let twice = ledger.does(&id, person, Decision::Approve).await;
        assert!(matches!(twice, Err(Error::SamePerson)));
    }
    let caseworker = ledger.does(&id, &caseworker("cai"), Decision::Approve).await;
    assert!(matches!(caseworker, Err(Error::NotApprover)));
    // Whoever takes it on meanwhile does not stand in for the first.
    ledger.does(&id, &bo, Decision::TakeOver).await.unwrap();
    assert!(matches!(ledger.does(&id, &ane, Decision::Approve).await, Err(Error::SamePerson)));
    let second = ledger.does(&id, &bo, Decision::Approve).await.unwrap();
    assert_eq!(second.state, State::Approved);
    let summary = ledger.summary(&id).await.unwrap();
    assert_eq!((summary.first_by.as_deref(), summary.approved.as_deref()), (Some("ane"), Some(AT)));
    ledger.whole_log().await;
}

async fn an_edit_takes_the_first_approval_away(stage: Stage) {
    let ledger = stage.open().await;
    let id = ledger.ready_draft(1, 2).await;
    let (ane, bo) = (approver("ane"), approver("bo"));
    ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    let edited = ledger.does(&id, &bo, Decision::Edit(edit("Den 16.", 2))).await.unwrap();
    assert_eq!(edited.state, State::Ready);
    assert_eq!(ledger.summary(&id).await.unwrap().first_by, None);
    let first = ledger.does(&id, &bo, Decision::Approve).await.unwrap();
    assert_eq!(first.state, State::Held, "two are needed of the new text");
    assert!(matches!(ledger.does(&id, &bo, Decision::Approve).await, Err(Error::SamePerson)));
    let second = ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    assert_eq!(second.state, State::Approved);
    ledger.whole_log().await;
}

async fn an_edit_and_its_approval_are_two_steps_in_one(stage: Stage) {
    let ledger = stage.open().await;
    let (id, ane) = (ledger.ready_draft(1, 1).await, caseworker("ane"));
    let both = Decision::EditAndApprove(edit("Den 16.", 1));
    let done = ledger.does(&id, &ane, both.clone()).await.unwrap();
    assert_eq!((done.state, done.version), (State::Approved, 4));
    let whole = ledger.look(&id).await.unwrap();
    assert_eq!(whole.reply.as_deref(), Some("Den 16."));
    let moves: Vec<&str> = whole.past.iter().map(|past| past.made.as_str()).collect();
    assert_eq!(moves, ["edit", "approve"]);
    assert_eq!(whole.past[1].content["reply"], "Den 16.");
    assert_eq!(whole.checks()[0]["code"], "numbers");
    // What the edit makes risky is held back for a second person.
    let other = ledger.ready_draft(2, 1).await;
    let risky = Decision::EditAndApprove(edit("100.000 kr.", 2));
    let done = ledger.does(&other, &ane, risky).await.unwrap();
    assert_eq!(done.state, State::Held);
    let refused = ledger.does(&id, &ane, both).await;
    assert!(matches!(refused, Err(Error::WrongState { .. })));
    assert_eq!(ledger.look(&id).await.unwrap().past.len(), 2, "nothing half");
    ledger.whole_log().await;
}

async fn a_decision_taken_back_can_be_taken_again(stage: Stage) {
    let ledger = stage.open().await;
    let (ane, bo) = (approver("ane"), approver("bo"));
    let id = ledger.in_state(1, State::Approved).await;
    let back = ledger.does(&id, &bo, decision(Move::Reopen)).await.unwrap();
    assert_eq!(back.state, State::Ready);
    let summary = ledger.summary(&id).await.unwrap();
    assert_eq!((summary.first_by, summary.approved), (None, None));
    ledger.does(&id, &ane, rejection("not_ours", "")).await.unwrap();
    ledger.does(&id, &bo, decision(Move::Reopen)).await.unwrap();
    assert_eq!(ledger.does(&id, &ane, Decision::Approve).await.unwrap().state, State::Approved);
    ledger.whole_log().await;
}

async fn another_draft_is_made_with_the_hint(stage: Stage) {
    let ledger = stage.open().await;
    let (id, ane) = (ledger.ready_draft(1, 2).await, approver("ane"));
    ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    let hint = Decision::Regenerate { hint: "Se kapitel 4 i drejebogen.".to_owned() };
    let done = ledger.does(&id, &ane, hint).await.unwrap();
    assert_eq!(done.state, State::Drafting);
    assert_eq!(ledger.to_make(5).await.unwrap(), std::slice::from_ref(&id));
    let (_, hint) = ledger.assignment(&id).await.unwrap();
    assert_eq!(hint.as_deref(), Some("Se kapitel 4 i drejebogen."));
    let cited = vec![("p-9".to_owned(), "nyhed.md".to_owned())];
    let second = Made { reply: "Nyt svar".to_owned(), persons: 1, cited, ..made(1) };
    ledger.ready(second).await.unwrap();
    let (_, hint) = ledger.assignment(&id).await.unwrap();
    assert_eq!(hint, None, "a hint is for one draft");
    let whole = ledger.look(&id).await.unwrap();
    assert_eq!((whole.reply.as_deref(), &whole.summary.first_by), (Some("Nyt svar"), &None));
    assert!((whole.summary.kroner - 0.003).abs() < 1e-9, "both drafts cost");
    assert_eq!(whole.checks()[0]["code"], "quotes", "the check of the new draft");
    assert_eq!(ledger.quoting("nyhed.md").await.unwrap(), std::slice::from_ref(&id));
    assert!(ledger.quoting("drejebog.md").await.unwrap().is_empty());
    // The new one may fail too; then it is rejected or tried once more.
    ledger.does(&id, &ane, Decision::Regenerate { hint: String::new() }).await.unwrap();
    ledger.failed(id.clone(), "too_slow".to_owned(), AT.to_owned()).await.unwrap();
    ledger.whole_log().await;
    ledger.does(&id, &ane, rejection("other", "Skrives i hånden.")).await.unwrap();
    ledger.whole_log().await;
}

async fn whoever_takes_a_draft_on_is_named(stage: Stage) {
    let ledger = stage.open().await;
    let id = ledger.in_state(1, State::Drafting).await;
    ledger.does(&id, &caseworker("ane"), Decision::TakeOver).await.unwrap();
    // The draft is made all the same, though its version moved.
    ledger.ready(made(1)).await.unwrap();
    ledger.does(&id, &caseworker("bo"), Decision::TakeOver).await.unwrap();
    let summary = ledger.summary(&id).await.unwrap();
    assert_eq!(summary.assignee.as_deref(), Some("bo"));
    assert_eq!(summary.assignee_name.as_deref(), Some("bo Eksempelsen"));
    assert_eq!((summary.state, summary.version), (State::Ready, 4));
    ledger.whole_log().await;
}

async fn the_log_and_the_past_tell_who_did_what(stage: Stage) {
    let ledger: Ledger = stage.open().await;
    let (id, ane, bo) = (ledger.ready_draft(1, 2).await, caseworker("ane"), approver("bo"));
    ledger.does(&id, &ane, decision(Move::Edit)).await.unwrap();
    ledger.does(&id, &ane, rejection("wrong_tone", "For stift.")).await.unwrap();
    ledger.does(&id, &bo, decision(Move::Reopen)).await.unwrap();
    let past = ledger.look(&draft(1)).await.unwrap().past;
    let told: Vec<(&str, &str, &str)> = past
        .iter()
        .map(|past| (past.made.as_str(), past.who.as_str(), past.state.as_str()))
        .collect();
    let expected =
        [("edit", "ane", "ready"), ("reject", "ane", "rejected"), ("reopen", "bo", "ready")];
    assert_eq!(told, expected);
    assert_eq!(past[1].reason.as_deref(), Some("wrong_tone"));
    assert_eq!(
        (&past[1].content["text"], past[1].name.as_str()),
        (&"For stift.".into(), "ane Eksempelsen")
    );
    assert_eq!(past[2].sign_on, "oidc");
}
