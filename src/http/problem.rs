//! Every refusal and failure as an RFC 9457 problem; the only place that knows statuses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::sources::Note;
use crate::{inquiry, privacy, review, service};

/// The media type of a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// Seconds after which a caller that was turned away may come back: a draft takes less.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 2;
/// Characters of the caller's own text that a problem repeats.
const ECHO_CHARS_MAX: usize = 200;
/// Characters of what is wrong with a gold set; it may name forty judgements.
const FAULTS_CHARS_MAX: usize = 8000;

/// What went wrong, in one stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The JSON cannot be read, or is of another shape.
    BadJson,
    /// The mail cannot be read.
    BadMail,
    /// A day is none.
    BadDay,
    /// A parameter has a value that it cannot have.
    BadParameter,
    /// The inquiry has no text.
    EmptyInquiry,
    /// The query has no words.
    EmptyQuery,
    /// The gold set cannot be evaluated.
    BadEvaluation,
    /// The caller has not shown who it is, or what it shows does not hold.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// The caller may not act for that institution.
    NotYours,
    /// The request is too large.
    TooLarge,
    /// The request is of a format that is not read.
    WrongContentType,
    /// There is no such address.
    UnknownRoute,
    /// The address exists, but not with this method.
    WrongMethod,
    /// There is no such thing, or not for this institution.
    NotFound,
    /// A document that was handed in cannot be taken in.
    UnreadableDocument,
    /// The request was cut short, or came too slowly.
    IncompleteRequest,
    /// The request names a host that is not this service.
    WrongHost,
    /// The caller asks more often than it may.
    TooOften,
    /// No seat became free.
    Busy,
    /// The work took too long.
    Timeout,
    /// Who calls cannot be told, because the issuer's keys cannot be fetched.
    SignOnUnavailable,
    /// Nothing has been indexed.
    IndexMissing,
    /// The index was made by another version.
    IndexMismatch,
    /// A decision names no version.
    VersionNeeded,
    /// Somebody else was faster.
    Stale,
    /// As the draft stands, this cannot be done.
    WrongState,
    /// The first person cannot be the second too.
    SamePerson,
    /// The second person must be an approver.
    NotApprover,
    /// Sources that the reply quotes have changed.
    SourcesChanged,
    /// The decision cannot be meant.
    BadDecision,
    /// A key for asking again was used for something else.
    KeyReused,
    /// The disk of the ledger is full.
    LedgerFull,
    /// Another program holds the ledger.
    LedgerBusy,
    /// The ledger cannot be reached.
    LedgerGone,
    /// A fault of the program.
    Internal,
}

impl Code {
    /// Every code, in the order of `docs/errors.md`.
    pub const ALL: [Self; 36] = [
        Self::BadJson,
        Self::BadMail,
        Self::BadDay,
        Self::BadParameter,
        Self::EmptyInquiry,
        Self::EmptyQuery,
        Self::BadEvaluation,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotYours,
        Self::TooLarge,
        Self::WrongContentType,
        Self::UnknownRoute,
        Self::WrongMethod,
        Self::NotFound,
        Self::UnreadableDocument,
        Self::IncompleteRequest,
        Self::WrongHost,
        Self::TooOften,
        Self::Busy,
        Self::Timeout,
        Self::SignOnUnavailable,
        Self::IndexMissing,
        Self::IndexMismatch,
        Self::VersionNeeded,
        Self::Stale,
        Self::WrongState,
        Self::SamePerson,
        Self::NotApprover,
        Self::SourcesChanged,
        Self::BadDecision,
        Self::KeyReused,
        Self::LedgerFull,
        Self::LedgerBusy,
        Self::LedgerGone,
        Self::Internal,
    ];

