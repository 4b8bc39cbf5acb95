//! What kinds of personal data there are, and what is known of one that was found.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

/// From this score on, something is masked in a text that may leave.
pub(crate) const SCORE_MIN: u8 = 20;

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A CPR number (personnummer).
    Cpr,
    /// A CPR number of which the last four digits are left out, or stand alone.
    PartialCpr,
    /// A bank account: registration number and account number, or one of them.
    Account,
    /// A bank account as it is written for payments across borders.
    Iban,
    /// A payment card.
    Card,
    /// A phone number.
    Phone,
    /// A mail address of a person.
    Mail,
    /// A street address of a person.
    Address,
    /// A name of a person.
    Name,
    /// A birth date.
    BirthDate,
    /// The number of a company (CVR or SE); kept.
    Cvr,
    /// The number of a production unit (P-nummer); kept.
    ProductionUnit,
    /// A location number (EAN); kept.
    Ean,
    /// The line of a giro form, which names a payment; kept.
    PaymentLine,
    /// A mail address of an office; kept.
    OfficeMail,
    /// A phone number of an institution; kept.
    OfficePhone,
    /// A street address of an institution; kept.
    OfficeAddress,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Where it stands, in bytes of the text as it came.
    pub range: Range<usize>,
    /// How sure it is, from 0 to 100.
    pub score: u8,
    /// What speaks for it and against it.
    pub reasons: Vec<&'static str>,
}

impl FindingKind {
    /// Whether it says something of a person, and is masked.
    pub fn is_personal(self) -> bool {
        !matches!(
            self,
            Self::Cvr
                | Self::ProductionUnit
                | Self::Ean
                | Self::PaymentLine
                | Self::OfficeMail
                | Self::OfficePhone
                | Self::OfficeAddress
        )
    }

    /// Whether it is a number that no reply may hold: a CPR number, an account or a card.
    pub fn is_secret_number(self) -> bool {
        matches!(self, Self::Cpr | Self::PartialCpr | Self::Account | Self::Iban | Self::Card)
    }

    /// What stands in its place in a text that nobody shall ever restore.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Cpr | Self::PartialCpr => "[CPR-nummer fjernet]",
            Self::Account | Self::Iban => "[kontonummer fjernet]",
            Self::Card => "[kortnummer fjernet]",
            Self::Phone | Self::OfficePhone => "[telefonnummer fjernet]",
            Self::Mail | Self::OfficeMail => "[mailadresse fjernet]",
            Self::Address | Self::OfficeAddress => "[adresse fjernet]",
            Self::Name => "[navn]",
            Self::BirthDate => "[fødselsdato fjernet]",
            Self::Cvr | Self::ProductionUnit | Self::Ean | Self::PaymentLine => "[nummer fjernet]",
        }
    }
}

impl Finding {
    /// Whether it is masked in a text that may leave.
    pub fn acts(&self) -> bool {
        self.kind.is_personal() && self.score >= SCORE_MIN
    }

    /// Whether it shares a byte with a range.
    pub(crate) fn touches(&self, range: &Range<usize>) -> bool {
        self.range.start < range.end && range.start < self.range.end
    }
}

/// Findings of a text, none of which shares a byte with another.
#[derive(Debug, Default)]
pub(crate) struct Found {
    list: Vec<Finding>,
    /// Where each begins, to where it ends and which it is.
    places: BTreeMap<usize, (usize, usize)>,
}

impl Found {
    /// Whether a range shares a byte with one of them.
    pub(crate) fn holds(&self, range: &Range<usize>) -> bool {
        let last = self.places.range(..range.end).next_back();
        last.is_some_and(|(_, (end, _))| *end > range.start)
    }

    /// Takes a finding in, unless its place is taken; says whether.
    pub(crate) fn push(&mut self, finding: Finding) -> bool {
        let free = !finding.range.is_empty() && !self.holds(&finding.range);
        if free {
            self.places.insert(finding.range.start, (finding.range.end, self.list.len()));
            self.list.push(finding);
        }
        free
    }

    /// Those that stand within a range or touch it.
    pub(crate) fn within(&self, range: &Range<usize>) -> impl Iterator<Item = &Finding> {
        let first = self.places.range(..range.start).next_back();
        let first =
            first.filter(|(_, (end, _))| *end > range.start).map_or(range.start, |it| *it.0);
        let places = self.places.range(first..range.end.max(first));
        places.filter_map(|(_, (_, at))| self.list.get(*at))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.places.values().filter_map(|(_, at)| self.list.get(*at))
    }

    /// All of them in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|finding| finding.range.start);
        self.list
    }
}

/// A score that grows and shrinks with what is found beside a thing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Score {
    points: i32,
    reasons: Vec<&'static str>,
}

impl Score {
    pub(crate) fn of(points: i32, reason: &'static str) -> Self {
        Self { points, reasons: vec![reason] }
    }

    /// Adds points for a reason, or takes them away.
    pub(crate) fn add(&mut self, points: i32, reason: &'static str) {
        self.points += points;
        self.reasons.push(reason);
    }

    pub(crate) fn points(&self) -> i32 {
        self.points
    }

    pub(crate) fn finding(self, kind: FindingKind, range: Range<usize>) -> Finding {
        let score = u8::try_from(self.points.clamp(0, 100)).unwrap_or_default();
        Finding { kind, range, score, reasons: self.reasons }
    }
}
