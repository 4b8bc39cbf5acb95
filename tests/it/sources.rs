//! Folders and files become documents, whatever they hold.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use svarforslag::sources::{
    Extractor, Form, Format, Harvest, Limits, Unreadable, collect, network_blocked_here,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sources")
}

fn extractor() -> Extractor {
    Extractor { program: env!("CARGO_BIN_EXE_svarforslag").into(), limits: Limits::default() }
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn extract(name: &str, bytes: &[u8]) -> Result<svarforslag::sources::Extracted, Unreadable> {
    Format::of(name, bytes).and_then(|format| extractor().extract(format, bytes))
}

/// Compares what is read from a file with the golden file beside it, line by line.
#[track_caller]
fn check_golden(name: &str) {
    let extracted = extract(name, &bytes_of(name)).unwrap();
    let found = serde_json::to_string_pretty(&extracted).unwrap() + "\n";
    let golden = folder().join(format!("{name}.json"));
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    if found == expected {
        return;
    }
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    std::fs::write(&kept, &found).unwrap();
    let mut lines = String::new();
    let (new, old): (Vec<&str>, Vec<&str>) = (found.lines().collect(), expected.lines().collect());
    for line in old.iter().filter(|line| !new.contains(line)) {
        writeln!(lines, "- {line}").unwrap();
    }
    for line in new.iter().filter(|line| !old.contains(line)) {
        writeln!(lines, "+ {line}").unwrap();
    }
    panic!(
        "{name} is read otherwise:\n{lines}\nif that is right: cp {} {}",
        kept.display(),
        golden.display()
    );
}

#[test]
fn each_format_is_read_as_its_golden_file_says() {
    for name in [
        "text.txt",
        "latin1.txt",
        "markdown.md",
        "html.html",
        "table.csv",
        "mail.eml",
        "docx.docx",
        "pptx.pptx",
        "xlsx.xlsx",
        "pdf.pdf",
        "pdf-columns.pdf",
        "pdf-hyphens.pdf",
    ] {
        check_golden(name);
    }
}
