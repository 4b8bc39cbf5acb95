//! `POST /api/v1/inquiries`: an inquiry is taken in, and its draft is made ready.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::access::Principal;
use crate::http::desk::Desk;
use crate::http::drafts::{InquiryBody, Wanted};
use crate::http::identity::Caller;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::request::{Form, RequestId, read_body};
use crate::http::review::asking::{PostRefusals, read_json};
use crate::http::shapes::{DayText, ShortText};
use crate::inquiry::Inquiry;
use crate::service::{Arrival, KEY_CHARS_MAX};

/// Inquiries of one call.
const INQUIRIES_MAX: usize = 500;
/// The header by which a caller may ask again without posting twice.
const AGAIN: &str = "idempotency-key";

/// An inquiry that has been taken in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PostedInquiry)]
pub(crate) struct Taken {
    /// Its id.
    inquiry: String,
    /// The id of its draft, which is being made.
    draft: String,
    /// Whether it had been taken in before under the same key.
    pub(crate) again: bool,
}

/// Post an inquiry, and have its draft made ready.
///
/// What is answered with 201 is on the disk. With an `Idempotency-Key`, the same request may be
/// sent again: it is answered with 200 and the ids it had.
#[utoipa::path(
    post,
    path = "/api/v1/inquiries",
    tag = "review",
    params(
        ("institution" = inline(Option<ShortText>), Query,
            description = "The asking institution, by any name that the register knows."),
        ("day" = inline(Option<DayText>), Query,
            description = "The day to answer for, as YYYY-MM-DD."),
        ("idempotency-key" = Option<String>, Header,
            description = "A key of the caller's own, of at most 200 characters."),
    ),
    request_body(
        description = "The inquiry as JSON, or as a mail.",
        content(
            (InquiryBody = "application/json"),
            (String = "message/rfc822"),
        ),
    ),
    responses(
        (status = 201, description = "It has been taken in.", body = Taken,
            headers(("location" = String, description = "Where the draft is."))),
        (status = 200, description = "It had been taken in before.", body = Taken,
            headers(("location" = String, description = "Where the draft is."))),
        PostRefusals,
    ),
)]
pub(crate) async fn post(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let (Caller(principal), key) = (Caller::of(&parts.extensions)?, key(&parts.headers)?);
    let form = Form::of(&parts.headers)?;
    let asked = Wanted::asked(&parts.uri)?;
    let bytes = read_body(&parts.headers, body, desk.limits()).await?;
    let wanted = Wanted { form, asked, bytes };
    let inquiry = desk.work(move |service| wanted.inquiry(service)).await?;
    let taken = take_in(&desk, inquiry, key, &principal).await?;
    let location = [(LOCATION, format!("/api/v1/drafts/{}", taken.draft))];
    let status = if taken.again { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, location, Json(taken)).into_response())
}

pub(crate) async fn take_in(
    desk: &Desk,
    inquiry: Inquiry,
    key: Option<String>,
    principal: &Principal,
) -> Result<Taken, Problem> {
    let posted = desk.review()?.take_in(Arrival { inquiry, key }, principal).await?;
    Ok(Taken { inquiry: posted.inquiry, draft: posted.draft, again: posted.again })
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(AGAIN) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().to_owned();
    let allowed = format!("1-{KEY_CHARS_MAX}");
    if text.is_empty() || text.len() > KEY_CHARS_MAX {
        return Err(Problem::bad_parameter(AGAIN, &text, &allowed));
    }
    Ok(Some(text))
}

/// Inquiries of one call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InquiryBatch)]
pub(crate) struct Batch {
    /// The inquiries, each as `POST /api/v1/inquiries` takes one.
    #[schema(value_type = Vec<InquiryBody>, max_items = 500)]
    inquiries: Vec<serde_json::Value>,
}

/// What became of one inquiry of several: it was taken in, or a problem says why not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BatchEntry)]
pub(crate) struct Each {
    /// It was taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<Taken>,
    /// It was not, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// What became of several inquiries, in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BatchTaken)]
pub(crate) struct AllTaken {
    /// One entry for each.
    inquiries: Vec<Each>,
}

/// Post many inquiries in one call.
///
/// One that cannot be taken in says why, and stops none of the others.
#[utoipa::path(
    post,
    path = "/api/v1/inquiries/batch",
    tag = "review",
    params(("idempotency-key" = Option<String>, Header,
        description = "A key of the caller's own; each inquiry gets its place behind it.")),
    request_body(content = Batch, content_type = "application/json"),
    responses(
        (status = 200, description = "What became of each.", body = AllTaken),
        PostRefusals,
    ),
)]
pub(crate) async fn post_all(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<AllTaken>, Problem> {
    let (parts, body) = request.into_parts();
    let (Caller(principal), key) = (Caller::of(&parts.extensions)?, key(&parts.headers)?);
    let id =
        parts.extensions.get::<RequestId>().map(|RequestId(id)| id.clone()).unwrap_or_default();
    let Form::Json = Form::of(&parts.headers)? else {
        return Err(Problem::new(crate::http::problem::Code::WrongContentType));
    };
    let bytes = read_body(&parts.headers, body, desk.limits()).await?;
    let batch: Batch = read_json(&bytes)?;
    if batch.inquiries.len() > INQUIRIES_MAX {
        let given = batch.inquiries.len().to_string();
        return Err(Problem::bad_parameter("inquiries", &given, &format!("0-{INQUIRIES_MAX}")));
    }
    let mut inquiries = Vec::with_capacity(batch.inquiries.len());
    for (at, given) in batch.inquiries.into_iter().enumerate() {
        let key = key.as_ref().map(|key| format!("{key}/{at}"));
        let done = one(&desk, &given, key, &principal).await;
        inquiries.push(match done {
            Ok(taken) => Each { taken: Some(taken), problem: None },
            Err(problem) => Each { taken: None, problem: Some(problem.body(&id)) },
        });
    }
    Ok(Json(AllTaken { inquiries }))
}

async fn one(
    desk: &Desk,
    given: &serde_json::Value,
    key: Option<String>,
    principal: &Principal,
) -> Result<Taken, Problem> {
    let text = given.to_string();
    let bytes = Bytes::from(text);
    let wanted = Wanted { form: Form::Json, asked: Wanted::nothing(), bytes };
    let inquiry = desk.run(move |service| wanted.inquiry(service)).await?;
    take_in(desk, inquiry, key, principal).await
}
