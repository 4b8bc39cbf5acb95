//! The last look at bytes before they leave, which does not trust that they were masked: patterns of
//! its own, also within other ways of writing, and the request's own values.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::Regex;

use crate::privacy::vault::{Role, Vault};

/// Letters and digits of a value that is held back; shorter ones stand in any text by chance.
const VALUE_CHARS_MIN: usize = 4;
/// A run of letters of this length may be a text in base64 or hex.
const CODED_CHARS_MIN: usize = 12;
/// Digits of the shortest number that is held back, a CPR number.
const DIGITS_MIN: usize = 10;
/// Ways of writing within each other that are undone.
const DEPTH_MAX: usize = 3;

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

    /// The bytes, to be looked at.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Six digits that can be a birth date, and four.
static CPR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\d])((?:[0-2]\d|3[01]|[6-8]\d|9[01])(?:0[1-9]|1[0-2])\d\d)([ -]{0,3})(\d{4})(?:$|[^\d])").ok()
});
static IBAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:DK|FO|GL)\d{2}(?: ?\d{4}){3} ?\d{2}\b|\b[A-Z]{2}\d{2}(?: ?\d{4}){4,6}(?: ?\d{1,3})?\b").ok()
});
static CARD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b\d{4}([ -])\d{4}[ -]\d{4}[ -]\d{4}\b").ok());

/// What must not leave with one inquiry.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    values: Option<AhoCorasick>,
    /// The characters that values are made of.
    characters: BTreeSet<char>,
}

impl Outbound {
    /// Guards the values of a request, but for what the organisation's own sources say too.
    pub fn of<'a>(vault: &Vault, sources: impl Iterator<Item = &'a str>) -> Self {
        let mut held: BTreeSet<String> = BTreeSet::new();
        for (role, value) in vault.values() {
            held.extend(written(role, &value));
        }
        held.retain(|value| value.chars().count() >= VALUE_CHARS_MIN);
        for source in sources {
            let seen = Seen::of(source);
            held.retain(|value| !seen.small.contains(value) && !seen.joined.contains(value));
        }
        if held.is_empty() {
            return Self::default();
        }
        let values =
            // For one request: what is made sooner counts for more than what runs faster.
            AhoCorasickBuilder::new()
                .match_kind(MatchKind::LeftmostFirst)
                .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                .build(&held)
                .ok();
        let characters = held.iter().flat_map(|value| value.chars()).collect();
        Self { values, characters }
    }

    /// Lets JSON pass, unless the texts, names and numbers in it hold a CPR number, an account, a
    /// card or a value. They are read from the bytes as a receiver would read them.
    pub fn pass(&self, json: Vec<u8>) -> Result<Guarded, Leak> {
        let value: serde_json::Value = serde_json::from_slice(&json).map_err(|_| Leak)?;
        let mut clean = true;
        texts(&value, &mut |text| clean &= self.is_clean(text, DEPTH_MAX));
        if clean { Ok(Guarded(json)) } else { Err(Leak) }
    }

    fn is_clean(&self, text: &str, depth: usize) -> bool {
        let plain = plain(text);
        if has_number(&plain) || self.holds(&plain) {
            return false;
        }
        let Some(deeper) = depth.checked_sub(1) else { return true };
        self.inner(text).iter().all(|inside| self.is_clean(inside, deeper))
    }

    /// What stands in a text in another way of writing: base64, hex, URL, JSON.
    fn inner(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        if text.contains('%') {
            found.extend(from_url(text).filter(|inside| inside != text));
        }
        if text.contains("\\u") || text.contains("\\n") {
            let quoted = format!("\"{}\"", text.replace('"', "\\\""));
            found.extend(
                serde_json::from_str::<String>(&quoted).ok().filter(|inside| inside != text),
            );
        }
        let runs = text.split(|c: char| !is_coded(c));
        for run in runs.filter(|run| run.len() >= CODED_CHARS_MIN) {
            found.extend(self.decoded(run));
        }
        found
    }

    /// The texts that a run of letters may be in base64 or hex, as far as they could hold anything
    /// that is held back: any long word is some text in base64.
    fn decoded(&self, run: &str) -> Vec<String> {
        let mut found = Vec::new();
        let bare = run.trim_end_matches('=');
        // Where the two alphabets do not differ, one of them is enough.
        let urls = bare.contains(['-', '_']);
        let coded = if urls { URL_SAFE_NO_PAD.decode(bare) } else { STANDARD_NO_PAD.decode(bare) };
        for bytes in [coded.ok(), from_hex(bare)].into_iter().flatten() {
            if let Ok(text) = std::str::from_utf8(&bytes)
                && self.may_hold(text.chars())
                && is_text(text)
            {
                found.push(text.to_owned());
            }
            let pairs = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
            let units = pairs.map(u16::from_le_bytes);
            let characters = char::decode_utf16(units.clone()).map_while(Result::ok);
            if self.may_hold(characters) {
                let units: Vec<u16> = units.collect();
                found.extend(String::from_utf16(&units).ok().filter(|text| is_text(text)));
            }
        }
        found
    }

    /// Whether enough of the characters stand there for a value, a number, or a text in yet another
    /// way of writing.
    fn may_hold(&self, characters: impl Iterator<Item = char>) -> bool {
        let (mut held, mut digits, mut run) = (0, 0, 0);
        for c in characters {
            run = if is_coded(c) { run + 1 } else { 0 };
            digits += usize::from(c.is_ascii_digit() || !c.is_ascii() && c.is_numeric());
            // Blanks and dashes are written in many ways; they are never what makes a long word.
            let known = match c {
                c if c.is_ascii_alphabetic() => self.characters.contains(&c.to_ascii_lowercase()),
                c if c.is_ascii() => true,
                c => {
                    c.is_numeric()
                        || !c.is_alphanumeric()
                        || c.to_lowercase().any(|c| self.characters.contains(&c))
                }
            };
            held += usize::from(known);
            let deeper = run >= CODED_CHARS_MIN || matches!(c, '%' | '\\');
            if deeper || digits >= DIGITS_MIN {
                return true;
            }
        }
        held >= VALUE_CHARS_MIN && self.values.is_some()
    }

    fn holds(&self, plain: &str) -> bool {
        let Some(values) = &self.values else { return false };
        let seen = Seen::of_plain(plain);
        values.is_match(&seen.small) || values.is_match(&seen.joined)
    }
}

