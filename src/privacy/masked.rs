//! Text that has been masked: the only text that may leave this machine.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::normal::is_unseen;
use crate::privacy::{find, mask};

/// What stands in place of a mail address.
const MAIL_MARK: &str = "[mailadresse fjernet]";
/// What stands in place of a phone number.
const PHONE_MARK: &str = "[telefonnummer fjernet]";

static MAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)[a-zæøå0-9._%+'-]+@[a-zæøå0-9.-]+[a-zæøå0-9]").ok());
/// Eight digits in the ways in which Danes write phone numbers, and numbers with a country code.
static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let space = "[ \u{a0}\u{202f}]";
    // The same sign three times: "15-10-2025" is a day.
    let pairs =
        [space, "-", r"\.", ""].map(|sign| format!(r"\d{{2}}(?:{sign}\d{{2}}){{3}}")).join("|");
    let halves = format!(r"\d{{4}}{space}\d{{4}}");
    let abroad = format!(r"(?:\+|\b00)[1-9]\d{{0,2}}(?:[-.]?{space}?\d){{6,12}}");
    Regex::new(&format!(r"(?:{abroad}|\b(?:{halves}|{pairs}))\b")).ok()
});

/// Text without CPR numbers and account numbers, and, if a customer wrote it, without mail
/// addresses and phone numbers. There is no other way to make one than to mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked(String);

impl Masked {
    /// What a customer wrote, masked. Characters that nobody sees go first: they can split a number.
    pub fn of(text: &str) -> Self {
        let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
        let numbers = mask(&seen);
        let mails = replaced(&numbers, MAIL.as_ref(), MAIL_MARK);
        Self(replaced(&mails, PHONE.as_ref(), PHONE_MARK))
    }

    /// A text of the organisation's own, whose mail addresses and phone numbers are for everyone.
    pub fn of_source(text: &str) -> Self {
        Self(mask(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What of a customer's text must not leave, in a form that survives another way of writing:
/// numbers as digits alone, mail addresses in small letters.
pub(crate) fn secrets(text: &str) -> Vec<String> {
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    let numbers = find(&seen).into_iter().map(|finding| finding.range);
    let digits: Vec<Range<usize>> = numbers.chain(ranges(&seen, PHONE.as_ref())).collect();
    let mut held: Vec<String> = digits.into_iter().map(|range| digits_of(&seen, range)).collect();
    let mails = ranges(&seen, MAIL.as_ref());
    held.extend(mails.into_iter().map(|range| seen.get(range).unwrap_or_default().to_lowercase()));
    held.retain(|secret| !secret.is_empty());
    held
}

/// Whether a text holds an address or a phone number.
pub(crate) fn contacts(text: &str) -> Vec<&str> {
    let mut found = ranges(text, MAIL.as_ref());
    found.extend(ranges(text, PHONE.as_ref()));
    found.into_iter().filter_map(|range| text.get(range)).collect()
}

fn digits_of(text: &str, range: Range<usize>) -> String {
    let part = text.get(range).unwrap_or_default();
    part.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// Where the pattern stands, but for the numbers of cases, which name no person.
fn ranges(text: &str, pattern: Option<&Regex>) -> Vec<Range<usize>> {
    let case = |start: usize| {
        let before = text.get(..start).unwrap_or_default().trim_end();
        before.to_ascii_lowercase().ends_with("sam")
    };
    let found = pattern.into_iter().flat_map(|pattern| pattern.find_iter(text));
    found.map(|part| part.range()).filter(|range| !case(range.start)).collect()
}

fn replaced(text: &str, pattern: Option<&Regex>, mark: &str) -> String {
    let (mut done, mut at) = (String::with_capacity(text.len()), 0);
    for range in ranges(text, pattern) {
        done.push_str(text.get(at..range.start).unwrap_or_default());
        done.push_str(mark);
        at = range.end;
    }
    done.push_str(text.get(at..).unwrap_or_default());
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let masked = Masked::of(text);
        assert_eq!(masked.as_str(), expected);
        assert_eq!(Masked::of(masked.as_str()), masked, "masking twice changes nothing");
    }

    #[test]
    fn what_a_customer_wrote_leaves_without_numbers_addresses_and_phones() {
        check("CPR 010172-9995, tak", "CPR [CPR-nummer fjernet], tak");
        check("CPR 0101\u{200b}72-9995", "CPR [CPR-nummer fjernet]");
        check("skriv til per@sted.example.", "skriv til [mailadresse fjernet].");
        check(
            "ring 00 12 34 56 eller 0012 3456",
            "ring [telefonnummer fjernet] eller [telefonnummer fjernet]",
        );
        check("ring +45 00123456 nu", "ring [telefonnummer fjernet] nu");
    }

    #[test]
    fn other_numbers_stay() {
        check("SAM 2405-1351 af 29-01-2024", "SAM 2405-1351 af 29-01-2024");
        check("løndel 2913 og 70.000 kr. i 2025", "løndel 2913 og 70.000 kr. i 2025");
        check("senest den 2. december 2025", "senest den 2. december 2025");
        check("barsel 15-10-2025 kl. 12", "barsel 15-10-2025 kl. 12");
    }

    #[test]
    fn a_source_keeps_the_numbers_that_are_for_everyone() {
        let text = "Ring til Kundebetjening på 0012 3456.";
        assert_eq!(Masked::of_source(text).as_str(), text);
        assert!(!Masked::of_source("010172-9995").as_str().contains("9995"));
    }

    #[test]
    fn secrets_are_known_however_they_are_written() {
        assert_eq!(secrets("cpr 010172 - 9995"), ["0101729995"]);
        assert_eq!(secrets("Per@Sted.example, 0012 3456"), ["00123456", "per@sted.example"]);
    }
}
