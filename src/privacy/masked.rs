//! Text that has been masked: the only text that may leave this machine.

use crate::privacy::detect::{findings, numbers_of};
use crate::privacy::kinds::{Finding, FindingKind};
use crate::privacy::normal::is_unseen;

/// Text without personal data. There is no other way to make one than to mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked(String);

impl Masked {
    /// What a customer wrote, with marks that nothing turns back. Characters that nobody sees go
    /// first: they can split a number.
    pub fn of(text: &str) -> Self {
        let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
        Self(marked(&seen, &findings(&seen)))
    }

    /// A text of the organisation's own, whose names, mail addresses and phone numbers are for
    /// everyone.
    pub fn of_source(text: &str) -> Self {
        Self(mask(text))
    }

    /// What a masker has put placeholders into.
    pub(crate) fn by_masker(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text with a mark in place of each CPR, account and card number.
pub fn mask(text: &str) -> String {
    marked(text, &crate::privacy::detect::find(text))
}

/// The text with a mark in place of each finding that is masked.
pub fn marked(text: &str, findings: &[Finding]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for finding in findings.iter().filter(|finding| finding.acts()) {
        masked.push_str(text.get(at..finding.range.start).unwrap_or_default());
        masked.push_str(finding.kind.mark());
        at = finding.range.end;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    masked
}

/// The mail addresses and phone numbers of a text, whosever they are.
pub(crate) fn contacts(text: &str) -> Vec<&str> {
    let kinds =
        [FindingKind::Mail, FindingKind::OfficeMail, FindingKind::Phone, FindingKind::OfficePhone];
    let found = numbers_of(text).into_iter().filter(|finding| kinds.contains(&finding.kind));
    found.filter_map(|finding| text.get(finding.range)).collect()
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
    fn an_institution_named_after_a_matter_is_no_person() {
        for text in [
            "Statens Museum for Kunst skal ikke bestille en ny adresse.",
            "Styrelsen for Forsyningssikkerhed og Beredskab spørger.",
            "Museet for Søfart skriver i dag.",
        ] {
            check(text, text);
        }
        check("Museet for Anna Prøvesen.", "Museet for [navn].");
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
}
