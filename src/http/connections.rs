//! The open connections: how many, which of them are silent, and which must go.

use std::collections::BTreeMap;
use std::net::IpAddr;
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
    per_peer_max: usize,
    silent: Mutex<Silent>,
}

#[derive(Debug, Default)]
struct Silent {
    next: u64,
    by_age: BTreeMap<u64, (IpAddr, CancellationToken)>,
    /// How many connections each peer holds, silent or not.
    by_peer: BTreeMap<IpAddr, usize>,
}

/// A place that one connection holds.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    connections: Arc<Connections>,
    number: Mutex<u64>,
    peer: IpAddr,
    /// Cancelled when the connection must close.
    pub(crate) ended: CancellationToken,
}

/// A request that is being answered; until it is dropped its connection is not silent.
#[derive(Debug)]
pub(crate) struct Asking(Arc<Place>);

impl Connections {
    /// Room for that many, and for so many of one peer.
    pub(crate) fn new(max: usize, per_peer_max: usize) -> Arc<Self> {
        let max = max.min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(max));
        Arc::new(Self { places, max, per_peer_max, silent: Mutex::default() })
    }

    /// How many there are.
    pub(crate) fn open(&self) -> usize {
        self.max.saturating_sub(self.places.available_permits())
    }

    /// Whether a peer may have one more connection; where it holds all that it may, its longest
    /// silent one makes room.
    pub(crate) fn makes_room(&self, peer: IpAddr) -> bool {
        let mut silent = self.silent();
        if silent.by_peer.get(&peer).copied().unwrap_or(0) < self.per_peer_max {
            return true;
        }
        let own = silent.by_age.iter().find(|(_, (of, _))| *of == peer).map(|(number, _)| *number);
        let ended = own.and_then(|number| silent.by_age.remove(&number));
        ended.map(|(_, ended)| ended.cancel()).is_some()
    }

    /// Waits for a place; returns it, and whether a silent connection was closed for it.
    pub(crate) async fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<(Arc<Place>, bool)> {
        let free = Arc::clone(&self.places).try_acquire_owned().ok();
        let evicted = free.is_none() && self.evict();
        let permit = match free {
            Some(permit) => permit,
            None => Arc::clone(&self.places).acquire_owned().await.ok()?,
        };
        let ended = CancellationToken::new();
        *self.silent().by_peer.entry(peer).or_default() += 1;
        let number = Mutex::new(self.list(peer, ended.clone()));
        let place = Place { _permit: permit, connections: Arc::clone(self), number, peer, ended };
        Some((Arc::new(place), evicted))
    }

    fn evict(&self) -> bool {
        let oldest = self.silent().by_age.pop_first();
        oldest.map(|(_, (_, ended))| ended.cancel()).is_some()
    }

    fn list(&self, peer: IpAddr, ended: CancellationToken) -> u64 {
        let mut silent = self.silent();
        let number = silent.next;
        silent.next = number.wrapping_add(1);
        silent.by_age.insert(number, (peer, ended));
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
        let number = self.0.connections.list(self.0.peer, self.0.ended.clone());
        *self.0.number() = number;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let number = *self.number();
        let mut silent = self.connections.silent();
        silent.by_age.remove(&number);
        if let Some(count) = silent.by_peer.get_mut(&self.peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                silent.by_peer.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn one_peer_does_not_take_all_places() {
        let connections = Connections::new(10, 2);
        let (first, _) = connections.enter(PEER).await.unwrap();
        assert!(connections.makes_room(PEER) && !first.ended.is_cancelled());
        let (second, _) = connections.enter(PEER).await.unwrap();
        let asking = second.ask();
        assert!(connections.makes_room(PEER) && first.ended.is_cancelled());
        assert!(!connections.makes_room(PEER), "the other one asks");
        let other: IpAddr = "10.0.0.7".parse().unwrap();
        assert!(connections.makes_room(other));
        drop((first, asking, second));
        assert!(connections.makes_room(PEER) && connections.silent().by_peer.is_empty());
    }

    #[tokio::test]
    async fn the_longest_silent_connection_makes_room() {
        let connections = Connections::new(2, 2);
        let (first, _) = connections.enter(PEER).await.unwrap();
        let (second, _) = connections.enter(PEER).await.unwrap();
        // The first asks and is answered, so the second has been silent for longer.
        drop(first.ask());
        let waiting = tokio::spawn({
            let connections = Arc::clone(&connections);
            async move { connections.enter(PEER).await.unwrap().1 }
        });
        second.ended.cancelled().await;
        assert!(!first.ended.is_cancelled());
        drop(second);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn a_connection_with_a_request_is_never_closed_for_another() {
        let connections = Connections::new(1, 1);
        let (only, _) = connections.enter(PEER).await.unwrap();
        let asking = only.ask();
        assert!(!connections.evict());
        drop(asking);
        assert!(connections.evict() && only.ended.is_cancelled());
        assert_eq!(connections.open(), 1);
        drop(only);
        assert_eq!(connections.open(), 0);
    }
}
