//! How a draft stands, and which moves there are.

use serde::{Deserialize, Serialize};

/// How a draft stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = DraftState)]
pub enum State {
    /// It is being made.
    Drafting,
    /// It waits for a person.
    Ready,
    /// One person has approved it; a risk rule asks for a second.
    Held,
    /// It has been approved.
    Approved,
    /// It has been rejected.
    Rejected,
    /// It could not be made.
    Failed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Drafting, Self::Ready, Self::Held, Self::Approved, Self::Rejected, Self::Failed];

    /// Its word in JSON, in the ledger and in the log.
    pub fn value(self) -> &'static str {
        match self {
            Self::Drafting => "drafting",
            Self::Ready => "ready",
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.value() == word)
    }
}

/// What somebody does with a draft.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Approves it as it stands.
    Approve,
    /// Changes its text.
    Edit,
    /// Turns it down, with a reason.
    Reject,
    /// Has another one made in its place.
    Regenerate,
    /// Takes it on.
    TakeOver,
    /// Takes a decision back.
    Reopen,
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 6] =
        [Self::Approve, Self::Edit, Self::Reject, Self::Regenerate, Self::TakeOver, Self::Reopen];

    /// Its word in the ledger and in the log.
    pub fn value(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Edit => "edit",
            Self::Reject => "reject",
            Self::Regenerate => "regenerate",
            Self::TakeOver => "take_over",
            Self::Reopen => "reopen",
        }
    }

    /// The states in which it can be made.
    pub fn from(self) -> &'static [State] {
        match self {
            Self::Approve | Self::Edit => &[State::Ready, State::Held],
            Self::Reject => &[State::Ready, State::Held, State::Failed],
            Self::Regenerate => &[State::Ready, State::Held, State::Rejected, State::Failed],
            Self::TakeOver => &[State::Drafting, State::Ready, State::Held, State::Failed],
            Self::Reopen => &[State::Approved, State::Rejected],
        }
    }

    /// How a draft stands after it; an approval depends on how many persons it needs.
    pub fn leads_to(self, from: State, persons: u8) -> State {
        match self {
            Self::Approve if from == State::Ready && persons > 1 => State::Held,
            Self::Approve => State::Approved,
            // What the first person approved is not what stands there now.
            Self::Edit | Self::Reopen => State::Ready,
            Self::Reject => State::Rejected,
            Self::Regenerate => State::Drafting,
            Self::TakeOver => from,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_persons_are_asked_where_two_are_needed() {
        assert_eq!(Move::Approve.leads_to(State::Ready, 1), State::Approved);
        assert_eq!(Move::Approve.leads_to(State::Ready, 2), State::Held);
        assert_eq!(Move::Approve.leads_to(State::Held, 2), State::Approved);
        assert_eq!(Move::Edit.leads_to(State::Held, 2), State::Ready);
    }

    #[test]
    fn nothing_leads_to_an_approval_but_an_approval() {
        for made in Move::ALL {
            for state in State::ALL {
                let ends = made.leads_to(state, 1) == State::Approved;
                assert!(!ends || matches!(made, Move::Approve | Move::TakeOver), "{made:?}");
            }
        }
        assert!(!Move::TakeOver.from().contains(&State::Approved));
    }

    #[test]
    fn every_word_is_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.value()), Some(state));
        }
        assert_eq!(State::parse("sent"), None);
    }
}
