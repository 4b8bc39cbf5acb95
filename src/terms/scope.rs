//! Who asks, for which institution, on which day: what every search needs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::terms::{Day, Institution};

/// Who asks: a person or a machine, by a name that may stand in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    name: String,
    /// The institutions for which it may ask, by the register's names; nothing means any.
    institutions: Option<BTreeSet<String>>,
}

impl Asker {
    /// The person or program at the command line of this machine.
    pub fn operator() -> Self {
        Self::named("operator")
    }

    /// A caller over HTTP who has not been told apart from others.
    pub fn caller() -> Self {
        Self::named("caller")
    }

    /// A person or a program that has signed on, by its id.
    pub fn named(id: &str) -> Self {
        Self { name: id.to_owned(), institutions: None }
    }

    /// The same, who may ask for these institutions only; an empty set is none.
    #[must_use]
    pub fn only_for(self, institutions: BTreeSet<String>) -> Self {
        Self { institutions: Some(institutions), ..self }
    }

    /// The name for the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may ask for an institution; what belongs to none is open to all.
    pub fn may_ask_for(&self, institution: Option<&Institution>) -> bool {
        match (&self.institutions, institution) {
            (None, _) | (_, None) => true,
            (Some(names), Some(institution)) => names.contains(institution.name()),
        }
    }
}

/// Whom a source is written for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Audience {
    /// Customers may be quoted it.
    #[default]
    #[serde(rename = "kunde")]
    Customer,
    /// For caseworkers; it never supports a sentence of a reply.
    #[serde(rename = "intern")]
    Internal,
}

/// What one search may see: at most one institution's own sources, and the general ones.
///
/// There is no empty form and no "all": without an institution only general sources are seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    asker: Asker,
    institution: Option<Institution>,
    day: Day,
}

impl Scope {
    /// The one place where a scope is made.
    pub fn new(asker: Asker, institution: Option<Institution>, day: Day) -> Self {
        Self { asker, institution, day }
    }

    /// Who asks.
    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    /// The institution whose own sources may be seen beside the general ones.
    pub fn institution(&self) -> Option<&Institution> {
        self.institution.as_ref()
    }

    /// The day on which sources must hold.
    pub fn day(&self) -> Day {
        self.day
    }

    /// Whether a source with this owner may be shown; `None` owns what is general.
    ///
    /// The index asks this of the stored owner of every hit, after its own filter.
    pub fn admits(&self, owner: Option<&str>) -> bool {
        match owner {
            None => true,
            Some(owner) => self.institution.as_ref().is_some_and(|own| own.name() == owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::{Register, parse_day};

    #[test]
    fn an_absent_institution_is_never_all() {
        let day = parse_day("2025-10-15").unwrap();
        let mut register = Register::default();
        let own = register.admit("Banedanmark");
        let without = Scope::new(Asker::operator(), None, day);
        let with = Scope::new(Asker::operator(), Some(own), day);
        assert!(without.admits(None) && with.admits(None));
        assert!(!without.admits(Some("Banedanmark")));
        assert!(with.admits(Some("Banedanmark")));
        assert!(!with.admits(Some("Ankestyrelsen")));
    }
}
