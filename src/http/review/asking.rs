//! What requests of review have in common: who asks, on which version, with which words.

use std::collections::BTreeMap;

use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use crate::access::{Person, Principal};
use crate::http::problem::{self, Code, Problem};
use crate::inquiry;
use crate::review::State;
use crate::service;

/// The person who asks; a program decides nothing.
pub(crate) fn person(principal: &Principal) -> Result<&Person, Problem> {
    principal.person().ok_or_else(|| Problem::new(Code::Forbidden))
}

/// The version that the person saw.
pub(crate) fn seen(headers: &HeaderMap) -> Result<i64, Problem> {
    let mut named = headers.get_all(IF_MATCH).iter();
    let value = named.next().and_then(|value| value.to_str().ok());
    let value = value.ok_or_else(|| Problem::new(Code::VersionNeeded))?;
    let version = value.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let version = version.and_then(|version| version.parse().ok());
    version.filter(|_| named.next().is_none()).ok_or_else(|| Problem::new(Code::VersionNeeded))
}

/// The tag of a version.
pub(crate) fn tag(version: i64) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{version}\""));
    [(ETAG, value.unwrap_or(HeaderValue::from_static("\"0\"")))]
}

/// Reads a body as JSON of one shape; an empty one is the shape without its fields.
pub(crate) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = error.to_string();
        service::Error::from(inquiry::Error::BadJson { detail }).into()
    })
}

/// How a draft stands after a decision.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = DraftStands)]
pub(crate) struct Stands {
    /// The draft.
    pub(crate) id: String,
    /// How it stands.
    pub(crate) state: State,
    /// Its version, which the next decision names in `If-Match`.
    pub(crate) version: i64,
}

/// What can go wrong when review is read.
pub(crate) struct ReadRefusals;

impl IntoResponses for ReadRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(READ)
    }
}

/// What can go wrong when something is read.
const READ: &[Code] = &[
    Code::NotFound,
    Code::BadParameter,
    Code::NotYours,
    Code::LedgerBusy,
    Code::LedgerGone,
    Code::LedgerFull,
    Code::Timeout,
    Code::Internal,
];

/// What can go wrong when somebody decides.
pub(crate) struct DecideRefusals;

impl IntoResponses for DecideRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let own = [
            Code::BadJson,
            Code::BadDecision,
            Code::TooLarge,
            Code::WrongContentType,
            Code::IncompleteRequest,
            Code::VersionNeeded,
            Code::Stale,
            Code::WrongState,
            Code::SamePerson,
            Code::NotApprover,
            Code::SourcesChanged,
            Code::IndexMissing,
            Code::IndexMismatch,
        ];
        problem::responses(&[READ, &own].concat())
    }
}

/// What can go wrong when an inquiry is posted.
pub(crate) struct PostRefusals;

impl IntoResponses for PostRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problem::responses(&[
            // The webhook knows its callers by their signatures alone.
            Code::Unauthorized,
            Code::BadJson,
            Code::BadMail,
            Code::BadDay,
            Code::BadParameter,
            Code::EmptyInquiry,
            Code::TooLarge,
            Code::WrongContentType,
            Code::IncompleteRequest,
            Code::NotYours,
            Code::KeyReused,
            Code::LedgerBusy,
            Code::LedgerGone,
            Code::LedgerFull,
            Code::Busy,
            Code::Timeout,
            Code::IndexMissing,
            Code::IndexMismatch,
            Code::Internal,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(named: &[&'static str], expected: Option<i64>) {
        let mut headers = HeaderMap::new();
        for value in named {
            headers.append(IF_MATCH, HeaderValue::from_static(value));
        }
        assert_eq!(seen(&headers).ok(), expected, "{named:?}");
    }

    #[test]
    fn a_decision_names_one_version() {
        check(&["\"7\""], Some(7));
        check(&[], None);
        check(&["*"], None);
        check(&["7"], None);
        check(&["W/\"7\""], None);
        check(&["\"7\"", "\"8\""], None);
        check(&["\"7\", \"8\""], None);
        assert_eq!(tag(7)[0].1, "\"7\"");
    }
}
