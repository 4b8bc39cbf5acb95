//! Sentences, with Danish abbreviations and ordinals ("den 30. november", "jf. pkt. 3").

use std::ops::Range;

use crate::language::lexicon::lexicon;

/// The sentences of a text, as byte ranges without outer spaces.
///
/// A blank line always ends a sentence, a single line break never does.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if !matches!(c, '?' | '!' | '…' | '.' | ')' | '"' | '”' | '»' | '\'' | '\n') {
            continue;
        }
        let end = at + c.len_utf8();
        let rest = text.get(end..).unwrap_or_default();
        let ends = match c {
            '?' | '!' | '…' => !rest.starts_with(['?', '!', '.', ')', '"', '”', '»', '\'']),
            '.' => full_stop_ends(text.get(start..at).unwrap_or_default(), rest),
            ')' | '"' | '”' | '»' | '\'' => {
                let before = text.get(start..at).unwrap_or_default();
                before.ends_with(['?', '!']) && opens(rest)
            }
            '\n' => rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n'),
            _ => false,
        };
        if ends {
            push(text, start..end, &mut found);
            start = end;
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let Some(part) = text.get(range.clone()) else { return };
    let lead = part.len() - part.trim_start().len();
    let trimmed = part.trim();
    if trimmed.chars().any(char::is_alphanumeric) {
        found.push(range.start + lead..range.start + lead + trimmed.len());
    }
}

/// Whether what follows looks like a new sentence: space, then a capital, a digit or a mark.
fn opens(rest: &str) -> bool {
    if rest.is_empty() {
        return true;
    }
    if !rest.starts_with(char::is_whitespace) {
        return false;
    }
    let next = rest.trim_start().chars().next();
    next.is_none_or(|c| !c.is_lowercase())
}

fn full_stop_ends(before: &str, rest: &str) -> bool {
    if rest.starts_with('.') || !opens(rest) {
        return false;
    }
    let word_start = before
        .char_indices()
        .rev()
        .find(|(_, c)| !(c.is_alphanumeric() || *c == '.'))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let word = before.get(word_start..).unwrap_or_default();
    let lower = word.to_lowercase();
    // "1. Klik på ...": the number of a list item opens its sentence.
    if before.trim_start() == word && is_list_mark(word) {
        return false;
    }
    if rest.trim_start().is_empty() {
        return true;
    }
    let next = rest.trim_start().chars().next();
    if lexicon().either.contains(&lower) {
        return next.is_some_and(char::is_uppercase);
    }
    // "Statens HR." ends a sentence, "hr. Prøvesen" does not.
    let capitals = word.chars().count() > 1 && word.chars().all(char::is_uppercase);
    if !capitals && lexicon().inside.contains(&lower) {
        return false;
    }
    // "den 12. SAM ..." ends, "den 12. og ..." was ruled out by `opens`, "1. 2025" goes on.
    let ordinal = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()) && word.len() <= 2;
    !(ordinal && next.is_some_and(|c| c.is_ascii_digit()))
}

fn is_list_mark(word: &str) -> bool {
    let letters = word.chars().count();
    letters > 0
        && letters <= 3
        && (word.chars().all(|c| c.is_ascii_digit() || c == '.') || letters == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> =
            sentences(text).into_iter().map(|range| text.get(range).unwrap()).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn sentences_end_where_a_reader_stops() {
        check("Hej. Kan I hjælpe?", &["Hej.", "Kan I hjælpe?"]);
        check(
            "Senest den 30. november 2025. Ellers ikke.",
            &["Senest den 30. november 2025.", "Ellers ikke."],
        );
        check(
            "Aconto over 500 kr. netto udbetales. Ja.",
            &["Aconto over 500 kr. netto udbetales.", "Ja."],
        );
        check("Beløbet er 500 kr. Det er nok.", &["Beløbet er 500 kr.", "Det er nok."]);
        check("Se bl.a. § 56, jf. pkt. 3. Husk det.", &["Se bl.a. § 56, jf. pkt. 3.", "Husk det."]);
        check("Meld det senest den 12. SAM svarer.", &["Meld det senest den 12.", "SAM svarer."]);
        check("1. Klik på Mit team. 2. Gem.", &["1. Klik på Mit team.", "2. Gem."]);
        check("hvad gør vi?? og nu", &["hvad gør vi??", "og nu"]);
        check("linje et\nlinje to\n\nnyt afsnit", &["linje et\nlinje to", "nyt afsnit"]);
        check("kl. 16.00 lukker det mv. og så", &["kl. 16.00 lukker det mv. og så"]);
        check(
            "Ret det i Statens HR. Send så en anmodning.",
            &["Ret det i Statens HR.", "Send så en anmodning."],
        );
        check("Spørg hr. Prøvesen. Han ved det.", &["Spørg hr. Prøvesen.", "Han ved det."]);
        check("", &[]);
        check(" ... ", &[]);
    }

    #[test]
    fn nothing_but_space_is_lost() {
        let text = "A) En sag. B) To sager? \"Ja!\" Og nr. 3 (sidst).";
        let kept: usize =
            sentences(text).into_iter().map(|r| text.get(r).unwrap().replace(' ', "").len()).sum();
        assert_eq!(kept, text.replace(' ', "").len());
    }
}
