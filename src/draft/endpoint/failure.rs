//! Why a language model's help did not come.

use std::time::Duration;

use crate::draft::endpoint::wire::is_too_long;

/// Why there is no draft by the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The institution has spent what it may in this month.
    Ceiling,
    /// Nobody knows what was spent.
    NoBook,
    /// It failed so often that it is left alone for a while.
    Resting,
    /// All calls that may be made at once are under way.
    Busy,
    /// The request holds what may not leave.
    Leak,
    /// A fault of this program.
    Internal,
    /// Nobody answers at the address.
    Unreachable,
    /// The connection broke off.
    BrokenOff,
    /// It took too long.
    TooSlow,
    /// It wants another key.
    Unauthorised,
    /// It has no such model or address.
    Unknown,
    /// It has too much to do, and may say when to come back.
    TooMany(Option<Duration>),
    /// It refused the request.
    Rejected(u16),
    /// It failed.
    Server(u16),
    /// It sent the request on to another address.
    Elsewhere,
    /// The request does not fit into the model's memory.
    TooLong,
    /// It sent something else than an answer.
    NotAnAnswer,
    /// It sent more than any answer has.
    TooLarge,
    /// It sent bytes that are no text.
    Garbled,
    /// The answer was cut off at the longest that is allowed.
    CutOff,
    /// The server's own filter stopped the answer.
    Filtered,
    /// The answer is not of the shape that was asked for, also after one more try.
    WrongShape,
    /// No sentence of the answer held.
    Unsupported,
    /// The area that the inquiry is about has no instruction that lets a model help.
    NoInstruction,
    /// The inquiry speaks of special kinds of personal data that may not leave.
    Special,
}

impl Failure {
    /// The reason in one stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ceiling => "ceiling",
            Self::NoBook => "no_book",
            Self::Resting => "resting",
            Self::Busy => "busy",
            Self::Leak => "leak",
            Self::Internal => "internal",
            Self::Unreachable => "unreachable",
            Self::BrokenOff => "broken_off",
            Self::TooSlow => "too_slow",
            Self::Unauthorised => "unauthorised",
            Self::Unknown => "unknown",
            Self::TooMany(_) => "too_many",
            Self::Rejected(_) => "rejected",
            Self::Server(_) => "server",
            Self::Elsewhere => "elsewhere",
            Self::TooLong => "too_long",
            Self::NotAnAnswer => "not_an_answer",
            Self::TooLarge => "too_large",
            Self::Garbled => "garbled",
            Self::CutOff => "cut_off",
            Self::Filtered => "filtered",
            Self::WrongShape => "wrong_shape",
            Self::Unsupported => "unsupported",
            Self::NoInstruction => "no_instruction",
            Self::Special => "special",
        }
    }

    /// The status that the server gave, where that says more.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Rejected(status) | Self::Server(status) => Some(status),
            _ => None,
        }
    }

    /// How long to wait before the request may be sent once more; none if it may not.
    pub(crate) fn retry_after(self, usual: Duration) -> Option<Duration> {
        match self {
            Self::Unreachable
            | Self::BrokenOff
            | Self::TooSlow
            | Self::Server(_)
            | Self::Rejected(408) => Some(usual),
            Self::TooMany(wait) => Some(wait.unwrap_or(usual)),
            _ => None,
        }
    }

    /// Whether the endpoint itself failed, and may be left alone if it goes on so.
    pub(crate) fn is_of_endpoint(self) -> bool {
        !matches!(
            self,
            Self::Ceiling
                | Self::NoBook
                | Self::Resting
                | Self::Busy
                | Self::Leak
                | Self::Internal
                | Self::TooLong
                | Self::Filtered
                | Self::Unsupported
                | Self::NoInstruction
                | Self::Special
        )
    }

    /// The failure of a status that is no success.
    pub(crate) fn of_status(status: u16, wait: Option<Duration>, text: &str) -> Self {
        match status {
            300..=399 => Self::Elsewhere,
            401 | 403 => Self::Unauthorised,
            404 => Self::Unknown,
            429 => Self::TooMany(wait),
            503 if wait.is_some() => Self::TooMany(wait),
            413 => Self::TooLong,
            _ if is_too_long(text) => Self::TooLong,
            500.. => Self::Server(status),
            _ => Self::Rejected(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_tried_again() {
        let usual = Duration::from_millis(200);
        let again = |status| Failure::of_status(status, None, "").retry_after(usual).is_some();
        assert!(again(408) && again(429) && again(500) && again(503));
        assert!(!again(400) && !again(401) && !again(403) && !again(404) && !again(302));
        let told = Failure::of_status(429, Some(Duration::from_secs(7)), "");
        assert_eq!(told.retry_after(usual), Some(Duration::from_secs(7)));
        let down = Failure::of_status(503, Some(Duration::from_secs(7)), "");
        assert_eq!(down.retry_after(usual), Some(Duration::from_secs(7)));
    }
}
