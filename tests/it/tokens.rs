//! Tokens, keys and sessions: what holds, and the many ways in which something does not (P-AUTH-1).

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use svarforslag::access::{
    Access, Institutions, KeySettings, Mode, Principal, Reach, Refusal, Role, Settings, new_key,
};
use svarforslag::config::Config;
use svarforslag::http::Code;
use svarforslag::service::clock;

use crate::http::{Server, expect, logged};
use crate::issuer::{
    AUDIENCE, DIRECTORY, Issuer, encoded, public, public_pem, signature, signed, token,
};

/// An address that asks for a role.
const ADDRESS: &str = "/api/v1/documents";

/// A token, and why it does not hold.
type Wrong = (String, String, Refusal);

fn open(settings: &Settings) -> Access {
    assert_eq!(settings.impossible(), None);
    Access::open(settings, "127.0.0.1:8080".parse().unwrap()).unwrap()
}

async fn recognised(access: &Access, token: &str) -> Result<Principal, Refusal> {
    access.recognise(token, clock::seconds()).await
}

/// The claims of a caseworker of Banedanmark.
fn good(issuer: &Issuer) -> Value {
    issuer.person("8f7e", &["caseworker"], &json!(["Banedanmark"]))
}

fn these(names: &[&str]) -> Institutions {
    Institutions::These(names.iter().map(|&name| name.to_owned()).collect())
}

fn key(name: &str, roles: &[Role], expires: Option<&str>) -> (String, KeySettings) {
    let chance = *blake3::hash(name.as_bytes()).as_bytes();
    let made = new_key(chance);
    let settings = KeySettings {
        name: name.to_owned(),
        hash: made.hash,
        roles: roles.to_vec(),
        institutions: Reach::Names(vec!["Banedanmark".to_owned()]),
        expires: expires.map(str::to_owned),
    };
    (made.key, settings)
}

/// The good claims with one of them another, or gone.
fn but(issuer: &Issuer, name: &str, value: Option<Value>) -> String {
    let mut claims = good(issuer);
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().unwrap().remove(name)),
    }
    token(&claims, "rs-1")
}

