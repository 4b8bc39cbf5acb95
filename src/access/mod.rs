//! Who asks: persons and programs, what they may do, and for which institutions.
//!
//! Takes: what a caller shows of itself (a token, a key, a session), and the settings.
//! Gives: a [`Principal`], whose [`Person`] alone can approve.
//! Never: lets a program pass for a person, or takes an empty list of institutions for all of them.

mod role;
mod principal;
mod settings;
mod refusal;
mod unique;
mod token;
mod key_set;
mod issuer;
mod key_ring;
mod sessions;
mod entry;

use std::net::SocketAddr;

pub use entry::Access;
pub use key_ring::{NewKey, new_key};
pub use principal::{Institutions, Person, Principal, Program, SignOn};
pub use refusal::Refusal;
pub use role::Role;
pub use sessions::{CODE_SECONDS, Opened, SESSION_SECONDS, ToldCode, TooOften};
pub use settings::{KeySettings, Mode, PersonSettings, Reach, RoleNames, Settings};

/// Why the service cannot be opened to callers.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Other machines could ask, and nobody would have to say who they are.
    #[error(
        "nobody has to sign on, so only this machine may be served, and {listens} is open to others"
    )]
    NotLoopback {
        /// Where the service was to listen.
        listens: SocketAddr,
    },
    /// The client that fetches the issuer's keys cannot be made.
    #[error("the client that fetches the issuer's keys cannot be made")]
    Client(#[source] reqwest::Error),
}

impl Error {
    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => {
                "listen on 127.0.0.1, or set up sign-on in `[access]`: `issuer` for persons, \
                 `keys` for programs (docs/access.md)"
            }
            Self::Client(_) => {
                "look whether this machine has certificates of authorities (ca-certificates)"
            }
        }
    }
}
