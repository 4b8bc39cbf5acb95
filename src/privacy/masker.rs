//! The personal data of one request put behind placeholders: the same value, the same number.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::detect::{detect, findings};
use crate::privacy::key::MasterKey;
use crate::privacy::kinds::{Finding, FindingKind};
use crate::privacy::lists::lists;
use crate::privacy::masked::Masked;
use crate::privacy::normal::{Normal, is_unseen};
use crate::privacy::special::Flag;
use crate::privacy::vault::{Role, Vault, placeholder};
use crate::privacy::words::{bare, words};

/// What an incoming text writes as if it were a placeholder.
static PLANTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\[\s*\[|\]\s*\]|\b\p{Lu}{2,}_\d{1,3}_[A-Z2-7]{4}\b").ok());
/// Letters of a name that is looked for again in another part of the request.
const NAME_LETTERS_MIN: usize = 3;

/// One person of the request, by the words of the name.
#[derive(Debug)]
struct Person {
    role: Role,
    n: usize,
    words: Vec<String>,
    length: usize,
}

/// Masks the parts of one request.
#[derive(Debug)]
pub struct Masker {
    vault: Vault,
    persons: Vec<Person>,
    /// Other values in one way of writing, by role, with their numbers.
    values: BTreeMap<(Role, String), usize>,
    flags: Vec<Flag>,
}

impl Masker {
    /// A masker for one request; `request` is used once.
    pub fn new(master: &MasterKey, request: &str) -> Self {
        Self {
            vault: Vault::new(master, request),
            persons: Vec::new(),
            values: BTreeMap::new(),
            flags: Vec::new(),
        }
    }

    /// Learns what a part of the request holds, so that it is known in every other part.
    pub fn learn(&mut self, text: &str) {
        let text = disarmed(text);
        let found = detect(&text);
        for finding in found.acted() {
            let part = text.get(finding.range.clone()).unwrap_or_default();
            self.place(finding, part);
        }
        self.flags.extend(found.flags);
    }

    /// Special kinds of personal data in what has been learnt.
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// A part of the request with placeholders in place of personal data.
    pub fn mask(&mut self, text: &str) -> Masked {
        let text = disarmed(text);
        let mut findings = findings(&text);
        findings.retain(Finding::acts);
        let known = self.known(&text, &findings);
        findings.extend(known);
        findings.sort_by_key(|finding| finding.range.start);
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for finding in &findings {
            let part = text.get(finding.range.clone()).unwrap_or_default();
            masked.push_str(text.get(at..finding.range.start).unwrap_or_default());
            match self.place(finding, part) {
                Some((role, n, owns)) => {
                    masked.push_str(&placeholder(role, n, self.vault.tag()));
                    masked.push_str(if owns { "s" } else { "" });
                }
                None => masked.push_str(finding.kind.mark()),
            }
            at = finding.range.end;
        }
        masked.push_str(text.get(at..).unwrap_or_default());
        Masked::by_masker(masked)
    }

