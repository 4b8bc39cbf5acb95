//! Looks at cases that wait for room on the disk.

use std::sync::{Mutex, PoisonError};

use crate::review::chain::Actor;

/// Looks that are held back at most; beyond them nothing more is shown.
const HELD_MAX: usize = 10_000;

/// A look at a case.
#[derive(Debug, Clone)]
pub(in crate::review) struct Look {
    pub(in crate::review) action: &'static str,
    pub(in crate::review) actor: Actor,
    pub(in crate::review) at: String,
    pub(in crate::review) inquiry: String,
    pub(in crate::review) draft: String,
    pub(in crate::review) seen: i64,
}

/// Looks that wait for room on the disk.
#[derive(Debug, Default)]
pub(in crate::review) struct Looks(Mutex<Vec<Look>>);

impl Looks {
    /// Takes all that wait.
    pub(in crate::review) fn take(&self) -> Vec<Look> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Holds looks back, the older ones first; says whether there is room for them.
    pub(in crate::review) fn hold(&self, looks: Vec<Look>) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() + looks.len() > HELD_MAX {
            return false;
        }
        held.extend(looks);
        true
    }
}
