//! Settings: defaults, the settings file, the environment, the command line; the last one wins.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::draft::endpoint;
use crate::{access, draft, passages, privacy, retrieval, review};

/// The settings file that is read when it is there.
pub const FILE: &str = "svarforslag.toml";
/// What the names of environment variables begin with.
const PREFIX: &str = "SVARFORSLAG";
/// Variables of the test suite, which are no settings.
const TEST_PREFIX: &str = "SVARFORSLAG_TEST_";

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// The address that `serve` listens on.
    pub listen: String,
    /// Names by which a request may call this service, with commas between them; names of this
    /// machine always may. Empty: on loopback those alone, else any.
    pub hosts: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed, with commas between them.
    pub proxies: String,
    /// The register of institutions; empty means the one found beside the documents.
    pub institutions: PathBuf,
    /// Who signs replies.
    pub signer: draft::Setting,
    /// How large passages are cut.
    pub passages: passages::Settings,
    /// The embedding model: empty for the one that is built in, `off` for none, else a folder.
    pub model: String,
    /// How words and vectors take part in a search.
    pub retrieval: retrieval::Settings,
    /// Who may ask, and how they show who they are.
    pub access: access::Settings,
    /// What one caller may take.
    pub limits: Limits,
    /// A language model that helps with drafts; none unless it has an address.
    pub endpoint: endpoint::Settings,
    /// What may be done with personal data.
    pub privacy: privacy::Settings,
    /// Where inquiries, drafts and decisions are kept, and for how long.
    pub review: review::Settings,
}

/// What one caller may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a request body.
    pub body_bytes_max: usize,
    /// Drafts and searches made at once; each holds a core for its whole life.
    pub work_at_once_max: usize,
    /// Connections held at once.
    pub connections_max: usize,
    /// Connections that one address holds at once; a proxy of the settings may hold all.
    pub connections_per_peer_max: usize,
    /// Requests that one caller may make in a minute; 0 for any number.
    pub requests_per_minute_max: u32,
    /// Seconds in which a caller must have sent its headers.
    pub header_seconds_max: u64,
    /// Seconds in which a request must be answered.
    pub request_seconds_max: u64,
}

/// Which embedding model is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelChoice<'a> {
    /// The one that is built in.
    Shipped,
    /// None: words alone.
    None,
    /// The one in this folder.
    Folder(&'a str),
}

impl Config {
    /// Which embedding model is used.
    pub fn model_choice(&self) -> ModelChoice<'_> {
        match self.model.trim() {
            "" => ModelChoice::Shipped,
            "off" => ModelChoice::None,
            folder => ModelChoice::Folder(folder),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            listen: "127.0.0.1:8080".to_owned(),
            hosts: String::new(),
            proxies: String::new(),
            institutions: PathBuf::new(),
            signer: draft::Setting::default(),
            passages: passages::Settings::default(),
            model: String::new(),
            retrieval: retrieval::Settings::default(),
            access: access::Settings::default(),
            limits: Limits::default(),
            endpoint: endpoint::Settings::default(),
            privacy: privacy::Settings::default(),
            review: review::Settings::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A mail of 2 MB in JSON, with its quotes escaped.
            body_bytes_max: 4 * 1024 * 1024,
            work_at_once_max: 2,
            connections_max: 256,
            connections_per_peer_max: 64,
            // A hundred a second: no person, and few programs, ask so often for a whole minute.
            requests_per_minute_max: 6000,
            header_seconds_max: 10,
            request_seconds_max: 30,
        }
    }
}

/// Why the program does not start with these settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A settings file was named that is not there.
    #[error("the settings file {} is not there", .0.display())]
    Missing(PathBuf),
    /// A file or a variable cannot be read, or holds what is no setting.
    #[error("the settings cannot be read: {detail}")]
    Unreadable {
        /// Where and what, as the reader of settings put it.
        detail: String,
    },
    /// A value is of the right type but cannot be meant.
    #[error("`{key}` is {value}, which cannot be: {why}")]
    Impossible {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: String,
        /// Why not.
        why: &'static str,
    },
}

