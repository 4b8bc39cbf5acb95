//! The systems that questions and guides are about: a closed set.

use serde::{Deserialize, Serialize};

/// A system of the trade.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// Statens HR.
    Shr,
    /// Statens Lønløsning.
    Sls,
    /// HR-Løn, the face of SLS for HR staff.
    HrLoen,
    /// Lønportalen, where payroll orders are placed.
    Loenportalen,
    /// Serviceportalen, where cases are followed.
    Serviceportalen,
    /// Kundeportalen, where agreements and drejebøger lie.
    Kundeportalen,
    /// Statens Refusion.
    StatensRefusion,
    /// NemRefusion.
    NemRefusion,
    /// PENSAB.
    Pensab,
    /// Brugerstyring Løn.
    Bsl,
    /// mTIME.
    MTime,
    /// RejsUd.
    RejsUd,
    /// IndFak.
    IndFak,
    /// Navision Stat.
    NavisionStat,
    /// P360.
    P360,
    /// NemKonto.
    NemKonto,
    /// Statens Løn- og Pensionsløsning, which follows SLS.
    Slp,
    /// Statens Koncernsystem.
    Sks,
    /// SLS Ferie og Fravær.
    Frav,
    /// ISOLA, statistics of absence.
    Isola,
    /// ØDUP, the mailbox for uddata.
    Oedup,
    /// SLS-guiden, the reference of løndele and codes.
    SlsGuiden,
    /// fleksbarsel.dk, fleksjob and barselsfond.
    Fleksbarsel,
    /// e-Boks.
    EBoks,
    /// eSkattekort.
    ESkattekort,
    /// Decentral digital indrapportering in Navision Stat.
    Ddi,
    /// Epicenteret, the descriptions of processes.
    Epicenter,
    /// Lønarkiv in SLS.
    Loenarkiv,
}

impl System {
    const NAMES: [(System, &'static [&'static str]); 28] = [
        (System::Shr, &["statens hr", "shr", "statens-hr", "hr-sag", "oracle hcm"]),
        (System::Sls, &["sls", "statens lønløsning", "statens lønsystem"]),
        (System::HrLoen, &["hr-løn", "hr løn", "hrløn"]),
        (System::Loenportalen, &["lønportalen", "lønportal"]),
        (System::Serviceportalen, &["serviceportalen", "serviceportal"]),
        (System::Kundeportalen, &["kundeportalen", "kundeportal"]),
        (System::StatensRefusion, &["statens refusion"]),
        (System::NemRefusion, &["nemrefusion", "nem refusion"]),
        (System::Pensab, &["pensab"]),
        (System::Bsl, &["bsl", "brugerstyring løn"]),
        (System::MTime, &["mtime"]),
        (System::RejsUd, &["rejsud", "rejsud2"]),
        (System::IndFak, &["indfak", "indfak2"]),
        (System::NavisionStat, &["navision stat", "navision"]),
        (System::P360, &["p360", "public 360"]),
        (System::NemKonto, &["nemkonto"]),
        (System::Slp, &["slp", "statens løn- og pensionsløsning"]),
        (System::Sks, &["sks"]),
        (System::Frav, &["frav", "ferie og fravær"]),
        (System::Isola, &["isola"]),
        (System::Oedup, &["ødup", "oedup"]),
        (System::SlsGuiden, &["sls-guiden", "sls guiden"]),
        (System::Fleksbarsel, &["fleksbarsel.dk", "fleksbarsel"]),
        (System::EBoks, &["e-boks", "eboks"]),
        (System::ESkattekort, &["eskattekort"]),
        (System::Ddi, &["ddi"]),
        (System::Epicenter, &["epicenteret", "epicenter"]),
        (System::Loenarkiv, &["lønarkiv"]),
    ];

    /// Every system, in the order of the documentation.
    pub const ALL: [Self; 28] = [
        Self::Shr,
        Self::Sls,
        Self::HrLoen,
        Self::Loenportalen,
        Self::Serviceportalen,
        Self::Kundeportalen,
        Self::StatensRefusion,
        Self::NemRefusion,
        Self::Pensab,
        Self::Bsl,
        Self::MTime,
        Self::RejsUd,
        Self::IndFak,
        Self::NavisionStat,
        Self::P360,
        Self::NemKonto,
        Self::Slp,
        Self::Sks,
        Self::Frav,
        Self::Isola,
        Self::Oedup,
        Self::SlsGuiden,
        Self::Fleksbarsel,
        Self::EBoks,
        Self::ESkattekort,
        Self::Ddi,
        Self::Epicenter,
        Self::Loenarkiv,
    ];

    /// The system of that name, in any of its usual spellings.
    pub fn find(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        let known = Self::NAMES.iter().find(|(_, names)| names.contains(&name.as_str()));
        known.map(|(system, _)| *system)
    }

    /// The name that Danish readers know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shr => "Statens HR",
            Self::Sls => "SLS",
            Self::HrLoen => "HR-Løn",
            Self::Loenportalen => "Lønportalen",
            Self::Serviceportalen => "Serviceportalen",
            Self::Kundeportalen => "Kundeportalen",
            Self::StatensRefusion => "Statens Refusion",
            Self::NemRefusion => "NemRefusion",
            Self::Pensab => "PENSAB",
            Self::Bsl => "BSL",
            Self::MTime => "mTIME",
            Self::RejsUd => "RejsUd",
            Self::IndFak => "IndFak",
            Self::NavisionStat => "Navision Stat",
            Self::P360 => "P360",
            Self::NemKonto => "NemKonto",
            Self::Slp => "SLP",
            Self::Sks => "SKS",
            Self::Frav => "FRAV",
            Self::Isola => "ISOLA",
            Self::Oedup => "ØDUP",
            Self::SlsGuiden => "SLS-guiden",
            Self::Fleksbarsel => "fleksbarsel.dk",
            Self::EBoks => "e-Boks",
            Self::ESkattekort => "eSkattekort",
            Self::Ddi => "DDI",
            Self::Epicenter => "Epicenteret",
            Self::Loenarkiv => "Lønarkiv",
        }
    }
}
