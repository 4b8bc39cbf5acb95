//! What it costs to answer: how the risk of a wrong answer grows with how much is answered.

use crate::evaluation::{Report, Unit};

/// How much is answered, and how much of that is wrong, from the strongest evidence down.
///
/// Only questions count that a source answers (`guide`, `drejebog`) and that have vital points; an
/// answer is wrong unless all of them are met. Coverage is the share of these questions that are
/// answered when only evidence of at least some strength is used, so it ends below 1 where
/// questions were left open. Answers of equal strength come together.
pub fn risk_coverage(report: &Report) -> Vec<(f64, f64)> {
    let asked: Vec<&Unit> = report.per_question.iter().filter(|unit| is_by_source(unit)).collect();
    let mut answered: Vec<(f64, bool)> = asked
        .iter()
        .filter(|unit| unit.outcome.as_ref().is_some_and(|(_, came)| is_answer(came)))
        .filter_map(|unit| Some((unit.strength?, is_wrong(unit))))
        .collect();
    answered.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut points = Vec::new();
    let mut wrong = 0_usize;
    for (at, (strength, is_wrong)) in answered.iter().enumerate() {
        wrong += usize::from(*is_wrong);
        if answered.get(at + 1).is_none_or(|next| next.0 < *strength) {
            let count = (at + 1) as f64;
            points.push((count / asked.len() as f64, wrong as f64 / count));
        }
    }
    points
}

/// The area under the risk-coverage curve, over the width of the curve: the mean risk. Less is
/// better; where strength says nothing, it is the share of wrong answers.
pub fn aurc(points: &[(f64, f64)]) -> Option<f64> {
    let width = points.last()?.0;
    let (mut area, mut from) = (0.0, 0.0);
    for (coverage, risk) in points {
        area += (coverage - from) * risk;
        from = *coverage;
    }
    Some(area / width)
}

fn is_answer(outcome: &str) -> bool {
    outcome.starts_with("answered")
}

fn is_by_source(unit: &Unit) -> bool {
    unit.outcome.as_ref().is_some_and(|(expected, _)| is_answer(expected))
        && unit.scores.get("must_recall_strict").is_some_and(|share| share.of > 0.0)
}

fn is_wrong(unit: &Unit) -> bool {
    unit.scores.get("must_recall_strict").is_none_or(|share| share.sum < share.of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{Share, summarise};

    fn answer(at: usize, came: &str, strength: f64, met: f64) -> Unit {
        let scores = [("must_recall_strict".to_owned(), Share { sum: met, of: 2.0 })];
        Unit {
            id: format!("H{at}#1"),
            text: String::new(),
            slices: [].into(),
            scores: scores.into(),
            paragraph: String::new(),
            outcome: Some(("answered".to_owned(), came.to_owned())),
            strength: Some(strength),
            remarks: Vec::new(),
        }
    }

    #[test]
    fn strong_evidence_comes_first_and_open_questions_end_the_curve() {
        let units = vec![
            answer(1, "answered", 0.4, 0.0),
            answer(2, "answered", 0.9, 2.0),
            answer(3, "no_evidence", 0.0, 0.0),
            answer(4, "answered_by_drejebog", 0.4, 2.0),
        ];
        let points = risk_coverage(&summarise("run", "data", units));
        assert_eq!(points, [(0.25, 0.0), (0.75, 1.0 / 3.0)]);
        let mean = aurc(&points).unwrap();
        assert!((mean - 0.5 / 3.0 / 0.75).abs() < 1e-12);
        assert_eq!(aurc(&[]), None);
    }
}
