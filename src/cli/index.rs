//! `svarforslag index`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{Desk, out};
use crate::config::Config;
use crate::index::{Encoded, Report};
use crate::service::{self, Build, Pace, Step};
use crate::sources::Note;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag index documents/                 the index holds exactly this folder\n  \
    svarforslag index --add news.md              add one file to what is there\n  \
    svarforslag index                            read the remembered folders again\n  \
    svarforslag index --strict documents/        fail if any file had to be left out")]
pub(crate) struct Arguments {
    /// Folders and files; none means those of the last run.
    paths: Vec<PathBuf>,
    /// Keep what is indexed already.
    #[arg(long)]
    add: bool,
    /// Fail if a file had to be left out.
    #[arg(long)]
    strict: bool,
    /// Leave the encoding for a later run; words alone are searched until then.
    #[arg(long)]
    no_vectors: bool,
}

pub(crate) fn run(desk: &Desk, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut config = desk.loaded.config.clone();
    // A demo collection lies apart from real documents unless a directory was named for it.
    if !desk.data_named && arguments.paths.iter().any(|path| service::is_demo(path)) {
        config.data = config.data.join("demo");
    }
    let report = build(&config, &Build { paths: arguments.paths.clone(), add: arguments.add })?;
    if !desk.json {
        print(&config, &report);
    }
    let encoded = if arguments.no_vectors { None } else { encode(&config)? };
    if desk.json {
        let mut whole = serde_json::to_value(&report)?;
        if let Some(fields) = whole.as_object_mut() {
            fields.insert("encoded".to_owned(), serde_json::to_value(encoded)?);
        }
        out::say(&serde_json::to_string_pretty(&whole)?);
    } else if let Some(encoded) = encoded {
        out::say(&format!("{} passages have vectors, {} rows", encoded.passages, encoded.rows));
    }
    // What somebody withdrew was not lost.
    let lost = |note: &Note| note.left_out && note.code != service::WITHDRAWN_NOTE;
    let left_out = report.notes.iter().any(lost);
    Ok(if arguments.strict && left_out { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Builds the index with a progress bar on standard error.
pub(crate) fn build(config: &Config, what: &Build) -> anyhow::Result<Report> {
    let bar = Mutex::new(bar());
    let show = |step: Step<'_>| {
        let Ok(bar) = bar.lock() else { return };
        let (prefix, done, of, file) = match step {
            Step::Read(done, of, file) => ("reading", done, of, file),
            Step::Written(done, of) => ("indexing", done, of, ""),
        };
        bar.set_prefix(prefix);
        bar.set_length(of as u64);
        bar.set_position(done as u64);
        bar.set_message(file.to_owned());
    };
    let report = service::build(config, &Desk::extractor()?, what, &show)?;
    if let Ok(bar) = bar.lock() {
        bar.finish_and_clear();
    }
    Ok(report)
}

/// Encodes the passages that lack vectors, with a progress bar; what is searched meanwhile is
/// searched by words.
pub(crate) fn encode(config: &Config) -> anyhow::Result<Option<Encoded>> {
    let bar = bar();
    bar.set_prefix("encoding");
    bar.set_message("words can be searched already");
    let encoded = service::encode(config, Pace::Full, &|done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    Ok(encoded)
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    bar.set_style(
        ProgressStyle::with_template("{prefix:>9} [{bar:30}] {pos}/{len} {eta} {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> "),
    );
    bar
}

fn print(config: &Config, report: &Report) {
    for note in &report.notes {
        let mark = if note.left_out { "left out" } else { "note" };
        out::tell(&format!("{mark}: {}: {} ({})", note.file, note.reason, note.code));
        out::tell(&format!("  -> {}", note.remedy));
    }
    for gone in &report.removed {
        out::tell(&format!("removed: {gone}"));
    }
    out::say(&format!(
        "{} documents, {} passages in {} ({} unchanged, {} removed, {} notes) in {:.1} s",
        report.documents,
        report.passages,
        config.data.display(),
        report.unchanged,
        report.removed.len(),
        report.notes.len(),
        report.seconds
    ));
}
