//! Who asks: persons and programs, what they may do, and for which institutions.
//!
//! Takes: what a caller shows of itself (a token, a key, a session), and the settings.
//! Gives: a [`Principal`], whose [`Person`] alone can approve.
//! Never: lets a program pass for a person, or takes an empty list of institutions for all of them.

mod principal;
mod role;

pub use principal::{Institutions, Person, Principal, Program, SignOn};
pub use role::Role;
