//! The values behind the placeholders of one request, under a key of its own.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use crate::privacy::key::MasterKey;
use crate::privacy::kinds::FindingKind;

/// Characters of the mark that every placeholder of a request carries.
const TAG_CHARS: usize = 4;
/// Letters and digits of such marks; none of them looks like another.
const TAG_LETTERS: [char; 32] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S',
    'T', 'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
];

/// What a placeholder stands for, as a reader of the masked text sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Whoever wrote the inquiry.
    Sender,
    /// Whoever it is written to.
    Caseworker,
    /// Whom it is about.
    Employee,
    /// Another person.
    Person,
    /// A CPR number.
    Cpr,
    /// A bank account or a payment card.
    Account,
    /// A phone number.
    Phone,
    /// A mail address.
    Mail,
    /// A street address.
    Address,
    /// A birth date.
    BirthDate,
}

/// Every role.
pub(crate) const ROLES: [Role; 10] = [
    Role::Sender,
    Role::Caseworker,
    Role::Employee,
    Role::Person,
    Role::Cpr,
    Role::Account,
    Role::Phone,
    Role::Mail,
    Role::Address,
    Role::BirthDate,
];

impl Role {
    /// The word of its placeholders.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sender => "AFSENDER",
            Self::Caseworker => "SAGSBEHANDLER",
            Self::Employee => "MEDARBEJDER",
            Self::Person => "PERSON",
            Self::Cpr => "CPR",
            Self::Account => "KONTO",
            Self::Phone => "TLF",
            Self::Mail => "MAIL",
            Self::Address => "ADRESSE",
            Self::BirthDate => "FØDSELSDATO",
        }
    }

    /// Whether its values never stand in a reply.
    pub(crate) fn is_withheld(self) -> bool {
        matches!(self, Self::Cpr | Self::Account)
    }

    pub(crate) fn is_person(self) -> bool {
        matches!(self, Self::Sender | Self::Caseworker | Self::Employee | Self::Person)
    }

    pub(crate) fn of(kind: FindingKind) -> Self {
        match kind {
            FindingKind::Cpr | FindingKind::PartialCpr => Self::Cpr,
            FindingKind::Account | FindingKind::Iban | FindingKind::Card => Self::Account,
            FindingKind::Mail | FindingKind::OfficeMail => Self::Mail,
            FindingKind::Address | FindingKind::OfficeAddress => Self::Address,
            FindingKind::BirthDate => Self::BirthDate,
            FindingKind::Name => Self::Person,
            FindingKind::Phone
            | FindingKind::OfficePhone
            | FindingKind::Cvr
            | FindingKind::ProductionUnit
            | FindingKind::Ean
            | FindingKind::PaymentLine => Self::Phone,
        }
    }
}

/// One value, encrypted.
#[derive(Debug)]
struct Row {
    role: Role,
    n: usize,
    nonce: u64,
    sealed: Vec<u8>,
}

/// The values of one request, for as long as it lives.
pub struct Vault {
    cipher: Aes256Gcm,
    request: String,
    tag: String,
    rows: Vec<Row>,
    nonces: u64,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Vault({} values)", self.rows.len())
    }
}

impl Vault {
    /// An empty vault. `request` is used once: it makes the key.
    pub fn new(master: &MasterKey, request: &str) -> Self {
        let seed = master.derive("placeholders", request);
        let tag = seed
            .iter()
            .take(TAG_CHARS)
            .filter_map(|byte| TAG_LETTERS.get(usize::from(*byte) % TAG_LETTERS.len()));
        Self {
            cipher: Aes256Gcm::new(&master.derive("vault", request).into()),
            request: request.to_owned(),
            tag: tag.collect(),
            rows: Vec::new(),
            nonces: 0,
        }
    }

    /// The mark that every placeholder of this request carries.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// Keeps a value; gives its number within its role.
    pub(crate) fn keep(&mut self, role: Role, value: &str) -> Option<usize> {
        let n = self.rows.iter().filter(|row| row.role == role).count() + 1;
        let row = self.seal(role, n, value)?;
        self.rows.push(row);
        Some(n)
    }

    /// Puts another value in place of one: the longer form of the same name.
    pub(crate) fn exchange(&mut self, role: Role, n: usize, value: &str) {
        let Some(sealed) = self.seal(role, n, value) else { return };
        if let Some(row) = self.rows.iter_mut().find(|row| row.role == role && row.n == n) {
            *row = sealed;
        }
    }

    fn seal(&mut self, role: Role, n: usize, value: &str) -> Option<Row> {
        self.nonces += 1;
        let nonce = self.nonces;
        let about = self.about(role, n);
        let payload = Payload { msg: value.as_bytes(), aad: about.as_bytes() };
        let sealed = self.cipher.encrypt(&bytes(nonce), payload).ok()?;
        Some(Row { role, n, nonce, sealed })
    }

    /// What a value is sealed together with: it opens for no other request and no other number.
    fn about(&self, role: Role, n: usize) -> String {
        format!("{}/{}/{n}", self.request, role.word())
    }

    /// The value behind a role and a number.
    pub(crate) fn open(&self, role: Role, n: usize) -> Option<String> {
        let row = self.rows.iter().find(|row| row.role == role && row.n == n)?;
        let about = self.about(role, n);
        let payload = Payload { msg: &row.sealed, aad: about.as_bytes() };
        String::from_utf8(self.cipher.decrypt(&bytes(row.nonce), payload).ok()?).ok()
    }

    /// Every value with its role, for the gate that holds them back.
    pub(crate) fn values(&self) -> Vec<(Role, String)> {
        self.rows.iter().filter_map(|row| Some((row.role, self.open(row.role, row.n)?))).collect()
    }

    /// Every role and number.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = (Role, String)> {
        self.rows.iter().map(|row| (row.role, placeholder(row.role, row.n, &self.tag)))
    }
}

/// What stands in a masked text in place of a value.
pub(crate) fn placeholder(role: Role, n: usize, tag: &str) -> String {
    format!("[[{}_{n}_{tag}]]", role.word())
}

/// A number that is used once under one key.
fn bytes(nonce: u64) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut bytes = [0_u8; 12];
    for (place, byte) in bytes.iter_mut().zip(nonce.to_be_bytes()) {
        *place = byte;
    }
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_for_its_own_request_alone() {
        let key = MasterKey::of_this_run();
        let mut vault = Vault::new(&key, "1");
        assert_eq!(vault.keep(Role::Person, "Lone"), Some(1));
        assert_eq!(vault.keep(Role::Person, "Bo"), Some(2));
        assert_eq!(vault.open(Role::Person, 2).as_deref(), Some("Bo"));
        assert_eq!(vault.open(Role::Sender, 1), None);
        assert!(!format!("{vault:?} {:?}", vault.rows).contains("Lone"));
        let mut other = Vault::new(&key, "2");
        other.rows.append(&mut vault.rows);
        assert_eq!(other.open(Role::Person, 1), None, "sealed for another request");
        assert_ne!(Vault::new(&key, "1").tag(), Vault::new(&key, "2").tag());
    }
}
