//! The library: documents that came through the service, kept as files in the data directory.
//!
//! It is a source like the folders that are indexed, and every run of `index` takes it in: what a
//! running service has taken into its index can always be made again from here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::index::{self, write_whole};
use crate::sources::{Collection, LIBRARY, MetaValue, SHELVES, SIDECAR_ENDING, shelved_path};

/// What the service keeps of the library beside the documents.
const STATE: &str = "state.json";
/// The documents that have been withdrawn and whose files belong to others.
const WITHDRAWN: &str = "withdrawn.json";
/// Says that all of it is invented, where it is.
const COLLECTION: &str = "collection.toml";
/// The key of the passages that a learned document cites.
pub(crate) const CITES: &str = "bygger_paa";
/// Characters of a file's name that are kept as they are.
const NAME_CHARS_MAX: usize = 80;
/// Characters of the ending of a file's name.
const ENDING_CHARS_MAX: usize = 8;

/// What is known of a library as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LibraryState {
    /// Up to which event of the ledger the library holds what was learned.
    pub(crate) applied: u64,
    /// The folders that were indexed last, for an index that has been lost.
    pub(crate) roots: Vec<PathBuf>,
}

/// A document that is not to be found until somebody restores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Withdrawal {
    /// The document.
    pub document: String,
    /// The file that it stands in.
    pub file: String,
    /// The hash of what was read, by which a later change of the file is known.
    pub hash: String,
    /// Its title.
    pub title: String,
    /// The institution that owns it.
    pub institution: Option<String>,
    /// When it was withdrawn.
    pub at: String,
    /// Who withdrew it.
    pub by: String,
}

/// The library of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    folder: PathBuf,
}

impl Library {
    pub(crate) fn of(data: &Path) -> Self {
        Self { folder: data.join(LIBRARY) }
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it holds any document.
    pub(crate) fn holds_documents(&self) -> bool {
        SHELVES.iter().any(|shelf| {
            let files = walkdir::WalkDir::new(self.folder.join(shelf)).into_iter().flatten();
            files.into_iter().any(|entry| entry.file_type().is_file())
        })
    }

    /// What is known of it; nothing if nobody has written that yet.
    pub(crate) fn state(&self) -> Result<LibraryState, index::Error> {
        self.read(STATE).map(Option::unwrap_or_default)
    }

    /// Writes down what is known of it.
    pub(crate) fn keep_state(&self, state: &LibraryState) -> Result<(), index::Error> {
        self.write(STATE, state)
    }

    /// The documents that have been withdrawn, by id.
    pub(crate) fn withdrawn(&self) -> Result<BTreeMap<String, Withdrawal>, index::Error> {
        let all: Vec<Withdrawal> = self.read(WITHDRAWN)?.unwrap_or_default();
        Ok(all.into_iter().map(|one| (one.document.clone(), one)).collect())
    }

    /// Writes down which documents have been withdrawn.
    pub(crate) fn keep_withdrawn(
        &self,
        all: &BTreeMap<String, Withdrawal>,
    ) -> Result<(), index::Error> {
        self.write(WITHDRAWN, &all.values().collect::<Vec<_>>())
    }

    /// Says that what it holds is invented, where the rest of the index is.
    pub(crate) fn mark(&self, collection: &Collection) -> Result<(), index::Error> {
        let path = self.folder.join(COLLECTION);
        if !collection.demo || path.exists() {
            return Ok(());
        }
        let day = collection.day.map(|day| format!("day = \"{day}\"\n"));
        let text = format!("demo = true\n{}", day.unwrap_or_default());
        self.make(&self.folder)?;
        write_whole(&path, text.as_bytes())
    }

    /// The content of a file, if there is one of that name.
    pub(crate) fn content(&self, file: &str) -> Option<Vec<u8>> {
        fs::read(self.path(file)?).ok()
    }

    /// The passages that a learned document cites.
    pub(crate) fn cites(&self, file: &str) -> Vec<String> {
        let bytes = self.content(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let case: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        let cited = match &case {
            Some(case) => case.get(CITES).map(ToString::to_string),
            None => text
                .lines()
                .find_map(|line| line.strip_prefix(CITES)?.strip_prefix(": ").map(str::to_owned)),
        };
        match cited.and_then(|cited| serde_json::from_str(&cited).ok()) {
            Some(MetaValue::Many(all)) => all,
            Some(MetaValue::One(one)) => vec![one],
            None => Vec::new(),
        }
    }

    /// What stands beside a file.
    pub(crate) fn sidecar(&self, file: &str) -> Option<String> {
        fs::read_to_string(sidecar_of(&self.path(file)?)).ok()
    }

    /// Keeps a file, whole and for good, and what stands beside it. The sidecar comes first: a
    /// document is never read without it.
    pub(crate) fn keep(
        &self,
        file: &str,
        bytes: &[u8],
        sidecar: Option<&str>,
    ) -> Result<(), index::Error> {
        let Some(path) = self.path(file) else { return Ok(()) };
        if let Some(folder) = path.parent() {
            self.make(folder)?;
        }
        if let Some(text) = sidecar {
            write_whole(&sidecar_of(&path), text.as_bytes())?;
        }
        write_whole(&path, bytes)
    }

    /// Removes a file, and then what stands beside it.
    pub(crate) fn remove(&self, file: &str) -> Result<(), index::Error> {
        let Some(path) = self.path(file) else { return Ok(()) };
        for path in [path.clone(), sidecar_of(&path)] {
            match fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(index::Error::Io { doing: "remove", path, source });
                }
                _ => {}
            }
        }
        path.parent().map_or(Ok(()), synced)
    }

