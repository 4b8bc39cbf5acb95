//! What the words beside a number say of it.

use std::ops::Range;

use crate::privacy::lists::{Label, lists};
use crate::privacy::normal::Normal;

/// Bytes before a number in which a word speaks of it.
const BEFORE_MAX: usize = 48;
/// Bytes after it.
const AFTER_MAX: usize = 16;
/// Lines of a table above a cell among which its head is looked for.
const ROWS_MAX: usize = 60;
/// A line above a number that is longer than this is no label.
const LABEL_LINE_MAX: usize = 40;

/// The words beside a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beside {
    /// What the nearest word before it says.
    pub(crate) near: Option<Label>,
    /// Bytes between that word and the number.
    pub(crate) distance: usize,
    /// Every label before it, nearest first.
    pub(crate) all: Vec<Label>,
    /// Those of them that no other number stands behind.
    pub(crate) direct: Vec<Label>,
    /// What a word behind it says.
    pub(crate) behind: Option<Label>,
}

impl Beside {
    /// Whether a word on either side says this.
    pub(crate) fn says(&self, label: Label) -> bool {
        self.all.contains(&label) || self.behind == Some(label)
    }

    /// Whether it is said to be a CPR number, and nothing nearer says otherwise.
    pub(crate) fn is_cpr(&self) -> bool {
        let other = matches!(
            self.near,
            Some(Label::Account | Label::Phone | Label::MainNumber | Label::Iban | Label::Card)
        );
        self.near == Some(Label::Cpr)
            || self.behind == Some(Label::Cpr)
            || (self.all.contains(&Label::Cpr) && !other && !self.is_of_a_thing())
    }

    /// What is said first: before, else behind.
    pub(crate) fn first(&self) -> Option<Label> {
        self.near.or(self.behind)
    }

    /// Whether the nearest word makes it a number of something else than a person or an account.
    pub(crate) fn is_of_a_thing(&self) -> bool {
        matches!(
            self.first(),
            Some(
                Label::Case
                    | Label::Other
                    | Label::Wage
                    | Label::Finance
                    | Label::ProductionUnit
                    | Label::Cvr
                    | Label::Ean
                    | Label::Amount
                    | Label::Week
            )
        )
    }
}

/// What is said of the number that stands there.
pub(crate) fn beside(normal: &Normal, number: &Range<usize>) -> Beside {
    let line = normal.line(number.start);
    let from = normal.floor(number.start.saturating_sub(BEFORE_MAX)).max(line.start);
    let mut before = normal.lower_part(from..number.start);
    let cell = before.rfind(['|', ';', '\t']);
    if let Some(at) = cell {
        before = before.get(at + 1..).unwrap_or_default();
    }
    let mut words = before;
    let mut found = said(words);
    if found.is_empty() && !before.chars().any(char::is_alphabetic) {
        let in_table = cell.is_some() || normal.part(line.clone()).contains(['|', ';', '\t']);
        let above = if in_table { head(normal, &line, number.start) } else { above(normal, &line) };
        words = above;
        found = said(words);
    }
    // What speaks of a thing speaks of the number right behind it; a person's label reaches farther.
    let headed = words.len() != before.len();
    let near = found
        .iter()
        .find(|(label, end)| headed || words.len().saturating_sub(*end) <= reach(*label));
    let to = normal.floor(number.end.saturating_add(AFTER_MAX)).min(line.end).max(number.end);
    let glued = normal.after(number.end).is_some_and(char::is_alphabetic);
    let after = if glued { "" } else { normal.lower_part(number.end..to) };
    let after = after.split(['|', ';', '\t', ',', '.']).next().unwrap_or_default();
    let digit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
    let behind = said(after.get(..digit).unwrap_or_default());
    Beside {
        near: near.map(|label| label.0),
        distance: near.map_or(usize::MAX, |label| words.len().saturating_sub(label.1)),
        all: found.iter().map(|label| label.0).collect(),
        direct: found
            .iter()
            .filter(|label| !has_digit(words.get(label.1..).unwrap_or_default()))
            .map(|label| label.0)
            .collect(),
        behind: behind.last().map(|label| label.0).filter(|label| speaks_back(*label)),
    }
}

