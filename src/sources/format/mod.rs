//! The formats of sources: bytes become blocks.
//!
//! Takes: the bytes of one file and the [`Format`] they are in.
//! Gives: [`Extracted`], or [`Unreadable`] with a way out.
//! Never: trusts a file's name over its content; reads a format it cannot name.

use serde::{Deserialize, Serialize};

use crate::sources::Extracted;

mod sniff;

mod yaml;

mod hidden;

mod watch;

mod blocks;

mod text;

mod markdown;

mod html;

mod layout;

mod grid;

mod painted;

mod pdf;

mod runs;

mod office;

mod table;

mod mail;

mod cases;

pub(crate) use cases::{Case, Export, read as read_cases};
pub use hidden::{Hiding, Quarantine};
pub(crate) use watch::Watch;
pub(crate) use yaml::read as read_yaml;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown, with or without front matter.
    Markdown,
    /// A web page.
    Html,
    /// PDF with a text layer.
    Pdf,
    /// Word.
    Docx,
    /// PowerPoint.
    Pptx,
    /// Excel.
    Xlsx,
    /// Comma-separated values, or semicolons, or tabs.
    Csv,
    /// A mail as a file.
    Mail,
    /// An export of cases, one JSON object a line.
    Cases,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Text,
        Self::Markdown,
        Self::Html,
        Self::Pdf,
        Self::Docx,
        Self::Pptx,
        Self::Xlsx,
        Self::Csv,
        Self::Mail,
        Self::Cases,
    ];

    /// The usual ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Pptx => "pptx",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Mail => "eml",
            Self::Cases => "jsonl",
        }
    }

    /// The format with that ending.
    pub fn parse(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// The format of a file, by its name and by its content, which must agree.
    pub fn of(name: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        sniff::format_of(name, bytes)
    }

    /// Whether its reader is complex enough to be given a process of its own.
    pub fn is_risky(self) -> bool {
        matches!(self, Self::Html | Self::Pdf | Self::Docx | Self::Pptx | Self::Xlsx | Self::Mail)
    }
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// Its name says one thing and its content another.
    #[error("the file is named as {claimed}, but holds {real}")]
    WrongType {
        /// What the name says.
        claimed: String,
        /// What the content says.
        real: String,
    },
    /// A format that is not read.
    #[error("{what} is not a format that is read")]
    Unsupported {
        /// The format.
        what: String,
        /// What to save it as.
        remedy: String,
    },
    /// A password protects it.
    #[error("the file is protected by a password")]
    Encrypted,
    /// It holds pictures of text, or nothing.
    #[error("no text was found in the file")]
    NoText,
    /// It is larger than is read.
    #[error("the file holds {bytes} bytes; at most {bytes_max} are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most that is read.
        bytes_max: u64,
    },
    /// It unpacks to more text than is taken.
    #[error("the file unpacks to more than {bytes_max} bytes of text")]
    TooMuchText {
        /// The most that is taken.
        bytes_max: u64,
    },
    /// Its metadata cannot be read.
    #[error("the metadata cannot be read, line {line}: {reason}")]
    Metadata {
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// It does not follow its format.
    #[error("the file is damaged: {reason}")]
    Damaged {
        /// What the reader said.
        reason: String,
    },
    /// Reading it took more memory than is given.
    #[error("reading the file took more than {megabytes_max} MB of memory")]
    MemoryLimit {
        /// The most that is given.
        megabytes_max: u64,
    },
    /// Reading it took more processor time than is given.
    #[error("reading the file took more than {seconds_max} seconds of processor time")]
    CpuLimit {
        /// The most that is given.
        seconds_max: u64,
    },
    /// Reading it took longer than is waited.
    #[error("reading the file took longer than {seconds_max} seconds")]
    TimeLimit {
        /// The longest wait.
        seconds_max: u64,
    },
    /// Its reader died.
    #[error("the reader of {format} died: {how}")]
    Crashed {
        /// The format.
        format: String,
        /// How it died.
        how: String,
    },
    /// Its reader answered with something that is no answer.
    #[error("the reader of {format} gave an answer that is none")]
    Garbled {
        /// The format.
        format: String,
    },
    /// Its reader could not be started.
    #[error("the reader of {format} could not be started: {reason}")]
    NotStarted {
        /// The format.
        format: String,
        /// What the system said.
        reason: String,
    },
}

impl Unreadable {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::WrongType { .. } => "wrong_type",
            Self::Unsupported { .. } => "unsupported",
            Self::Encrypted => "encrypted",
            Self::NoText => "no_text",
            Self::TooLarge { .. } => "too_large",
            Self::TooMuchText { .. } => "too_much_text",
            Self::Metadata { .. } => "bad_metadata",
            Self::Damaged { .. } => "parse_failed",
            Self::MemoryLimit { .. } => "memory_limit",
            Self::CpuLimit { .. } => "cpu_limit",
            Self::TimeLimit { .. } => "time_limit",
            Self::Crashed { .. } => "reader_crashed",
            Self::Garbled { .. } => "reader_garbled",
            Self::NotStarted { .. } => "reader_not_started",
        }
    }

    /// What the reader can do.
    pub fn remedy(&self) -> &str {
        match self {
            Self::Empty => "export the document again, or delete the file",
            Self::WrongType { .. } => "open the file and save it in the format that its name says",
            Self::Unsupported { remedy, .. } => remedy,
            Self::Encrypted => "save a copy without a password",
            Self::NoText => {
                "run text recognition (OCR) on the document and save it with a text layer"
            }
            Self::TooLarge { .. } | Self::TooMuchText { .. } => {
                "split the document, or leave pictures out of it"
            }
            Self::Metadata { .. } => "mend that line; metadata is YAML, `key: value`",
            Self::Damaged { .. } => "open the document in its own program and save it again",
            Self::MemoryLimit { .. } | Self::CpuLimit { .. } | Self::TimeLimit { .. } => {
                "split the document, or save it again as PDF or DOCX without pictures"
            }
            Self::Crashed { .. } | Self::Garbled { .. } => {
                "save the document again in another format, and report the fault with the file"
            }
            Self::NotStarted { .. } => "check that the program may start itself; see `doctor`",
        }
    }
}

/// Reads one file of one document.
///
/// An export of cases holds many documents, and is not read by this.
pub fn extract(format: Format, bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let extracted = match format {
        Format::Text => text::read(bytes),
        Format::Markdown => markdown::read(bytes)?,
        Format::Html => html::read(bytes)?,
        Format::Pdf => pdf::read(bytes)?,
        Format::Docx => office::docx(bytes)?,
        Format::Pptx => office::pptx(bytes)?,
        Format::Xlsx => office::xlsx(bytes)?,
        Format::Csv => table::read(bytes)?,
        Format::Mail => mail::read(bytes)?,
        Format::Cases => {
            return Err(Unreadable::Unsupported {
                what: "an export of cases among other documents".to_owned(),
                remedy: "save the export as a file of its own".to_owned(),
            });
        }
    };
    let is_bare = extracted.blocks.is_empty() && extracted.attachments.is_empty();
    if is_bare { Err(Unreadable::NoText) } else { Ok(extracted) }
}
