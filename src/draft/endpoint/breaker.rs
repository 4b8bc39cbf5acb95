//! An endpoint that keeps failing is left alone for a while, so that nobody waits for it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whether the endpoint may be asked.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures_max: u32,
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Until when nobody asks; after that one may try.
    closed_until: Option<Instant>,
}

impl Breaker {
    /// A breaker that rests after so many failures in a row; 0 for never.
    pub(crate) fn new(failures_max: u32, rest: Duration) -> Self {
        Self { failures_max, rest, state: Mutex::default() }
    }

    /// Whether to ask now. After a rest one asks, and the others go on resting until it is known
    /// how that went.
    pub(crate) fn may_ask(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.closed_until {
            Some(until) if now < until => false,
            Some(_) => {
                state.closed_until = now.checked_add(self.rest);
                true
            }
            None => true,
        }
    }

    /// It answered.
    pub(crate) fn answered(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// It failed.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        if self.failures_max > 0 && state.failures >= self.failures_max {
            state.closed_until = now.checked_add(self.rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_some_failures_in_a_row_it_rests_and_then_one_tries() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let breaker = Breaker::new(2, 10 * second);
        breaker.failed(start);
        assert!(breaker.may_ask(start));
        breaker.failed(start);
        assert!(!breaker.may_ask(start + 9 * second));
        assert!(breaker.may_ask(start + 10 * second), "one may try");
        assert!(!breaker.may_ask(start + 11 * second), "and the others wait for it");
        breaker.answered();
        assert!(breaker.may_ask(start + 12 * second));
        breaker.failed(start + 12 * second);
        assert!(breaker.may_ask(start + 12 * second), "it counts from the beginning");
    }

    #[test]
    fn a_breaker_of_no_failures_never_rests() {
        let breaker = Breaker::new(0, Duration::from_secs(1));
        (0..10).for_each(|_| breaker.failed(Instant::now()));
        assert!(breaker.may_ask(Instant::now()));
    }
}
