//! Documents into an index: in place where that is safe, beside and swapped where it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tantivy::{IndexSettings, IndexWriter, TantivyDocument, Term};

use crate::index::Error;
use crate::index::manifest::{self, FORMAT, Manifest, Record};
use crate::index::schema::{self, Fields, GENERAL};
use crate::index::{sentences, vector_file};
use crate::language::analyser;
use crate::passages::{self, Passage};
use crate::sources::{Collection, Document, Note, shelved_path};
use crate::terms::Register;

/// Threads that write the index; the machine we promise to run on has two cores.
const WRITER_THREADS: usize = 2;
/// Memory for documents that are not yet written, in bytes, over all threads.
const WRITER_BYTES: usize = 60_000_000;

/// Stored passages that are packed together, in bytes: one of them is read by unpacking all.
pub(crate) const STORED_BYTES: usize = 4_096;

/// What the index shall hold after an update.
#[derive(Debug)]
pub struct Update {
    /// New and changed documents.
    pub documents: Vec<Document>,
    /// Ids of documents that are unchanged and stay.
    pub unchanged: BTreeSet<String>,
    /// Whether documents that are in neither list stay too.
    pub add: bool,
    /// The folders and files that were read.
    pub roots: Vec<PathBuf>,
    /// What the documents are, taken together.
    pub collection: Collection,
    /// The institutions; owners of documents are entered too.
    pub register: Register,
    /// What could not be read, or was read with doubt.
    pub notes: Vec<Note>,
    /// How large passages are cut.
    pub cut: passages::Settings,
    /// When this is, for the manifest.
    pub made: String,
}

/// What an update did.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Report {
    /// Documents in the index.
    pub documents: usize,
    /// Passages in the index.
    pub passages: usize,
    /// Documents that were there and have not changed.
    pub unchanged: usize,
    /// Documents that are no longer there.
    pub removed: Vec<String>,
    /// What could not be read, or was read with doubt.
    pub notes: Vec<Note>,
    /// Seconds that it took; the caller holds the clock.
    pub seconds: f64,
}

/// How far an update has come: documents done, documents in all.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Documents written.
    pub done: usize,
    /// Documents to write.
    pub of: usize,
}

/// The manifest of the last good index, if this program can build on it.
pub fn remembered(data: &Path) -> Option<Manifest> {
    let build = manifest::current_build(data).ok()?;
    let index = tantivy::Index::open_in_dir(&build).ok()?;
    let number = index.load_metas().ok()?.payload?;
    manifest::read(data, &build, &number).ok()
}

/// The folders and files of the last run, also of a run of another version of the program.
pub fn remembered_roots(data: &Path) -> Vec<PathBuf> {
    let number = |build: &PathBuf| {
        let index = tantivy::Index::open_in_dir(build).ok()?;
        index.load_metas().ok()?.payload
    };
    let Ok(build) = manifest::current_build(data) else { return Vec::new() };
    number(&build).map_or_else(Vec::new, |number| manifest::roots(&build, &number))
}

/// Makes the index hold what the update says; the last good index stays until that is complete.
pub fn update(data: &Path, update: Update, progress: &dyn Fn(Progress)) -> Result<Report, Error> {
    let _lock = lock(data)?;
    let held = remembered(data);
    if let Some(held) = &held {
        refuse_mixing(data, held, &update)?;
    }
    let fits = held.as_ref().is_some_and(|held| {
        held.check(data).is_ok() && held.cut == update.cut && schema_fits(data)
    });
    let (build, fresh) = if fits {
        (manifest::current_build(data)?, None)
    } else {
        let name = new_build_name(data);
        let build = data.join(&name);
        let failed = |source| Error::Io { doing: "make", path: build.clone(), source };
        fs::create_dir_all(&build).map_err(failed)?;
        (build, Some(name))
    };
    let report = write(&build, update, held.filter(|_| fresh.is_none()), progress)?;
    if let Some(name) = fresh {
        if let Ok(older) = manifest::current_build(data) {
            vector_file::FILE.carry(&older, &build);
            sentences::FILE.carry(&older, &build);
        }
        manifest::point_to(data, &name)?;
    }
    sweep(data, &build);
    Ok(report)
}

/// The data directory, taken for one run.
///
/// It is given back by word and not by closing the file alone: a process that is being started
/// meanwhile holds a copy of every open file for a moment, and with it the lock.
#[derive(Debug)]
pub(crate) struct Lock(fs::File);

