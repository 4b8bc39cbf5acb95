//! The gold set: inquiries with their questions, what a reply must say, and where it stands.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::draft::Outcome;
use crate::evaluation::Error;
use crate::inquiry::{Channel, Inquiry};

/// Patterns in one gold set: each takes time to compile, and the demo has fewer than 200.
const PATTERNS_MAX: usize = 1000;
/// Bytes of one compiled pattern; the largest of the demo takes a quarter.
const PATTERN_BYTES_MAX: usize = 1024 * 1024;

/// Which part of the gold set an inquiry belongs to, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// For development: rules and thresholds may be fitted on it.
    Dev,
    /// Held out: never used for fitting. Ids begin with `T`.
    Test,
}

impl Part {
    fn of(id: &str) -> Self {
        if id.starts_with('T') { Self::Test } else { Self::Dev }
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

/// A gold set, checked.
#[derive(Debug, Default)]
pub struct Gold {
    /// The names of its files, for reports.
    pub name: String,
    /// The inquiries, in the order of the file.
    pub inquiries: Vec<GoldInquiry>,
}

/// One inquiry with its questions.
#[derive(Debug)]
pub struct GoldInquiry {
    /// Its id.
    pub id: String,
    /// Where it stands, for messages.
    pub place: (PathBuf, usize),
    /// Its part.
    pub part: Part,
    /// What the customer sent.
    pub inquiry: Inquiry,
    /// Its questions.
    pub questions: Vec<GoldQuestion>,
}

/// One question and its judgement.
#[derive(Debug, Default)]
pub struct GoldQuestion {
    /// Its number.
    pub n: usize,
    /// A paraphrase of it.
    pub text: String,
    /// The exact words that ask.
    pub from: Vec<String>,
    /// Whether it is not asked in words.
    pub implied: bool,
    /// The outcomes that are right, the expected one first.
    pub outcomes: Vec<Outcome>,
    /// The label of the expected outcome, as in the file.
    pub answerable: String,
    /// What the reply must say.
    pub must: Vec<Must>,
    /// What it must not say.
    pub must_not: Vec<MustNot>,
    /// Where the answer stands.
    pub relevant: Vec<Relevant>,
}

/// A point that a reply must make.
#[derive(Debug, Clone, Deserialize)]
pub struct Must {
    /// The point.
    pub text: String,
    /// Whether the reply is wrong without it.
    #[serde(default)]
    pub vital: bool,
    /// Groups of alternatives; each group must have a hit. Overlap is not used then.
    #[serde(default, rename = "match")]
    pub groups: Option<Vec<Vec<String>>>,
}

/// A thing that a reply must not say.
#[derive(Debug)]
pub struct MustNot {
    /// What.
    pub text: String,
    /// Patterns that show it, each found to be one.
    pub never: Vec<String>,
    /// A kind of value that may not stand without a citation.
    pub kind: Option<NeverKind>,
}

/// A kind of value that may not stand without a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NeverKind {
    /// A day.
    Date,
    /// An amount in kroner.
    Amount,
    /// A CPR number.
    Cpr,
    /// An account number.
    Account,
    /// A phone number.
    Phone,
    /// A person's name.
    Person,
    /// A PKAT number.
    Pkat,
}

/// A passage that bears on a question.
#[derive(Debug, Clone, Deserialize)]
pub struct Relevant {
    /// The document.
    pub document: String,
    /// Words of it that a relevant passage holds.
    pub quote: String,
    /// 2 answers, 1 supports.
    pub grade: i32,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    questions: Vec<QuestionLine>,
}

#[derive(Deserialize)]
struct QuestionLine {
    n: usize,
    text: String,
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    implied: bool,
    answerable: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    must: Vec<Must>,
    #[serde(default)]
    must_not: Vec<MustNotLine>,
    #[serde(default)]
    relevant: Vec<Relevant>,
}

#[derive(Deserialize)]
struct MustNotLine {
    text: String,
    #[serde(default)]
    never: Vec<String>,
    never_kind: Option<NeverKind>,
}

/// Reads gold files as one set; the first thing that is wrong is named with its line.
pub fn read_gold(files: &[PathBuf]) -> Result<Gold, Error> {
    let read = |file: &PathBuf| match std::fs::read_to_string(file) {
        Ok(text) => Ok((file.clone(), text)),
        Err(source) => Err(Error::File { file: file.clone(), source }),
    };
    read_gold_texts(&files.iter().map(read).collect::<Result<Vec<_>, _>>()?)
}

/// Reads the texts of gold files as one set; messages call each by the name that stands before it.
pub fn read_gold_texts(texts: &[(PathBuf, String)]) -> Result<Gold, Error> {
    let name = |file: &PathBuf| {
        let last = file.file_name().unwrap_or(file.as_os_str());
        last.to_string_lossy().into_owned()
    };
    let names: Vec<String> = texts.iter().map(|(file, _)| name(file)).collect();
    let mut gold = Gold { name: names.join(", "), ..Gold::default() };
    let mut ids: BTreeSet<String> = BTreeSet::new();
    let mut patterns = 0;
    for (file, text) in texts {
        let before = gold.inquiries.len();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let inquiry = inquiry(file, at + 1, line, &mut patterns)?;
            if !ids.insert(inquiry.id.clone()) {
                let what = format!("the id `{}` stands twice", inquiry.id);
                return Err(bad(file, at + 1, what, "give each inquiry an id of its own"));
            }
            gold.inquiries.push(inquiry);
        }
        if gold.inquiries.len() == before {
            return Err(Error::Empty { file: file.clone() });
        }
    }
    Ok(gold)
}

