//! Review: a person decides on each draft, and the ledger remembers who, when and on which basis.
//!
//! Takes: inquiries, drafts as they are made, and what persons do with them.
//! Gives: [`Ledger`]: the queue, one draft with its history, the log; and, of values alone: checks of an edited reply, risks, the journal note, candidates and the gap report.
//! Never: approves anything without a [`crate::access::Person`]; forgets what it has acknowledged; counts what one caseworker did.

mod texts;
pub mod kept;
pub mod diff;
pub mod edited;
pub mod reasons;
pub mod risk;
pub mod similar;
pub mod journal;
pub mod gaps;

mod state;
mod database;
mod schema;
mod chain;
mod signed;
mod writer;
mod error;
mod held;
mod ledger;
mod inbox;
mod decide;
mod queue;
mod looks;
mod log;
mod verify;
mod purge;
mod lessons;
mod candidates;
#[cfg(test)]
mod contract;

pub use candidates::{ApprovedReply, Settled};
pub use chain::{Actor, Damage, Event, Head};
pub use decide::{Decided, Deciding, Decision, Edit};
pub use error::Error;
pub use inbox::{Made, Posted, Posting};
pub use ledger::{FILE, Ledger, Secret, Settings};
pub use lessons::{Lesson, Print, Teaching};
pub use log::{Export, Wanted};
pub use purge::{Purge, Purged};
pub use queue::{Filter, Page, Past, Summary, Whole};
pub use state::{Move, State};
pub use verify::Verified;
