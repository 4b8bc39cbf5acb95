//! Documents over HTTP: handed in, previewed, withdrawn and restored by those who answer for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_ENCODING;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response as Described};

use crate::access::{Principal, Role};
use crate::config::Limits;
use crate::http::desk::Desk;
use crate::http::problem::{self, Code, Problem};
use crate::http::request::{Parameters, read_body};
use crate::http::shapes::{DayText, KindName, ShortText};
use crate::service::{
    self, Restored, Service, Upload, UploadState, Uploaded, Withdrawal, Withdrawn,
};
use crate::sources::Kind;
use crate::terms::{Audience, Day, parse_day};

/// Bytes of a document that is handed in; a guide full of pictures has some megabytes.
const DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Characters of a file's name.
const FILENAME_CHARS_MAX: usize = 200;
/// The names that `POST /api/v1/documents` takes.
const NAMES: [&str; 10] = [
    "filename",
    "title",
    "kind",
    "institution",
    "valid_from",
    "valid_to",
    "supersedes",
    "audience",
    "owner",
    "preview",
];
/// What can go wrong wherever documents are changed.
const ALWAYS: [Code; 8] = [
    Code::Forbidden,
    Code::BadParameter,
    Code::NotFound,
    Code::Busy,
    Code::Timeout,
    Code::IndexMissing,
    Code::IndexMismatch,
    Code::Internal,
];

/// What can go wrong with a document that is handed in.
pub(crate) struct HandInRefusals;

impl IntoResponses for HandInRefusals {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let own = [
            Code::UnreadableDocument,
            Code::BadDay,
            Code::TooLarge,
            Code::WrongContentType,
            Code::IncompleteRequest,
        ];
        problem::responses(&[own.as_slice(), ALWAYS.as_slice()].concat())
    }
}

/// What can go wrong with withdrawing and restoring.
pub(crate) struct WithdrawRefusals;

impl IntoResponses for WithdrawRefusals {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        problem::responses(&ALWAYS)
    }
}

/// The documents that have been withdrawn.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WithdrawnList {
    /// By id.
    documents: Vec<Withdrawal>,
}

/// Hand in a document, or see what would become of it.
///
/// The body is the file as it is. It is read in a process of its own, without network and with
/// little memory. What the file says of itself goes before what the address says.
/// A file of the same name and institution takes the place of the one before.
#[utoipa::path(
    post,
    path = "/api/v1/documents",
    tag = "sources",
    params(
        ("filename" = String, Query, max_length = 200, pattern = r"\S",
            description = "The name of the file; its ending says the format."),
        ("title" = inline(Option<ShortText>), Query, description = "Its title."),
        ("kind" = inline(Option<KindName>), Query, description = "What it is; a brugervejledning unless the file says more."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution that owns it, by any of its names; none makes it general."),
        ("valid_from" = inline(Option<DayText>), Query, description = "The first day on which it holds."),
        ("valid_to" = inline(Option<DayText>), Query, description = "The last day on which it holds."),
        ("supersedes" = inline(Option<ShortText>), Query,
            description = "What it replaces: document ids, or versions of the same document, with commas between them."),
        ("audience" = Option<String>, Query, description = "`kunde`, unless it is `intern`."),
        ("owner" = inline(Option<ShortText>), Query, description = "Who answers for it."),
        ("preview" = Option<bool>, Query, description = "`true`: nothing is kept."),
    ),
    request_body(description = "The file.",
        content((Vec<u8> = "application/octet-stream"), (Vec<u8> = "*/*"))),
    responses(
        (status = 201, description = "It is new, or has taken the place of another, and is found by the next search.", body = Uploaded),
        (status = 200, description = "A preview, or a document that was there already as it is.", body = Uploaded),
        HandInRefusals,
    ),
)]
pub(crate) async fn hand_in(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = source_owner(&parts)?;
    if is_packed(&parts.headers) {
        return Err(Problem::new(Code::WrongContentType));
    }
    let mut parameters = Parameters::read(&parts.uri, &NAMES)?;
    let preview = is_preview(&mut parameters)?;
    let mut upload = described(&mut parameters)?;
    if !acts_for(&desk, principal, upload.institution.clone()).await? {
        return Err(Problem::new(Code::Forbidden));
    }
    let limits = Limits { body_bytes_max: DOCUMENT_BYTES_MAX, ..desk.limits().clone() };
    upload.bytes = read_body(&parts.headers, body, &limits).await?.to_vec();
    let work = move |service: &Service| {
        if preview { service.preview(&upload) } else { service.upload(&upload) }
    };
    let uploaded: Uploaded = desk.work(work).await?;
    let status = match uploaded.state {
        UploadState::Added | UploadState::Replaced => StatusCode::CREATED,
        UploadState::Preview | UploadState::Unchanged => StatusCode::OK,
    };
    Ok((status, Json(uploaded)).into_response())
}

