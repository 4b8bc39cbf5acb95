//! Signing in on this machine: a code that the operator passes on, and a session for it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::access::settings::{PersonSettings, Settings};
use crate::access::{Institutions, Person, Principal, Refusal, SignOn};
use crate::terms::fold_name;

/// Seconds for which a code may be used.
pub const CODE_SECONDS: i64 = 300;
/// Seconds of a session: a working day.
pub const SESSION_SECONDS: i64 = 8 * 3600;
/// What the token of a session begins with.
pub(crate) const SESSION_MARK: &str = "svs_";
/// Wrong tries after which a code is worth nothing.
const TRIES_MAX: u32 = 5;
/// Codes that may be asked for in a minute, whoever asks and for whomever.
const ASKED_PER_MINUTE_MAX: usize = 10;
/// Sessions held at once; of more, the oldest ends.
const SESSIONS_MAX: usize = 1000;
/// Letters and digits of a code; none of them looks like another.
const LETTERS: [char; 32] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U',
    'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7', '8', '9',
];
/// Characters of a code; 40 bits of chance, of which five tries find nothing.
const CODE_CHARS: usize = 8;
/// Where a code is parted for the eye.
const CODE_HALF: usize = 4;

/// A code as the operator sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct ToldCode {
    /// The person who asked for it.
    pub name: String,
    /// The code.
    pub code: String,
}

/// That codes are asked for too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften;

/// A session that was just opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The token that shows it.
    pub token: String,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

impl fmt::Debug for ToldCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ToldCode(set)")
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// The persons of the settings, the codes that were asked for, and the open sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// By the name as names are compared.
    persons: BTreeMap<String, Person>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: VecDeque<i64>,
    codes: HashMap<String, Code>,
    open: HashMap<blake3::Hash, Open>,
}

#[derive(Debug)]
struct Code {
    hash: blake3::Hash,
    ends: i64,
    wrong: u32,
}

#[derive(Debug)]
struct Open {
    name: String,
    ends: i64,
}

