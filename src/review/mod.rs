//! What a person decides about a draft, and all that is told before and learnt after.
//!
//! Takes: drafts as they are kept, the inquiries they answer, and what persons decided.
//! Gives: checks of an edited reply, risks, the journal note, candidates and the gap report.
//! Never: decides anything; counts what one caseworker did.

mod texts;
pub mod kept;
pub mod diff;
pub mod edited;
pub mod reasons;
pub mod risk;
pub mod similar;
pub mod journal;
pub mod gaps;
