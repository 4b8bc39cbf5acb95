//! What has become of sources since they were cited, and which of them have run out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::index::Snapshot;
use crate::passages::PassageId;
use crate::service::{DocumentEntry, Error, Service, entry};
use crate::sources::Kind;
use crate::terms::{Asker, Day, Scope, State};

/// A cited passage that no longer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChangedSource {
    /// The passage.
    pub passage_id: PassageId,
    /// Its document.
    pub document: String,
    /// The document's title; its id where nothing is known of it any more.
    pub title: String,
    /// What has become of it.
    pub what: What,
}

/// What has become of a cited passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Its document is not there any more, or not for this institution.
    Gone,
    /// Its document does not hold any more.
    Expired,
    /// Its document does not hold yet.
    NotYetInForce,
    /// Another document has taken its place.
    Superseded,
    /// Its document says something else there now.
    Changed,
}

/// The headings of an institution's drejebøger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Chapters {
    /// The institution; it may have no drejebog at all.
    pub institution: String,
    /// The headings, in the order of the documents, each once.
    pub headings: Vec<String>,
}

impl Service {
    /// Which of these cited passages, each with its document, no longer hold for an institution on
    /// a day.
    pub fn sources_changed(
        &self,
        cited: &[(PassageId, String)],
        institution: Option<&str>,
        day: Day,
        asker: &Asker,
    ) -> Result<Vec<ChangedSource>, Error> {
        let snapshot = self.snapshot()?;
        let institution = institution.and_then(|name| self.register(&snapshot).find(name));
        let scope = Scope::new(asker.clone(), institution, day);
        let mut changed = Vec::new();
        for (passage_id, document) in cited {
            let Some((title, what)) = become_of(&snapshot, &scope, passage_id, document)? else {
                continue;
            };
            let (passage_id, document) = (passage_id.clone(), document.clone());
            changed.push(ChangedSource { passage_id, document, title, what });
        }
        Ok(changed)
    }

    /// The past cases and standardsvar of the library, as far as an institution may see them, that
    /// cite one of these passages: what else to look at when a source has changed.
    pub fn citing(
        &self,
        passages: &[PassageId],
        institution: Option<&str>,
        day: Day,
        asker: &Asker,
    ) -> Result<Vec<DocumentEntry>, Error> {
        let snapshot = self.snapshot()?;
        let institution = institution.and_then(|name| self.register(&snapshot).find(name));
        let scope = Scope::new(asker.clone(), institution, day);
        let (library, notes) = (self.library(), &snapshot.manifest().notes);
        let learned = snapshot
            .documents(&scope)
            .filter(|record| matches!(record.kind, Kind::Sag | Kind::Standardsvar));
        let citing = learned.filter(|record| {
            let cited = library.cites(&record.file);
            passages.iter().any(|passage| cited.contains(&passage.0))
        });
        Ok(citing.map(|record| entry(record, notes)).collect())
    }

    /// The headings of the drejebøger that hold on a day, for every institution that is known; of
    /// one that has none, none.
    pub fn drejebog_headings(&self, day: Day, asker: &Asker) -> Result<Vec<Chapters>, Error> {
        let snapshot = self.snapshot()?;
        let register = self.register(&snapshot);
        let mut chapters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for institution in register.all() {
            let name = institution.name().to_owned();
            let scope = Scope::new(asker.clone(), Some(institution), day);
            let headings = chapters.entry(name.clone()).or_default();
            let own = snapshot.documents(&scope).filter(|record| {
                record.kind == Kind::Drejebog
                    && record.institution.as_deref() == Some(name.as_str())
                    && snapshot.state(record, day).0 == State::Current
            });
            for record in own {
                for passage in snapshot.passages_of(&scope, &record.document)? {
                    for heading in passage.heading {
                        if !headings.contains(&heading) && heading != record.title {
                            headings.push(heading);
                        }
                    }
                }
            }
        }
        let chapters = chapters.into_iter();
        Ok(chapters.map(|(institution, headings)| Chapters { institution, headings }).collect())
    }

    /// The documents that an institution may see and that do not hold any more on a day: past their
    /// last day, or replaced. Past cases count as of their own day and never run out.
    pub fn expired(
        &self,
        institution: Option<&str>,
        day: Day,
        asker: &Asker,
    ) -> Result<Vec<DocumentEntry>, Error> {
        let snapshot = self.snapshot()?;
        let institution = institution.and_then(|name| self.register(&snapshot).find(name));
        let scope = Scope::new(asker.clone(), institution, day);
        let notes = &snapshot.manifest().notes;
        let outdated = snapshot.documents(&scope).filter(|record| {
            let state = snapshot.state(record, day).0;
            record.kind != Kind::Sag && matches!(state, State::Expired | State::Superseded)
        });
        Ok(outdated.map(|record| entry(record, notes)).collect())
    }
}

/// The title of a cited passage's document, and what has become of it; none where it still holds.
fn become_of(
    snapshot: &Snapshot,
    scope: &Scope,
    passage: &PassageId,
    document: &str,
) -> Result<Option<(String, What)>, Error> {
    let held = snapshot.passage(scope, passage)?;
    let name = held.as_ref().map_or(document, |held| held.document.as_str());
    let record = snapshot.manifest().documents.get(name);
    let record = record.filter(|record| scope.admits(record.institution.as_deref()));
    let Some(record) = record else { return Ok(Some((document.to_owned(), What::Gone))) };
    let what = match (held.is_some(), snapshot.state(record, scope.day()).0) {
        (_, State::Superseded) => What::Superseded,
        (_, State::Expired) => What::Expired,
        (_, State::Future) => What::NotYetInForce,
        (false, State::Current) => What::Changed,
        (true, State::Current) => return Ok(None),
    };
    Ok(Some((record.title.clone(), what)))
}
