//! Placeholders turned back into values, however a language model wrote them; what does not fit
//! exactly stays visible.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::privacy::normal::is_unseen;
use crate::privacy::vault::{ROLES, Role, Vault};

/// A word, a number and a mark, with whatever a model may put between and around them.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words: Vec<&str> = ROLES.iter().map(|role| role.word()).collect();
    let open = r"(?:(?:[\[\{<«⟦【［]|&#91;|&lt;|\\\[|\*|`)\s*)*";
    let close = r"(?:\s*(?:[\]\}>»⟧】］]|&#93;|&gt;|\\\]|\*|`))*";
    let between = r"(?:[\s_\-–:.\\*]|&#95;)*";
    Regex::new(&format!(
        r"(?i){open}\b(?P<word>{}|FODSELSDATO|FOEDSELSDATO){between}(?P<n>\d{{1,3}}){between}(?P<tag>[A-Z2-7]{{4}})\b(?P<behind>{close})(?P<s>(?:['’]?s)\b)?",
        words.join("|")
    ))
    .ok()
});
/// What still looks like a placeholder.
static LEFT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words: Vec<&str> = ROLES.iter().map(|role| role.word()).collect();
    Regex::new(&format!(
        r"(?i)\[\[|\]\]|⟦|⟧|\b(?:{})[\s_\\-]*\d{{1,3}}(?:[\s_\\-]|\b)|\b\p{{L}}+_\d{{1,3}}_[A-Z2-7]{{2,6}}\b",
        words.join("|")
    ))
    .ok()
});

/// A text with values in place of placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// The text.
    pub text: String,
    /// The values that stand in it now.
    pub values: Vec<String>,
    /// Placeholders of numbers that no reply may hold.
    pub withheld: usize,
    /// What looks like a placeholder and is none of this request; it stands as it was.
    pub unknown: usize,
}

impl Restored {
    /// Whether every placeholder was turned back.
    pub fn is_whole(&self) -> bool {
        self.withheld == 0 && self.unknown == 0
    }
}

impl Vault {
    /// Turns the placeholders of this request back into values.
    ///
    /// The mark must fit exactly; what does not is left as it stands and counted, so that nobody is
    /// taken for somebody else. Within a link nothing is restored.
    pub fn restore(&self, text: &str) -> Restored {
        let bare: String = text.chars().filter(|c| !is_unseen(*c)).collect();
        let mut restored = Restored::default();
        let Some(pattern) = WRITTEN.as_ref() else {
            return Restored { text: bare, unknown: 1, ..restored };
        };
        let mut at = 0;
        let mut rest = String::new();
        for written in pattern.captures_iter(&bare) {
            let Some(whole) = written.get(0) else { continue };
            let before = bare.get(at..whole.start()).unwrap_or_default();
            restored.text.push_str(before);
            rest.push_str(before);
            at = whole.end();
            let value = if in_link(&bare, whole.start()) {
                None
            } else {
                self.value(&written, &mut restored)
            };
            if let Some(value) = value {
                restored.text.push_str(&value);
                restored.text.push_str(&genitive(&value, written.name("s").is_some()));
                restored.values.push(value);
            } else {
                restored.text.push_str(whole.as_str());
                rest.push_str(whole.as_str());
            }
        }
        let end = bare.get(at..).unwrap_or_default();
        restored.text.push_str(end);
        rest.push_str(end);
        let left = LEFT.as_ref().map_or(0, |left| left.find_iter(&rest).count());
        restored.unknown =
            left.saturating_sub(restored.withheld).max(usize::from(left > restored.withheld));
        restored
    }

    fn value(&self, written: &Captures<'_>, restored: &mut Restored) -> Option<String> {
        let word = written.name("word")?.as_str().to_uppercase();
        let word = if word.starts_with("FO") { "FØDSELSDATO".to_owned() } else { word };
        let role = ROLES.into_iter().find(|role| role.word() == word)?;
        let n: usize = written.name("n")?.as_str().parse().ok()?;
        let fits = written.name("tag")?.as_str().to_uppercase() == self.tag();
        let value = self.open(role, n).filter(|_| fits)?;
        if role.is_withheld() {
            restored.withheld += 1;
            return None;
        }
        Some(value)
    }

