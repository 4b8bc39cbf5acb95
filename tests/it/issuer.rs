//! A sign-on for tests: a real server that issues tokens as Keycloak and Entra do.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Path as Part, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use svarforslag::access::Settings;
use svarforslag::service::clock;

/// The name of this service in tokens.
pub(crate) const AUDIENCE: &str = "svarforslag";
/// The directory of Entra whose people are meant.
pub(crate) const DIRECTORY: &str = "11111111-2222-3333-4444-555555555555";

/// A server that issues tokens until it is dropped.
pub(crate) struct Issuer {
    base: String,
    state: Served,
    running: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Served {
    base: String,
    published: Arc<Mutex<Vec<String>>>,
    fetched: Arc<AtomicUsize>,
    answers: Arc<AtomicBool>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Issuer {
    /// An issuer that publishes `rs-1` and `es-1`.
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Served {
            base: base.clone(),
            published: Arc::new(Mutex::new(vec!["rs-1".to_owned(), "es-1".to_owned()])),
            fetched: Arc::default(),
            answers: Arc::new(AtomicBool::new(true)),
        };
        let routes = Router::new()
            .route("/realms/sam/.well-known/openid-configuration", get(realm))
            .route("/{tid}/v2.0/.well-known/openid-configuration", get(directory))
            .route("/keys", get(keys))
            .with_state(state.clone());
        let running = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { base, state, running }
    }

    /// The issuer as Keycloak's tokens name it.
    pub(crate) fn realm(&self) -> String {
        format!("{}/realms/sam", self.base)
    }

    /// The issuer as Entra's tokens name it.
    pub(crate) fn directory(&self, tid: &str) -> String {
        format!("{}/{tid}/v2.0", self.base)
    }

    /// Settings for a realm of Keycloak.
    pub(crate) fn keycloak(&self) -> Settings {
        Settings {
            issuer: self.realm(),
            audience: AUDIENCE.to_owned(),
            client: AUDIENCE.to_owned(),
            ..Settings::default()
        }
    }

    /// Settings for a directory of Entra.
    pub(crate) fn entra(&self) -> Settings {
        Settings {
            issuer: self.directory("{tid}"),
            audience: AUDIENCE.to_owned(),
            directories: DIRECTORY.to_owned(),
            ..Settings::default()
        }
    }

    /// Publishes these keys from now on.
    pub(crate) fn publish(&self, names: &[&str]) {
        *self.state.published.lock().unwrap() = names.iter().map(|&name| name.to_owned()).collect();
    }

    /// Answers nothing but errors from now on, or as it should.
    pub(crate) fn answers(&self, answers: bool) {
        self.state.answers.store(answers, Ordering::SeqCst);
    }

    /// How often the keys were asked for.
    pub(crate) fn fetched(&self) -> usize {
        self.state.fetched.load(Ordering::SeqCst)
    }

    /// The claims of a person's token of Keycloak.
    pub(crate) fn person(&self, sub: &str, roles: &[&str], institutions: &Value) -> Value {
        let now = clock::seconds();
        json!({
            "iss": self.realm(), "sub": sub, "aud": [AUDIENCE, "account"], "azp": "svarforslag-web",
            "exp": now + 300, "iat": now, "jti": "a-1", "typ": "Bearer", "sid": "s-1", "acr": "1",
            "scope": "openid profile", "name": "Anna Prøvesen", "preferred_username": "anna",
            "email": "anna@sam.example", "realm_access": { "roles": ["offline_access"] },
            "resource_access": { AUDIENCE: { "roles": roles }, "account": { "roles": ["view"] } },
            "institutions": institutions,
        })
    }

    /// The claims of a person's token of Entra.
    pub(crate) fn employee(&self, oid: &str, roles: &[&str], institutions: &Value) -> Value {
        let now = clock::seconds();
        json!({
            "ver": "2.0", "iss": self.directory(DIRECTORY), "tid": DIRECTORY, "oid": oid,
            "sub": "pairwise-of-this-application", "aud": AUDIENCE, "azp": "66666666-7777",
            "exp": now + 3600, "iat": now - 5, "nbf": now - 5, "scp": "brug", "roles": roles,
            "name": "Bo Prøvesen", "preferred_username": "bo@sam.example", "uti": "x", "rh": "y",
            "institutions": institutions,
        })
    }
}

async fn realm(State(served): State<Served>) -> Result<Json<Value>, StatusCode> {
    let issuer = format!("{}/realms/sam", served.base);
    told(&served, &issuer)
}

async fn directory(
    State(served): State<Served>,
    Part(tid): Part<String>,
) -> Result<Json<Value>, StatusCode> {
    let issuer = format!("{}/{tid}/v2.0", served.base);
    told(&served, &issuer)
}

fn told(served: &Served, issuer: &str) -> Result<Json<Value>, StatusCode> {
    if !served.answers.load(Ordering::SeqCst) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(json!({ "issuer": issuer, "jwks_uri": format!("{}/keys", served.base) })))
}

async fn keys(State(served): State<Served>) -> Result<Json<Value>, StatusCode> {
    served.fetched.fetch_add(1, Ordering::SeqCst);
    if !served.answers.load(Ordering::SeqCst) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let published = served.published.lock().unwrap().clone();
    let mut listed: Vec<Value> = published.iter().map(|name| public(name)).collect();
    // Keys for other purposes stand in real sets, too.
    listed.push(json!({ "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "for-others" }));
    Ok(Json(json!({ "keys": listed })))
}

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tokens");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// The public half of a key, as a set has it.
pub(crate) fn public(name: &str) -> Value {
    let set: Value = serde_json::from_str(&file("jwks.json")).unwrap();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().find(|key| key["kid"] == name).unwrap().clone()
}

/// The public half of `rs-1` as PEM, which is no secret.
pub(crate) fn public_pem() -> String {
    file("rs-1.public.pem")
}

fn private(name: &str) -> EncodingKey {
    let pem = file(&format!("{name}.pem"));
    let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let body: String = lines.take_while(|line| !line.starts_with("-----END")).collect();
    let der = STANDARD.decode(body).unwrap();
    if name.starts_with("rs") {
        EncodingKey::from_rsa_der(&der)
    } else {
        EncodingKey::from_ec_der(&der)
    }
}

/// Text as a part of a token.
pub(crate) fn encoded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The signature of a text under a key.
pub(crate) fn signature(signed: &str, key: &str, algorithm: Algorithm) -> String {
    jsonwebtoken::crypto::sign(signed.as_bytes(), &private(key), algorithm).unwrap()
}

/// A token of these parts, signed by that key.
pub(crate) fn signed(head: &str, claims: &str, key: &str) -> String {
    let signed = format!("{}.{}", encoded(head), encoded(claims));
    let algorithm = if key.starts_with("rs") { Algorithm::RS256 } else { Algorithm::ES256 };
    let signature = signature(&signed, key, algorithm);
    format!("{signed}.{signature}")
}

/// A token as it should be, signed by that key.
pub(crate) fn token(claims: &Value, key: &str) -> String {
    let algorithm = if key.starts_with("rs") { "RS256" } else { "ES256" };
    let head = json!({ "alg": algorithm, "typ": "JWT", "kid": key });
    signed(&head.to_string(), &claims.to_string(), key)
}
