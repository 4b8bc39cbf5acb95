//! The promises of each folder, kept.

mod inquiry;