fn claims_that_do_not_hold(issuer: &Issuer) -> Vec<Wrong> {
    use Refusal::{
        Audience, Claims, Expired, Issuer as OtherIssuer, Kind, NoAudience, NotYet, Overage,
        TooLong,
    };
    let (now, own) = (clock::seconds(), issuer.realm());
    let cases = [
        ("iss", None, OtherIssuer),
        ("iss", Some(json!("https://ondt.example/realms/sam")), OtherIssuer),
        ("iss", Some(json!(format!("{own}/"))), OtherIssuer),
        ("iss", Some(json!(format!("{own}2"))), OtherIssuer),
        ("iss", Some(json!(own.to_uppercase())), OtherIssuer),
        ("iss", Some(json!([own])), OtherIssuer),
        ("iss", Some(json!({ "iss": own })), OtherIssuer),
        ("aud", None, NoAudience),
        ("aud", Some(json!(null)), NoAudience),
        ("aud", Some(json!([])), NoAudience),
        ("aud", Some(json!("account")), Audience),
        ("aud", Some(json!(["account", "andet"])), Audience),
        ("aud", Some(json!("")), Audience),
        ("aud", Some(json!("Svarforslag")), Audience),
        ("aud", Some(json!("svarforslag ")), Audience),
        ("aud", Some(json!("svarforslag-test")), Audience),
        ("aud", Some(json!(7)), Claims),
        ("aud", Some(json!({ "svarforslag": true })), Claims),
        ("aud", Some(json!(["svarforslag", 7])), Claims),
        ("exp", None, Claims),
        ("exp", Some(json!(null)), Claims),
        ("exp", Some(json!(now - 61)), Expired),
        ("exp", Some(json!(0)), Expired),
        ("exp", Some(json!(-1)), Expired),
        ("exp", Some(json!((now + 300).to_string())), Claims),
        ("exp", Some(json!(1e18)), Claims),
        ("exp", Some(json!(u64::MAX)), Claims),
        ("exp", Some(json!(i64::MAX)), TooLong),
        ("exp", Some(json!(now + 30 * 86400)), TooLong),
        ("nbf", Some(json!(now + 300)), NotYet),
        ("nbf", Some(json!("0")), Claims),
        ("nbf", Some(json!(-5)), Claims),
        ("iat", Some(json!(now + 300)), NotYet),
        ("iat", Some(json!(i64::MAX)), NotYet),
        ("iat", Some(json!(-1)), Claims),
        ("iat", Some(json!([now])), Claims),
        ("typ", Some(json!("ID")), Kind),
        ("typ", Some(json!("Refresh")), Kind),
        ("typ", Some(json!("bearer")), Kind),
        ("typ", Some(json!(1)), Kind),
        ("cnf", Some(json!({ "x5t#S256": "abc" })), Kind),
        ("hasgroups", Some(json!(true)), Overage),
        ("hasgroups", Some(json!("true")), Overage),
        ("_claim_names", Some(json!({ "groups": "src1" })), Overage),
        ("_claim_sources", Some(json!({ "src1": {} })), Overage),
        ("sub", None, Claims),
        ("sub", Some(json!("")), Claims),
        ("sub", Some(json!(17)), Claims),
        ("sub", Some(json!("a b")), Claims),
        ("sub", Some(json!("anna\nadmin")), Claims),
        ("sub", Some(json!("bø")), Claims),
        ("sub", Some(json!("x".repeat(256))), Claims),
        ("roles", Some(json!(1)), Claims),
        ("roles", Some(json!([1])), Claims),
        ("roles", Some(json!({ "caseworker": true })), Claims),
        ("resource_access", Some(json!("caseworker")), Claims),
        ("resource_access", Some(json!({ AUDIENCE: ["caseworker"] })), Claims),
        ("resource_access", Some(json!({ AUDIENCE: { "roles": { "caseworker": 1 } } })), Claims),
        ("institutions", Some(json!(7)), Claims),
        ("institutions", Some(json!([null])), Claims),
        ("institutions", Some(json!({ "alle": true })), Claims),
    ];
    let wrong = |(name, value, why): (&str, Option<Value>, Refusal)| {
        (format!("{name} {value:?}"), but(issuer, name, value), why)
    };
    let mut wrong: Vec<Wrong> = cases.into_iter().map(wrong).collect();
    let raw = |text: &str| signed(r#"{"alg":"RS256","kid":"rs-1","typ":"JWT"}"#, text, "rs-1");
    let claims = good(issuer).to_string();
    let twice = |field: &str| claims.replacen('{', &format!("{{{field},"), 1);
    for (name, text) in [
        ("aud twice", twice(r#""aud":"svarforslag""#)),
        ("exp twice", twice(r#""exp":9"#)),
        ("iss twice, once escaped", twice(r#""\u0069ss":"x""#)),
        (
            "roles twice, deeper",
            claims.replacen("\"svarforslag\":{", "\"svarforslag\":{\"roles\":[],", 1),
        ),
        ("a list", "[]".to_owned()),
        ("a text", "\"svarforslag\"".to_owned()),
        ("nothing", String::new()),
        ("half", claims[..claims.len() / 2].to_owned()),
        ("more behind", format!("{claims}{{}}")),
        ("an empty object", "{}".to_owned()),
    ] {
        let why = if name == "nothing" { Refusal::Form } else { Refusal::Claims };
        let why = if name == "an empty object" { Refusal::Issuer } else { why };
        wrong.push((format!("claims: {name}"), raw(&text), why));
    }
    wrong
}

fn heads_that_do_not_hold(issuer: &Issuer) -> Vec<Wrong> {
    use Refusal::{Algorithm as Way, Form, Head, Signature, UnknownKey};
    let claims = good(issuer).to_string();
    let jwk = public("rs-foe");
    let cases: Vec<(Value, &str, Refusal)> = vec![
        (json!({ "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": "none", "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": null, "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": 256, "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": ["RS256"], "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": "rs256", "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": "RS256 ", "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": "RS1", "kid": "rs-1" }), "rs-1", Way),
        (json!({ "alg": "ES256K", "kid": "es-1" }), "es-1", Way),
        (json!({ "alg": "EdDSA", "kid": "es-1" }), "es-1", Way),
        (json!({ "alg": "RSA-OAEP", "kid": "for-others" }), "rs-1", Way),
        // The way of the one kind of key with the id of the other.
        (json!({ "alg": "RS256", "kid": "es-1" }), "rs-1", UnknownKey),
        (json!({ "alg": "ES256", "kid": "rs-1" }), "es-1", UnknownKey),
        (json!({ "alg": "RS256", "kid": "for-others" }), "rs-1", UnknownKey),
        (json!({ "alg": "RS256", "kid": "rs-2" }), "rs-2", UnknownKey),
        (json!({ "alg": "RS256", "kid": "RS-1" }), "rs-1", UnknownKey),
        (json!({ "alg": "RS256", "kid": "../../../dev/null" }), "rs-1", UnknownKey),
        (json!({ "alg": "RS256", "kid": "rs-1\u{0}" }), "rs-1", UnknownKey),
        (json!({ "alg": "RS256", "kid": "' OR '1'='1" }), "rs-1", UnknownKey),
        (json!({ "alg": "RS256", "kid": "https://ondt.example/key" }), "rs-1", UnknownKey),
        (json!({ "alg": "RS256", "kid": "rs-1; curl ondt.example" }), "rs-1", UnknownKey),
        (json!({ "alg": "RS256" }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "" }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": 1 }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": ["rs-1"] }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "k".repeat(5000) }), "rs-1", Head),
        // A head that brings or names a key of its own, whoever signed it.
        (json!({ "alg": "RS256", "kid": "rs-foe", "jwk": jwk }), "rs-foe", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "jwk": jwk }), "rs-foe", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "jwk": jwk }), "rs-1", Head),
        (
            json!({ "alg": "RS256", "kid": "rs-1", "jku": "https://ondt.example/jwks" }),
            "rs-foe",
            Head,
        ),
        (json!({ "alg": "RS256", "kid": "rs-1", "jku": issuer.realm() }), "rs-1", Head),
        (
            json!({ "alg": "RS256", "kid": "rs-1", "x5u": "https://ondt.example/crt" }),
            "rs-foe",
            Head,
        ),
        (json!({ "alg": "RS256", "kid": "rs-1", "x5c": ["MIIB"] }), "rs-foe", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "crit": ["exp"] }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "crit": [] }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "b64": false }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "zip": "DEF" }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "enc": "A128GCM" }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "cty": "JWT" }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "typ": "dpop+jwt" }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "typ": "logout+jwt" }), "rs-1", Head),
        (json!({ "alg": "RS256", "kid": "rs-1", "typ": 7 }), "rs-1", Head),
        // Signed by somebody else.
        (json!({ "alg": "RS256", "kid": "rs-1" }), "rs-foe", Signature),
        (json!({ "alg": "RS256", "kid": "rs-1" }), "rs-2", Signature),
        (json!({ "alg": "ES256", "kid": "es-1" }), "es-foe", Signature),
        (json!({ "alg": "RS256", "kid": "rs-1" }), "es-1", Signature),
        (json!({ "alg": "ES256", "kid": "es-1" }), "rs-1", Signature),
    ];
    let wrong = |(head, key, why): (Value, &str, Refusal)| {
        let shown: String = head.to_string().chars().take(80).collect();
        (format!("head {shown} by {key}"), signed(&head.to_string(), &claims, key), why)
    };
    let mut wrong: Vec<Wrong> = cases.into_iter().map(wrong).collect();
    for head in [r#"{"alg":"RS256","alg":"none","kid":"rs-1"}"#, "{", "[]", "\u{feff}{}", "null"] {
        wrong.push((format!("head {head}"), signed(head, &claims, "rs-1"), Form));
    }
    for way in ["None", "NONE", "nOnE", ""] {
        let head = json!({ "alg": way, "kid": "rs-1" }).to_string();
        let text = format!("{}.{}.", encoded(&head), encoded(&claims));
        wrong.push((format!("alg {way}, unsigned"), text, Way));
    }
    wrong
}

