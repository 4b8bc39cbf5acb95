//! Measures of rankings, equal to those of `ir_measures` to the last digits.

use std::collections::BTreeMap;

use crate::evaluation::trec::{Qrels, Run};
use crate::evaluation::{Share, Unit};

/// A measure of a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Normalised discounted cumulative gain in the first k.
    Ndcg(usize),
    /// The share of the relevant documents in the first k; with the lowest grade that counts.
    Recall(usize, i32),
    /// One over the rank of the first relevant document in the first k.
    ReciprocalRank(usize),
    /// The share of relevant documents among the first k.
    Precision(usize),
    /// The share of judged documents among the first k.
    Judged(usize),
    /// Average precision over the whole ranking.
    AveragePrecision,
}

impl Measure {
    /// The measures of every report.
    pub const USUAL: [Self; 8] = [
        Self::Ndcg(10),
        Self::Recall(5, 1),
        Self::Recall(20, 1),
        Self::Recall(20, 2),
        Self::ReciprocalRank(10),
        Self::Precision(5),
        Self::Judged(10),
        Self::AveragePrecision,
    ];

    /// The name in `ir_measures`.
    pub fn name(self) -> String {
        match self {
            Self::Ndcg(k) => format!("nDCG@{k}"),
            Self::Recall(k, 1) => format!("R@{k}"),
            Self::Recall(k, rel) => format!("R(rel={rel})@{k}"),
            Self::ReciprocalRank(k) => format!("RR@{k}"),
            Self::Precision(k) => format!("P@{k}"),
            Self::Judged(k) => format!("Judged@{k}"),
            Self::AveragePrecision => "AP".to_owned(),
        }
    }

    /// The value for one query, whose documents stand in rank order.
    fn of(self, ranked: &[Option<i32>], judged: &BTreeMap<String, i32>) -> f64 {
        let relevant = |grade: &Option<i32>, least: i32| grade.is_some_and(|grade| grade >= least);
        let count = |least: i32| judged.values().filter(|grade| **grade >= least).count();
        let share = |hits: usize, of: usize| if of == 0 { 0.0 } else { hits as f64 / of as f64 };
        match self {
            Self::Ndcg(k) => {
                let gains = ranked.iter().take(k).map(|grade| grade.unwrap_or(0));
                let mut ideal: Vec<i32> = judged.values().copied().collect();
                ideal.sort_unstable_by(|a, b| b.cmp(a));
                let best = discounted(ideal.into_iter().take(k));
                if best > 0.0 { discounted(gains) / best } else { 0.0 }
            }
            Self::Recall(k, least) => share(
                ranked.iter().take(k).filter(|grade| relevant(grade, least)).count(),
                count(least),
            ),
            Self::ReciprocalRank(k) => ranked
                .iter()
                .take(k)
                .position(|grade| relevant(grade, 1))
                .map_or(0.0, |at| 1.0 / (at + 1) as f64),
            Self::Precision(k) => {
                share(ranked.iter().take(k).filter(|grade| relevant(grade, 1)).count(), k)
            }
            // Of a ranking shorter than k, the share of what there is.
            Self::Judged(k) => share(ranked.iter().take(k).flatten().count(), k.min(ranked.len())),
            Self::AveragePrecision => {
                let (mut hits, mut sum) = (0_usize, 0.0);
                for (at, grade) in ranked.iter().enumerate() {
                    if relevant(grade, 1) {
                        hits += 1;
                        sum += hits as f64 / (at + 1) as f64;
                    }
                }
                if count(1) == 0 { 0.0 } else { sum / count(1) as f64 }
            }
        }
    }
}

fn discounted(gains: impl Iterator<Item = i32>) -> f64 {
    let place = |at: usize| ((at + 2) as f64).log2();
    gains.enumerate().map(|(at, gain)| f64::from(gain.max(0)) / place(at)).sum()
}

/// How a measure orders documents of equal score. `ir_measures` takes its measures from several
/// programs, and they differ here.
#[derive(Clone, Copy)]
enum Ties {
    /// trec_eval: scores in single precision, and of equal ones the greater id first.
    GreaterId,
    /// The others: scores in double precision, and of equal ones the lesser id first.
    LesserId,
}

impl Measure {
    fn ties(self) -> Ties {
        match self {
            Self::ReciprocalRank(_) | Self::Judged(_) => Ties::LesserId,
            _ => Ties::GreaterId,
        }
    }
}

/// The grades of a query's documents, in the order of their scores.
fn in_order(
    documents: &[(String, f64)],
    judged: &BTreeMap<String, i32>,
    ties: Ties,
) -> Vec<Option<i32>> {
    // Zero is equal to minus zero, and `total_cmp` parts them; the sum does not.
    let mut ranked: Vec<(&str, f64)> = match ties {
        #[expect(clippy::cast_possible_truncation, reason = "trec_eval keeps scores as float")]
        Ties::GreaterId => documents
            .iter()
            .map(|(id, score)| (id.as_str(), f64::from(*score as f32) + 0.0))
            .collect(),
        Ties::LesserId => documents.iter().map(|(id, score)| (id.as_str(), score + 0.0)).collect(),
    };
    ranked.sort_by(|a, b| {
        let of_equal = match ties {
            Ties::GreaterId => b.0.cmp(a.0),
            Ties::LesserId => a.0.cmp(b.0),
        };
        b.1.total_cmp(&a.1).then(of_equal)
    });
    ranked.into_iter().map(|(document, _)| judged.get(document).copied()).collect()
}

/// Each judged query's measures; one that the run does not answer counts as 0, and queries that
/// nobody judged are left out, as `ir_measures` does.
pub fn score_run(run: &Run, qrels: &Qrels, measures: &[Measure]) -> Vec<Unit> {
    let mut units = Vec::with_capacity(qrels.len());
    for (query, judged) in qrels {
        let documents = run.get(query).map_or(&[][..], Vec::as_slice);
        let greater = in_order(documents, judged, Ties::GreaterId);
        let lesser = in_order(documents, judged, Ties::LesserId);
        let score = |measure: &Measure| {
            let ranked = match measure.ties() {
                Ties::GreaterId => &greater,
                Ties::LesserId => &lesser,
            };
            (measure.name(), Share::one(measure.of(ranked, judged)))
        };
        units.push(Unit {
            id: query.clone(),
            text: String::new(),
            slices: BTreeMap::new(),
            scores: measures.iter().map(score).collect(),
            paragraph: String::new(),
            outcome: None,
            strength: None,
            remarks: Vec::new(),
        });
    }
    units
}
