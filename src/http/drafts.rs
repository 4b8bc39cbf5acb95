//! `POST /api/v1/drafts`: an inquiry in, a suggested reply out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, Uri};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures_util::stream::{Stream, unfold};
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::{Instrument, Span};
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response as Described};

use crate::access::Principal;
use crate::draft::{Brief, Draft, Progress};
use crate::http::connections::{Asking, Place};
use crate::http::desk::Desk;
use crate::http::identity::Caller;
use crate::http::problem::{self, Code, Problem};
use crate::http::request::{Form, PARAMETER_CHARS_MAX, Parameters, RequestId, prefers, read_body};
use crate::http::shapes::{DayText, ShortText};
use crate::inquiry::{self, Channel, Inquiry, Received};
use crate::service::{self, Service};
use crate::terms::{Day, parse_day};

/// Says to programs that the text was made by a machine and waits for a person
/// (AI Act, article 50).
const AI_GENERATED: (HeaderName, &str) = (HeaderName::from_static("x-ai-generated"), "draft");

/// What can go wrong with a draft.
pub(crate) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        problem::responses(&[
            Code::BadJson,
            Code::BadMail,
            Code::BadDay,
            Code::BadParameter,
            Code::EmptyInquiry,
            Code::NotYours,
            Code::TooLarge,
            Code::WrongContentType,
            Code::IncompleteRequest,
            Code::Busy,
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

/// An inquiry; other fields are passed over.
#[derive(utoipa::ToSchema)]
#[schema(as = Inquiry)]
#[expect(dead_code, reason = "it only describes to callers what `Inquiry::from_json` reads")]
pub(crate) struct InquiryBody {
    /// The text, as it came, with something to see in it; `from` of a question counts its characters.
    #[schema(
        pattern = r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
    )]
    body: String,
    /// The subject.
    subject: Option<String>,
    /// The asking institution, by any name that the register knows.
    #[schema(inline)]
    institution: Option<ShortText>,
    /// The løngruppe, as text or number.
    payroll_group: Option<serde_json::Value>,
    /// How it came in; a mail unless another way is named.
    channel: Option<Channel>,
    /// The sender; an institution is known by its mail domain.
    from: Option<String>,
    /// The day it came in.
    #[schema(inline)]
    received: Option<DayText>,
    /// The day to answer for, when it is another one.
    #[schema(inline)]
    day: Option<DayText>,
    /// The sender's own id for it, as text or number.
    id: Option<serde_json::Value>,
}

/// Suggest a reply to an inquiry.
///
/// The reply waits for a person, and nothing is sent. Of a caller who has signed on it is kept, and
/// can be decided on; of others nothing is kept.
/// What the address says of institution and day goes before what the inquiry says.
/// With `Accept: text/event-stream` the steps are told as they are taken.
#[utoipa::path(
    post,
    path = "/api/v1/drafts",
    tag = "drafts",
    params(
        ("institution" = inline(Option<ShortText>), Query,
            description = "The asking institution, by any name that the register knows."),
        ("day" = inline(Option<DayText>), Query,
            description = "The day to answer for, as YYYY-MM-DD."),
    ),
    request_body(
        description = "The inquiry as JSON, or as a mail.",
        content(
            (InquiryBody = "application/json",
                example = json!({"body": "Hej\n\nHvornår er fristen for lønbestillinger i december?\n\nVenlig hilsen\nMette Prøvesen"})),
            (String = "message/rfc822"),
        ),
    ),
    responses(
        (status = 200, description = "A suggested reply, with its sources and checks. With `Accept: text/event-stream`: events `status` with `step` (`reading`, `questions`, `searching`, `drafting`, `checking`), a Danish `text`, and where something is counted `n` and `of`; then one event `draft` with the draft, or one event `problem` with the problem.",
            content((Draft = "application/json"), (String = "text/event-stream")),
            headers(("x-ai-generated" = String, description = "`draft`: made by a machine, and waiting for a person."))),
        Refusals,
    ),
)]
pub(crate) async fn suggest(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let form = Form::of(&parts.headers)?;
    let asked = Wanted::asked(&parts.uri)?;
    let bytes = read_body(&parts.headers, body, desk.limits()).await?;
    let asking = parts.extensions.get::<Arc<Place>>().map(Place::ask);
    let Caller(principal) = Caller::of(&parts.extensions)?;
    let wanted = Wanted { form, asked, bytes };
    if prefers(&parts.headers, "text/event-stream") {
        let id = parts.extensions.get::<RequestId>().map(|RequestId(id)| id.clone());
        let events = told(desk, (wanted, principal), id.unwrap_or_default(), asking);
        let stream = Sse::new(events).keep_alive(KeepAlive::default());
        return Ok(([AI_GENERATED], stream).into_response());
    }
    // In a task of its own: what a language model costs is booked, also when nobody waits any more.
    let drafting = tokio::spawn(wanted.draft(desk, principal, |_| {}).instrument(Span::current()));
    let draft = drafting.await.map_err(|_| Problem::internal("the work panicked"))??;
    Ok(([AI_GENERATED], Json(draft)).into_response())
}

/// One step, as a caller hears of it.
#[derive(Debug, Serialize)]
struct Status {
    step: &'static str,
    text: String,
    n: Option<usize>,
    of: Option<usize>,
}

