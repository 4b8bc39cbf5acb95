//! Texts that are kept, encrypted under a key that does not lie beside them.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};

use crate::privacy::key::MasterKey;

/// Bytes of a nonce.
const NONCE_BYTES: usize = 12;

/// Seals what is kept, and signs what is recorded.
#[derive(Clone)]
pub struct Sealer {
    key: MasterKey,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealer")
    }
}

/// Why a text could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The system gave no chance for a nonce.
    #[error("the system gives no random bytes")]
    NoChance,
    /// It was sealed under another key, for another place, or has been changed.
    #[error("what is kept does not open: it was changed, or sealed under another key")]
    Closed,
}

impl Sealer {
    /// Seals under this key.
    pub fn new(key: MasterKey) -> Self {
        Self { key }
    }

    /// Seals a text for one place: nowhere else it opens.
    pub fn seal(&self, place: &str, text: &str) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoChance)?;
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher(place).encrypt(&Nonce::from(nonce), payload);
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed.map_err(|_| SealError::Closed)?);
        Ok(bytes)
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: &str, bytes: &[u8]) -> Result<String, SealError> {
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(SealError::Closed)?;
        let nonce: &[u8; NONCE_BYTES] = nonce.try_into().map_err(|_| SealError::Closed)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let opened = self.cipher(place).decrypt(&Nonce::from(*nonce), payload);
        String::from_utf8(opened.map_err(|_| SealError::Closed)?).map_err(|_| SealError::Closed)
    }

    /// A keyed hash of some bytes for one purpose, in hex: nobody without the key can make it, so
    /// that ten digits cannot be found by trying them all.
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> String {
        blake3::keyed_hash(&self.key.derive("sign", purpose), bytes).to_hex().to_string()
    }

    fn cipher(&self, place: &str) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.key.derive("seal", place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_in_its_own_place_and_unchanged_alone() {
        let sealer = Sealer::new(MasterKey::of_this_run());
        let closed = sealer.seal("draft/1", "Kære Lone Prøvesen").unwrap();
        assert_eq!(sealer.open("draft/1", &closed).unwrap(), "Kære Lone Prøvesen");
        assert_ne!(closed, sealer.seal("draft/1", "Kære Lone Prøvesen").unwrap());
        assert!(sealer.open("draft/2", &closed).is_err());
        for at in 0..closed.len() {
            let mut changed = closed.clone();
            changed[at] ^= 1;
            assert!(sealer.open("draft/1", &changed).is_err(), "{at}");
            assert!(sealer.open("draft/1", &closed[..at]).is_err(), "{at}");
        }
        assert!(Sealer::new(MasterKey::of_this_run()).open("draft/1", &closed).is_err());
    }

    #[test]
    fn signatures_differ_by_key_and_purpose() {
        let (one, other) =
            (Sealer::new(MasterKey::of_this_run()), Sealer::new(MasterKey::of_this_run()));
        assert_eq!(one.sign("subject", b"2103009996"), one.sign("subject", b"2103009996"));
        assert_ne!(one.sign("subject", b"2103009996"), one.sign("log", b"2103009996"));
        assert_ne!(one.sign("subject", b"2103009996"), other.sign("subject", b"2103009996"));
    }
}