impl Error {
    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing(_) => "name an existing file with `--config`, or leave the option out",
            Self::Unreadable { .. } => {
                "compare with docs/svarforslag.example.toml; `svarforslag config` prints what is read from where"
            }
            Self::Impossible { .. } => {
                "write another value; docs/svarforslag.example.toml names the bounds"
            }
        }
    }
}

/// One setting with where its value came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Origin {
    /// The setting, as in `limits.body_bytes_max`.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The file, the variable or the option that set it, or `default`.
    pub origin: String,
}

/// What the command line sets.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<String>,
}

/// Settings with their origins.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Where each came from.
    pub origins: Vec<Origin>,
}

/// Reads the settings. `environment` is the process's variables.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    overrides: &Overrides,
) -> Result<Loaded, Error> {
    if let Some(file) = file.filter(|file| !file.exists()) {
        return Err(Error::Missing(file.to_owned()));
    }
    let unreadable = |error: config::ConfigError| Error::Unreadable { detail: error.to_string() };
    let defaults = toml::to_string(&Config::default())
        .map_err(|error| Error::Unreadable { detail: error.to_string() })?;
    let environment: HashMap<String, String> =
        environment.filter(|(name, _)| !name.starts_with(TEST_PREFIX)).collect();
    let variables = environment.clone();
    let path = file.unwrap_or(Path::new(FILE));
    let mut builder = config::Config::builder()
        .add_source(config::File::from_str(&defaults, config::FileFormat::Toml))
        .add_source(
            config::File::from(path).format(config::FileFormat::Toml).required(file.is_some()),
        )
        .add_source(
            config::Environment::with_prefix(PREFIX)
                .prefix_separator("_")
                .separator("__")
                .source(Some(environment)),
        );
    let data = overrides.data.as_ref().map(|data| data.display().to_string());
    for (key, value) in [("data", data), ("listen", overrides.listen.clone())] {
        builder = builder.set_override_option(key, value).map_err(unreadable)?;
    }
    let read = builder.build().map_err(unreadable)?;
    let origins = origins(&read, overrides);
    let mut config: Config = read.try_deserialize().map_err(unreadable)?;
    config.endpoint.api_key = key(&config.endpoint, &variables)?;
    config.privacy.key = vault_key(&config.privacy, &variables)?;
    config.review.webhook_secret = webhook_secret(&config.review, &variables)?;
    check(&config)?;
    Ok(Loaded { config, origins })
}

/// The endpoint's key, from the variable that the settings name.
fn key(
    endpoint: &endpoint::Settings,
    variables: &HashMap<String, String>,
) -> Result<endpoint::ApiKey, Error> {
    let name = endpoint.api_key_variable.as_str();
    if name.is_empty() || !endpoint.is_on() {
        return Ok(endpoint::ApiKey::default());
    }
    let why = match variables.get(name) {
        _ if name.starts_with(PREFIX) => "a variable with such a name is a setting; choose another",
        Some(key) if !key.trim().is_empty() && key.is_ascii() => {
            return Ok(endpoint::ApiKey::new(key));
        }
        _ => "there is no such variable, or it holds no key",
    };
    Err(Error::Impossible { key: "endpoint.api_key_variable", value: name.to_owned(), why })
}

/// Characters of a webhook's secret at least: a shorter one is guessed.
const SECRET_CHARS_MIN: usize = 16;

/// The webhook's secret, from the variable that the settings name.
fn webhook_secret(
    settings: &review::Settings,
    variables: &HashMap<String, String>,
) -> Result<Option<review::Secret>, Error> {
    let name = settings.webhook_variable.as_str();
    if name.is_empty() {
        return Ok(None);
    }
    match variables.get(name) {
        Some(secret) if secret.trim().len() >= SECRET_CHARS_MIN => {
            Ok(Some(review::Secret::new(secret)))
        }
        _ => {
            let why = "there is no such variable, or its secret has fewer than 16 characters";
            let key = "review.webhook_variable";
            Err(Error::Impossible { key, value: name.to_owned(), why })
        }
    }
}

