//! Who is let in: by the host that a request names, and by how often its caller asks.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::header::HOST;

use crate::config::Config;
use crate::http::problem::Code;

/// Callers that are remembered; of more, those who have asked for least are forgotten first.
const CALLERS_MAX: usize = 10_000;
/// Names of this machine, by which a page of another site cannot be made to call it.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// The header in which a proxy says for whom it asks.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What decides whether a request is let in.
#[derive(Debug, Default)]
pub(crate) struct Door {
    /// The hosts that may be named; none means any.
    hosts: Option<Vec<String>>,
    proxies: Vec<IpAddr>,
    /// Requests that a caller may make in a minute; none means any number.
    per_minute: Option<f64>,
    callers: Mutex<HashMap<IpAddr, Bucket>>,
}

/// What a caller may still ask for.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    seen: Instant,
}

impl Door {
    /// The door of a server that listens at this address.
    ///
    /// One that only this machine reaches is for names of this machine: a page of another site
    /// whose name leads here (DNS rebinding) is turned away. Else the settings name the hosts.
    pub(crate) fn of(config: &Config, listens: SocketAddr) -> Self {
        let mut hosts: Vec<String> = listed(&config.hosts).map(str::to_lowercase).collect();
        let restricted = listens.ip().is_loopback() || !hosts.is_empty();
        hosts.extend(OWN_NAMES.map(str::to_owned));
        let proxies = listed(&config.proxies).filter_map(|it| it.parse().ok()).collect();
        let most = config.limits.requests_per_minute_max;
        let per_minute = (most > 0).then(|| f64::from(most));
        Self { hosts: restricted.then_some(hosts), proxies, per_minute, callers: Mutex::default() }
    }

    /// Whether connections from there are those of many callers.
    pub(crate) fn is_proxy(&self, peer: IpAddr) -> bool {
        self.proxies.contains(&peer)
    }

    /// Why a request is not let in.
    pub(crate) fn refusal(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        now: Instant,
    ) -> Option<Code> {
        if !self.knows_host(headers) {
            return Some(Code::WrongHost);
        }
        let caller = self.caller(headers, peer?);
        (!self.may_ask(caller, now)).then_some(Code::TooOften)
    }

    fn knows_host(&self, headers: &HeaderMap) -> bool {
        let Some(hosts) = &self.hosts else { return true };
        let named = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = without_port(named).to_lowercase();
        hosts.contains(&name)
    }

    /// Who asks: the peer, or whom a trusted proxy names last.
    fn caller(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        if !self.is_proxy(peer) {
            return peer;
        }
        let named = headers.get_all(FORWARDED_FOR).iter().next_back();
        let last =
            named.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        last.unwrap_or(peer)
    }

    /// Takes one request of what a caller may still ask for, which fills again with time.
    fn may_ask(&self, caller: IpAddr, now: Instant) -> bool {
        let Some(most) = self.per_minute else { return true };
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS_MAX && !callers.contains_key(&caller) {
            callers.retain(|_, held| held.filled(most, now) < most);
            if callers.len() >= CALLERS_MAX {
                return false;
            }
        }
        let bucket = callers.entry(caller).or_insert(Bucket { left: most, seen: now });
        *bucket = Bucket { left: bucket.filled(most, now), seen: now };
        if bucket.left < 1.0 {
            return false;
        }
        bucket.left -= 1.0;
        true
    }
}

impl Bucket {
    fn filled(self, most: f64, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(self.seen).as_secs_f64();
        (self.left + seconds * most / 60.0).min(most)
    }
}

/// What stands between commas.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// A host without its port; an address of IPv6 keeps its brackets.
fn without_port(host: &str) -> &str {
    let end = host.rfind(']').map_or(0, |at| at + 1);
    let port = host.get(end..).and_then(|rest| rest.find(':'));
    port.and_then(|at| host.get(..end + at)).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn door(listen: &str, hosts: &str, per_minute: u32) -> Door {
        let mut config = Config { hosts: hosts.to_owned(), ..Config::default() };
        config.proxies = "10.0.0.1".to_owned();
        config.limits.requests_per_minute_max = per_minute;
        Door::of(&config, listen.parse().unwrap())
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[track_caller]
    fn check(door: &Door, host: &'static str, expected: bool) {
        assert_eq!(door.knows_host(&headers(&[("host", host)])), expected, "{host}");
    }

    #[test]
    fn a_name_that_was_made_to_lead_here_is_no_name_of_ours() {
        let here = door("127.0.0.1:8080", "", 0);
        for name in ["127.0.0.1:8080", "localhost", "LocalHost:80", "[::1]:8080", "[::1]"] {
            check(&here, name, true);
        }
        for name in ["ondt.example", "ondt.example:8080", "127.0.0.1.ondt.example", ""] {
            check(&here, name, false);
        }
        check(&door("127.0.0.1:8080", "svar.example", 0), "svar.example", true);
        check(&door("0.0.0.0:8080", "", 0), "ondt.example", true);
        check(&door("0.0.0.0:8080", "svar.example", 0), "ondt.example", false);
    }

    #[test]
    fn a_caller_that_asks_too_often_waits_and_others_do_not() {
        let door = door("127.0.0.1:8080", "", 60);
        let (one, other): (IpAddr, IpAddr) =
            ("10.0.0.7".parse().unwrap(), "10.0.0.8".parse().unwrap());
        let now = Instant::now();
        assert_eq!((0..100).filter(|_| door.may_ask(one, now)).count(), 60);
        assert!(door.may_ask(other, now));
        assert!(!door.may_ask(one, now + Duration::from_millis(500)));
        assert!(door.may_ask(one, now + Duration::from_millis(1600)));
    }

    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_asks() {
        let door = door("0.0.0.0:8080", "", 60);
        let named = headers(&[("x-forwarded-for", "1.2.3.4, 10.0.0.9")]);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(door.caller(&named, ip("10.0.0.1")), ip("10.0.0.9"));
        assert_eq!(door.caller(&named, ip("10.0.0.2")), ip("10.0.0.2"));
        assert_eq!(door.caller(&HeaderMap::new(), ip("10.0.0.1")), ip("10.0.0.1"));
    }
}
