//! Figures that anyone can make again: equal to `ir_measures`, and refused on bad judgements.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use svarforslag::evaluation::{Measure, Unit, read_qrels, read_run, score_run, summarise};
use tempfile::TempDir;

use crate::desk::folder;

#[derive(Deserialize)]
struct Rankings {
    measures: Vec<String>,
    cases: Vec<Case>,
}

/// One ranking and what `ir_measures` says of it, the measures in one order.
#[derive(Deserialize)]
struct Case {
    name: String,
    qrels: Vec<String>,
    run: Vec<String>,
    mean: Vec<f64>,
    queries: BTreeMap<String, Vec<f64>>,
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/evaluation").join(name)
}

fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    file
}

fn value(unit: &Unit, measure: &str) -> f64 {
    let share = unit.scores[measure];
    share.sum / share.of
}

#[test]
fn every_measure_equals_that_of_ir_measures() {
    let text = std::fs::read_to_string(recorded("rankings.json")).unwrap();
    let rankings: Rankings = serde_json::from_str(&text).unwrap();
    assert_eq!(rankings.measures, Measure::USUAL.map(Measure::name));
    assert!(rankings.cases.len() >= 20);
    let folder = folder();
    let mut faults = Vec::new();
    let mut compared = 0;
    for case in &rankings.cases {
        let qrels = read_qrels(&written(&folder, "qrels", &case.qrels.join("\n"))).unwrap();
        let run = read_run(&written(&folder, "run", &case.run.join("\n"))).unwrap();
        let units = score_run(&run, &qrels, &Measure::USUAL);
        let ids: Vec<&String> = units.iter().map(|unit| &unit.id).collect();
        assert_eq!(ids, case.queries.keys().collect::<Vec<_>>(), "{}", case.name);
        let report = summarise("run", "data", units);
        for (at, measure) in rankings.measures.iter().enumerate() {
            let mut check = |place: &str, found: f64, expected: f64| {
                compared += 1;
                if (found - expected).abs() > 1e-6 {
                    let name = &case.name;
                    faults.push(format!("{name}: {place}: {measure} is {found}, not {expected}"));
                }
            };
            for unit in &report.per_question {
                check(&unit.id, value(unit, measure), case.queries[&unit.id][at]);
            }
            check("mean", report.measures[measure].value, case.mean[at]);
        }
    }
    println!("{compared} values of {} rankings compared", rankings.cases.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