/// The key of the vault, from the variable or the file that the settings name.
fn vault_key(
    settings: &privacy::Settings,
    variables: &HashMap<String, String>,
) -> Result<Option<privacy::MasterKey>, Error> {
    let (name, file) = (settings.key_variable.as_str(), settings.key_file.as_path());
    let (key, value, written) = if !name.is_empty() {
        ("privacy.key_variable", name.to_owned(), variables.get(name).cloned())
    } else if !file.as_os_str().is_empty() {
        let value = file.display().to_string();
        ("privacy.key_file", value, std::fs::read_to_string(file).ok())
    } else {
        return Ok(None);
    };
    let why = "there is no such variable or file, or it does not hold 32 bytes in base64";
    let parsed = written.and_then(|written| privacy::MasterKey::parse(&written));
    parsed.map(Some).ok_or(Error::Impossible { key, value, why })
}

fn check(config: &Config) -> Result<(), Error> {
    let impossible = |key, value: &dyn std::fmt::Display, why| {
        Err(Error::Impossible { key, value: value.to_string(), why })
    };
    if config.listen.parse::<std::net::SocketAddr>().is_err() {
        return impossible("listen", &config.listen, "an address is like 127.0.0.1:8080");
    }
    let cut = config.passages;
    if !(10..=2000).contains(&cut.words_max) {
        return impossible("passages.words_max", &cut.words_max, "it lies between 10 and 2000");
    }
    if cut.words_enough > cut.words_max {
        return impossible("passages.words_enough", &cut.words_enough, "it is at most words_max");
    }
    let weight = config.retrieval.vector_weight;
    if !(0.0..=1.0).contains(&weight) {
        return impossible("retrieval.vector_weight", &weight, "it lies between 0 and 1");
    }
    let limits = &config.limits;
    let proxy =
        |text: &&str| !text.trim().is_empty() && text.trim().parse::<std::net::IpAddr>().is_err();
    if let Some(text) = config.proxies.split(',').find(proxy) {
        return impossible("proxies", &text.trim(), "an address of a proxy is like 10.0.0.1");
    }
    if limits.work_at_once_max == 0
        || limits.connections_max.min(limits.connections_per_peer_max) == 0
    {
        return impossible("limits", &0, "at least one request and one connection must be allowed");
    }
    if let Some((key, value, why)) = config.access.impossible() {
        return impossible(key, &value, why);
    }
    if let Some((key, value, why)) = config.endpoint.impossible() {
        return impossible(key, &value, why);
    }
    if let Some((key, value, why)) = config.privacy.impossible() {
        return impossible(key, &value, why);
    }
    if let Some((key, value, why)) = config.review.impossible() {
        return impossible(key, &value, why);
    }
    let wait = config.endpoint.deadline_ms_max;
    if config.endpoint.is_on() && wait >= limits.request_seconds_max.saturating_mul(1000) {
        let why = "it is less than `limits.request_seconds_max`, or nobody would be told in time";
        return impossible("endpoint.deadline_ms_max", &wait, why);
    }
    Ok(())
}

