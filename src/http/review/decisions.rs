//! What persons decide: each route one decision, on the version that `If-Match` names.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::access::Person;
use crate::http::desk::Desk;
use crate::http::identity::Caller;
use crate::http::problem::{Code, Problem};
use crate::http::request::{Form, read_body};
use crate::http::review::asking::{DecideRefusals, Stands, person, read_json, seen, tag};
use crate::http::review::queue::id_of;
use crate::review::Decided;
use crate::review::reasons::Rejection;
use crate::service::{Approval, Editing, On};

/// A decision as it was sent.
struct Sent<T> {
    id: String,
    version: i64,
    person: Person,
    words: T,
}

impl<T: DeserializeOwned> Sent<T> {
    async fn read(
        desk: &Desk,
        path: Result<Path<String>, PathRejection>,
        request: Request,
    ) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let person = person(&Caller::of(&parts.extensions)?.0)?.clone();
        let id = id_of(path)?;
        let version = seen(&parts.headers)?;
        let bytes = read_body(&parts.headers, body, desk.limits()).await?;
        // Without words there is nothing whose form could be wrong.
        if (!bytes.is_empty() || parts.headers.contains_key(CONTENT_TYPE))
            && Form::of(&parts.headers)? != Form::Json
        {
            return Err(Problem::new(Code::WrongContentType));
        }
        Ok(Self { id, version, person, words: read_json(&bytes)? })
    }
}

impl<T> Sent<T> {
    fn on(&self) -> On<'_> {
        On { draft: &self.id, version: self.version, person: &self.person }
    }
}

fn stands(id: &str, decided: &Decided) -> Response {
    let (state, version) = (decided.state, decided.version);
    (tag(version), Json(Stands { id: id.to_owned(), state, version })).into_response()
}

/// An approval.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ApproveRequest)]
pub(crate) struct ApproveWords {
    /// `true`: the person has seen that sources have changed, and approves all the same.
    sources_seen: bool,
}

/// Approve a reply as it stands.
///
/// Where a risk rule asks for a second person, the draft is `held` until an approver who is
/// another person approves it too. If a source has changed since, that is said first.
#[utoipa::path(
    post,
    path = "/api/v1/drafts/{id}/approve",
    tag = "review",
    params(
        ("id" = String, Path, description = "The draft's id."),
        ("if-match" = String, Header, description = "The version that was seen, as its ETag.",
            example = "\"2\""),
    ),
    request_body(content = Option<ApproveWords>, content_type = "application/json"),
    responses((status = 200, description = "How the draft stands now.", body = Stands,
        headers(("etag" = String, description = "Its version."))), DecideRefusals),
)]
pub(crate) async fn approve(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let sent: Sent<ApproveWords> = Sent::read(&desk, path, request).await?;
    let approval = Approval { sources_seen: sent.words.sources_seen };
    let decided = desk.review()?.approve(sent.on(), &approval).await?;
    Ok(stands(&sent.id, &decided))
}

/// A text in place of the one that stands there.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditRequest)]
pub(crate) struct EditWords {
    /// The whole reply as it shall stand.
    #[schema(min_length = 1, max_length = 50_000)]
    reply: String,
    /// `true`: it is approved as it stands then.
    #[serde(default)]
    approve: bool,
    /// `true`: the person has seen that sources have changed, and approves all the same.
    #[serde(default)]
    sources_seen: bool,
}

/// Change the text of a reply, and approve it in the same step if wanted.
///
/// The check and the risk rules look at the new text; what they find is in the draft.
#[utoipa::path(
    post,
    path = "/api/v1/drafts/{id}/edit",
    tag = "review",
    params(
        ("id" = String, Path, description = "The draft's id."),
        ("if-match" = String, Header, description = "The version that was seen, as its ETag.",
            example = "\"2\""),
    ),
    request_body(content = EditWords, content_type = "application/json"),
    responses((status = 200, description = "How the draft stands now.", body = Stands,
        headers(("etag" = String, description = "Its version."))), DecideRefusals),
)]
pub(crate) async fn edit(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let sent: Sent<EditWords> = Sent::read(&desk, path, request).await?;
    let EditWords { reply, approve, sources_seen } = &sent.words;
    let approve = approve.then_some(Approval { sources_seen: *sources_seen });
    let editing = Editing { reply: reply.clone(), approve };
    let decided = desk.review()?.edit(sent.on(), editing).await?;
    Ok(stands(&sent.id, &decided))
}

