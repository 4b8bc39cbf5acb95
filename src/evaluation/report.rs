//! Units into a report; two reports into a comparison; a report against floors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::evaluation::statistics::{bootstrap, holm, randomisation};
use crate::evaluation::{Error, Figure, Report, Share, Unit};

/// Seed of every resampling, so that a report can be made again to the last digit.
const SEED: u64 = 20_251_015;
/// Rounds of the randomisation test.
const ROUNDS: usize = 100_000;
/// Questions shown that changed most.
const CHANGED_MAX: usize = 12;
/// A slice of fewer units says nothing and is left out.
const SLICE_UNITS_MIN: usize = 3;

/// Sums up units: every measure with its interval, and the same by slice.
pub fn summarise(run: &str, data: &str, units: Vec<Unit>) -> Report {
    let mut by_slice: BTreeMap<String, BTreeMap<String, Vec<&Unit>>> = BTreeMap::new();
    for unit in &units {
        for (slice, value) in &unit.slices {
            by_slice.entry(slice.clone()).or_default().entry(value.clone()).or_default().push(unit);
        }
    }
    let slices = by_slice
        .into_iter()
        .map(|(slice, values)| {
            let figures = values
                .into_iter()
                .filter(|(_, units)| units.len() >= SLICE_UNITS_MIN)
                .map(|(value, units)| (value, figures(&units)));
            (slice, figures.collect())
        })
        .collect();
    let questions = units.iter().filter(|unit| unit.outcome.is_some()).count();
    Report {
        run: run.to_owned(),
        data: data.to_owned(),
        n: if questions > 0 { questions } else { units.len() },
        measures: figures(&units.iter().collect::<Vec<_>>()),
        slices,
        per_question: units,
        latency_ms: Vec::new(),
        settings: Vec::new(),
    }
}

fn figures(units: &[&Unit]) -> BTreeMap<String, Figure> {
    let names: BTreeSet<&String> = units.iter().flat_map(|unit| unit.scores.keys()).collect();
    let mut found = BTreeMap::new();
    for name in names {
        let shares: Vec<Share> =
            units.iter().filter_map(|unit| unit.scores.get(name).copied()).collect();
        found.insert(name.clone(), figure(&shares));
    }
    if let (Some(precision), Some(recall)) =
        (found.get("question_precision"), found.get("question_recall"))
    {
        let harmonic = |p: f64, r: f64| if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 };
        let f1 = Figure {
            value: harmonic(precision.value, recall.value),
            low: harmonic(precision.low, recall.low),
            high: harmonic(precision.high, recall.high),
            n: recall.n,
        };
        found.insert("question_f1".to_owned(), f1);
    }
    if found.remove("words_per_question").is_some() {
        found.insert("words_per_question_p95".to_owned(), words_p95(units));
    }
    found
}

/// A ratio of sums; a measure that only counts has no denominator and is its sum.
fn figure(shares: &[Share]) -> Figure {
    let (sum, of) =
        shares.iter().fold((0.0, 0.0), |(sum, of), share| (sum + share.sum, of + share.of));
    if of == 0.0 {
        return Figure { value: sum, low: sum, high: sum, n: shares.len() };
    }
    let interval = bootstrap(shares, SEED);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let n = of.round() as usize;
    Figure { value: sum / of, low: interval.low, high: interval.high, n }
}

fn words_p95(units: &[&Unit]) -> Figure {
    let mut words: Vec<f64> = units
        .iter()
        .filter(|unit| unit.outcome.is_some() && !unit.paragraph.is_empty())
        .map(|unit| unit.paragraph.split_whitespace().count() as f64)
        .collect();
    words.sort_by(f64::total_cmp);
    let value = percentile(&words, 0.95);
    Figure { value, low: value, high: value, n: words.len() }
}

/// The value below which that share of a sorted list lies (nearest rank).
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = ((share * sorted.len() as f64).ceil() as usize).saturating_sub(1);
    sorted.get(at).or(sorted.last()).copied().unwrap_or(0.0)
}

