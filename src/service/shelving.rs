//! The index and the library brought together: what came is taken in, what went goes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::config::Config;
use crate::index::{Change, Ground, Maker, Manifest, Record, Writer};
use crate::retrieval::{Encoder, sentence_texts};
use crate::service::library::Library;
use crate::service::register::register;
use crate::service::{Error, clock};
use crate::sources::{self, Document, Extractor, Harvest, Note, shelved_path};

/// What the index lacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Documents that were taken in.
    pub taken_in: Vec<String>,
    /// Documents that went.
    pub removed: Vec<String>,
    /// What is to be known about what was read.
    pub notes: Vec<Note>,
}

/// What one change has come to.
pub(crate) enum Changed {
    Made(Box<Manifest>),
    Nothing,
}

/// Makes a change of an index.
pub(crate) fn change(
    config: &Config,
    writer: Writer,
    (mut harvest, gone): (Harvest, BTreeSet<String>),
    encoder: Option<&Encoder>,
) -> Result<Changed, Error> {
    let library = Library::of(&config.data);
    let withdrawn = library.withdrawn()?;
    let held = writer.manifest();
    let is_known = |document: &Document| {
        let record = held.and_then(|held| held.documents.get(&document.id));
        record.is_some_and(|record| record.hash == document.hash)
    };
    harvest.documents.retain(|document| !withdrawn.contains_key(&document.id));
    let is_new = !harvest.documents.iter().all(is_known);
    let goes = held.is_some_and(|held| gone.iter().any(|id| held.documents.contains_key(id)));
    if !is_new && !goes {
        return Ok(Changed::Nothing);
    }
    let ground = Ground {
        cut: config.passages,
        register: register(config, &[], None)?,
        collection: harvest.collection.unwrap_or_default(),
    };
    let Harvest { documents, notes, .. } = harvest;
    let change = Change { documents, gone, notes, made: clock::now() };
    let started = Instant::now();
    let encode = |texts: &[&str]| {
        let Some(encoder) = encoder else { return Ok(Vec::new()) };
        let made = encoder.model.encode_passages(texts, &mut |_, _| {});
        let made = made.map_err(|error| error.to_string())?;
        let windows = made.into_iter().map(|windows| {
            windows.iter().map(|window| window.values().to_vec()).collect::<Vec<_>>()
        });
        Ok(windows.collect())
    };
    let maker = encoder.map(|encoder| Maker {
        model: &encoder.id,
        encode: &encode,
        sentences: &sentence_texts,
    });
    let (come, go) = (change.documents.len(), change.gone.len());
    let manifest = writer.change(change, &ground, maker.as_ref())?;
    let mut state = library.state()?;
    if library.folder().is_dir() && state.roots != manifest.roots && !manifest.roots.is_empty() {
        state.roots.clone_from(&manifest.roots);
        library.keep_state(&state)?;
    }
    let ms = started.elapsed().as_secs_f64() * 1e3;
    tracing::info!(come, go, ms, "the index was changed");
    Ok(Changed::Made(Box::new(manifest)))
}

/// Lets an index hold what its library holds.
pub(crate) fn reconcile(
    config: &Config,
    extractor: &Extractor,
    encoder: Option<&Encoder>,
) -> Result<CaughtUp, Error> {
    let library = Library::of(&config.data);
    if !library.folder().is_dir() {
        return Ok(CaughtUp::default());
    }
    let writer = Writer::begin(&config.data)?;
    let held: BTreeMap<String, Record> =
        writer.manifest().map(|held| held.documents.clone()).unwrap_or_default();
    let withdrawn = library.withdrawn()?;
    let files: BTreeSet<(&str, &str)> =
        held.values().map(|record| (record.file.as_str(), record.hash.as_str())).collect();
    let known = |file: &str, hash: &str| files.contains(&(file, hash));
    let harvest = sources::collect_beside(Some(library.folder()), &[], &known, extractor, &|_| {})?;
    let mut there: BTreeSet<&str> = harvest.unchanged.iter().map(|it| it.file.as_str()).collect();
    there.extend(harvest.documents.iter().map(|document| document.file.as_str()));
    let goes = |record: &&Record| {
        let lost = shelved_path(library.folder(), &record.file).is_some()
            && !there.contains(record.file.as_str());
        lost || withdrawn.contains_key(&record.document)
    };
    let gone: BTreeSet<String> =
        held.values().filter(goes).map(|record| record.document.clone()).collect();
    let taken_in: Vec<String> = harvest
        .documents
        .iter()
        .filter(|document| !withdrawn.contains_key(&document.id))
        .map(|document| document.id.clone())
        .collect();
    let notes = harvest.notes.clone();
    let removed = gone.iter().cloned().collect();
    change(config, writer, (harvest, gone), encoder)?;
    Ok(CaughtUp { taken_in, removed, notes })
}