    /// A library of its own inside this one, for files that may not be kept. It goes when dropped.
    pub(crate) fn staging(&self) -> Result<(tempfile::TempDir, Self), index::Error> {
        self.make(&self.folder)?;
        let failed =
            |source| index::Error::Io { doing: "write in", path: self.folder.clone(), source };
        let folder = tempfile::Builder::new()
            .prefix(".staging-")
            .tempdir_in(&self.folder)
            .map_err(failed)?;
        let library = Self { folder: folder.path().to_owned() };
        Ok((folder, library))
    }

    /// Removes what a killed service left of files that it had not kept.
    pub(crate) fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".staging-") {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn path(&self, file: &str) -> Option<PathBuf> {
        shelved_path(&self.folder, file)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, index::Error> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                // A list that cannot be read must not be taken for an empty one.
                index::Error::Io { doing: "read", path, source: error.into() }
            }),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(index::Error::Io { doing: "read", path, source }),
        }
    }

    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), index::Error> {
        self.make(&self.folder)?;
        let bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
        write_whole(&self.folder.join(name), &bytes)
    }

    /// Makes a folder, and lets every folder above it know for good.
    fn make(&self, folder: &Path) -> Result<(), index::Error> {
        if folder.is_dir() {
            return Ok(());
        }
        let failed = |source| index::Error::Io { doing: "make", path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let top = self.folder.parent().unwrap_or(&self.folder);
        folder.ancestors().take_while(|above| above.starts_with(top)).try_for_each(synced)
    }
}