/// What is better when it is smaller.
fn smaller_is_better(measure: &str) -> bool {
    ["must_not", "unsupported", "foreign", "words_per", "lix"]
        .iter()
        .any(|it| measure.starts_with(it))
}

/// One measure of two reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The first report's figure over the common questions.
    pub a: f64,
    /// The second's.
    pub b: f64,
    /// The mean difference, b less a, with its 95 % bootstrap interval.
    pub mean: Figure,
    /// How often chance alone gives as large a difference (paired randomisation).
    pub p: f64,
    /// The same, held together over all measures (Holm).
    pub p_holm: f64,
    /// Questions where b is better, equal, worse.
    pub wins_ties_losses: [usize; 3],
    /// `better`, `worse` or `no difference shown`, at 5 % after Holm.
    pub conclusion: String,
}

/// Two reports, question by question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The first report's name.
    pub a: String,
    /// The second's.
    pub b: String,
    /// Questions in both.
    pub n: usize,
    /// Each measure that both have.
    pub measures: BTreeMap<String, Difference>,
    /// The questions that changed most: id, change summed over measures, both paragraphs.
    pub changed: Vec<(String, f64, String, String)>,
}

/// Compares the questions that two reports have in common.
pub fn compare(a: &Report, b: &Report) -> Result<Comparison, Error> {
    let of_b: BTreeMap<&str, &Unit> =
        b.per_question.iter().map(|unit| (unit.id.as_str(), unit)).collect();
    let pairs: Vec<(&Unit, &Unit)> = a
        .per_question
        .iter()
        .filter_map(|unit| Some((unit, *of_b.get(unit.id.as_str())?)))
        .collect();
    if pairs.is_empty() {
        return Err(Error::NothingInCommon);
    }
    let names: BTreeSet<&String> = pairs.iter().flat_map(|(a, _)| a.scores.keys()).collect();
    let mut measures = BTreeMap::new();
    let mut by_id: BTreeMap<&str, f64> = BTreeMap::new();
    for name in names {
        let values: Vec<(&str, f64, f64)> = pairs
            .iter()
            .filter_map(|(a, b)| {
                let of = |unit: &Unit| {
                    unit.scores.get(name).map(|s| s.sum / if s.of > 0.0 { s.of } else { 1.0 })
                };
                Some((a.id.as_str(), of(a)?, of(b)?))
            })
            .collect();
        if values.is_empty() {
            continue;
        }
        for (id, a, b) in &values {
            if *name != "words_per_question" && *name != "lix" {
                *by_id.entry(id).or_default() += (b - a).abs();
            }
        }
        measures.insert(name.clone(), difference(&values));
    }
    name_own_figures(&mut measures, a, b);
    let p_values: Vec<f64> = measures.values().map(|it| it.p).collect();
    for ((name, difference), p) in measures.iter_mut().zip(holm(&p_values)) {
        difference.p_holm = p;
        let better = (difference.mean.value > 0.0) != smaller_is_better(name);
        let conclusion = match (p < 0.05, better) {
            (false, _) => "no difference shown",
            (true, true) => "better",
            (true, false) => "worse",
        };
        conclusion.clone_into(&mut difference.conclusion);
    }
    let mut order: Vec<(&str, f64)> = by_id.into_iter().filter(|(_, by)| *by > 0.0).collect();
    order.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(y.0)));
    let both = |id: &str| pairs.iter().find(|(a, _)| a.id == id);
    let changed = order
        .into_iter()
        .filter_map(|(id, by)| {
            let (a, b) = both(id)?;
            Some((id.to_owned(), by, a.paragraph.clone(), b.paragraph.clone()))
        })
        .take(CHANGED_MAX)
        .collect();
    Ok(Comparison { a: a.run.clone(), b: b.run.clone(), n: pairs.len(), measures, changed })
}

