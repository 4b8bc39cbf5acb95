//! The stem of a word: Snowball's, but where `index/lexicon/stems.toml` knows better.

use std::collections::HashMap;
use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};
use serde::Deserialize;

use crate::language::steps::steps;

/// The regular endings of nouns and adjectives, which a `-` in the list stands for.
const ENDINGS: [&str; 14] =
    ["", "s", "e", "es", "en", "ens", "et", "ets", "er", "ers", "erne", "ernes", "ene", "enes"];
/// The endings of the nouns that are made of verbs.
const NOUNS: [&str; 4] = ["", "ing", "ning", "els"];
/// The endings of a verb that a noun has not.
const TENSES: [&str; 6] = ["ede", "edes", "te", "tes", "t", "ende"];
/// Letters of a root that others may stand before: `betal` is also in `udbetaling`.
const ROOT_CHARS_MIN: usize = 4;
/// Letters that stand before the end of a longer word, at the least.
const BEFORE_CHARS_MIN: usize = 2;

/// What becomes of a word, or of its end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Instead {
    /// This is the stem.
    Stem(String),
    /// Snowball takes the stem of this.
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    verbs: Vec<String>,
    endings: HashMap<String, String>,
    words: HashMap<String, String>,
}

/// The list, with every form written out.
#[derive(Debug, Default)]
struct Forms {
    whole: HashMap<String, Instead>,
    ends: HashMap<String, Instead>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(Forms::built_in);

/// The stem of a folded word.
pub(crate) fn stem_of(word: &str) -> String {
    if !steps().stemming {
        return word.to_owned();
    }
    let excepted = if steps().exceptions { FORMS.stem(word) } else { None };
    excepted.unwrap_or_else(|| snowball(word))
}

fn snowball(word: &str) -> String {
    Stemmer::new(Algorithm::Danish).stem(word).into_owned()
}

impl Forms {
    #[expect(
        clippy::expect_used,
        reason = "the list is part of the program; `no_form_has_two_stems` reads it in every test run"
    )]
    fn built_in() -> Self {
        let list: List = toml::from_str(include_str!("../../index/lexicon/stems.toml"))
            .expect("index/lexicon/stems.toml is read");
        let mut forms = Self::default();
        for (form, instead) in written_out(&list) {
            match form.strip_prefix('*') {
                Some(end) => forms.ends.insert(end.to_owned(), instead),
                None => forms.whole.insert(form, instead),
            };
        }
        forms
    }

    /// The stem of a word of the list; the whole word goes before its end, and a longer end before
    /// a shorter one.
    fn stem(&self, word: &str) -> Option<String> {
        let whole = self.whole.get(word).or_else(|| self.ends.get(word));
        if let Some(instead) = whole {
            return Some(instead.after(""));
        }
        word.char_indices().skip(BEFORE_CHARS_MIN).find_map(|(at, _)| {
            let (before, end) = word.split_at_checked(at)?;
            Some(self.ends.get(end)?.after(before))
        })
    }
}

impl Instead {
    fn after(&self, before: &str) -> String {
        match self {
            Self::Stem(stem) => format!("{before}{stem}"),
            Self::Word(word) => snowball(&format!("{before}{word}")),
        }
    }
}

/// Every form of the list with what stands instead of it; a `*` is left before those that may
/// stand at the end of a longer word.
fn written_out(list: &List) -> Vec<(String, Instead)> {
    let mut forms = Vec::new();
    for root in &list.verbs {
        let stem = Instead::Stem(root.clone());
        forms.extend(of_verb(root).into_iter().map(|form| (form, stem.clone())));
    }
    for (stem, text) in &list.words {
        let with_endings = text.split_whitespace().flat_map(with_endings);
        forms.extend(with_endings.map(|form| (form, Instead::Stem(stem.clone()))));
    }
    for (end, other) in &list.endings {
        let with_endings = with_endings(end).into_iter();
        forms.extend(with_endings.map(|form| (form, Instead::Word(other.clone()))));
    }
    forms
}

/// `*sedl-` is `*sedl`, `*sedls`, `*sedlen` and so on; a form without `-` is itself.
fn with_endings(form: &str) -> Vec<String> {
    match form.strip_suffix('-') {
        Some(base) => ENDINGS.iter().map(|ending| format!("{base}{ending}")).collect(),
        None => vec![form.to_owned()],
    }
}

/// Every form of a verb and of its nouns, also with the last letter doubled: `bestilling`, `afsluttede`.
fn of_verb(root: &str) -> Vec<String> {
    let star = if root.chars().count() >= ROOT_CHARS_MIN { "*" } else { "" };
    let doubled = root.chars().next_back().into_iter().map(|last| format!("{root}{last}"));
    let mut forms = Vec::new();
    for base in std::iter::once(root.to_owned()).chain(doubled) {
        for noun in NOUNS {
            forms.extend(with_endings(&format!("{star}{base}{noun}-")));
        }
        forms.extend(TENSES.iter().map(|tense| format!("{star}{base}{tense}")));
    }
    forms
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_form_has_two_stems() {
        let list: List = toml::from_str(include_str!("../../index/lexicon/stems.toml")).unwrap();
        let mut known: BTreeMap<String, Instead> = BTreeMap::new();
        for (form, instead) in written_out(&list) {
            let before = known.insert(form.clone(), instead.clone());
            assert!(
                before.as_ref().is_none_or(|before| *before == instead),
                "{form}: {before:?} and {instead:?}"
            );
        }
    }

    #[track_caller]
    fn check(word: &str, expected: &str) {
        assert_eq!(stem_of(word), expected, "{word}");
    }

    #[test]
    fn forms_of_the_list_go_before_snowball() {
        check("regel", "regl");
        check("fastlønsedlerne", "fastlønsedl");
        check("fastlønseddel", "fastlønsedl");
        check("børnehave", "børnehav");
        check("udbetalinger", "udbetal");
        check("lønregistreringerne", "lønregistr");
        check("stilling", "stilling");
        check("", "");
    }
}
