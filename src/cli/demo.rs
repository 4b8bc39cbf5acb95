//! The bare command: the demo collection, indexed on first run and served.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{Desk, index, out, serve};
use crate::service::Build;

/// The demo collection, in the working directory or where the program was built.
pub(crate) fn folder() -> Option<PathBuf> {
    let built = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/index/demo"));
    [Path::new("index/demo"), built].into_iter().find(|place| place.is_dir()).map(Path::to_owned)
}

/// What to say where the demo collection is needed and not there.
pub(crate) fn missing() -> out::Advised {
    out::Advised {
        code: "no_demo",
        reason: "the demo collection is not beside this program".to_owned(),
        remedy: "run it from the repository, or index your own documents with \
                 `svarforslag index PATH…` and then `svarforslag serve`"
            .to_owned(),
    }
}

pub(crate) fn run(mut desk: Desk) -> anyhow::Result<ExitCode> {
    let folder = folder().ok_or_else(missing)?;
    if !desk.data_named {
        desk.loaded.config.data = desk.loaded.config.data.join("demo");
    }
    out::tell(
        "No command: the demo collection. Its sources are invented; `svarforslag --help` shows the rest.",
    );
    // What has not changed since the last start is not read again.
    let report = index::build(&desk.loaded.config, &Build { paths: vec![folder], add: false })?;
    out::tell(&format!(
        "{} documents, {} passages, {} notes in {}",
        report.documents,
        report.passages,
        report.notes.len(),
        desk.loaded.config.data.display()
    ));
    serve::serve(desk.service()?)
}
