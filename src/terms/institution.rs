//! The customers, and the register that knows their names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A customer, by the name that the register gives it.
///
/// Only [`Register`] makes one, so that an owner is never a spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Institution(String);

impl Institution {
    /// The register's name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// A name as names are compared: without case, runs of spaces and outer punctuation.
pub fn fold_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| c.is_whitespace() || c == '\u{a0}');
    words
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Why a register could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The file is not the TOML that a register is.
    #[error("the register of institutions cannot be read")]
    Toml(#[source] toml::de::Error),
    /// Two institutions share a name, so that a mail could reach the wrong drejebog.
    #[error("the name `{name}` belongs to both `{first}` and `{second}`")]
    SharedName {
        /// The name in common.
        name: String,
        /// The institution that had it first.
        first: String,
        /// The institution that claims it too.
        second: String,
    },
}

impl RegisterError {
    /// What the reader can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Toml(_) => "write one [[institution]] table per customer, with at least `name`",
            Self::SharedName { .. } => "take the name away from one of the two",
        }
    }
}

/// One customer as the register's file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The full name.
    pub name: String,
    /// The short name, as in `SLKS`.
    #[serde(default)]
    pub short: Option<String>,
    /// Older, English and everyday names.
    #[serde(default)]
    pub other_names: Vec<String>,
    /// The løngrupper that belong to it.
    #[serde(default)]
    pub loengrupper: Vec<String>,
    /// The CVR number.
    #[serde(default)]
    pub cvr: Option<String>,
    /// Domains that its mails come from.
    #[serde(default)]
    pub mail_domains: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    institution: Vec<Entry>,
}

/// Every customer that is known, found by any of its names.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Register {
    entries: Vec<Entry>,
    by_name: BTreeMap<String, usize>,
}

/// Names that a register lists beside an unknown one.
const NEAR_NAMES_MAX: usize = 3;
/// Jaro-Winkler similarity from which a name counts as near; chosen on the demo's register.
const NEAR_NAME_MIN: f64 = 0.84;

impl Register {
    /// Reads a register from TOML (`[[institution]]` tables).
    pub fn from_toml(text: &str) -> Result<Self, RegisterError> {
        let file: File = toml::from_str(text).map_err(RegisterError::Toml)?;
        let mut register = Self::default();
        for entry in file.institution {
            register.add(entry)?;
        }
        Ok(register)
    }

    fn add(&mut self, entry: Entry) -> Result<(), RegisterError> {
        let at = self.entries.len();
        let names = [Some(&entry.name), entry.short.as_ref()];
        for name in names.into_iter().flatten().chain(&entry.other_names) {
            if let Some(first) =
                self.by_name.insert(fold_name(name), at).filter(|&other| other != at)
            {
                let first = self.entries.get(first).map(|first| first.name.clone());
                return Err(RegisterError::SharedName {
                    name: name.clone(),
                    first: first.unwrap_or_default(),
                    second: entry.name.clone(),
                });
            }
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The same register with the owners of indexed documents in it too.
    #[must_use]
    pub fn with_owners<'a>(mut self, owners: impl Iterator<Item = &'a str>) -> Self {
        for owner in owners {
            self.admit(owner);
        }
        self
    }

    /// The institution of that name, entered first if it is not there.
    ///
    /// For owners of documents: whoever has a drejebog is a customer.
    pub fn admit(&mut self, name: &str) -> Institution {
        if let Some(known) = self.find(name) {
            return known;
        }
        let name = name.trim().to_owned();
        let entry = Entry {
            name: name.clone(),
            short: None,
            other_names: Vec::new(),
            loengrupper: Vec::new(),
            cvr: None,
            mail_domains: Vec::new(),
        };
        self.by_name.insert(fold_name(&name), self.entries.len());
        self.entries.push(entry);
        Institution(name)
    }

    /// The institution that carries this name, if any.
    pub fn find(&self, name: &str) -> Option<Institution> {
        let at = self.by_name.get(&fold_name(name))?;
        self.entries.get(*at).map(|entry| Institution(entry.name.clone()))
    }

    /// The institution whose mails come from this address, if exactly that is known.
    pub fn find_by_mail(&self, address: &str) -> Option<Institution> {
        let domain = address.rsplit_once('@')?.1.trim_end_matches('>').trim().to_lowercase();
        let mut owners = self
            .entries
            .iter()
            .filter(|entry| entry.mail_domains.iter().any(|known| known.to_lowercase() == domain));
        let owner = owners.next()?;
        owners.next().is_none().then(|| Institution(owner.name.clone()))
    }

    /// Known names that look like this one, best first.
    pub fn near(&self, name: &str) -> Vec<String> {
        let folded = fold_name(name);
        let mut scored: Vec<(f64, &Entry)> = Vec::new();
        for (known, &at) in &self.by_name {
            let score = strsim::jaro_winkler(&folded, known);
            if let (true, Some(entry)) = (score >= NEAR_NAME_MIN, self.entries.get(at)) {
                scored.push((score, entry));
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
        let mut names: Vec<String> = Vec::new();
        for (_, entry) in scored {
            if !names.contains(&entry.name) && names.len() < NEAR_NAMES_MAX {
                names.push(entry.name.clone());
            }
        }
        names
    }

    /// All names of an institution, the full one first.
    pub fn names(&self, name: &str) -> Vec<String> {
        let entry = self.by_name.get(&fold_name(name)).and_then(|at| self.entries.get(*at));
        let names = entry.map(|entry| {
            std::iter::once(&entry.name).chain(&entry.short).chain(&entry.other_names).cloned()
        });
        names.into_iter().flatten().collect()
    }

    /// How many institutions are known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no institution is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every institution, in the register's order.
    pub fn all(&self) -> impl Iterator<Item = Institution> {
        self.entries.iter().map(|entry| Institution(entry.name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTER: &str = r#"
        [[institution]]
        name = "Slots- og Kulturstyrelsen"
        short = "SLKS"
        other_names = ["Kulturstyrelsen"]
        mail_domains = ["slks.example"]

        [[institution]]
        name = "Banedanmark"
    "#;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let register = Register::from_toml(REGISTER).unwrap();
        assert_eq!(register.find(name).as_ref().map(Institution::name), expected);
    }

    #[test]
    fn an_institution_is_found_by_any_of_its_names() {
        check("slots- og kulturstyrelsen", Some("Slots- og Kulturstyrelsen"));
        check(" SLKS ", Some("Slots- og Kulturstyrelsen"));
        check("KULTURSTYRELSEN", Some("Slots- og Kulturstyrelsen"));
        check("Kultur", None);
        check("", None);
    }

    #[test]
    fn an_unknown_name_gets_the_near_ones() {
        let register = Register::from_toml(REGISTER).unwrap();
        assert_eq!(register.near("Banedanmrk"), ["Banedanmark"]);
        assert!(register.near("Rigshospitalet").is_empty());
    }

    #[test]
    fn a_name_belongs_to_one_institution() {
        let text = "[[institution]]\nname = \"A\"\nshort = \"X\"\n[[institution]]\nname = \"x\"";
        assert!(matches!(Register::from_toml(text), Err(RegisterError::SharedName { .. })));
    }

    #[test]
    fn a_mail_domain_names_its_institution() {
        let register = Register::from_toml(REGISTER).unwrap();
        let found = register.find_by_mail("Bente <bente@slks.example>");
        assert_eq!(found.unwrap().name(), "Slots- og Kulturstyrelsen");
        assert!(register.find_by_mail("bente@other.example").is_none());
    }
}
