//! How likely a passage answers a question, and how likely a sentence of it belongs in the reply:
//! two logistic models over [`Signs`], for where meaning takes part in the search.
//!
//! Their weights stand in `models/sentence-odds/weights.tsv`, one sign a line; `models/recipe/odds.py`
//! fits them on the sentences and passages that were judged (decision 0035).

use std::sync::LazyLock;

use crate::draft::signs::{SIGNS, Signs};

/// How far apart the scores of two sentences lie beside their odds: so, shares of the best score
/// mean what they mean where only words are searched.
const SPREAD: f32 = 0.2;

/// The weights of one model, in the order of the signs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Weights {
    base: f32,
    of: [f32; SIGNS.len()],
}

impl Weights {
    const NONE: Self = Self { base: 0.0, of: [0.0; SIGNS.len()] };

    fn log_odds(&self, signs: &Signs) -> f32 {
        self.base + self.of.iter().zip(signs.0).map(|(weight, sign)| weight * sign).sum::<f32>()
    }
}

struct Models {
    belongs: Weights,
    answers: Weights,
}

static MODELS: LazyLock<Models> =
    LazyLock::new(|| Models::read(include_str!("../../models/sentence-odds/weights.tsv")));

impl Models {
    /// Reads lines of a sign and its weights in both models; the sign `base` stands for none.
    fn read(table: &str) -> Self {
        let mut models = Self { belongs: Weights::NONE, answers: Weights::NONE };
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let sign = fields.next().unwrap_or_default();
            for model in [&mut models.belongs, &mut models.answers] {
                let Some(weight) = fields.next().and_then(|field| field.parse().ok()) else {
                    continue;
                };
                let at = SIGNS.iter().position(|name| *name == sign);
                match at.and_then(|at| model.of.get_mut(at)) {
                    Some(held) => *held = weight,
                    None => model.base = weight,
                }
            }
        }
        models
    }
}

/// How well a sentence belongs in the reply, to be compared with others: above 0, and above 1 where
/// it rather belongs there than not.
pub(crate) fn belonging(signs: &Signs) -> f32 {
    (SPREAD * MODELS.belongs.log_odds(signs)).exp()
}

/// How likely the passage of a sentence answers the question, from 0 to 1.
pub(crate) fn answering(signs: &Signs) -> f32 {
    1.0 / (1.0 + (-MODELS.answers.log_odds(signs)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_has_its_weights_and_nothing_else_has() {
        let table = include_str!("../../models/sentence-odds/weights.tsv");
        let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
        let mut named: Vec<&str> =
            lines.iter().map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(named.remove(0), "base");
        assert_eq!(named, SIGNS);
        for line in lines {
            let weights: Vec<f32> =
                line.split('\t').skip(1).map(|it| it.parse().unwrap()).collect();
            assert_eq!(weights.len(), 2, "{line}");
        }
    }

    #[test]
    fn a_passage_that_is_nearer_is_likelier_to_answer() {
        let with = |near: f32| {
            let sign = |name: &&str| {
                if name.contains("near") || name.contains("relative") { near } else { 0.5 }
            };
            let mut signs = Signs([0.0; SIGNS.len()]);
            for (held, name) in signs.0.iter_mut().zip(&SIGNS) {
                *held = sign(name);
            }
            signs
        };
        assert!(answering(&with(0.9)) > answering(&with(0.2)));
        assert!(belonging(&with(0.9)) > belonging(&with(0.2)));
    }
}
