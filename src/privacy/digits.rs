//! The groups of digits of a text, with what stands between them, and sums that digits keep.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use crate::privacy::normal::{Normal, is_dropped};

/// What stands between two groups of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    Blank,
    /// Three blanks and more.
    Wide,
    Hyphen,
    Dot,
    Slash,
    /// A line break.
    Line,
    /// A line break beside a hyphen.
    HyphenLine,
    /// A border of two cells.
    Cell,
    /// Anything else.
    Far,
}

/// Digits of the shortest CPR, account or card number that needs no word beside it.
const LONG_DIGITS: usize = 6;
/// Digits that a word beside them can make a part of such a number.
const SHORT_DIGITS: usize = 4;
/// Characters between two groups of digits, beyond which they are never one number.
const APART: usize = 12;
/// How the words begin beside which few digits are enough: for accounts and for "sidste fire".
static CUES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let cues = ["sidste", "konto", "kto", "reg", "bank", "overf", "acc"];
    AhoCorasickBuilder::new().ascii_case_insensitive(true).build(cues).ok()
});

/// The parts of a text that can hold a CPR, account or card number, in order: blocks between empty
/// lines, over which no number and no word beside it reaches. All else need not be read.
pub(crate) fn stretches(text: &str) -> Vec<Range<usize>> {
    let holds = |block: &Range<usize>| text.get(block.clone()).is_some_and(can_hold);
    blocks(text).filter(holds).collect()
}

/// The blocks of a text between empty lines; one with a tab is a row of a table.
fn blocks(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let mut at = 0;
    let mut lines = text.split_inclusive('\n');
    std::iter::from_fn(move || {
        for line in lines.by_ref() {
            at += line.len();
            if line.trim().is_empty() && line.ends_with('\n') && !line.contains('\t') {
                let block = start..at;
                start = at;
                return Some(block);
            }
        }
        let rest = start..at;
        start = at;
        (!rest.is_empty()).then_some(rest)
    })
}

/// Whether a block can hold a number: many digits close to each other, or few beside a word.
fn can_hold(block: &str) -> bool {
    let (mut close, mut run, mut longest, mut gap) = (0, 0, 0, 0);
    let mut hidden = false;
    for c in block.chars() {
        if c.is_numeric() {
            close = if gap > APART { 1 } else { close + 1 };
            run = if gap > 0 { 1 } else { run + 1 };
            longest = longest.max(run);
            gap = 0;
            if close >= LONG_DIGITS {
                return true;
            }
        } else if is_dropped(c) {
            hidden |= c != '\r';
        } else {
            gap += 1;
        }
    }
    // What nobody sees may stand within the word too.
    let named = || hidden || CUES.as_ref().is_none_or(|cues| cues.is_match(block));
    longest >= SHORT_DIGITS && named()
}

/// Digits that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) range: Range<usize>,
    /// What stands before it.
    pub(crate) gap: Gap,
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }
}

