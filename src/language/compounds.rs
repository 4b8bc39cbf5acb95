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

/// Letters that may join two words of a collection.
const JOINTS: [&str; 6] = ["", "s", "e", "er", "ens", "es"];
/// A word of a collection is a part from this many letters on: shorter ones fit everywhere.
const PART_CHARS_MIN: usize = 3;
/// Compounds of a collection's own words have at least this many letters.
const OWN_COMPOUND_CHARS_MIN: usize = 8;

/// The parts of a compound by words that are known: two of them, or three where the last two
/// make up no known word. Of several cuts the one wins whose shortest part is longest, since
/// short words stand in others by chance.
pub(crate) fn split_by<'a>(word: &'a str, known: &dyn Fn(&str) -> bool) -> Vec<&'a str> {
    let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    let chars = ends.len();
    if !(OWN_COMPOUND_CHARS_MIN..=COMPOUND_CHARS_MAX).contains(&chars)
        || !word.chars().all(char::is_alphabetic)
    {
        return Vec::new();
    }
    let cut = |from: usize, to: usize| {
        let start = ends.get(from).copied().unwrap_or(word.len());
        let end = ends.get(to).copied().unwrap_or(word.len());
        word.get(start..end).unwrap_or_default()
    };
    let mut best: Option<(usize, Vec<&'a str>)> = None;
    let mut offer = |quality: usize, parts: Vec<&'a str>| {
        if best.as_ref().is_none_or(|(held, _)| quality > *held) {
            best = Some((quality, parts));
        }
    };
    for middle in PART_CHARS_MIN..=chars.saturating_sub(PART_CHARS_MIN) {
        let Some(first) = first_part(cut(0, middle), known) else { continue };
        let rest = cut(middle, chars);
        if is_last_part(rest, known) {
            let shortest = first.chars().count().min(chars - middle);
            // A longer last part breaks ties: it is what the compound is.
            offer(shortest * 10 + chars - middle, vec![first, rest]);
            continue;
        }
        for second in middle + PART_CHARS_MIN..=chars.saturating_sub(PART_CHARS_MIN) {
            let last = cut(second, chars);
            let Some(between) = first_part(cut(middle, second), known) else { continue };
            if is_last_part(last, known) {
                let lengths = [first, between, last].map(|part| part.chars().count());
                let shortest = lengths.into_iter().min().unwrap_or(0);
                offer((shortest * 10).saturating_sub(5), vec![first, between, last]);
            }
        }
    }
    best.filter(|(quality, _)| *quality >= PART_CHARS_MIN * 10)
        .map(|(_, parts)| parts)
        .unwrap_or_default()
}

/// A known word before a joint, without the joint.
fn first_part<'a>(part: &'a str, known: &dyn Fn(&str) -> bool) -> Option<&'a str> {
    JOINTS.iter().filter_map(|joint| part.strip_suffix(joint)).find(|word| is_part(word, known))
}

/// Whether a word is known, with an ending or without.
fn is_last_part(part: &str, known: &dyn Fn(&str) -> bool) -> bool {
    ENDINGS.iter().filter_map(|ending| part.strip_suffix(ending)).any(|word| is_part(word, known))
}

fn is_part(word: &str, known: &dyn Fn(&str) -> bool) -> bool {
    word.chars().count() >= PART_CHARS_MIN && known(word)
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

    #[track_caller]
    fn check_by(known: &[&str], word: &str, expected: &[&str]) {
        assert_eq!(split_by(word, &|word| known.contains(&word)), expected, "{word}");
    }

    #[test]
    fn a_collection_s_own_words_cut_its_compounds() {
        check_by(&["arbejde", "arbejd", "plads"], "arbejdspladsen", &["arbejd", "pladsen"]);
        check_by(&["barn", "vogn"], "barnevogn", &["barn", "vogn"]);
        check_by(&["skat", "seddel", "arkiv"], "skatseddelarkivet", &["skat", "seddel", "arkivet"]);
        // Of three parts none may be as short as three letters: such words stand in many others.
        check_by(&["løn", "seddel", "arkiv"], "lønseddelarkivet", &[]);
        check_by(&["for", "ret", "ning", "forretning"], "forretning", &[]);
        check_by(&["hus"], "husholdning", &[]);
        check_by(&["hus"], "9husehus", &[]);
        check_by(&["løn"], &"løn".repeat(300_000), &[]);
    }
}
