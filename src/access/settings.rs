//! What an operator says of sign-on: whose tokens hold, which programs have keys, who signs in here.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::access::{Error, Institutions, Role};
use crate::terms::{Day, fold_name, parse_day};

/// The one word that means every institution.
pub(crate) const EVERY: &str = "alle";
/// What stands in an issuer for the directory of whoever signs on.
pub(crate) const DIRECTORY_MARK: &str = "{tid}";
/// What the hash of a key begins with.
pub(crate) const HASH_MARK: &str = "blake3:";

/// Who may ask, and how they show who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Who issues tokens (OIDC); empty where nobody does.
    pub issuer: String,
    /// The name of this service in tokens.
    pub audience: String,
    /// The Entra directories whose tokens hold, with commas between them.
    #[serde(rename = "tenants")]
    pub directories: String,
    /// The client whose roles count, in tokens of Keycloak.
    pub client: String,
    /// Where the issuer's keys lie; empty to ask the issuer.
    pub jwks_url: String,
    /// The claim that names the institutions.
    pub institutions_claim: String,
    /// The levels of assurance (`acr`) that are enough, with commas between them; empty for any.
    pub levels: String,
    /// What the roles are called in tokens.
    pub roles: RoleNames,
    /// The persons who sign in with a code, where no tokens are issued.
    pub persons: Vec<PersonSettings>,
    /// The keys of programs.
    pub keys: Vec<KeySettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: String::new(),
            directories: String::new(),
            client: String::new(),
            jwks_url: String::new(),
            institutions_claim: "institutions".to_owned(),
            levels: String::new(),
            roles: RoleNames::default(),
            persons: Vec::new(),
            keys: Vec::new(),
        }
    }
}

/// What the roles are called in tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleNames {
    /// The name of [`Role::Caseworker`].
    pub caseworker: String,
    /// The name of [`Role::Approver`].
    pub approver: String,
    /// The name of [`Role::SourceOwner`].
    pub source_owner: String,
    /// The name of [`Role::Evaluator`].
    pub evaluator: String,
    /// The name of [`Role::Operator`].
    pub operator: String,
}

impl Default for RoleNames {
    fn default() -> Self {
        let word = |role: Role| role.value().to_owned();
        Self {
            caseworker: word(Role::Caseworker),
            approver: word(Role::Approver),
            source_owner: word(Role::SourceOwner),
            evaluator: word(Role::Evaluator),
            operator: word(Role::Operator),
        }
    }
}

impl RoleNames {
    fn of(&self, role: Role) -> &str {
        match role {
            Role::Caseworker => &self.caseworker,
            Role::Approver => &self.approver,
            Role::SourceOwner => &self.source_owner,
            Role::Evaluator => &self.evaluator,
            Role::Operator => &self.operator,
        }
    }

    /// The role that a token means; a name that is none of ours is none.
    pub(crate) fn role(&self, name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| self.of(*role) == name)
    }
}

/// A person who signs in with a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonSettings {
    /// The name, by which the person signs in.
    pub name: String,
    /// What never changes of the person, as in the staff directory.
    pub id: String,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The institutions for which the person may act.
    #[serde(default)]
    pub institutions: Reach,
}

/// The key of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// The program's name, as the log has it.
    pub name: String,
    /// The hash of the key.
    pub hash: String,
    /// What the program may do.
    pub roles: Vec<Role>,
    /// The institutions for which the program may act.
    #[serde(default)]
    pub institutions: Reach,
    /// The last day on which the key holds, as `YYYY-MM-DD`; for ever if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

impl KeySettings {
    /// The last day on which the key holds.
    pub(crate) fn last_day(&self) -> Option<Day> {
        self.expires.as_deref().and_then(parse_day)
    }

    /// The hash, if it is one.
    pub(crate) fn parsed_hash(&self) -> Option<blake3::Hash> {
        blake3::Hash::from_hex(self.hash.strip_prefix(HASH_MARK)?).ok()
    }
}

/// Institutions as they are written in settings: `"alle"`, or a list of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reach {
    /// One word, which must be `alle`.
    Word(String),
    /// These; an empty list is none.
    Names(Vec<String>),
}

impl Default for Reach {
    fn default() -> Self {
        Self::Names(Vec::new())
    }
}

impl Reach {
    /// The institutions; nothing if a word stands there that is not `alle`, or that word in a list.
    pub(crate) fn institutions(&self) -> Option<Institutions> {
        match self {
            Self::Word(word) => (word == EVERY).then_some(Institutions::Every),
            Self::Names(names) if names.iter().any(|name| name == EVERY) => None,
            Self::Names(names) => Some(Institutions::These(names.iter().cloned().collect())),
        }
    }
}

/// How callers are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By tokens of the organisation's own sign-on, and by keys.
    Oidc,
    /// By keys alone: other machines reach the service, and no tokens are issued.
    Keys,
    /// By codes and keys, or not at all: only this machine reaches the service.
    Local,
}

