//! Evaluations: a gold set in; progress, and at the end a report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{Html, IntoResponse, Response, Sse};
use axum::{Extension, Json};
use futures_util::stream::{Stream, unfold};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use utoipa::IntoResponses;
use utoipa::openapi::RefOr;

use crate::access::{Institutions, Principal};
use crate::evaluation::{self, Gold, Report, read_gold_texts};
use crate::http::connections::{Asking, Place};
use crate::http::desk::Desk;
use crate::http::identity::Caller;
use crate::http::problem::{self, Code, Problem, ProblemBody};
use crate::http::request::{Form, PARAMETER_CHARS_MAX, prefers, read_body};
use crate::inquiry;
use crate::service::{self, Job, Mail, Running, Service, State as Stands, Trial, demo_gold};
use crate::terms::Asker;

/// Inquiries of one evaluation; each takes as long as a draft.
const INQUIRIES_MAX: usize = 1000;
/// Judgements of one evaluation: the intervals are resampled over all of them.
const JUDGEMENTS_MAX: usize = 10_000;
/// What an inline gold set is called unless it has a name.
const INLINE: &str = "inline";
/// The one gold set that can be named.
const DEMO: &str = "demo";
/// What a report is called.
const RUN: &str = "svarforslag";
/// The report is one page that styles itself.
const STYLE_ONLY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'";

/// What can go wrong when an evaluation is asked for.
pub(crate) struct StartRefusals;

impl IntoResponses for StartRefusals {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        problem::responses(&[
            Code::BadJson,
            Code::BadParameter,
            Code::BadEvaluation,
            Code::NotYours,
            Code::TooLarge,
            Code::WrongContentType,
            Code::IncompleteRequest,
            Code::Busy,
            Code::Timeout,
            Code::IndexMissing,
            Code::IndexMismatch,
            Code::Internal,
        ])
    }
}

/// What can go wrong when an evaluation is looked at.
pub(crate) struct ShowRefusals;

impl IntoResponses for ShowRefusals {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        problem::responses(&[Code::NotFound, Code::Timeout, Code::Internal])
    }
}

/// What is to be evaluated: either `gold` or `inquiries`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EvaluationRequest)]
pub(crate) struct Wanted {
    /// A gold set that the program knows: `demo`.
    #[schema(example = "demo")]
    gold: Option<String>,
    /// What an inline gold set is called.
    #[schema(max_length = 2000)]
    name: Option<String>,
    /// An inline gold set: its lines, each an inquiry with its judged questions.
    #[schema(value_type = Option<Vec<Object>>, max_items = 1000)]
    inquiries: Option<Vec<serde_json::Map<String, Value>>>,
}

impl Wanted {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(bytes).map_err(|error| {
            let detail = error.to_string();
            service::Error::from(inquiry::Error::BadJson { detail }).into()
        })
    }

    fn trial(self, asker: Asker) -> Result<Trial, Problem> {
        let gold = match (self.gold.as_deref(), self.inquiries) {
            (Some(DEMO), None) => demo_gold()?,
            (Some(other), None) => return Err(Problem::bad_parameter("gold", other, DEMO)),
            (None, Some(inquiries)) => inline(self.name, &inquiries)?,
            _ => return Err(Problem::bad_evaluation("`gold` or `inquiries`, one of the two")),
        };
        let judgements = gold.judgements();
        if judgements > JUDGEMENTS_MAX {
            return Err(too_many("judgements", judgements, JUDGEMENTS_MAX));
        }
        Ok(Trial { gold, name: RUN.to_owned(), asker, mail: Mail::AsWritten })
    }
}

fn inline(
    name: Option<String>,
    inquiries: &[serde_json::Map<String, Value>],
) -> Result<Gold, Problem> {
    let name = name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| INLINE.to_owned());
    if name.chars().nth(PARAMETER_CHARS_MAX).is_some() {
        return Err(Problem::too_long("name", &name, PARAMETER_CHARS_MAX));
    }
    if inquiries.len() > INQUIRIES_MAX {
        return Err(too_many("inquiries", inquiries.len(), INQUIRIES_MAX));
    }
    let line = |inquiry| serde_json::to_string(inquiry).unwrap_or_default();
    let lines: Vec<String> = inquiries.iter().map(line).collect();
    let gold = read_gold_texts(&[(PathBuf::from(name), lines.join("\n"))]);
    Ok(gold.map_err(service::Error::from)?)
}

fn too_many(what: &str, count: usize, max: usize) -> Problem {
    Problem::bad_evaluation(&format!("{count} {what}; at most {max} are evaluated over HTTP"))
}

/// An evaluation and how far it has come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Evaluation {
    /// Its id.
    id: String,
    /// How it stands.
    state: Stands,
    /// Inquiries that have been drafted and judged.
    done: usize,
    /// Inquiries in all.
    of: usize,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
    /// What it found.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report>,
}

impl From<Job> for Evaluation {
    fn from(job: Job) -> Self {
        let problem = job.problem.map(|trouble| match &trouble.detail {
            Some(detail) => Problem::bad_evaluation(detail),
            None => Problem::of_word(&trouble.code),
        });
        Self {
            problem: problem.map(|problem| problem.body(&job.id)),
            id: job.id,
            state: job.state,
            done: job.done,
            of: job.of,
            report: job.report,
        }
    }
}

/// How far an evaluation has come.
#[derive(Debug, Serialize)]
struct Progress {
    done: usize,
    of: usize,
}

