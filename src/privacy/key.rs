//! The key under which the values of a request are kept: from a file or the environment, never
//! from a database.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// A key of 32 bytes that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; KEY_BYTES]);

impl MasterKey {
    /// A key as it is written in a file or a variable: 32 bytes in base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// A key for as long as the program runs; what is kept under it goes with it.
    pub fn of_this_run() -> Self {
        let mut hasher = blake3::Hasher::new();
        // Two of them hold 148 bits of the system's chance.
        for _ in 0..4 {
            hasher.update(uuid::Uuid::now_v7().as_bytes());
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// A key for one purpose and one request.
    pub(crate) fn derive(&self, purpose: &str, request: &str) -> [u8; KEY_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(purpose.as_bytes()).update(&[0]).update(request.as_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(set)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_thirty_two_bytes_and_is_shown_nowhere() {
        let written = STANDARD.encode([7; KEY_BYTES]);
        let key = MasterKey::parse(&written).unwrap();
        assert_eq!(format!("{key:?}"), "MasterKey(set)");
        assert!(MasterKey::parse("a2V5").is_none() && MasterKey::parse("?").is_none());
        assert_ne!(key.derive("a", "1"), key.derive("a", "2"));
        assert_ne!(MasterKey::of_this_run(), MasterKey::of_this_run());
    }
}