fn bad(file: &Path, line: usize, what: String, remedy: &'static str) -> Error {
    Error::Line { file: file.to_owned(), line, what, remedy }
}

fn inquiry(file: &Path, at: usize, text: &str, patterns: &mut usize) -> Result<GoldInquiry, Error> {
    const REMEDY: &str = "write one JSON object a line, as docs/evaluation.md shows";
    let line: Line =
        serde_json::from_str(text).map_err(|error| bad(file, at, error.to_string(), REMEDY))?;
    let inquiry = Inquiry::from_json(text)
        .map_err(|error| bad(file, at, error.to_string(), error.remedy()))?;
    let forbidden = line.questions.iter().flat_map(|question| &question.must_not);
    *patterns += forbidden.map(|it| it.never.len()).sum::<usize>();
    if *patterns > PATTERNS_MAX {
        let what = format!("with this line there are more than {PATTERNS_MAX} patterns");
        return Err(bad(file, at, what, "evaluate the set in parts"));
    }
    let mut questions = Vec::new();
    for question in line.questions {
        let wrong = |what: String, remedy| {
            bad(file, at, format!("question {}: {what}", question.n), remedy)
        };
        let labels = std::iter::once(&question.answerable).chain(&question.also);
        let outcomes: Result<Vec<Outcome>, Error> = labels
            .map(|label| {
                outcome(label).ok_or_else(|| {
                    wrong(
                        format!("`{label}` is no outcome"),
                        "write guide, drejebog, sagsopslag, uklart, uden_for_omraade, afvis or ingen_kilde",
                    )
                })
            })
            .collect();
        let outcomes = outcomes?;
        if let Some(relevant) = question.relevant.iter().find(|it| it.quote.trim().is_empty()) {
            let what = format!("the judgement of `{}` has no quote", relevant.document);
            return Err(wrong(what, "quote eight words or more of the passage"));
        }
        let must_not = question.must_not.iter().map(|it| must_not(&line.id, question.n, it));
        questions.push(GoldQuestion {
            n: question.n,
            text: question.text.clone(),
            from: question.from.clone(),
            implied: question.implied,
            outcomes,
            answerable: question.answerable.clone(),
            must_not: must_not.collect::<Result<_, _>>()?,
            must: question.must,
            relevant: question.relevant,
        });
    }
    Ok(GoldInquiry {
        part: Part::of(&line.id),
        place: (file.to_owned(), at),
        id: line.id,
        inquiry,
        questions,
    })
}

fn must_not(inquiry: &str, question: usize, line: &MustNotLine) -> Result<MustNot, Error> {
    if let Some(pattern) = line.never.iter().find(|pattern| compiled(pattern).is_err()) {
        let (inquiry, pattern) = (inquiry.to_owned(), pattern.clone());
        return Err(Error::Pattern { inquiry, question, pattern });
    }
    Ok(MustNot { text: line.text.clone(), never: line.never.clone(), kind: line.never_kind })
}

fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build()
}

impl MustNot {
    /// The patterns, compiled: held for as long as one reply is judged, because they are large.
    pub fn patterns(&self) -> Vec<Regex> {
        self.never.iter().filter_map(|pattern| compiled(pattern).ok()).collect()
    }
}

fn outcome(label: &str) -> Option<Outcome> {
    Some(match label {
        "guide" => Outcome::Answered,
        "drejebog" => Outcome::AnsweredByDrejebog,
        "sagsopslag" => Outcome::NeedsCaseLookup,
        "uklart" => Outcome::NeedsClarification,
        "uden_for_omraade" => Outcome::OutOfScope,
        "afvis" => Outcome::Refused,
        "ingen_kilde" => Outcome::NoEvidence,
        _ => return None,
    })
}

impl Gold {
    /// How many judgements there are of all kinds: what an evaluation takes grows with them.
    pub fn judgements(&self) -> usize {
        let questions = self.inquiries.iter().flat_map(|inquiry| &inquiry.questions);
        let of = |it: &GoldQuestion| 1 + it.must.len() + it.must_not.len() + it.relevant.len();
        questions.map(of).sum()
    }
}

impl GoldInquiry {
    /// The channel's name in reports.
    pub fn channel(&self) -> &'static str {
        match self.inquiry.channel {
            Channel::Mail => "mail",
            Channel::Phone => "telefonnotat",
            Channel::Portal => "serviceportal",
        }
    }
}
