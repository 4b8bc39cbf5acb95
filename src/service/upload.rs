//! Documents that are handed in: read in a process of their own, shown as passages, and kept.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use serde::Serialize;

use crate::index::Record;
use crate::passages;
use crate::service::library::{Library, file_name, metadata, owner_folder};
use crate::service::shelving::Changed;
use crate::service::{DocumentEntry, Error, Service, entry};
use crate::sources::{self, Document, Harvest, Kind, LIBRARY, Note};
use crate::terms::{Audience, Day};

/// A document that is handed in, with what is said of it.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The name of its file, whose ending says the format.
    pub filename: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its title.
    pub title: Option<String>,
    /// What it is.
    pub kind: Option<Kind>,
    /// The institution that owns it; none makes it general.
    pub institution: Option<String>,
    /// The first day on which it holds.
    pub valid_from: Option<Day>,
    /// The last day on which it holds.
    pub valid_to: Option<Day>,
    /// What it replaces: document ids, or versions of the same document.
    pub supersedes: Vec<String>,
    /// Whom it is written for.
    pub audience: Audience,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// What became of a document that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// It was shown, and not kept.
    Preview,
    /// It is new.
    Added,
    /// It has taken the place of a file of the same name.
    Replaced,
    /// It was there already, as it is.
    Unchanged,
}

/// A passage of a document that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PassageText {
    /// Its document; a mail has one for each attachment too.
    pub document: String,
    /// The headings above it, outermost first.
    pub heading: Vec<String>,
    /// Its text.
    pub text: String,
    /// The page, slide or sheet it starts on.
    pub page: Option<u32>,
}

/// A document that was handed in, as it was read.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Uploaded {
    /// The first document of the file; mostly the only one.
    pub document: String,
    /// What became of it.
    pub state: UploadState,
    /// The documents of the file.
    pub documents: Vec<DocumentEntry>,
    /// The passages that they are cut into.
    pub passages: Vec<PassageText>,
    /// What there is to know about its reading.
    pub notes: Vec<Note>,
}

/// What is done with a document that is handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    /// It is read and shown.
    Preview,
    /// It is kept and can be found.
    Keep,
}

impl Service {
    /// Reads a document and shows the passages that it would be cut into, without keeping it.
    pub fn preview(&self, upload: &Upload) -> Result<Uploaded, Error> {
        self.take_upload(upload, Keeping::Preview)
    }

    /// Keeps a document in the library; it is found by the next search.
    pub fn upload(&self, upload: &Upload) -> Result<Uploaded, Error> {
        self.take_upload(upload, Keeping::Keep)
    }

