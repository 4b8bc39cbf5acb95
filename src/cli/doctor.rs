//! `svarforslag doctor`.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::{Desk, out};
use crate::index::Index;
use crate::service::demo_folder;
use crate::sources::{Format, network_blocked_here};

#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    ok: bool,
    detail: String,
    remedy: String,
}

impl Finding {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: true, detail: detail.into(), remedy: String::new() }
    }

    fn bad(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, ok: false, detail: detail.into(), remedy: remedy.into() }
    }
}

pub(crate) fn run(desk: &Desk) -> anyhow::Result<ExitCode> {
    let data = &desk.loaded.config.data;
    let findings = vec![
        Finding::ok("program", format!("svarforslag {}", env!("CARGO_PKG_VERSION"))),
        data_directory(data),
        index(data),
        reader()?,
        network(),
        demo_collection(),
        listen(&desk.loaded.config.listen),
        Finding::ok("language model", "none is used: replies are picked from the sources"),
        Finding::ok("network", "nothing leaves this machine"),
    ];
    let good = findings.iter().all(|finding| finding.ok);
    if desk.json {
        out::say(&serde_json::to_string_pretty(&findings)?);
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok     " } else { "MISSING" };
            out::say(&format!("{mark} {}: {}", finding.name, finding.detail));
            if !finding.remedy.is_empty() {
                out::say(&format!("        -> {}", finding.remedy));
            }
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn data_directory(data: &Path) -> Finding {
    const NAME: &str = "data directory";
    if !data.exists() {
        return Finding::ok(
            NAME,
            format!("{} will be made by `svarforslag index`", data.display()),
        );
    }
    match tempfile::NamedTempFile::new_in(data) {
        Ok(_) => Finding::ok(NAME, format!("{} can be written", data.display())),
        Err(error) => Finding::bad(
            NAME,
            format!("{} cannot be written: {error}", data.display()),
            "change its owner or rights, or choose another with `--data`",
        ),
    }
}

fn index(data: &Path) -> Finding {
    let index = match Index::open(data) {
        Ok(index) => index,
        Err(error) => return Finding::bad("index", error.to_string(), error.remedy()),
    };
    let snapshot = index.snapshot();
    let manifest = snapshot.manifest();
    let demo = if manifest.collection.demo { ", demo" } else { "" };
    Finding::ok(
        "index",
        format!(
            "{} documents, {} passages, {} institutions, {} notes{demo}; made {} with analyser {}",
            manifest.documents.len(),
            manifest.passages(),
            manifest.register.len(),
            manifest.notes.len(),
            manifest.made,
            manifest.analyser
        ),
    )
}

fn reader() -> anyhow::Result<Finding> {
    let page = b"<html><body><h1>Test</h1><p>En side.</p></body></html>";
    Ok(match Desk::extractor()?.extract(Format::Html, page) {
        Ok(read) if !read.blocks.is_empty() => {
            Finding::ok("reader", "PDF, Office and HTML files are read in a limited child process")
        }
        Ok(_) => Finding::bad("reader", "the child process read nothing", "report this fault"),
        Err(error) => Finding::bad(
            "reader",
            format!("the child process failed: {error}"),
            "check that this program may start itself and that 512 MB of memory are free",
        ),
    })
}

fn network() -> Finding {
    if network_blocked_here() {
        Finding::ok("reader's network", "closed by the kernel (seccomp)")
    } else {
        Finding::bad(
            "reader's network",
            "this kernel does not let the program close it",
            "run the program where seccomp filters are allowed, or in a network namespace of its own",
        )
    }
}

fn demo_collection() -> Finding {
    let detail = demo_folder().map_or_else(
        || "not beside this program; only the bare command needs it".to_owned(),
        |folder| folder.display().to_string(),
    );
    Finding::ok("demo collection", detail)
}

fn listen(address: &str) -> Finding {
    match std::net::TcpListener::bind(address) {
        Ok(_) => Finding::ok("listen address", format!("{address} is free")),
        Err(error) => Finding::bad(
            "listen address",
            format!("{address} cannot be used: {error}"),
            "as it should be if svarforslag serves there; otherwise choose another with `--listen`",
        ),
    }
}
