//! `svarforslag models`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::{Desk, out};
use crate::embedding::{Error, Files, Model, listed};

/// What a model under test is asked to encode.
const PROBE: &str = "Hvornår er fristen for indberetning af ferie?";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag models list\n  \
    svarforslag models check                          the model that is built in\n  \
    svarforslag models check models/multilingual-e5-small")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The models whose files are known.
    List,
    /// Compare a model's files with the list, load it, and encode a sentence.
    Check {
        /// The model's folder [default: the model that is built in].
        folder: Option<PathBuf>,
        /// The list of known models [default: the program's own].
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
}

pub(crate) fn run(desk: &Desk, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        What::List => list(desk),
        What::Check { folder, manifest } => check(desk, folder.as_ref(), manifest.as_ref()),
    }
}

fn list(desk: &Desk) -> anyhow::Result<ExitCode> {
    let models = listed(None).map_err(advised)?;
    if desk.json {
        out::say(&serde_json::to_string_pretty(&models)?);
        return Ok(ExitCode::SUCCESS);
    }
    for (name, model) in &models {
        let bytes: u64 = model.files.values().map(|file| file.bytes).sum();
        let size = bytes as f64 / 1e6;
        out::say(&format!(
            "{name}: {} dimensions, {size:.1} MB, {}",
            model.dimensions, model.licence
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn check(
    desk: &Desk,
    folder: Option<&PathBuf>,
    manifest: Option<&PathBuf>,
) -> anyhow::Result<ExitCode> {
    let known = listed(manifest.map(PathBuf::as_path)).map_err(advised)?;
    let files = match folder {
        Some(folder) => Files::read(folder).map_err(advised)?,
        None => Files::shipped(),
    };
    let listed = known.get(&files.name);
    let faults =
        folder.zip(listed).map(|(folder, listed)| listed.faults(folder)).unwrap_or_default();
    for fault in &faults {
        out::tell(&format!("{}: {}", fault.file, fault.reason));
    }
    if !faults.is_empty() {
        return Err(out::Advised {
            code: "bad_model",
            reason: format!("{} files of {} are not what the list says", faults.len(), files.name),
            remedy: "copy them again from where the model came from, or take the list of the same version"
                .to_owned(),
        }
        .into());
    }
    let model = Model::load(&files).map_err(advised)?;
    model.encode_queries(&[PROBE]).map_err(advised)?;
    let compared = match (folder, listed) {
        (None, _) => "built in",
        (_, Some(_)) => "every file is what the list says",
        (_, None) => "not in the list; its files were loaded and tried only",
    };
    if desk.json {
        let found = serde_json::json!({
            "name": model.name(), "dimensions": model.dimensions(),
            "tokens_max": model.tokens_max(), "fingerprint": model.fingerprint(),
            "listed": listed.is_some(),
        });
        out::say(&serde_json::to_string_pretty(&found)?);
    } else {
        out::say(&format!(
            "{}: {} dimensions, at most {} tokens, {compared}\nfingerprint {}",
            model.name(),
            model.dimensions(),
            model.tokens_max(),
            model.fingerprint()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands its error over")]
fn advised(error: Error) -> out::Advised {
    let remedy = error.remedy();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    out::Advised {
        code: "bad_model",
        reason: format!("{error}{}", cause.unwrap_or_default()),
        remedy,
    }
}
