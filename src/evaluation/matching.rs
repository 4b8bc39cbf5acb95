//! Which gold question the words of a draft's question ask.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::evaluation::gold::GoldQuestion;
use crate::language::content_stems;

/// Shared content stems, of the shorter side, from which a found question is a gold question.
const MATCH_MIN: f64 = 0.5;
/// The same where the gold question has no exact words.
const MATCH_TEXT_MIN: f64 = 0.3;

/// The gold question that a found one asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Match {
    /// Its place among those of the inquiry.
    pub(crate) question: usize,
    likeness: Likeness,
}

impl Match {
    /// Which of two found questions is more like its gold question.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.likeness.order(&other.likeness)
    }
}

/// How like a found question's words are to those of a gold question.
#[derive(Debug, Clone, Copy)]
struct Likeness {
    /// Whether one stands in the other, letter for letter.
    is_part: bool,
    /// Content stems that they share.
    shared: usize,
    /// What part of the shorter that is.
    part: f64,
}

impl Likeness {
    fn of(a: &str, b: &str) -> Self {
        let stems = |text: &str| -> BTreeSet<String> { content_stems(text).into_iter().collect() };
        let (stems_a, stems_b) = (stems(a), stems(b));
        let shared = stems_a.intersection(&stems_b).count();
        let shorter = stems_a.len().min(stems_b.len()).max(1);
        // "Hvornår?" has no content stem; it is itself all the same.
        let (a, b) = (a.trim(), b.trim());
        let is_part = !a.is_empty() && !b.is_empty() && (a.contains(b) || b.contains(a));
        let part = if is_part { 1.0 } else { shared as f64 / shorter as f64 };
        Self { is_part, shared, part }
    }

    /// Words that stand in the others say more than any number of shared ones: the mail's facts
    /// stand around several of its questions.
    fn order(&self, other: &Self) -> Ordering {
        let (own, others) = (self.is_part, other.is_part);
        own.cmp(&others).then(self.shared.cmp(&other.shared)).then(self.part.total_cmp(&other.part))
    }
}

/// The gold question that a found one is most like, by the mail's words that ask it (`from`) and its
/// own; of equal ones the first that is asked in words.
pub(crate) fn best_match(from: &str, text: &str, questions: &[GoldQuestion]) -> Option<Match> {
    let mut order: Vec<usize> = (0..questions.len()).collect();
    order.sort_by_key(|at| questions.get(*at).is_some_and(|question| question.implied));
    let mut best: Option<Match> = None;
    for at in order {
        let Some(likeness) = questions.get(at).and_then(|it| likeness(from, text, it)) else {
            continue;
        };
        let matched = Match { question: at, likeness };
        if best.is_none_or(|best| matched.order(&best).is_gt()) {
            best = Some(matched);
        }
    }
    best
}

/// How like a found question is to a gold question, if it is enough to match.
fn likeness(from: &str, text: &str, gold: &GoldQuestion) -> Option<Likeness> {
    if gold.from.is_empty() {
        return Some(Likeness::of(text, &gold.text)).filter(|like| like.part >= MATCH_TEXT_MIN);
    }
    let parts = gold.from.iter().map(|own| Likeness::of(from, own));
    parts.filter(|like| like.part >= MATCH_MIN).max_by(Likeness::order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_in_a_gold_question_count_before_words_that_are_shared() {
        let gold = |from: &str| -> GoldQuestion {
            GoldQuestion { from: vec![from.to_owned()], ..GoldQuestion::default() }
        };
        let questions = [
            gold("Overinspektøren går på pension 30. april. Hvem sætter det i gang"),
            gold("hvor stor bliver hans pension?"),
        ];
        let matched = |from: &str| best_match(from, from, &questions).map(|it| it.question);
        assert_eq!(matched("Hvem sætter det i gang"), Some(0));
        assert_eq!(matched("hvor stor bliver hans pension?"), Some(1));
        assert_eq!(matched("Kan I flytte printeren?"), None);
    }
}