/// Whether texts in base64 or hex are written with it.
fn is_coded(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-')
}

/// A value as it may stand in a text: in small letters; its letters and digits alone.
fn written(role: Role, value: &str) -> Vec<String> {
    let seen = Seen::of(value);
    match role {
        // A first name alone stands in many texts; whole names do not.
        Role::Sender | Role::Caseworker | Role::Employee | Role::Person => {
            if seen.small.trim().contains(' ') {
                vec![seen.small.trim().to_owned()]
            } else {
                Vec::new()
            }
        }
        Role::Mail => vec![seen.small],
        Role::Address => seen.small.split(',').next().map(str::to_owned).into_iter().collect(),
        _ => vec![seen.joined],
    }
}

/// Whether a plain text holds what is written as a CPR number, an account or a card.
fn has_number(plain: &str) -> bool {
    let fits = |pattern: &LazyLock<Option<Regex>>, part: &str| {
        pattern.as_ref().is_none_or(|pattern| pattern.is_match(part))
    };
    let is_number = |part: &str| fits(&CPR, part) || fits(&IBAN, part) || fits(&CARD, part);
    // Digits of other scripts are read as digits too.
    let foreign = plain.chars().any(|c| !c.is_ascii() && c.is_numeric());
    digit_runs(plain).any(is_number) || foreign && is_number(plain)
}

/// The parts of a plain text that are long enough to be a number that may not leave: digits with
/// blanks and dashes between, and what stands before and after them. Nothing else can match one of
/// the patterns, and patterns are slow on prose.
fn digit_runs(plain: &str) -> impl Iterator<Item = &str> {
    /// What an IBAN has before its first long run of digits, and a letter before that.
    const BEFORE: usize = 6;
    let bytes = plain.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(skipped) = bytes.get(at..)?.iter().position(u8::is_ascii_digit) {
            let start = at + skipped;
            let within = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-');
            let run = bytes.get(start..)?.iter().take_while(|byte| within(byte));
            let (length, digits) = run.fold((0, 0), |(length, digits), byte| {
                (length + 1, digits + usize::from(byte.is_ascii_digit()))
            });
            at = start + length;
            if digits >= DIGITS_MIN {
                let begin = plain.floor_char_boundary(start.saturating_sub(BEFORE));
                let end = plain.ceil_char_boundary((at + 1).min(plain.len()));
                return plain.get(begin..end);
            }
        }
        None
    })
}

