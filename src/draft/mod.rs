//! A suggested reply: every question answered or accounted for, every sentence with its support.
//!
//! Takes: an inquiry that has been read, and the evidence for each of its questions.
//! Gives: [`Draft`]: the reply, the internal note, and the checks of both.
//! Never: holds a sentence without support; sends anything.

mod wording;
mod phrases;
mod tone;
mod sentence;
mod outcome;
mod contacts;
mod naming;
mod payment;
mod demand;
mod leaves;
mod forms;
mod signs;
mod odds;
mod select;
mod voice;
mod known;
mod quoted;
mod remarks;
mod assign;
mod events;
mod deadlines;
mod check;
mod note;
mod progress;
mod case;
mod pointing;
mod searching;
mod extractive;
pub mod endpoint;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::retrieval::Hit;
use crate::terms::Day;

pub use case::{Brief, Case};
pub use check::Check;
pub(crate) use contacts::{contacts_in, holds};
pub use extractive::{Setting, compose, short_answer};
pub(crate) use known::Known;
pub use outcome::Outcome;
pub(crate) use payment::without_numbers;
pub use phrases::{Phrase, PhraseError};
pub use progress::Progress;
pub(crate) use remarks::older_sources;
pub use searching::{Weighed, weighed};
pub use sentence::{Citation, Citations, Computation, Sentence, Support};
pub use signs::{Candidate, SIGNS, Signs};

/// Why no draft could be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The index could not be searched.
    #[error("the index could not be searched")]
    Index(#[from] crate::index::Error),
    /// A phrase could not be rendered.
    #[error(transparent)]
    Phrase(#[from] PhraseError),
}

impl Error {
    /// What the operator can do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Index(error) => error.remedy(),
            Self::Phrase(error) => error.remedy().to_owned(),
        }
    }
}

/// Who made a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Maker {
    /// Sentences picked from the sources, without a language model.
    Extractive,
    /// Sentences written by a language model, each held against what it quotes.
    Endpoint,
}

/// Where the day of a draft came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayFrom {
    /// The caller named it.
    Asked,
    /// The day on which the inquiry was received.
    Received,
    /// The demo collection's own day.
    Collection,
    /// Today in Denmark.
    Today,
}

/// One question of the inquiry, and what became of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Answer {
    /// Its number in the customer's order, from 1.
    pub n: usize,
    /// The question.
    pub text: String,
    /// First character and one past the last in the inquiry's body.
    pub from: [usize; 2],
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in Danish.
    pub reason: String,
    /// How strong the evidence was, from 0 to 1; 0 where no source was asked.
    pub strength: f32,
    /// The paragraph of the reply that answers it.
    pub sentences: Vec<Sentence>,
}

/// What the inquiry says beside its questions and may ask too: the caseworker looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MayAsk {
    /// The words, on one line.
    pub text: String,
    /// First character and one past the last in the inquiry's body.
    pub from: [usize; 2],
}

/// A step that follows, with its day.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct NextStep {
    /// Its id within the draft, by which checks name it.
    pub id: String,
    /// The step, as it stands in the reply.
    pub text: String,
    /// The day it falls on.
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<Day>,
    /// The rule that computed the day.
    pub rule: String,
    /// The passage that states the rule.
    pub citations: Vec<Citation>,
}

/// What a draft cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Cost {
    /// Danish kroner.
    pub kroner: f64,
    /// Tokens sent to a language model.
    pub tokens_in: u64,
    /// Tokens received from it.
    pub tokens_out: u64,
    /// Of those sent, the ones that the model still held from an earlier request.
    pub tokens_cached: u64,
    /// Whether the tokens were guessed, because the server did not count them.
    pub estimated: bool,
}

/// A suggested reply, waiting for a person.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The inquiry's own id, where it has one.
    pub inquiry: Option<String>,
    /// The institution by the register's name, where it is known.
    pub institution: Option<String>,
    /// The day on which the sources must hold.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Where that day came from.
    pub day_from: DayFrom,
    /// Who made it.
    pub maker: Maker,
    /// Whether its sources are invented for demonstration.
    pub demo: bool,
    /// Whether it is kept, for a person to decide on: that of a caller who has signed on.
    pub kept: bool,
    /// The questions, in the customer's order.
    pub questions: Vec<Answer>,
    /// What has no paragraph of its own and may ask one too, in the customer's order: what belongs to
    /// no question, and second halves of questions.
    pub may_ask: Vec<MayAsk>,
    /// How the reply opens.
    pub greeting: Vec<Sentence>,
    /// How it ends.
    pub closing: Vec<Sentence>,
    /// What follows, with days.
    pub next_steps: Vec<NextStep>,
    /// The letter: greeting, paragraphs, next steps and closing, and nothing else.
    pub reply: String,
    /// For the caseworker only.
    pub internal_note: String,
    /// The passages that the sentences quote, and those that stood next.
    pub evidence: Vec<Hit>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What it cost.
    pub cost: Cost,
    /// Milliseconds of each step.
    pub timings_ms: BTreeMap<String, f64>,
}

/// Sentences side by side; a line that does not end as a sentence stands on its own.
pub(crate) fn paragraph<'a>(sentences: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut open = false;
    for sentence in sentences {
        let ends =
            !forms::is_row(sentence) && sentence.ends_with(['.', '!', '?', ')', '"', '»', '\'']);
        if !text.is_empty() {
            text.push(if open || !ends { '\n' } else { ' ' });
        }
        text.push_str(sentence);
        open = !ends;
    }
    text
}

/// The letter of a draft's parts, one paragraph for each.
pub(crate) fn letter(
    greeting: &[Sentence],
    questions: &[Answer],
    next_steps: &[NextStep],
    closing: &[Sentence],
) -> String {
    let lines = |sentences: &[Sentence]| {
        sentences.iter().map(Sentence::text).collect::<Vec<_>>().join("\n")
    };
    let mut paragraphs = vec![lines(greeting)];
    paragraphs.extend(
        questions.iter().map(|answer| paragraph(answer.sentences.iter().map(Sentence::text))),
    );
    paragraphs.extend(next_steps.iter().map(|step| step.text.clone()));
    paragraphs.extend(closing.iter().map(|sentence| sentence.text().to_owned()));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_a_table_stands_on_a_line_of_its_own() {
        let row = "Fravær: § 56; frist: 28 dage; Blanket: Sygemelding (ny)";
        let said = ["Frist (se nedenfor)", row, "Meld det: brug blanketten; den er ny.", "Tak."];
        let lines = ["Frist (se nedenfor)", row, "Meld det: brug blanketten; den er ny. Tak."];
        assert_eq!(paragraph(said.into_iter()), lines.join("\n"));
    }
}
