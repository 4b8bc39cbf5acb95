//! The ledger: how soon an inquiry is on the disk, and how soon a page of a long queue is there.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use svarforslag::inquiry::Inquiry;
use svarforslag::privacy::MasterKey;
use svarforslag::review::{Actor, Filter, Ledger, Made, Posting, Settings, State};

use crate::{Chance, INSTITUTIONS, Row, percentile, row_of_times};

const DRAFTS: usize = 100_000;
const DRAFTS_QUICK: usize = 10_000;
/// Callers that fill the ledger beside each other.
const CALLERS: usize = 256;
const WRITES: usize = 500;
const PAGES: usize = 200;
const PER_PAGE: usize = 50;
const AT: &str = "2025-10-15T08:00:00Z";

const WRITTEN_MS_MAX: f64 = 20.0;
const PAGE_MS_MAX: f64 = 20.0;

fn posting(n: usize) -> Posting {
    let mut chance = Chance(0x9E37_79B9 + n as u64);
    Posting {
        inquiry: format!("i-{n:07}"),
        draft: format!("d-{n:07}"),
        content: Inquiry { body: crate::inquiry().body, ..Inquiry::default() },
        institution: Some(format!("Institution {}", chance.below(INSTITUTIONS))),
        area: "loen".to_owned(),
        due: format!("2025-{:02}-{:02}", 1 + chance.below(12), 1 + chance.below(28)),
        keep_until: "2026-01-13".to_owned(),
        subjects: Vec::new(),
        again: None,
        actor: Actor::program(),
        at: AT.to_owned(),
    }
}

fn made(n: usize) -> Made {
    Made {
        draft: format!("d-{n:07}"),
        content: format!(r#"{{"reply":"{}"}}"#, "svar ".repeat(400)),
        reply: "svar ".repeat(200),
        institution: None,
        maker: "extractive".to_owned(),
        risks: Vec::new(),
        persons: 1,
        questions: 3,
        open: 1,
        micro_kroner: 0,
        cited: vec![(format!("p-{n}"), format!("guide-{}.md", n % 500))],
        fingerprint: "[]".to_owned(),
        made_with: serde_json::Value::Null,
        at: AT.to_owned(),
    }
}

async fn fill(ledger: &Arc<Ledger>, drafts: usize) {
    let callers = (0..CALLERS).map(|caller| {
        let ledger = Arc::clone(ledger);
        tokio::spawn(async move {
            for n in (caller..drafts).step_by(CALLERS) {
                ledger.post(posting(n)).await.unwrap();
                ledger.ready(made(n)).await.unwrap();
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

/// Milliseconds of each page, in order of size.
async fn paged(ledger: &Ledger, filter: impl Fn(usize) -> Filter) -> Vec<f64> {
    let mut times = Vec::new();
    for at in 0..PAGES {
        let filter = Filter { limit: PER_PAGE, ..filter(at) };
        let started = Instant::now();
        let page = ledger.queue(&filter).await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        assert!(!page.drafts.is_empty());
    }
    times.sort_by(f64::total_cmp);
    times
}

async fn written(ledger: &Ledger, from: usize) -> Vec<f64> {
    let mut times = Vec::new();
    for n in from..from + WRITES {
        let posting = posting(n);
        let started = Instant::now();
        ledger.post(posting).await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times
}

pub(crate) fn measure(rows: &mut Vec<Row>, target: &Path, quick: bool) {
    let drafts = if quick { DRAFTS_QUICK } else { DRAFTS };
    let data = target.join("ledger");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let key = MasterKey::of_this_run();
        let ledger = Ledger::open(&Settings::default(), &data, key).await.unwrap();
        let ledger = Arc::new(ledger);
        let started = Instant::now();
        fill(&ledger, drafts).await;
        let seconds = started.elapsed().as_secs_f64();
        rows.push(Row {
            what: format!("inquiries and drafts taken in by {CALLERS} callers at once"),
            n: 2 * drafts,
            figure: format!("{:.0} writes/s, each on the disk", 2.0 * drafts as f64 / seconds),
            bound: "none".to_owned(),
            holds: None,
        });
        let times = written(&ledger, drafts).await;
        let what = format!("inquiry on the disk (synchronous=FULL), {drafts} drafts");
        rows.push(row_of_times(&what, &times, Some(WRITTEN_MS_MAX)));
        pages(rows, &ledger, drafts).await;
        let started = Instant::now();
        let verified = ledger.verify().await.unwrap();
        assert!(verified.damage.is_empty());
        rows.push(Row {
            what: "`svarforslag log verify`, every event and every row".to_owned(),
            n: usize::try_from(verified.events).unwrap(),
            figure: format!("{:.1} s", started.elapsed().as_secs_f64()),
            bound: "none".to_owned(),
            holds: None,
        });
        ledger.close().await;
    });
}

async fn pages(rows: &mut Vec<Row>, ledger: &Ledger, drafts: usize) {
    let mut add = |what: &str, times: &[f64]| {
        let what = format!("page of {PER_PAGE}, {what}, {drafts} drafts");
        rows.push(row_of_times(&what, times, Some(PAGE_MS_MAX)));
        // A page that only its median gets in time is no page that one waits for.
        let p95 = percentile(times, 95);
        assert!(p95 < 50.0 * PAGE_MS_MAX, "{what}: {p95} ms");
    };
    add("the most urgent", &paged(ledger, |_| Filter::default()).await);
    let deep = |at: usize| {
        let due = format!("2025-{:02}-{:02}", 1 + at % 11, 1 + at % 28);
        Filter { behind: Some((due, String::new())), ..Filter::default() }
    };
    add("anywhere in the queue", &paged(ledger, deep).await);
    let one = |at: usize| Some(format!("Institution {}", at % INSTITUTIONS));
    let own = |at: usize| Filter { institution: one(at), ..Filter::default() };
    add("of one institution", &paged(ledger, own).await);
    let three = |at: usize| {
        let within = (0..3).filter_map(|n| one(at + n)).collect();
        Filter { within: Some(within), states: vec![State::Ready], ..Filter::default() }
    };
    add("of three institutions", &paged(ledger, three).await);
    let twenty = |at: usize| {
        let within = (0..20).filter_map(|n| one(at + 7 * n)).collect();
        Filter { within: Some(within), ..Filter::default() }
    };
    add("of twenty institutions", &paged(ledger, twenty).await);
}
