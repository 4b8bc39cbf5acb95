//! What the controller has said of each area of work: what may be processed, for how long, and
//! whether a language model may help.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::privacy::key::MasterKey;
use crate::privacy::special::{Flag, Special};

/// An area of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Payroll (løn).
    Loen,
    /// Refunds (refusion).
    Refusion,
    /// Accounting (regnskab).
    Regnskab,
    /// Statens HR.
    Shr,
}

/// Every area.
pub const AREAS: [Area; 4] = [Area::Loen, Area::Refusion, Area::Regnskab, Area::Shr];

/// What may be done with inquiries of one area.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Instruction {
    /// Whether a language model may be asked, with masked text.
    pub endpoint: bool,
    /// Special kinds of personal data that a masked inquiry may speak of and still leave.
    pub special: BTreeSet<Special>,
    /// Days for which inquiries and drafts of callers who have signed on are kept; 0 for as many as
    /// `review.keep_days` says.
    pub keep_days: u32,
    /// What the instruction rests on, for the record of processing.
    pub basis: String,
}

/// What an operator says of personal data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The environment variable that holds the key of the vault, 32 bytes in base64; empty for a
    /// key that lives as long as the program.
    pub key_variable: String,
    /// A file that holds it instead.
    pub key_file: PathBuf,
    /// The instructions, by area; an area that is missing has none.
    pub areas: BTreeMap<Area, Instruction>,
    /// The key itself, which no settings file holds.
    #[serde(skip)]
    pub key: Option<MasterKey>,
}

/// Why an inquiry stays on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    /// An area has no instruction.
    NoInstruction(Area),
    /// The instruction of an area lets no language model help.
    Forbidden(Area),
    /// It speaks of special kinds of personal data that may not leave.
    Special(Vec<Special>),
}

impl Stay {
    /// The reason in one stable word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoInstruction(_) => "no_instruction",
            Self::Forbidden(_) => "forbidden",
            Self::Special(_) => "special",
        }
    }
}

impl Area {
    /// Its word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Loen => "loen",
            Self::Refusion => "refusion",
            Self::Regnskab => "regnskab",
            Self::Shr => "shr",
        }
    }

    /// The areas that a text is about. One that says nothing of it may be about any.
    pub fn of(text: &str) -> BTreeSet<Self> {
        let lower = text.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let refusion = [
            "refusion",
            "sygedagpenge",
            "barselsdagpenge",
            "nemrefusion",
            "fleksjob",
            "fleksløn",
            "barselsfond",
            "barsel.dk",
            "§ 56",
            "aub",
        ];
        let regnskab = [
            "faktura",
            "indfak",
            "rejsud",
            "regnskab",
            "debitor",
            "kreditor",
            "moms",
            "navision",
            "bogfør",
            "finanskonto",
            "ean",
            "udlæg",
            "ordre",
            "betalingsforslag",
            "konter",
        ];
        let shr = ["statens hr", "shr", "rekruttering", "mtime", "campus", "hr-data"];
        let loen = [
            "løn",
            "ferie",
            "tillæg",
            "anciennitet",
            "ansæt",
            "fratræd",
            "orlov",
            "barsel",
            "pension",
            "skattekort",
            "vederlag",
            "pkat",
            "overenskomst",
            "aconto",
            "syg",
            "timer",
        ];
        let pairs: [(Self, &[&str]); 4] = [
            (Self::Refusion, &refusion),
            (Self::Regnskab, &regnskab),
            (Self::Shr, &shr),
            (Self::Loen, &loen),
        ];
        let named: BTreeSet<Self> =
            pairs.into_iter().filter(|(_, words)| says(words)).map(|(area, _)| area).collect();
        if named.is_empty() { AREAS.into_iter().collect() } else { named }
    }
}

impl Settings {
    /// Whether an inquiry may leave, masked: every area that it is about lets it, and every special
    /// kind of personal data that it speaks of.
    pub fn may_leave(&self, text: &str, flags: &[Flag]) -> Result<(), Stay> {
        let mut allowed: Option<BTreeSet<Special>> = None;
        for area in Area::of(text) {
            let instruction = self.areas.get(&area).ok_or(Stay::NoInstruction(area))?;
            if !instruction.endpoint {
                return Err(Stay::Forbidden(area));
            }
            allowed = Some(match allowed {
                None => instruction.special.clone(),
                Some(held) => held.intersection(&instruction.special).copied().collect(),
            });
        }
        let allowed = allowed.unwrap_or_default();
        let mut held: Vec<Special> =
            flags.iter().map(|flag| flag.kind).filter(|kind| !allowed.contains(kind)).collect();
        held.sort();
        held.dedup();
        if held.is_empty() { Ok(()) } else { Err(Stay::Special(held)) }
    }

    /// What of the settings cannot be meant: the key, its value, and why.
    pub fn impossible(&self) -> Option<(&'static str, String, &'static str)> {
        if !self.key_variable.is_empty() && !self.key_file.as_os_str().is_empty() {
            let why = "the key comes from one place: a variable or a file";
            return Some(("privacy.key_file", self.key_file.display().to_string(), why));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::detect::detect;

    fn settings(special: &[Special]) -> Settings {
        let instruction = Instruction {
            endpoint: true,
            special: special.iter().copied().collect(),
            ..Instruction::default()
        };
        Settings { areas: [(Area::Loen, instruction)].into(), ..Settings::default() }
    }

    #[track_caller]
    fn check(settings: &Settings, text: &str, expected: &Result<(), Stay>) {
        assert_eq!(&settings.may_leave(text, &detect(text).flags), expected, "{text}");
    }

    #[test]
    fn an_area_without_an_instruction_stays() {
        check(
            &Settings::default(),
            "Hvornår er lønkørslen?",
            &Err(Stay::NoInstruction(Area::Loen)),
        );
        check(&settings(&[]), "Hvornår er lønkørslen?", &Ok(()));
        check(&settings(&[]), "Fakturaen og lønnen?", &Err(Stay::NoInstruction(Area::Regnskab)));
        check(&settings(&[]), "Hvad med det?", &Err(Stay::NoInstruction(Area::Refusion)));
        let mut closed = settings(&[]);
        closed.areas.insert(Area::Loen, Instruction::default());
        check(&closed, "lønkørslen", &Err(Stay::Forbidden(Area::Loen)));
    }

    #[test]
    fn special_kinds_stay_unless_the_instruction_names_them() {
        let text = "Hun er syg og får løn. Fagforening?";
        check(&settings(&[]), text, &Err(Stay::Special(vec![Special::Health, Special::Union])));
        check(&settings(&[Special::Health]), text, &Err(Stay::Special(vec![Special::Union])));
        check(&settings(&[Special::Health, Special::Union]), text, &Ok(()));
    }
}
