//! The only place where the time of day is read.

use crate::terms::Day;

/// Today in Denmark.
#[expect(clippy::disallowed_methods, reason = "the faces need one place that knows the day")]
pub fn today() -> Day {
    let here = jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::now().to_zoned(here).date()
}

/// This moment, as RFC 3339 in UTC.
#[expect(clippy::disallowed_methods, reason = "a manifest says when it was made")]
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// This moment, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a token says until when it holds")]
pub fn seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}
