//! Tokens of the organisation's own sign-on (OIDC), read by the conventions of Entra and Keycloak.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::access::key_set::KeySet;
use crate::access::settings::{DIRECTORY_MARK, EVERY, Settings, listed};
use crate::access::token::Token;
use crate::access::{Error, Institutions, Person, Principal, Program, Refusal, Role, SignOn};

/// Seconds by which the clocks of issuer and service may differ.
const SKEW_SECONDS: i64 = 60;
/// Seconds for which a token may hold: Entra's longest are 28 hours.
const LIFE_SECONDS_MAX: i64 = 48 * 3600;
/// Characters of what names a caller (OpenID Connect Core, section 2).
const SUBJECT_CHARS_MAX: usize = 255;
/// Characters of a name that is shown.
const NAME_CHARS_MAX: usize = 200;
/// Institutions that one token may name.
const INSTITUTIONS_MAX: usize = 2000;
/// What the names of Keycloak's service accounts begin with.
const SERVICE_ACCOUNT: &str = "service-account-";

type Claims = Map<String, Value>;

/// Who issues tokens, and what holds for them.
pub(crate) struct Issuer {
    settings: Settings,
    keys: KeySet,
}

impl Issuer {
    /// The issuer that the settings name.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { settings: settings.clone(), keys: KeySet::new(settings)? })
    }

    /// Whose token it is, if it holds now.
    pub(crate) async fn recognise(&self, text: &str, now: i64) -> Result<Principal, Refusal> {
        let token = Token::read(text)?;
        let key = self.keys.find(&token.key_id, token.algorithm, now).await?;
        self.principal(&token.claims(&key)?, now)
    }

    /// Who the claims speak of; they are the issuer's own words.
    fn principal(&self, claims: &Claims, now: i64) -> Result<Principal, Refusal> {
        let directory = self.check_issuer(claims)?;
        self.check_audience(claims)?;
        check_times(claims, now)?;
        check_kind(claims)?;
        self.check_level(claims)?;
        let roles = self.roles(claims)?;
        let institutions = self.institutions(claims)?;
        if is_program(claims, directory.is_some()) {
            let named = ["azp", "appid", "client_id"].iter().find_map(|name| text(claims, name));
            let name = named.or_else(|| text(claims, "sub")).ok_or(Refusal::Claims)?;
            return Ok(Principal::Program(Program::new(plain(name)?, roles, institutions)));
        }
        let id = if let Some(directory) = directory {
            // What Entra puts in `sub` differs from one application to the next.
            format!("{directory}/{}", plain(text(claims, "oid").ok_or(Refusal::Claims)?)?)
        } else {
            let subject = plain(text(claims, "sub").ok_or(Refusal::Claims)?)?;
            format!("{}#{subject}", self.settings.issuer)
        };
        let shown = ["name", "preferred_username"].iter().find_map(|name| text(claims, name));
        let shown = shown.unwrap_or(&id).chars().filter(|c| !c.is_control());
        let name = shown.take(NAME_CHARS_MAX).collect();
        let person = Person::new(id, name, SignOn::Oidc, roles, institutions);
        Ok(Principal::Person(person))
    }

    /// The directory, where the issuer has several or tokens of some of them alone hold.
    fn check_issuer<'a>(&self, claims: &'a Claims) -> Result<Option<&'a str>, Refusal> {
        let issuer = text(claims, "iss").ok_or(Refusal::Issuer)?;
        let directory = text(claims, "tid").unwrap_or_default();
        let restricted = self.settings.directories().next().is_some();
        if restricted && !self.settings.directories().any(|known| known == directory) {
            return Err(Refusal::Directory);
        }
        // Without a list the mark cannot stand there: the settings refuse it.
        let expected = self.settings.issuer.replace(DIRECTORY_MARK, directory);
        if issuer != expected {
            return Err(Refusal::Issuer);
        }
        Ok(restricted.then_some(directory))
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), Refusal> {
        let own = self.settings.audience.as_str();
        match claims.get("aud") {
            None | Some(Value::Null) => Err(Refusal::NoAudience),
            Some(Value::Array(named)) if named.is_empty() => Err(Refusal::NoAudience),
            Some(Value::String(named)) if named == own => Ok(()),
            Some(Value::Array(named)) if named.iter().all(Value::is_string) => {
                let ours = named.iter().any(|named| named == own);
                if ours { Ok(()) } else { Err(Refusal::Audience) }
            }
            Some(Value::String(_)) => Err(Refusal::Audience),
            Some(_) => Err(Refusal::Claims),
        }
    }

    fn check_level(&self, claims: &Claims) -> Result<(), Refusal> {
        let mut enough = listed(&self.settings.levels).peekable();
        if enough.peek().is_none() {
            return Ok(());
        }
        let level = text(claims, "acr").ok_or(Refusal::Level)?;
        if enough.any(|known| known == level) { Ok(()) } else { Err(Refusal::Level) }
    }

    /// The roles that are known; names of others are passed over.
    fn roles(&self, claims: &Claims) -> Result<BTreeSet<Role>, Refusal> {
        let mut names = words(claims.get("roles"))?;
        if !self.settings.client.is_empty() {
            let object = |value: &Value| match value {
                Value::Object(fields) => Ok(fields.clone()),
                _ => Err(Refusal::Claims),
            };
            let clients = claims.get("resource_access").map(object).transpose()?;
            let client = clients.and_then(|clients| clients.get(&self.settings.client).cloned());
            let client = client.as_ref().map(object).transpose()?;
            names.extend(words(client.as_ref().and_then(|client| client.get("roles")))?);
        }
        Ok(names.iter().filter_map(|name| self.settings.roles.role(name)).collect())
    }

    /// The institutions that the claim names; without it there are none.
    fn institutions(&self, claims: &Claims) -> Result<Institutions, Refusal> {
        let names = words(claims.get(&self.settings.institutions_claim))?;
        if names.len() > INSTITUTIONS_MAX {
            return Err(Refusal::Claims);
        }
        if names.iter().any(|name| name == EVERY) {
            return Ok(Institutions::Every);
        }
        Ok(Institutions::These(names.into_iter().collect()))
    }
}

