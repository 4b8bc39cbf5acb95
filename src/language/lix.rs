//! LIX, the readability of a Danish text.

use crate::language::sentences::sentences;

/// A word with more letters counts as long (Björnsson 1968).
const LONG_WORD_LETTERS: usize = 6;

/// Björnsson's LIX: words a sentence plus the per cent of words over six letters; 0 of no words.
pub fn lix(text: &str) -> f64 {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return 0.0;
    }
    let stops = sentences(text).len().max(1);
    let long = words.iter().filter(|word| word.chars().count() > LONG_WORD_LETTERS).count();
    let count = words.len() as f64;
    count / stops as f64 + 100.0 * long as f64 / count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: f64) {
        assert!((lix(text) - expected).abs() < 0.05, "{text}: {}", lix(text));
    }

    #[test]
    fn lix_is_words_a_sentence_and_long_words_in_a_hundred() {
        check("", 0.0);
        check("?!", 0.0);
        check("Vi ses.", 2.0);
        check("Vi ses. Det er blanketten nu.", 3.0 + 100.0 / 6.0);
        // Six letters are not long, seven are; æ, ø and å are one letter each.
        check("Lønnen kom.", 2.0);
        check("Lønnens dag.", 52.0);
        check("Brødbår.", 101.0);
        // A date and an abbreviation end no sentence.
        check("Senest den 30. november 2025 kl. 16.", 7.0 + 100.0 / 7.0);
        // A letter's lines are sentences where a blank line stands between them.
        check("Hej\n\nVi ses.", 1.5);
        check(
            "Acontoudbetalinger behandles løbende. Institutionen bestiller udbetalingen selv.",
            3.5 + 600.0 / 7.0,
        );
    }

    proptest! {
        #[test]
        fn lix_is_a_number_of_its_own_range(text in r"([A-Za-zæøå]{1,12}[ .,!?\n]{0,2}){0,40}") {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
            let most = words.count() as f64 + 100.0;
            prop_assert!((0.0..=most).contains(&lix(&text)));
        }
    }
}
