//! `svarforslag doctor`.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::access::Mode;
use crate::cli::{Desk, ledger, out};
use crate::config::Config;
use crate::draft::endpoint::{Endpoint, Failure, Shape};
use crate::index::Index;
use crate::service::{self, demo_folder};
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
        kept(desk),
        listen(&desk.loaded.config.listen),
        sign_on(&desk.loaded.config)?,
        language_model(&desk.loaded.config)?,
        leaves(&desk.loaded.config),
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

/// What the language model can do, found out by asking it.
fn language_model(config: &Config) -> anyhow::Result<Finding> {
    const NAME: &str = "language model";
    if !config.endpoint.is_on() {
        return Ok(Finding::ok(NAME, "none is used: replies are picked from the sources"));
    }
    let endpoint = match Endpoint::open(&config.endpoint, &config.data) {
        Ok(endpoint) => endpoint,
        Err(error) => return Ok(Finding::bad(NAME, error.to_string(), error.remedy())),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let probed = runtime.block_on(endpoint.probe());
    let url = &config.endpoint.url;
    if let Some(failure) = probed.failure {
        let status = failure.status().map(|status| format!(" ({status})")).unwrap_or_default();
        return Ok(Finding::bad(
            NAME,
            format!(
                "{url} failed: {}{status}; replies are picked from the sources",
                failure.word()
            ),
            remedy(failure),
        ));
    }
    let abilities = &probed.abilities;
    let shape = match abilities.shape {
        Shape::Schema => "held to the schema",
        Shape::Json => "held to JSON, not to the schema",
        Shape::Free => "not held to any form",
    };
    let counts = if abilities.counts { "counts tokens" } else { "does not count tokens" };
    let spent = endpoint.spent(None, service::clock::today()).map(|spent| spent.drafts);
    let book = if spent.is_ok() { "" } else { "; the book of what was spent cannot be read" };
    Ok(Finding::ok(
        NAME,
        format!(
            "{} at {url} ({:?}, {} models), {shape}, {counts}{book}",
            abilities.model,
            abilities.dialect,
            probed.models.len()
        ),
    ))
}

fn remedy(failure: Failure) -> &'static str {
    match failure {
        Failure::Unreachable | Failure::BrokenOff | Failure::TooSlow => {
            "look whether the server runs, at `endpoint.url`, and at the way to it (`endpoint.proxy`)"
        }
        Failure::Unauthorised => {
            "look at the key in the variable that `endpoint.api_key_variable` names"
        }
        Failure::Unknown => "look at `endpoint.url` and at the name of `endpoint.model`",
        Failure::Elsewhere => "write the address that the server sends on to in `endpoint.url`",
        Failure::Rejected(_) => "name the kind of server in `endpoint.dialect`",
        _ => "look at the server's own log",
    }
}

/// Where inquiries and decisions are kept.
fn kept(desk: &Desk) -> Finding {
    const NAME: &str = "ledger";
    match ledger::standing(desk) {
        Ok(detail) => Finding::ok(NAME, detail),
        Err((detail, remedy)) => Finding::bad(NAME, detail, remedy),
    }
}

/// What leaves this machine with these settings.
fn leaves(config: &Config) -> Finding {
    let mut detail = if config.endpoint.is_on() {
        format!("masked questions and mails and passages of sources go to {}", config.endpoint.url)
    } else {
        "nothing leaves this machine".to_owned()
    };
    if config.access.is_oidc() {
        let fetched = format!("; the keys of tokens are fetched from {}", config.access.issuer);
        detail.push_str(&fetched);
    }
    Finding::ok("network", detail)
}

fn demo_collection() -> Finding {
    let detail = demo_folder().map_or_else(
        || "not beside this program; only the bare command needs it".to_owned(),
        |folder| folder.display().to_string(),
    );
    Finding::ok("demo collection", detail)
}

/// Who would be answered by a service with these settings.
fn sign_on(config: &Config) -> anyhow::Result<Finding> {
    const NAME: &str = "who may ask";
    Ok(match Mode::of(&config.access, config.listen.parse()?) {
        Ok(mode) => Finding::ok(NAME, mode.text()),
        Err(error) => Finding::bad(NAME, error.to_string(), error.remedy()),
    })
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
