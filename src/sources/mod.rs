//! Documents as they stand in folders: drejebøger, guides, past cases, standardsvar.
//!
//! Takes: folders and files, in ten formats.
//! Gives: [`Harvest`]: the documents that could be read, and a note for whatever could not.
//! Never: stops four hundred files for one; makes a drejebog or a case general.

use serde::{Deserialize, Serialize};

use crate::terms::{Audience, Day, Period, System};

mod encoded;

mod format;

mod sandbox;

mod child;

mod metadata;

mod collection;

mod reading;

mod walk;

pub use child::{CHILD_COMMAND, Extractor, Limits, child_main};
pub(crate) use format::Watch;
#[cfg(test)]
pub(crate) use format::read_yaml as read_metadata;
pub use format::{Format, Hiding, Quarantine, Unreadable, extract};
pub(crate) use reading::SIDECAR_ENDING;
pub use reading::mask_case;
pub use sandbox::network_blocked_here;
pub use walk::{
    LIBRARY, Progress, SHELVES, collect, collect_beside, collect_shelved, shelved_path,
};

/// The one line by which a demonstration document says what it is; it never reaches a passage.
pub const DEMO_LINE: &str = "Dette dokument er opdigtet til demonstration og gælder ikke.";

/// What a source is.
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
pub enum Kind {
    /// One institution's agreement on how its tasks are done.
    Drejebog,
    /// A guide to Statens HR.
    ShrGuide,
    /// A user guide.
    Brugervejledning,
    /// A page of the SLS guide: a løndel or a PKAT.
    SlsSide,
    /// News, with a date.
    Nyhed,
    /// A calendar or a table of deadlines.
    Kalender,
    /// Law, circulars, PAV.
    Lov,
    /// What SAM does and what the customer does.
    Servicebeskrivelse,
    /// A past case.
    Sag,
    /// An approved standard reply.
    Standardsvar,
    /// The right place is elsewhere.
    RetteSted,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Drejebog,
        Self::ShrGuide,
        Self::Brugervejledning,
        Self::SlsSide,
        Self::Nyhed,
        Self::Kalender,
        Self::Lov,
        Self::Servicebeskrivelse,
        Self::Sag,
        Self::Standardsvar,
        Self::RetteSted,
    ];

    /// The value in files, in JSON and in the index.
    pub fn value(self) -> &'static str {
        match self {
            Self::Drejebog => "drejebog",
            Self::ShrGuide => "shr_guide",
            Self::Brugervejledning => "brugervejledning",
            Self::SlsSide => "sls_side",
            Self::Nyhed => "nyhed",
            Self::Kalender => "kalender",
            Self::Lov => "lov",
            Self::Servicebeskrivelse => "servicebeskrivelse",
            Self::Sag => "sag",
            Self::Standardsvar => "standardsvar",
            Self::RetteSted => "rette_sted",
        }
    }

    /// The kind with that value.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim().to_lowercase();
        Self::ALL.into_iter().find(|kind| kind.value() == value)
    }

    /// Whether such a source belongs to one institution and is nothing without it.
    pub fn needs_owner(self) -> bool {
        matches!(self, Self::Drejebog | Self::Sag)
    }
}

/// One part of a document's text, in reading order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What part it is.
    pub form: Form,
    /// Its text: one line, spaces collapsed, without marks of its form.
    pub text: String,
    /// The page (PDF), slide (PPTX) or sheet (XLSX) it stands on, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// What part of a document a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A heading; 1 is the outermost.
    Heading(u8),
    /// A paragraph.
    Paragraph,
    /// An item of a list, numbered or not; a numbered one keeps its number in its text.
    Item,
    /// A row of a table, written `Header: cell; Header: cell`, so that it stands alone.
    Row,
}

