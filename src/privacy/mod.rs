//! Personal numbers and account numbers: found, and masked.
//!
//! Takes: plain text.
//! Gives: [`Finding`]s, the text with a mark in place of each, and [`Masked`], which may leave.
//! Never: lets modulus 11 acquit a number; it was given up as a rule in 2007.

mod masked;
mod outbound;

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

pub use masked::Masked;
pub(crate) use masked::{contacts, is_unseen};
pub use outbound::{Guarded, Leak, Outbound};

/// What kind of number was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// A CPR number (personnummer).
    Cpr,
    /// A bank account: registration and account number, or an IBAN.
    Account,
}

/// One number that must not be passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

impl FindingKind {
    /// What stands in its place in a masked text.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Cpr => "[CPR-nummer fjernet]",
            Self::Account => "[kontonummer fjernet]",
        }
    }
}

static CPR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(\d{2})[./ ]?(\d{2})[./ ]?(\d{2})([ \u{a0}]?[-\u{2010}-\u{2015}\u{2212}]?[ \u{a0}]?)(\d{4})").ok()
});
static ACCOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b[A-Z]{2}\d{2}(?:[ \u{a0}]?[A-Z0-9]{4}){3,7}(?:[ \u{a0}]?[A-Z0-9]{1,3})?\b|\b\d{4}[ \u{a0}-]+\d{6,10}\b").ok()
});
/// Characters before a number in which its context is looked for.
const CONTEXT_CHARS: usize = 40;

/// Every CPR and account number of the text, in order, without overlap.
pub fn find(text: &str) -> Vec<Finding> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let mut found = accounts(text);
    for finding in cpr_numbers(text) {
        if found.iter().all(|other| !overlap(&other.range, &finding.range)) {
            found.push(finding);
        }
    }
    found.sort_by_key(|finding| finding.range.start);
    found
}

/// The text with a mark in place of each finding.
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for finding in find(text) {
        masked.push_str(text.get(at..finding.range.start).unwrap_or_default());
        masked.push_str(finding.kind.mark());
        at = finding.range.end;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    masked
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn cpr_numbers(text: &str) -> Vec<Finding> {
    let Some(pattern) = CPR.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for captures in pattern.captures_iter(text) {
        let (Some(whole), Some(joint)) = (captures.get(0), captures.get(4)) else { continue };
        let number = |group: usize| captures.get(group).and_then(|part| part.as_str().parse().ok());
        let (Some(day), Some(month)) = (number(1), number(2)) else { continue };
        if touches_digits(text, &whole.range()) {
            continue;
        }
        let hyphen = joint.as_str().chars().any(|c| !c.is_whitespace() && c != '\u{a0}');
        let before = context(text, whole.start());
        let named = before.contains("cpr") || before.contains("personn");
        let other = ["cvr", "ean", "p-n", "pnr", "tlf", "telefon", "faktura", "konto"]
            .iter()
            .any(|word| before.contains(word));
        if hyphen || named || (!other && plausible(day, month)) {
            found.push(Finding { kind: FindingKind::Cpr, range: whole.range() });
        }
    }
    found
}

/// A birth date that can be, also with 60 added to the day as replacement numbers have it.
fn plausible(day: u32, month: u32) -> bool {
    ((1..=31).contains(&day) || (61..=91).contains(&day)) && (1..=12).contains(&month)
}

fn accounts(text: &str) -> Vec<Finding> {
    let Some(pattern) = ACCOUNT.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for part in pattern.find_iter(text) {
        let iban = part.as_str().starts_with(|c: char| c.is_ascii_uppercase());
        let before = context(text, part.start());
        let named = ["konto", "reg.", "reg ", "regnr", "iban", "bank"];
        if !touches_digits(text, &part.range())
            && (iban || named.iter().any(|word| before.contains(word)))
        {
            found.push(Finding { kind: FindingKind::Account, range: part.range() });
        }
    }
    found
}

fn touches_digits(text: &str, range: &Range<usize>) -> bool {
    let before = text.get(..range.start).and_then(|text| text.chars().next_back());
    let after = text.get(range.end..).and_then(|text| text.chars().next());
    before.is_some_and(|c| c.is_ascii_digit()) || after.is_some_and(|c| c.is_ascii_digit())
}

fn context(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    let tail: Vec<char> = before.chars().rev().take(CONTEXT_CHARS).collect();
    tail.into_iter().rev().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text), expected);
        assert_eq!(mask(&mask(text)), mask(text), "masking twice changes nothing");
    }

    #[test]
    fn cpr_numbers_are_masked_in_every_way_of_writing() {
        check("CPR: 210300-9996.", "CPR: [CPR-nummer fjernet].");
        check("hun (2911829996) stopper", "hun ([CPR-nummer fjernet]) stopper");
        check(
            "010772 9995 og 010772 \u{2013} 9995",
            "[CPR-nummer fjernet] og [CPR-nummer fjernet]",
        );
        check("umulig dato 310255-9996", "umulig dato [CPR-nummer fjernet]");
        check("cpr 9913999996", "cpr [CPR-nummer fjernet]");
    }

    #[test]
    fn other_numbers_are_left_alone() {
        check("SAM 2405-1351 af 29-01-2024", "SAM 2405-1351 af 29-01-2024");
        check("ring 3392 9800, løndel 2913", "ring 3392 9800, løndel 2913");
        check("EAN 5798000123456", "EAN 5798000123456");
        check("beløb 70.000 kr. i 2027-2028", "beløb 70.000 kr. i 2027-2028");
    }

    #[test]
    fn account_numbers_are_masked_where_the_words_say_account() {
        check("konto 0040 1234567890", "konto [kontonummer fjernet]");
        check("IBAN DK50 0040 0440 1162 43", "IBAN [kontonummer fjernet]");
    }
}