    /// The word in JSON, in logs and in `docs/errors.md`.
    pub fn value(self) -> &'static str {
        match self {
            Self::BadJson => "bad_json",
            Self::BadMail => "bad_mail",
            Self::BadDay => "bad_day",
            Self::BadParameter => "bad_parameter",
            Self::EmptyInquiry => "empty_inquiry",
            Self::EmptyQuery => "empty_query",
            Self::BadEvaluation => "bad_evaluation",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotYours => "not_yours",
            Self::TooLarge => "too_large",
            Self::WrongContentType => "wrong_content_type",
            Self::UnknownRoute => "unknown_route",
            Self::WrongMethod => "wrong_method",
            Self::NotFound => "not_found",
            Self::UnreadableDocument => "unreadable_document",
            Self::IncompleteRequest => "incomplete_request",
            Self::WrongHost => "wrong_host",
            Self::TooOften => "too_often",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::SignOnUnavailable => "sign_on_unavailable",
            Self::IndexMissing => "index_missing",
            Self::IndexMismatch => "index_mismatch",
            Self::VersionNeeded => "version_needed",
            Self::Stale => "stale",
            Self::WrongState => "wrong_state",
            Self::SamePerson => "same_person",
            Self::NotApprover => "not_approver",
            Self::SourcesChanged => "sources_changed",
            Self::BadDecision => "bad_decision",
            Self::KeyReused => "key_reused",
            Self::LedgerFull => "ledger_full",
            Self::LedgerBusy => "ledger_busy",
            Self::LedgerGone => "ledger_gone",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadJson => StatusCode::BAD_REQUEST,
            // What can be read, but means nothing.
            Self::BadMail
            | Self::BadDay
            | Self::BadParameter
            | Self::EmptyInquiry
            | Self::EmptyQuery
            | Self::BadEvaluation
            | Self::BadDecision
            | Self::KeyReused
            | Self::UnreadableDocument => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UnknownRoute | Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::IncompleteRequest => StatusCode::REQUEST_TIMEOUT,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Busy | Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout
            | Self::IndexMissing
            | Self::IndexMismatch
            | Self::SignOnUnavailable
            | Self::LedgerBusy
            | Self::LedgerGone => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::NotYours | Self::NotApprover => StatusCode::FORBIDDEN,
            Self::VersionNeeded => StatusCode::PRECONDITION_REQUIRED,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::WrongState | Self::SamePerson | Self::SourcesChanged => StatusCode::CONFLICT,
            Self::LedgerFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the caller should come back by itself.
    fn is_passing(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::TooOften | Self::Timeout | Self::LedgerBusy | Self::LedgerGone
        )
    }

    /// The code of a status that some layer set without a problem.
    fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            status if status.is_success() || status.is_redirection() => None,
            StatusCode::NOT_FOUND => Some(Self::UnknownRoute),
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::WrongMethod),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            _ => Some(Self::Internal),
        }
    }
}

/// A refusal or a failure on its way to the caller.
///
/// As a response it has no body yet: [`settle`] writes it where the request's id is known.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    fills: Vec<(&'static str, String)>,
    cause: Option<String>,
}

impl Problem {
    /// The problem of a code that the service names.
    pub(crate) fn of_word(word: &str) -> Self {
        let code = Code::ALL.into_iter().find(|code| code.value() == word);
        Self::new(code.unwrap_or(Code::Internal))
    }

    /// A problem whose text needs nothing filled in.
    pub(crate) fn new(code: Code) -> Self {
        Self { code, fills: Vec::new(), cause: None }
    }

    /// The same with a word of its text filled in; of a long one only the beginning.
    pub(crate) fn with(self, name: &'static str, value: &str) -> Self {
        self.with_long(name, value, ECHO_CHARS_MAX)
    }

    fn with_long(mut self, name: &'static str, value: &str, chars_max: usize) -> Self {
        // A number of a person that was given as a day is not said again.
        let value = privacy::marked(value, &privacy::numbers_of(value));
        let mut short: String = value.chars().take(chars_max).collect();
        if short.len() < value.len() {
            short.push('…');
        }
        self.fills.push((name, short));
        self
    }

    /// A gold set that cannot be evaluated; what is wrong with it is said whole.
    pub(crate) fn bad_evaluation(detail: &str) -> Self {
        Self::new(Code::BadEvaluation).with_long("detail", detail, FAULTS_CHARS_MAX)
    }

    /// A decision that cannot be meant, and why.
    pub(crate) fn bad_decision(detail: &str) -> Self {
        Self::new(Code::BadDecision).with("detail", detail)
    }

    /// Sources that have changed, by their titles.
    pub(crate) fn sources_changed(titles: &[String]) -> Self {
        Self::new(Code::SourcesChanged).with_long("detail", &titles.join("; "), FAULTS_CHARS_MAX)
    }

    /// A document that cannot be taken in: why not, and the way out, by the note's code.
    pub(crate) fn unreadable(note: &Note) -> Self {
        let unknown = TEXTS.documents.get("unknown");
        let text = TEXTS.documents.get(&note.code).or(unknown);
        let (reason, remedy) =
            text.map(|text| (text.reason.as_str(), text.remedy.as_str())).unwrap_or_default();
        Self::new(Code::UnreadableDocument)
            .with_long("reason", reason, FAULTS_CHARS_MAX)
            .with_long("way_out", remedy, FAULTS_CHARS_MAX)
            .with("note", &note.code)
    }

