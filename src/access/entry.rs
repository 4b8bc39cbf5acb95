//! Whoever comes in: by a token, a key or a session, each told by how it begins.

use std::fmt;
use std::net::SocketAddr;

use jiff::tz::TimeZone;

use crate::access::issuer::Issuer;
use crate::access::key_ring::{KEY_MARK, KeyRing};
use crate::access::sessions::{Opened, SESSION_MARK, Sessions, ToldCode, TooOften};
use crate::access::{Error, Mode, Principal, Refusal, Settings};
use crate::terms::Day;

/// Bytes of what a caller shows; Entra's longest tokens are half of it.
const SHOWN_BYTES_MAX: usize = 16 * 1024;

/// Who is let in, and as whom.
pub struct Access {
    mode: Mode,
    issuer: Option<Issuer>,
    keys: KeyRing,
    sessions: Option<Sessions>,
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Access").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Access {
    /// The access to a service that listens there.
    pub fn open(settings: &Settings, listens: SocketAddr) -> Result<Self, Error> {
        let mode = Mode::of(settings, listens)?;
        Ok(Self {
            mode,
            issuer: settings.is_oidc().then(|| Issuer::new(settings)).transpose()?,
            keys: KeyRing::new(settings),
            sessions: (mode == Mode::Local).then(|| Sessions::new(settings)),
        })
    }

    /// Access for nobody.
    pub fn closed() -> Self {
        let keys = KeyRing::new(&Settings::default());
        Self { mode: Mode::Keys, issuer: None, keys, sessions: None }
    }

    /// How callers are known.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whom a caller is without showing anything: on this machine alone, anyone.
    pub fn without(&self) -> Option<Principal> {
        (self.mode == Mode::Local).then_some(Principal::Anyone)
    }

    /// Whom a caller is by what it shows, at that second since 1970.
    pub async fn recognise(&self, shown: &str, now: i64) -> Result<Principal, Refusal> {
        if shown.is_empty() || shown.len() > SHOWN_BYTES_MAX {
            return Err(Refusal::Form);
        }
        if shown.starts_with(KEY_MARK) {
            return self.keys.recognise(shown, day(now).ok_or(Refusal::Key)?);
        }
        if shown.starts_with(SESSION_MARK) {
            return self.sessions.as_ref().ok_or(Refusal::Session)?.recognise(shown, now);
        }
        match &self.issuer {
            Some(issuer) => issuer.recognise(shown, now).await,
            None => Err(Refusal::NoIssuer),
        }
    }

    /// Makes a code for a person who wants to sign in here; none if nobody has that name.
    pub fn ask_code(
        &self,
        name: &str,
        now: i64,
        chance: [u8; 8],
    ) -> Result<Option<ToldCode>, TooOften> {
        self.sessions.as_ref().map_or(Ok(None), |sessions| sessions.ask(name, now, chance))
    }

    /// Opens a session for a name and its code.
    pub fn enter(
        &self,
        shown: (&str, &str),
        now: i64,
        chance: [u8; 32],
    ) -> Result<Opened, Refusal> {
        self.sessions.as_ref().ok_or(Refusal::Code)?.enter(shown, now, chance)
    }

    /// Ends a session.
    pub fn leave(&self, token: &str) {
        if let Some(sessions) = &self.sessions {
            sessions.leave(token);
        }
    }
}

/// The day in Denmark at that second.
fn day(now: i64) -> Option<Day> {
    let here = TimeZone::get("Europe/Copenhagen").unwrap_or(TimeZone::UTC);
    Some(jiff::Timestamp::from_second(now).ok()?.to_zoned(here).date())
}
