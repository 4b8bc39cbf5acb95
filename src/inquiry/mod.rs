//! An inquiry: what came in, who wrote which part of it, and what it asks.
//!
//! Takes: a mail (RFC 822 or text), a phone note, a portal form as JSON.
//! Gives: [`Inquiry`], and by [`read`] a [`Reading`]: its parts, questions and references.
//! Never: takes a greeting, a signature, a disclaimer or our own earlier answer for a question.

mod plain;

mod html;

mod intake;

mod phrases;

mod parts;

mod kinds;

mod openings;

mod asks;

mod blocks;

mod asked;

mod left;

mod questions;

mod references;

mod read;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::sources::Attachment;
use crate::terms::Day;

pub use kinds::{Kind, Likely, weigh};
pub use read::read;

/// Longer bodies are refused: no person wrote them.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Words that are read; the rest of a longer body is left out, with a remark.
pub const WORDS_READ_MAX: usize = 20_000;

/// How an inquiry came in.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
pub enum Channel {
    /// A mail.
    #[default]
    #[serde(rename = "mail")]
    Mail,
    /// A note that a colleague took on the phone.
    #[serde(rename = "telefonnotat")]
    Phone,
    /// A case in Serviceportalen.
    #[serde(rename = "serviceportal", alias = "serviceportalen")]
    Portal,
}

/// What is known of a file that came with the inquiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentText {
    /// Its name.
    pub name: String,
    /// Its text, or the reason why there is none.
    pub text: Result<String, String>,
}

/// What a reader of the inquiry should know about how it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remark {
    /// Only the first words of the body are read.
    CutShort {
        /// How many are read.
        words: usize,
    },
    /// The bytes were no UTF-8; they were read as Windows-1252.
    OldEncoding,
    /// The mail has no text of its own; its subject stands in for it.
    SubjectOnly,
    /// Characters that nobody can see stand in the body; they are passed over.
    Invisible {
        /// How many.
        count: usize,
    },
    /// Text of the mail's page that nobody sees is passed over.
    Hidden,
    /// Text of an attachment that nobody sees is passed over.
    HiddenIn {
        /// The attachment's name.
        name: String,
    },
}

/// What a customer sent. It is kept as JSON of these fields; what callers write is read by
/// [`Inquiry::from_json`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// The sender's own id for it.
    pub id: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The text, as it came; all offsets refer to it.
    pub body: String,
    /// The asking institution, as written.
    pub institution: Option<String>,
    /// The løngruppe, as written.
    pub payroll_group: Option<String>,
    /// How it came in.
    pub channel: Channel,
    /// The sender.
    pub from: Option<String>,
    /// The day it came in.
    pub received: Option<Day>,
    /// The day to answer for, when it is another one.
    pub day: Option<Day>,
    /// What came with it.
    pub attachments: Vec<AttachmentText>,
    /// What to know about how it was read.
    pub remarks: Vec<Remark>,
}

/// An inquiry and the files that came with it, which [`crate::sources`] can read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// The inquiry.
    pub inquiry: Inquiry,
    /// The files.
    pub attachments: Vec<Attachment>,
}

/// Who wrote a part, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// "Hej Kundebetjening".
    Greeting,
    /// What the sender asks and tells.
    Own,
    /// Earlier messages of the thread, with their headers.
    Quoted,
    /// Name, unit, phone.
    Signature,
    /// "Er du ikke rette modtager ...".
    Disclaimer,
}

/// One part of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// One question of an inquiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its number, from 1, in the order of the body.
    pub n: usize,
    /// The words that ask, on one line. Words that mean nothing alone ("Hvad gør vi?")
    /// carry the sentence before them.
    pub text: String,
    /// Where it stands in the body, in bytes: the asking words first, then what belongs to them.
    pub from: Vec<Range<usize>>,
    /// What the mail tells that the question needs.
    pub context: String,
    /// Whether it asks how far the sender's own case is.
    pub status: bool,
}

