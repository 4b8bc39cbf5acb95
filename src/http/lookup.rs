//! Looking things up: passages by words, documents by page, one passage by its id.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use crate::http::desk::Desk;
use crate::http::identity::Caller;
use crate::http::problem::{self, Code, Problem};
use crate::http::request::Parameters;
use crate::http::shapes::{DayText, KindName, ShortText, SystemName};
use crate::service::{DocumentPage, HITS_MAX, LookupAnswer, LookupQuery, PassageView, Service};

/// What can go wrong wherever the index is read.
const ALWAYS: [Code; 8] = [
    Code::NotYours,
    Code::BadDay,
    Code::BadParameter,
    Code::Busy,
    Code::Timeout,
    Code::IndexMissing,
    Code::IndexMismatch,
    Code::Internal,
];

/// What can go wrong with a lookup.
pub(crate) struct LookupRefusals;

impl IntoResponses for LookupRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(&[&[Code::EmptyQuery], ALWAYS.as_slice()].concat())
    }
}

/// What can go wrong with the list of documents.
pub(crate) struct ListRefusals;

impl IntoResponses for ListRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let codes: Vec<Code> = ALWAYS.into_iter().filter(|code| *code != Code::BadDay).collect();
        problem::responses(&codes)
    }
}

/// What can go wrong with one passage.
pub(crate) struct PassageRefusals;

impl IntoResponses for PassageRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(&[&[Code::NotFound], ALWAYS.as_slice()].concat())
    }
}

/// Look up a question or a few words.
///
/// Without an institution only general sources are searched.
#[utoipa::path(
    get,
    path = "/api/v1/lookup",
    tag = "lookup",
    params(
        ("q" = String, Query, max_length = 2000, pattern = r"\S",
            description = "A question, or some words."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own sources are searched too, by any of its names."),
        ("day" = inline(Option<DayText>), Query,
            description = "The day on which sources must hold; today unless the collection has its own day."),
        ("kind" = inline(Option<KindName>), Query, description = "Only sources of this kind."),
        ("system" = inline(Option<SystemName>), Query,
            description = "Only sources about this system; its other usual names are known, too."),
        ("limit" = inline(Option<usize>), Query, minimum = 1, maximum = 50,
            description = "How many passages; 10 unless said."),
    ),
    responses(
        (status = 200, description = "What was found, best first.", body = LookupAnswer),
        LookupRefusals,
    ),
)]
pub(crate) async fn look_up(
    State(desk): State<Arc<Desk>>,
    Caller(caller): Caller,
    uri: Uri,
) -> Result<Json<LookupAnswer>, Problem> {
    let names = ["q", "institution", "day", "kind", "system", "limit"];
    let mut parameters = Parameters::read(&uri, &names)?;
    let query = LookupQuery {
        limit: parameters.take_number("limit", 1..=HITS_MAX)?,
        q: parameters.take("q").unwrap_or_default(),
        institution: parameters.take("institution"),
        day: parameters.take("day"),
        kind: parameters.take("kind"),
        system: parameters.take("system"),
    };
    desk.work(move |service| service.look_up(&query, caller.asker())).await.map(Json)
}

/// List the documents that an institution may see.
#[utoipa::path(
    get,
    path = "/api/v1/documents",
    tag = "lookup",
    params(
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own documents are listed too, by any of its names."),
        ("kind" = inline(Option<KindName>), Query, description = "Only documents of this kind."),
        ("cursor" = inline(Option<ShortText>), Query,
            description = "`next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page of documents, by id.", body = DocumentPage),
        ListRefusals,
    ),
)]
pub(crate) async fn documents(
    State(desk): State<Arc<Desk>>,
    Caller(caller): Caller,
    uri: Uri,
) -> Result<Json<DocumentPage>, Problem> {
    let mut parameters = Parameters::read(&uri, &["institution", "kind", "cursor"])?;
    let (institution, kind, cursor) =
        (parameters.take("institution"), parameters.take("kind"), parameters.take("cursor"));
    let work = move |service: &Service| {
        let (institution, kind) = (institution.as_deref(), kind.as_deref());
        service.documents(institution, kind, cursor.as_deref(), caller.asker())
    };
    desk.work(work).await.map(Json)
}

/// Show a passage with its neighbours.
///
/// A passage of another institution is not found, exactly as one that does not exist.
#[utoipa::path(
    get,
    path = "/api/v1/passages/{id}",
    tag = "lookup",
    params(
        ("id" = String, Path, description = "The passage."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own sources may be seen too, by any of its names."),
        ("day" = inline(Option<DayText>), Query,
            description = "The day for which its state is told."),
    ),
    responses(
        (status = 200, description = "The passage.", body = PassageView),
        PassageRefusals,
    ),
)]
pub(crate) async fn passage(
    State(desk): State<Arc<Desk>>,
    Caller(caller): Caller,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<PassageView>, Problem> {
    // An id that cannot be decoded names nothing.
    let Path(id) = id.map_err(|_| Problem::new(Code::NotFound))?;
    let mut parameters = Parameters::read(&uri, &["institution", "day"])?;
    let (institution, day) = (parameters.take("institution"), parameters.take("day"));
    let work = move |service: &Service| {
        service.passage(&id, institution.as_deref(), day.as_deref(), caller.asker())
    };
    desk.work(work).await.map(Json)
}
