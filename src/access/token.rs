//! A token (JWT) taken apart: what its head says, what was signed, and by which signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use crate::access::Refusal;
use crate::access::unique::object;

/// Characters of a key's id.
const KEY_ID_CHARS_MAX: usize = 200;
/// What a head may say of its kind: a JWT, or an access token (RFC 9068).
const KINDS: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];
/// Fields by which a head brings or names a key of its own, asks for what must be understood, or
/// says that the claims are something else: none of them is needed, and none is looked at.
const FOREIGN: [&str; 11] =
    ["jku", "jwk", "x5u", "x5c", "crit", "zip", "enc", "b64", "cty", "epk", "apu"];

/// A token as it came; nothing in it is believed yet.
pub(crate) struct Token<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: String,
    signed: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(crate) fn read(text: &'a str) -> Result<Self, Refusal> {
        let (signed, signature) = text.rsplit_once('.').ok_or(Refusal::Form)?;
        let (head, claims) = signed.split_once('.').ok_or(Refusal::Form)?;
        if claims.contains('.') || [head, claims].contains(&"") {
            return Err(Refusal::Form);
        }
        let head = part(head).ok_or(Refusal::Form)?;
        let algorithm = match head.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::RS256,
            Some("ES256") => Algorithm::ES256,
            _ => return Err(Refusal::Algorithm),
        };
        let kind = head.get("typ").map(|kind| kind.as_str().unwrap_or_default().to_lowercase());
        let known = kind.is_none_or(|kind| KINDS.contains(&kind.as_str()));
        if !known || FOREIGN.iter().any(|name| head.contains_key(*name)) {
            return Err(Refusal::Head);
        }
        let key_id = head.get("kid").and_then(Value::as_str).unwrap_or_default();
        if key_id.is_empty() || key_id.chars().nth(KEY_ID_CHARS_MAX).is_some() {
            return Err(Refusal::Head);
        }
        Ok(Self { algorithm, key_id: key_id.to_owned(), signed, claims, signature })
    }

    /// The claims, if the signature is that of the key.
    pub(crate) fn claims(&self, key: &DecodingKey) -> Result<Map<String, Value>, Refusal> {
        let signed = self.signed.as_bytes();
        match jsonwebtoken::crypto::verify(self.signature, signed, key, self.algorithm) {
            Ok(true) => part(self.claims).ok_or(Refusal::Claims),
            Ok(false) | Err(_) => Err(Refusal::Signature),
        }
    }
}

/// One part: an object of JSON in base64.
fn part(text: &str) -> Option<Map<String, Value>> {
    object(&URL_SAFE_NO_PAD.decode(text).ok()?)
}