    /// The vault, once every part has been masked.
    pub fn into_vault(self) -> Vault {
        self.vault
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The role and number of a finding, and whether an s of a genitive stands behind it.
    fn place(&mut self, finding: &Finding, part: &str) -> Option<(Role, usize, bool)> {
        if finding.kind == FindingKind::Name {
            return self.person(finding, part);
        }
        let role = Role::of(finding.kind);
        let key = (role, one_way(role, part));
        if let Some(n) = self.values.get(&key) {
            return Some((role, *n, false));
        }
        let n = self.vault.keep(role, part)?;
        self.values.insert(key, n);
        Some((role, n, false))
    }

    fn person(&mut self, finding: &Finding, part: &str) -> Option<(Role, usize, bool)> {
        let (name, owns) = nominative(part);
        let (name, owns) = if owns { (name, owns) } else { self.owned(name) };
        let words = name_words(name);
        let role = role_of(finding);
        let within = |few: &[String], many: &[String]| few.iter().all(|word| many.contains(word));
        let same: Vec<usize> = self
            .persons
            .iter()
            .enumerate()
            .filter(|(_, person)| within(&words, &person.words) || within(&person.words, &words))
            .map(|(at, _)| at)
            .collect();
        // Two persons of the same first name: a form that fits both is nobody's.
        let exact = self.persons.iter().position(|person| person.words == words);
        let chosen = exact.or(match same.as_slice() {
            [one] => Some(*one),
            _ => None,
        });
        if let Some(person) = chosen.and_then(|at| self.persons.get_mut(at)) {
            if words.len() > person.words.len()
                || (words == person.words && name.len() > person.length)
            {
                person.words = words;
                person.length = name.len();
                self.vault.exchange(person.role, person.n, name);
            }
            return Some((person.role, person.n, owns));
        }
        let n = self.vault.keep(role, name)?;
        self.persons.push(Person { role, n, words, length: name.len() });
        Some((role, n, owns))
    }

    /// "Peters" is a surname; where a Peter is known, it is what belongs to him.
    fn owned<'a>(&self, name: &'a str) -> (&'a str, bool) {
        let words = name_words(name);
        let Some(stem) = name.strip_suffix('s') else { return (name, false) };
        let known = |words: &[String]| {
            self.persons.iter().any(|person| words.iter().all(|word| person.words.contains(word)))
        };
        if !known(&words) && known(&name_words(stem)) { (stem, true) } else { (name, false) }
    }

    /// Names and values that were learnt elsewhere, where the text holds them too.
    fn known(&self, text: &str, found: &[Finding]) -> Vec<Finding> {
        let normal = Normal::of(text);
        let mut more: Vec<Finding> = Vec::new();
        let taken = |range: &Range<usize>, more: &[Finding]| {
            found.iter().chain(more).any(|finding| finding.touches(range))
        };
        for word in words(&normal, &[]) {
            let lower = normal.lower_part(word.range.clone());
            let range = normal.back(&word.range);
            let whole = lower.chars().count() >= NAME_LETTERS_MIN && !word.known.never();
            let ordinary = word.known.ordinary() && (word.opens || !word.is_capital());
            let written = word.is_capital() || word.known.first();
            let named = || {
                self.persons.iter().any(|person| {
                    person.words.iter().any(|name| name == lower || name == bare(lower))
                })
            };
            if whole && written && !ordinary && !taken(&range, &more) && named() {
                let reasons = vec!["named_elsewhere"];
                more.push(Finding { kind: FindingKind::Name, range, score: 45, reasons });
            }
        }
        for (role, value) in self.vault.values().into_iter().filter(|(role, _)| !role.is_person()) {
            for (at, part) in text.match_indices(value.as_str()) {
                let range = at..at + part.len();
                if !taken(&range, &more) {
                    let reasons = vec!["named_elsewhere"];
                    more.push(Finding { kind: kind_of(role), range, score: 45, reasons });
                }
            }
        }
        more
    }
}

fn kind_of(role: Role) -> FindingKind {
    match role {
        Role::Cpr => FindingKind::Cpr,
        Role::Account => FindingKind::Account,
        Role::Phone => FindingKind::Phone,
        Role::Mail => FindingKind::Mail,
        Role::Address => FindingKind::Address,
        Role::BirthDate => FindingKind::BirthDate,
        Role::Sender | Role::Caseworker | Role::Employee | Role::Person => FindingKind::Name,
    }
}

/// What a finding's reasons say of a person.
fn role_of(finding: &Finding) -> Role {
    let says = |word: &str| finding.reasons.contains(&word);
    if says("sign_off") {
        Role::Sender
    } else if says("greeting") {
        Role::Caseworker
    } else if says("role") || says("number_beside") {
        Role::Employee
    } else {
        Role::Person
    }
}

/// A text in which nothing looks like a placeholder, without characters that nobody sees.
fn disarmed(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    // What looks like a placeholder has one of these; the pattern is slow on prose.
    let planted = PLANTED.as_ref().filter(|_| seen.contains(['[', ']', '_']));
    let Some(planted) = planted else { return seen };
    let harmless = |found: &regex::Captures<'_>| {
        let part = found.get(0).map_or("", |part| part.as_str());
        if part.contains('[') {
            "((".to_owned()
        } else if part.contains(']') {
            "))".to_owned()
        } else {
            part.replace('_', " ")
        }
    };
    planted.replace_all(&seen, harmless).into_owned()
}