fn origins(read: &config::Config, overrides: &Overrides) -> Vec<Origin> {
    let mut found = Vec::new();
    walk("", &read.cache, &mut found);
    for origin in &mut found {
        let by_option = (origin.key == "data" && overrides.data.is_some())
            || (origin.key == "listen" && overrides.listen.is_some());
        if by_option {
            origin.origin = format!("--{}", origin.key);
        }
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

fn walk(key: &str, value: &config::Value, found: &mut Vec<Origin>) {
    if let config::ValueKind::Table(table) = &value.kind {
        for (name, value) in table {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            walk(&key, value, found);
        }
    } else {
        let origin = value.origin().unwrap_or("default").to_owned();
        found.push(Origin { key: key.to_owned(), value: value.to_string(), origin });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_variables(pairs: &[(&str, &str)]) -> Result<Loaded, Error> {
        let variables = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        load(None, variables, &Overrides::default())
    }

    #[test]
    fn defaults_stand_until_something_is_set() {
        assert_eq!(from_variables(&[]).unwrap().config, Config::default());
    }

    #[test]
    fn the_environment_sets_what_it_names_and_the_command_line_wins() {
        let loaded = from_variables(&[("SVARFORSLAG_LIMITS__WORK_AT_ONCE_MAX", "3")]).unwrap();
        assert_eq!(loaded.config.limits.work_at_once_max, 3);
        let phone = from_variables(&[("SVARFORSLAG_SIGNER__PHONE", "00123456")]).unwrap();
        assert_eq!(phone.config.signer.phone, "00123456");
        let overrides = Overrides { data: Some("elsewhere".into()), listen: None };
        let variables = std::iter::once(("SVARFORSLAG_DATA".to_owned(), "there".to_owned()));
        let loaded = load(None, variables, &overrides).unwrap();
        assert_eq!(loaded.config.data, PathBuf::from("elsewhere"));
        assert!(loaded.origins.iter().any(|o| o.key == "data" && o.origin == "--data"));
    }

    #[test]
    fn the_key_of_the_endpoint_comes_from_the_variable_that_is_named() {
        let named = [
            ("SVARFORSLAG_ENDPOINT__URL", "http://127.0.0.1:9/v1"),
            ("SVARFORSLAG_ENDPOINT__API_KEY_VARIABLE", "LLM_KEY"),
        ];
        assert!(from_variables(&named).is_err(), "a key that is not there");
        let with = [named[0], named[1], ("LLM_KEY", "hemmelig")];
        let loaded = from_variables(&with).unwrap();
        assert_eq!(loaded.config.endpoint.api_key, endpoint::ApiKey::new("hemmelig"));
        assert!(!format!("{loaded:?}").contains("hemmelig"), "no log shows it");
        assert!(from_variables(&[("SVARFORSLAG_ENDPOINT__URL", "http://llm.example")]).is_err());
    }

    #[test]
    fn a_ledger_lies_where_a_ledger_can_lie() {
        fn with(name: &str, value: &str) -> Result<Loaded, Error> {
            from_variables(&[(name, value)])
        }
        let database = "SVARFORSLAG_REVIEW__DATABASE";
        for good in
            ["postgres://sam@db.example/ledger", "postgresql://sam@localhost/l?host=/run/pg"]
        {
            assert_eq!(with(database, good).unwrap().config.review.database, good);
        }
        let bad =
            ["ledger.db", "mysql://db.example/l", "postgres://", "postgres://sam@db.example/"];
        for bad in bad {
            assert!(with(database, bad).is_err(), "{bad}");
        }
        let secret = with(database, "postgres://sam:hemmelig@db.example/ledger").unwrap_err();
        assert!(!secret.to_string().contains("hemmelig"), "{secret}");
        for days in ["ANSWER_DAYS", "KEEP_DAYS", "KEEP_LOG_DAYS"] {
            let variable = format!("SVARFORSLAG_REVIEW__{days}");
            assert!(with(&variable, "0").is_err(), "{days}");
        }
        assert!(with("SVARFORSLAG_REVIEW__KEEP_LOG_DAYS", "30").is_err(), "less than inquiries");
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        assert!(from_variables(&[("SVARFORSLAG_LISTNE", "x")]).is_err());
        assert!(from_variables(&[("SVARFORSLAG_LISTEN", "everywhere")]).is_err());
        assert!(from_variables(&[("SVARFORSLAG_TEST_BROWSER", "1")]).is_ok());
        let missing =
            load(Some(Path::new("nowhere.toml")), std::iter::empty(), &Overrides::default());
        assert!(matches!(missing, Err(Error::Missing(_))));
    }
}