fn check_times(claims: &Claims, now: i64) -> Result<(), Refusal> {
    let whole = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(Refusal::Claims),
    };
    let expires = whole("exp")?.ok_or(Refusal::Claims)?;
    let begins = [whole("nbf")?, whole("iat")?];
    if now >= expires.saturating_add(SKEW_SECONDS) {
        return Err(Refusal::Expired);
    }
    if begins.iter().flatten().any(|begins| *begins > now.saturating_add(SKEW_SECONDS)) {
        return Err(Refusal::NotYet);
    }
    if begins.iter().flatten().any(|begins| *begins < 0) {
        return Err(Refusal::Claims);
    }
    let long = expires.saturating_sub(now) > LIFE_SECONDS_MAX;
    if long { Err(Refusal::TooLong) } else { Ok(()) }
}

/// Whether it is a token to call with, and says itself what its bearer may do.
fn check_kind(claims: &Claims) -> Result<(), Refusal> {
    // Keycloak names the kind: `ID`, `Refresh`, `Offline`, `Logout`, `DPoP`.
    let kind = claims.get("typ").is_none_or(|kind| kind == "Bearer");
    // A token bound to a proof (mTLS, DPoP) is worth nothing without it, and none is asked for.
    if !kind || claims.contains_key("cnf") {
        return Err(Refusal::Kind);
    }
    let many = claims.get("hasgroups").is_some_and(|value| *value != Value::Bool(false));
    if many || claims.contains_key("_claim_names") || claims.contains_key("_claim_sources") {
        return Err(Refusal::Overage);
    }
    Ok(())
}

/// Whether a program asked for the token on its own behalf. In doubt it is one: a program decides
/// nothing, and a person who is taken for one is told so.
fn is_program(claims: &Claims, entra: bool) -> bool {
    if text(claims, "idtyp") == Some("app") || text(claims, "gty") == Some("client-credentials") {
        return true;
    }
    if entra {
        // Whoever acts for a person has been given scopes; programs have roles alone.
        return text(claims, "scp").is_none() || text(claims, "idtyp") == Some("device");
    }
    let account = text(claims, "preferred_username");
    let account = account.is_some_and(|name| name.starts_with(SERVICE_ACCOUNT));
    let itself = text(claims, "sub");
    let itself = itself.is_some() && itself == text(claims, "client_id");
    // A person has signed on somewhere; a service account has no such session.
    let session = ["sid", "session_state"].iter().any(|name| text(claims, name).is_some());
    account || itself || !session
}

/// A claim that is text and not empty.
fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A name that may stand in a log: ASCII that is seen, and not too much of it.
fn plain(name: &str) -> Result<String, Refusal> {
    let fits = name.len() <= SUBJECT_CHARS_MAX && name.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| name.to_owned()).ok_or(Refusal::Claims)
}

/// A claim that is a word or a list of words.
fn words(claim: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let word = |value: &Value| value.as_str().map(str::to_owned).ok_or(Refusal::Claims);
    match claim {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(word).collect(),
        Some(value) => Ok(vec![word(value)?]),
    }
}
