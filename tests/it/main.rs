//! The whole house, tested through its doors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::format_collect,
    clippy::too_many_lines,
    reason = "a test fails by panicking, prints its figures, and reads best from top to bottom"
)]

mod desk;
mod issuer;
mod made;
mod office;

mod access;
mod canaries;
mod commands;
mod crowd;
mod deadlines;
mod demo;
mod door;
mod drafts;
mod durability;
mod endpoint;
mod evaluation;
mod evaluations;
mod hidden;
mod hostile;
mod http;
mod injection;
mod index;
mod inquiry;
mod language;
mod leaks;
mod live;
mod ledger;
mod lookup;
mod meaning;
mod payment;
mod personal_data;
mod personal_data_made;
mod review;
mod review_rules;
mod scope;
mod sentence_vectors;
mod sources;
mod tokens;
mod vectors;
