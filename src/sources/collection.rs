//! `collection.toml`: what a folder says about all of its files, and for those that cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::sources::metadata::{Layer, Remark, Strangers};
use crate::sources::{Collection, Error, MetaValue, Note};
use crate::terms::parse_day;

/// The file's name.
pub(crate) const COLLECTION_FILE: &str = "collection.toml";
/// How far above a named folder its collection may stand.
const FOLDERS_ABOVE_MAX: usize = 3;

/// One `collection.toml`, read.
#[derive(Debug)]
pub(crate) struct CollectionFile {
    /// What it says about all.
    pub(crate) about: Collection,
    folder: PathBuf,
    entries: BTreeMap<String, Layer>,
    notes: Vec<Note>,
}

impl CollectionFile {
    /// What it says about one file.
    pub(crate) fn entry(&self, file: &Path) -> Option<&Layer> {
        let inside = file.strip_prefix(&self.folder).ok()?;
        self.entries.get(&slashed(inside))
    }

    /// Notes on its keys, and on entries under `root` for files that are not there.
    pub(crate) fn notes(&self, root: &Path) -> Vec<Note> {
        let mut notes = self.notes.clone();
        for path in self.entries.keys() {
            let file = self.folder.join(path);
            if file.starts_with(root) && !file.exists() {
                let remark = Remark::new(
                    "collection_file_missing",
                    format!("{COLLECTION_FILE} describes `{path}`, which is not there"),
                    "mend the path, or take the entry away",
                );
                notes.push(remark.kept(COLLECTION_FILE));
            }
        }
        notes
    }

    fn read(folder: &Path, text: &str) -> Result<Self, String> {
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| {
                1 + text.get(..span.start).unwrap_or_default().matches('\n').count()
            });
            format!("line {line}: {}", error.message())
        })?;
        let files = table.remove("file");
        let about = about(&mut table)?;
        let notes = table.keys().map(|key| unknown_key(key)).collect();
        let mut entries = BTreeMap::new();
        for file in files.iter().filter_map(toml::Value::as_array).flatten() {
            let entry = file.as_table().ok_or("[[file]] is not a table")?;
            let path = entry.get("path").and_then(toml::Value::as_str);
            let path = path.ok_or("a [[file]] table has no `path`")?;
            let path = path.replace('\\', "/").trim_start_matches("./").to_owned();
            if entries.insert(path.clone(), layer(entry)).is_some() {
                return Err(format!("`{path}` is described twice"));
            }
        }
        Ok(Self { about, folder: folder.to_owned(), entries, notes })
    }
}

fn about(table: &mut toml::Table) -> Result<Collection, String> {
    let demo = match table.remove("demo") {
        None => false,
        Some(value) => value.as_bool().ok_or("`demo` is neither true nor false")?,
    };
    let day = match table.remove("day") {
        None => None,
        Some(value) => {
            let text = text_of(&value);
            Some(parse_day(&text).ok_or_else(|| format!("`day = {text}` is not YYYY-MM-DD"))?)
        }
    };
    let name = table.remove("name").map(|name| text_of(&name));
    Ok(Collection { name, demo, day })
}

fn unknown_key(key: &str) -> Note {
    let reason = format!("the key `{key}` is not known and decides nothing");
    Remark::new("unknown_key", reason, "use `name`, `demo`, `day` and [[file]]")
        .kept(COLLECTION_FILE)
}

fn layer(entry: &toml::Table) -> Layer {
    let values = entry.iter().map(|(key, value)| {
        let value = match value.as_array() {
            Some(list) => MetaValue::Many(list.iter().map(text_of).collect()),
            None => MetaValue::One(text_of(value)),
        };
        (key.clone(), value)
    });
    Layer { values: values.collect(), strangers: Strangers::Noted }
}

fn text_of(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A path with `/` on every system.
pub(crate) fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The collections met on the way, each read once.
#[derive(Debug, Default)]
pub(crate) struct Collections {
    read: BTreeMap<PathBuf, Option<Arc<CollectionFile>>>,
}

impl Collections {
    /// The collection that a folder belongs to: its own, or that of the nearest folder above.
    pub(crate) fn of(
        &mut self,
        folder: &Path,
        root: &Path,
    ) -> Result<Option<Arc<CollectionFile>>, Error> {
        let top = root.ancestors().nth(FOLDERS_ABOVE_MAX).unwrap_or(root).to_owned();
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(&top)) {
            if let Some(found) = self.in_folder(folder)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn in_folder(&mut self, folder: &Path) -> Result<Option<Arc<CollectionFile>>, Error> {
        if let Some(known) = self.read.get(folder) {
            return Ok(known.clone());
        }
        let file = folder.join(COLLECTION_FILE);
        let fault = |reason: String| Error::Collection { file: file.display().to_string(), reason };
        let found = if file.is_file() {
            let text = std::fs::read_to_string(&file).map_err(|error| fault(error.to_string()))?;
            Some(Arc::new(CollectionFile::read(folder, &text).map_err(fault)?))
        } else {
            None
        };
        self.read.insert(folder.to_owned(), found.clone());
        Ok(found)
    }

    /// Every collection that was met.
    pub(crate) fn all(&self) -> impl Iterator<Item = &CollectionFile> {
        let mut seen = BTreeSet::new();
        let found = self.read.values().flatten();
        found.filter(move |file| seen.insert(file.folder.clone())).map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_speaks_for_its_files() {
        let text = "demo = true\nday = \"2025-10-15\"\nname = \"Demo\"\nejer = \"x\"\n\
                    [[file]]\npath = \"a/b.docx\"\nversion = 3\nloengruppe = [\"780\", 42]\n\
                    gyldig_fra = 2025-02-01\n";
        let found = CollectionFile::read(Path::new("/c"), text).unwrap();
        assert!(found.about.demo);
        assert_eq!(found.about.day, parse_day("2025-10-15"));
        let entry = found.entry(Path::new("/c/a/b.docx")).unwrap();
        let value =
            |key: &str| entry.values.iter().find(|(name, _)| name == key).unwrap().1.clone();
        assert_eq!(value("version"), MetaValue::One("3".to_owned()));
        assert_eq!(value("gyldig_fra"), MetaValue::One("2025-02-01".to_owned()));
        assert_eq!(value("loengruppe"), MetaValue::Many(vec!["780".to_owned(), "42".to_owned()]));
        assert!(found.entry(Path::new("/c/a/c.docx")).is_none());
        let codes: Vec<String> =
            found.notes(Path::new("/c")).into_iter().map(|note| note.code).collect();
        assert_eq!(codes, ["unknown_key", "collection_file_missing"]);
    }

    #[track_caller]
    fn check_fault(text: &str, expected: &str) {
        let fault = CollectionFile::read(Path::new("/c"), text).unwrap_err();
        assert!(fault.contains(expected), "{fault}");
    }

    #[test]
    fn a_collection_that_cannot_be_read_is_an_error() {
        check_fault("demo = true\nday = \n", "line 2");
        check_fault("demo = \"ja\"", "neither true nor false");
        check_fault("day = \"15-10-2025\"", "YYYY-MM-DD");
        check_fault("[[file]]\ntitel = \"a\"", "no `path`");
    }
}