/// What a format's reader found in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// The document's own title, where the format has one.
    #[serde(default)]
    pub title: Option<String>,
    /// Metadata that stood inside the file (front matter, `<meta>`), as written.
    #[serde(default)]
    pub metadata: Vec<(String, MetaValue)>,
    /// The text, in reading order.
    pub blocks: Vec<Block>,
    /// Files inside this one (mail attachments).
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// What a reader should know: an odd encoding, a page without text.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// What nobody sees, which is not among the blocks.
    #[serde(default, skip_serializing_if = "Quarantine::is_empty")]
    pub quarantine: Quarantine,
}

/// A metadata value as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetaValue {
    /// A single value.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// A file inside a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name, as the mail gives it.
    pub name: String,
    /// Its content.
    #[serde(with = "encoded")]
    pub bytes: Vec<u8>,
}

/// One source, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is called everywhere: its path below the folder that was indexed, with `/`;
    /// a case adds `#` and its number.
    pub id: String,
    /// The file it was read from.
    pub file: String,
    /// BLAKE3 of all that decides its content: the file, its sidecar, its collection entry.
    pub hash: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// The owner institution, as written; `None` is general.
    pub institution: Option<String>,
    /// The løngrupper that it holds for; empty means all of the owner's.
    pub loengrupper: Vec<String>,
    /// Whom it is written for.
    pub audience: Audience,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its version, as written.
    pub version: Option<String>,
    /// When it holds.
    pub period: Period,
    /// What it replaces: document ids, or versions of the same document.
    pub supersedes: Vec<String>,
    /// The systems it is about.
    pub systems: Vec<System>,
    /// The area (`loen`, `refusion`, `regnskab`, `shr`).
    pub area: Option<String>,
    /// Whether it is invented for demonstration.
    pub demo: bool,
    /// Its text, in reading order.
    pub blocks: Vec<Block>,
}

/// What a reader of the report must know about one file.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
pub struct Note {
    /// The file, as it was named or found.
    pub file: String,
    /// A stable code, as in `docs/errors.md`.
    pub code: String,
    /// What was wrong, with what, in English.
    pub reason: String,
    /// The way out, in English.
    pub remedy: String,
    /// Whether the file (or the record in it) was left out of the index.
    #[serde(default)]
    pub left_out: bool,
}

/// All that a set of folders and files held.
#[derive(Debug, Clone, Default)]
pub struct Harvest {
    /// The documents that could be read, by id.
    pub documents: Vec<Document>,
    /// One line for each thing worth knowing, by file.
    pub notes: Vec<Note>,
    /// Files that are known as they are, and were not read again.
    pub unchanged: Vec<Unchanged>,
    /// What `collection.toml` says about all of them, where there is one.
    pub collection: Option<Collection>,
}

/// A file whose documents are still what they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// The file, as in [`Document::file`].
    pub file: String,
    /// Its hash, as in [`Document::hash`].
    pub hash: String,
}

/// What a `collection.toml` says about a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// What the collection is called.
    pub name: Option<String>,
    /// Whether all in it is invented for demonstration.
    pub demo: bool,
    /// The day on which its questions are asked, where it is not today.
    pub day: Option<Day>,
}

/// Why no harvest could be had at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path that was named is not there, or may not be read.
    #[error("`{path}` cannot be opened")]
    NotFound {
        /// The path, as it was named.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A `collection.toml` cannot be read, so nobody knows what the folder is.
    #[error("`{file}` cannot be read: {reason}")]
    Collection {
        /// The file.
        file: String,
        /// What is wrong, with its line where there is one.
        reason: String,
    },
    /// Invented documents would be mixed with others.
    #[error("`{demo}` is a demonstration, and `{other}` is not")]
    DemoMixed {
        /// A file of the demonstration.
        demo: String,
        /// A file of another collection.
        other: String,
    },
}

impl Error {
    /// What the reader can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "check the spelling, and that the file may be read",
            Self::Collection { .. } => {
                "mend the file: `name`, `demo`, `day` (YYYY-MM-DD) and [[file]] tables with `path`"
            }
            Self::DemoMixed { .. } => "give each a data directory of its own with `--data`",
        }
    }
}
