//! The keys of programs: made once, known by their hash, each with its roles and institutions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::access::settings::{HASH_MARK, KeySettings, Settings};
use crate::access::{Institutions, Principal, Program, Refusal};
use crate::terms::Day;

/// What a key begins with, so that one that was lost is recognised where it is found.
pub(crate) const KEY_MARK: &str = "svf_";

/// A key that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The key, which is shown once.
    pub key: String,
    /// What the settings hold of it.
    pub hash: String,
}

/// A key of 32 bytes that nobody could guess.
pub fn new_key(chance: [u8; 32]) -> NewKey {
    let key = format!("{KEY_MARK}{}", URL_SAFE_NO_PAD.encode(chance));
    let hash = format!("{HASH_MARK}{}", hash(&key).to_hex());
    NewKey { key, hash }
}

/// A hash is enough: there is no guessing 32 bytes of chance, as there is with a password.
fn hash(key: &str) -> blake3::Hash {
    blake3::hash(key.as_bytes())
}

/// The keys of the settings.
#[derive(Debug)]
pub(crate) struct KeyRing(Vec<Held>);

#[derive(Debug)]
struct Held {
    hash: blake3::Hash,
    last_day: Option<Day>,
    program: Program,
}

impl KeyRing {
    /// The keys of the settings that have been checked.
    pub(crate) fn new(settings: &Settings) -> Self {
        let held = |key: &KeySettings| {
            let institutions = key.institutions.institutions();
            let institutions =
                institutions.unwrap_or_else(|| Institutions::These(std::iter::empty().collect()));
            let roles = key.roles.iter().copied().collect();
            let program = Program::new(key.name.clone(), roles, institutions);
            // A day that cannot be read is refused with the settings.
            Some(Held { hash: key.parsed_hash()?, last_day: key.last_day(), program })
        };
        Self(settings.keys.iter().filter_map(held).collect())
    }

    /// Whose key it is, if it holds on that day.
    ///
    /// Every hash is compared, each in the same time whatever it is (`blake3::Hash`).
    pub(crate) fn recognise(&self, key: &str, today: Day) -> Result<Principal, Refusal> {
        let shown = hash(key);
        let mut found = None;
        for held in &self.0 {
            if held.hash == shown {
                found = Some(held);
            }
        }
        let held = found.ok_or(Refusal::Key)?;
        match held.last_day {
            Some(last) if last < today => Err(Refusal::Expired),
            _ => Ok(Principal::Program(held.program.clone())),
        }
    }
}
