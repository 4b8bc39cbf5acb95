//! The files of a model, as bytes: read from a folder, or built into the program.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::embedding::Error;

/// The weights of the model that is built into the program.
static SHIPPED_WEIGHTS: &[u8] = include_bytes!("../../models/danish-minilm/model.safetensors");

/// What is written before a text, which some models were trained with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prompts {
    /// Before a query.
    pub query: String,
    /// Before a passage.
    pub passage: String,
}

/// The files of a model in the layout of Hugging Face and sentence-transformers.
///
/// What a model need not have is empty.
#[derive(Debug, Clone, Default)]
pub struct Files<'a> {
    /// What to call the model.
    pub name: String,
    /// `config.json`: the architecture.
    pub config: Cow<'a, [u8]>,
    /// `model.safetensors`: the weights.
    pub weights: Cow<'a, [u8]>,
    /// `tokenizer.json`.
    pub tokenizer: Cow<'a, [u8]>,
    /// `tokenizer_config.json`, of which only the length is read.
    pub tokenizer_config: Cow<'a, [u8]>,
    /// `modules.json`: the steps from tokens to a vector.
    pub modules: Cow<'a, [u8]>,
    /// `config.json` in the folder of the pooling step.
    pub pooling: Cow<'a, [u8]>,
    /// `sentence_bert_config.json`: how many tokens a text may have.
    pub length: Cow<'a, [u8]>,
    /// `config_sentence_transformers.json`: what to write before a query or a passage.
    pub prompts: Cow<'a, [u8]>,
    /// What to write before texts instead of what the model's files say.
    pub prompts_instead: Option<Prompts>,
}

impl Files<'static> {
    /// Reads a model's folder.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        let needed = |file: &str| {
            let bytes = optional(&folder.join(file))?;
            if bytes.is_empty() {
                return Err(Error::MissingFile {
                    model: folder.display().to_string(),
                    file: file.to_owned(),
                });
            }
            Ok(Cow::Owned(bytes))
        };
        let optional = |file: &str| optional(&folder.join(file)).map(Cow::Owned);
        Ok(Self {
            config: needed("config.json")?,
            tokenizer: needed("tokenizer.json")?,
            weights: needed("model.safetensors")?,
            tokenizer_config: optional("tokenizer_config.json")?,
            modules: optional("modules.json")?,
            // Every model of sentence-transformers that pools has its settings in this folder.
            pooling: optional("1_Pooling/config.json")?,
            length: optional("sentence_bert_config.json")?,
            prompts: optional("config_sentence_transformers.json")?,
            prompts_instead: None,
            name,
        })
    }
}

impl Files<'_> {
    /// The weights where they are part of the program.
    pub(crate) fn lasting_weights(&self) -> Option<&'static [u8]> {
        // The same place in memory, and not only the same bytes.
        let same = self.weights.as_ptr() == SHIPPED_WEIGHTS.as_ptr()
            && self.weights.len() == SHIPPED_WEIGHTS.len();
        same.then_some(SHIPPED_WEIGHTS)
    }
}

/// A file's bytes; none if it is not there.
fn optional(path: &Path) -> Result<Vec<u8>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
                && path.parent().and_then(Path::parent).is_some_and(Path::exists) =>
        {
            Ok(Vec::new())
        }
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
    }
}

impl Files<'static> {
    /// The model that is built into the program.
    pub fn shipped() -> Self {
        let file = |bytes: &'static [u8]| Cow::Borrowed(bytes);
        Self {
            name: "danish-minilm".to_owned(),
            config: file(include_bytes!("../../models/danish-minilm/config.json")),
            weights: file(SHIPPED_WEIGHTS),
            tokenizer: file(include_bytes!("../../models/danish-minilm/tokenizer.json")),
            modules: file(include_bytes!("../../models/danish-minilm/modules.json")),
            pooling: file(include_bytes!("../../models/danish-minilm/1_Pooling/config.json")),
            length: file(include_bytes!("../../models/danish-minilm/sentence_bert_config.json")),
            ..Self::default()
        }
    }
}