impl Mode {
    /// The mode of a service that listens there.
    ///
    /// Without tokens and without keys anybody who reaches the service could ask it: then only
    /// this machine may.
    pub fn of(settings: &Settings, listens: SocketAddr) -> Result<Self, Error> {
        if settings.is_oidc() {
            return Ok(Self::Oidc);
        }
        match (listens.ip().to_canonical().is_loopback(), settings.keys.is_empty()) {
            (true, _) => Ok(Self::Local),
            (false, false) => Ok(Self::Keys),
            (false, true) => Err(Error::NotLoopback { listens }),
        }
    }

    /// What an operator is told of it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Oidc => "sign-on: tokens of access.issuer, and keys; nobody is answered without",
            Self::Keys => {
                "sign-on: keys of programs alone; persons need access.issuer, or a service on loopback"
            }
            Self::Local => {
                "sign-on: local, on this machine only: anybody here may draft and look up; \
                 who decides signs in with a code that is printed here"
            }
        }
    }
}

impl Settings {
    /// Whether tokens are issued for this service.
    pub fn is_oidc(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// The Entra directories whose tokens hold.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        listed(&self.directories)
    }

    /// The first setting that cannot be meant: its name, its value, and why.
    pub fn impossible(&self) -> Option<(&'static str, String, &'static str)> {
        self.impossible_issuer().or_else(|| self.impossible_person()).or_else(|| {
            let names: BTreeSet<&str> = self.keys.iter().map(|key| key.name.as_str()).collect();
            if names.len() < self.keys.len() {
                let why = "two keys have one name, so the log could not tell them apart";
                return Some(("access.keys", self.keys.len().to_string(), why));
            }
            self.keys.iter().find_map(impossible_key)
        })
    }

    fn impossible_issuer(&self) -> Option<(&'static str, String, &'static str)> {
        if !self.is_oidc() {
            let set = [&self.audience, &self.directories, &self.client, &self.jwks_url];
            let set = set.into_iter().find(|value| !value.is_empty())?;
            return Some((
                "access.issuer",
                set.clone(),
                "a sign-on is described, but `issuer` is empty",
            ));
        }
        let why = "it begins with https:// (http:// only for this machine), and has no ? or #";
        for (key, value) in [("access.issuer", &self.issuer), ("access.jwks_url", &self.jwks_url)] {
            if !value.is_empty() && !is_safe(value) {
                return Some((key, value.clone(), why));
            }
        }
        if self.audience.is_empty() || self.audience == "account" {
            let why =
                "it names this service alone: without it, a token for any other service would do";
            return Some(("access.audience", self.audience.clone(), why));
        }
        let shared = self.issuer.contains(DIRECTORY_MARK)
            || self.issuer.contains("login.microsoftonline.com");
        if shared && self.directories().next().is_none() {
            let why =
                "Entra issues tokens for everybody: name the directories (tid) whose tokens hold";
            return Some(("access.tenants", self.directories.clone(), why));
        }
        let plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if let Some(name) = self.directories().find(|name| !plain(name)) {
            return Some(("access.tenants", name.to_owned(), "the id of a directory is a GUID"));
        }
        if self.institutions_claim.is_empty() {
            return Some(("access.institutions_claim", String::new(), "it names a claim"));
        }
        let names: BTreeSet<&str> = Role::ALL.into_iter().map(|role| self.roles.of(role)).collect();
        if names.len() < Role::ALL.len() || names.contains("") {
            let why = "each role has a name of its own, or one would be taken for another";
            return Some(("access.roles", format!("{names:?}"), why));
        }
        None
    }

    fn impossible_person(&self) -> Option<(&'static str, String, &'static str)> {
        const KEY: &str = "access.persons";
        if self.is_oidc() && !self.persons.is_empty() {
            let why = "persons sign in with tokens where `issuer` is set; leave them out here";
            return Some((KEY, self.persons.len().to_string(), why));
        }
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for person in &self.persons {
            let folded = fold_name(&person.name);
            let id = person.id.trim();
            let why = if folded.is_empty() || id.is_empty() {
                "a person has a name and an id"
            } else if !names.insert(folded) || !ids.insert(id) {
                "two persons have one name or one id, so a decision could be either's"
            } else if person.roles.is_empty() {
                "a person without a role may do nothing"
            } else if person.institutions.institutions().is_none() {
                "institutions are a list of names, or the one word \"alle\""
            } else {
                continue;
            };
            return Some((KEY, person.name.clone(), why));
        }
        None
    }
}

fn impossible_key(key: &KeySettings) -> Option<(&'static str, String, &'static str)> {
    let why = if key.name.trim().is_empty() || key.name.chars().any(char::is_control) {
        "a key has a name"
    } else if key.parsed_hash().is_none() {
        "its hash is none; `svarforslag keys new` makes a key and the lines for it"
    } else if key.roles.is_empty() {
        "a key without a role may do nothing"
    } else if key.institutions.institutions().is_none() {
        "institutions are a list of names, or the one word \"alle\""
    } else if key.expires.is_some() && key.last_day().is_none() {
        "`expires` is a day, as YYYY-MM-DD"
    } else {
        return None;
    };
    Some(("access.keys", key.name.clone(), why))
}