impl Drop for Lock {
    fn drop(&mut self) {
        // What cannot be given back is free once this process ends.
        let _ = self.0.unlock();
    }
}

/// Takes the data directory for one run; it is free again when the lock is dropped.
pub(crate) fn lock(data: &Path) -> Result<Lock, Error> {
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { doing, path, source }
    };
    fs::create_dir_all(data).map_err(failed("make", data))?;
    let path = data.join("lock");
    let file = fs::File::create(&path).map_err(failed("write", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Locked { data: data.to_owned() }),
        Err(fs::TryLockError::Error(source)) => Err(failed("lock", &path)(source)),
    }
}

fn refuse_mixing(data: &Path, held: &Manifest, update: &Update) -> Result<(), Error> {
    let name = |demo| if demo { "demo" } else { "other" };
    let mixed = held.collection.demo != update.collection.demo && !held.documents.is_empty();
    // Without `add` other documents replace the demo's, which mixes nothing, but a demo
    // collection never takes the place of real documents.
    if mixed && (update.add || update.collection.demo) {
        return Err(Error::MixedDemo {
            data: data.to_owned(),
            held: name(held.collection.demo),
            given: name(update.collection.demo),
        });
    }
    Ok(())
}

pub(crate) fn schema_fits(data: &Path) -> bool {
    let index = manifest::current_build(data).ok().map(tantivy::Index::open_in_dir);
    matches!(index, Some(Ok(index)) if index.schema() == schema::schema().0)
}

pub(crate) fn new_build_name(data: &Path) -> String {
    let taken = |number: &u32| !data.join(format!("build-{number}")).exists();
    let free = (1..u32::MAX).find(taken).unwrap_or(u32::MAX);
    format!("build-{free}")
}

fn write(
    build: &Path,
    update: Update,
    held: Option<Manifest>,
    progress: &dyn Fn(Progress),
) -> Result<Report, Error> {
    let (schema, fields) = schema::schema();
    let directory = tantivy::directory::MmapDirectory::open(build)
        .map_err(|error| Error::Engine(Box::new(error.into())))?;
    let settings = IndexSettings { docstore_blocksize: STORED_BYTES, ..IndexSettings::default() };
    let index =
        tantivy::Index::builder().schema(schema).settings(settings).open_or_create(directory)?;
    schema::register(&index);
    let mut writer: IndexWriter = index.writer_with_num_threads(WRITER_THREADS, WRITER_BYTES)?;
    // A run that was killed may have left files by the names that this one will want.
    writer.garbage_collect_files().wait()?;
    let before = held.as_ref().map(|held| held.documents.clone()).unwrap_or_default();
    let number = next_number(index.load_metas()?.payload.as_deref());
    let mut next = plan(&update, held);
    let mut records = next.documents;
    for gone in before.keys().filter(|id| !records.contains_key(*id)) {
        writer.delete_term(Term::from_field_text(fields.document, gone));
    }
    let of = update.documents.len();
    for (done, mut document) in update.documents.into_iter().enumerate() {
        document.institution =
            document.institution.map(|name| next.register.admit(&name).name().to_owned());
        writer.delete_term(Term::from_field_text(fields.document, &document.id));
        let cut = passages::cut(&document, update.cut);
        let record = Record::of(&document, cut.len());
        for passage in &cut {
            writer.add_document(entry(&fields, &record, passage)?)?;
        }
        records.insert(document.id.clone(), record);
        progress(Progress { done: done + 1, of });
    }
    next.documents = records;
    manifest::write(build, &number, &next)?;
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&number);
    commit.commit()?;
    writer.wait_merging_threads()?;
    let removed = before.keys().filter(|id| !next.documents.contains_key(*id)).cloned().collect();
    Ok(Report {
        documents: next.documents.len(),
        passages: next.passages(),
        unchanged: before.keys().filter(|id| update.unchanged.contains(*id)).count(),
        removed,
        notes: next.notes,
        seconds: 0.0,
    })
}

