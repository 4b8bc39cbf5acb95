//! What an operator says of a language model: where it is, how long it may take, what it costs.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::draft::endpoint::prices::{Price, PriceTable};

/// A language model behind an OpenAI-compatible address. None is used unless `url` is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The address up to and with `/v1`; empty for no language model.
    pub url: String,
    /// The model; empty for the first that the server lists.
    pub model: String,
    /// What kind of server it is.
    pub dialect: Dialect,
    /// The environment variable that holds the key; empty for none.
    pub api_key_variable: String,
    /// Azure's version of the API, where its older addresses are used.
    pub api_version: String,
    /// A proxy through which the endpoint is reached; empty for none.
    pub proxy: String,
    /// Whether a server on another machine may be spoken to without TLS.
    pub plain_http: bool,
    /// Milliseconds to connect.
    pub connect_ms_max: u64,
    /// Milliseconds until the first byte of an answer.
    pub first_byte_ms_max: u64,
    /// Milliseconds between two pieces of an answer.
    pub silence_ms_max: u64,
    /// Milliseconds of a whole draft, from the inquiry on.
    pub deadline_ms_max: u64,
    /// How often a request that failed in passing is sent again.
    pub retries_max: u32,
    /// Requests at once.
    pub calls_at_once_max: usize,
    /// Failures in a row after which the endpoint is left alone for a while.
    pub breaker_failures: u32,
    /// For how many seconds.
    pub breaker_seconds: u64,
    /// Tokens of one answer.
    pub tokens_max: u32,
    /// How freely the model writes; 0 for the likeliest words.
    pub temperature: f64,
    /// The seed of its chance.
    pub seed: u64,
    /// Kroner that one institution's drafts may cost in a month; 0 for no ceiling.
    pub kroner_per_month_max: f64,
    /// Kroner for an hour of a server of one's own.
    pub kroner_per_hour: f64,
    /// A file of prices, by model; empty for those written here.
    pub price_table: PathBuf,
    /// The price of the model, where no file is named.
    pub price: Price,
    /// The key itself, which no settings file holds.
    #[serde(skip)]
    pub api_key: ApiKey,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: String::new(),
            model: String::new(),
            dialect: Dialect::Auto,
            api_key_variable: String::new(),
            api_version: String::new(),
            proxy: String::new(),
            plain_http: false,
            connect_ms_max: 1_000,
            first_byte_ms_max: 5_000,
            silence_ms_max: 2_000,
            deadline_ms_max: 8_000,
            retries_max: 1,
            calls_at_once_max: 2,
            breaker_failures: 5,
            breaker_seconds: 30,
            tokens_max: 1_500,
            temperature: 0.0,
            seed: 1,
            kroner_per_month_max: 0.0,
            kroner_per_hour: 0.0,
            price_table: PathBuf::new(),
            price: Price::default(),
            api_key: ApiKey::default(),
        }
    }
}

/// What kind of server it is: they differ in names of fields, in addresses and in what they know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Found out from what the server says of its models.
    #[default]
    Auto,
    /// OpenAI, and whatever is none of the others.
    #[serde(rename = "openai")]
    OpenAi,
    /// vLLM.
    Vllm,
    /// The server of llama.cpp.
    LlamaCpp,
    /// Ollama.
    Ollama,
    /// Azure.
    Azure,
}

/// A key that no log shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key as the environment holds it.
    pub fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }

    /// The key, if there is one.
    pub(crate) fn reveal(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|key| !key.is_empty())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "ApiKey(none)" } else { "ApiKey(set)" })
    }
}

/// Why a language model cannot be used with these settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The price table cannot be read.
    #[error("the price table {} cannot be read: {detail}", .path.display())]
    Prices {
        /// The file.
        path: PathBuf,
        /// Why not.
        detail: String,
    },
    /// The price table does not know the model.
    #[error("the price table {} has no model `{model}`", .path.display())]
    NoPrice {
        /// The file.
        path: PathBuf,
        /// The model.
        model: String,
    },
    /// The file of what was spent cannot be read.
    #[error("{} cannot be read, so nobody knows what was spent", .path.display())]
    Spending {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// No HTTP client could be made.
    #[error("no HTTP client could be made for the endpoint")]
    Client(#[source] reqwest::Error),
}

impl Error {
    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Prices { .. } => {
                "compare the file with the example in docs/operations.md, or leave `endpoint.price_table` empty"
            }
            Self::NoPrice { .. } => {
                "add the model to the table, or write `endpoint.model` as the table has it"
            }
            Self::Spending { .. } => {
                "mend or remove the file; a removed one begins at nothing spent"
            }
            Self::Client(_) => {
                "look whether this machine has certificates of authorities (/etc/ssl/certs), and at `endpoint.proxy`"
            }
        }
    }
}

