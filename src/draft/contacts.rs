//! Links, mail addresses and phone numbers of a text.

use std::sync::LazyLock;

use regex::Regex;

use crate::privacy;

static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[a-z][a-z0-9+.-]*:/|\b(?:mailto|data|javascript|tel):|\bwww\.|[\p{L}\p{N}-]{2,}\.[\p{L}]{2,}").ok()
});

/// Every link, address and phone number of a text.
pub(crate) fn contacts_in(text: &str) -> Vec<&str> {
    let mut found = privacy::contacts(text);
    let is_link = |word: &&str| LINK.as_ref().is_none_or(|link| link.is_match(word));
    let ends = |c: char| !c.is_alphanumeric() && c != '/';
    let words = text.split(char::is_whitespace).filter(|word| !word.is_empty());
    found.extend(words.filter(is_link).map(|word| word.trim_matches(ends)));
    found
}

/// Whether a text holds a contact, in whatever case it is written.
pub(crate) fn holds(text: &str, contact: &str) -> bool {
    text.to_lowercase().contains(&contact.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(contacts_in(text), expected, "{text}");
    }

    #[test]
    fn links_addresses_and_phones_are_found() {
        check("Se https://ondt.example/x?a=1.", &["https://ondt.example/x?a=1"]);
        check("Se www.ondt.example nu", &["www.ondt.example"]);
        check("Se ondt.example/login.", &["ondt.example/login"]);
        check("javascript:alert(1)", &["javascript:alert(1"]);
        check("[klik](data:text/html;base64,AA)", &["klik](data:text/html;base64,AA"]);
        check("Fristen er den 2. december kl. 12.", &[]);
        check("Løndel 2913, § 56, jf. pkt. 3.", &[]);
    }
}