    /// A fault of the program, with its cause for the log.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(Code::Internal) }
    }

    /// The same with its cause for the log.
    pub(crate) fn because(self, cause: &str) -> Self {
        Self { cause: Some(cause.to_owned()), ..self }
    }

    /// A request that is larger than what is read.
    pub(crate) fn too_large(bytes_max: usize) -> Self {
        Self::new(Code::TooLarge).with("max", &bytes_max.to_string())
    }

    /// A parameter that cannot be used as it is.
    pub(crate) fn bad_parameter(parameter: &str, value: &str, allowed: &str) -> Self {
        Self::new(Code::BadParameter)
            .with("parameter", parameter)
            .with("value", value)
            .with("allowed", allowed)
    }

    /// A parameter that is longer than anything it could name.
    pub(crate) fn too_long(parameter: &str, value: &str, chars_max: usize) -> Self {
        let allowed = word("too_long").replace("{max}", &chars_max.to_string());
        Self::bad_parameter(parameter, value, &allowed)
    }

    /// A parameter that stands more than once.
    pub(crate) fn repeated(parameter: &str, value: &str) -> Self {
        Self::bad_parameter(parameter, value, word("once"))
    }

    /// A state of a draft, in Danish.
    fn state_word(state: review::State) -> &'static str {
        word(match state {
            review::State::Drafting => "drafting",
            review::State::Ready => "ready",
            review::State::Held => "held",
            review::State::Approved => "approved",
            review::State::Rejected => "rejected",
            review::State::Failed => "failed",
        })
    }

    /// What went wrong.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// Why, for the log; only of what is no fault of the caller's, whose text no log may hold.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// As JSON, under the id by which the log names it.
    pub(crate) fn body(&self, trace_id: &str) -> ProblemBody {
        let text = TEXTS.problems.get(self.code.value());
        let fill = |text: &str| {
            let mut text = text.to_owned();
            for (name, value) in &self.fills {
                text = text.replace(&format!("{{{name}}}"), value);
            }
            text
        };
        ProblemBody {
            kind: format!("urn:svarforslag:problem:{}", self.code.value()),
            title: text.map(|text| text.title.clone()).unwrap_or_default(),
            status: self.code.status().as_u16(),
            code: self.code.value().to_owned(),
            detail: text.map(|text| fill(&text.detail)).unwrap_or_default(),
            remedy: text.map(|text| fill(&text.remedy)).unwrap_or_default(),
            trace_id: trace_id.to_owned(),
        }
    }
}

impl From<service::Error> for Problem {
    fn from(error: service::Error) -> Self {
        let problem = Self::of_word(error.code());
        let problem = match &error {
            service::Error::BadDay(value)
            | service::Error::Inquiry(inquiry::Error::BadDay { value, .. }) => {
                problem.with("value", value)
            }
            service::Error::BadParameter { parameter, value, allowed } => {
                Self::bad_parameter(parameter, value, allowed)
            }
            service::Error::Inquiry(inquiry::Error::TooLarge { max, .. }) => Self::too_large(*max),
            service::Error::Inquiry(inquiry::Error::BadJson { detail }) => {
                problem.with("detail", detail)
            }
            service::Error::Evaluation(error) => Self::bad_evaluation(&error.to_string()),
            service::Error::BadDecision(detail) => Self::bad_decision(detail),
            service::Error::SourcesChanged(changed) => {
                let line =
                    |it: &service::ChangedSource| format!("{} ({})", it.title, fate(it.what));
                Self::sources_changed(&changed.iter().map(line).collect::<Vec<_>>())
            }
            service::Error::Review(review::Error::Stale { version }) => {
                problem.with("version", &version.to_string())
            }
            service::Error::Review(review::Error::WrongState { state, .. }) => {
                problem.with("state", Self::state_word(*state))
            }
            service::Error::Unreadable(note) => Self::unreadable(note),
            service::Error::NoDemo => Self::bad_evaluation(&error.to_string()),
            service::Error::Inquiry(error) => problem.with("detail", &error.to_string()),
            _ => problem,
        };
        let cause = problem.code.status().is_server_error().then(|| chain(&error));
        Self { cause, ..problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a problem that a response carries, and hands the problem to the log.
pub(crate) fn settle(response: Response, trace_id: &str) -> (Response, Option<Problem>) {
    let (mut parts, body) = response.into_parts();
    let carried = parts.extensions.remove::<Problem>();
    let found = carried.or_else(|| Code::of_status(parts.status).map(Problem::new));
    let Some(problem) = found else { return (Response::from_parts(parts, body), None) };
    let body = serde_json::to_vec(&problem.body(trace_id)).unwrap_or_default();
    parts.status = problem.code.status();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if problem.code == Code::Unauthorized {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if problem.code.is_passing() {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    (Response::from_parts(parts, Body::from(body)), Some(problem))
}

/// A problem as JSON (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// A URI for the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in a few words of Danish.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The kind in one stable word.
    code: String,
    /// What happened, in Danish.
    detail: String,
    /// What the reader can do, in Danish.
    remedy: String,
    /// The request's id, as in the log.
    trace_id: String,
}

/// What the specification says of the problems of one address.
pub(crate) fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
    let mut by_status: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_str().to_owned()).or_default().push(code.value());
    }
    let response = |words: Vec<&'static str>| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        ResponseBuilder::new().description(words.join(", ")).content(MEDIA_TYPE, content).build()
    };
    by_status.into_iter().map(|(status, words)| (status, response(words).into())).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    title: String,
    detail: String,
    remedy: String,
}