impl Settings {
    /// Whether a language model is to be used at all.
    pub fn is_on(&self) -> bool {
        !self.url.trim().is_empty()
    }

    /// What of the settings cannot be meant: the key, its value, and why.
    pub fn impossible(&self) -> Option<(&'static str, String, &'static str)> {
        if !self.is_on() {
            return None;
        }
        let Some(url) = self.base() else {
            let why = "an address is like https://llm.example/v1";
            return Some(("endpoint.url", self.url.clone(), why));
        };
        if url.scheme() == "http" && !self.plain_http && !is_here(&url) {
            let why = "mails and key would be sent without TLS; write https, or allow it with `endpoint.plain_http`";
            return Some(("endpoint.url", self.url.clone(), why));
        }
        if !self.proxy.is_empty() && Url::parse(&self.proxy).is_err() {
            let why = "a proxy is like http://proxy.example:3128";
            return Some(("endpoint.proxy", self.proxy.clone(), why));
        }
        if self.tokens_max == 0 || self.calls_at_once_max == 0 || self.deadline_ms_max == 0 {
            return Some(("endpoint", "0".to_owned(), "a model needs some tokens, calls and time"));
        }
        if !(0.0..=2.0).contains(&self.temperature) {
            let why = "it lies between 0 and 2";
            return Some(("endpoint.temperature", self.temperature.to_string(), why));
        }
        let priced = !self.price_table.as_os_str().is_empty() || self.price.is_known();
        if self.kroner_per_month_max > 0.0 && !priced && self.kroner_per_hour <= 0.0 {
            let why =
                "a ceiling needs a price: `endpoint.price`, `price_table` or `kroner_per_hour`";
            return Some((
                "endpoint.kroner_per_month_max",
                self.kroner_per_month_max.to_string(),
                why,
            ));
        }
        None
    }

    /// The address, without a slash at its end; `/v1` if it names no path.
    pub(crate) fn base(&self) -> Option<Url> {
        let mut url = Url::parse(self.url.trim()).ok()?;
        let spoken = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        if !spoken || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(if path.is_empty() { "/v1" } else { &path });
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    }

    /// The whole time of a draft.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms_max)
    }

    /// The price of this model, from the file or from the settings.
    pub(crate) fn priced(&self) -> Result<Price, Error> {
        if self.price_table.as_os_str().is_empty() {
            return Ok(self.price.clone());
        }
        let path: &Path = &self.price_table;
        let unread = |detail: String| Error::Prices { path: path.to_owned(), detail };
        let text = std::fs::read_to_string(path).map_err(|error| unread(error.to_string()))?;
        let table = PriceTable::read(&text).map_err(unread)?;
        let missing = || Error::NoPrice { path: path.to_owned(), model: self.model.clone() };
        table.price(&self.model).ok_or_else(missing)
    }
}

/// Whether an address lies on this machine.
pub(crate) fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str) -> Settings {
        Settings { url: url.to_owned(), ..Settings::default() }
    }

    #[test]
    fn nothing_is_asked_unless_an_address_is_named() {
        assert!(!Settings::default().is_on());
        assert_eq!(Settings::default().impossible(), None);
    }

    #[test]
    fn a_mail_does_not_cross_the_network_in_the_clear() {
        assert_eq!(with("http://127.0.0.1:8000").impossible(), None);
        assert_eq!(with("http://[::1]:8000/v1").impossible(), None);
        assert_eq!(with("https://llm.example/v1").impossible(), None);
        assert!(with("http://llm.example/v1").impossible().is_some());
        assert!(with("https://name:key@llm.example/v1").impossible().is_some());
        assert!(with("ftp://llm.example").impossible().is_some());
        let allowed = Settings { plain_http: true, ..with("http://llm.example/v1") };
        assert_eq!(allowed.impossible(), None);
    }

    #[test]
    fn a_ceiling_needs_a_price() {
        let ceiling = Settings { kroner_per_month_max: 100.0, ..with("http://127.0.0.1:1") };
        assert!(ceiling.impossible().is_some());
        let priced = Settings { kroner_per_hour: 2.0, ..ceiling };
        assert_eq!(priced.impossible(), None);
    }

    #[test]
    fn an_address_without_a_path_is_one_of_version_one() {
        let base = |url: &str| with(url).base().unwrap().to_string();
        assert_eq!(base("http://127.0.0.1:8000/"), "http://127.0.0.1:8000/v1");
        assert_eq!(base("https://x.example/openai/v1/"), "https://x.example/openai/v1");
    }

    #[test]
    fn a_key_is_shown_nowhere() {
        let settings = Settings { api_key: ApiKey::new("hemmelig"), ..with("http://127.0.0.1:1") };
        assert!(!format!("{settings:?}").contains("hemmelig"));
        assert!(!toml::to_string(&settings).unwrap().contains("hemmelig"));
    }
}