/// Every group of digits, in order.
pub(crate) fn groups(normal: &Normal) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    let mut start = None;
    let mut end = 0;
    for (at, byte) in normal.text.bytes().chain(std::iter::once(b' ')).enumerate() {
        match (byte.is_ascii_digit(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let first = found.is_empty();
                let gap = if first { Gap::Far } else { gap(normal.part(end..from)) };
                found.push(Group { range: from..at, gap });
                end = at;
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn gap(between: &str) -> Gap {
    if between.len() > 6 {
        return Gap::Far;
    }
    let blank = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b' ');
    let signs = between.trim_matches(' ');
    match signs {
        "" if blank(between) && between.len() <= 2 => Gap::Blank,
        "" if blank(between) => Gap::Wide,
        "_" if between.len() == 1 => Gap::Wide,
        "-" | "--" if between.len() <= 5 => Gap::Hyphen,
        "." if between.len() <= 3 => Gap::Dot,
        "/" if between.len() <= 3 => Gap::Slash,
        "|" | ";" | "\t" => Gap::Cell,
        _ => {
            let bare: String = signs.chars().filter(|c| *c != ' ').collect();
            match bare.as_str() {
                "\n" => Gap::Line,
                "-\n" | "\n-" => Gap::HyphenLine,
                _ => Gap::Far,
            }
        }
    }
}

/// A day of the calendar, or none; a year of two digits is any year.
pub(crate) fn is_day(day: u32, month: u32) -> bool {
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// Digits as a number.
pub(crate) fn number(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

/// Whether the ten digits of a CPR number keep modulus 11. It confirms, and never rejects.
pub(crate) fn keeps_modulus_11(digits: &str) -> bool {
    weighed(digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_some_and(|sum| sum % 11 == 0)
}

/// Whether the eight digits of a CVR number keep modulus 11.
pub(crate) fn keeps_cvr(digits: &str) -> bool {
    weighed(digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_some_and(|sum| sum % 11 == 0)
}

/// Whether digits keep the sum of Luhn, as payment cards do.
pub(crate) fn keeps_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether the thirteen digits of a location number keep their check digit.
pub(crate) fn keeps_ean(digits: &str) -> bool {
    weighed(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_some_and(|sum| sum % 10 == 0)
}

/// Whether an IBAN, without blanks, keeps modulus 97.
pub(crate) fn keeps_97(iban: &str) -> bool {
    let (Some(head), Some(tail)) = (iban.get(..4), iban.get(4..)) else { return false };
    let mut rest = 0_u32;
    for c in tail.chars().chain(head.chars()) {
        let Some(value) = c.to_digit(36) else { return false };
        let shift = if value > 9 { 100 } else { 10 };
        rest = (rest * shift + value) % 97;
    }
    rest == 1
}

fn weighed(digits: &str, weights: &[u32]) -> Option<u32> {
    if digits.len() != weights.len() {
        return None;
    }
    let products = digits.chars().zip(weights).map(|(c, weight)| Some(c.to_digit(10)? * weight));
    products.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_kept_or_not() {
        assert!(keeps_modulus_11("0000000000") && !keeps_modulus_11("0000000002"));
        assert!(keeps_luhn("4111111111111111") && !keeps_luhn("4111111111111112"));
        assert!(keeps_97("DK5000400440116243") && !keeps_97("DK5100400440116243"));
        assert!(keeps_ean("5790000000005") && !keeps_ean("5798000123456"));
    }

    #[test]
    fn only_what_can_hold_a_number_is_read() {
        let held = |text: &str| {
            let parts = stretches(text).into_iter();
            parts.map(|range| text.get(range).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(held("Fristen er den 12. i måneden, løndel 2913.\n\n12 dage").is_empty());
        assert_eq!(held("CPR 010203\u{200b}-1234"), ["CPR 010203\u{200b}-1234"]);
        let text = "Medarbejderens nummer:\n\n0102 03 1234\n\nTak.\n";
        assert_eq!(held(text), ["0102 03 1234\n\n"]);
        let table = "Reg.nr.\tNavn\n\t\n1234\tBo";
        assert_eq!(held(table), [table], "an empty row of a table parts nothing");
        assert_eq!(held("01\u{2003}\u{2003}02\u{2003}\u{2003}03\u{2003}1234").len(), 1);
        assert_eq!(held("re\u{200b}g 1234").len(), 1);
        assert_eq!(held("Reg. 1234").len(), 1);
        assert_eq!(held("de sidste fire cifre er 1234").len(), 1);
        assert!(held("").is_empty() && held("\n\n").is_empty());
    }

    #[test]
    fn groups_know_what_stands_between_them() {
        let gaps = |text: &str| {
            groups(&Normal::of(text)).into_iter().map(|group| group.gap).collect::<Vec<_>>()
        };
        assert_eq!(gaps("010203 - 1234"), [Gap::Far, Gap::Hyphen]);
        assert_eq!(gaps("01.02.03-1234"), [Gap::Far, Gap::Dot, Gap::Dot, Gap::Hyphen]);
        assert_eq!(gaps("010203-\n1234 | 5, 6"), [Gap::Far, Gap::HyphenLine, Gap::Cell, Gap::Far]);
    }
}
