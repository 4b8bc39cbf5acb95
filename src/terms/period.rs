//! Validity: from a day, to a day, both included; missing means open.

use serde::{Deserialize, Serialize};

use crate::terms::day::Day;

/// The days on which a source holds, both ends included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first day; open if missing.
    pub from: Option<Day>,
    /// The last day; open if missing.
    pub until: Option<Day>,
}

/// What a source is on a given day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds, and may support a reply.
    Current,
    /// Its last day has passed.
    Expired,
    /// A newer source has taken its place.
    Superseded,
    /// Its first day has not come.
    Future,
}

impl Period {
    /// The state on `day`, before any newer source is taken into account.
    pub fn on(&self, day: Day) -> State {
        if self.from.is_some_and(|from| day < from) {
            State::Future
        } else if self.until.is_some_and(|until| day > until) {
            State::Expired
        } else {
            State::Current
        }
    }

    /// Whether the last day lies before the first, which no source can mean.
    pub fn is_reversed(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if until < from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::day::parse_day;

    #[test]
    fn both_end_days_are_included() {
        let period = Period { from: parse_day("2025-01-01"), until: parse_day("2025-12-31") };
        let on = |day| period.on(parse_day(day).unwrap());
        assert_eq!(on("2024-12-31"), State::Future);
        assert_eq!(on("2025-01-01"), State::Current);
        assert_eq!(on("2025-12-31"), State::Current);
        assert_eq!(on("2026-01-01"), State::Expired);
        assert_eq!(Period::default().on(parse_day("1999-01-01").unwrap()), State::Current);
    }
}