/// Withdraw a document: no search finds it any more.
///
/// What was handed in is removed for good; a document of an indexed folder can be restored.
/// The id is percent-encoded, its `/` and `#` too.
#[utoipa::path(
    delete,
    path = "/api/v1/documents/{id}",
    tag = "sources",
    params(
        ("id" = String, Path, description = "The document."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own documents may be withdrawn too, by any of its names."),
    ),
    responses(
        (status = 200, description = "It is found no more.", body = Withdrawn),
        WithdrawRefusals,
    ),
)]
pub(crate) async fn withdraw(
    State(desk): State<Arc<Desk>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Withdrawn>, Problem> {
    let (id, institution, by) = named(&desk, id, request).await?;
    let work = move |service: &Service| service.withdraw(&id, institution.as_deref(), &by.asker());
    desk.work(work).await.map(Json)
}

/// Let a document be found again that was withdrawn.
#[utoipa::path(
    post,
    path = "/api/v1/documents/{id}/restore",
    tag = "sources",
    params(
        ("id" = String, Path, description = "The document."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own documents may be restored too, by any of its names."),
    ),
    responses(
        (status = 200, description = "It is found again, as its file is now.", body = Restored),
        WithdrawRefusals,
    ),
)]
pub(crate) async fn restore(
    State(desk): State<Arc<Desk>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Restored>, Problem> {
    let (id, institution, by) = named(&desk, id, request).await?;
    let work = move |service: &Service| service.restore(&id, institution.as_deref(), &by.asker());
    desk.work(work).await.map(Json)
}

/// List the documents that have been withdrawn and can be restored.
#[utoipa::path(
    get,
    path = "/api/v1/withdrawn",
    tag = "sources",
    params(
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own documents are listed too, by any of its names."),
    ),
    responses(
        (status = 200, description = "The documents, by id.", body = WithdrawnList),
        WithdrawRefusals,
    ),
)]
pub(crate) async fn withdrawn(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<WithdrawnList>, Problem> {
    let (parts, _) = request.into_parts();
    let (institution, by) = asked(&desk, &parts).await?;
    let work = move |service: &Service| service.withdrawn(institution.as_deref(), &by.asker());
    let documents = desk.run(work).await?;
    Ok(Json(WithdrawnList { documents }))
}

/// The document that an address names, for whom, and who asks.
async fn named(
    desk: &Desk,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<(String, Option<String>, Principal), Problem> {
    let (parts, _) = request.into_parts();
    let (institution, by) = asked(desk, &parts).await?;
    // An id that cannot be decoded names nothing.
    let Path(id) = id.map_err(|_| Problem::new(Code::NotFound))?;
    Ok((id, institution, by))
}

/// For whom something is done to documents, and by whom. For an institution that somebody may not
/// act for, there are none.
async fn asked(desk: &Desk, parts: &Parts) -> Result<(Option<String>, Principal), Problem> {
    let principal = source_owner(parts)?;
    let institution = institution(&parts.uri)?;
    if acts_for(desk, principal.clone(), institution.clone()).await? {
        Ok((institution, principal))
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

fn institution(uri: &Uri) -> Result<Option<String>, Problem> {
    Ok(Parameters::read(uri, &["institution"])?.take("institution"))
}

/// Who asks, if sources are theirs to change.
fn source_owner(parts: &Parts) -> Result<Principal, Problem> {
    let principal = parts.extensions.get::<Principal>().cloned().unwrap_or(Principal::Anyone);
    if principal.has(Role::SourceOwner) {
        Ok(principal)
    } else {
        Err(Problem::new(Code::Forbidden))
    }
}

/// Whether somebody may act for an institution, which is known by the register's name.
async fn acts_for(
    desk: &Desk,
    principal: Principal,
    institution: Option<String>,
) -> Result<bool, Problem> {
    let Some(name) = institution else { return Ok(principal.acts_for(None)) };
    let work = move |service: &Service| {
        let own = service.owner_named(&name);
        Ok::<_, service::Error>(principal.acts_for(Some(&own)))
    };
    desk.run(work).await
}

fn is_packed(headers: &HeaderMap) -> bool {
    let coding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim());
    coding.is_some_and(|coding| coding != "identity")
}

fn is_preview(parameters: &mut Parameters) -> Result<bool, Problem> {
    match parameters.take("preview").as_deref().map(str::trim) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Problem::bad_parameter("preview", other, "true, false")),
    }
}

/// What an address says of a document.
fn described(parameters: &mut Parameters) -> Result<Upload, Problem> {
    let filename = parameters.take("filename").unwrap_or_default();
    if filename.trim().is_empty() {
        return Err(Problem::bad_parameter("filename", "", "drejebog.docx, vejledning.pdf, …"));
    }
    if filename.chars().nth(FILENAME_CHARS_MAX).is_some() {
        return Err(Problem::too_long("filename", &filename, FILENAME_CHARS_MAX));
    }
    let kind = |value: String| {
        let allowed = || Kind::ALL.map(Kind::value).join(", ");
        Kind::parse(&value).ok_or_else(|| Problem::bad_parameter("kind", &value, &allowed()))
    };
    let mut day = |name: &str| parameters.take(name).map(read_day).transpose();
    let (valid_from, valid_to) = (day("valid_from")?, day("valid_to")?);
    let supersedes = parameters.take("supersedes").unwrap_or_default();
    let supersedes = supersedes.split(',').map(str::trim).filter(|name| !name.is_empty());
    let audience = match parameters.take("audience").as_deref().map(str::trim) {
        None | Some("kunde") => Audience::Customer,
        Some("intern") => Audience::Internal,
        Some(other) => return Err(Problem::bad_parameter("audience", other, "kunde, intern")),
    };
    Ok(Upload {
        filename,
        bytes: Vec::new(),
        title: parameters.take("title"),
        kind: parameters.take("kind").map(kind).transpose()?,
        institution: parameters.take("institution"),
        valid_from,
        valid_to,
        supersedes: supersedes.map(str::to_owned).collect(),
        audience,
        owner: parameters.take("owner"),
    })
}

fn read_day(text: String) -> Result<Day, Problem> {
    parse_day(&text).ok_or_else(|| service::Error::BadDay(text).into())
}
