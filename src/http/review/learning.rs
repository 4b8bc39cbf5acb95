//! What is learnt: candidates for a standardsvar, gaps in the sources, and journal notes.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::http::desk::Desk;
use crate::http::identity::Caller;
use crate::http::problem::{Code, Problem};
use crate::http::request::{Form, Parameters, read_body};
use crate::http::review::asking::{DecideRefusals, ReadRefusals, person, read_json};
use crate::http::review::queue::id_of;
use crate::http::shapes::{DayText, ShortText};
use crate::review::gaps::GapReport;
use crate::review::journal::JournalNote;
use crate::service::{Accepted, NamedCandidate};
use crate::terms::{Day, parse_day};

/// Characters of a title.
const TITLE_CHARS_MAX: usize = 200;

/// Candidates for a standardsvar.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CandidateList)]
pub(crate) struct Candidates {
    /// The candidates, the largest first.
    candidates: Vec<NamedCandidate>,
}

/// List candidates for a standardsvar: replies that people have approved alike.
#[utoipa::path(
    get,
    path = "/api/v1/candidates",
    tag = "learning",
    responses((status = 200, description = "The candidates.", body = Candidates), ReadRefusals),
)]
pub(crate) async fn candidates(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<Candidates>, Problem> {
    Parameters::read(request.uri(), &[])?;
    let candidates = desk.review()?.candidates(&Caller::of(request.extensions())?.0).await?;
    Ok(Json(Candidates { candidates }))
}

/// What becomes of a candidate.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcceptRequest)]
pub(crate) struct AcceptWords {
    /// The title of the standardsvar.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Its text; the candidate's own if it is left out.
    #[serde(default)]
    text: Option<String>,
    /// The last day on which it holds, as YYYY-MM-DD.
    #[serde(default)]
    #[schema(inline, value_type = Option<DayText>)]
    valid_to: Option<String>,
}

impl AcceptWords {
    fn read(self) -> Result<Accepted, Problem> {
        let title = self.title.trim().to_owned();
        if title.is_empty() || title.chars().nth(TITLE_CHARS_MAX).is_some() {
            let detail = format!("`title` has between 1 and {TITLE_CHARS_MAX} characters");
            return Err(Problem::bad_decision(&detail));
        }
        let day = |text: String| -> Result<Day, Problem> {
            parse_day(&text).ok_or_else(|| crate::service::Error::BadDay(text).into())
        };
        let valid_to = self.valid_to.filter(|text| !text.is_empty()).map(day).transpose()?;
        Ok(Accepted { title, text: self.text.filter(|text| !text.trim().is_empty()), valid_to })
    }
}

/// The document that a candidate became.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AcceptedCandidate)]
pub(crate) struct Became {
    /// The document.
    document: String,
}

/// Make a standardsvar of a candidate: it may be used for every institution from now on.
#[utoipa::path(
    post,
    path = "/api/v1/candidates/{id}/accept",
    tag = "learning",
    params(("id" = String, Path, description = "The candidate's id.")),
    request_body(content = AcceptWords, content_type = "application/json"),
    responses((status = 201, description = "It is found by the next search.", body = Became),
        DecideRefusals),
)]
pub(crate) async fn accept(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let Caller(principal) = Caller::of(&parts.extensions)?;
    let person = person(&principal)?;
    let id = id_of(path)?;
    let Form::Json = Form::of(&parts.headers)? else {
        return Err(Problem::new(Code::WrongContentType));
    };
    let words: AcceptWords = read_json(&read_body(&parts.headers, body, desk.limits()).await?)?;
    let document = desk.review()?.accept(&id, words.read()?, person).await?;
    Ok((StatusCode::CREATED, Json(Became { document })).into_response())
}

/// Say that a candidate is not to become a standardsvar.
#[utoipa::path(
    post,
    path = "/api/v1/candidates/{id}/decline",
    tag = "learning",
    params(("id" = String, Path, description = "The candidate's id.")),
    responses((status = 204, description = "It is not proposed again."), DecideRefusals),
)]
pub(crate) async fn decline(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Caller(principal) = Caller::of(request.extensions())?;
    let person = person(&principal)?;
    desk.review()?.decline(&id_of(path)?, person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Report what is lacking in the sources, by how many inquiries it costs.
///
/// No figure is about a caseworker.
#[utoipa::path(
    get,
    path = "/api/v1/gaps",
    tag = "learning",
    params(
        ("institution" = inline(Option<ShortText>), Query, description = "Of one institution, by the register's name."),
        ("format" = Option<String>, Query, description = "`json` (as without it), `csv` or `markdown`."),
    ),
    responses((status = 200, description = "What is lacking.",
        content((GapReport = "application/json"), (String = "text/csv"), (String = "text/markdown"))),
        ReadRefusals),
)]
pub(crate) async fn gaps(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let mut parameters = Parameters::read(request.uri(), &["institution", "format"])?;
    let (institution, form) = (parameters.take("institution"), parameters.take("format"));
    let form = form.unwrap_or_else(|| "json".to_owned());
    if !["json", "csv", "markdown"].contains(&form.as_str()) {
        return Err(Problem::bad_parameter("format", &form, "json, csv, markdown"));
    }
    let report = desk.review()?.gaps(institution, &Caller::of(request.extensions())?.0).await?;
    let failed = |_| Problem::internal("a report cannot be written");
    Ok(match form.as_str() {
        "csv" => {
            let text = report.csv().map_err(|_| Problem::internal("a report cannot be written"))?;
            ([(CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response()
        }
        "markdown" => {
            let text = report.markdown().map_err(failed)?;
            ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response()
        }
        _ => Json(report).into_response(),
    })
}

/// Write the journal note of an approved reply: who decided what, on which basis.
#[utoipa::path(
    get,
    path = "/api/v1/drafts/{id}/journal",
    tag = "learning",
    params(
        ("id" = String, Path, description = "The draft's id."),
        ("format" = Option<String>, Query, description = "`json` (as without it) or `text`."),
    ),
    responses((status = 200, description = "The note.",
        content((JournalNote = "application/json"), (String = "text/plain"))), DecideRefusals),
)]
pub(crate) async fn journal(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let id = id_of(path)?;
    let form = Parameters::read(request.uri(), &["format"])?.take("format");
    let form = form.unwrap_or_else(|| "json".to_owned());
    if !["json", "text"].contains(&form.as_str()) {
        return Err(Problem::bad_parameter("format", &form, "json, text"));
    }
    let note = desk.review()?.journal(&id, &Caller::of(request.extensions())?.0).await?;
    if form == "text" {
        let text = note.text().map_err(|_| Problem::internal("a note cannot be written"))?;
        return Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response());
    }
    Ok(Json(note).into_response())
}

/// Write a rejected draft as a line of a gold set, so that the same error is not made twice.
///
/// It holds no person of the inquiry; what a good reply must say is for a person to fill in.
#[utoipa::path(
    get,
    path = "/api/v1/drafts/{id}/gold-line",
    tag = "learning",
    params(("id" = String, Path, description = "The draft's id.")),
    responses((status = 200, description = "The line, as evaluations read it.", body = Object),
        DecideRefusals),
)]
pub(crate) async fn gold_line(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    let id = id_of(path)?;
    Parameters::read(request.uri(), &[])?;
    Ok(Json(desk.review()?.gold_line(&id, &Caller::of(request.extensions())?.0).await?))
}