/// Other ways of signing, with the right key, or with what everybody knows of it as a secret.
fn signed_in_other_ways(issuer: &Issuer) -> Vec<Wrong> {
    let claims = good(issuer).to_string();
    let parts = |way: &str| {
        let head = json!({ "alg": way, "kid": "rs-1", "typ": "JWT" }).to_string();
        format!("{}.{}", encoded(head), encoded(&claims))
    };
    let mut wrong = Vec::new();
    for (name, way) in [
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
        ("PS256", Algorithm::PS256),
        ("PS512", Algorithm::PS512),
    ] {
        let text = parts(name);
        let text = format!("{text}.{}", signature(&text, "rs-1", way));
        wrong.push((format!("the right key by {name}"), text, Refusal::Algorithm));
    }
    // Truly PSS, but said to be RS256.
    let text = parts("RS256");
    let text = format!("{text}.{}", signature(&text, "rs-1", Algorithm::PS256));
    wrong.push(("PS256 said to be RS256".to_owned(), text, Refusal::Signature));
    let modulus = public("rs-1")["n"].as_str().unwrap().to_owned();
    for (secret, name) in [
        (public_pem(), "PEM"),
        (public_pem().trim_end().to_owned(), "PEM without its last line"),
        (modulus, "modulus"),
        (public("rs-1").to_string(), "JWK"),
        (String::new(), "nothing"),
    ] {
        for (way, algorithm) in [("HS256", Algorithm::HS256), ("HS512", Algorithm::HS512)] {
            let text = parts(way);
            let key = EncodingKey::from_secret(secret.as_bytes());
            let by = jsonwebtoken::crypto::sign(text.as_bytes(), &key, algorithm).unwrap();
            let name = format!("{way} with the public key as {name}");
            wrong.push((name, format!("{text}.{by}"), Refusal::Algorithm));
        }
        let text = parts("RS256");
        let key = EncodingKey::from_secret(secret.as_bytes());
        let by = jsonwebtoken::crypto::sign(text.as_bytes(), &key, Algorithm::HS256).unwrap();
        let name = format!("HS256 said to be RS256, {name}");
        wrong.push((name, format!("{text}.{by}"), Refusal::Signature));
    }
    wrong
}

