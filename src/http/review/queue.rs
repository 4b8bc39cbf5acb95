//! The queue, and one draft as a person reads it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::desk::Desk;
use crate::http::identity::Caller;
use crate::http::problem::{Code, Problem};
use crate::http::request::Parameters;
use crate::http::review::asking::{ReadRefusals, tag};
use crate::http::shapes::{DayText, ShortText};
use crate::review::{Filter, State as DraftState, Summary};
use crate::service::View;
use crate::terms::parse_day;

/// Drafts on one page unless the caller asks for more.
const PER_PAGE: usize = 50;
/// Drafts on one page at most.
const PER_PAGE_MAX: usize = 200;
/// The parameters of the queue.
const PARAMETERS: [&str; 6] = ["state", "institution", "assignee", "due_until", "cursor", "limit"];

/// One page of the queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DraftPage)]
pub(crate) struct Page {
    /// The drafts, the most urgent first.
    drafts: Vec<Summary>,
    /// Where the next page begins; missing on the last.
    next: Option<String>,
}

/// List drafts: what waits, or what was decided.
#[utoipa::path(
    get,
    path = "/api/v1/drafts",
    tag = "review",
    params(
        ("state" = Option<String>, Query,
            description = "States with commas between them; without it all that waits for somebody: `drafting`, `ready`, `held`, `failed`."),
        ("institution" = inline(Option<ShortText>), Query, description = "Of one institution, by the register's name."),
        ("assignee" = Option<String>, Query,
            description = "Taken on by this person, by id; `me` is the one who asks."),
        ("due_until" = inline(Option<DayText>), Query, description = "To be answered by this day at the latest."),
        ("cursor" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u64>, Query, description = "Drafts on the page, from 1 to 200."),
    ),
    responses((status = 200, description = "One page of drafts.", body = Page), ReadRefusals),
)]
pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<Page>, Problem> {
    let Caller(principal) = Caller::of(request.extensions())?;
    let mut parameters = Parameters::read(request.uri(), &PARAMETERS)?;
    let assignee = parameters.take("assignee");
    let filter = Filter {
        states: states(parameters.take("state"))?,
        institution: parameters.take("institution"),
        within: None,
        assignee: assignee.map(|it| if it == "me" { principal.id().to_owned() } else { it }),
        due_until: parameters.take("due_until").map(day).transpose()?,
        behind: parameters.take("cursor").map(|cursor| place(&cursor)).transpose()?,
        limit: parameters.take_number("limit", 1..=PER_PAGE_MAX)?.unwrap_or(PER_PAGE),
    };
    let page = desk.review()?.queue(filter, &principal).await?;
    let next = page.next.map(|(due, id)| format!("{due}.{id}"));
    Ok(Json(Page { drafts: page.drafts, next }))
}

fn states(text: Option<String>) -> Result<Vec<DraftState>, Problem> {
    let text = text.unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let allowed = || DraftState::ALL.map(DraftState::value).join(", ");
    let parsed = words.map(|word| {
        DraftState::parse(word).ok_or_else(|| Problem::bad_parameter("state", word, &allowed()))
    });
    let mut states = parsed.collect::<Result<Vec<_>, _>>()?;
    states.sort_unstable();
    states.dedup();
    Ok(states)
}

fn day(text: String) -> Result<String, Problem> {
    let day = parse_day(text.trim()).ok_or(crate::service::Error::BadDay(text))?;
    Ok(day.to_string())
}

fn place(cursor: &str) -> Result<(String, String), Problem> {
    let parts = cursor.split_once('.').filter(|(due, _)| parse_day(due).is_some());
    let (due, id) = parts.ok_or_else(|| Problem::bad_parameter("cursor", cursor, "next"))?;
    Ok((due.to_owned(), id.to_owned()))
}

/// Read one draft, with the inquiry, the sources, the checks and what was decided.
///
/// That it was read is in the log.
#[utoipa::path(
    get,
    path = "/api/v1/drafts/{id}",
    tag = "review",
    params(("id" = String, Path, description = "The draft's id.")),
    responses(
        (status = 200, description = "The draft.", body = View,
            headers(("etag" = String, description = "Its version, for `If-Match`."))),
        ReadRefusals,
    ),
)]
pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = id_of(path)?;
    let view = desk.review()?.read(&id, &Caller::of(request.extensions())?.0).await?;
    Ok((tag(view.summary.version), Json(view)).into_response())
}

/// An id that there may be; any other names nothing.
pub(crate) fn id_of(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let id = path.ok().and_then(|Path(id)| uuid::Uuid::try_parse(&id).ok());
    id.map(|id| id.to_string()).ok_or_else(|| Problem::new(Code::NotFound))
}
