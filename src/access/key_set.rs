//! The keys with which an issuer signs (JWKS): fetched, kept, and fetched again when they change.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::HttpBody;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::{Body, redirect, retry};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::access::settings::{DIRECTORY_MARK, Settings, is_safe};
use crate::access::unique::object;
use crate::access::{Error, Refusal};

/// Seconds between two attempts to fetch, whatever callers show: tokens with made-up keys must
/// not become requests to the issuer.
const PAUSE_SECONDS: i64 = 30;
/// Seconds after which keys are fetched again beside the requests.
const FRESH_SECONDS: i64 = 600;
/// Seconds after which a request waits for new keys: a key that was withdrawn is gone by then.
const STALE_SECONDS: i64 = 3600;
/// Seconds for which keys hold whose issuer cannot be reached any more.
const KEPT_SECONDS: i64 = 24 * 3600;
/// Bytes of an answer of the issuer; Entra's keys take 20,000.
const ANSWER_BYTES_MAX: usize = 512 * 1024;
/// Keys that are kept; an issuer has two to ten.
const KEYS_MAX: usize = 100;
/// Bytes of the modulus of an RSA key: 2,048 to 4,096 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// Bytes of a coordinate on the curve P-256.
const COORDINATE_BYTES: usize = 32;
/// The longest that the issuer may take to be reached, and to answer.
const CONNECT_MAX: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// One key.
#[derive(Clone)]
struct Key {
    id: String,
    algorithm: Algorithm,
    public: DecodingKey,
}

/// What is known of the issuer's keys.
#[derive(Default)]
struct Held {
    keys: Vec<Key>,
    /// When they were fetched.
    fetched: Option<i64>,
    /// When that was last tried.
    tried: Option<i64>,
}

/// The issuer's keys.
#[derive(Clone)]
pub(crate) struct KeySet(Arc<Fetching>);

struct Fetching {
    http: reqwest::Client,
    /// The issuer as it names itself; asked for the place of its keys unless that is known.
    issuer: String,
    place: Option<String>,
    held: RwLock<Held>,
    one: Mutex<()>,
}

impl KeySet {
    /// The keys of the issuer that the settings name; nothing is fetched yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        // One provider for the whole program; whoever was first has named the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(CONNECT_MAX)
            .timeout(ANSWER_MAX)
            .user_agent(concat!("svarforslag/", env!("CARGO_PKG_VERSION")));
        if !settings.issuer.starts_with("https") && !settings.jwks_url.starts_with("https") {
            // An issuer on this machine needs no certificates, and a machine may have none.
            builder = builder.tls_certs_only(std::iter::empty());
        }
        // Every directory of Entra signs with the same keys.
        let first = settings.directories().next().unwrap_or_default();
        let place = Some(settings.jwks_url.clone()).filter(|place| !place.is_empty());
        Ok(Self(Arc::new(Fetching {
            http: builder.build().map_err(Error::Client)?,
            issuer: settings.issuer.replace(DIRECTORY_MARK, first),
            place: place.map(|place| place.replace(DIRECTORY_MARK, first)),
            held: RwLock::default(),
            one: Mutex::default(),
        })))
    }

    /// The key of that id, fetched first if it is not known.
    pub(crate) async fn find(
        &self,
        id: &str,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<DecodingKey, Refusal> {
        let fetching = &self.0;
        let (found, age) = fetching.look(id, algorithm, now);
        match (found, age) {
            (Some(key), Some(age)) if age < FRESH_SECONDS => return Ok(key),
            (Some(key), Some(age)) if age < STALE_SECONDS => {
                if fetching.may_try(now) {
                    let beside = Arc::clone(fetching);
                    tokio::spawn(async move { beside.refresh(now).await });
                }
                return Ok(key);
            }
            _ => fetching.refresh(now).await,
        }
        match fetching.look(id, algorithm, now) {
            (Some(key), Some(age)) if age < KEPT_SECONDS => Ok(key),
            _ if fetching.is_reached(now) => Err(Refusal::UnknownKey),
            _ => Err(Refusal::Unreachable),
        }
    }
}

