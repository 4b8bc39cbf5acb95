//! Requests and answers as servers of different kinds write them.

use std::sync::OnceLock;

use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::draft::endpoint::answer::schema;
use crate::draft::endpoint::settings::{Dialect, Settings};
use crate::privacy::Masked;

/// How a server is held to the shape of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// By the schema.
    Schema,
    /// To JSON of any shape; the prompt says which.
    Json,
    /// Not at all; the prompt says it.
    Free,
}

/// What is known of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// What kind it is; never `auto`.
    pub dialect: Dialect,
    /// The model that is asked.
    pub model: String,
    /// How it is held to a shape.
    pub shape: Shape,
    /// Whether it counts tokens in a stream.
    pub counts: bool,
}

/// Who says something to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    System,
    User,
    Assistant,
}

/// What is said to a model, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) text: Masked,
}

/// Where the server answers.
pub(crate) fn chat_url(settings: &Settings, abilities: &Abilities) -> Option<Url> {
    address(settings, abilities.dialect, &["chat", "completions"], &abilities.model)
}

/// Where the server lists its models.
pub(crate) fn models_url(settings: &Settings, dialect: Dialect) -> Option<Url> {
    address(settings, dialect, &["models"], "")
}

fn address(settings: &Settings, dialect: Dialect, tail: &[&str], model: &str) -> Option<Url> {
    let mut url = settings.base()?;
    let classic = dialect == Dialect::Azure && !settings.api_version.is_empty();
    if classic {
        url.set_path("");
    }
    {
        let mut path = url.path_segments_mut().ok()?;
        path.pop_if_empty();
        if classic {
            path.push("openai");
            if !model.is_empty() {
                path.extend(["deployments", model]);
            }
        }
        path.extend(tail);
    }
    if classic {
        url.query_pairs_mut().append_pair("api-version", &settings.api_version);
    }
    Some(url)
}

/// The body of a request. The messages stand last: what comes before them is always the same.
pub(crate) fn body(settings: &Settings, abilities: &Abilities, messages: &[Message]) -> Vec<u8> {
    let mut body = Map::new();
    body.insert("model".to_owned(), abilities.model.clone().into());
    body.insert("stream".to_owned(), true.into());
    if abilities.counts {
        body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    }
    body.insert("temperature".to_owned(), settings.temperature.into());
    body.insert("seed".to_owned(), settings.seed.into());
    let tokens_max = match abilities.dialect {
        Dialect::OpenAi | Dialect::Azure | Dialect::Auto => "max_completion_tokens",
        Dialect::Vllm | Dialect::LlamaCpp | Dialect::Ollama => "max_tokens",
    };
    body.insert(tokens_max.to_owned(), settings.tokens_max.into());
    if abilities.dialect == Dialect::LlamaCpp {
        body.insert("cache_prompt".to_owned(), true.into());
    }
    if let Some(format) = format(abilities) {
        body.insert("response_format".to_owned(), format);
    }
    let messages: Vec<Value> = messages.iter().map(message).collect();
    body.insert("messages".to_owned(), messages.into());
    serde_json::to_vec(&body).unwrap_or_default()
}

fn format(abilities: &Abilities) -> Option<Value> {
    static BOUNDED: OnceLock<Value> = OnceLock::new();
    static UNBOUNDED: OnceLock<Value> = OnceLock::new();
    // OpenAI's strict schemas know no longest text; a server with a grammar needs one to come to
    // an end.
    let bounded = matches!(abilities.dialect, Dialect::LlamaCpp | Dialect::Vllm);
    let shape = |bounded: bool| {
        json!({
            "type": "json_schema",
            "json_schema": { "name": "svar", "strict": true, "schema": schema(bounded) },
        })
    };
    let made = if bounded { &BOUNDED } else { &UNBOUNDED };
    match abilities.shape {
        Shape::Schema => Some(made.get_or_init(|| shape(bounded)).clone()),
        Shape::Json => Some(json!({ "type": "json_object" })),
        Shape::Free => None,
    }
}

fn message(message: &Message) -> Value {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    json!({ "role": role, "content": message.text.as_str() })
}

/// A piece of a streamed answer, or a whole answer that was not streamed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Piece {
    #[serde(default)]
    pub(crate) choices: Vec<Choice>,
    pub(crate) usage: Option<Counted>,
    pub(crate) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Choice {
    pub(crate) delta: Option<Words>,
    pub(crate) message: Option<Words>,
    pub(crate) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Words {
    pub(crate) content: Option<String>,
}

/// Tokens as the server counted them.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Counted {
    #[serde(default)]
    pub(crate) prompt_tokens: u64,
    #[serde(default, rename = "completion_tokens")]
    pub(crate) written_tokens: u64,
    #[serde(rename = "prompt_tokens_details")]
    pub(crate) details: Option<Details>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Details {
    pub(crate) cached_tokens: Option<u64>,
}

/// Whether an error says that the request does not fit into the model's memory.
pub(crate) fn is_too_long(error: &str) -> bool {
    let words = [
        "exceed_context_size",
        "context_length",
        "context length",
        "maximum context",
        "context window",
        "too many tokens",
    ];
    let error = error.to_ascii_lowercase();
    words.iter().any(|word| error.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abilities(dialect: Dialect) -> Abilities {
        Abilities { dialect, model: "m".to_owned(), shape: Shape::Schema, counts: true }
    }

    fn sent(dialect: Dialect) -> Value {
        let message = |text: &str| Message { role: Role::User, text: Masked::of(text) };
        let body = body(&Settings::default(), &abilities(dialect), &[message("hej")]);
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn each_kind_of_server_gets_the_fields_that_it_knows() {
        assert_eq!(sent(Dialect::OpenAi)["max_completion_tokens"], 1500);
        assert_eq!(sent(Dialect::Ollama)["max_tokens"], 1500);
        assert_eq!(sent(Dialect::LlamaCpp)["cache_prompt"], true);
        assert!(sent(Dialect::Vllm).get("cache_prompt").is_none());
        assert_eq!(sent(Dialect::Vllm)["response_format"]["type"], "json_schema");
    }

    #[test]
    fn the_messages_stand_last() {
        let value = sent(Dialect::OpenAi);
        assert_eq!(value.as_object().unwrap().keys().next_back().unwrap(), "messages");
    }

    #[test]
    fn addresses_are_those_of_the_kind() {
        let settings = |url: &str, version: &str| Settings {
            url: url.to_owned(),
            api_version: version.to_owned(),
            ..Settings::default()
        };
        let chat = |settings: &Settings, dialect| {
            chat_url(settings, &abilities(dialect)).unwrap().to_string()
        };
        let plain = settings("http://127.0.0.1:8000", "");
        assert_eq!(chat(&plain, Dialect::Vllm), "http://127.0.0.1:8000/v1/chat/completions");
        let azure = settings("https://sted.openai.azure.example", "2025-04-01");
        assert_eq!(
            chat(&azure, Dialect::Azure),
            "https://sted.openai.azure.example/openai/deployments/m/chat/completions?api-version=2025-04-01"
        );
        let models = models_url(&azure, Dialect::Azure).unwrap().to_string();
        assert_eq!(
            models,
            "https://sted.openai.azure.example/openai/models?api-version=2025-04-01"
        );
    }

    #[test]
    fn a_request_that_is_too_long_is_known_by_its_error() {
        assert!(is_too_long(r#"{"error":{"type":"exceed_context_size_error"}}"#));
        assert!(is_too_long(r#"{"error":{"code":"context_length_exceeded"}}"#));
        assert!(!is_too_long("bad request"));
    }
}
