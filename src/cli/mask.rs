//! `svarforslag mask`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{Desk, out};
use crate::privacy;

/// More than any mail that is read.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag mask mail.txt\n  \
    svarforslag mask --json < mail.txt | jq .findings")]
pub(crate) struct Arguments {
    /// A text, or - for standard input.
    #[arg(default_value = "-")]
    input: PathBuf,
}

pub(crate) fn run(desk: &Desk, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let bytes = read(&arguments.input)?;
    let text = String::from_utf8_lossy(&bytes);
    let found = privacy::detect(&text);
    let masked = privacy::marked(&text, &found.findings);
    if desk.json {
        let findings: Vec<serde_json::Value> = found
            .findings
            .iter()
            .map(|finding| {
                serde_json::json!({
                    "kind": finding.kind,
                    "range": [finding.range.start, finding.range.end],
                    "score": finding.score,
                    "reasons": finding.reasons,
                    "masked": finding.acts(),
                })
            })
            .collect();
        let special: Vec<serde_json::Value> = found
            .flags
            .iter()
            .map(|flag| {
                serde_json::json!({ "kind": flag.kind, "range": [flag.range.start, flag.range.end] })
            })
            .collect();
        let told = serde_json::json!({ "text": masked, "findings": findings, "special": special });
        out::say(&serde_json::to_string_pretty(&told)?);
    } else {
        out::say(&masked);
    }
    Ok(ExitCode::SUCCESS)
}

/// A file, or standard input.
pub(crate) fn read(input: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if input == Path::new("-") {
        std::io::stdin().lock().take(INPUT_BYTES_MAX).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let advised = |error: std::io::Error| out::Advised {
        code: "unreadable_file",
        reason: format!("cannot read {}: {error}", input.display()),
        remedy: "check the path and its rights".to_owned(),
    };
    let file = std::fs::File::open(input).map_err(advised)?;
    file.take(INPUT_BYTES_MAX).read_to_end(&mut bytes).map_err(advised)?;
    Ok(bytes)
}
