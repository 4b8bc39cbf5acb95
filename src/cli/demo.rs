//! The bare command: the demo collection, indexed on first run and served.

use std::process::ExitCode;

use crate::cli::{Desk, index, out, serve};
use crate::service::{Build, Error, demo_folder};

pub(crate) fn run(mut desk: Desk) -> anyhow::Result<ExitCode> {
    let folder = demo_folder().ok_or(Error::NoDemo)?;
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