    fn take_upload(&self, upload: &Upload, keeping: Keeping) -> Result<Uploaded, Error> {
        let institution = upload.institution.as_deref().map(|name| self.owner_named(name));
        let institution = institution.filter(|name| !name.is_empty());
        let file = format!(
            "{LIBRARY}/documents/{}/{}",
            owner_folder(institution.as_deref()),
            file_name(&upload.filename)
        );
        let sidecar = sidecar(upload, institution.as_deref());
        // Read without holding anything: a slow file keeps nobody waiting.
        let library = self.library();
        self.mark(&library)?;
        let (folder, staged) = library.staging()?;
        staged.keep(&file, &upload.bytes, Some(&sidecar))?;
        let harvest = sources::collect_shelved(staged.folder(), &[&file], &self.reader())?;
        drop(folder);
        self.refuse(&harvest, institution.as_deref())?;
        if keeping == Keeping::Preview {
            return Ok(self.shown(harvest, UploadState::Preview));
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = self.writer()?;
        let earlier = library.content(&file);
        let same = earlier.as_deref() == Some(upload.bytes.as_slice())
            && library.sidecar(&file).as_deref() == Some(sidecar.as_str());
        // Handing it in again is restoring it.
        let mut withdrawn = library.withdrawn()?;
        let listed = withdrawn.len();
        withdrawn.retain(|_, one| one.file != file);
        if withdrawn.len() < listed {
            library.keep_withdrawn(&withdrawn)?;
        }
        if !same {
            library.keep(&file, &upload.bytes, Some(&sidecar))?;
        }
        let state = match self.change(writer, harvest.clone(), BTreeSet::new())? {
            Changed::Nothing => UploadState::Unchanged,
            Changed::Made(_) if earlier.is_some() => UploadState::Replaced,
            Changed::Made(_) => UploadState::Added,
        };
        if state == UploadState::Replaced
            && let Err(error) = self.scrub()
        {
            tracing::warn!(%error, "the text before is found no more, but the index's files hold it still");
        }
        Ok(self.shown(harvest, state))
    }

    /// Lets the library be marked as invented where the index is.
    fn mark(&self, library: &Library) -> Result<(), Error> {
        let Ok(snapshot) = self.snapshot() else { return Ok(()) };
        Ok(library.mark(&snapshot.manifest().collection)?)
    }

    /// Refuses a file of which nothing can be taken in, and one that belongs to another institution
    /// than the one it was handed in for.
    fn refuse(&self, harvest: &Harvest, institution: Option<&str>) -> Result<(), Error> {
        let owner =
            |document: &Document| document.institution.as_deref().map(|it| self.owner_named(it));
        let other = |document: &&Document| owner(document).as_deref() != institution;
        if let Some(document) = harvest.documents.iter().find(other) {
            return Err(Error::Unreadable(Note {
                file: document.id.clone(),
                code: "other_institution".to_owned(),
                reason: "the file names another institution than the one it is handed in for"
                    .to_owned(),
                remedy: "hand it in for the institution that it names".to_owned(),
                left_out: true,
            }));
        }
        if !harvest.documents.is_empty() {
            return Ok(());
        }
        let why = harvest.notes.iter().find(|note| note.left_out).cloned();
        Err(Error::Unreadable(why.unwrap_or_else(|| Note {
            file: String::new(),
            code: "no_text".to_owned(),
            reason: "no text was found in the file".to_owned(),
            remedy: "hand in a file that holds text".to_owned(),
            left_out: true,
        })))
    }

    fn shown(&self, harvest: Harvest, state: UploadState) -> Uploaded {
        let Harvest { documents, notes, .. } = harvest;
        let settings = self.snapshot().map_or(self.config.passages, |held| held.manifest().cut);
        let mut uploaded = Uploaded {
            document: documents.first().map(|first| first.id.clone()).unwrap_or_default(),
            state,
            documents: Vec::new(),
            passages: Vec::new(),
            notes,
        };
        for mut document in documents {
            document.institution = document.institution.map(|name| self.owner_named(&name));
            let cut = passages::cut(&document, settings);
            uploaded.documents.push(entry(&Record::of(&document, cut.len()), &uploaded.notes));
            uploaded.passages.extend(cut.into_iter().map(|passage| PassageText {
                document: passage.document,
                heading: passage.heading,
                text: passage.text,
                page: passage.place.page,
            }));
        }
        uploaded
    }
}

/// What is said of a document, as it stands beside its file.
fn sidecar(upload: &Upload, institution: Option<&str>) -> String {
    let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
    let audience = match upload.audience {
        Audience::Customer => None,
        Audience::Internal => Some("intern".to_owned()),
    };
    metadata(&[
        ("dokumenttype", one(upload.kind.map(|kind| kind.value().to_owned()))),
        ("titel", one(upload.title.clone())),
        ("institution", one(institution.map(str::to_owned))),
        ("gyldig_fra", one(upload.valid_from.map(|day| day.to_string()))),
        ("gyldig_til", one(upload.valid_to.map(|day| day.to_string()))),
        ("erstatter", upload.supersedes.clone()),
        ("maalgruppe", one(audience)),
        ("ejer", one(upload.owner.clone())),
    ])
}
