//! Where a word stands: alone in a cell, in a list of names, beside a number, in a careless text.

use crate::privacy::cues::Reader;
use crate::privacy::kinds::FindingKind;
use crate::privacy::labels::head;
use crate::privacy::lists::lists;
use crate::privacy::words::{Before, Form, Word};

/// A number or an address this close says that a name stands here, in bytes.
const NEIGHBOUR_MAX: usize = 12;
/// Bytes of a title at most.
const TITLE_MAX: usize = 40;
/// Bytes behind a signature at most: a phone number, a title.
const LAST_MAX: usize = 60;
/// Words at the start of a line or a sentence from which on a text is called careless or not.
const OPENINGS_MIN: usize = 1;
/// Heads of columns that hold names.
const HEADS: [&str; 16] = [
    "navn",
    "medarbejder",
    "ansat",
    "person",
    "kontakt",
    "leder",
    "deltager",
    "name",
    "chef",
    "ansvarlig",
    "modtager",
    "vikar",
    "behandler",
    "indehaver",
    "surname",
    "kollega",
];

/// Whether most sentences of a text begin with small letters: then names do too.
pub(crate) fn is_careless(words: &[Word]) -> bool {
    let opens: Vec<&Word> = words.iter().filter(|word| word.opens).collect();
    let small = opens.iter().filter(|word| word.form == Form::Small).count();
    opens.len() >= OPENINGS_MIN && small * 5 >= opens.len() * 3
}

