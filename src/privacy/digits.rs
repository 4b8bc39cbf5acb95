//! The groups of digits of a text, with what stands between them, and sums that digits keep.

use std::ops::Range;

use crate::privacy::normal::Normal;

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
    fn groups_know_what_stands_between_them() {
        let gaps = |text: &str| {
            groups(&Normal::of(text)).into_iter().map(|group| group.gap).collect::<Vec<_>>()
        };
        assert_eq!(gaps("010203 - 1234"), [Gap::Far, Gap::Hyphen]);
        assert_eq!(gaps("01.02.03-1234"), [Gap::Far, Gap::Dot, Gap::Dot, Gap::Hyphen]);
        assert_eq!(gaps("010203-\n1234 | 5, 6"), [Gap::Far, Gap::HyphenLine, Gap::Cell, Gap::Far]);
    }
}