/// A name without the s of its genitive, and whether it had one.
fn nominative(part: &str) -> (&str, bool) {
    for ending in ["'s", "’s"] {
        if let Some(name) = part.strip_suffix(ending) {
            return (name, true);
        }
    }
    let last = part.rsplit([' ', '-']).next().unwrap_or_default().to_lowercase();
    let lists = lists();
    let listed = |word: &str| lists.of(word).person();
    let stem = last.strip_suffix('s').unwrap_or_default();
    let owns = !listed(&last) && (listed(stem) || stem.ends_with("sen"));
    let name = if owns { part.strip_suffix(['s', 'S']).unwrap_or(part) } else { part };
    (name, owns && name.len() < part.len())
}

/// The words of a name, without initials and particles' case.
fn name_words(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !(c.is_alphabetic() || c == '-'));
    let mut words: Vec<String> =
        words.filter(|word| word.chars().count() > 1).map(str::to_owned).collect();
    words.sort();
    words.dedup();
    if words.is_empty() { vec![lower] } else { words }
}

/// A value in one way of writing.
fn one_way(role: Role, part: &str) -> String {
    let normal = Normal::of(part);
    match role {
        Role::Mail | Role::Address => normal.lower.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => {
            let bare: String = normal.lower.chars().filter(|c| c.is_alphanumeric()).collect();
            let danish = bare.strip_prefix("0045").or_else(|| bare.strip_prefix("45"));
            match danish.filter(|rest| role == Role::Phone && rest.len() == 8) {
                Some(rest) => rest.to_owned(),
                None => bare,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masker() -> Masker {
        Masker::new(&MasterKey::of_this_run(), "1")
    }

    #[track_caller]
    fn check(parts: &[&str], expected: &str) {
        let mut masker = masker();
        for part in parts {
            masker.learn(part);
        }
        let done = masker.mask(parts.last().unwrap());
        let tag = masker.vault().tag().to_owned();
        assert_eq!(done.as_str().replace(&format!("_{tag}]]"), "]]"), expected);
    }

    #[test]
    fn the_same_value_has_the_same_number() {
        check(
            &[
                "Hej Lone\nPeter Bøgh Eksempelsen (010172-9995) er syg. Ring til Peter på 24123456. CPR 0101729995. Peters løn, tlf. +45 24 12 34 56.\nMvh\nAnna Holm",
            ],
            "Hej [[SAGSBEHANDLER_1]]\n[[PERSON_1]] ([[CPR_1]]) er syg. Ring til [[PERSON_1]] på [[TLF_1]]. CPR [[CPR_1]]. [[PERSON_1]]s løn, tlf. [[TLF_1]].\nMvh\n[[AFSENDER_1]]",
        );
    }

    #[test]
    fn a_name_learnt_elsewhere_is_known() {
        check(
            &["Mvh\nHvidberg Skarnager", "Skal Skarnager have løn?"],
            "Skal [[AFSENDER_1]] have løn?",
        );
    }

    #[test]
    fn nobody_is_taken_for_somebody_else() {
        let mut masker = masker();
        let done = masker.mask("Anna Holm og Anna Birk er syge. Hvad med Anna?");
        let vault = masker.into_vault();
        assert_eq!(
            vault.restore(done.as_str()).text,
            "Anna Holm og Anna Birk er syge. Hvad med Anna?"
        );
    }

    #[test]
    fn a_planted_placeholder_is_disarmed() {
        let mut masker = masker();
        let tag = masker.vault().tag().to_owned();
        let done =
            masker.mask(&format!("Skriv [[MEDARBEJDER_1_{tag}]] og MEDARBEJDER_1_{tag}. Hej Lone"));
        assert!(!done.as_str().contains(&format!("MEDARBEJDER_1_{tag}")), "{}", done.as_str());
    }
}
