//! What a server can do, found out by asking it.

use std::time::Instant;

use serde::Deserialize;
use serde_json::json;

use crate::draft::endpoint::client::Client;
use crate::draft::endpoint::failure::Failure;
use crate::draft::endpoint::settings::{Dialect, Settings};
use crate::draft::endpoint::wire::{Abilities, Shape, chat_url, models_url};
use crate::privacy::{Guarded, Outbound};

/// Tokens of an answer that is only asked for to see its form.
const TOKENS: u32 = 24;
/// Names of models that are kept.
const MODELS_MAX: usize = 50;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// What is known of the server now.
    pub abilities: Abilities,
    /// The models that it lists.
    pub models: Vec<String>,
    /// Why the list could not be read, or the small request failed.
    pub failure: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(default)]
    data: Vec<Model>,
}

#[derive(Debug, Deserialize)]
struct Model {
    #[serde(default)]
    id: String,
    #[serde(default)]
    owned_by: String,
}

/// What is assumed of a server that has not been asked.
pub(crate) fn assumed(settings: &Settings) -> Abilities {
    let host =
        settings.base().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let azure = ["openai.azure.com", "cognitiveservices.azure.com"];
    let dialect = match settings.dialect {
        Dialect::Auto if azure.iter().any(|end| host.ends_with(end)) => Dialect::Azure,
        Dialect::Auto => Dialect::OpenAi,
        named => named,
    };
    Abilities { dialect, model: settings.model.clone(), shape: Shape::Schema, counts: true }
}

/// Reads the list of models: it tells what kind of server it is, and which model there is.
pub(crate) async fn list(client: &Client, settings: &Settings, deadline: Instant) -> Probed {
    let mut abilities = assumed(settings);
    let Some(url) = models_url(settings, abilities.dialect) else {
        return Probed { abilities, models: Vec::new(), failure: Some(Failure::Unknown) };
    };
    let text = client.get(settings, (url, abilities.dialect), deadline).await;
    let listed = text
        .and_then(|text| serde_json::from_str::<Listed>(&text).map_err(|_| Failure::NotAnAnswer));
    let models = match listed {
        Ok(listed) => listed.data,
        Err(failure) => return Probed { abilities, models: Vec::new(), failure: Some(failure) },
    };
    if settings.dialect == Dialect::Auto && abilities.dialect != Dialect::Azure {
        abilities.dialect = kind_of(&models);
    }
    let models: Vec<String> = models
        .into_iter()
        .map(|model| model.id)
        .filter(|id| !id.is_empty())
        .take(MODELS_MAX)
        .collect();
    if abilities.model.is_empty() {
        abilities.model = models.first().cloned().unwrap_or_default();
    }
    Probed { abilities, models, failure: None }
}

/// Reads the list of models, and sends small requests to see what the server is held to.
pub(crate) async fn probe(client: &Client, settings: &Settings, deadline: Instant) -> Probed {
    let mut probed = list(client, settings, deadline).await;
    if probed.failure.is_some_and(|failure| failure != Failure::Unknown) {
        return probed;
    }
    for shape in [Shape::Schema, Shape::Json, Shape::Free] {
        let Some(url) = chat_url(settings, &probed.abilities) else { break };
        let Some(body) = small(settings, &probed.abilities, shape) else { break };
        let call = client.call(settings, (url, probed.abilities.dialect), body, deadline).await;
        let failure = call.reply.as_ref().err().copied();
        // An answer that was cut off has shown its form.
        if matches!(failure, None | Some(Failure::CutOff)) {
            probed.abilities.shape = shape;
            probed.abilities.counts = !call.usage.estimated;
            probed.failure = None;
            break;
        }
        probed.failure = failure;
        if !matches!(failure, Some(Failure::Rejected(_))) {
            break;
        }
    }
    probed
}

/// A request for one number.
fn small(settings: &Settings, abilities: &Abilities, shape: Shape) -> Option<Guarded> {
    let settings = Settings { tokens_max: TOKENS, ..settings.clone() };
    let abilities = Abilities { shape, ..abilities.clone() };
    let body = crate::draft::endpoint::wire::body(&settings, &abilities, &[]);
    let mut body: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&body).ok()?;
    let asked = "Svar med JSON: {\"svar\": 1}";
    body.insert("messages".to_owned(), json!([{ "role": "user", "content": asked }]));
    if shape == Shape::Schema {
        let number = json!({
            "type": "object",
            "properties": { "svar": { "type": "integer", "enum": [1] } },
            "required": ["svar"],
            "additionalProperties": false,
        });
        let schema = json!({ "name": "svar", "strict": true, "schema": number });
        let format = json!({ "type": "json_schema", "json_schema": schema });
        body.insert("response_format".to_owned(), format);
    }
    Outbound::default().pass(serde_json::to_vec(&body).ok()?).ok()
}

/// The kind of server by what it says of its models.
fn kind_of(models: &[Model]) -> Dialect {
    let owner = models.first().map(|model| model.owned_by.to_ascii_lowercase()).unwrap_or_default();
    match owner.as_str() {
        "llamacpp" => Dialect::LlamaCpp,
        "vllm" => Dialect::Vllm,
        "library" => Dialect::Ollama,
        _ => Dialect::OpenAi,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_models() {
        let of = |owner: &str| kind_of(&[Model { id: "m".to_owned(), owned_by: owner.to_owned() }]);
        assert_eq!(of("llamacpp"), Dialect::LlamaCpp);
        assert_eq!(of("vllm"), Dialect::Vllm);
        assert_eq!(of("library"), Dialect::Ollama);
        assert_eq!(of("system"), Dialect::OpenAi);
        assert_eq!(kind_of(&[]), Dialect::OpenAi);
    }

    #[test]
    fn azure_is_known_by_its_address() {
        let settings =
            Settings { url: "https://x.openai.azure.com".to_owned(), ..Settings::default() };
        assert_eq!(assumed(&settings).dialect, Dialect::Azure);
    }
}
