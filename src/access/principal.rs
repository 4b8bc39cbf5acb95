//! Persons, programs, and those who have not said who they are.

use std::collections::BTreeSet;

use crate::access::Role;
use crate::terms::Asker;

/// How a person signed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOn {
    /// By a token of the organisation's own sign-on (OIDC).
    Oidc,
    /// By a code that the operator's terminal printed; the log says `local`.
    Local,
}

impl SignOn {
    /// Its word in the log.
    pub fn value(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Local => "local",
        }
    }
}

/// The institutions for which somebody may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Institutions {
    /// Every one; only where the settings or the token say so in so many words.
    Every,
    /// These, by the register's names; none of them means none at all.
    These(BTreeSet<String>),
}

impl Institutions {
    /// Whether one is among them; what belongs to no institution is open to all who have signed on.
    pub fn hold(&self, institution: Option<&str>) -> bool {
        match (self, institution) {
            (Self::Every, _) | (_, None) => true,
            (Self::These(names), Some(name)) => names.contains(name),
        }
    }
}

/// A person who has signed on. Only the sign-on makes one: no key and no program can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    id: String,
    name: String,
    sign_on: SignOn,
    roles: BTreeSet<Role>,
    institutions: Institutions,
}

impl Person {
    /// Made by the sign-on alone.
    pub(in crate::access) fn new(
        id: String,
        name: String,
        sign_on: SignOn,
        roles: BTreeSet<Role>,
        institutions: Institutions,
    ) -> Self {
        Self { id, name, sign_on, roles, institutions }
    }

    /// A person of a test, with every institution.
    #[cfg(test)]
    pub(crate) fn of_test(id: &str, roles: &[Role]) -> Self {
        let roles = roles.iter().copied().collect();
        let name = format!("{id} Eksempelsen");
        Self::new(id.to_owned(), name, SignOn::Oidc, roles, Institutions::Every)
    }

    /// What never changes of the person: two sign-ons with one id are one person.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name to show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the person signed on.
    pub fn sign_on(&self) -> SignOn {
        self.sign_on
    }

    /// Whether the person has the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// A program with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    name: String,
    roles: BTreeSet<Role>,
    institutions: Institutions,
}

impl Program {
    /// Made where a key is recognised.
    pub(in crate::access) fn new(
        name: String,
        roles: BTreeSet<Role>,
        institutions: Institutions,
    ) -> Self {
        Self { name, roles, institutions }
    }

    /// The program's own way of taking inquiries in: a signed webhook, a watched folder. Like every
    /// program it decides nothing.
    pub fn inbox(name: &'static str) -> Self {
        let roles = BTreeSet::from([Role::Caseworker]);
        Self { name: name.to_owned(), roles, institutions: Institutions::Every }
    }

    /// Its name in the settings.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A person who has signed on.
    Person(Person),
    /// A program with a key.
    Program(Program),
    /// Somebody on this machine, where no sign-on is set up: may draft and look up, and decides
    /// nothing.
    Anyone,
}

impl Principal {
    /// The name by which a log knows who it was: a person's id, a key's name, or `anyone`.
    pub fn id(&self) -> &str {
        match self {
            Self::Person(person) => person.id(),
            Self::Program(program) => program.name(),
            Self::Anyone => "anyone",
        }
    }

    /// How it signed on, in the log: `oidc`, `local`, `key` or `none`.
    pub fn sign_on(&self) -> &'static str {
        match self {
            Self::Person(person) => person.sign_on().value(),
            Self::Program(_) => "key",
            Self::Anyone => "none",
        }
    }

    /// Whether it has the role; who has not signed on has none.
    pub fn has(&self, role: Role) -> bool {
        match self {
            Self::Person(person) => person.has(role),
            Self::Program(program) => program.roles.contains(&role),
            Self::Anyone => false,
        }
    }

    /// Whether it may act for an institution. Who has not signed on sits at this machine, where
    /// the sources lie; what is kept asks for a sign-on by its role.
    pub fn acts_for(&self, institution: Option<&str>) -> bool {
        match self {
            Self::Person(person) => person.institutions.hold(institution),
            Self::Program(program) => program.institutions.hold(institution),
            Self::Anyone => true,
        }
    }

    /// The institutions for which it may act, where they are counted up.
    pub fn institutions(&self) -> &Institutions {
        match self {
            Self::Person(person) => &person.institutions,
            Self::Program(program) => &program.institutions,
            Self::Anyone => &Institutions::Every,
        }
    }

    /// The same with the institutions under the names that the register gives them; a name that
    /// it does not know stays as it is, and opens nothing.
    #[must_use]
    pub fn with_register_names(mut self, find: &dyn Fn(&str) -> Option<String>) -> Self {
        let institutions = match &mut self {
            Self::Person(person) => &mut person.institutions,
            Self::Program(program) => &mut program.institutions,
            Self::Anyone => return self,
        };
        if let Institutions::These(names) = institutions {
            *names = names.iter().map(|name| find(name).unwrap_or_else(|| name.clone())).collect();
        }
        self
    }

    /// The person, if it is one.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Program(_) | Self::Anyone => None,
        }
    }

    /// Who asks, as searches name it, with the institutions for which it may ask.
    pub fn asker(&self) -> Asker {
        match (self, self.institutions()) {
            (Self::Anyone, _) => Asker::caller(),
            (_, Institutions::Every) => Asker::named(self.id()),
            (_, Institutions::These(names)) => Asker::named(self.id()).only_for(names.clone()),
        }
    }
}
