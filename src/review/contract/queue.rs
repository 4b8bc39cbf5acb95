//! The queue: who sees which drafts, in which order, and every one of them once.

use std::collections::BTreeSet;

use crate::review::contract::{Chance, Stage, caseworker, draft, made, on_both, posting, shared};
use crate::review::{Decision, Filter, Ledger, Made, Posting, State};

on_both!(queue:
    ten_thousand_drafts_come_once_each_in_order,
    filters_keep_what_they_say,
);

const DRAFTS: usize = 10_000;
const OWN: [&str; 4] = ["Slots- og Kulturstyrelsen", "DTU", "Ankestyrelsen", "Rigsarkivet"];

/// Many drafts of several institutions, of none, and with many days.
async fn filled(stage: &Stage, drafts: usize) -> std::sync::Arc<Ledger> {
    let ledger = shared(stage.open().await);
    let mut chance = Chance(20_251_015);
    let mut posts = Vec::new();
    for n in 0..drafts {
        let institution = (chance.below(6) > 0).then(|| (*chance.pick(&OWN)).to_owned());
        let due = format!("2025-{:02}-{:02}", 1 + chance.below(12), 1 + chance.below(28));
        let fate = chance.below(4);
        let ledger = ledger.clone();
        posts.push(tokio::spawn(async move {
            let posting = Posting { institution: institution.clone(), due, ..posting(n) };
            ledger.post(posting).await.unwrap();
            if fate > 0 {
                ledger.ready(Made { institution, persons: 2, ..made(n) }).await.unwrap();
            }
            let id = draft(n);
            if fate > 1 {
                ledger.does(&id, &caseworker("ane"), Decision::TakeOver).await.unwrap();
            }
            if fate > 2 {
                ledger.does(&id, &caseworker("ane"), Decision::Approve).await.unwrap();
            }
        }));
    }
    for post in posts {
        post.await.unwrap();
    }
    ledger
}

/// Every draft of every page, and how many pages there were.
async fn paged(ledger: &Ledger, mut filter: Filter) -> (Vec<crate::review::Summary>, usize) {
    let (mut drafts, mut pages) = (Vec::new(), 0);
    loop {
        let page = ledger.queue(&filter).await.unwrap();
        assert!(page.drafts.len() <= filter.limit);
        pages += 1;
        drafts.extend(page.drafts);
        match page.next {
            Some(next) => filter.behind = Some(next),
            None => return (drafts, pages),
        }
    }
}

async fn ten_thousand_drafts_come_once_each_in_order(stage: Stage) {
    let ledger = filled(&stage, DRAFTS).await;
    let (all, pages) = paged(&ledger, Filter { limit: 97, ..Filter::default() }).await;
    assert_eq!(all.len(), DRAFTS);
    let ids: BTreeSet<&str> = all.iter().map(|draft| draft.id.as_str()).collect();
    assert_eq!(ids.len(), DRAFTS);
    assert!(all.is_sorted_by(|a, b| (&a.due, &a.id) < (&b.due, &b.id)));
    println!("{DRAFTS} drafts on {pages} pages, each once");
    let within = vec!["DTU".to_owned(), "Rigsarkivet".to_owned()];
    let filter = Filter { within: Some(within.clone()), limit: 50, ..Filter::default() };
    let (seen, _) = paged(&ledger, filter).await;
    let may = |own: &Option<String>| own.as_ref().is_none_or(|own| within.contains(own));
    assert!(seen.iter().all(|draft| may(&draft.institution)));
    assert_eq!(seen.len(), all.iter().filter(|draft| may(&draft.institution)).count());
    let none = Filter { within: Some(Vec::new()), limit: 500, ..Filter::default() };
    let (seen, _) = paged(&ledger, none).await;
    assert!(!seen.is_empty() && seen.iter().all(|draft| draft.institution.is_none()));
    // Many institutions are looked through in another way, and give the same.
    let mut names: Vec<String> = (0..20).map(|n| format!("Institution {n}")).collect();
    names.extend(within.clone());
    let filter = Filter { within: Some(names), limit: 50, ..Filter::default() };
    let (wide, _) = paged(&ledger, filter).await;
    assert_eq!(wide.len(), all.iter().filter(|draft| may(&draft.institution)).count());
    assert!(wide.iter().all(|draft| may(&draft.institution)));
    // Who asks for another's institution by name sees nothing of it.
    let foreign = Filter {
        within: Some(within),
        institution: Some("Ankestyrelsen".to_owned()),
        limit: 500,
        ..Filter::default()
    };
    assert!(ledger.queue(&foreign).await.unwrap().drafts.is_empty());
}

async fn filters_keep_what_they_say(stage: Stage) {
    let ledger = filled(&stage, 400).await;
    let (all, _) = paged(&ledger, Filter { limit: 1000, ..Filter::default() }).await;
    let check = async |filter: Filter, keep: &dyn Fn(&crate::review::Summary) -> bool| {
        let (found, _) = paged(&ledger, Filter { limit: 7, ..filter }).await;
        let expected: Vec<_> = all.iter().filter(|draft| keep(draft)).cloned().collect();
        assert!(!expected.is_empty());
        assert_eq!(found, expected);
    };
    let states = |states: &[State]| Filter { states: states.to_vec(), ..Filter::default() };
    check(states(&[State::Held]), &|draft| draft.state == State::Held).await;
    check(states(&[State::Held, State::Drafting]), &|draft| {
        [State::Held, State::Drafting].contains(&draft.state)
    })
    .await;
    let own = Filter { institution: Some("DTU".to_owned()), ..Filter::default() };
    check(own, &|draft| draft.institution.as_deref() == Some("DTU")).await;
    let taken = Filter { assignee: Some("ane".to_owned()), ..Filter::default() };
    check(taken, &|draft| draft.assignee.as_deref() == Some("ane")).await;
    let soon = Filter { due_until: Some("2025-03-15".to_owned()), ..Filter::default() };
    check(soon, &|draft| draft.due.as_str() <= "2025-03-15").await;
    let approved = ledger.queue(&Filter { limit: 5, ..states(&[State::Approved]) }).await;
    assert!(approved.unwrap().drafts.is_empty());
}
