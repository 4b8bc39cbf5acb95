//! Texts made into vectors, by a sentence model that runs here.
//!
//! Takes: the files of a model in Hugging Face layout, and texts.
//! Gives: [`Model`], and from it [`Vector`]s whose products say how near two texts are in meaning.
//! Never: fetches a model; takes one whose files do not fit each other; leaves this machine.

mod files;
mod manifest;
mod settings;
mod weights;
mod tokens;
mod lanes;
mod pairs;
mod panels;
mod matrix;
mod attention;
mod encoder;
mod model;

use std::path::PathBuf;

pub use files::{Files, Prompts};
pub use manifest::{Fault, Listed, ListedFile, listed};
pub use model::Model;

/// Why a model could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that every model has is not there.
    #[error("the model {model} has no {file}")]
    MissingFile {
        /// The model's name or folder.
        model: String,
        /// The file, as it is called in the folder.
        file: String,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A settings file of the model is no JSON, or lacks what must stand there.
    #[error("{file} of the model {model} cannot be understood")]
    Json {
        /// The model's name.
        model: String,
        /// The file.
        file: &'static str,
        /// What was wrong, and where.
        #[source]
        source: serde_json::Error,
    },
    /// The model is of a kind that this program cannot run.
    #[error(
        "{file} of the model {model} asks for {key} `{found}`, which this program does not have"
    )]
    Unsupported {
        /// The model's name.
        model: String,
        /// The file that asks for it.
        file: &'static str,
        /// The setting.
        key: &'static str,
        /// What stands there.
        found: String,
        /// What may stand there.
        wanted: &'static str,
    },
    /// The weights are no safetensors file, or a part of one.
    #[error("model.safetensors of the model {model} is damaged or cut short: {detail}")]
    Damaged {
        /// The model's name.
        model: String,
        /// What was found.
        detail: String,
    },
    /// A tensor that the architecture needs is not among the weights.
    #[error("model.safetensors of the model {model} has no tensor `{tensor}`")]
    MissingTensor {
        /// The model's name.
        model: String,
        /// The tensor.
        tensor: String,
    },
    /// A tensor has another shape than the settings say.
    #[error("the tensor `{tensor}` of the model {model} has the shape {found:?}, not {wanted:?}")]
    Shape {
        /// The model's name.
        model: String,
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that config.json asks for.
        wanted: Vec<usize>,
    },
    /// A weight is not a number.
    #[error("the tensor `{tensor}` of the model {model} holds values that are no finite numbers")]
    NotFinite {
        /// The model's name.
        model: String,
        /// The tensor.
        tensor: String,
    },
    /// The tokenizer cannot be read.
    #[error("tokenizer.json of the model {model} cannot be used: {detail}")]
    Tokenizer {
        /// The model's name.
        model: String,
        /// What was found.
        detail: String,
    },
    /// The tokenizer was made for another model.
    #[error(
        "tokenizer.json of the model {model} has the token number {id}, but the weights have {rows} rows for tokens"
    )]
    Vocabulary {
        /// The model's name.
        model: String,
        /// The highest number that the tokenizer gives.
        id: usize,
        /// How many tokens the weights know.
        rows: usize,
    },
    /// The tokenizer failed on a text.
    #[error("the tokenizer of the model {model} failed on a text of {bytes} bytes: {detail}")]
    Text {
        /// The model's name.
        model: String,
        /// The text's length.
        bytes: usize,
        /// What the tokenizer said.
        detail: String,
    },
    /// The list of models cannot be understood.
    #[error("{} cannot be understood", .path.display())]
    Manifest {
        /// The list.
        path: PathBuf,
        /// What was wrong, and where.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Another thread could not be started.
    #[error("the machine starts no further thread")]
    Threads(#[source] std::io::Error),
}

impl Error {
    /// What the operator can do.
    pub fn remedy(&self) -> String {
        match self {
            Self::MissingFile { file, .. } => format!(
                "copy {file} into the model's folder from where the model came from, or name another folder"
            ),
            Self::Io { .. } => "check that the path is right and may be read".to_owned(),
            Self::Json { file, .. } => {
                format!("copy {file} again from where the model came from")
            }
            Self::Unsupported { wanted, .. } => {
                format!("choose a model with {wanted}, such as multilingual-e5-small or bge-m3")
            }
            Self::Damaged { .. } | Self::NotFinite { .. } => {
                "copy model.safetensors again from where the model came from, and compare its SHA-256"
                    .to_owned()
            }
            Self::MissingTensor { .. } | Self::Shape { .. } => {
                "take config.json and model.safetensors from the same model and the same version of it"
                    .to_owned()
            }
            Self::Tokenizer { .. } => {
                "copy tokenizer.json again from where the model came from; other forms (vocab.txt, \
                 sentencepiece.bpe.model) are not read"
                    .to_owned()
            }
            Self::Vocabulary { .. } => {
                "take tokenizer.json and model.safetensors from the same model".to_owned()
            }
            Self::Text { .. } => {
                "leave the text out, and report it with the model's name: a tokenizer should take any text"
                    .to_owned()
            }
            Self::Manifest { .. } => {
                "write it as `models/README.md` shows: one table for each model".to_owned()
            }
            Self::Threads(_) => {
                "raise the limit of threads for this user, or set fewer workers".to_owned()
            }
        }
    }
}

/// The meaning of a text as a direction: numbers whose squares add up to one.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector(Vec<f32>);

impl Vector {
    /// The direction of some numbers; all noughts stay so, and are near nothing.
    pub fn new(mut values: Vec<f32>) -> Self {
        // As torch does: a length that is nearly nought is taken as this one.
        const LENGTH_MIN: f32 = 1e-12;
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        let scale = 1.0 / length.max(LENGTH_MIN);
        for value in &mut values {
            *value *= scale;
        }
        Self(values)
    }

    /// Its numbers.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// How near the two are: 1 is the same direction, 0 has nothing in common.
    pub fn nearness(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}
