//! Scores of words and of vectors brought together.

use serde::{Deserialize, Serialize};

/// By what passages are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By words alone.
    Words,
    /// By vectors alone: to see what they are worth, not to work with.
    Vectors,
    /// By both.
    #[default]
    Hybrid,
}

/// How two rankings become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// A weighted sum of scores, each between 0 and 1.
    #[default]
    Scores,
    /// Reciprocal ranks, which need no fitting.
    Ranks,
}

/// How words and vectors take part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// By what passages are found.
    pub mode: Mode,
    /// How two rankings become one.
    pub fusion: Fusion,
    /// What vectors weigh beside words, from 0 to 1.
    pub vector_weight: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { mode: Mode::default(), fusion: Fusion::default(), vector_weight: VECTOR_WEIGHT }
    }
}

/// Fitted on the gold set's `dev` part and two public test sets, 2026-11-24 (docs/retrieval.md).
const VECTOR_WEIGHT: f32 = 0.4;
/// Cormack, Clarke and Büttcher 2009.
const RANK_OFFSET: f32 = 60.0;
/// The similarity of texts that have nothing to do with each other: what a score of 0 is.
const SIMILARITY_OF_STRANGERS: f32 = 0.0;

/// What the two searches say of one passage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Said {
    /// The score by words, at least 0.
    pub words: f32,
    /// The similarity, where it is known.
    pub similarity: Option<f32>,
}

impl Settings {
    /// One score for each passage, between 0 and 1, in their order.
    pub(crate) fn fuse(&self, said: &[Said]) -> Vec<f32> {
        let vectors = said.iter().any(|said| said.similarity.is_some());
        match (self.mode, self.fusion) {
            (Mode::Words, _) => shares(said.iter().map(|said| said.words)),
            _ if !vectors => shares(said.iter().map(|said| said.words)),
            (Mode::Vectors, _) => similarities(said),
            (Mode::Hybrid, Fusion::Scores) => {
                let words = shares(said.iter().map(|said| said.words));
                let joined = words.into_iter().zip(similarities(said));
                joined.map(|(a, b)| a + self.vector_weight * (b - a)).collect()
            }
            (Mode::Hybrid, Fusion::Ranks) => {
                let words = reciprocal_ranks(said.iter().map(|said| said.words));
                let near = said.iter().map(|said| said.similarity.unwrap_or(0.0));
                let joined = words.into_iter().zip(reciprocal_ranks(near));
                // Two first places make 1.
                joined.map(|(a, b)| (a + b) * (RANK_OFFSET + 1.0) / 2.0).collect()
            }
        }
    }
}

/// Each value as a share of the greatest.
fn shares(values: impl Iterator<Item = f32> + Clone) -> Vec<f32> {
    let most = values.clone().fold(f32::MIN_POSITIVE, f32::max);
    values.map(|value| value.max(0.0) / most).collect()
}

fn similarities(said: &[Said]) -> Vec<f32> {
    let over = |said: &Said| said.similarity.unwrap_or(0.0) - SIMILARITY_OF_STRANGERS;
    shares(said.iter().map(over))
}

/// For each value the reciprocal of its rank, moved down; equal values share the better rank, and
/// nothing is worth nothing.
fn reciprocal_ranks(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let values: Vec<f32> = values.collect();
    let mut sorted = values.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let rank = |value: f32| sorted.partition_point(|other| other.total_cmp(&value).is_gt());
    let reciprocal = |value: f32| 1.0 / (RANK_OFFSET + 1.0 + rank(value) as f32);
    values.iter().map(|value| if *value > 0.0 { reciprocal(*value) } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: f32, similarity: f32) -> Said {
        Said { words, similarity: Some(similarity) }
    }

    #[track_caller]
    fn check(settings: Settings, given: &[Said], expected: &[f32]) {
        let fused = settings.fuse(given);
        assert_eq!(fused.len(), expected.len());
        for (fused, expected) in fused.iter().zip(expected) {
            assert!((fused - expected).abs() < 1e-5, "{fused} is not {expected}");
        }
    }

    #[test]
    fn scores_are_shares_of_the_best_of_each_search() {
        let settings = Settings { vector_weight: 0.25, ..Settings::default() };
        check(settings, &[said(8.0, 0.4), said(4.0, 0.8)], &[0.875, 0.625]);
        check(Settings { mode: Mode::Words, ..settings }, &[said(8.0, 0.4), said(4.0, 0.8)], &[1.0, 0.5]);
        check(Settings { mode: Mode::Vectors, ..settings }, &[said(8.0, 0.4), said(4.0, 0.8)], &[0.5, 1.0]);
    }

    #[test]
    fn words_alone_count_where_no_similarity_is_known() {
        let words = |words| Said { words, similarity: None };
        check(Settings::default(), &[words(3.0), words(6.0)], &[0.5, 1.0]);
        let ranks = Settings { fusion: Fusion::Ranks, ..Settings::default() };
        check(ranks, &[words(3.0), words(6.0)], &[0.5, 1.0]);
    }

    #[test]
    fn ranks_do_not_ask_how_far_apart_scores_are() {
        let ranks = Settings { fusion: Fusion::Ranks, ..Settings::default() };
        let near = ranks.fuse(&[said(9.0, 0.9), said(8.9, 0.1), said(0.0, 0.5)]);
        let far = ranks.fuse(&[said(9.0, 0.9), said(0.1, 0.4), said(0.0, 0.5)]);
        assert_eq!(near, far);
        assert!((near[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_found_is_no_number_out_of_bounds() {
        check(Settings::default(), &[], &[]);
        check(Settings::default(), &[said(0.0, 0.0)], &[0.0]);
        check(Settings::default(), &[said(0.0, -0.3)], &[0.0]);
    }
}