    /// What the placeholders stand for, for the reader of a masked text.
    pub fn roles(&self) -> Vec<(String, Role)> {
        self.placeholders().map(|(role, placeholder)| (placeholder, role)).collect()
    }
}

/// The s behind a name that is said to own something.
fn genitive(value: &str, owns: bool) -> String {
    match (owns, value.ends_with(['s', 'x', 'z'])) {
        (false, _) => String::new(),
        (true, true) => "'".to_owned(),
        (true, false) => "s".to_owned(),
    }
}

/// Whether a byte stands within a link.
fn in_link(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    word.contains("://") || word.contains("www.") || word.contains("](") || word.contains("mailto:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::key::MasterKey;

    fn vault() -> Vault {
        let mut vault = Vault::new(&MasterKey::of_this_run(), "1");
        vault.keep(Role::Employee, "Lone Birk");
        vault.keep(Role::Employee, "Jens");
        vault.keep(Role::Cpr, "010172-9995");
        vault
    }

    /// How models write a placeholder that they were given.
    fn mangled(p: &str) -> Vec<String> {
        let inner = p.trim_matches(['[', ']']);
        let mid = inner.replace('_', " ");
        vec![
            p.to_owned(),
            p.to_lowercase(),
            format!("[ [{inner}] ]"),
            format!("[{inner}]"),
            format!("[[{inner}]"),
            format!("[[{inner}"),
            inner.to_owned(),
            format!("**{p}**"),
            format!("`{p}`"),
            format!("\"{p}\""),
            format!("[[{mid}]]"),
            format!("[[ {inner} ]]"),
            p.replace('_', "\\_"),
            p.replace('_', "-"),
            p.replacen('_', "_\n", 1),
            format!("({inner})"),
            format!("{{{{{inner}}}}}"),
            format!("<<{inner}>>"),
            format!("&#91;&#91;{inner}&#93;&#93;"),
            p.replacen('_', "\u{200b}_", 1),
            format!("\\[\\[{inner}\\]\\]"),
            format!("⟦{inner}⟧"),
        ]
    }

    #[test]
    fn a_mangled_placeholder_is_restored_right() {
        let vault = vault();
        for (n, name) in [(1, "Lone Birk"), (2, "Jens")] {
            let p = format!("[[MEDARBEJDER_{n}_{}]]", vault.tag());
            for written in mangled(&p) {
                let restored = vault.restore(&format!("Vi skriver til {written} i dag."));
                let bare = restored.text.replace(['"', '(', ')'], "");
                assert_eq!(bare, format!("Vi skriver til {name} i dag."), "{written}");
                assert!(restored.is_whole(), "{written}: {restored:?}");
            }
        }
        let p = format!(
            "[[MEDARBEJDER_1_{}]]s løn, [[MEDARBEJDER_2_{}]]'s orlov",
            vault.tag(),
            vault.tag()
        );
        assert_eq!(vault.restore(&p).text, "Lone Birks løn, Jens' orlov");
    }

    #[test]
    fn what_does_not_fit_stays_visible_and_is_counted() {
        let vault = vault();
        let tag = vault.tag().to_owned();
        let other: String = tag.chars().rev().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
        let strange = [
            format!("[[MEDARBEJDER_1_{other}]]"),
            format!("[[MEDARBEJDER_3_{tag}]]"),
            "[[MEDARBEJDER_1]]".to_owned(),
            format!("[[EMPLOYEE_1_{tag}]]"),
            format!("[[MEDARBEJDER_{tag}]]"),
            format!("https://ond.example/?q=[[MEDARBEJDER_1_{tag}]]"),
            format!("[[AFSENDER_1_{tag}]]"),
            "MEDARBEJDER_1".to_owned(),
        ];
        for written in strange {
            let restored = vault.restore(&format!("Vi skriver til {written} i dag."));
            assert!(
                !restored.text.contains("Lone") && !restored.text.contains("Jens"),
                "{written}"
            );
            assert!(restored.text.contains(written.trim()), "{written}: {}", restored.text);
            assert!(!restored.is_whole(), "{written}");
        }
        let restored = vault.restore(&format!("Nummeret er [[CPR_1_{tag}]]."));
        assert_eq!((restored.withheld, restored.text.contains("0101")), (1, false));
    }
}