/// Why a document cannot be taken in, and the way out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    reason: String,
    remedy: String,
}

#[derive(Debug, Deserialize)]
struct Texts {
    words: BTreeMap<String, String>,
    documents: BTreeMap<String, Reason>,
    #[serde(flatten)]
    problems: BTreeMap<String, Text>,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(built_in);

#[expect(
    clippy::expect_used,
    reason = "the texts are part of the program; `every_code_has_its_danish_text` reads them in every test run"
)]
fn built_in() -> Texts {
    toml::from_str(include_str!("../../prompts/problems.da.toml"))
        .expect("prompts/problems.da.toml is read")
}

fn word(name: &str) -> &'static str {
    TEXTS.words.get(name).map_or("", String::as_str)
}

/// What has become of a source, in Danish.
fn fate(what: service::What) -> &'static str {
    word(match what {
        service::What::Gone => "gone",
        service::What::Expired => "expired",
        service::What::NotYetInForce => "not_yet_in_force",
        service::What::Superseded => "superseded",
        service::What::Changed => "changed",
    })
}

/// An error with all that caused it, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line = format!("{line}: {cause}");
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_danish_text() {
        for code in Code::ALL {
            let text = &TEXTS.problems[code.value()];
            assert!(!text.title.is_empty() && !text.remedy.is_empty(), "{code:?}");
        }
        assert_eq!(TEXTS.problems.len(), Code::ALL.len());
        for (code, text) in &TEXTS.documents {
            assert!(!text.reason.is_empty() && !text.remedy.is_empty(), "{code}");
        }
    }

    #[track_caller]
    fn check(error: service::Error, code: Code, says: &str) {
        let problem = Problem::from(error);
        let body = problem.body("t");
        assert_eq!(problem.code(), code);
        assert!(body.detail.contains(says) && !body.detail.contains('{'), "{}", body.detail);
    }

    #[test]
    fn what_is_known_of_a_problem_stands_in_its_text() {
        let json = |detail: &str| inquiry::Error::BadJson { detail: detail.to_owned() };
        check(json("EOF at line 1").into(), Code::BadJson, "EOF at line 1");
        let channel = inquiry::Error::BadChannel { value: "fax".to_owned() };
        check(channel.into(), Code::BadJson, "fax");
        let day = inquiry::Error::BadDay { field: "day", value: "i går".to_owned() };
        check(day.into(), Code::BadDay, "i går");
        check(service::Error::BadDay("32".to_owned()), Code::BadDay, "32");
        check(inquiry::Error::TooLarge { bytes: 9, max: 7 }.into(), Code::TooLarge, "7");
        check(json(&"x".repeat(5000)).into(), Code::BadJson, "…");
    }

    #[test]
    fn the_cause_is_kept_for_faults_and_never_for_what_the_caller_wrote() {
        let missing = crate::index::Error::Missing { data: "/secret/place".into() };
        let problem = Problem::from(service::Error::from(missing));
        assert_eq!(problem.code(), Code::IndexMissing);
        assert!(problem.cause().unwrap().contains("/secret/place"));
        assert!(!serde_json::to_string(&problem.body("t")).unwrap().contains("secret"));
        let json = inquiry::Error::BadJson { detail: "\"Kære\"".to_owned() };
        assert_eq!(Problem::from(service::Error::from(json)).cause(), None);
    }

    #[test]
    fn the_table_of_errors_names_every_code_with_its_status() {
        let table = include_str!("../../docs/errors.md");
        let (_, section) = table.split_once("\n## Over HTTP\n").unwrap();
        let section = section.split("\n## ").next().unwrap();
        let rows: Vec<(String, String)> = section
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                assert_eq!(cells.len(), 6, "{line}");
                assert!(!cells[3].is_empty() && !cells[4].is_empty(), "{line}");
                (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
            })
            .collect();
        let codes: Vec<(String, String)> = Code::ALL
            .iter()
            .map(|code| (code.value().to_owned(), code.status().as_u16().to_string()))
            .collect();
        assert_eq!(rows, codes);
    }
}