impl Sessions {
    /// Nobody has signed in yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        let persons = settings.persons.iter().map(|person| (fold_name(&person.name), made(person)));
        Self { persons: persons.collect(), state: Mutex::default() }
    }

    /// Makes a code for a person; none for a name that nobody has, which the caller cannot tell.
    /// Nothing at all is made where codes are asked for too often.
    pub(crate) fn ask(
        &self,
        name: &str,
        now: i64,
        chance: [u8; CODE_CHARS],
    ) -> Result<Option<ToldCode>, TooOften> {
        let mut state = self.state();
        state.asked.retain(|asked| now.abs_diff(*asked) < 60);
        if state.asked.len() >= ASKED_PER_MINUTE_MAX {
            return Err(TooOften);
        }
        state.asked.push_back(now);
        let code: String =
            chance.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32))).collect();
        let name = fold_name(name);
        let Some(person) = self.persons.get(&name) else { return Ok(None) };
        let hash = blake3::hash(code.as_bytes());
        state.codes.insert(name, Code { hash, ends: now.saturating_add(CODE_SECONDS), wrong: 0 });
        let parted = [code.get(..CODE_HALF), code.get(CODE_HALF..)];
        let code = parted.map(Option::unwrap_or_default).join("-");
        Ok(Some(ToldCode { name: person.name().to_owned(), code }))
    }

    /// Opens a session for a code, which is worth nothing afterwards.
    pub(crate) fn enter(
        &self,
        (name, code): (&str, &str),
        now: i64,
        chance: [u8; 32],
    ) -> Result<Opened, Refusal> {
        let name = fold_name(name);
        let plain: String =
            code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
        let mut state = self.state();
        let held = state.codes.get_mut(&name).ok_or(Refusal::Code)?;
        let in_time = now < held.ends && held.wrong < TRIES_MAX;
        if !in_time || held.hash != blake3::hash(plain.as_bytes()) {
            held.wrong = held.wrong.saturating_add(1);
            return Err(Refusal::Code);
        }
        state.codes.remove(&name);
        state.open.retain(|_, open| now < open.ends);
        if state.open.len() >= SESSIONS_MAX {
            let oldest = state.open.iter().min_by_key(|(_, open)| open.ends).map(|(hash, _)| *hash);
            oldest.and_then(|oldest| state.open.remove(&oldest));
        }
        let token = format!("{SESSION_MARK}{}", URL_SAFE_NO_PAD.encode(chance));
        let expires = now.saturating_add(SESSION_SECONDS);
        state.open.insert(blake3::hash(token.as_bytes()), Open { name, ends: expires });
        Ok(Opened { token, expires })
    }

    /// Whose session it is, if it is open now.
    pub(crate) fn recognise(&self, token: &str, now: i64) -> Result<Principal, Refusal> {
        let state = self.state();
        let open = state.open.get(&blake3::hash(token.as_bytes())).ok_or(Refusal::Session)?;
        if now >= open.ends {
            return Err(Refusal::Expired);
        }
        let person = self.persons.get(&open.name).ok_or(Refusal::Session)?;
        Ok(Principal::Person(person.clone()))
    }

    /// Ends a session.
    pub(crate) fn leave(&self, token: &str) {
        self.state().open.remove(&blake3::hash(token.as_bytes()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn made(person: &PersonSettings) -> Person {
    let institutions = person.institutions.institutions();
    let institutions =
        institutions.unwrap_or_else(|| Institutions::These(std::iter::empty().collect()));
    let id = format!("local:{}", person.id.trim());
    let roles = person.roles.iter().copied().collect();
    Person::new(id, person.name.trim().to_owned(), SignOn::Local, roles, institutions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Reach, Role};

    const NAME: &str = "Anna Prøvesen";

    fn sessions() -> Sessions {
        let person = PersonSettings {
            name: NAME.to_owned(),
            id: "b012345".to_owned(),
            roles: vec![Role::Caseworker],
            institutions: Reach::default(),
        };
        Sessions::new(&Settings { persons: vec![person], ..Settings::default() })
    }

    fn code(sessions: &Sessions, now: i64, chance: u8) -> String {
        sessions.ask(NAME, now, [chance; CODE_CHARS]).unwrap().unwrap().code
    }

    #[test]
    fn a_code_opens_one_session_and_is_then_worth_nothing() {
        let sessions = sessions();
        let code = code(&sessions, 0, 1);
        assert_eq!(code, "BBBB-BBBB");
        let typed = (" anna  PRØVESEN ", "bbbb bbbb");
        let opened = sessions.enter(typed, 299, [9; 32]).unwrap();
        assert_eq!(opened.expires, 299 + SESSION_SECONDS);
        let person = sessions.recognise(&opened.token, opened.expires - 1).unwrap();
        assert_eq!((person.id(), person.sign_on()), ("local:b012345", "local"));
        let ended = sessions.recognise(&opened.token, opened.expires);
        assert_eq!(ended.unwrap_err(), Refusal::Expired);
        assert_eq!(sessions.enter((NAME, &code), 299, [8; 32]), Err(Refusal::Code));
        sessions.leave(&opened.token);
        assert_eq!(sessions.recognise(&opened.token, 300).unwrap_err(), Refusal::Session);
    }

    #[test]
    fn a_code_lives_five_minutes_and_bears_five_wrong_tries() {
        let sessions = sessions();
        let late = code(&sessions, 0, 1);
        assert_eq!(sessions.enter((NAME, &late), CODE_SECONDS, [9; 32]), Err(Refusal::Code));
        let tried = code(&sessions, 100, 2);
        for _ in 0..TRIES_MAX - 1 {
            assert_eq!(sessions.enter((NAME, "AAAA-AAAA"), 100, [9; 32]), Err(Refusal::Code));
        }
        assert!(sessions.enter((NAME, &tried), 100, [9; 32]).is_ok(), "four wrong tries are borne");
        let tried = code(&sessions, 200, 3);
        for _ in 0..TRIES_MAX {
            assert_eq!(sessions.enter((NAME, &late), 200, [9; 32]), Err(Refusal::Code));
        }
        assert_eq!(sessions.enter((NAME, &tried), 200, [9; 32]), Err(Refusal::Code));
        let (older, newer) = (code(&sessions, 300, 4), code(&sessions, 301, 5));
        assert_eq!(sessions.enter((NAME, &older), 302, [9; 32]), Err(Refusal::Code));
        assert!(sessions.enter((NAME, &newer), 302, [9; 32]).is_ok());
    }

    #[test]
    fn codes_cannot_be_asked_for_without_end_whoever_is_named() {
        let sessions = sessions();
        let mut told = 0;
        for at in 0..ASKED_PER_MINUTE_MAX {
            let name = if at % 2 == 0 { NAME } else { "Ukendt Prøvesen" };
            told += usize::from(sessions.ask(name, 0, [0; CODE_CHARS]).unwrap().is_some());
        }
        assert_eq!(told, ASKED_PER_MINUTE_MAX / 2);
        assert_eq!(sessions.ask(NAME, 59, [0; CODE_CHARS]), Err(TooOften));
        assert_eq!(sessions.ask("Ukendt", 59, [0; CODE_CHARS]), Err(TooOften));
        assert!(sessions.ask(NAME, 60, [0; CODE_CHARS]).is_ok());
    }
}