/// A text with plain digits, dashes and blanks, without what nobody sees.
fn plain(text: &str) -> String {
    let one = |c: char| match c {
        c if c.is_ascii_graphic() => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(c) - 0x660, 10),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => Some('-'),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    };
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        // Most of a text stays as it is.
        let same = rest.bytes().take_while(|byte| byte.is_ascii_graphic() || *byte == b' ').count();
        let (stays, other) = rest.split_at_checked(same).unwrap_or((rest, ""));
        plain.push_str(stays);
        let mut chars = other.chars();
        plain.extend(chars.next().and_then(one));
        rest = chars.as_str();
    }
    plain
}

/// A text without what can be written between the parts of a value.
struct Seen {
    small: String,
    joined: String,
}

impl Seen {
    fn of(text: &str) -> Self {
        Self::of_plain(&plain(text))
    }

    fn of_plain(plain: &str) -> Self {
        let (mut small, mut joined) =
            (String::with_capacity(plain.len()), String::with_capacity(plain.len()));
        let mut apart = false;
        for c in plain.chars() {
            if c.is_whitespace() {
                apart = !small.is_empty();
                continue;
            }
            if std::mem::take(&mut apart) {
                small.push(' ');
            }
            if c.is_ascii() {
                let c = c.to_ascii_lowercase();
                small.push(c);
                joined.extend(c.is_ascii_alphanumeric().then_some(c));
            } else {
                small.extend(c.to_lowercase());
                joined.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
            }
        }
        Self { small, joined }
    }
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect()
}

fn from_url(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(if byte == b'+' { b' ' } else { byte });
            continue;
        }
        let ahead = rest.clone().take(2).collect::<Vec<u8>>();
        let value =
            std::str::from_utf8(&ahead).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match value.filter(|_| ahead.len() == 2) {
            Some(value) => {
                bytes.push(value);
                rest.nth(1);
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
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
    use base64::engine::general_purpose::STANDARD;

    use crate::privacy::key::MasterKey;
    use crate::privacy::masker::Masker;

    fn passes(inquiry: &str, sources: &[&str], sent: &str) -> bool {
        let mut masker = Masker::new(&MasterKey::of_this_run(), "1");
        masker.learn(inquiry);
        let outbound = Outbound::of(masker.vault(), sources.iter().copied());
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
    fn a_number_in_another_way_of_writing_is_held_back() {
        let secret = "CPR 010172-9995";
        assert!(!passes("", &[], &STANDARD.encode(secret)));
        let hex = secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert!(!passes("", &[], &hex));
        assert!(!passes("", &[], "CPR%20010172%2D9995"));
        assert!(!passes("", &[], r"CPR \u0030\u0031\u0030172-9995"));
        let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!passes("", &[], &STANDARD.encode(wide)));
        assert!(!passes("", &[], "CPR ０１０１７２-9995"));
    }

    #[test]
    fn what_this_customer_wrote_is_held_back_in_every_way_of_writing() {
        let inquiry = "Ring 0012 3456 eller skriv til per@sted.example. Mvh Per Eksempelsen";
        assert!(!passes(inquiry, &[], "tlf. 00-12-34-56"));
        assert!(!passes(inquiry, &[], "PER@STED.EXAMPLE"));
        assert!(!passes(inquiry, &[], "Kære per  eksempelsen"));
        assert!(passes(inquiry, &[], "tlf. 0012 9999"));
        let said = "Kære\tPer\tEksempelsen";
        assert!(!passes(inquiry, &[], &STANDARD.encode(said)));
        let wide: Vec<u8> = said.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!passes(inquiry, &[], &STANDARD.encode(wide)));
        assert!(!passes(inquiry, &[], &STANDARD.encode(STANDARD.encode(said))));
        assert!(passes(inquiry, &[], "arbejdsmarkedsuddannelse"));
        assert!(passes(inquiry, &["Ring til os på 00123456, per@sted.example"], "Ring 0012 3456"));
    }

    #[test]
    fn what_is_no_json_does_not_pass() {
        assert!(Outbound::default().pass(b"{".to_vec()).is_err());
        assert!(Outbound::default().pass(vec![0xff]).is_err());
    }
}