impl From<Progress> for Status {
    fn from(progress: Progress) -> Self {
        let (n, of) = progress.count();
        Self { step: progress.step(), text: progress.text().unwrap_or_default(), n, of }
    }
}

/// What a caller is told, in order.
enum Told {
    Step(Progress),
    Draft(Box<Draft>),
    Problem(Problem),
}

/// The steps as they are taken, and what came of them.
fn told(
    desk: Arc<Desk>,
    (wanted, principal): (Wanted, Principal),
    id: String,
    asking: Option<Asking>,
) -> impl Stream<Item = Result<Event, axum::Error>> {
    let (tell, heard) = unbounded_channel();
    let steps = tell.clone();
    let working = async move {
        let step = move |progress| drop(steps.send(Told::Step(progress)));
        let done = match wanted.draft(Arc::clone(&desk), principal, step).await {
            Ok(draft) => Told::Draft(Box::new(draft)),
            Err(problem) => {
                // The status has been sent: the line of the request says nothing of this.
                let (code, cause) = (problem.code().value(), problem.cause());
                tracing::warn!(code, cause, "told of a problem");
                desk.counts.told(problem.code());
                Told::Problem(problem)
            }
        };
        // A caller that has gone hears nothing.
        drop(tell.send(done));
    };
    tokio::spawn(working.instrument(Span::current()));
    unfold((heard, id, asking), |(mut heard, id, asking)| async move {
        let event = next(&mut heard, &id).await?;
        Some((event, (heard, id, asking)))
    })
}

async fn next(heard: &mut UnboundedReceiver<Told>, id: &str) -> Option<Result<Event, axum::Error>> {
    Some(match heard.recv().await? {
        Told::Step(progress) => Event::default().event("status").json_data(Status::from(progress)),
        Told::Draft(draft) => Event::default().event("draft").json_data(draft),
        Told::Problem(problem) => Event::default().event("problem").json_data(problem.body(id)),
    })
}

/// An inquiry as it came, and what the address says of it.
pub(crate) struct Wanted {
    pub(crate) form: Form,
    pub(crate) asked: Asked,
    pub(crate) bytes: Bytes,
}

impl Wanted {
    /// What the address says.
    pub(crate) fn asked(uri: &Uri) -> Result<Asked, Problem> {
        let mut parameters = Parameters::read(uri, &["institution", "day"])?;
        Ok(Asked {
            institution: parameters.take("institution"),
            day: parameters.take("day").map(read_day).transpose()?,
        })
    }

    /// An address that says nothing.
    pub(crate) fn nothing() -> Asked {
        Asked { institution: None, day: None }
    }

    /// The inquiry, with the texts of what came with it.
    pub(crate) fn inquiry(self, service: &Service) -> Result<Inquiry, Problem> {
        let received = receive(self.form, &self.bytes).map_err(service::Error::from)?;
        self.asked.of(service.with_attachments(received))
    }

    /// Drafts the reply: on a seat what holds a core, and then what waits for a language model.
    async fn draft(
        self,
        desk: Arc<Desk>,
        principal: Principal,
        tell: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Draft, Problem> {
        let tell = Arc::new(tell);
        let steps = Arc::clone(&tell);
        let asker = principal.asker();
        // Whoever has signed on finds it in the queue; of others nothing is kept.
        let brief = Brief { hint: None, kept: principal != Principal::Anyone };
        let work = move |service: &Service| {
            let inquiry = self.inquiry(service)?;
            let prepared = service.prepare_with(&inquiry, asker, brief, &*steps)?;
            Ok::<_, Problem>((inquiry, prepared))
        };
        let (inquiry, prepared) = desk.work(work).await?;
        let draft = desk.service.improve(prepared, &*tell).await;
        desk.counts.drafted(&draft);
        if draft.kept {
            desk.review()?.keep(inquiry, &draft, &principal).await?;
        }
        Ok(draft)
    }
}

fn read_day(text: String) -> Result<Day, service::Error> {
    parse_day(&text).ok_or(service::Error::BadDay(text))
}

/// What the address says of an inquiry.
pub(crate) struct Asked {
    institution: Option<String>,
    day: Option<Day>,
}

impl Asked {
    fn of(self, inquiry: Inquiry) -> Result<Inquiry, Problem> {
        // The register compares every known name with an unknown one, character by character.
        if let Some(name) = inquiry.institution.as_deref()
            && name.chars().nth(PARAMETER_CHARS_MAX).is_some()
        {
            return Err(Problem::too_long("institution", name, PARAMETER_CHARS_MAX));
        }
        let institution = self.institution.or(inquiry.institution);
        Ok(Inquiry { institution, day: self.day.or(inquiry.day), ..inquiry })
    }
}

/// Takes the inquiry in by the form that the caller named.
fn receive(form: Form, bytes: &Bytes) -> Result<Received, inquiry::Error> {
    match form {
        Form::Json => {
            let text = std::str::from_utf8(bytes)
                .map_err(|error| inquiry::Error::BadJson { detail: error.to_string() })?;
            let inquiry = Inquiry::from_json(text)?;
            Ok(Received { inquiry, attachments: Vec::new() })
        }
        Form::Mail => Inquiry::from_eml(bytes),
    }
}