/// The manifest of what will be there, with the documents that stay as they are.
fn plan(update: &Update, held: Option<Manifest>) -> Manifest {
    let (held_documents, held_roots, held_notes) =
        held.map(|held| (held.documents, held.roots, held.notes)).unwrap_or_default();
    // What lies in the library may have come since it was read: it goes by a change of its own.
    let shelved = |record: &Record| shelved_path(Path::new(""), &record.file).is_some();
    let stays = |id: &String, record: &Record| {
        update.add || update.unchanged.contains(id) || shelved(record)
    };
    let documents: BTreeMap<String, Record> =
        held_documents.into_iter().filter(|(id, record)| stays(id, record)).collect();
    let mut register = update.register.clone();
    for owner in documents.values().filter_map(|record| record.institution.as_deref()) {
        register.admit(owner);
    }
    let mut roots = if update.add { held_roots } else { Vec::new() };
    roots.extend(
        update.roots.iter().filter(|root| !roots.contains(root)).cloned().collect::<Vec<_>>(),
    );
    let read: BTreeSet<&str> =
        update.documents.iter().map(|document| document.file.as_str()).collect();
    // A note on a file that was not read again still holds.
    let files: BTreeSet<&str> = documents.values().map(|record| record.file.as_str()).collect();
    let still =
        |note: &Note| files.contains(note.file.as_str()) && !read.contains(note.file.as_str());
    let mut notes: Vec<Note> = held_notes.iter().filter(|note| still(note)).cloned().collect();
    notes.extend(update.notes.iter().cloned());
    notes.sort();
    notes.dedup();
    Manifest {
        format: FORMAT,
        analyser: analyser(),
        cut: update.cut,
        made: update.made.clone(),
        collection: update.collection.clone(),
        roots,
        register,
        documents,
        notes,
    }
}

pub(crate) fn next_number(last: Option<&str>) -> String {
    let last: u64 = last.and_then(|last| last.parse().ok()).unwrap_or(0);
    (last + 1).to_string()
}

pub(crate) fn entry(
    fields: &Fields,
    record: &Record,
    passage: &Passage,
) -> Result<TantivyDocument, Error> {
    let mut entry = TantivyDocument::new();
    entry.add_text(fields.id, &passage.id.0);
    entry.add_text(fields.document, &passage.document);
    entry.add_text(fields.owner, passage.owner.as_deref().unwrap_or(GENERAL));
    entry.add_u64(fields.ordinal, u64::from(passage.place.ordinal));
    entry.add_text(fields.text, &passage.text);
    entry.add_text(fields.head, format!("{}\n{}", record.title, passage.heading.join("\n")));
    let body = serde_json::to_string(passage).map_err(|error| Error::Damaged {
        data: PathBuf::from(&record.file),
        detail: error.to_string(),
    })?;
    entry.add_text(fields.body, body);
    Ok(entry)
}

/// Whether a folder has a name that [`new_build_name`] gives.
fn is_build(name: &str) -> bool {
    let number = name.strip_prefix("build-").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a folder is a build: it holds an index, or what a run leaves that was killed before it
/// had made one.
pub(crate) fn is_ours(build: &Path) -> bool {
    let begun = |name: String| {
        name == ".managed.json"
            || name.starts_with(".tantivy")
            || vector_file::FILE.is_named(&name)
            || sentences::FILE.is_named(&name)
    };
    let mut entries = fs::read_dir(build).into_iter().flatten().flatten();
    build.join("meta.json").is_file()
        || entries.all(|entry| begun(entry.file_name().to_string_lossy().into_owned()))
}

/// Clears away older builds and manifests; what cannot be removed is no harm.
pub(crate) fn sweep(data: &Path, build: &Path) {
    let entries = |folder: &Path| {
        let read = fs::read_dir(folder).into_iter().flatten().flatten();
        read.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    for path in entries(data) {
        if path != build && name(&path).is_some_and(|name| is_build(&name)) && is_ours(&path) {
            let _ = fs::remove_dir_all(&path);
        }
    }
    let number = tantivy::Index::open_in_dir(build).and_then(|index| index.load_metas());
    let Some(number) = number.ok().and_then(|metas| metas.payload) else { return };
    for path in entries(build) {
        let old = name(&path).is_some_and(|name| name.starts_with("manifest-"))
            && path != manifest::manifest_path(build, &number);
        if old
            || name(&path).is_some_and(|name| {
                vector_file::FILE.is_unfinished(&name) || sentences::FILE.is_unfinished(&name)
            })
        {
            let _ = fs::remove_file(&path);
        }
    }
}
