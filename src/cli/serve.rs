//! `svarforslag serve`.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::cli::{Desk, out};
use crate::config::Config;
use crate::draft::endpoint::{Abilities, Endpoint};
use crate::service::{self, Pace, Service};
use crate::{http, index};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The address to listen on [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
}

pub(crate) fn run(desk: &Desk) -> anyhow::Result<ExitCode> {
    let service = desk.service()?;
    match service.readiness() {
        Ok(ready) => {
            let demo = if ready.demo { " (demo: the sources are invented)" } else { "" };
            out::tell(&format!("{} documents, {} passages{demo}", ready.documents, ready.passages));
        }
        Err(error @ service::Error::Index(_)) => {
            out::tell(&format!("{error}; drafts are answered with 503 until there is one"));
            out::tell(&format!("what to do: {}", error.remedy()));
        }
        Err(error) => return Err(error.into()),
    }
    if service.readiness().is_ok() {
        service.check()?;
    }
    serve(service)
}

/// Serves until it is told to stop.
pub(crate) fn serve(service: Service) -> anyhow::Result<ExitCode> {
    log();
    let address = service.config().listen.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(&address).await.map_err(|error| out::Advised {
            code: "address_in_use",
            reason: format!("cannot listen on {address}: {error}"),
            remedy: "stop the program that listens there, or choose another with `--listen 127.0.0.1:8081`"
                .to_owned(),
        })?;
        let local = listener.local_addr()?;
        out::say(&format!("svarforslag listens on http://{local}"));
        out::tell(&try_this(&local.to_string()));
        let stop = CancellationToken::new();
        let told = stop.clone();
        tokio::spawn(async move {
            stop_signal().await;
            told.cancel();
        });
        let service = Arc::new(service);
        let beside = Arc::clone(&service);
        std::thread::spawn(move || {
            catch_up(&beside);
            // A second copy of index and model is only opened where vectors are missing.
            if !beside.has_vectors() {
                encode(beside.config());
            }
        });
        if let Some(endpoint) = service.endpoint().cloned() {
            tokio::spawn(async move { probe(&endpoint).await });
        }
        http::serve(listener, service, stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Takes in what came into the library, or went out of it, while the index could not be written.
fn catch_up(service: &Service) {
    match service.catch_up() {
        Ok(caught) => {
            let (taken_in, removed) = (caught.taken_in.len(), caught.removed.len());
            if taken_in + removed > 0 {
                tracing::info!(taken_in, removed, "the index holds what the library holds");
            }
        }
        Err(error) => {
            tracing::error!(%error, remedy = error.remedy(), "the index may lack what the library holds");
        }
    }
}

/// Encodes what lacks vectors beside the service, which searches by words until they are there.
fn encode(config: &Config) {
    match service::encode(config, Pace::Beside, &|_, _| {}) {
        Ok(Some(encoded)) => tracing::info!(passages = encoded.passages, "encoded"),
        // Whoever holds the lock encodes too; without an index there is nothing to encode.
        Ok(None)
        | Err(service::Error::Index(index::Error::Locked { .. } | index::Error::Missing { .. })) => {
        }
        Err(error) => {
            tracing::error!(%error, remedy = error.remedy(), "only words are searched");
        }
    }
}

/// Finds out what the language model can do, beside the service.
async fn probe(endpoint: &Endpoint) {
    let probed = endpoint.probe().await;
    let Abilities { dialect, model, shape, counts } = &probed.abilities;
    match probed.failure {
        None => tracing::info!(?dialect, model, ?shape, counts, "the endpoint answers"),
        Some(failure) => {
            let (failure, status) = (failure.word(), failure.status());
            tracing::warn!(failure, status, "the endpoint failed; `svarforslag doctor` says more");
        }
    }
}

fn try_this(address: &str) -> String {
    format!(
        "try:\n  \
        curl -s {address}/api/v1/drafts -H 'content-type: application/json' -d @tests/data/inquiry.json\n  \
        curl -sG {address}/api/v1/lookup --data-urlencode 'q=Hvornår er fristen for en sygemelding?'\n  \
        http://{address}/api/docs/   the API, described\n\
        stop with Ctrl-C"
    )
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

/// Logs hold ids, counts and times; people read them in a terminal, machines as JSON.
fn log() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tantivy=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if std::io::stderr().is_terminal() {
        builder.compact().try_init()
    } else {
        builder.json().try_init()
    };
}
