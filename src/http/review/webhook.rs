//! `POST /api/v1/webhook`: inquiries from a case system that signs what it sends.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::access::{Principal, Program};
use crate::http::desk::Desk;
use crate::http::drafts::{InquiryBody, Wanted};
use crate::http::problem::{Code, Problem};
use crate::http::request::{Form, read_body};
use crate::http::review::asking::PostRefusals;
use crate::http::review::inquiries::{Taken, take_in};
use crate::service::clock;

/// The header with the moment of sending, in seconds since 1970.
const SENT: &str = "x-svarforslag-timestamp";
/// The header with the signature of moment and body, as `sha256=` and hex.
const SIGNED: &str = "x-svarforslag-signature";
/// Seconds that a request may be old, or ahead of this clock.
const AGE_SECONDS_MAX: i64 = 300;

/// Post an inquiry as a case system that signs what it sends.
///
/// The signature is HMAC-SHA-256 over the timestamp, a full stop and the body, under the secret of
/// the settings. The same signed request again is the same inquiry.
#[utoipa::path(
    post,
    path = "/api/v1/webhook",
    tag = "review",
    params(
        ("x-svarforslag-timestamp" = Option<String>, Header,
            description = "When it was sent, in seconds since 1970."),
        ("x-svarforslag-signature" = Option<String>, Header,
            description = "`sha256=` and the signature in hex."),
    ),
    request_body(
        description = "The inquiry as JSON, or as a mail.",
        content((InquiryBody = "application/json"), (String = "message/rfc822")),
    ),
    responses(
        (status = 201, description = "It has been taken in.", body = Taken),
        (status = 200, description = "It had been taken in before.", body = Taken),
        PostRefusals,
    ),
)]
pub(crate) async fn receive(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let refused = || Problem::new(Code::Unauthorized);
    let secret = desk.service.config().review.webhook_secret.clone();
    let secret = secret.ok_or_else(refused)?;
    let bytes = read_body(&parts.headers, body, desk.limits()).await?;
    let signature =
        signed(&parts.headers, &bytes, secret.as_bytes(), clock::seconds()).ok_or_else(refused)?;
    let form = Form::of(&parts.headers)?;
    let wanted = Wanted { form, asked: Wanted::nothing(), bytes };
    let inquiry = desk.work(move |service| wanted.inquiry(service)).await?;
    let principal = Principal::Program(Program::inbox("webhook"));
    let taken = take_in(&desk, inquiry, Some(signature), &principal).await?;
    let status = if taken.again { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(taken)).into_response())
}

/// The signature of a request, if it is the right one and young enough.
fn signed(headers: &HeaderMap, body: &[u8], secret: &[u8], now: i64) -> Option<String> {
    let text = |name: &str| {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?.to_str().ok()?;
        all.next().is_none().then_some(first)
    };
    let sent = text(SENT)?;
    let age = now.checked_sub(sent.parse::<i64>().ok()?)?;
    if age.checked_abs()? > AGE_SECONDS_MAX {
        return None;
    }
    let given = hex(text(SIGNED)?.strip_prefix("sha256=")?)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(sent.as_bytes());
    mac.update(b".");
    mac.update(body);
    // The comparison takes as long for a wrong signature as for the right one.
    mac.verify_slice(&given).ok()?;
    text(SIGNED).map(str::to_owned)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const BODY: &[u8] = b"{\"body\":\"Hej\"}";
    /// Made with another program: HMAC-SHA-256 of "1000.{\"body\":\"Hej\"}" under "hemmelig".
    const RIGHT: &str = "sha256=9e5d1198001cfe801e93ee70272feebfffc3664a8bc9954a1e4f39fc79a41279";

    #[track_caller]
    fn check(sent: &'static str, signature: &'static str, now: i64, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(SENT, HeaderValue::from_static(sent));
        headers.insert(SIGNED, HeaderValue::from_static(signature));
        let found = signed(&headers, BODY, b"hemmelig", now).is_some();
        assert_eq!(found, expected, "{sent} {signature} {now}");
    }

    #[test]
    fn only_what_is_signed_now_is_let_in() {
        check("1000", RIGHT, 1100, true);
        check("1000", RIGHT, 1000 - 299, true);
        check("1000", RIGHT, 1301, false);
        check("1001", RIGHT, 1100, false);
        check("1000", "sha256=", 1100, false);
        check("1000", "sha256=zz", 1100, false);
        check("-9223372036854775808", RIGHT, 1100, false);
        check("1000", "sha1=00", 1100, false);
        assert!(signed(&HeaderMap::new(), BODY, b"hemmelig", 1100).is_none());
    }
}