/// What stands beside the questions, behind the first half of one, or in the message below, and may
/// ask all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The words, on one line.
    pub text: String,
    /// Where it stands in the body, in bytes.
    pub from: Range<usize>,
}

/// A thing that a text points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As written.
    pub text: String,
    /// In its normal form; equal things have equal forms.
    pub norm: String,
    /// Where it stands in the body, in bytes; nothing when it stands in the subject.
    pub range: Option<Range<usize>>,
}

/// All that an inquiry points to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Cases, as `sam2405-1351`.
    pub cases: Vec<Reference>,
    /// Løngrupper, as `780`.
    pub loengrupper: Vec<Reference>,
    /// Løndele, PKAT, accounts and other codes of the trade, as `pkat026`.
    pub codes: Vec<Reference>,
    /// Days, as `d2025-11-30`, or `d11-30` without a year.
    pub days: Vec<Reference>,
    /// Amounts in kroner, as `70000`.
    pub amounts: Vec<Reference>,
}

/// How the sender is met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// As usual.
    #[default]
    Plain,
    /// Someone has died.
    Bereavement,
    /// Someone is gravely ill or hurt.
    Illness,
    /// Someone is dismissed.
    Dismissal,
    /// The sender is angry or tired of waiting.
    Complaint,
}

/// The language of the sender's own text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tongue {
    /// Danish, also when other words are mixed in.
    #[default]
    Danish,
    /// English.
    English,
    /// German.
    German,
}

/// An inquiry, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its parts, in order, without overlap; what no part holds is empty space.
    pub parts: Vec<Part>,
    /// What it asks, in the order of the body.
    pub questions: Vec<Question>,
    /// What it points to.
    pub references: References,
    /// Whether the sender reminds us of something.
    pub reminder: bool,
    /// How the sender is met.
    pub tone: Tone,
    /// The language of the sender's own text.
    pub tongue: Tongue,
    /// Where the text tries to instruct the program instead of asking a person.
    pub injections: Vec<Range<usize>>,
    /// What is no question of its own and may ask all the same: for a person to look at.
    pub left: Vec<Aside>,
}

/// Why an inquiry could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to read.
    #[error("the inquiry has no text")]
    EmptyInquiry,
    /// The body is longer than anybody writes.
    #[error("the inquiry holds {bytes} bytes, and at most {max} are read")]
    TooLarge {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// The JSON is broken, or a field is not of its type.
    #[error("the inquiry is not the JSON that it should be: {detail}")]
    BadJson {
        /// Where and what.
        detail: String,
    },
    /// A day is not written as days are.
    #[error("`{field}` is `{value}`, which is no day")]
    BadDay {
        /// The field.
        field: &'static str,
        /// What stood there.
        value: String,
    },
    /// The channel is none that we know.
    #[error("`channel` is `{value}`, which is no channel")]
    BadChannel {
        /// What stood there.
        value: String,
    },
    /// The mail's headers or structure cannot be read.
    #[error("the mail cannot be read")]
    BadMail,
}

impl Error {
    /// What the reader can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::EmptyInquiry => "write the customer's words in `body`",
            Self::TooLarge { .. } => "send the mail's own text, and long material as a document",
            Self::BadJson { .. } => "send one JSON object with at least `body`, which is text",
            Self::BadDay { .. } => "write the day as YYYY-MM-DD",
            Self::BadChannel { .. } => "write `mail`, `telefonnotat` or `serviceportal`",
            Self::BadMail => "save the mail again as .eml, or send its text",
        }
    }
}

/// The same range counted in characters, as JSON has it.
pub fn char_range(body: &str, bytes: Range<usize>) -> [usize; 2] {
    let count = |end: usize| body.char_indices().take_while(|(at, _)| *at < end).count();
    [count(bytes.start), count(bytes.end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_counted_in_characters_for_json() {
        let body = "Får vi løn?";
        assert_eq!(char_range(body, 0..body.len()), [0, 11]);
        assert_eq!(char_range(body, 5..7), [4, 6]);
        assert_eq!(char_range("", 0..0), [0, 0]);
    }
}
