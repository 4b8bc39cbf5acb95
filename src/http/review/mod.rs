//! Review over HTTP: inquiries taken in, the queue, one draft, and what persons decide.
//!
//! Takes: inquiries from persons and programs, decisions from persons.
//! Gives: what [`Review`](crate::service::Review) gives, with an ETag for what may be decided on.
//! Never: takes a decision on a draft whose version the person did not name.

pub(crate) mod asking;
pub(crate) mod inquiries;
pub(crate) mod webhook;
pub(crate) mod queue;
pub(crate) mod decisions;
pub(crate) mod record;
pub(crate) mod learning;
