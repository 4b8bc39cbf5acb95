//! The internal note: what was assumed, what to look up, what disagrees.

use serde::Serialize;

use crate::draft::{Answer, DayFrom, Outcome};
use crate::privacy;
use crate::terms::{Day, show_day};

/// What the note's template is given.
#[derive(Debug, Serialize)]
pub(crate) struct Note<'a> {
    pub(crate) demo: bool,
    pub(crate) institution: Option<&'a str>,
    pub(crate) day: String,
    pub(crate) day_from: &'static str,
    pub(crate) warnings: &'a [String],
    pub(crate) questions: Vec<Line<'a>>,
    /// What may ask too, masked.
    pub(crate) may_ask: Vec<String>,
    /// How the days of the next steps came about.
    pub(crate) steps: &'a [String],
    /// The readability of the reply.
    pub(crate) lix: f64,
    pub(crate) kept: bool,
}

/// One question in the note.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    n: usize,
    text: String,
    outcome: &'static str,
    reason: &'a str,
    lines: Vec<String>,
}

impl<'a> Line<'a> {
    pub(crate) fn of(answer: &'a Answer, lines: Vec<String>) -> Self {
        let outcome = match answer.outcome {
            Outcome::Answered => "Besvaret af en vejledning",
            Outcome::AnsweredByDrejebog => "Besvaret af institutionens drejebog",
            Outcome::NeedsCaseLookup => "Kræver opslag",
            Outcome::NeedsClarification => "Kunden skal oplyse mere",
            Outcome::OutOfScope => "Rette sted er et andet",
            Outcome::Refused => "Afvises",
            Outcome::NoEvidence => "Ingen kilde fundet",
        };
        Self {
            n: answer.n,
            text: privacy::mask(&answer.text),
            outcome,
            reason: &answer.reason,
            lines,
        }
    }
}

/// The day and where it came from, in Danish.
pub(crate) fn day_line(day: Day, from: DayFrom) -> (String, &'static str) {
    let from = match from {
        DayFrom::Asked => "angivet i forespørgslen",
        DayFrom::Received => "den dag, henvendelsen er modtaget",
        DayFrom::Collection => "demosamlingens egen dag",
        DayFrom::Today => "i dag",
    };
    (show_day(day), from)
}
