//! What a model's settings files say, as far as it changes vectors.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::embedding::{Error, Files, Prompts};

/// Layers, heads and columns beyond which a file is no sentence model but a mistake or an attack.
const SIZE_MAX: usize = 1 << 16;

/// How the vectors of tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// Their mean.
    Mean,
    /// The first one.
    First,
}

/// How the position of a token is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Positions {
    /// From nought, as BERT does.
    FromNought,
    /// From one above the number of the padding token, which itself stays there, as RoBERTa does.
    AfterPadding(usize),
}

/// What a model's settings files say.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) columns: usize,
    pub(crate) columns_between: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) vocabulary: usize,
    pub(crate) kinds: usize,
    pub(crate) position_rows: usize,
    pub(crate) positions: Positions,
    pub(crate) epsilon: f32,
    pub(crate) pooling: Pooling,
    /// The most tokens a text may have, marks at its ends included.
    pub(crate) tokens_max: usize,
    pub(crate) lower_case: bool,
    pub(crate) prompts: Prompts,
}

#[derive(Deserialize)]
struct ConfigFile {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    vocab_size: usize,
    #[serde(default = "one")]
    type_vocab_size: usize,
    max_position_embeddings: usize,
    layer_norm_eps: f32,
    #[serde(default)]
    pad_token_id: Option<usize>,
    #[serde(default)]
    hidden_act: Option<String>,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
struct ModuleFile {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Modes {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "these are the names of the file's own switches")]
struct PoolingFile {
    pooling_mode: Option<Modes>,
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
    include_prompt: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LengthFile {
    max_seq_length: Option<usize>,
    do_lower_case: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenizerConfigFile {
    /// Some models write a number here that fits no integer, for "no limit".
    model_max_length: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PromptsFile {
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
}

impl Settings {
    /// Reads the settings files of a model.
    pub(crate) fn of(files: &Files<'_>) -> Result<Self, Error> {
        let model = files.name.as_str();
        let config: ConfigFile = parse(model, "config.json", &files.config)?;
        check_modules(files)?;
        let pooling = pooling(files)?;
        let positions = match (config.model_type.as_str(), config.pad_token_id) {
            ("bert", _) => Positions::FromNought,
            ("xlm-roberta" | "roberta" | "camembert", padding) => {
                Positions::AfterPadding(padding.unwrap_or(1))
            }
            _ => {
                let found = config.model_type;
                return Err(unsupported(model, "model_type", found, "`bert` or `xlm-roberta`"));
            }
        };
        let exact_gelu = config.hidden_act.as_deref().unwrap_or("gelu");
        if exact_gelu != "gelu" {
            return Err(unsupported(model, "hidden_act", exact_gelu.to_owned(), "`gelu`"));
        }
        let absolute = config.position_embedding_type.as_deref().unwrap_or("absolute");
        if absolute != "absolute" {
            let found = absolute.to_owned();
            return Err(unsupported(model, "position_embedding_type", found, "`absolute`"));
        }
        check_sizes(model, &config)?;
        let usable = match positions {
            Positions::FromNought => config.max_position_embeddings,
            Positions::AfterPadding(padding) => {
                config.max_position_embeddings.saturating_sub(padding + 1)
            }
        };
        let length: LengthFile = parse(model, "sentence_bert_config.json", &files.length)?;
        let limit: TokenizerConfigFile =
            parse(model, "tokenizer_config.json", &files.tokenizer_config)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the conversion ends at the largest and the smallest number, and the least of all wins"
        )]
        let limit = limit.model_max_length.map(|limit| limit as usize).filter(|limit| *limit > 0);
        let tokens_max = length.max_seq_length.or(limit).unwrap_or(usable).min(usable);
        Ok(Self {
            columns: config.hidden_size,
            columns_between: config.intermediate_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            vocabulary: config.vocab_size,
            kinds: config.type_vocab_size,
            position_rows: config.max_position_embeddings,
            positions,
            epsilon: config.layer_norm_eps,
            pooling,
            tokens_max,
            lower_case: length.do_lower_case,
            prompts: prompts(files)?,
        })
    }
}

fn unsupported(model: &str, key: &'static str, found: String, wanted: &'static str) -> Error {
    Error::Unsupported { model: model.to_owned(), file: "config.json", key, found, wanted }
}

/// Reads a settings file; one that is not there says nothing.
fn parse<T: DeserializeOwned>(model: &str, file: &'static str, bytes: &[u8]) -> Result<T, Error> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let failed = |source| Error::Json { model: model.to_owned(), file, source };
    serde_json::from_slice(bytes).map_err(failed)
}

/// Whether the sizes can belong to each other.
fn check_sizes(model: &str, config: &ConfigFile) -> Result<(), Error> {
    let sizes = [
        ("hidden_size", config.hidden_size, "a number of columns"),
        ("intermediate_size", config.intermediate_size, "a number of columns"),
        ("num_hidden_layers", config.num_hidden_layers, "a number of layers"),
        ("num_attention_heads", config.num_attention_heads, "a number of heads"),
        ("type_vocab_size", config.type_vocab_size, "a number of kinds"),
        ("max_position_embeddings", config.max_position_embeddings, "a number of positions"),
    ];
    for (key, size, wanted) in sizes {
        if size == 0 || size > SIZE_MAX {
            return Err(unsupported(model, key, size.to_string(), wanted));
        }
    }
    if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
        let found = config.num_attention_heads.to_string();
        return Err(unsupported(model, "num_attention_heads", found, "heads of equal width"));
    }
    if !config.layer_norm_eps.is_finite() || config.layer_norm_eps < 0.0 {
        let found = config.layer_norm_eps.to_string();
        return Err(unsupported(model, "layer_norm_eps", found, "a small positive number"));
    }
    Ok(())
}

/// Whether the steps are those that this program takes: encoder, pooling, normalisation.
fn check_modules(files: &Files<'_>) -> Result<(), Error> {
    if files.modules.is_empty() {
        return Ok(());
    }
    let modules: Vec<ModuleFile> = parse(&files.name, "modules.json", &files.modules)?;
    for module in modules {
        let kind = module.kind.rsplit('.').next().unwrap_or_default();
        if !["Transformer", "Pooling", "Normalize"].contains(&kind) {
            return Err(Error::Unsupported {
                model: files.name.clone(),
                file: "modules.json",
                key: "type",
                found: module.kind,
                wanted: "the steps Transformer, Pooling and Normalize alone",
            });
        }
    }
    Ok(())
}

fn pooling(files: &Files<'_>) -> Result<Pooling, Error> {
    let file: PoolingFile = parse(&files.name, "1_Pooling/config.json", &files.pooling)?;
    let refused = |key, found, wanted| Error::Unsupported {
        model: files.name.clone(),
        file: "1_Pooling/config.json",
        key,
        found,
        wanted,
    };
    if file.include_prompt == Some(false) {
        return Err(refused("include_prompt", "false".to_owned(), "pooling over the prompt too"));
    }
    let named = match file.pooling_mode.unwrap_or_default() {
        Modes::One(mode) => vec![mode],
        Modes::Several(modes) => modes,
        Modes::None => {
            let old = [
                ("cls", file.pooling_mode_cls_token),
                ("max", file.pooling_mode_max_tokens),
                ("mean", file.pooling_mode_mean_tokens),
                ("mean_sqrt_len_tokens", file.pooling_mode_mean_sqrt_len_tokens),
                ("weightedmean", file.pooling_mode_weightedmean_tokens),
                ("lasttoken", file.pooling_mode_lasttoken),
            ];
            old.iter().filter(|(_, on)| *on).map(|(mode, _)| (*mode).to_owned()).collect()
        }
    };
    match named.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        // The mean is what sentence-transformers takes where nothing is said.
        [] | ["mean"] => Ok(Pooling::Mean),
        ["cls"] => Ok(Pooling::First),
        _ => {
            Err(refused("pooling_mode", named.join(" + "), "pooling by mean or by the first token"))
        }
    }
}

fn prompts(files: &Files<'_>) -> Result<Prompts, Error> {
    if let Some(prompts) = &files.prompts_instead {
        return Ok(prompts.clone());
    }
    let file: PromptsFile =
        parse(&files.name, "config_sentence_transformers.json", &files.prompts)?;
    let default = file.default_prompt_name.unwrap_or_default();
    let first = |names: &[&str]| {
        let names = names.iter().copied().chain([default.as_str()]);
        names
            .filter_map(|name| file.prompts.get(name))
            .flatten()
            .next()
            .cloned()
            .unwrap_or_default()
    };
    // The order in which sentence-transformers looks for them.
    Ok(Prompts { query: first(&["query"]), passage: first(&["document", "passage", "corpus"]) })
}
