//! Suggested replies to customer inquiries, from the organisation's own sources,
//! for a caseworker to approve.
//!
//! The modules stand in the order in which data flows; each leans only on those above it:
//!
//! ```text
//! documents -> passages -> index ----.
//!                                     > evidence -> draft -> check
//! mail ------> inquiry -> questions -'
//! ```

pub mod terms;
pub mod access;

pub mod privacy;
pub mod language;

pub mod sources;
pub mod passages;
pub mod embedding;
pub mod index;

pub mod inquiry;
pub mod retrieval;
pub mod draft;
pub mod review;
pub mod evaluation;

pub mod config;
pub mod service;

pub mod http;
pub mod cli;
