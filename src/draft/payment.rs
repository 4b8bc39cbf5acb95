//! Mails that ask to change where money goes (`index/lexicon/payments.toml`).

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::inquiry::Inquiry;
use crate::language::{sentences, wording};
use crate::privacy;

struct Rules {
    account: Regex,
    change: Regex,
    bank: Regex,
    book: Regex,
    alone: Regex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    account: Vec<String>,
    change: Vec<String>,
    bank: Vec<String>,
    book: Vec<String>,
    alone: Vec<String>,
}

static RULES: LazyLock<Rules> = LazyLock::new(built_in);

/// A run of digits as account numbers are written, with what may stand between them.
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\b[A-Za-z]{2}[ \u{a0}]?)?\d(?:[ \u{a0}.\-\u{2010}-\u{2015}/]{0,3}\d)+").ok()
});
/// Digits from which a number may be an account.
const DIGITS_MIN: usize = 6;
/// What stands in the place of a number.
const MARK: &str = "[nummer fjernet]";

#[expect(
    clippy::expect_used,
    reason = "the rules are part of the program; `the_built_in_rules_are_read` reads them in every test run"
)]
fn built_in() -> Rules {
    let file: RulesFile = toml::from_str(include_str!("../../index/lexicon/payments.toml"))
        .expect("index/lexicon/payments.toml is read");
    let pattern = |list: &[String]| {
        wording(&list.join("|")).expect("a pattern of index/lexicon/payments.toml is read")
    };
    Rules {
        account: pattern(&file.account),
        change: pattern(&file.change),
        bank: pattern(&file.bank),
        book: pattern(&file.book),
        alone: pattern(&file.alone),
    }
}

/// Whether the inquiry asks, anywhere in its thread, to change where money goes.
pub(crate) fn asks_to_change(inquiry: &Inquiry) -> bool {
    let subject = inquiry.subject.as_deref().unwrap_or_default();
    let seen: String = inquiry.body.chars().filter(|c| !privacy::is_unseen(*c)).collect();
    let text = format!("{subject}.\n{seen}");
    let said: Vec<&str> =
        sentences(&text).into_iter().filter_map(|range| text.get(range)).collect();
    said.iter().any(|sentence| changes(sentence))
        || said.windows(2).any(|pair| changes(&pair.join(" ")))
}

fn changes(text: &str) -> bool {
    let rules = &*RULES;
    let named = names_account(text);
    let books = rules.book.is_match(text);
    let banks = named || rules.bank.is_match(text);
    if rules.alone.is_match(text) && (banks || !books) {
        return true;
    }
    let about = named || rules.account.is_match(text);
    about && rules.change.is_match(text) && (named || !books)
}

fn names_account(text: &str) -> bool {
    privacy::find(text).iter().any(|finding| finding.kind == privacy::FindingKind::Account)
}

/// A text that repeats no number of such a mail by which money could go astray.
pub(crate) fn without_numbers(text: &str) -> String {
    let without = privacy::mask(text);
    let Some(pattern) = NUMBER.as_ref() else { return String::new() };
    let marked = pattern.replace_all(&without, |found: &regex::Captures<'_>| {
        let written = found.get(0).map_or("", |whole| whole.as_str());
        let digits = written.chars().filter(char::is_ascii_digit).count();
        if digits < DIGITS_MIN { written.to_owned() } else { MARK.to_owned() }
    });
    marked.into_owned()
}

/// A word that was searched for, as a draft may show it; of a mail that moves money, no number in
/// pieces either.
pub(crate) fn looked_for(word: &str, moves_money: bool) -> String {
    if moves_money && word.chars().any(|c| c.is_ascii_digit()) {
        return MARK.to_owned();
    }
    without_numbers(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: bool, texts: &[&str]) {
        for text in texts {
            let inquiry = Inquiry { body: (*text).to_owned(), ..Inquiry::default() };
            assert_eq!(asks_to_change(&inquiry), expected, "{text}");
        }
    }

    #[test]
    fn the_built_in_rules_are_read() {
        assert!(!RULES.account.as_str().is_empty());
    }

    #[test]
    fn a_mail_that_moves_money_is_known() {
        check(
            true,
            &[
                "Vi har skiftet bank. Refusionen skal fremover til reg. 9999 konto 0001234567.",
                "Kan I ændre hans NemKonto?",
                "Vores kreditor har fået nyt kontonummer.",
                "Ret venligst IBAN til DK50 0040 0440 1162 43.",
            ],
        );
    }

    #[test]
    fn bookkeeping_moves_none() {
        check(
            false,
            &[
                "Hvilken konto skal vi bogføre honoraret på?",
                "Kan I ændre konteringen fra konto 2204 til 2205?",
                "Kontoplanen er ny fra 1. januar. Hvad skal vi rette?",
                "Hvordan ændrer vi artskontoen på lønarten?",
                "Hvornår udbetales feriepenge fra Feriekonto?",
            ],
        );
    }

    #[test]
    fn no_number_of_such_a_mail_is_repeated() {
        assert_eq!(
            without_numbers("til 9999-0001234567 fra 1. januar 2026?"),
            "til [kontonummer fjernet] fra 1. januar 2026?"
        );
        assert!(!without_numbers("DK50 0040 0440 1162 43").contains("1162"));
        assert!(!without_numbers("0 0 0 1 2 3 4 5 6 7").contains('7'));
    }
}