/// Whether nobody on the way can answer in the place of the one that is meant.
pub(crate) fn is_safe(address: &str) -> bool {
    // The mark of a directory is no part of an address.
    let Ok(url) = reqwest::Url::parse(&address.replace(DIRECTORY_MARK, "tid")) else {
        return false;
    };
    let named = url.username().is_empty() && url.password().is_none();
    let plain = url.query().is_none() && url.fragment().is_none();
    let here = match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
            ip.is_ok_and(|ip| ip.is_loopback())
        }
        None => return false,
    };
    named && plain && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

/// What stands between commas.
pub(crate) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oidc() -> Settings {
        Settings {
            issuer: "https://sso.example/realms/sam".to_owned(),
            audience: "svarforslag".to_owned(),
            ..Settings::default()
        }
    }

    fn person(name: &str, id: &str) -> PersonSettings {
        PersonSettings {
            name: name.to_owned(),
            id: id.to_owned(),
            roles: vec![Role::Caseworker],
            institutions: Reach::default(),
        }
    }

    #[track_caller]
    fn refused(settings: &Settings, key: &str) {
        let (found, value, why) = settings.impossible().expect("it is refused");
        assert_eq!(found, key, "{value}: {why}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_at_the_start() {
        assert_eq!(Settings::default().impossible(), None);
        assert_eq!(oidc().impossible(), None);
        for (issuer, audience, key) in [
            ("http://sso.example", "a", "access.issuer"),
            ("sso.example", "a", "access.issuer"),
            ("https://sso.example/?x=1", "a", "access.issuer"),
            ("https://me:pw@sso.example", "a", "access.issuer"),
            ("https://sso.example", "", "access.audience"),
            ("https://sso.example", "account", "access.audience"),
            ("https://login.microsoftonline.com/{tid}/v2.0", "a", "access.tenants"),
            ("https://login.microsoftonline.com/common/v2.0", "a", "access.tenants"),
        ] {
            let (issuer, audience) = (issuer.to_owned(), audience.to_owned());
            refused(&Settings { issuer, audience, ..Settings::default() }, key);
        }
        let alone = Settings { audience: "a".to_owned(), ..Settings::default() };
        refused(&alone, "access.issuer");
        let roles = RoleNames { approver: "caseworker".to_owned(), ..RoleNames::default() };
        refused(&Settings { roles, ..oidc() }, "access.roles");
        let here = Settings { issuer: "http://127.0.0.1:9/realms/x".to_owned(), ..oidc() };
        assert_eq!(here.impossible(), None);
    }

    #[test]
    fn persons_are_told_apart_and_say_what_they_may_do() {
        let of = |persons: Vec<PersonSettings>| Settings { persons, ..Settings::default() };
        assert_eq!(
            of(vec![person("Anna Prøvesen", "1"), person("Bo Prøvesen", "2")]).impossible(),
            None
        );
        refused(
            &of(vec![person("Anna Prøvesen", "1"), person("ANNA  prøvesen", "2")]),
            "access.persons",
        );
        refused(
            &of(vec![person("Anna Prøvesen", "1"), person("Bo Prøvesen", "1")]),
            "access.persons",
        );
        refused(&of(vec![person("", "1")]), "access.persons");
        refused(
            &of(vec![PersonSettings { roles: Vec::new(), ..person("Bo", "1") }]),
            "access.persons",
        );
        let word = Reach::Word("all".to_owned());
        refused(
            &of(vec![PersonSettings { institutions: word, ..person("Bo", "1") }]),
            "access.persons",
        );
        refused(&Settings { persons: vec![person("Bo", "1")], ..oidc() }, "access.persons");
    }

    #[test]
    fn only_the_one_word_means_every_institution() {
        assert_eq!(Reach::Word("alle".to_owned()).institutions(), Some(Institutions::Every));
        for word in ["Alle", "all", "*", ""] {
            assert_eq!(Reach::Word(word.to_owned()).institutions(), None, "{word}");
        }
        assert_eq!(Reach::default().institutions(), Some(Institutions::These(BTreeSet::new())));
        assert_eq!(Reach::Names(vec!["alle".to_owned()]).institutions(), None);
    }

    #[test]
    fn without_sign_on_only_this_machine_is_served() {
        let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
        let none = Settings::default();
        for here in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(Mode::of(&none, addr(here)).unwrap(), Mode::Local, "{here}");
        }
        let key = KeySettings {
            name: "p".to_owned(),
            hash: format!("{HASH_MARK}{}", blake3::hash(b"x").to_hex()),
            roles: vec![Role::Caseworker],
            institutions: Reach::default(),
            expires: None,
        };
        let keys = Settings { keys: vec![key], ..Settings::default() };
        assert_eq!(keys.impossible(), None);
        for there in ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "[::ffff:10.0.0.1]:80"] {
            assert!(Mode::of(&none, addr(there)).is_err(), "{there}");
            assert_eq!(Mode::of(&keys, addr(there)).unwrap(), Mode::Keys, "{there}");
            assert_eq!(Mode::of(&oidc(), addr(there)).unwrap(), Mode::Oidc, "{there}");
        }
    }
}
