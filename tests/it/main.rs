//! The whole house, tested through its doors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a test fails by panicking, prints its figures, and reads best from top to bottom"
)]

mod desk;

mod canaries;
mod commands;
mod deadlines;
mod demo;
mod drafts;
mod endpoint;
mod evaluation;
mod evaluations;
mod http;
mod index;
mod inquiry;
mod language;
mod lookup;
mod meaning;
mod personal_data;
mod personal_data_made;
mod scope;
mod sources;
mod vectors;
