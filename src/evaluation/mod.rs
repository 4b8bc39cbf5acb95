//! How good retrieval and drafts are, by figures that anyone can make again.
//!
//! Takes: judgements (a gold set, qrels), and what the program gave (rankings, drafts as JSON).
//! Gives: [`Report`]: measures with intervals, by slice, each question; and the comparison of two.
//! Never: scores a person; shares the drafter's code; gives half a report on bad judgements.

mod statistics;
mod trec;
mod ranking;
mod gold;
mod rejected;
mod wording;
mod matching;
mod answers;
mod weighing;
mod report;
mod risk;
mod plots;
mod html;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use answers::{Asked, Judge, judge};
pub use gold::{
    Gold, GoldInquiry, GoldQuestion, Must, MustNot, NeverKind, Part, Relevant, read_gold,
    read_gold_texts,
};
pub use html::html;
pub use ranking::{Measure, score_run};
pub use rejected::gold_line;
pub use report::{
    Comparison, Difference, Floor, Gate, compare, comparison_markdown, markdown, summarise,
};
pub use risk::{aurc, risk_coverage};
pub use statistics::{Interval, bootstrap, holm, randomisation};
pub use trec::{Beir, Qrels, Run, read_beir, read_qrels, read_run, write_qrels, write_run};
pub use weighing::weighing;

/// Why an evaluation could not be made; each names the file and, where there is one, the line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("{}:{line}: {what}", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
        /// What to write instead.
        remedy: &'static str,
    },
    /// There is nothing to evaluate.
    #[error("{} holds nothing to evaluate", .file.display())]
    Empty {
        /// The file or folder.
        file: PathBuf,
    },
    /// A retrieval set would take the place of documents that are indexed there.
    #[error("{} holds an index of other documents, and the set would take its place", .data.display())]
    Occupied {
        /// The data directory.
        data: PathBuf,
    },
    /// A pattern of a gold question is no regular expression.
    #[error(
        "{inquiry}, question {question}: `{pattern}` is not a pattern, or one that is too large"
    )]
    Pattern {
        /// The inquiry.
        inquiry: String,
        /// The question's number.
        question: usize,
        /// The pattern.
        pattern: String,
    },
    /// Judgements that resolve to nothing would make every figure too low.
    #[error("{count} judgements resolve to nothing:\n{first}")]
    Unresolved {
        /// How many.
        count: usize,
        /// The first of them, one a line.
        first: String,
    },
    /// Two reports have no question in common.
    #[error("the two reports have no question in common")]
    NothingInCommon,
}

impl Error {
    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::File { .. } => "check the path and its rights",
            Self::Line { remedy, .. } => remedy,
            Self::Occupied { .. } => "leave `--data` out, or name a directory for this set alone",
            Self::Empty { .. } => "name a gold set (JSONL), a BEIR folder, or a run with its qrels",
            Self::Pattern { .. } => "write a regular expression, such as (?i)\\bnej\\b",
            Self::Unresolved { .. } => {
                "mend the document's id or the quote, or index the collection that the gold set judges"
            }
            Self::NothingInCommon => "compare two reports of the same gold set",
        }
    }
}

/// One figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// The lower end of its 95 % interval (bootstrap).
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Over how many questions, points or sentences.
    pub n: usize,
}

/// The figures of one unit: a question, or an inquiry where a measure has no questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Unit {
    /// Its id: `H001#2`, or a query's id.
    pub id: String,
    /// Its text, for reading.
    #[serde(default)]
    pub text: String,
    /// Its slices, by name.
    #[serde(default)]
    pub slices: BTreeMap<String, String>,
    /// Its share of each measure: the sum and the count that it adds.
    pub scores: BTreeMap<String, Share>,
    /// The paragraph that was drafted for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub paragraph: String,
    /// What was expected and what came, for the confusion matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<(String, String)>,
    /// The strength that the drafter gave its evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<f64>,
    /// What to look at: points that were missed, sentences that broke a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// What one unit adds to a measure: the measure is the sum of sums over the sum of counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Share {
    /// What it adds to the numerator.
    pub sum: f64,
    /// What it adds to the denominator.
    pub of: f64,
}

impl Share {
    /// One value of one.
    pub fn one(value: f64) -> Self {
        Self { sum: value, of: 1.0 }
    }
}

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Report {
    /// What it is called.
    pub run: String,
    /// What was evaluated on.
    pub data: String,
    /// How many questions.
    pub n: usize,
    /// The measures, by name.
    pub measures: BTreeMap<String, Figure>,
    /// The same by slice: slice, value, measure.
    pub slices: BTreeMap<String, BTreeMap<String, BTreeMap<String, Figure>>>,
    /// Each question.
    pub per_question: Vec<Unit>,
    /// Milliseconds for each inquiry, sorted.
    #[serde(default)]
    pub latency_ms: Vec<f64>,
    /// The settings that were changed for it.
    #[serde(default)]
    pub settings: Vec<String>,
}