/// The figures of the reports themselves stand beside a difference, so that no name has two values.
fn name_own_figures(measures: &mut BTreeMap<String, Difference>, a: &Report, b: &Report) {
    for (name, difference) in measures {
        if let (Some(a), Some(b)) = (a.measures.get(name), b.measures.get(name)) {
            (difference.a, difference.b) = (a.value, b.value);
        }
    }
}

fn difference(values: &[(&str, f64, f64)]) -> Difference {
    let differences: Vec<f64> = values.iter().map(|(_, a, b)| b - a).collect();
    let count = differences.len() as f64;
    let shares: Vec<Share> = differences.iter().map(|d| Share::one(*d)).collect();
    let interval = bootstrap(&shares, SEED);
    let beyond = |sign: f64| differences.iter().filter(|d| **d * sign > 1e-12).count();
    Difference {
        a: values.iter().map(|(_, a, _)| a).sum::<f64>() / count,
        b: values.iter().map(|(_, _, b)| b).sum::<f64>() / count,
        mean: Figure {
            value: differences.iter().sum::<f64>() / count,
            low: interval.low,
            high: interval.high,
            n: differences.len(),
        },
        p: randomisation(&differences, ROUNDS, SEED),
        p_holm: 1.0,
        wins_ties_losses: [
            beyond(1.0),
            differences.len() - beyond(1.0) - beyond(-1.0),
            beyond(-1.0),
        ],
        conclusion: String::new(),
    }
}

/// The least (or most) that a measure may be.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// The least value.
    pub min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
}

/// Floors for a whole report, or for one part of the gold set.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// A stored report.json, beside the gate file, than which nothing may be significantly worse.
    #[serde(default)]
    pub baseline: Option<String>,
    /// Floors over everything.
    #[serde(default)]
    pub all: BTreeMap<String, Floor>,
    /// Floors over `dev`.
    #[serde(default)]
    pub dev: BTreeMap<String, Floor>,
    /// Floors over `test`.
    #[serde(default)]
    pub test: BTreeMap<String, Floor>,
}

impl Gate {
    /// The measures in which the report is significantly worse than a stored one, one line each.
    pub fn losses(stored: &Report, report: &Report) -> Result<Vec<String>, Error> {
        let comparison = compare(stored, report)?;
        let worse = comparison.measures.iter().filter(|(_, it)| it.conclusion == "worse");
        let line = |(name, it): (&String, &Difference)| {
            let Difference { a, b, p_holm, .. } = it;
            format!("{name} fell from {a:.3} to {b:.3} (p {p_holm:.4} after Holm, n={})", it.mean.n)
        };
        Ok(worse.map(line).collect())
    }

    /// What the report breaks, one line each.
    pub fn breaches(&self, report: &Report) -> Vec<String> {
        let parts = report.slices.get("part");
        let of = |part: &str| parts.and_then(|parts| parts.get(part));
        let sides = [
            ("all", Some(&report.measures), &self.all),
            ("dev", of("dev"), &self.dev),
            ("test", of("test"), &self.test),
        ];
        let mut breaches = Vec::new();
        for (part, figures, floors) in sides {
            for (name, floor) in floors {
                let Some(figure) = figures.and_then(|figures| figures.get(name)) else {
                    breaches.push(format!("{part}: `{name}` is not measured"));
                    continue;
                };
                if floor.min.is_some_and(|min| figure.value < min) {
                    let min = floor.min.unwrap_or_default();
                    breaches.push(format!(
                        "{part}: {name} is {:.3}, under {min:.3} (n={})",
                        figure.value, figure.n
                    ));
                }
                if floor.max.is_some_and(|max| figure.value > max) {
                    let max = floor.max.unwrap_or_default();
                    breaches.push(format!(
                        "{part}: {name} is {:.3}, over {max:.3} (n={})",
                        figure.value, figure.n
                    ));
                }
            }
        }
        breaches
    }
}

