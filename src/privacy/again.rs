//! Names that have been found, wherever else they stand in the same text.

use std::collections::BTreeSet;

use crate::privacy::cues::Reader;
use crate::privacy::kinds::{Finding, FindingKind, Score};
use crate::privacy::lists::lists;
use crate::privacy::words::{Form, bare};

/// Letters of a name that is looked for again in the text.
const AGAIN_LETTERS_MIN: usize = 3;

impl Reader<'_> {
    /// The names found, wherever else they stand in the text.
    pub(crate) fn again(&self, names: &[Finding]) -> Vec<Finding> {
        let held = self.held(names);
        let initials: BTreeSet<&str> = names
            .iter()
            .filter(|name| name.reasons.first() == Some(&"initials"))
            .map(|name| self.normal.part(name.range.clone()))
            .collect();
        let mut covering = names.iter().peekable();
        let mut found = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            while covering.peek().is_some_and(|name| name.range.end <= word.range.start) {
                covering.next();
            }
            if covering.peek().is_some_and(|name| name.touches(&word.range)) {
                continue;
            }
            let lower = self.lower(at);
            let by_initials =
                word.form == Form::Upper && initials.contains(self.normal.part(word.range.clone()));
            if !(by_initials || held.contains(lower) || held.contains(bare(lower)))
                || word.known.never()
                || lists().names.verbs.contains(lower)
            {
                continue;
            }
            let small = word.form == Form::Small && word.known.first() && !word.known.ordinary();
            let capital = word.is_capital()
                && !(word.known.ordinary()
                    && word.opens
                    && !lists().names.verbs.contains(self.lower(at + 1)));
            if small || capital {
                let score = Score::of(45, "named_elsewhere");
                found.push(score.finding(FindingKind::Name, word.range.clone()));
            }
        }
        found
    }

    /// The words of the names found, and of the mail addresses of persons.
    fn held(&self, names: &[Finding]) -> BTreeSet<&str> {
        let mut held: BTreeSet<&str> = BTreeSet::new();
        let sure = |name: &&Finding| {
            let told = name.reasons.iter().any(|reason| {
                matches!(
                    *reason,
                    "first_name"
                        | "surname"
                        | "greeting"
                        | "sign_off"
                        | "title"
                        | "surname_comma_first_name"
                )
            });
            told && name.score >= 35
        };
        for name in names.iter().filter(sure) {
            let text = self.normal.lower_part(name.range.clone());
            let parts = text.split(|c: char| !(c.is_alphabetic() || c == '-'));
            held.extend(parts.map(bare).filter(|part| {
                part.chars().count() >= AGAIN_LETTERS_MIN
                    && !lists().names.particles.contains(*part)
            }));
        }
        let mails = self.others.iter().filter(|it| it.kind == FindingKind::Mail);
        for address in mails {
            let local =
                self.normal.lower_part(address.range.clone()).split('@').next().unwrap_or_default();
            let parts: Vec<&str> =
                local.split(['.', '_', '-']).filter(|part| part.chars().count() > 2).collect();
            if parts.iter().any(|part| lists().of(part).first()) {
                held.extend(parts);
            }
        }
        held
    }
}
