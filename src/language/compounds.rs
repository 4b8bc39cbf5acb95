//! Compounds cut into the parts that the trade knows ("acontoudbetalingen" -> aconto, udbetaling).

use crate::language::lexicon::lexicon;

/// Shorter words are never compounds worth cutting.
const COMPOUND_CHARS_MIN: usize = 7;
/// Longer words are no words; cutting them would take a step for each of their letters.
const COMPOUND_CHARS_MAX: usize = 60;
/// Endings that may follow the last part.
const ENDINGS: [&str; 17] = [
    "", "en", "et", "er", "erne", "ne", "n", "s", "ens", "ets", "ernes", "e", "r", "rne", "nes",
    "ene", "t",
];
/// Letters that may join two parts.
const LINKS: [&str; 4] = ["", "s", "e", "er"];

/// The parts of a compound in lower case, or nothing if the word is not wholly made of known parts.
pub(crate) fn split(word: &str) -> Vec<&str> {
    if !(COMPOUND_CHARS_MIN..=COMPOUND_CHARS_MAX).contains(&word.chars().count()) {
        return Vec::new();
    }
    let mut parts = Vec::new();
    if follow(word, &mut parts) && parts.len() > 1 { parts } else { Vec::new() }
}

/// Tries the longest part first, so that `arbejdsgiver` is not cut in three.
fn follow<'a>(rest: &'a str, parts: &mut Vec<&'a str>) -> bool {
    if !parts.is_empty() && ENDINGS.contains(&rest) {
        return true;
    }
    let ends: Vec<usize> = rest.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    for end in ends.into_iter().rev() {
        let Some((part, after)) = rest.split_at_checked(end) else { continue };
        if part.len() < 2 || !lexicon().parts.contains(part) {
            continue;
        }
        for link in LINKS {
            let Some(next) = after.strip_prefix(link) else { continue };
            parts.push(part);
            if follow(next, parts) {
                return true;
            }
            parts.pop();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: &[&str]) {
        assert_eq!(split(word), expected, "{word}");
    }

    #[test]
    fn compounds_are_cut_into_known_parts_or_not_at_all() {
        check("acontoudbetalingen", &["aconto", "udbetaling"]);
        check("fejlindmeldelse", &["fejl", "indmeldelse"]);
        check("lønstandsning", &["løn", "standsning"]);
        check("sygedagpengerefusion", &["syge", "dagpenge", "refusion"]);
        check("institution", &[]);
        check("udbetaling", &[]);
        check("hovedstaden", &[]);
        check("ferie", &[]);
        check(&"løn".repeat(300_000), &[]);
    }
}
