//! The list of known models: the size and the SHA-256 of each of their files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::embedding::Error;

/// The list that comes with the program.
const LIST: &str = include_str!("../../models/manifest.toml");
/// Where it lies in the repository, for messages.
const LIST_PATH: &str = "models/manifest.toml";

/// A known model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// How many numbers a vector has.
    pub dimensions: usize,
    /// Under what it may be used.
    pub licence: String,
    /// Its files, by their path in the folder.
    pub files: BTreeMap<String, ListedFile>,
}

/// A file of a known model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedFile {
    /// Its size.
    pub bytes: u64,
    /// Its hash, in hex.
    pub sha256: String,
}

/// What is wrong with a file of a known model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, by its path in the folder.
    pub file: String,
    /// What is wrong.
    pub reason: String,
}

/// The known models, by name: those of a list, or those that come with the program.
pub fn listed(list: Option<&Path>) -> Result<BTreeMap<String, Listed>, Error> {
    let path = list.map_or_else(|| PathBuf::from(LIST_PATH), Path::to_owned);
    let text = match list {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|source| Error::Io { path: path.to_owned(), source })?,
        None => LIST.to_owned(),
    };
    toml::from_str(&text).map_err(|source| Error::Manifest { path, source: Box::new(source) })
}

impl Listed {
    /// The files of a folder that are missing or not what the list says.
    pub fn faults(&self, folder: &Path) -> Vec<Fault> {
        self.files.iter().filter_map(|(file, listed)| listed.fault(folder, file)).collect()
    }
}

impl ListedFile {
    fn fault(&self, folder: &Path, file: &str) -> Option<Fault> {
        let fault = |reason: String| Some(Fault { file: file.to_owned(), reason });
        let bytes = match std::fs::read(folder.join(file)) {
            Ok(bytes) => bytes,
            Err(error) => return fault(format!("cannot be read: {error}")),
        };
        if bytes.len() as u64 != self.bytes {
            return fault(format!("has {} bytes, not {}", bytes.len(), self.bytes));
        }
        let found = hex(&Sha256::digest(&bytes));
        if found == self.sha256 {
            return None;
        }
        fault(format!("has the SHA-256 {found}, not {}", self.sha256))
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_is_what_its_list_says() {
        let listed = listed(None).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/danish-minilm");
        assert_eq!(listed["danish-minilm"].faults(&folder), []);
    }

    #[test]
    fn a_file_that_is_missing_cut_or_changed_is_named() {
        let known = &listed(None).unwrap()["danish-minilm"];
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/danish-minilm");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("1_Pooling")).unwrap();
        for file in known.files.keys() {
            std::fs::copy(shipped.join(file), folder.path().join(file)).unwrap();
        }
        let config = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
        std::fs::write(folder.path().join("config.json"), config.replace('6', "7")).unwrap();
        std::fs::write(folder.path().join("model.safetensors"), "cut").unwrap();
        std::fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
        let faults = known.faults(folder.path());
        let files: Vec<&str> = faults.iter().map(|fault| fault.file.as_str()).collect();
        assert_eq!(files, ["config.json", "model.safetensors", "tokenizer.json"]);
        assert!(faults[1].reason.contains("has 3 bytes"), "{}", faults[1].reason);
    }
}
