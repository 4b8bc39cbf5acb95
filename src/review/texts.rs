//! The Danish words of review (`prompts/review.da.toml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The words, by what they are for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    pub(crate) reasons: Words,
    pub(crate) checks: Words,
    pub(crate) outcomes: Words,
    pub(crate) tones: Words,
    pub(crate) special: Words,
    pub(crate) gaps: Words,
    pub(crate) columns: Words,
}

/// Words by their stable names.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Words(BTreeMap<String, String>);

impl Words {
    /// The words of this name; the name itself, where there are none.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    /// The words of a value that has a name in JSON.
    pub(crate) fn of_value(&self, value: impl serde::Serialize) -> String {
        let name = serde_json::to_value(value).ok();
        let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        self.of(name).to_owned()
    }

    /// The words of this name, filled in.
    pub(crate) fn filled(&self, name: &str, values: &[(&str, &str)]) -> String {
        fill(self.of(name), values)
    }
}

static TEXTS: LazyLock<Texts> = LazyLock::new(built_in);

#[expect(
    clippy::expect_used,
    reason = "the words are part of the program; the tests of review read them in every test run"
)]
fn built_in() -> Texts {
    toml::from_str(include_str!("../../prompts/review.da.toml"))
        .expect("prompts/review.da.toml is read")
}

/// The words of review.
pub(crate) fn texts() -> &'static Texts {
    &TEXTS
}

/// A text with values in place of the names in braces; what a value holds is never filled again.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = after.split_once('}').and_then(|(name, behind)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, behind))
        });
        if let Some((value, behind)) = named {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// The names in braces that a text holds.
pub(crate) fn names_in(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Outcome;

    #[test]
    fn a_value_is_never_filled_again() {
        assert_eq!(fill("{a} og {b} {c} {", &[("a", "{b}"), ("b", "2")]), "{b} og 2 {c} {");
        assert_eq!(names_in("{a} og {b"), ["a"]);
    }

    #[test]
    fn every_value_has_danish_words() {
        assert_eq!(texts().outcomes.of_value(Outcome::NoEvidence), "ingen kilde fundet");
        assert_eq!(
            texts().checks.filled("place", &[("from", "1"), ("to", "9")]),
            "(tegn 1–9 i svaret)"
        );
    }
}
