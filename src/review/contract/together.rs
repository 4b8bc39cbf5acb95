//! Many at once: nobody overwrites anybody, and every event is in the one chain.

use std::collections::BTreeSet;

use crate::review::contract::{
    AT, Stage, caseworker, deciding, draft, edit, made, on_both, posting, shared,
};
use crate::review::{Actor, Decision, Error, State};

on_both!(together:
    of_fifty_who_decide_at_once_one_wins,
    five_hundred_writers_lose_nothing,
    what_waits_is_written_before_the_ledger_closes,
    a_log_is_held_against_its_signatures_while_it_grows,
    two_nodes_that_begin_at_once_make_one_ledger,
);

async fn of_fifty_who_decide_at_once_one_wins(stage: Stage) {
    let ledger = shared(stage.open().await);
    let id = ledger.ready_draft(1, 1).await;
    let decisions = (0..50).map(|n| {
        let (ledger, id) = (ledger.clone(), id.clone());
        tokio::spawn(async move {
            let decision = match n % 3 {
                0 => Decision::Approve,
                1 => Decision::Edit(edit(&format!("Svar fra {n}"), 1)),
                _ => Decision::TakeOver,
            };
            ledger.decide(deciding(&id, 2, &caseworker(&format!("p{n}")), decision)).await
        })
    });
    let (mut won, mut late) = (0, 0);
    for decision in decisions.collect::<Vec<_>>() {
        match decision.await.unwrap() {
            Ok(decided) => {
                won += 1;
                assert_eq!(decided.version, 3);
            }
            Err(Error::Stale { version: 3 }) => late += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((won, late), (1, 49));
    assert_eq!(ledger.look(&id).await.unwrap().past.len(), 1);
    ledger.whole_log().await;
}

async fn five_hundred_writers_lose_nothing(stage: Stage) {
    let ledger = shared(stage.open().await);
    let writers = (0..500).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            ledger.post(posting(n)).await.unwrap();
            ledger.ready(made(n)).await.unwrap();
            let (id, ane) = (draft(n), caseworker("ane"));
            // One in five does what cannot be done, in the middle of the others' transaction.
            if n % 5 == 0 {
                let refused =
                    ledger.decide(deciding(&id, 2, &ane, Decision::Reopen { text: String::new() }));
                assert!(matches!(refused.await, Err(Error::WrongState { .. })));
            }
            ledger.decide(deciding(&id, 2, &ane, Decision::Approve)).await.unwrap().seq
        })
    });
    let mut numbers = BTreeSet::new();
    for writer in writers.collect::<Vec<_>>() {
        assert!(numbers.insert(writer.await.unwrap()));
    }
    let verified = ledger.verify().await.unwrap();
    assert_eq!((verified.damage, verified.events, verified.drafts), (vec![], 1500, 500));
    assert_eq!((verified.first, verified.last.seq), (1, 1500));
    let approved = "SELECT COUNT(*) AS n FROM draft WHERE state = 'approved' AND version = 3";
    assert_eq!(ledger.number(approved).await, 500);
    println!("500 writers, 1500 events, none lost");
}

async fn what_waits_is_written_before_the_ledger_closes(stage: Stage) {
    let ledger = shared(stage.open().await);
    let posts: Vec<_> = (0..200)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.post(posting(n)).await })
        })
        .collect();
    // Some are written, and many wait.
    while posts.iter().filter(|post| post.is_finished()).count() < 3 {
        tokio::task::yield_now().await;
    }
    ledger.close().await;
    let mut acknowledged = Vec::new();
    for (n, post) in posts.into_iter().enumerate() {
        match post.await.unwrap() {
            Ok(_) => acknowledged.push(draft(n)),
            Err(error) => assert_eq!(error.code(), "ledger_gone"),
        }
    }
    assert_eq!(ledger.post(posting(900)).await.unwrap_err().code(), "ledger_gone");
    assert_eq!(ledger.check().await.unwrap_err().code(), "ledger_gone");
    let ledger = stage.open().await;
    assert_eq!(ledger.to_make(1000).await.unwrap(), acknowledged);
    println!("{} of 200 acknowledged before the end, all of them kept", acknowledged.len());
    ledger.whole_log().await;
}

async fn a_log_is_held_against_its_signatures_while_it_grows(stage: Stage) {
    let ledger = shared(stage.open().await);
    let writing = {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for n in 0..100 {
                ledger.ready_draft(n, 1).await;
                ledger.does(&draft(n), &caseworker("ane"), Decision::Approve).await.unwrap();
            }
        })
    };
    let mut looks = 0;
    while !writing.is_finished() {
        ledger.whole_log().await;
        looks += 1;
    }
    writing.await.unwrap();
    ledger.whole_log().await;
    println!("verified {looks} times while 300 events were written");
}

async fn two_nodes_that_begin_at_once_make_one_ledger(stage: Stage) {
    let (one, two) = tokio::join!(stage.try_open(), stage.try_open());
    let nodes = [shared(one.unwrap()), shared(two.unwrap())];
    let writers = (0..100).map(|n| {
        let node = nodes[n % 2].clone();
        tokio::spawn(async move {
            node.post(posting(n)).await.unwrap();
            let who = Actor { id: format!("node-{}", n % 2), sign_on: "oidc".to_owned() };
            node.read(&draft(n), &who, AT).await.unwrap();
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    // Both decide on the same draft: one is told that the other was faster.
    let id = nodes[0].ready_draft(500, 1).await;
    let (ane, bo) = (caseworker("ane"), caseworker("bo"));
    let (first, second) = tokio::join!(
        nodes[0].decide(deciding(&id, 2, &ane, Decision::Approve)),
        nodes[1].decide(deciding(&id, 2, &bo, Decision::Approve)),
    );
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1);
    assert_eq!(nodes[1].summary(&id).await.unwrap().state, State::Approved);
    for node in &nodes {
        let verified = node.verify().await.unwrap();
        assert_eq!((verified.damage, verified.events), (vec![], 203));
    }
}
