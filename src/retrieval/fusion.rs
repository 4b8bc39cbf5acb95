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
const VECTOR_WEIGHT: f32 = 0.5;
/// Cormack, Clarke and Büttcher 2009.
const RANK_OFFSET: f32 = 60.0;

/// What the two searches say of one passage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Said {
    /// The score by words, at least 0.
    pub words: f32,
    /// The similarity, where it is known.
    pub similarity: Option<f32>,
}

/// The best that each search says of a current passage, beside which all are measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    words: f32,
    similarity: f32,
}

impl Reference {
    pub(crate) fn of(said: &[Said]) -> Self {
        let most = |of: fn(&Said) -> f32| said.iter().map(of).fold(f32::MIN_POSITIVE, f32::max);
        Self { words: most(|said| said.words), similarity: most(Said::nearness) }
    }
}

impl Said {
    fn nearness(&self) -> f32 {
        self.similarity.unwrap_or(0.0).max(0.0)
    }
}

impl Settings {
    /// One score for each passage, in their order; where no similarity is known, the words' own.
    pub(crate) fn fuse(self, said: &[Said], reference: Reference) -> Vec<f32> {
        let by_words = self.mode == Mode::Words || said.iter().all(|one| one.similarity.is_none());
        let words = |one: &Said| one.words / reference.words;
        let near = |one: &Said| one.nearness() / reference.similarity;
        if by_words {
            return said.iter().map(|one| one.words).collect();
        }
        match (self.mode, self.fusion) {
            (Mode::Vectors, _) => said.iter().map(near).collect(),
            (_, Fusion::Scores) => {
                let weight = self.vector_weight;
                let joined = |one| (1.0 - weight) * words(one) + weight * near(one);
                // As large as the words' own, so that scores of outdated passages compare.
                said.iter().map(|one| joined(one) * reference.words).collect()
            }
            (_, Fusion::Ranks) => {
                let by_words = reciprocal_ranks(said.iter().map(words));
                let joined = by_words.into_iter().zip(reciprocal_ranks(said.iter().map(near)));
                // Two first places make as much as the best words.
                let whole = f32::midpoint(RANK_OFFSET, 1.0) * reference.words;
                joined.map(|(a, b)| (a + b) * whole).collect()
            }
        }
    }
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
        let fused = settings.fuse(given, Reference::of(given));
        assert_eq!(fused.len(), expected.len());
        for (fused, expected) in fused.iter().zip(expected) {
            assert!((fused - expected).abs() < 1e-5, "{fused} is not {expected}");
        }
    }

    #[test]
    fn scores_are_shares_of_the_best_of_each_search() {
        let settings = Settings { vector_weight: 0.25, ..Settings::default() };
        let given = [said(0.8, 0.4), said(0.4, 0.8)];
        check(settings, &given, &[0.7, 0.5]);
        check(Settings { mode: Mode::Words, ..settings }, &given, &[0.8, 0.4]);
        check(Settings { mode: Mode::Vectors, ..settings }, &given, &[0.5, 1.0]);
    }

    #[test]
    fn words_keep_their_scores_where_no_similarity_is_known() {
        let words = |words| Said { words, similarity: None };
        check(Settings::default(), &[words(0.3), words(0.6)], &[0.3, 0.6]);
        let ranks = Settings { fusion: Fusion::Ranks, ..Settings::default() };
        check(ranks, &[words(0.3), words(0.6)], &[0.3, 0.6]);
    }

    #[test]
    fn ranks_do_not_ask_how_far_apart_scores_are() {
        let ranks = Settings { fusion: Fusion::Ranks, ..Settings::default() };
        let fuse = |given: &[Said]| ranks.fuse(given, Reference::of(given));
        let near = fuse(&[said(0.9, 0.9), said(0.89, 0.1), said(0.0, 0.5)]);
        let far = fuse(&[said(0.9, 0.9), said(0.1, 0.4), said(0.0, 0.5)]);
        assert_eq!(near, far);
        assert!((near[0] - 0.9).abs() < 1e-6, "{near:?}");
    }

    #[test]
    fn an_outdated_passage_is_measured_by_the_best_current_one() {
        let reference = Reference::of(&[said(0.8, 0.6), said(0.2, 0.1)]);
        let outdated = Said { words: 0.8, similarity: None };
        assert_eq!(Settings::default().fuse(&[outdated], reference), [0.8]);
    }

    #[test]
    fn nothing_found_is_no_number_out_of_bounds() {
        check(Settings::default(), &[], &[]);
        check(Settings::default(), &[said(0.0, 0.0)], &[0.0]);
        check(Settings::default(), &[said(0.0, -0.3)], &[0.0]);
    }
}
