//! What a caller sent, taken in with care: its query, its body, its id.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Query;
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use axum::http::{HeaderMap, Uri};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Limits;
use crate::http::problem::{Code, Problem};

/// Characters of one parameter.
pub(crate) const PARAMETER_CHARS_MAX: usize = 2000;
/// Bytes of a body that is too large that are still taken, so that the caller hears why.
const SPILL_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Characters of a caller's own request id.
const ID_CHARS_MAX: usize = 64;

/// The query of an address; every name once, none unknown.
///
/// A misspelt `institution` would silently answer from general sources only.
#[derive(Debug)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads the query, which may hold these names and no others.
    pub(crate) fn read(uri: &Uri, names: &[&str]) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Problem::bad_parameter("?", "", &names.join(", ")))?;
        let mut values = BTreeMap::new();
        for (name, value) in pairs.0 {
            if !names.contains(&name.as_str()) {
                return Err(Problem::bad_parameter(&name, &value, &names.join(", ")));
            }
            if value.chars().nth(PARAMETER_CHARS_MAX).is_some() {
                return Err(Problem::too_long(&name, &value, PARAMETER_CHARS_MAX));
            }
            if let Some(before) = values.insert(name.clone(), value) {
                return Err(Problem::repeated(&name, &before));
            }
        }
        Ok(Self(values))
    }

    /// A value; an empty one is none.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.trim().is_empty())
    }

    /// A whole number within bounds.
    pub(crate) fn take_number(
        &mut self,
        name: &str,
        bounds: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<usize>, Problem> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let number = text.trim().parse().ok().filter(|number| bounds.contains(number));
        let allowed = || format!("{}-{}", bounds.start(), bounds.end());
        number.map(Some).ok_or_else(|| Problem::bad_parameter(name, &text, &allowed()))
    }
}

/// How an inquiry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON object.
    Json,
    /// A mail (RFC 822).
    Mail,
}

impl Form {
    /// The form that the headers name.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let kind = text(CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let packed = text(CONTENT_ENCODING).is_some_and(|coding| coding.trim() != "identity");
        match kind.as_str() {
            "application/json" if !packed => Ok(Self::Json),
            "message/rfc822" if !packed => Ok(Self::Mail),
            _ => Err(Problem::new(Code::WrongContentType)),
        }
    }
}

/// Whether the caller names a media type and would not rather have JSON.
pub(crate) fn prefers(headers: &HeaderMap, media: &str) -> bool {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(String, f32)> = ranges.flat_map(|line| line.split(',')).map(range).collect();
    let weight = |wanted: &str| {
        let of = ranges.iter().find(|(named, _)| named == wanted);
        of.map_or(0.0, |(_, weight)| *weight)
    };
    weight(media) > 0.0 && weight(media) >= weight("application/json")
}

/// A media range with its weight (RFC 9110, section 12.4.2).
fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(|part| part.trim().to_ascii_lowercase());
    let named = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok());
    (named, weight.unwrap_or(1.0))
}

/// Reads a body of limited size in limited time.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    mut body: Body,
    limits: &Limits,
) -> Result<Bytes, Problem> {
    let bytes_max = limits.body_bytes_max;
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut too_large = announced > bytes_max;
    // A caller that asks before it sends is told at once, and sends nothing.
    if too_large && headers.contains_key(EXPECT) {
        return Err(Problem::too_large(bytes_max));
    }
    let pause = Duration::from_secs(limits.header_seconds_max);
    let deadline = Instant::now() + Duration::from_secs(limits.request_seconds_max);
    let late = |_| Problem::new(Code::IncompleteRequest);
    let (mut held, mut taken) = (Vec::new(), 0_usize);
    loop {
        let piece = timeout(pause, poll_fn(|context| Pin::new(&mut body).poll_frame(context)));
        let Some(frame) = timeout_at(deadline, piece).await.map_err(late)?.map_err(late)? else {
            break;
        };
        let frame = frame.map_err(|_| Problem::new(Code::IncompleteRequest))?;
        let Ok(bytes) = frame.into_data() else { continue };
        taken = taken.saturating_add(bytes.len());
        too_large = too_large || taken > bytes_max;
        if too_large {
            held = Vec::new();
        } else {
            held.extend_from_slice(&bytes);
        }
        if taken > bytes_max.saturating_add(SPILL_BYTES_MAX) {
            break;
        }
    }
    if too_large { Err(Problem::too_large(bytes_max)) } else { Ok(Bytes::from(held)) }
}

/// The request's id, for a handler that tells of a problem in the middle of its answer.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// The request's id: the caller's own when it is harmless, else a new one.
pub(crate) fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
    let harmless = |id: &&str| {
        (1..=ID_CHARS_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(harmless).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(query: &str) {
        let uri: Uri = format!("/x?{query}").parse().unwrap();
        let problem = Parameters::read(&uri, &["q", "limit"]).unwrap_err();
        assert_eq!(problem.code(), Code::BadParameter, "{query}");
    }

    #[test]
    fn a_query_holds_every_name_once_and_no_other() {
        refused("q=a&q=b");
        refused("instituton=Banedanmark");
        refused(&format!("q={}", "x".repeat(PARAMETER_CHARS_MAX + 1)));
        let uri: Uri = "/x?q=l%C3%B8n+og%20%FF&limit=".parse().unwrap();
        let mut read = Parameters::read(&uri, &["q", "limit"]).unwrap();
        assert_eq!(read.take("q").unwrap(), "løn og \u{fffd}");
        assert_eq!(read.take("limit"), None);
    }

    #[test]
    fn a_number_stays_within_its_bounds() {
        for (text, fits) in [("1", true), ("50", true), ("0", false), ("51", false), ("x", false)] {
            let uri: Uri = format!("/x?limit={text}").parse().unwrap();
            let mut read = Parameters::read(&uri, &["limit"]).unwrap();
            assert_eq!(read.take_number("limit", 1..=50).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn the_form_is_told_by_the_content_type_alone() {
        let form = |kind: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind));
            Form::of(&headers).ok()
        };
        assert_eq!(form("application/json; charset=utf-8"), Some(Form::Json));
        assert_eq!(form("Message/RFC822"), Some(Form::Mail));
        assert_eq!(form("text/plain"), None);
        assert!(Form::of(&HeaderMap::new()).is_err());
    }

    #[test]
    fn another_form_than_json_is_given_to_those_who_name_it() {
        let html = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, axum::http::HeaderValue::from_static(accept));
            prefers(&headers, "text/html")
        };
        assert!(html("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(html("application/json;q=0.5, Text/HTML; q=0.7"));
        assert!(!html("text/html;q=0.5, application/json"));
        assert!(!html("text/html;q=0"));
        assert!(!html("*/*"));
        assert!(!prefers(&HeaderMap::new(), "text/html"));
    }

    #[test]
    fn only_harmless_ids_are_taken_over() {
        let id = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", axum::http::HeaderValue::from_static(value));
            request_id(&headers)
        };
        assert_eq!(id("sag-7_a.b"), "sag-7_a.b");
        assert_ne!(id("a b"), "a b");
        assert_ne!(id("\"}"), "\"}");
        assert_eq!(id("").len(), 36);
    }
}
