//! Review: a person decides on each draft, and the ledger remembers who, when and on which basis.
//!
//! Takes: inquiries, drafts, and what persons do with them.
//! Gives: [`Ledger`]: the queue, one draft with its history, the log and what is learnt.
//! Never: approves anything without a [`crate::access::Person`]; forgets what it has acknowledged.

mod state;
mod database;
mod schema;
mod chain;
mod signed;
mod writer;
mod error;
mod ledger;
mod inbox;
mod decide;
mod queue;
mod log;
mod verify;
mod purge;
mod lessons;
#[cfg(test)]
mod contract;

pub use chain::{Actor, Damage, Event, Head};
pub use decide::{Decided, Deciding, Decision, Edit};
pub use error::Error;
pub use inbox::{Made, Posted, Posting};
pub use ledger::{FILE, Ledger, Settings};
pub use lessons::{Lesson, Print, Teaching};
pub use log::{Export, Wanted};
pub use purge::{Purge, Purged};
pub use queue::{Filter, Page, Past, Summary, Whole};
pub use state::{Move, State};
pub use verify::Verified;
