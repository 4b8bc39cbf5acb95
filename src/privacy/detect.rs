//! Everything that a text says of persons, found in one pass over one way of writing it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::digits::{groups, stretches};
use crate::privacy::kinds::{Finding, FindingKind, Found, Score};
use crate::privacy::normal::Normal;
use crate::privacy::special::Flag;
use crate::privacy::{accounts, addresses, birth, contacts, cpr, names, special};

/// What was found in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detected {
    /// What says something of a person, and what only looks so and is kept; in order, without
    /// overlap.
    pub findings: Vec<Finding>,
    /// Special kinds of personal data that the text speaks of.
    pub flags: Vec<Flag>,
}

impl Detected {
    /// The findings that are masked.
    pub fn acted(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.acts())
    }
}

/// Finds everything; the same text always gives the same findings.
pub fn detect(text: &str) -> Detected {
    let normal = Normal::of(text);
    Detected { findings: of_persons(&normal), flags: special::find(&normal) }
}

/// The findings alone.
pub(crate) fn findings(text: &str) -> Vec<Finding> {
    of_persons(&Normal::of(text))
}

fn of_persons(normal: &Normal) -> Vec<Finding> {
    let mut found = numbers(normal);
    names::find(normal, &mut found);
    back(normal, found)
}

/// Every CPR, account and card number of the text, in order, without overlap.
pub fn find(text: &str) -> Vec<Finding> {
    let of_stretch = |stretch: Range<usize>| {
        let normal = Normal::of(text.get(stretch.clone()).unwrap_or_default());
        let mut found = back(&normal, numbers(&normal));
        found.retain(|finding| finding.kind.is_secret_number());
        for finding in &mut found {
            finding.range.start += stretch.start;
            finding.range.end += stretch.start;
        }
        found
    };
    stretches(text).into_iter().flat_map(of_stretch).collect()
}

/// All of a text that is not a name.
pub(crate) fn numbers_of(text: &str) -> Vec<Finding> {
    let normal = Normal::of(text);
    let found = numbers(&normal);
    back(&normal, found)
}

/// The CPR numbers of a text as ten digits, each once, in the order of the digits.
pub fn cpr_numbers(text: &str) -> Vec<String> {
    let numbers = numbers_of(text).into_iter().filter(|found| found.kind == FindingKind::Cpr);
    let digits = numbers.filter_map(|found| {
        let written = Normal::of(text.get(found.range)?).text;
        let digits: String = written.chars().filter(char::is_ascii_digit).take(10).collect();
        (digits.len() == 10).then_some(digits)
    });
    let each: std::collections::BTreeSet<String> = digits.collect();
    each.into_iter().collect()
}

/// All that is not a name.
fn numbers(normal: &Normal) -> Found {
    let mut found = Found::default();
    contacts::mails(normal, &mut found);
    let digits = groups(normal);
    if digits.is_empty() {
        return found;
    }
    accounts::ibans(normal, &mut found);
    payment_lines(normal, &mut found);
    contacts::abroad(normal, &mut found);
    birth::find(normal, &mut found);
    cpr::find(normal, &digits, &mut found);
    addresses::find(normal, &digits, &mut found);
    accounts::find(normal, &digits, &mut found);
    contacts::find(normal, &digits, &mut found);
    found
}

/// Payment lines of Danish giro forms: "+71<000000000000000+00000000<".
fn payment_lines(normal: &Normal, found: &mut Found) {
    static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\+ ?\d{2} ?< ?\d{1,19} ?\+? ?\d{0,8} ?<?|<\d{10,19} ?\+ ?\d{7,8} ?<?").ok()
    });
    if !normal.text.contains('<') {
        return;
    }
    for part in LINE.iter().flat_map(|line| line.find_iter(&normal.text)) {
        let score = Score::of(80, "payment_line");
        found.push(score.finding(FindingKind::PaymentLine, part.range()));
    }
}

/// The findings in bytes of the text as it came, in order.
fn back(normal: &Normal, found: Found) -> Vec<Finding> {
    let mut found = found.into_sorted();
    for finding in &mut found {
        finding.range = normal.back(&finding.range);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// What [`find`] finds where the whole text is read at once.
    fn find_whole(text: &str) -> Vec<Finding> {
        let normal = Normal::of(text);
        let mut found = back(&normal, numbers(&normal));
        found.retain(|finding| finding.kind.is_secret_number());
        found
    }

    /// The texts of a set with digits where it only says what they are (`tests/data/pii/README.md`).
    fn filled(set: &str) -> String {
        let mut digits = "12".chars().cycle();
        let mut text = String::new();
        let mut marked = false;
        let mut number = 7_u32;
        for c in set.chars() {
            match c {
                '⟦' => marked = true,
                '⟧' => marked = false,
                'd' if marked => text.extend(digits.next()),
                'm' if marked => text.push(if text.ends_with('0') { '7' } else { '0' }),
                'y' | 'x' | '#' if marked => {
                    number = number.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                    text.extend(char::from_digit((number >> 16) % 10, 10));
                }
                c if marked && (c.is_ascii_uppercase() || c == ':') => {}
                c => text.push(c),
            }
        }
        text
    }

    #[test]
    fn what_is_not_read_holds_no_number() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = 0;
        for file in ["develop.txt", "frozen-a.txt", "frozen-b.txt"] {
            let set = std::fs::read_to_string(root.join("tests/data/pii").join(file)).unwrap();
            let text = filled(&set);
            let whole = find_whole(&text);
            found += whole.len();
            assert_eq!(find(&text), whole, "{file}");
        }
        assert!(found > 300, "{found}");
    }
}
