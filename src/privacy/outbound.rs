//! The last look at bytes before they leave, which does not trust that they were masked.

use crate::privacy::find;
use crate::privacy::masked::secrets;
use crate::privacy::normal::is_unseen;

/// Why bytes may not leave. It does not say what was found: no log may hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request holds what may not leave")]
pub struct Leak;

/// Bytes that may leave.
#[derive(Debug, Clone)]
pub struct Guarded(Vec<u8>);

impl Guarded {
    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What must not leave with one inquiry.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    secrets: Vec<String>,
}

impl Outbound {
    /// Guards what the customer wrote, but for what the organisation's own sources say too.
    pub fn of<'a>(inquiry: &[&str], sources: impl Iterator<Item = &'a str>) -> Self {
        let mut held: Vec<String> = inquiry.iter().flat_map(|text| secrets(text)).collect();
        held.sort();
        held.dedup();
        if !held.is_empty() {
            for source in sources {
                let open = Seen::of(source);
                held.retain(|secret| !open.holds(secret));
            }
        }
        Self { secrets: held }
    }

    /// Lets JSON pass, unless the texts, names and numbers in it hold a CPR number, an account
    /// number or a secret. They are read from the bytes as a receiver would read them.
    pub fn pass(&self, json: Vec<u8>) -> Result<Guarded, Leak> {
        let value: serde_json::Value = serde_json::from_slice(&json).map_err(|_| Leak)?;
        let mut clean = true;
        texts(&value, &mut |text| clean &= self.is_clean(text));
        if clean { Ok(Guarded(json)) } else { Err(Leak) }
    }

    fn is_clean(&self, text: &str) -> bool {
        if !find(text).is_empty() {
            return false;
        }
        if self.secrets.is_empty() {
            return true;
        }
        let seen = Seen::of(text);
        !self.secrets.iter().any(|secret| seen.holds(secret))
    }
}

/// A text without what can be written between the digits of a number.
struct Seen {
    small: String,
    joined: String,
}

impl Seen {
    fn of(text: &str) -> Self {
        let small: String = text.chars().filter(|c| !is_unseen(*c)).collect();
        let small = small.to_lowercase();
        let joined = small.chars().filter(|c| c.is_alphanumeric()).collect();
        Self { small, joined }
    }

    fn holds(&self, secret: &str) -> bool {
        self.small.contains(secret) || self.joined.contains(secret)
    }
}

/// Every text and number of a JSON value, names of fields too.
fn texts(value: &serde_json::Value, each: &mut dyn FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => each(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, each)),
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                each(name);
                texts(field, each);
            }
        }
        serde_json::Value::Number(number) => each(&number.to_string()),
        serde_json::Value::Bool(_) | serde_json::Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(inquiry: &str, sources: &[&str], sent: &str) -> bool {
        let outbound = Outbound::of(&[inquiry], sources.iter().copied());
        let body = serde_json::json!({ "messages": [{ "content": sent }] });
        outbound.pass(serde_json::to_vec(&body).unwrap()).is_ok()
    }

    #[test]
    fn a_number_that_was_not_masked_is_held_back() {
        assert!(passes("", &[], "Fristen er den 2. december 2025."));
        assert!(!passes("", &[], "medarbejderen 010172-9995"));
        assert!(!passes("", &[], "linje\n0101729995"));
        assert!(!passes("", &[], "IBAN DK50 0040 0440 1162 43"));
        let body = br#"{"010172-9995": 1}"#.to_vec();
        assert!(Outbound::default().pass(body).is_err(), "a name of a field");
        assert!(Outbound::default().pass(br#"{"seed": 1101729995}"#.to_vec()).is_err());
    }

    #[test]
    fn what_this_customer_wrote_is_held_back_in_every_way_of_writing() {
        let inquiry = "Ring 0012 3456 eller skriv til per@sted.example";
        assert!(!passes(inquiry, &[], "tlf. 00-12-34-56"));
        assert!(!passes(inquiry, &[], "PER@STED.EXAMPLE"));
        assert!(passes(inquiry, &[], "tlf. 0012 9999"));
        assert!(passes(inquiry, &["Ring til os på 00123456, per@sted.example"], "Ring 0012 3456"));
    }

    #[test]
    fn what_is_no_json_does_not_pass() {
        assert!(Outbound::default().pass(b"{".to_vec()).is_err());
        assert!(Outbound::default().pass(vec![0xff]).is_err());
    }
}