/// A good token that was changed on the way.
fn changed_on_the_way(issuer: &Issuer) -> Vec<Wrong> {
    use Refusal::{Form, Signature};
    let whole = token(&good(issuer), "rs-1");
    let other = token(&issuer.person("77", &["caseworker"], &json!([])), "rs-1");
    let parts: Vec<&str> = whole.split('.').collect();
    let [head, claims, by] = [parts[0], parts[1], parts[2]];
    let more = good(issuer).to_string().replace("caseworker", "approver");
    let flipped: String = {
        let mut letters: Vec<char> = by.chars().collect();
        letters[20] = if letters[20] == 'A' { 'B' } else { 'A' };
        letters.into_iter().collect()
    };
    let curve = token(&good(issuer), "es-1");
    let (curve, curve_by) = curve.rsplit_once('.').unwrap();
    // The same signature in the other form that ECDSA knows, cut to the same length.
    let der = STANDARD.encode([0x30, 0x44]).replace('=', "") + &curve_by[..83];
    let changed = [
        ("other claims", format!("{head}.{}.{by}", encoded(more)), Signature),
        (
            "another's claims",
            format!("{head}.{}.{by}", other.split('.').nth(1).unwrap()),
            Signature,
        ),
        (
            "another's signature",
            format!("{head}.{claims}.{}", other.rsplit_once('.').unwrap().1),
            Signature,
        ),
        ("a letter of the signature", format!("{head}.{claims}.{flipped}"), Signature),
        ("no signature", format!("{head}.{claims}."), Signature),
        ("half a signature", format!("{head}.{claims}.{}", &by[..by.len() / 2]), Signature),
        ("a signature of zeros", format!("{curve}.{}", encoded([0; 64])), Signature),
        ("a signature of ones", format!("{curve}.{}", encoded([0xff; 64])), Signature),
        ("an empty signature by a curve", format!("{curve}."), Signature),
        ("DER by a curve", format!("{curve}.{der}"), Signature),
        ("a filled signature", format!("{head}.{claims}.{by}=="), Signature),
        ("filled claims", format!("{head}.{claims}=.{by}"), Signature),
        ("one part", head.to_owned(), Form),
        ("two parts", format!("{head}.{claims}"), Form),
        ("four parts", format!("{whole}.{by}"), Form),
        ("five parts (JWE)", format!("{head}.{claims}.{by}.{claims}.{by}"), Form),
        ("a dot before", format!(".{whole}"), Form),
        ("a dot behind", format!("{whole}."), Form),
        ("two dots", "..".to_owned(), Form),
        ("no head", format!(".{claims}.{by}"), Form),
        ("no claims", format!("{head}..{by}"), Form),
        ("the beginning", whole[..whole.len() / 2].to_owned(), Form),
        ("twice", format!("{whole}{whole}"), Form),
        ("a head that is no base64", format!("e!{head}.{claims}.{by}"), Form),
        ("upper case", whole.to_uppercase(), Form),
        (
            "a token in a token",
            signed(r#"{"alg":"RS256","kid":"rs-1"}"#, &json!(whole).to_string(), "rs-1"),
            Refusal::Claims,
        ),
        ("more than is read", format!("{head}.{}.{by}", "A".repeat(20_000)), Form),
        ("a mail address", "anna@sam.example".to_owned(), Form),
        ("a name and a password", STANDARD.encode("anna:hemmelig"), Form),
    ];
    changed.into_iter().map(|(name, text, why)| (name.to_owned(), text, why)).collect()
}

/// What looks like a key or a session.
fn look_alikes(held: &str, old: &str, hash: &str) -> Vec<Wrong> {
    let wrong = [
        ("a key that nobody has", format!("svf_{}", encoded([7; 32])), Refusal::Key),
        ("the mark of a key", "svf_".to_owned(), Refusal::Key),
        ("a key and a letter", format!("{held}A"), Refusal::Key),
        ("a key without its end", held[..held.len() - 1].to_owned(), Refusal::Key),
        ("a key that is filled", format!("{held}="), Refusal::Key),
        ("a key in lower case", held.to_lowercase(), Refusal::Key),
        ("a key without its mark", held.replacen("svf_", "", 1), Refusal::Form),
        ("a key with the mark of a session", held.replacen("svf_", "svs_", 1), Refusal::Session),
        ("the hash of a key", hash.to_owned(), Refusal::Form),
        ("the hash with the mark of a key", hash.replacen("blake3:", "svf_", 1), Refusal::Key),
        ("a key whose day is past", old.to_owned(), Refusal::Expired),
        ("a session that nobody has", format!("svs_{}", encoded([7; 32])), Refusal::Session),
        ("the mark of a session", "svs_".to_owned(), Refusal::Session),
        ("the name of a key", "p360".to_owned(), Refusal::Form),
    ];
    wrong.into_iter().map(|(name, text, why)| (name.to_owned(), text, why)).collect()
}

/// Headers that show nothing that could be read, though the token in them may be good.
fn headers(held: &str) -> Vec<(String, Vec<Vec<u8>>)> {
    let one = |text: String| vec![text.into_bytes()];
    let bearer = format!("Bearer {held}");
    vec![
        ("empty".to_owned(), one(String::new())),
        ("no scheme".to_owned(), one(held.to_owned())),
        ("no token".to_owned(), one("Bearer".to_owned())),
        ("Basic".to_owned(), one(format!("Basic {}", STANDARD.encode("anna:hemmelig")))),
        ("Basic with a token".to_owned(), one(format!("Basic {held}"))),
        ("Token".to_owned(), one(format!("Token {held}"))),
        ("DPoP".to_owned(), one(format!("DPoP {held}"))),
        ("Negotiate".to_owned(), one(format!("Negotiate {held}"))),
        ("Bearer:".to_owned(), one(format!("Bearer: {held}"))),
        ("Bearer=".to_owned(), one(format!("Bearer={held}"))),
        ("Bearers".to_owned(), one(format!("Bearers {held}"))),
        ("quoted".to_owned(), one(format!("Bearer \"{held}\""))),
        ("two spaces".to_owned(), one(format!("Bearer  {held}"))),
        ("a tab".to_owned(), one(format!("Bearer\t{held}"))),
        ("a space within".to_owned(), one(format!("Bearer {} {}", &held[..50], &held[50..]))),
        ("more behind".to_owned(), one(format!("{bearer} x"))),
        ("a comma".to_owned(), one(format!("{bearer}, {bearer}"))),
        ("parameters".to_owned(), one(format!("Bearer token=\"{held}\""))),
        ("two the same".to_owned(), vec![bearer.clone().into_bytes(), bearer.clone().into_bytes()]),
        (
            "a good one and Basic".to_owned(),
            vec![bearer.clone().into_bytes(), b"Basic YTpi".to_vec()],
        ),
        ("Basic and a good one".to_owned(), vec![b"Basic YTpi".to_vec(), bearer.into_bytes()]),
        ("no ASCII".to_owned(), one(format!("Bearer {held}ø"))),
        (
            "no text".to_owned(),
            vec![[b"Bearer ".as_slice(), held.as_bytes(), b"\xff\xfe"].concat()],
        ),
        ("a huge one".to_owned(), one(format!("Bearer {}", "A".repeat(40_000)))),
        ("bearer, and a bad token".to_owned(), one(format!("bearer {held}x"))),
    ]
}

/// Who a request says it is, where nobody is believed.
const CLAIMED: [(&str, &str); 8] = [
    ("x-forwarded-user", "anna"),
    ("x-remote-user", "anna"),
    ("remote-user", "anna"),
    ("x-ms-client-principal", "eyJyb2xlcyI6WyJjYXNld29ya2VyIl19"),
    ("x-forwarded-access-token", "svf_x"),
    ("proxy-authorization", "Bearer svf_x"),
    ("cookie", "session=svs_x; Authorization=Bearer svs_x"),
    ("x-authorization", "Bearer svf_x"),
];

async fn asked(server: &Server, values: &[Vec<u8>]) -> reqwest::Response {
    let mut request = server.client.get(server.url(ADDRESS)).header("x-request-id", "den-samme");
    for value in values {
        request = request.header("authorization", HeaderValue::from_bytes(value).unwrap());
    }
    request.send().await.unwrap()
}

/// The status, what is said of it in the headers, and the whole body.
async fn whole(response: reqwest::Response) -> (u16, Vec<String>, String) {
    let headers = ["www-authenticate", "content-type", "content-length"];
    let header = |name| format!("{:?}", response.headers().get(name));
    let (status, headers) = (response.status().as_u16(), headers.map(header).to_vec());
    (status, headers, response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_does_not_hold_gets_the_same_answer() {
    let issuer = Issuer::new().await;
    let (held, own) = key("p360", &[Role::Caseworker], Some("2999-12-31"));
    let (old, past) = key("gammel", &[Role::Caseworker], Some("2020-01-01"));
    let hash = own.hash.clone();
    let access = Settings { keys: vec![own, past], ..issuer.keycloak() };
    let door = open(&access);
    let mut wrong = claims_that_do_not_hold(&issuer);
    wrong.extend(heads_that_do_not_hold(&issuer));
    wrong.extend(signed_in_other_ways(&issuer));
    wrong.extend(changed_on_the_way(&issuer));
    wrong.extend(look_alikes(&held, &old, &hash));
    let names: BTreeSet<&str> = wrong.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names.len(), wrong.len(), "each is another");

    let data = crate::http::indexed();
    let server = Server::of(Config { data, access, ..Config::default() }).await;
    let good = token(&good(&issuer), "rs-1");
    let bearer = |text: &str| vec![format!("Bearer {text}").into_bytes()];
    for text in [&good, &held] {
        assert_eq!(asked(&server, &bearer(text)).await.status(), 200, "the good ones are good");
    }
    let nothing = whole(asked(&server, &[]).await).await;
    assert_eq!((nothing.0, nothing.1[0].as_str()), (401, "Some(\"Bearer\")"), "{nothing:?}");
    assert!(nothing.2.contains("\"unauthorized\""), "{}", nothing.2);

    let mut count = 0;
    for (name, text, why) in &wrong {
        assert_eq!(recognised(&door, text).await.unwrap_err(), *why, "{name}");
        // A line in a token cannot be sent at all.
        assert_eq!(whole(asked(&server, &bearer(text)).await).await, nothing, "{name}");
        count += 1;
    }
    for (name, values) in headers(&good) {
        assert_eq!(whole(asked(&server, &values).await).await, nothing, "{name}");
        count += 1;
    }
    for (name, value) in CLAIMED {
        let request = server.client.get(server.url(ADDRESS)).header(name, value);
        let request = request.header("x-request-id", "den-samme");
        assert_eq!(whole(request.send().await.unwrap()).await, nothing, "{name}");
        count += 1;
    }
    assert_eq!(asked(&server, &bearer(&good)).await.status(), 200, "and still are");
    let reasons: BTreeSet<Refusal> = wrong.iter().map(|(.., why)| *why).collect();
    println!(
        "{count} kinds of wrong tokens, keys and headers, {} reasons: all 401 with one body",
        reasons.len()
    );
    assert!(count >= 60);

    // The log says why, and nothing of what was shown.
    let own: Vec<String> = logged()
        .lines()
        .filter(|line| line.contains("\"target\":\"svarforslag"))
        .map(str::to_owned)
        .collect();
    for reason in reasons {
        let said = format!("\"reason\":\"{}\"", reason.word());
        assert!(own.iter().any(|line| line.contains(&said)), "{said}");
    }
    assert!(
        own.iter().any(|line| line.contains("Included Custom Audience")),
        "the mapper is named"
    );
    let parts: Vec<&str> = good.split('.').chain([held.as_str(), old.as_str()]).collect();
    for line in &own {
        assert!(!parts.iter().any(|part| line.contains(part)), "{line}");
        assert!(!line.contains("Anna Prøvesen"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_keycloak_is_its_person_with_roles_and_institutions() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.keycloak());
    for key in ["rs-1", "es-1"] {
        let claims = issuer.person("8f7e", &["caseworker", "approver", "uma"], &json!(["A", "B"]));
        let found = recognised(&access, &token(&claims, key)).await.unwrap();
        let person = found.person().expect("a person");
        assert_eq!(person.id(), format!("{}#8f7e", issuer.realm()));
        assert_eq!((person.name(), found.sign_on()), ("Anna Prøvesen", "oidc"));
        assert!(found.has(Role::Caseworker) && found.has(Role::Approver));
        assert!(!found.has(Role::SourceOwner) && !found.has(Role::Operator));
        assert_eq!(*found.institutions(), these(&["A", "B"]));
        assert!(found.acts_for(Some("A")) && !found.acts_for(Some("C")));
    }
    // Another mail address and another name are the same person.
    let mut renamed = good(&issuer);
    renamed["email"] = json!("ny@sam.example");
    renamed["name"] = json!("Anna Eksempelsen");
    let again = recognised(&access, &token(&renamed, "rs-1")).await.unwrap();
    assert_eq!(again.id(), format!("{}#8f7e", issuer.realm()));
    // Roles of the realm and of other clients are none of ours.
    let mut elsewhere = issuer.person("1", &[], &json!([]));
    elsewhere["realm_access"]["roles"] = json!(["caseworker"]);
    elsewhere["resource_access"]["account"]["roles"] = json!(["caseworker"]);
    let none = recognised(&access, &token(&elsewhere, "rs-1")).await.unwrap();
    assert!(Role::ALL.iter().all(|role| !none.has(*role)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_entra_is_its_person_with_roles_and_institutions() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.entra());
    let claims = issuer.employee("0a-1b", &["source_owner", "Andet.Alt"], &json!("alle"));
    let found = recognised(&access, &token(&claims, "rs-1")).await.unwrap();
    assert_eq!(found.id(), format!("{DIRECTORY}/0a-1b"));
    assert_eq!(found.person().unwrap().name(), "Bo Prøvesen");
    assert!(found.has(Role::SourceOwner) && !found.has(Role::Caseworker));
    assert_eq!(*found.institutions(), Institutions::Every);

    let foreign = "99999999-2222-3333-4444-555555555555";
    let cases = [
        (json!({ "tid": foreign }), Refusal::Directory),
        (json!({ "tid": foreign, "iss": issuer.directory(foreign) }), Refusal::Directory),
        (json!({ "iss": issuer.directory(foreign) }), Refusal::Issuer),
        (json!({ "iss": issuer.directory("{tid}") }), Refusal::Issuer),
        (json!({ "iss": format!("https://sts.windows.net/{DIRECTORY}/") }), Refusal::Issuer),
        (json!({ "tid": null }), Refusal::Directory),
        (json!({ "tid": [DIRECTORY] }), Refusal::Directory),
        (json!({ "tid": "" }), Refusal::Directory),
        (json!({ "oid": null }), Refusal::Claims),
        (json!({ "oid": "" }), Refusal::Claims),
        (json!({ "_claim_names": { "groups": "src1" } }), Refusal::Overage),
        (json!({ "hasgroups": true }), Refusal::Overage),
    ];
    let n = cases.len();
    for (change, why) in cases {
        let mut claims = issuer.employee("0a-1b", &["caseworker"], &json!([]));
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        assert_eq!(
            recognised(&access, &token(&claims, "rs-1")).await.unwrap_err(),
            why,
            "{change}"
        );
    }
    println!("{n} wrong tokens of Entra, each refused for its own reason");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_a_program_got_for_itself_is_no_person() {
    let issuer = Issuer::new().await;
    let (keycloak, entra) = (open(&issuer.keycloak()), open(&issuer.entra()));
    for change in [
        json!({ "preferred_username": "service-account-p360" }),
        json!({ "client_id": "8f7e" }),
        json!({ "sid": null }),
        json!({ "idtyp": "app" }),
        json!({ "gty": "client-credentials" }),
    ] {
        let mut claims = good(&issuer);
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let found = recognised(&keycloak, &token(&claims, "rs-1")).await.unwrap();
        assert!(matches!(found, Principal::Program(_)), "{change}");
        assert_eq!((found.id(), found.has(Role::Caseworker)), ("svarforslag-web", true));
    }
    for change in [json!({ "scp": null }), json!({ "idtyp": "app" })] {
        let mut claims = issuer.employee("0a", &["approver"], &json!([]));
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let found = recognised(&entra, &token(&claims, "rs-1")).await.unwrap();
        assert!(found.person().is_none(), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_claim_there_are_no_institutions_and_only_one_word_means_every() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.keycloak());
    for (claim, expected) in [
        (None, these(&[])),
        (Some(json!([])), these(&[])),
        (Some(json!("Banedanmark")), these(&["Banedanmark"])),
        (Some(json!(["Alle", "all", "*", ""])), these(&["", "*", "Alle", "all"])),
        (Some(json!("alle")), Institutions::Every),
        (Some(json!(["alle"])), Institutions::Every),
    ] {
        let found = recognised(&access, &but(&issuer, "institutions", claim)).await.unwrap();
        assert_eq!(*found.institutions(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_roles_and_levels_of_assurance_are_those_of_the_settings() {
    let issuer = Issuer::new().await;
    let mut settings = issuer.keycloak();
    settings.roles.caseworker = "Sagsbehandler".to_owned();
    settings.levels = "substantial, high".to_owned();
    let access = open(&settings);
    let mut claims = issuer.person("1", &["Sagsbehandler", "caseworker"], &json!([]));
    claims["acr"] = json!("high");
    let found = recognised(&access, &token(&claims, "rs-1")).await.unwrap();
    assert!(found.has(Role::Caseworker));
    claims["resource_access"][AUDIENCE]["roles"] = json!(["caseworker"]);
    let found = recognised(&access, &token(&claims, "rs-1")).await.unwrap();
    assert!(!found.has(Role::Caseworker), "the old name means nothing");
    for level in [json!("low"), json!(null), json!(1), json!("substantial, high")] {
        claims["acr"] = level;
        let weak = recognised(&access, &token(&claims, "rs-1")).await;
        assert_eq!(weak.unwrap_err(), Refusal::Level);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_may_differ_by_a_minute_and_no_more() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.keycloak());
    let now = 1_800_000_000;
    let times = |exp: i64, begins: i64| {
        let mut claims = good(&issuer);
        (claims["exp"], claims["nbf"], claims["iat"]) = (json!(exp), json!(begins), json!(begins));
        token(&claims, "rs-1")
    };
    for (exp, begins, expected) in [
        (now - 59, now - 400, None),
        (now - 60, now - 400, Some(Refusal::Expired)),
        (now + 300, now + 60, None),
        (now + 300, now + 61, Some(Refusal::NotYet)),
        (now + 48 * 3600, now, None),
        (now + 48 * 3600 + 1, now, Some(Refusal::TooLong)),
    ] {
        let found = access.recognise(&times(exp, begins), now).await;
        assert_eq!(found.err(), expected, "exp {}, nbf {}", exp - now, begins - now);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_change_are_fetched_again_and_old_ones_are_refused() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.keycloak());
    let now = clock::seconds();
    let (old, new) = (token(&good(&issuer), "rs-1"), token(&good(&issuer), "rs-2"));
    for _ in 0..20 {
        assert!(access.recognise(&old, now).await.is_ok());
    }
    assert_eq!(issuer.fetched(), 1, "the keys are kept");
    // A made-up key is not worth another request so soon.
    for at in 0..20 {
        let foreign = access.recognise(&new, now + at).await;
        assert_eq!(foreign.unwrap_err(), Refusal::UnknownKey);
    }
    assert_eq!(issuer.fetched(), 1);
    issuer.publish(&["rs-2"]);
    assert_eq!(access.recognise(&new, now + 29).await.unwrap_err(), Refusal::UnknownKey);
    assert!(access.recognise(&new, now + 30).await.is_ok(), "the new key is found");
    assert_eq!(issuer.fetched(), 2);
    assert_eq!(access.recognise(&old, now + 31).await.unwrap_err(), Refusal::UnknownKey);
    for at in 0..300 {
        let _ = access.recognise(&old, now + 31 + at).await;
    }
    assert!(issuer.fetched() <= 2 + 11, "{} in 300 s of an unknown key", issuer.fetched());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_key_is_gone_after_an_hour_at_the_latest() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.keycloak());
    let now = clock::seconds();
    let mut claims = good(&issuer);
    claims["exp"] = json!(now + 7200);
    let held = token(&claims, "rs-1");
    assert!(access.recognise(&held, now).await.is_ok());
    issuer.publish(&["rs-2"]);
    assert!(access.recognise(&held, now + 599).await.is_ok());
    assert_eq!(access.recognise(&held, now + 3600).await.unwrap_err(), Refusal::UnknownKey);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_fetched_again_beside_the_requests() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.keycloak());
    let now = clock::seconds();
    let held = but(&issuer, "exp", Some(json!(now + 5000)));
    assert!(access.recognise(&held, now).await.is_ok());
    issuer.publish(&["rs-2"]);
    // The request that finds them old does not wait for new ones.
    assert!(access.recognise(&held, now + 600).await.is_ok());
    let started = std::time::Instant::now();
    while access.recognise(&held, now + 600).await.is_ok() {
        assert!(started.elapsed().as_secs() < 20, "the withdrawn key still holds");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_cannot_be_reached_is_told_and_kept_keys_go_on() {
    let issuer = Issuer::new().await;
    let access = open(&issuer.keycloak());
    let now = clock::seconds();
    let day = 24 * 3600;
    let long = |key: &str| {
        let mut claims = good(&issuer);
        claims["exp"] = json!(now + 2 * day - 60);
        token(&claims, key)
    };
    issuer.answers(false);
    assert_eq!(access.recognise(&long("rs-1"), now).await.unwrap_err(), Refusal::Unreachable);
    issuer.answers(true);
    let soon = access.recognise(&long("rs-1"), now + 1).await;
    assert_eq!(soon.unwrap_err(), Refusal::Unreachable, "it is not asked all the time");
    assert!(access.recognise(&long("rs-1"), now + 30).await.is_ok());
    issuer.answers(false);
    for later in [60, 700, 4000, day] {
        assert!(access.recognise(&long("rs-1"), now + later).await.is_ok(), "{later}");
    }
    let unknown = access.recognise(&long("rs-2"), now + day).await;
    assert_eq!(unknown.unwrap_err(), Refusal::Unreachable, "whether it holds cannot be told");
    let stale = access.recognise(&long("rs-1"), now + day + 30).await;
    assert_eq!(stale.unwrap_err(), Refusal::Unreachable, "not for ever");

    let config =
        Config { data: crate::http::indexed(), access: issuer.keycloak(), ..Config::default() };
    let server = Server::of(config).await;
    let get = |path: &str| server.client.get(server.url(path)).bearer_auth(long("rs-1")).send();
    expect(get(ADDRESS).await.unwrap(), Code::SignOnUnavailable).await;
    // Whether the program lives does not hang on the issuer.
    assert_eq!(get("/health/live").await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_calls_itself_something_else_is_not_believed() {
    let issuer = Issuer::new().await;
    let mut settings = issuer.keycloak();
    // The same place by another name: what its tokens say would not be what the settings say.
    settings.issuer = settings.issuer.replace("127.0.0.1", "localhost");
    let access = open(&settings);
    let mut claims = good(&issuer);
    claims["iss"] = json!(settings.issuer);
    let held = token(&claims, "rs-1");
    assert_eq!(recognised(&access, &held).await.unwrap_err(), Refusal::Unreachable);
    // Where the keys lie may be said in the settings; then nothing is asked of the issuer.
    settings.jwks_url = format!("{}/keys", issuer.realm().replace("/realms/sam", ""));
    assert!(recognised(&open(&settings), &held).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_a_program_until_its_day_is_past() {
    let (held, own) = key("p360", &[Role::Caseworker, Role::Approver], Some("2026-03-31"));
    let access = open(&Settings { keys: vec![own], ..Settings::default() });
    assert_eq!(access.mode(), Mode::Local);
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    // Denmark is two hours before Greenwich by then.
    let found = access.recognise(&held, at("2026-03-31T21:59:59Z")).await.unwrap();
    assert!(matches!(found, Principal::Program(_)) && found.person().is_none());
    assert_eq!((found.id(), found.sign_on()), ("p360", "key"));
    assert!(found.has(Role::Approver) && found.acts_for(Some("Banedanmark")));
    assert!(!found.acts_for(Some("Ankestyrelsen")));
    let late = access.recognise(&held, at("2026-03-31T22:00:00Z")).await;
    assert_eq!(late.unwrap_err(), Refusal::Expired);
}
