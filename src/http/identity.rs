//! Who is calling: what the `Authorization` of a request shows, made into a principal.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use crate::access::{Principal, Refusal};
use crate::http::desk::Desk;
use crate::http::problem::{Code, Problem};
use crate::service::clock;

/// The one scheme that is known; its case is of no account (RFC 9110, section 11.1).
const SCHEME: &str = "bearer";

/// Whoever calls, where the policy of the address has let it in.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Principal);

impl Caller {
    /// Who calls; an address that no policy stands before has no callers.
    pub(crate) fn of(extensions: &Extensions) -> Result<Self, Problem> {
        let principal = extensions.get::<Principal>().cloned();
        principal.map(Self).ok_or_else(|| Problem::internal("a request without a principal"))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions)
    }
}

/// Who calls: nobody, where nothing is shown and something must be.
///
/// Whatever is shown and does not hold is refused, also where nothing need be shown: a caller that
/// shows a token means to be known. The answer is the same for every reason; the log has the reason.
pub(crate) async fn recognise(
    desk: &Desk,
    headers: &HeaderMap,
) -> Result<Option<Principal>, Problem> {
    let shown = match shown(headers) {
        Ok(None) => return Ok(desk.access.without()),
        Ok(Some(shown)) => desk.access.recognise(shown, clock::seconds()).await,
        Err(refusal) => Err(refusal),
    };
    let principal = shown.map_err(refused)?;
    // The index may not be there yet; then no institution has a name, and nothing to be seen.
    let find = |name: &str| {
        let found = desk.service.institution(name).ok().flatten();
        found.map(|institution| institution.name().to_owned())
    };
    Ok(Some(principal.with_register_names(&find)))
}

/// What a request shows, if it shows anything.
pub(crate) fn shown(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::Form);
    }
    // Not every byte that a header may hold is text.
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::Form)?;
    let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let known = scheme.eq_ignore_ascii_case(SCHEME);
    if plain && known { Ok(Some(token)) } else { Err(Refusal::Form) }
}

/// The answer to whoever is not believed; why is said in the log alone.
pub(crate) fn refused(refusal: Refusal) -> Problem {
    let reason = refusal.word();
    if let Some(advice) = refusal.advice() {
        tracing::warn!(reason, advice, "a caller was not believed");
    } else {
        tracing::info!(reason, "a caller was not believed");
    }
    match refusal {
        Refusal::Unreachable => {
            Problem::new(Code::SignOnUnavailable).because("the issuer's keys cannot be fetched")
        }
        _ => Problem::new(Code::Unauthorized),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&'static [u8]], expected: Result<Option<&str>, Refusal>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, axum::http::HeaderValue::from_static_bytes(value));
        }
        assert_eq!(shown(&headers), expected);
    }

    trait FromStaticBytes {
        fn from_static_bytes(bytes: &'static [u8]) -> Self;
    }

    impl FromStaticBytes for axum::http::HeaderValue {
        fn from_static_bytes(bytes: &'static [u8]) -> Self {
            Self::from_bytes(bytes).unwrap()
        }
    }

    #[test]
    fn one_header_of_the_one_scheme_shows_something() {
        check(&[], Ok(None));
        check(&[b"Bearer abc.def"], Ok(Some("abc.def")));
        check(&[b"BEARER abc"], Ok(Some("abc")));
        for wrong in [
            &b""[..],
            b"Bearer",
            b"Bearer ",
            b"Bearer  a",
            b"Bearer a b",
            b"Basic YTpi",
            b"abc",
            b"Bearer\ta",
            b"Bearer a,b c",
            b"Bearer \xc3\xb8",
            b"Bearer:a",
            b"Bearerx a",
        ] {
            check(&[wrong], Err(Refusal::Form));
        }
        check(&[b"Bearer a", b"Bearer a"], Err(Refusal::Form));
    }
}
