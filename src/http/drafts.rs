//! `POST /api/v1/drafts`: an inquiry in, a suggested reply out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::{Extension, Json};
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use crate::draft::Draft;
use crate::http::connections::Place;
use crate::http::desk::Desk;
use crate::http::problem::{self, Code, Problem};
use crate::http::request::{Form, PARAMETER_CHARS_MAX, Parameters, read_body};
use crate::http::shapes::{DayText, ShortText};
use crate::inquiry::{self, Channel, Inquiry, Received};
use crate::service::{self, Service};
use crate::terms::{Asker, Day, parse_day};

/// Says to programs that the text was made by a machine and waits for a person
/// (AI Act, article 50).
const AI_GENERATED: (HeaderName, &str) = (HeaderName::from_static("x-ai-generated"), "draft");

/// What can go wrong with a draft.
pub(crate) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(&[
            Code::BadJson,
            Code::BadMail,
            Code::BadDay,
            Code::BadParameter,
            Code::EmptyInquiry,
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
/// The reply waits for a person: nothing is sent, and nothing is kept.
/// What the address says of institution and day goes before what the inquiry says.
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
        (status = 200, description = "A suggested reply, with its sources and checks.", body = Draft,
            headers(("x-ai-generated" = String, description = "`draft`: made by a machine, and waiting for a person."))),
        Refusals,
    ),
)]
pub(crate) async fn suggest(
    State(desk): State<Arc<Desk>>,
    place: Option<Extension<Arc<Place>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<([(HeaderName, &'static str); 1], Json<Draft>), Problem> {
    let form = Form::of(&headers)?;
    let mut parameters = Parameters::read(&uri, &["institution", "day"])?;
    let asked = Asked {
        institution: parameters.take("institution"),
        day: parameters.take("day").map(read_day).transpose()?,
    };
    let bytes = read_body(&headers, body, desk.limits()).await?;
    let _asking = place.as_ref().map(|Extension(place)| place.ask());
    let work = move |service: &Service| {
        let received = receive(form, &bytes).map_err(service::Error::from)?;
        let inquiry = asked.of(service.with_attachments(received))?;
        service.suggest(&inquiry, Asker::caller()).map_err(Problem::from)
    };
    let draft = desk.work(work).await?;
    desk.counts.drafted(&draft);
    Ok(([AI_GENERATED], Json(draft)))
}

fn read_day(text: String) -> Result<Day, service::Error> {
    parse_day(&text).ok_or(service::Error::BadDay(text))
}

/// What the address says of an inquiry.
struct Asked {
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