impl Fetching {
    /// The key, and how old what is known is.
    fn look(&self, id: &str, algorithm: Algorithm, now: i64) -> (Option<DecodingKey>, Option<i64>) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let key = held.keys.iter().find(|key| key.id == id && key.algorithm == algorithm);
        let age = held.fetched.map(|fetched| now.saturating_sub(fetched));
        (key.map(|key| key.public.clone()), age)
    }

    /// Whether the last attempt lies far enough back.
    fn may_try(&self, now: i64) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.tried.is_none_or(|tried| now.abs_diff(tried) >= PAUSE_SECONDS.unsigned_abs())
    }

    /// Whether the last attempt brought keys that are not too old.
    fn is_reached(&self, now: i64) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = held.fetched.is_some_and(|fetched| now.saturating_sub(fetched) < KEPT_SECONDS);
        fresh && held.fetched == held.tried
    }

    /// Fetches the keys, unless that was tried just now; who comes meanwhile waits for the one.
    async fn refresh(&self, now: i64) {
        let _one = self.one.lock().await;
        if !self.may_try(now) {
            return;
        }
        let fetched = self.fetch().await;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.tried = Some(now);
        match fetched {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "the issuer's keys were fetched");
                (held.keys, held.fetched) = (keys, Some(now));
            }
            Err(why) => {
                let kept = held.keys.len();
                tracing::warn!(why, kept, "the issuer's keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, &'static str> {
        let place = match &self.place {
            Some(place) => place.clone(),
            None => self.discover().await?,
        };
        let answer = self.get(&place).await?;
        let listed = answer.get("keys").and_then(Value::as_array).ok_or("no list of keys")?;
        let keys: Vec<Key> = listed.iter().filter_map(key).take(KEYS_MAX).collect();
        if keys.is_empty() { Err("no key that can be used (RS256, ES256)") } else { Ok(keys) }
    }

    /// Where the issuer says that its keys lie.
    async fn discover(&self) -> Result<String, &'static str> {
        let base = self.issuer.trim_end_matches('/');
        let told = self.get(&format!("{base}/.well-known/openid-configuration")).await?;
        if told.get("issuer").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err("the issuer calls itself something else than `access.issuer`");
        }
        let place = told.get("jwks_uri").and_then(Value::as_str).ok_or("no `jwks_uri`")?;
        if is_safe(place) { Ok(place.to_owned()) } else { Err("`jwks_uri` is not https") }
    }

    async fn get(&self, place: &str) -> Result<Map<String, Value>, &'static str> {
        let sent = self.http.get(place).header("accept", "application/json").send().await;
        let response = sent.map_err(|error| match error {
            error if error.is_connect() => "it cannot be reached",
            error if error.is_timeout() => "it does not answer in time",
            _ => "it broke off",
        })?;
        if response.status() != reqwest::StatusCode::OK {
            return Err("it answers with another status than 200");
        }
        let (mut body, mut held) = (Body::from(response), Vec::new());
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let piece = frame.map_err(|_| "it broke off")?.into_data().unwrap_or_default();
            if held.len().saturating_add(piece.len()) > ANSWER_BYTES_MAX {
                return Err("its answer is too large");
            }
            held.extend_from_slice(&piece);
        }
        object(&held).ok_or("its answer is no JSON")
    }
}

/// A key that can be used; others of the set are for other purposes.
fn key(listed: &Value) -> Option<Key> {
    let text = |name: &str| listed.get(name).and_then(Value::as_str);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok();
    if listed.get("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let (algorithm, name, key) = match text("kty")? {
        "RSA" => {
            let (modulus, exponent) = (bytes("n")?, bytes("e")?);
            let modulus: Vec<u8> = modulus.into_iter().skip_while(|byte| *byte == 0).collect();
            let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
            (
                Algorithm::RS256,
                "RS256",
                Some(key).filter(|_| MODULUS_BYTES.contains(&modulus.len())),
            )
        }
        "EC" if text("crv") == Some("P-256") => {
            let whole = |name| bytes(name).is_some_and(|bytes| bytes.len() == COORDINATE_BYTES);
            let key = DecodingKey::from_ec_components(text("x")?, text("y")?).ok();
            (Algorithm::ES256, "ES256", key.filter(|_| whole("x") && whole("y")))
        }
        _ => return None,
    };
    if listed.get("alg").is_some_and(|named| named != name) {
        return None;
    }
    Some(Key { id: text("kid")?.to_owned(), algorithm, public: key? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listed: &Value, expected: bool) {
        assert_eq!(key(listed).is_some(), expected, "{listed}");
    }

    #[test]
    fn only_keys_for_signatures_of_the_two_ways_are_taken() {
        let modulus = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xC5; bytes]);
        let rsa = |bytes| serde_json::json!({ "kty": "RSA", "kid": "1", "n": modulus(bytes), "e": "AQAB" });
        check(&rsa(256), true);
        check(&rsa(128), false);
        check(&rsa(1024), false);
        let point = URL_SAFE_NO_PAD.encode([7; COORDINATE_BYTES]);
        let curve =
            serde_json::json!({ "kty": "EC", "crv": "P-256", "kid": "2", "x": point, "y": point });
        check(&curve, true);
        for (field, value) in
            [("use", "enc"), ("alg", "RSA-OAEP"), ("alg", "RS512"), ("kty", "oct"), ("e", "!")]
        {
            let mut listed = rsa(256);
            listed[field] = value.into();
            check(&listed, false);
        }
        for (field, value) in [("crv", "P-384"), ("alg", "ES384"), ("x", "AA")] {
            let mut listed = curve.clone();
            listed[field] = value.into();
            check(&listed, false);
        }
        let mut nameless = rsa(256);
        nameless.as_object_mut().unwrap().remove("kid");
        check(&nameless, false);
    }
}
