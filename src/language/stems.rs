//! The stems of a text as a set that is quick to make and to ask.

use crate::language::words::marks;

/// The stems of a text and of the parts of its compounds, each as a number that stands for it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Stems {
    words: Vec<u64>,
    parts: Vec<u64>,
}

impl Stems {
    /// The stems of a text.
    pub fn of(text: &str) -> Self {
        let (mut words, mut parts) = marks(text);
        for marks in [&mut words, &mut parts] {
            marks.sort_unstable();
            marks.dedup();
        }
        Self { words, parts }
    }

    /// The stems of several texts together.
    pub fn of_all<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for stems in all {
            joined.words.extend_from_slice(&stems.words);
            joined.parts.extend_from_slice(&stems.parts);
        }
        for marks in [&mut joined.words, &mut joined.parts] {
            marks.sort_unstable();
            marks.dedup();
        }
        joined
    }

    /// Whether the stem of this mark stands here as a word.
    pub(crate) fn has_word(&self, mark: u64) -> bool {
        self.words.binary_search(&mark).is_ok()
    }

    /// Whether the stem of this mark stands here as a part of a compound.
    pub(crate) fn has_part(&self, mark: u64) -> bool {
        self.parts.binary_search(&mark).is_ok()
    }

    /// The share of the words of both that both have, from 0 to 1.
    pub fn likeness(&self, other: &Self) -> f32 {
        let shared = self.words.iter().filter(|word| other.words.binary_search(word).is_ok());
        let shared = shared.count();
        let all = self.words.len() + other.words.len() - shared;
        if all == 0 { 1.0 } else { shared as f32 / all as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::stem;
    use crate::language::words::mark_of;

    #[test]
    fn words_and_parts_are_told_apart() {
        let stems = Stems::of("Acontoudbetaling over 500 kr. netto, jf. § 56, stk. 2 (PKAT 026).");
        for word in
            [stem("acontoudbetaling").as_str(), "500", "netto", "§56.2", "pkat026", "pkat", "026"]
        {
            assert!(stems.has_word(mark_of(word)) && !stems.has_part(mark_of(word)), "{word}");
        }
        assert!(stems.has_part(mark_of("aconto")) && !stems.has_word(mark_of("aconto")));
        assert_eq!(Stems::default(), Stems::of(""));
    }

    #[test]
    fn likeness_is_the_share_of_common_words() {
        let likeness = |a: &str, b: &str| Stems::of(a).likeness(&Stems::of(b));
        let near = |a: f32, b: f32| (a - b).abs() < 1e-6;
        assert!(near(likeness("frist for ferie", "Ferie, frist for."), 1.0));
        assert!(near(likeness("frist for ferie", "aconto"), 0.0));
        assert!(near(likeness("frist ferie", "frist barsel"), 1.0 / 3.0));
        assert!(near(likeness("", ""), 1.0));
    }
}
