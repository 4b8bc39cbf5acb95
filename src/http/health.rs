//! Whether the service lives, whether it can answer, and its numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use crate::http::desk::Desk;
use crate::http::problem::{self, Code, Problem};
use crate::service::{self, Readiness, Service};

/// The text form of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Why the service is not ready.
pub(crate) struct Unready;

impl IntoResponses for Unready {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(&[
            Code::Timeout,
            Code::IndexMissing,
            Code::IndexMismatch,
            Code::LedgerBusy,
            Code::LedgerGone,
            Code::LedgerFull,
            Code::Internal,
        ])
    }
}

/// That the service lives.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Liveness {
    /// Always `ok`.
    status: &'static str,
}

/// Say that the program runs.
#[utoipa::path(get, path = "/health/live", tag = "health",
    responses((status = 200, description = "It runs.", body = Liveness)))]
pub(crate) async fn live() -> Json<Liveness> {
    Json(Liveness { status: "ok" })
}

/// Say whether there is an index to answer from, and a ledger to write to; or what is missing.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses(
        (status = 200, description = "It can answer.", body = Readiness),
        Unready,
    ))]
pub(crate) async fn ready(State(desk): State<Arc<Desk>>) -> Result<Json<Readiness>, Problem> {
    let ready = desk.run(Service::readiness).await?;
    desk.review()?.ledger().check().await.map_err(service::Error::from)?;
    Ok(Json(ready))
}

/// Give the numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, description = "The numbers.", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(
    State(desk): State<Arc<Desk>>,
) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, METRICS_TYPE)], desk.counts.render())
}