fn synced(folder: &Path) -> Result<(), index::Error> {
    let failed = |source| index::Error::Io { doing: "write", path: folder.to_owned(), source };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn sidecar_of(file: &Path) -> PathBuf {
    let mut path = file.to_owned().into_os_string();
    path.push(SIDECAR_ENDING);
    path.into()
}

/// The lines of a sidecar or of front matter; those without a value are left out.
pub(crate) fn metadata(lines: &[(&str, Vec<String>)]) -> String {
    let quoted = |value: &String| serde_json::to_string(value).unwrap_or_default();
    let line = |(key, values): &(&str, Vec<String>)| match values.as_slice() {
        [] => String::new(),
        [one] => format!("{key}: {}\n", quoted(one)),
        many => format!("{key}: [{}]\n", many.iter().map(quoted).collect::<Vec<_>>().join(", ")),
    };
    lines.iter().map(line).collect()
}

/// A name of a file that holds nothing but letters, digits, `.`, `-` and `_`: the same for the same
/// name, and another for another.
pub(crate) fn file_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
    let plain = plain(name);
    // Some names mean something in a folder of sources: none of them is given away.
    let means = ["toml", "yaml"].iter().any(|ending| name.ends_with(ending));
    let is_same = plain == name && !name.starts_with('.') && name.len() <= NAME_CHARS_MAX;
    if is_same && !means && !name.is_empty() {
        return plain;
    }
    // What two names have lost may be all that they differ in.
    let hash: String = blake3::hash(name.as_bytes()).to_hex().chars().take(6).collect();
    let (stem, ending) = plain.rsplit_once('.').unwrap_or((plain.as_str(), ""));
    let stem: String = stem.trim_matches('.').chars().take(NAME_CHARS_MAX).collect();
    let ending: String = ending.chars().take(ENDING_CHARS_MAX).collect();
    let dot = if ending.is_empty() { "" } else { "." };
    format!("{stem}-{hash}{dot}{ending}")
}

/// The folder of an owner's documents.
pub(crate) fn owner_folder(institution: Option<&str>) -> String {
    let Some(name) = institution else { return "general".to_owned() };
    let hash: String = blake3::hash(name.as_bytes()).to_hex().chars().take(6).collect();
    let plain: String = plain(&name.to_lowercase()).chars().take(NAME_CHARS_MAX).collect();
    format!("{}-{hash}", plain.replace('.', "-"))
}

fn plain(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.chars() {
        match letter {
            'æ' => plain.push_str("ae"),
            'ø' => plain.push_str("oe"),
            'å' => plain.push_str("aa"),
            'Æ' => plain.push_str("Ae"),
            'Ø' => plain.push_str("Oe"),
            'Å' => plain.push_str("Aa"),
            c if c.is_ascii_alphanumeric() || ".-_".contains(c) => plain.push(c),
            _ => plain.push('-'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_a_plain_name_that_no_other_has() {
        assert_eq!(file_name("drejebog.docx"), "drejebog.docx");
        assert_eq!(file_name("C:\\løn\\drejebog.docx"), "drejebog.docx");
        assert!(file_name("Løn 2025.docx").starts_with("Loen-2025-"));
        assert_eq!(file_name("Løn 2025.docx").rsplit_once('.').unwrap().1, "docx");
        assert_ne!(file_name("Løn 2025.docx"), file_name("Løn-2025.docx"));
        for name in ["../../etc/passwd", "..", ".", "", ".hidden.md", "a\0b.md", "-.md"] {
            let plain = file_name(name);
            assert!(!plain.is_empty() && !plain.starts_with('.') && !plain.contains(['/', '\0']));
        }
        assert!(file_name(&format!("{}.pdf", "x".repeat(5000))).len() < 120);
    }

    #[test]
    fn owners_do_not_share_a_folder() {
        assert_eq!(owner_folder(None), "general");
        assert_ne!(owner_folder(Some("general")), "general");
        assert_ne!(owner_folder(Some("Å")), owner_folder(Some("Aa")));
    }

    #[test]
    fn metadata_can_be_read_again_whatever_stands_in_it() {
        let title = "Løn: \"20%\" # [nu]\nog 'så' \\ videre";
        let text = metadata(&[
            ("titel", vec![title.to_owned()]),
            ("erstatter", vec!["a: b".to_owned(), "3.10".to_owned()]),
            ("ejer", Vec::new()),
        ]);
        let read = crate::sources::read_metadata(&text).unwrap();
        let one = MetaValue::One(title.to_owned());
        let many = MetaValue::Many(vec!["a: b".to_owned(), "3.10".to_owned()]);
        assert_eq!(read, [("titel".to_owned(), one), ("erstatter".to_owned(), many)]);
    }
}
