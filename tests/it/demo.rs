//! The demo collection: whole, and judged.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use svarforslag::config::Config;
use svarforslag::evaluation::{Gold, Part, read_gold};
use svarforslag::service::{Build, Mail, Service, Trial, build};
use svarforslag::sources::{Extractor, Kind, Limits};
use svarforslag::terms::Asker;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Facts {
    fact: Vec<Fact>,
}

/// A fact of the trade, and what must stand in a document for it to be answered.
#[derive(Deserialize)]
struct Fact {
    id: String,
    values: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("index/demo")
}

fn facts() -> Vec<Fact> {
    let text = std::fs::read_to_string(folder().join("facts.toml")).unwrap();
    toml::from_str::<Facts>(&text).unwrap().fact
}

fn gold_files() -> Vec<PathBuf> {
    let names = ["dev.jsonl", "inquiries.jsonl", "test.jsonl"];
    names.iter().map(|name| folder().join("evaluation").join(name)).collect()
}

fn demo() -> (TempDir, Config, svarforslag::index::Report) {
    let data = tempfile::tempdir().unwrap();
    let config = Config { data: data.path().to_owned(), ..Config::default() };
    let program = PathBuf::from(env!("CARGO_BIN_EXE_svarforslag"));
    let extractor = Extractor { program, limits: Limits::default() };
    let what = Build { paths: vec![folder()], add: false };
    let report = build(&config, &extractor, &what, &|_| {}).unwrap();
    (data, config, report)
}

#[test]
fn every_document_is_read_and_every_judgement_stands_in_a_passage() {
    let (_data, config, report) = demo();
    let codes: Vec<&str> = report.notes.iter().map(|note| note.code.as_str()).collect();
    // A page in an old encoding and cases that were never approved are there on purpose.
    assert_eq!(codes, ["read_with_care", "not_approved"], "{:#?}", report.notes);
    assert!(report.documents >= 150, "{} documents", report.documents);
    let service = Service::open(config).unwrap();
    // Fails, with file and line, on the first judgement that resolves to nothing.
    let gold = read_gold(&gold_files()).unwrap();
    let trial =
        Trial { gold, name: "demo".to_owned(), asker: Asker::operator(), mail: Mail::AsWritten };
    let evaluated = service.evaluate(&trial, &|_, _| ControlFlow::Continue(())).unwrap();
    let measures = &evaluated.report.measures;
    println!("{} documents, {} questions", report.documents, evaluated.report.n);
    for (name, expected) in
        [("quote_verbatim", 1.0), ("unsupported_numbers", 0.0), ("foreign_passages", 0.0)]
    {
        let value = measures[name].value;
        assert!((value - expected).abs() < f64::EPSILON, "{name} is {value}");
    }
}

#[test]
fn every_fact_has_a_question_whose_quotes_hold_its_numbers_and_codes() {
    let mut quotes: BTreeMap<String, String> = BTreeMap::new();
    for file in gold_files() {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let inquiry: serde_json::Value = serde_json::from_str(line).unwrap();
            for question in inquiry["questions"].as_array().unwrap() {
                let best = question["relevant"].as_array().unwrap();
                let best = best.iter().filter(|it| it["grade"] == 2);
                let text: Vec<&str> = best.map(|it| it["quote"].as_str().unwrap()).collect();
                for fact in question["sources"].as_array().unwrap() {
                    let held = quotes.entry(fact.as_str().unwrap().to_owned()).or_default();
                    held.push_str(&text.join("\n"));
                    held.push('\n');
                }
            }
        }
    }
    let mut missing = Vec::new();
    for fact in facts() {
        let held = quotes.get(&fact.id).map_or("", String::as_str);
        assert!(!held.trim().is_empty(), "{} is asked by no question with an answer", fact.id);
        missing.extend(
            fact.values
                .iter()
                .filter(|value| !held.contains(*value))
                .map(|value| format!("{}: {value}", fact.id)),
        );
    }
    assert!(missing.is_empty(), "in no quote of grade 2: {missing:?}");
}

#[test]
fn the_collection_and_the_gold_set_have_their_size() {
    let (_data, config, _) = demo();
    let service = Service::open(config).unwrap();
    let kinds = |kind: Kind| {
        let mut found = 0;
        let mut cursor: Option<String> = None;
        loop {
            let asker = Asker::operator();
            let page =
                service.documents(None, Some(kind.value()), cursor.as_deref(), asker).unwrap();
            found += page.documents.len();
            cursor = page.next;
            if cursor.is_none() {
                return found;
            }
        }
    };
    assert!(kinds(Kind::ShrGuide) >= 12);
    assert!(kinds(Kind::Brugervejledning) >= 30);
    assert!(kinds(Kind::SlsSide) >= 15);
    assert!(kinds(Kind::Standardsvar) >= 15);
    // Without an institution no drejebog and no case is listed.
    assert_eq!(kinds(Kind::Drejebog) + kinds(Kind::Sag), 0);
    let gold: Gold = read_gold(&gold_files()).unwrap();
    let questions = |part: Part| -> usize {
        gold.inquiries.iter().filter(|it| it.part == part).map(|it| it.questions.len()).sum()
    };
    let (dev, test) = (questions(Part::Dev), questions(Part::Test));
    println!("{} inquiries, {dev} questions in dev, {test} in test", gold.inquiries.len());
    assert!(gold.inquiries.len() >= 100 && dev + test >= 230 && test >= 75);
}