impl Reader<'_> {
    /// Whether something that persons have follows a genitive: "Vinters ferie", "Bos løn".
    pub(crate) fn is_owner(&self, at: usize) -> bool {
        let held = [
            "lønseddel",
            "løn",
            "ferie",
            "barsel",
            "orlov",
            "cpr",
            "mail",
            "konto",
            "stilling",
            "kontrakt",
            "skattekort",
            "pension",
            "afsked",
            "mand",
            "kone",
            "fratræd",
            "timer",
            "syg",
            "refusion",
            "tillæg",
            "nummer",
            "telefon",
            "tlf",
            "adresse",
            "ansættelse",
            "børn",
            "barn",
            "søn",
            "datter",
            "chef",
            "leder",
            "fravær",
            "jubilæum",
            "opsigelse",
            "feriedage",
            "vagt",
            "navn",
            "mellemnavn",
            "efternavn",
            "fødselsdag",
            "anciennitet",
        ];
        let lower = self.lower(at);
        let next = self.lower(at + 1);
        let genitive = lower.ends_with('s') || lower.ends_with('\'') || lower.ends_with('\u{2019}');
        // "Hans løn" is that of him.
        let pronoun = matches!(lower, "hans" | "dens" | "deres");
        genitive
            && !pronoun
            && self.follows(at + 1)
            && self.word(at + 1).is_some_and(|it| it.form == Form::Small)
            && held.iter().any(|word| next.starts_with(word))
    }

    /// Whether what is said is said of persons alone: "Storm er syg", "Maj er på barsel".
    pub(crate) fn is_told_of(&self, at: usize) -> bool {
        let verb = ["er", "var", "har", "bliver", "blev", "skal", "vil", "kommer", "går", "gik"];
        let told = [
            "syg",
            "sygemeldt",
            "ansat",
            "fratrådt",
            "stoppet",
            "opsagt",
            "født",
            "flyttet",
            "startet",
            "gravid",
            "raskmeldt",
            "ringet",
            "gift",
            "skilt",
            "indlagt",
            "barsel",
            "orlov",
            "ferie",
            "kursus",
            "fri",
            "fået",
            "hjemme",
            "rask",
            "død",
            "afskediget",
            "timelønnet",
            "vikar",
            "tilbage",
            "kl",
            "skrevet",
            "spurgt",
            "sagt",
            "bedt",
        ];
        self.follows(at + 1)
            && verb.contains(&self.lower(at + 1))
            && (at + 2..at + 5)
                .take_while(|next| self.follows(*next))
                .any(|next| told.contains(&self.lower(next)))
    }

    /// Whether a first name fills a cell of a table.
    pub(crate) fn is_cell(&self, at: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        let line = self.normal.part(self.normal.line(word.range.start));
        let month = ["maj", "april", "august", "juni", "juli"].contains(&self.lower(at));
        line.contains(['|', ';', '\t']) && !month && self.is_alone(at, at + 1)
    }

    /// Whether a number, a mail or an address of a person stands right behind a word.
    pub(crate) fn is_beside_number(&self, at: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        let behind = word.range.end..word.range.end + 6;
        self.others.within(&behind).any(|it| {
            matches!(
                it.kind,
                FindingKind::Mail | FindingKind::Phone | FindingKind::Cpr | FindingKind::Address
            )
        })
    }

    /// Whether a word stands as months and seasons do: "i Maj", "1. April".
    pub(crate) fn is_timed(&self, at: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        let before = self
            .normal
            .part(self.normal.floor(word.range.start.saturating_sub(4))..word.range.start);
        let after = self.normal.part(word.range.end..self.normal.floor(word.range.end + 5));
        let digit = |text: &str| text.chars().any(|c| c.is_ascii_digit());
        let month =
            ["maj", "april", "august", "juni", "juli", "mai", "may", "tue", "sommer", "vinter"]
                .contains(&self.lower(at));
        month
            && (digit(before) || digit(after) || before.ends_with(" i ") || before.ends_with("pr "))
    }

    /// Whether a number of a person or an address stands right beside.
    pub(crate) fn has_neighbour(&self, start: usize, end: usize) -> bool {
        let kinds = [
            FindingKind::Cpr,
            FindingKind::PartialCpr,
            FindingKind::Mail,
            FindingKind::Phone,
            FindingKind::Address,
            FindingKind::BirthDate,
        ];
        let around = start.saturating_sub(NEIGHBOUR_MAX)..end + NEIGHBOUR_MAX;
        self.others.within(&around).any(|it| kinds.contains(&it.kind))
    }

    /// Whether the words are all that stands on their line or in their cell.
    pub(crate) fn is_alone(&self, at: usize, end: usize) -> bool {
        let (Some(first), Some(last)) = (self.word(at), self.word(end.saturating_sub(1))) else {
            return false;
        };
        let line = self.normal.line(first.range.start);
        let before = self.normal.part(line.start..first.range.start);
        let after = self.normal.part(last.range.end.min(line.end)..line.end);
        let edge = |text: &str, sign: Option<char>| {
            text.trim().is_empty() || sign.is_some_and(|sign| matches!(sign, '|' | ';' | '\t'))
        };
        edge(before, before.trim_end_matches(' ').chars().next_back())
            && edge(after, after.trim_start_matches(' ').chars().next())
    }

    /// Whether the words are a cell under a head that says that names stand there.
    pub(crate) fn is_headed(&self, at: usize, end: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        if !self.is_alone(at, end) {
            return false;
        }
        let head = head(self.normal, &self.normal.line(word.range.start), word.range.start);
        HEADS.iter().any(|name| head.contains(name))
    }

    /// Whether a name stands beside it in a list: "Anna, Bo og Ali", "Anna/Bo".
    pub(crate) fn is_listed(&self, at: usize) -> bool {
        let name = |at: usize| {
            self.word(at).is_some_and(|it| {
                it.is_capital() && (it.known.first() || it.known.last()) && !it.known.never()
            })
        };
        let joined = |at: usize| {
            self.word(at).is_some_and(|it| matches!(it.before, Before::Comma | Before::Sign))
        };
        let and = |at: usize| self.lower(at) == "og" || self.lower(at) == "samt";
        let before = at.checked_sub(1).is_some_and(|last| {
            (joined(at) && name(last)) || (and(last) && last.checked_sub(1).is_some_and(name))
        });
        before || (joined(at + 1) && name(at + 1)) || (and(at + 1) && name(at + 2))
    }

    /// Whether a word within a sentence stands where persons do rather than places and systems.
    pub(crate) fn is_spoken_of(&self, at: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        let Some(last) = at.checked_sub(1) else { return false };
        let before = self.lower(last);
        let place = [
            "i",
            "på",
            "via",
            "under",
            "pr",
            "den",
            "det",
            "de",
            "en",
            "et",
            "the",
            "in",
            "on",
            "ad",
            "vores",
            "jeres",
            "kaldet",
            "mellem",
            "nye",
            "nyt",
            "menuen",
            "feltet",
            "fanen",
            "knappen",
            "systemet",
            "programmet",
            "modulet",
            "af",
            "ift",
            "hos",
            "statens",
            "jf",
        ];
        let small = self.word(last).is_some_and(|it| it.form == Form::Small);
        !word.opens && word.before == Before::Blank && small && !place.contains(&before)
    }

    /// Whether the words end the text or stand alone on a line near its end, as a signature does.
    pub(crate) fn is_last(&self, at: usize, end: usize) -> bool {
        let (Some(first), Some(last)) = (self.word(at), self.word(end.saturating_sub(1))) else {
            return false;
        };
        let parted = first.opens || matches!(first.before, Before::Sign | Before::Comma);
        let rest = self.normal.part(last.range.end..self.normal.text.len());
        let closed = !rest.contains(char::is_alphanumeric);
        let alone = self.is_alone(at, end) && rest.trim().len() < LAST_MAX;
        // A title has no signature.
        let before = self.normal.part(0..first.range.start);
        let letter = before.contains('\n') || before.len() > TITLE_MAX;
        letter && parted && (closed || alone) && end - at <= 3
    }

    /// Whether somebody is said to speak: "Anna: ja tak" at the start of a line.
    pub(crate) fn is_speaker(&self, at: usize, end: usize) -> bool {
        let (Some(first), Some(last)) = (self.word(at), self.word(end.saturating_sub(1))) else {
            return false;
        };
        let line = self.normal.line(first.range.start);
        let before = self.normal.part(line.start..first.range.start);
        let after = self.normal.part(last.range.end..line.end);
        let said = after.strip_prefix(':').is_some_and(|rest| rest.trim().contains(' '));
        !before.contains(char::is_alphanumeric) && said && !self.is_definite(at)
    }

    /// Whether a word fills a field: "nærmeste pårørende: Anna, 12 34 56 78".
    pub(crate) fn is_field(&self, at: usize, end: usize) -> bool {
        let (Some(first), Some(last)) = (self.word(at), self.word(end.saturating_sub(1))) else {
            return false;
        };
        let before = self
            .normal
            .part(self.normal.floor(first.range.start.saturating_sub(2))..first.range.start);
        let after = self.normal.part(last.range.end..self.normal.floor(last.range.end + 2));
        let closed = after.is_empty() || after.starts_with([',', '\n', '(', ';']) || after == " (";
        before.trim_end().ends_with(':') && closed && !self.is_definite(at)
    }

    /// Whether a word ends as the thing itself does, or is as long as compounds are: "Portalen",
    /// "Havnevæsenet".
    pub(crate) fn is_definite(&self, at: usize) -> bool {
        let lower = self.lower(at);
        let ends = ["et", "ets", "en", "ens", "erne", "ernes", "er", "ers", "ligt", "isk", "ede"];
        let surname = lower.ends_with("sen") || lower.ends_with("sens");
        (!surname && ends.iter().any(|end| lower.ends_with(end))) || lower.chars().count() > 12
    }

    /// Whether a verb of persons follows.
    pub(crate) fn acts(&self, at: usize) -> bool {
        let any = [
            "er", "var", "har", "skal", "vil", "kan", "får", "bliver", "blev", "kommer", "kom",
            "går", "gik", "ved", "kunne", "ville", "skulle", "fra", "gerne", "selv", "havde",
            "fik",
        ];
        let verb = self.lower(at + 1);
        self.follows(at + 1) && lists().names.verbs.contains(verb) && !any.contains(&verb)
    }
}
