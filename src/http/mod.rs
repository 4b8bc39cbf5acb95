//! The service over HTTP: JSON, an OpenAPI specification with its viewer, health and numbers.
//!
//! Takes: requests of anybody who can reach the address, and what they show of themselves.
//! Gives: what [`Service`](crate::service::Service) gives, or a problem (RFC 9457) that says what to do.
//! Never: answers at an address that has no policy; waits for a silent caller; answers to a name that is not its own; logs or counts a word of what callers write; tells them a cause.

mod problem;
mod counts;
mod door;
mod desk;
mod request;
mod identity;
mod policy;
mod connections;
mod shapes;
mod session;
mod drafts;
mod review;
mod lookup;
mod sources;
mod evaluations;
mod health;
mod page;
mod router;
mod accept;

pub use accept::serve;
pub use problem::Code;
