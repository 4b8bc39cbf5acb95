//! The demo collection, where it lies, and the gold set beside it.

use std::path::{Path, PathBuf};

use crate::evaluation::{Gold, read_gold_texts};
use crate::service::Error;

/// The demo collection, in the working directory or where the program was built.
pub fn demo_folder() -> Option<PathBuf> {
    let built = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/index/demo"));
    [Path::new("index/demo"), built].into_iter().find(|place| place.is_dir()).map(Path::to_owned)
}

/// The demo's gold set; messages about it name its files without their folder.
pub fn demo_gold() -> Result<Gold, Error> {
    let folder = demo_folder().ok_or(Error::NoDemo)?.join("evaluation");
    let unread = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map_err(unread(&folder))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    files.sort();
    let texts: Result<Vec<(PathBuf, String)>, Error> = files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).map_err(unread(file))?;
            Ok((file.file_name().map(PathBuf::from).unwrap_or_default(), text))
        })
        .collect();
    Ok(read_gold_texts(&texts?)?)
}