/// The report for a terminal or a pull request.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("# {} on {} (n={})\n\n", report.run, report.data, report.n);
    if !report.settings.is_empty() {
        let _ = writeln!(text, "Settings changed: {}\n", report.settings.join(", "));
    }
    text.push_str("| measure | value | 95 % interval | n |\n|---|---|---|---|\n");
    for (name, figure) in &report.measures {
        let _ = writeln!(text, "{}", row(name, figure));
    }
    if !report.latency_ms.is_empty() {
        let at = |share| percentile(&report.latency_ms, share);
        let _ = writeln!(
            text,
            "\nLatency of a draft: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms",
            at(0.5),
            at(0.95),
            at(0.99)
        );
    }
    confusion(report, &mut text);
    for (slice, values) in report.slices.iter().filter(|(_, values)| values.len() > 1) {
        let _ = writeln!(text, "\n## By {slice}\n");
        let shown = [
            "nDCG@10",
            "outcome_accuracy",
            "must_recall_strict",
            "citation_precision",
            "accounted",
        ];
        let _ = writeln!(
            text,
            "| {slice} | {} |\n|---|{}",
            shown.join(" | "),
            "---|".repeat(shown.len())
        );
        for (value, figures) in values {
            let cells: Vec<String> = shown
                .iter()
                .map(|name| {
                    figures
                        .get(*name)
                        .map_or("-".to_owned(), |it| format!("{:.2} (n={})", it.value, it.n))
                })
                .collect();
            let _ = writeln!(text, "| {value} | {} |", cells.join(" | "));
        }
    }
    text
}

fn row(name: &str, figure: &Figure) -> String {
    format!(
        "| {name} | {:.3} | {:.3} to {:.3} | {} |",
        figure.value, figure.low, figure.high, figure.n
    )
}

fn confusion(report: &Report, text: &mut String) {
    let counts = outcome_counts(report);
    if counts.is_empty() {
        return;
    }
    let columns: BTreeSet<&str> = counts.keys().map(|(_, came)| came.as_str()).collect();
    let rows: BTreeSet<&str> = counts.keys().map(|(expected, _)| expected.as_str()).collect();
    text.push_str("\n## Outcomes: expected (rows) and drafted (columns)\n\n");
    let head: Vec<&str> = columns.iter().copied().collect();
    let _ = writeln!(text, "| | {} |\n|---|{}", head.join(" | "), "---|".repeat(head.len()));
    for expected in rows {
        let cells: Vec<String> = columns
            .iter()
            .map(|came| {
                let count =
                    counts.get(&(expected.to_owned(), (*came).to_owned())).copied().unwrap_or(0);
                if count == 0 { "·".to_owned() } else { count.to_string() }
            })
            .collect();
        let _ = writeln!(text, "| {expected} | {} |", cells.join(" | "));
    }
}

/// How often each expected outcome met each drafted one.
pub(crate) fn outcome_counts(report: &Report) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for (expected, came) in report.per_question.iter().filter_map(|unit| unit.outcome.as_ref()) {
        *counts.entry((expected.clone(), came.clone())).or_default() += 1;
    }
    counts
}

/// The comparison for a terminal.
pub fn comparison_markdown(comparison: &Comparison) -> String {
    let mut text = format!("# {} and {} (n={})\n\n", comparison.a, comparison.b, comparison.n);
    text.push_str("| measure | A | B | B - A (95 %) | p (Holm) | wins/ties/losses | conclusion |\n|---|---|---|---|---|---|---|\n");
    for (name, it) in &comparison.measures {
        let [wins, ties, losses] = it.wins_ties_losses;
        let _ = writeln!(
            text,
            "| {name} | {:.3} | {:.3} | {:+.3} ({:+.3} to {:+.3}) | {:.4} ({:.4}) | {wins}/{ties}/{losses} | {} |",
            it.a, it.b, it.mean.value, it.mean.low, it.mean.high, it.p, it.p_holm, it.conclusion
        );
    }
    if !comparison.changed.is_empty() {
        text.push_str("\n## The questions that changed most\n");
        for (id, by, a, b) in &comparison.changed {
            let _ = writeln!(text, "\n### {id} ({by:.2})\n\nA: {a}\n\nB: {b}");
        }
    }
    text
}
