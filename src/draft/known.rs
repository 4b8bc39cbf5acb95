//! The numbers, dates, amounts, sections and codes that some texts hold: what a reply may say of them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::language::{Value, ValueKind, values};

/// The values of some texts, in their normal forms.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeSet<String>);

impl Known {
    /// The values of all of these texts.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().flat_map(values).map(|value| value.norm).collect())
    }

    /// Where the values of a text stand that are none of these.
    pub(crate) fn missing(&self, text: &str) -> Vec<Range<usize>> {
        let missing = values(text).into_iter().filter(|value| !self.supports(value));
        missing.map(|value| value.range).collect()
    }

    /// A code is also known by its digits: "PKAT 026, 027" supports "PKAT 027".
    fn supports(&self, value: &Value) -> bool {
        let digits = || value.norm.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned();
        self.0.contains(&value.norm)
            || (value.kind == ValueKind::Code && self.0.contains(&digits()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], text: &str, expected: &[&str]) {
        let missing = Known::of(texts.iter().copied()).missing(text);
        let missing: Vec<&str> =
            missing.into_iter().map(|range| text.get(range).unwrap()).collect();
        assert_eq!(missing, expected, "{text}");
    }

    #[test]
    fn a_value_is_known_in_any_writing_and_in_no_other_amount() {
        check(&["Fristen er 28 dage."], "Inden 28 dage.", &[]);
        check(&["Fristen er 28 dage."], "Inden 29 dage.", &["29"]);
        check(&["Grænsen er 70.000 kr."], "Det er 70000 kroner.", &[]);
        check(&["den 2/12-2025", "PKAT 026, 027"], "den 2. december 2025, PKAT 027", &[]);
        check(&[], "§ 56", &["§ 56"]);
    }
}