/// A rejection.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RejectRequest)]
pub(crate) struct RejectWords {
    /// Codes of reasons: `wrong`, `incomplete`, `wrong_source`, `outdated_source`,
    /// `ignores_drejebog`, `wrong_tone`, `not_ours`, `other`.
    reasons: Vec<String>,
    /// More of it, in words; `other` needs it.
    #[serde(default)]
    text: Option<String>,
}

/// Turn a draft down, with a reason.
#[utoipa::path(
    post,
    path = "/api/v1/drafts/{id}/reject",
    tag = "review",
    params(
        ("id" = String, Path, description = "The draft's id."),
        ("if-match" = String, Header, description = "The version that was seen, as its ETag.",
            example = "\"2\""),
    ),
    request_body(content = RejectWords, content_type = "application/json"),
    responses((status = 200, description = "How the draft stands now.", body = Stands,
        headers(("etag" = String, description = "Its version."))), DecideRefusals),
)]
pub(crate) async fn reject(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let sent: Sent<RejectWords> = Sent::read(&desk, path, request).await?;
    let rejection = Rejection::new(&sent.words.reasons, sent.words.text.as_deref());
    let rejection = rejection.map_err(|error| Problem::bad_decision(&error.to_string()))?;
    let decided = desk.review()?.reject(sent.on(), rejection).await?;
    Ok(stands(&sent.id, &decided))
}

/// What to heed when the reply is made again.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = RegenerateRequest)]
pub(crate) struct RegenerateWords {
    /// Words to search for beside the questions.
    #[schema(max_length = 2000)]
    hint: String,
}

/// Have another draft made in place of this one.
#[utoipa::path(
    post,
    path = "/api/v1/drafts/{id}/regenerate",
    tag = "review",
    params(
        ("id" = String, Path, description = "The draft's id."),
        ("if-match" = String, Header, description = "The version that was seen, as its ETag.",
            example = "\"2\""),
    ),
    request_body(content = Option<RegenerateWords>, content_type = "application/json"),
    responses((status = 200, description = "How the draft stands now.", body = Stands,
        headers(("etag" = String, description = "Its version."))), DecideRefusals),
)]
pub(crate) async fn regenerate(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let sent: Sent<RegenerateWords> = Sent::read(&desk, path, request).await?;
    let decided = desk.review()?.regenerate(sent.on(), &sent.words.hint).await?;
    Ok(stands(&sent.id, &decided))
}

/// Nothing is said.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = NoWords)]
pub(crate) struct NoWords {}

/// Take a draft on.
#[utoipa::path(
    post,
    path = "/api/v1/drafts/{id}/take-over",
    tag = "review",
    params(
        ("id" = String, Path, description = "The draft's id."),
        ("if-match" = String, Header, description = "The version that was seen, as its ETag.",
            example = "\"2\""),
    ),
    request_body(content = Option<NoWords>, content_type = "application/json"),
    responses((status = 200, description = "How the draft stands now.", body = Stands,
        headers(("etag" = String, description = "Its version."))), DecideRefusals),
)]
pub(crate) async fn take_over(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let sent: Sent<NoWords> = Sent::read(&desk, path, request).await?;
    let NoWords {} = sent.words;
    let decided = desk.review()?.take_over(sent.on()).await?;
    Ok(stands(&sent.id, &decided))
}

/// Why a decision is taken back.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ReopenRequest)]
pub(crate) struct ReopenWords {
    /// Why.
    #[schema(max_length = 2000)]
    text: String,
}

/// Take a decision back; what was learnt of an approval is forgotten.
#[utoipa::path(
    post,
    path = "/api/v1/drafts/{id}/reopen",
    tag = "review",
    params(
        ("id" = String, Path, description = "The draft's id."),
        ("if-match" = String, Header, description = "The version that was seen, as its ETag.",
            example = "\"2\""),
    ),
    request_body(content = Option<ReopenWords>, content_type = "application/json"),
    responses((status = 200, description = "How the draft stands now.", body = Stands,
        headers(("etag" = String, description = "Its version."))), DecideRefusals),
)]
pub(crate) async fn reopen(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let sent: Sent<ReopenWords> = Sent::read(&desk, path, request).await?;
    let decided = desk.review()?.reopen(sent.on(), &sent.words.text).await?;
    Ok(stands(&sent.id, &decided))
}
