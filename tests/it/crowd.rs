//! Two hundred caseworkers at once: nobody hears of an error, and no decision is lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use svarforslag::config::Limits;

use crate::http::json_of;
use crate::office::{Clerk, Office};

const CLERKS: usize = 200;
/// Drafts that they all work on: many decide on the same one.
const DRAFTS: usize = 60;
/// Seconds of it, unless `SVARFORSLAG_TEST_CROWD_SECONDS` says otherwise.
const SECONDS: u64 = 5;

/// What a crowd has seen.
#[derive(Default)]
struct Seen {
    /// Decisions that were acknowledged, by draft.
    decided: BTreeMap<String, usize>,
    reads: usize,
    stale: usize,
    errors: Vec<String>,
    took: Vec<Duration>,
}

async fn work(clerk: Clerk<'_>, drafts: &[String], n: usize, until: Instant, seen: &Mutex<Seen>) {
    let mut turn = n;
    while Instant::now() < until {
        turn += 7;
        let draft = &drafts[turn % drafts.len()];
        let queue = clerk.get("/api/v1/drafts?limit=20").await;
        let view = clerk.get(&format!("/api/v1/drafts/{draft}")).await;
        let tag = view.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        {
            let mut seen = seen.lock().unwrap();
            seen.reads += 2;
            for status in [queue.status(), view.status()] {
                if status != 200 {
                    seen.errors.push(format!("a read: {status}"));
                }
            }
        }
        let _ = (queue.bytes().await, view.bytes().await);
        let Some(tag) = tag else { continue };
        let (what, words) = if turn.is_multiple_of(3) {
            ("edit", json!({ "reply": format!("Fristen er den 2. december. {n}/{turn}") }))
        } else {
            ("take-over", json!({}))
        };
        let started = Instant::now();
        let answer = clerk.decides(draft, what, &tag, words).await;
        let (status, took) = (answer.status().as_u16(), started.elapsed());
        let text = answer.text().await.unwrap();
        let mut seen = seen.lock().unwrap();
        match status {
            200 => {
                *seen.decided.entry(draft.clone()).or_default() += 1;
                seen.took.push(took);
            }
            412 => seen.stale += 1,
            status => seen.errors.push(format!("{what}: {status} {text}")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_caseworkers_lose_nothing() {
    let seconds = crate::desk::number("SVARFORSLAG_TEST_CROWD_SECONDS").unwrap_or(SECONDS);
    let office = Office::with(|config| {
        config.limits = Limits {
            connections_max: 512,
            connections_per_peer_max: 512,
            requests_per_minute_max: 0,
            ..Limits::default()
        };
        "off".clone_into(&mut config.model);
    })
    .await;
    let anna = office.person("anna", &["caseworker"]);
    let mut drafts = Vec::new();
    for _ in 0..DRAFTS {
        drafts.push(anna.posts("Hvornår er fristen for lønbestillinger i december?").await);
    }
    for draft in &drafts {
        anna.reads(draft).await;
    }
    let seen = Arc::new(Mutex::new(Seen::default()));
    let until = Instant::now() + Duration::from_secs(seconds);
    let clerks = (0..CLERKS)
        .map(|n| work(office.person(&format!("p{n}"), &["caseworker"]), &drafts, n, until, &seen));
    futures_util::future::join_all(clerks).await;
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.took.sort_unstable();
    let p =
        |share: usize| seen.took.get(seen.took.len() * share / 100).copied().unwrap_or_default();
    let (p50, p95) = (p(50), p(95));
    let decided: usize = seen.decided.values().sum();
    println!(
        "{CLERKS} caseworkers, {seconds} s: {} reads, {decided} decisions (p50 {p50:?}, p95 {p95:?}), {} stale, {} errors",
        seen.reads,
        seen.stale,
        seen.errors.len()
    );
    assert!(seen.errors.is_empty(), "{:?}", &seen.errors[..seen.errors.len().min(5)]);
    let mut lost = 0;
    for draft in &drafts {
        let view = json_of(anna.get(&format!("/api/v1/drafts/{draft}")).await).await;
        let kept = view["decisions"].as_array().unwrap().len();
        let acknowledged = seen.decided.get(draft).copied().unwrap_or_default();
        lost += usize::from(kept != acknowledged);
        assert_eq!(view["version"], 2 + kept, "{draft}");
    }
    assert_eq!(lost, 0, "decisions that were acknowledged are not there");
    assert!(decided >= CLERKS, "too little was decided to show anything");
}
