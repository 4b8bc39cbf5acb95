//! The record: the log, all that is kept of one inquiry, and who quotes a source.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use serde::Serialize;

use crate::http::desk::Desk;
use crate::http::identity::Caller;
use crate::http::problem::Problem;
use crate::http::request::Parameters;
use crate::http::review::asking::ReadRefusals;
use crate::http::review::queue::id_of;
use crate::http::shapes::ShortText;
use crate::review::{Event, Export, Summary, Verified, Wanted};
use crate::service::DocumentEntry;

/// Events on one page unless the caller asks for more.
const PER_PAGE: usize = 100;
/// Events on one page at most.
const PER_PAGE_MAX: usize = 1000;

/// One page of the log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LogPage)]
pub(crate) struct LogPage {
    /// The events, the first first.
    events: Vec<Event>,
    /// The number behind which the next page begins; missing on the last.
    next: Option<i64>,
}

/// Read the log: every look and every decision.
///
/// It holds ids, versions and signatures, and no word of a customer.
#[utoipa::path(
    get,
    path = "/api/v1/log",
    tag = "record",
    params(
        ("inquiry" = inline(Option<ShortText>), Query, description = "About this inquiry."),
        ("draft" = inline(Option<ShortText>), Query, description = "About this draft."),
        ("who" = inline(Option<ShortText>), Query, description = "By this person or program."),
        ("behind" = Option<u64>, Query, maximum = 9_000_000_000_000_000_000_u64,
            description = "Behind this number: `next` of the page before."),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Events on the page."),
    ),
    responses((status = 200, description = "One page of the log.", body = LogPage), ReadRefusals),
)]
pub(crate) async fn log(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<LogPage>, Problem> {
    let mut parameters =
        Parameters::read(request.uri(), &["inquiry", "draft", "who", "behind", "limit"])?;
    let limit = parameters.take_number("limit", 1..=PER_PAGE_MAX)?.unwrap_or(PER_PAGE);
    let most = usize::try_from(i64::MAX).unwrap_or(usize::MAX);
    let behind = parameters.take_number("behind", 0..=most)?.unwrap_or(0);
    let wanted = Wanted {
        inquiry: parameters.take("inquiry"),
        draft: parameters.take("draft"),
        who: parameters.take("who"),
        behind: i64::try_from(behind).unwrap_or(i64::MAX),
        limit: i64::try_from(limit + 1).unwrap_or(i64::MAX),
    };
    let mut events = desk.review()?.log(&wanted, &Caller::of(request.extensions())?.0).await?;
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|last| last.seq);
    Ok(Json(LogPage { events, next }))
}

/// Hold the log against its signatures, and every draft against its last decision.
#[utoipa::path(
    get,
    path = "/api/v1/log/verify",
    tag = "record",
    responses((status = 200, description = "What was found.", body = Verified), ReadRefusals),
)]
pub(crate) async fn verify(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<Verified>, Problem> {
    Parameters::read(request.uri(), &[])?;
    Ok(Json(desk.review()?.verify().await?))
}

/// Give out all that is kept of one inquiry: for the case system, or for the person it is about.
///
/// That it was given out is in the log.
#[utoipa::path(
    get,
    path = "/api/v1/inquiries/{id}/export",
    tag = "record",
    params(("id" = String, Path, description = "The inquiry's id.")),
    responses((status = 200, description = "Inquiry, drafts, decisions and events.", body = Object),
        ReadRefusals),
)]
pub(crate) async fn export(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Export>, Problem> {
    let id = id_of(path)?;
    Ok(Json(desk.review()?.export(&id, &Caller::of(request.extensions())?.0).await?))
}

/// What quotes a document.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Quoting)]
pub(crate) struct Quoting {
    /// The document.
    document: String,
    /// The drafts, each as it is known in the queue.
    drafts: Vec<Summary>,
    /// Past cases and standardsvar that were learnt of such drafts.
    documents: Vec<DocumentEntry>,
}

/// List what quotes a document: drafts, past cases and standardsvar that a change of it reaches.
#[utoipa::path(
    get,
    path = "/api/v1/quoting",
    tag = "record",
    params(("document" = inline(ShortText), Query, description = "The document's id.")),
    responses((status = 200, description = "The drafts.", body = Quoting), ReadRefusals),
)]
pub(crate) async fn quoting(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<Quoting>, Problem> {
    let mut parameters = Parameters::read(request.uri(), &["document"])?;
    let document = parameters.take("document");
    let document =
        document.ok_or_else(|| Problem::bad_parameter("document", "", "GET /documents"))?;
    let (drafts, documents) =
        desk.review()?.quoting(&document, &Caller::of(request.extensions())?.0).await?;
    Ok(Json(Quoting { document, drafts, documents }))
}
