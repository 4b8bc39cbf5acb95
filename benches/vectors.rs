//! Exact search over vectors: one question and four, over all rows and over one institution's.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use svarforslag::index::{Entry, ModelId, Vectors, write_vectors};
use svarforslag::passages::PassageId;
use svarforslag::terms::{Asker, Register, Scope, parse_day};

use crate::{Chance, INSTITUTIONS, Row, row_of_times, timed};

const DIMENSIONS: usize = 384;
const PASSAGES: usize = 100_000;
const PASSAGES_MANY: usize = 1_000_000;
const QUERIES: usize = 100;
const HITS: usize = 10;
const RECALL_QUERIES: usize = 100;

const SEARCH_MS_MAX: f64 = 4.0;
const SEARCH_MANY_MS_MAX: f64 = 40.0;
const SEARCH_OWN_MS_MAX: f64 = 0.4;
const OPEN_MS_MAX: f64 = 1_000.0;
const RECALL_MIN: f64 = 0.995;

/// A vector of chance, of length 1.
pub(crate) fn vector(seed: usize) -> Vec<f32> {
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed as u64 + 1) | 1);
    // Sums of four even numbers are near enough to normal.
    let mut even = || (chance.below(1 << 16)) as f32 / f32::from(u16::MAX) - 0.5;
    let values: Vec<f32> = (0..DIMENSIONS).map(|_| even() + even() + even() + even()).collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

/// Writes vectors of that many passages, all general or each owned by one of 400.
fn write(build: &Path, passages: usize, owned: bool) {
    let model = ModelId { fingerprint: "bench".to_owned(), dimensions: DIMENSIONS };
    let entry = |at: usize| Entry {
        owner: owned.then(|| format!("Institution {}", at % INSTITUTIONS)),
        document: format!("d{}", at / 100),
        passage: PassageId(format!("{at:020}")),
        hash: [0; 32],
        windows: 1,
    };
    let entries: Vec<Entry> = (0..passages).map(entry).collect();
    write_vectors(build, "bench", &model, &entries, &mut |at| Ok(vec![vector(at)])).unwrap();
}

fn scope(institution: Option<&str>) -> Scope {
    let mut register = Register::default();
    let institution = institution.map(|name| register.admit(name));
    Scope::new(Asker::operator(), institution, parse_day("2025-10-15").unwrap())
}

/// Ten hits for each of `together` questions in one pass over the scope's rows.
fn searches(vectors: &Vectors, scope: &Scope, together: usize) -> (Vec<f64>, usize) {
    let queries: Vec<Vec<f32>> =
        (0..QUERIES + together).map(|at| vector(PASSAGES_MANY + at)).collect();
    let search = |at: usize| {
        let asked: Vec<&[f32]> = queries[at..at + together].iter().map(Vec::as_slice).collect();
        vectors.nearest(scope, &asked, HITS, &|_| true).unwrap()
    };
    black_box(timed(5, search));
    (timed(QUERIES, search), search(0).scored)
}

/// The share of the ten nearest by f32 that search finds.
fn recall(vectors: &Vectors, passages: usize) -> f64 {
    let all: Vec<Vec<f32>> = (0..passages).map(vector).collect();
    let mut hits = 0;
    for at in 0..RECALL_QUERIES {
        let query = vector(PASSAGES_MANY + at);
        let product =
            |values: &Vec<f32>| -> f32 { values.iter().zip(&query).map(|(a, b)| a * b).sum() };
        let mut exact: Vec<(usize, f32)> = all.iter().map(product).enumerate().collect();
        exact.sort_by(|a, b| b.1.total_cmp(&a.1));
        let exact: BTreeMap<String, f32> =
            exact.into_iter().take(HITS).map(|(at, score)| (format!("{at:020}"), score)).collect();
        let found = vectors.nearest(&scope(None), &[&query], HITS, &|_| true).unwrap();
        hits += found.found[0].iter().filter(|near| exact.contains_key(&near.passage.0)).count();
    }
    hits as f64 / (RECALL_QUERIES * HITS) as f64
}

pub(crate) fn measure(rows: &mut Vec<Row>, target: &Path, quick: bool) {
    measure_size(rows, target, PASSAGES, SEARCH_MS_MAX);
    if !quick {
        measure_size(rows, target, PASSAGES_MANY, SEARCH_MANY_MS_MAX);
    }
}

fn measure_size(rows: &mut Vec<Row>, target: &Path, passages: usize, bound: f64) {
    let build = target.join(format!("vectors-{passages}"));
    std::fs::create_dir_all(&build).unwrap();
    write(&build, passages, false);
    let opened = timed(5, |_| Vectors::open(&build, "bench").unwrap());
    let vectors = Vectors::open(&build, "bench").unwrap();
    let most = (passages == PASSAGES).then_some(OPEN_MS_MAX);
    rows.push(row_of_times(&format!("open {passages} vectors"), &opened, most));
    for (together, bound) in [(1, Some(bound)), (4, None), (8, None)] {
        let (times, scored) = searches(&vectors, &scope(None), together);
        let what = format!("{together} questions in one pass over {scored} vectors");
        rows.push(row_of_times(&what, &times, bound));
    }
    if passages == PASSAGES {
        let recall = recall(&vectors, passages);
        rows.push(Row {
            what: format!("recall@{HITS} of 8 bits with rescoring, {passages} vectors"),
            n: RECALL_QUERIES,
            figure: format!("{recall:.4}"),
            bound: format!("at least {RECALL_MIN}"),
            holds: Some(recall >= RECALL_MIN),
        });
    }
    drop(vectors);
    // Everything is owned by one of 400.
    write(&build, passages, true);
    let vectors = Vectors::open(&build, "bench").unwrap();
    let own = scope(Some("Institution 7"));
    for (together, bound) in [(1, Some(SEARCH_OWN_MS_MAX)), (4, None)] {
        let (times, scored) = searches(&vectors, &own, together);
        let what = format!(
            "{together} questions, one of {INSTITUTIONS} institutions: {scored} of {passages} vectors"
        );
        rows.push(row_of_times(&what, &times, bound));
    }
    std::fs::remove_dir_all(&build).unwrap();
}
