//! Signing in where no tokens are issued: a name, the code that the operator passes on, a session.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use crate::access::{CODE_SECONDS, Mode};
use crate::http::desk::Desk;
use crate::http::identity::{Caller, refused, shown};
use crate::http::problem::{self, Code, Problem};
use crate::http::request::{Form, read_body};
use crate::inquiry;
use crate::service::{self, clock};

/// Characters of a name or a code.
const TEXT_CHARS_MAX: usize = 200;

/// What can go wrong when a code is asked for.
pub(crate) struct AskRefusals;

impl IntoResponses for AskRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(&[
            Code::BadJson,
            Code::BadParameter,
            Code::TooLarge,
            Code::WrongContentType,
            Code::UnknownRoute,
            Code::IncompleteRequest,
            Code::Internal,
        ])
    }
}

/// What can go wrong when a code is used.
pub(crate) struct EnterRefusals;

impl IntoResponses for EnterRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = AskRefusals::responses();
        all.extend(problem::responses(&[Code::Unauthorized]));
        all
    }
}

/// What can go wrong when somebody signs out.
pub(crate) struct LeaveRefusals;

impl IntoResponses for LeaveRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(&[Code::UnknownRoute, Code::Internal])
    }
}

/// Who wants to sign in.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub(crate) struct Wish {
    /// The name, as it stands in the settings.
    #[schema(max_length = 200, example = "Anna Prøvesen")]
    name: String,
}

/// That a code was made, whether or not somebody has the name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SignInCode)]
pub(crate) struct Made {
    /// Seconds for which the code may be used.
    seconds: i64,
}

/// A name with its code.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInWithCode)]
pub(crate) struct Shown {
    /// The name.
    #[schema(max_length = 200, example = "Anna Prøvesen")]
    name: String,
    /// The code; case, spaces and dashes are of no account.
    #[schema(max_length = 200, example = "ABCD-EFGH")]
    code: String,
}

/// A session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(crate) struct Session {
    /// What to send as `Authorization: Bearer`.
    token: String,
    /// When it ends.
    #[schema(format = DateTime)]
    expires: String,
}

/// Ask for a code to sign in with.
///
/// The code is printed to the operator's terminal. The answer is the same for every name. Only
/// where no tokens are issued and only this machine is served; else there is no such address.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "session",
    request_body(content = Wish, description = "Who signs in.", content_type = "application/json"),
    responses(
        (status = 202, description = "A code was made, if somebody has that name.", body = Made),
        AskRefusals,
    ),
)]
pub(crate) async fn ask(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let wish: Wish = read(&desk, &headers, body).await?;
    bounded("name", &wish.name)?;
    let code = desk.access.ask_code(&wish.name, clock::seconds(), chance()?);
    if let Some(code) = code.map_err(|_| Problem::new(Code::TooOften))? {
        desk.told(&code);
    }
    Ok((StatusCode::ACCEPTED, Json(Made { seconds: CODE_SECONDS })))
}

/// Sign in with a code.
///
/// A code may be used once. After five wrong tries a new one must be asked for.
#[utoipa::path(
    post,
    path = "/api/v1/session/code",
    tag = "session",
    request_body(
        content = Shown,
        description = "Who signs in, with the code.",
        content_type = "application/json",
    ),
    responses(
        (status = 200, description = "A session of eight hours.", body = Session),
        EnterRefusals,
    ),
)]
pub(crate) async fn enter(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Session>, Problem> {
    let Shown { name, code } = read(&desk, &headers, body).await?;
    bounded("name", &name)?;
    bounded("code", &code)?;
    let opened = desk.access.enter((&name, &code), clock::seconds(), chance()?);
    let opened = opened.map_err(refused)?;
    let expires = jiff::Timestamp::from_second(opened.expires);
    let expires = expires.map_err(|error| Problem::internal(error.to_string()))?.to_string();
    Ok(Json(Session { token: opened.token, expires }))
}

/// Sign out.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    tag = "session",
    responses((status = 204, description = "The session has ended."), LeaveRefusals),
)]
pub(crate) async fn leave(
    State(desk): State<Arc<Desk>>,
    _: Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    local(&desk)?;
    if let Some(token) = shown(&headers).map_err(refused)? {
        desk.access.leave(token);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Where tokens are issued nobody signs in here.
fn local(desk: &Desk) -> Result<(), Problem> {
    let is_local = desk.access.mode() == Mode::Local;
    is_local.then_some(()).ok_or_else(|| Problem::new(Code::UnknownRoute))
}

async fn read<T: DeserializeOwned>(
    desk: &Desk,
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    local(desk)?;
    if Form::of(headers)? != Form::Json {
        return Err(Problem::new(Code::WrongContentType));
    }
    let bytes = read_body(headers, body, desk.limits()).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // Where it breaks is enough: what stands there may be a code.
        let detail = format!("{:?}, {}:{}", error.classify(), error.line(), error.column());
        service::Error::from(inquiry::Error::BadJson { detail }).into()
    })
}

fn bounded(name: &'static str, value: &str) -> Result<(), Problem> {
    match value.chars().nth(TEXT_CHARS_MAX) {
        Some(_) => Err(Problem::too_long(name, value, TEXT_CHARS_MAX)),
        None => Ok(()),
    }
}

/// Bytes that nobody can guess.
fn chance<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(bytes)
}