/// Every label of a text with where it ends, the last one first; of two at one place, the longer.
fn said(text: &str) -> Vec<(Label, usize)> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(Label, Range<usize>)> = Vec::new();
    for (label, pattern) in &lists().labels {
        // A word may be the end of one match and the beginning of the next: look from each.
        let mut at = 0;
        while let Some(part) = pattern.find_at(text, at) {
            let word = part.as_str();
            let start = part.start() + (word.len() - word.trim_start_matches(is_edge).len());
            let end = part.start() + word.trim_end_matches(is_edge).len();
            found.push((*label, start..end.max(start)));
            at = end.max(part.start() + 1);
            while !text.is_char_boundary(at) {
                at += 1;
            }
            if at >= text.len() {
                break;
            }
        }
    }
    let inner = |range: &Range<usize>| {
        found.iter().any(|(_, other)| {
            other.start <= range.start && range.end <= other.end && other.len() > range.len()
        })
    };
    let mut kept: Vec<(Label, Range<usize>)> =
        found.iter().filter(|(_, range)| !inner(range)).cloned().collect();
    kept.sort_by_key(|(_, range)| std::cmp::Reverse((range.end, range.len())));
    kept.into_iter().map(|(label, range)| (label, range.end)).collect()
}

/// Whether a word behind a number speaks of it rather than of what follows.
fn speaks_back(label: Label) -> bool {
    !matches!(
        label,
        Label::Case
            | Label::Other
            | Label::Time
            | Label::Wage
            | Label::Born
            | Label::Finance
            | Label::Week
    )
}

/// Bytes over which a word speaks of a number.
fn reach(label: Label) -> usize {
    match label {
        Label::Time | Label::Amount => 8,
        Label::Case | Label::Other | Label::Wage => 18,
        Label::Finance | Label::Week | Label::Born => 24,
        Label::Account => 32,
        _ => BEFORE_MAX,
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_edge(c: char) -> bool {
    !c.is_alphanumeric()
}

/// The line above, where it is short and there is nothing before the number on its own.
fn above<'a>(normal: &'a Normal, line: &Range<usize>) -> &'a str {
    let Some(end) = line.start.checked_sub(1) else { return "" };
    let above = normal.lower_part(normal.line(end)).trim();
    if above.len() <= LABEL_LINE_MAX { above } else { "" }
}

/// The head of the column in which a byte stands.
pub(crate) fn head<'a>(normal: &'a Normal, line: &Range<usize>, at: usize) -> &'a str {
    let text = normal.lower_part(line.clone());
    let Some(border) = ['|', ';', '\t'].into_iter().find(|sign| text.contains(*sign)) else {
        return "";
    };
    let column = normal.lower_part(line.start..at).matches(border).count();
    let mut head = "";
    let mut start = line.start;
    for _ in 0..ROWS_MAX {
        let Some(end) = start.checked_sub(1) else { break };
        let row = normal.line(end);
        let text = normal.lower_part(row.clone());
        if !text.contains(border) {
            break;
        }
        let cell = text.split(border).nth(column).unwrap_or_default();
        if cell.chars().any(char::is_alphabetic) {
            head = cell;
        }
        start = row.start;
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, number: &str, expected: Option<Label>) {
        let normal = Normal::of(text);
        let at = normal.text.rfind(number).unwrap();
        assert_eq!(beside(&normal, &(at..at + number.len())).first(), expected, "{text}");
    }

    #[test]
    fn the_nearest_word_speaks() {
        check("CPR 1, tlf. 22", "22", Some(Label::Phone));
        check("P-nr.: 22", "22", Some(Label::ProductionUnit));
        check("kontonr. 22", "22", Some(Label::Account));
        check("finanskonto 22", "22", Some(Label::Finance));
        check("22 (mobil)", "22", Some(Label::Phone));
        check("i går 22", "22", None);
        check("CPR-nr.\n22", "22", Some(Label::Cpr));
        check("navn;cpr;beløb\nx;1;5\ny;22;7", "22", Some(Label::Cpr));
        check("| Navn | Telefon |\n|---|---|\n| A | 22 |", "22", Some(Label::Phone));
    }
}
