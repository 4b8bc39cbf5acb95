//! What svarforslag takes for the work that `benches/peers/run.py` gives its peers too.
//!
//! Reads the texts, vectors and passages that the script wrote, times the calls alone, and prints
//! one JSON object; without arguments it says how it is called.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot measure has nothing else to say, and prints what it measured"
)]

use std::hint::black_box;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};
use svarforslag::config::Config;
use svarforslag::embedding::{Files, Model};
use svarforslag::index::{Entry, ModelId, Vectors, write_vectors};
use svarforslag::passages::PassageId;
use svarforslag::service::{self, Build, LookupQuery, Service};
use svarforslag::sources::{Extractor, Limits};
use svarforslag::terms::{Asker, Scope, parse_day};

const HITS: usize = 10;
/// Calls before those that are timed.
const WARM: usize = 5;

fn texts(path: &str) -> Vec<String> {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Rows of little-endian f32.
fn rows(path: &str, dimensions: usize) -> Vec<Vec<f32>> {
    let bytes = std::fs::read(path).unwrap();
    let (numbers, _) = bytes.as_chunks::<4>();
    let row = |row: &[[u8; 4]]| row.iter().map(|four| f32::from_le_bytes(*four)).collect();
    numbers.chunks_exact(dimensions).map(row).collect()
}

/// Milliseconds of each call after the first few.
fn timed(calls: usize, mut call: impl FnMut(usize)) -> Vec<f64> {
    (0..WARM.min(calls)).for_each(&mut call);
    let one = |at: usize| {
        let started = Instant::now();
        call(at);
        started.elapsed().as_secs_f64() * 1000.0
    };
    (0..calls).map(one).collect()
}

/// All passages at once, then each query alone.
fn encode(model: &str, passages: &str, queries: &str, threads: &str) -> Value {
    let model = Model::load(&Files::read(Path::new(model)).unwrap()).unwrap();
    let model = model.with_workers(threads.parse::<NonZero<usize>>().unwrap());
    let (passages, queries) = (texts(passages), texts(queries));
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    model.encode_passages(&passages[..passages.len().min(8)], &mut |_, _| {}).unwrap();
    let started = Instant::now();
    let windows = model.encode_passages(&passages, &mut |_, _| {}).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let ms = timed(queries.len(), |at| {
        black_box(model.encode_queries(&[&queries[at]]).unwrap());
    });
    let vectors: Vec<&[f32]> = windows.iter().map(|windows| windows[0].values()).collect();
    json!({ "seconds": seconds, "ms": ms, "vectors": vectors })
}

/// The nearest rows of each query, searched for alone.
fn search(all: &str, queries: &str, dimensions: &str, folder: &str) -> Value {
    let dimensions = dimensions.parse().unwrap();
    let (all, queries) = (rows(all, dimensions), rows(queries, dimensions));
    let build = Path::new(folder);
    std::fs::create_dir_all(build).unwrap();
    let model = ModelId { fingerprint: "peers".to_owned(), dimensions };
    let entry = |at: usize| Entry {
        owner: None,
        document: format!("d{}", at / 100),
        passage: PassageId(format!("{at:020}")),
        hash: [0; 32],
        windows: 1,
    };
    let entries: Vec<Entry> = (0..all.len()).map(entry).collect();
    write_vectors(build, "peers", &model, &entries, &mut |at| Ok(vec![all[at].clone()])).unwrap();
    let vectors = Vectors::open(build, "peers").unwrap();
    drop(all);
    let scope = Scope::new(Asker::operator(), None, parse_day("2025-10-15").unwrap());
    let nearest = |at: usize| vectors.nearest(&scope, &[&queries[at]], HITS, &|_| true).unwrap();
    let ms = timed(queries.len(), |at| {
        black_box(nearest(at));
    });
    let hits = |at: usize| -> Vec<usize> {
        nearest(at).found[0].iter().map(|near| near.passage.0.parse().unwrap()).collect()
    };
    json!({ "ms": ms, "hits": (0..queries.len()).map(hits).collect::<Vec<_>>() })
}

/// Lookups by words alone, each with its short answer as a caseworker gets it.
fn words(documents: &str, queries: &str, data: &str) -> Value {
    let config = Config { data: data.into(), model: "off".to_owned(), ..Config::default() };
    let program = PathBuf::from(env!("CARGO_BIN_EXE_svarforslag"));
    let extractor = Extractor { program, limits: Limits::default() };
    let build = Build { paths: vec![documents.into()], add: false };
    let report = service::build(&config, &extractor, &build, &|_| {}).unwrap();
    let service = Service::open(config).unwrap();
    let query = |q: String| LookupQuery { q, limit: Some(HITS), ..LookupQuery::default() };
    let queries: Vec<LookupQuery> = texts(queries).into_iter().map(query).collect();
    let ms = timed(queries.len(), |at| {
        black_box(service.look_up(&queries[at], Asker::operator()).unwrap());
    });
    json!({ "ms": ms, "passages": report.passages })
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let found = match arguments.as_slice() {
        ["encode", model, passages, queries, threads] => encode(model, passages, queries, threads),
        ["search", all, queries, dimensions, folder] => search(all, queries, dimensions, folder),
        ["words", documents, queries, data] => words(documents, queries, data),
        _ => {
            println!("benches/peers/run.py calls this; benches/peers/README.md says how");
            return;
        }
    };
    println!("{found}");
}