/// Evaluate drafts and retrieval on a gold set.
///
/// One evaluation runs at a time. It goes on when the caller leaves, and is interrupted when the
/// program stops. Only the newest twenty are kept.
#[utoipa::path(
    post,
    path = "/api/v1/evaluations",
    tag = "evaluations",
    request_body(
        content = Wanted,
        description = "The gold set, by name or inline.",
        content_type = "application/json",
    ),
    responses(
        (status = 200, description = "With `Accept: text/event-stream`: events `progress` with `done` and `of`, and at the end one `state`, which is the evaluation without its report.",
            body = String, content_type = "text/event-stream",
            headers(("location" = String, description = "Where the evaluation is."))),
        (status = 202, description = "It has begun.", body = Evaluation,
            headers(("location" = String, description = "Where the evaluation is."))),
        StartRefusals,
    ),
)]
pub(crate) async fn start(
    State(desk): State<Arc<Desk>>,
    Caller(caller): Caller,
    place: Option<Extension<Arc<Place>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if Form::of(&headers)? != Form::Json {
        return Err(Problem::new(Code::WrongContentType));
    }
    let bytes = read_body(&headers, body, desk.limits()).await?;
    let asking = place.as_ref().map(|Extension(place)| place.ask());
    let seat = desk.jobs.seat().ok_or_else(|| Problem::new(Code::Busy))?;
    // Nothing is written down before the caller is certain to hear of it: a set that takes too
    // long to check ends here.
    let check = move |service: &Service| {
        let trial = Wanted::read(&bytes)?.trial(caller.asker())?;
        let institutions = service.check_judgements(&trial)?;
        Ok::<_, Problem>((trial, institutions, seat))
    };
    let (trial, institutions, seat) = desk.run(check).await?;
    let jobs = Arc::clone(&desk.jobs);
    let running = desk.run(move |_| jobs.begin(trial, institutions, seat)).await?;
    Ok(begun(&desk, running, prefers(&headers, "text/event-stream"), asking))
}

/// Lets an evaluation run, and answers where it is.
fn begun(desk: &Desk, running: Running, streams: bool, asking: Option<Asking>) -> Response {
    let mut watched = running.watch();
    let job = watched.borrow_and_update().clone();
    let location = HeaderValue::from_str(&format!("/api/v1/evaluations/{}", job.id));
    let service = Arc::clone(&desk.service);
    // It holds no seat of the requests: it has one of its own.
    tokio::task::spawn_blocking(move || running.run(&service));
    let mut response = if streams {
        watched.mark_changed();
        Sse::new(events(watched, asking)).keep_alive(KeepAlive::default()).into_response()
    } else {
        (StatusCode::ACCEPTED, Json(Evaluation::from(job))).into_response()
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Progress as it comes, and the state at the end; until then the connection is not silent.
fn events(
    watched: watch::Receiver<Job>,
    asking: Option<Asking>,
) -> impl Stream<Item = Result<Event, axum::Error>> {
    unfold(Some((watched, asking)), |held| async {
        let (mut watched, asking) = held?;
        watched.changed().await.ok()?;
        let job = watched.borrow_and_update().clone();
        if job.state != Stands::Running {
            return Some((Event::default().event("state").json_data(Evaluation::from(job)), None));
        }
        let progress = Progress { done: job.done, of: job.of };
        let event = Event::default().event("progress").json_data(progress);
        Some((event, Some((watched, asking))))
    })
}

/// Show an evaluation: how far it has come, and its report when it is done.
#[utoipa::path(
    get,
    path = "/api/v1/evaluations/{id}",
    tag = "evaluations",
    params(("id" = String, Path, description = "The evaluation.")),
    responses(
        (status = 200, description = "The evaluation; with `Accept: text/html` its report as a page, when there is one.",
            content((Evaluation = "application/json"), (String = "text/html"))),
        ShowRefusals,
    ),
)]
pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    Caller(caller): Caller,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let as_page = prefers(&headers, "text/html");
    let shown = move |job: Job| match &job.report {
        Some(report) if as_page => Ok(page(report)),
        _ => Ok(Json(Evaluation::from(job)).into_response()),
    };
    found(&desk, caller, id, shown).await
}

/// Show the report of an evaluation as one page that needs nothing else.
///
/// Until there is a report there is no such page.
#[utoipa::path(
    get,
    path = "/api/v1/evaluations/{id}/report.html",
    tag = "evaluations",
    params(("id" = String, Path, description = "The evaluation.")),
    responses(
        (status = 200, description = "The report.", body = String, content_type = "text/html"),
        ShowRefusals,
    ),
)]
pub(crate) async fn report(
    State(desk): State<Arc<Desk>>,
    Caller(caller): Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let shown =
        |job: Job| job.report.as_ref().map(page).ok_or_else(|| Problem::new(Code::NotFound));
    found(&desk, caller, id, shown).await
}

/// An evaluation, if the caller acts for every institution that it drafts for; else there is none.
async fn found(
    desk: &Desk,
    caller: Principal,
    id: Result<Path<String>, PathRejection>,
    shown: impl FnOnce(Job) -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    // An id that cannot be decoded names nothing.
    let Path(id) = id.map_err(|_| Problem::new(Code::NotFound))?;
    let jobs = Arc::clone(&desk.jobs);
    desk.run(move |_| {
        let job = jobs.find(&id)?;
        let own = match &job.institutions {
            Some(names) => names.iter().all(|name| caller.acts_for(Some(name))),
            // Begun before anybody had to sign on.
            None => *caller.institutions() == Institutions::Every,
        };
        if own { shown(job) } else { Err(Problem::new(Code::NotFound)) }
    })
    .await
}

fn page(report: &Report) -> Response {
    let style_only = HeaderValue::from_static(STYLE_ONLY);
    ([(CONTENT_SECURITY_POLICY, style_only)], Html(evaluation::html(report, None))).into_response()
}
