//! Folders and the library into an index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use crate::config::Config;
use crate::index::{self, Index, Record, Update};
use crate::service::library::{Library, LibraryState, Withdrawal};
use crate::service::register::register;
use crate::service::shelving::reconcile;
use crate::service::{Error, clock};
use crate::sources::{self, Extractor, Harvest, Note};

/// The note on a file that is left out because its document was withdrawn.
pub const WITHDRAWN_NOTE: &str = "withdrawn";

/// What is to be indexed.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// Folders and files; none means the remembered ones.
    pub paths: Vec<PathBuf>,
    /// Whether what is indexed already stays.
    pub add: bool,
}

/// How far a build has come.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// A file has been read: files done, files in all, its name.
    Read(usize, usize, &'a str),
    /// A document has been written: documents done, documents in all.
    Written(usize, usize),
}

/// Makes the index of the data directory hold what the paths hold.
pub fn build(
    config: &Config,
    extractor: &Extractor,
    build: &Build,
    progress: &(dyn Fn(Step<'_>) + Sync),
) -> Result<index::Report, Error> {
    let started = Instant::now();
    let held = index::remembered(&config.data);
    let library = Library::of(&config.data);
    let withdrawn = library.withdrawn()?;
    let paths = paths(config, build, &library)?;
    // Only an index that can be built on knows a file; any other is made from all files anew.
    let usable = Index::open(&config.data).is_ok();
    let held = held.filter(|held| usable && held.cut == config.passages);
    let register = register(config, &paths, held.as_ref().map(|held| &held.register))?;
    // An owner that the register has given another name is read again under that name.
    let renamed = |record: &&Record| {
        let owner = record.institution.as_deref();
        owner.and_then(|owner| Some(register.find(owner)?.name() != owner)).unwrap_or(false)
    };
    let known: BTreeSet<(&str, &str)> = held
        .iter()
        .flat_map(|held| held.documents.values())
        .filter(|record| !renamed(record))
        .map(|record| (record.file.as_str(), record.hash.as_str()))
        .collect();
    let mut harvest = sources::collect_beside(
        Some(library.folder()),
        &paths,
        &|file, hash| known.contains(&(file, hash)),
        extractor,
        &|read| progress(Step::Read(read.done, read.total, read.file)),
    )?;
    leave_out(&mut harvest, &withdrawn);
    let same: BTreeSet<&str> = harvest.unchanged.iter().map(|same| same.file.as_str()).collect();
    let unchanged = held
        .iter()
        .flat_map(|held| held.documents.values())
        .filter(|record| same.contains(record.file.as_str()))
        .filter(|record| !withdrawn.contains_key(&record.document))
        .map(|record| record.document.clone())
        .collect();
    let update = Update {
        documents: harvest.documents,
        unchanged,
        add: build.add,
        register,
        roots: paths
            .iter()
            .map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()))
            .collect(),
        collection: harvest.collection.unwrap_or_default(),
        notes: harvest.notes,
        cut: config.passages,
        made: clock::now(),
    };
    let mut report = index::update(&config.data, update, &|written| {
        progress(Step::Written(written.done, written.of));
    })?;
    settle(config, extractor, &mut report)?;
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// The folders and files to index: those that are named, or those of the last run.
fn paths(config: &Config, build: &Build, library: &Library) -> Result<Vec<PathBuf>, Error> {
    let mut remembered = index::remembered_roots(&config.data);
    // An index that has been lost remembers nothing; the library does.
    if remembered.is_empty() {
        remembered = library.state()?.roots;
    }
    let paths = match (build.paths.is_empty(), build.add) {
        (true, _) => remembered,
        (false, false) => build.paths.clone(),
        (false, true) => joined(remembered, &build.paths),
    };
    if paths.is_empty() && !library.holds_documents() {
        return Err(Error::NothingToIndex);
    }
    Ok(paths)
}

/// Takes out what has been withdrawn, and says so of each.
fn leave_out(harvest: &mut Harvest, withdrawn: &BTreeMap<String, Withdrawal>) {
    for document in &harvest.documents {
        let Some(withdrawal) = withdrawn.get(&document.id) else { continue };
        let changed =
            if withdrawal.hash == document.hash { "" } else { "; its file has changed since" };
        harvest.notes.push(Note {
            file: document.id.clone(),
            code: WITHDRAWN_NOTE.to_owned(),
            reason: format!("the document was withdrawn on {}{changed}", withdrawal.at),
            remedy: "restore it, or take its file out of the folder".to_owned(),
            left_out: true,
        });
    }
    harvest.documents.retain(|document| !withdrawn.contains_key(&document.id));
}

/// Takes in what came into the library, or went out of it, while the folders were read.
fn settle(config: &Config, extractor: &Extractor, report: &mut index::Report) -> Result<(), Error> {
    let library = Library::of(&config.data);
    if !library.folder().is_dir() {
        return Ok(());
    }
    match reconcile(config, extractor, None) {
        Ok(caught) => report.removed.extend(caught.removed),
        // Whoever holds the index now does this too.
        Err(Error::Index(index::Error::Locked { .. })) => {}
        Err(error) => return Err(error),
    }
    if let Some(held) = index::remembered(&config.data) {
        (report.documents, report.passages) = (held.documents.len(), held.passages());
        let state = library.state()?;
        if state.roots != held.roots {
            library.keep_state(&LibraryState { roots: held.roots, ..state })?;
        }
    }
    Ok(())
}

/// The folders of the last run that are still there, and those that are added; a path below one
/// of the others is part of it, so that no document has two names.
fn joined(remembered: Vec<PathBuf>, added: &[PathBuf]) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = remembered.into_iter().filter(|path| path.exists()).collect();
    for path in added {
        let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !paths.iter().any(|held| whole.starts_with(held)) {
            paths.push(path.clone());
        }
    }
    paths
}
