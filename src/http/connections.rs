//! The open connections: how many, which of them are silent, and which must go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// The connections of one server.
///
/// When all places are taken, the connection that has been without a request for longest makes
/// room: silent callers, however many, do not keep others out.
#[derive(Debug)]
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    max: usize,
    silent: Mutex<Silent>,
}

#[derive(Debug, Default)]
struct Silent {
    next: u64,
    by_age: BTreeMap<u64, CancellationToken>,
}

/// A place that one connection holds.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    connections: Arc<Connections>,
    number: Mutex<u64>,
    /// Cancelled when the connection must close.
    pub(crate) ended: CancellationToken,
}

/// A request that is being answered; until it is dropped its connection is not silent.
#[derive(Debug)]
pub(crate) struct Asking(Arc<Place>);

impl Connections {
    /// Room for that many.
    pub(crate) fn new(max: usize) -> Arc<Self> {
        let max = max.min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(max));
        Arc::new(Self { places, max, silent: Mutex::default() })
    }

    /// How many there are.
    pub(crate) fn open(&self) -> usize {
        self.max.saturating_sub(self.places.available_permits())
    }

    /// Waits for a place; returns it, and whether a silent connection was closed for it.
    pub(crate) async fn enter(self: &Arc<Self>) -> Option<(Arc<Place>, bool)> {
        let free = Arc::clone(&self.places).try_acquire_owned().ok();
        let evicted = free.is_none() && self.evict();
        let permit = match free {
            Some(permit) => permit,
            None => Arc::clone(&self.places).acquire_owned().await.ok()?,
        };
        let ended = CancellationToken::new();
        let number = Mutex::new(self.list(ended.clone()));
        let place = Place { _permit: permit, connections: Arc::clone(self), number, ended };
        Some((Arc::new(place), evicted))
    }

    fn evict(&self) -> bool {
        let oldest = self.silent().by_age.pop_first();
        oldest.map(|(_, ended)| ended.cancel()).is_some()
    }

    fn list(&self, ended: CancellationToken) -> u64 {
        let mut silent = self.silent();
        let number = silent.next;
        silent.next = number.wrapping_add(1);
        silent.by_age.insert(number, ended);
        number
    }

    fn silent(&self) -> MutexGuard<'_, Silent> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Says that a request has come.
    pub(crate) fn ask(self: &Arc<Self>) -> Asking {
        self.connections.silent().by_age.remove(&self.number());
        Asking(Arc::clone(self))
    }

    fn number(&self) -> MutexGuard<'_, u64> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let number = self.0.connections.list(self.0.ended.clone());
        *self.0.number() = number;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.silent().by_age.remove(&self.number());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_silent_connection_makes_room() {
        let connections = Connections::new(2);
        let (first, _) = connections.enter().await.unwrap();
        let (second, _) = connections.enter().await.unwrap();
        // The first asks and is answered, so the second has been silent for longer.
        drop(first.ask());
        let waiting = tokio::spawn({
            let connections = Arc::clone(&connections);
            async move { connections.enter().await.unwrap().1 }
        });
        second.ended.cancelled().await;
        assert!(!first.ended.is_cancelled());
        drop(second);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn a_connection_with_a_request_is_never_closed_for_another() {
        let connections = Connections::new(1);
        let (only, _) = connections.enter().await.unwrap();
        let asking = only.ask();
        assert!(!connections.evict());
        drop(asking);
        assert!(connections.evict() && only.ended.is_cancelled());
        assert_eq!(connections.open(), 1);
        drop(only);
        assert_eq!(connections.open(), 0);
    }
}
