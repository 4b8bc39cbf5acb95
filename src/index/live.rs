//! Single documents into and out of an index that is in use: all that belongs to them in one step.
//!
//! A change is made in a new build that shares the files of the old one, and becomes the build in
//! use by one rename: passages, manifest and vectors are never seen apart from each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tantivy::{IndexSettings, IndexWriter, TantivyDocument, Term};

use crate::index::Error;
use crate::index::build::{
    Lock, STORED_BYTES, entry, is_ours, lock, new_build_name, next_number, schema_fits, sweep,
};
use crate::index::encoding::text_of;
use crate::index::manifest::{self, FORMAT, Manifest, Record};
use crate::index::schema::{self, Fields};
use crate::index::sentences::{self, Key, Sentences};
use crate::index::vector_file::{self, Entry, ModelId, write_vectors};
use crate::index::vectors::Vectors;
use crate::language::analyser;
use crate::passages::{self, Passage};
use crate::sources::{Collection, Document, Note};
use crate::terms::Register;

/// Memory for passages that are not yet written, in bytes; the engine takes no less.
const WRITER_BYTES: usize = 15_000_000;
/// The files of the engine that are written anew in place of the old ones: they are copied, so that
/// no build writes in a file of another.
const COPIED: [&str; 2] = ["meta.json", ".managed.json"];

/// The windows of texts as vectors: for each text those of its windows, or why there are none.
type Windows = Result<Vec<Vec<Vec<f32>>>, String>;

/// What makes the vectors of new passages.
pub struct Maker<'a> {
    /// The model.
    pub model: &'a ModelId,
    /// Encodes texts.
    pub encode: &'a dyn Fn(&[&str]) -> Windows,
    /// The sentences of a passage, as they are encoded.
    pub sentences: &'a dyn Fn(&Passage) -> Vec<String>,
}

impl std::fmt::Debug for Maker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Maker").field("model", self.model).finish_non_exhaustive()
    }
}

/// Documents that come, and documents that go.
#[derive(Debug, Default)]
pub struct Change {
    /// New and changed documents; others of the same files go.
    pub documents: Vec<Document>,
    /// Ids of documents that go.
    pub gone: BTreeSet<String>,
    /// What is to be known about the files of the new documents.
    pub notes: Vec<Note>,
    /// When this is, for the manifest.
    pub made: String,
}

/// What an index is made with where there is none yet.
#[derive(Debug, Clone)]
pub struct Ground {
    /// How large passages are cut.
    pub cut: passages::Settings,
    /// The institutions.
    pub register: Register,
    /// What the documents are, taken together.
    pub collection: Collection,
}

/// The index of a data directory, held for one change.
#[derive(Debug)]
pub struct Writer {
    data: PathBuf,
    held: Option<(PathBuf, Manifest)>,
    _lock: Lock,
}

impl Writer {
    /// Takes the data directory; fails if another run holds it, or if this program cannot build on
    /// the index in it.
    pub fn begin(data: &Path) -> Result<Self, Error> {
        let lock = lock(data)?;
        let held = match manifest::current_build(data) {
            Ok(build) if build.join("meta.json").is_file() => Some(held(data, build)?),
            // A build that is gone is made anew from what the library holds.
            Ok(_) | Err(Error::Missing { .. }) => None,
            Err(error) => return Err(error),
        };
        // What a killed change has left would fill the disk in time.
        if let Some((build, _)) = &held {
            sweep(data, build);
        }
        Ok(Self { data: data.to_owned(), held, _lock: lock })
    }

    /// What the index holds; none where there is no index.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.held.as_ref().map(|(_, manifest)| manifest)
    }

    /// Makes the change. Vectors are made with it if the index has them all so far.
    pub fn change(
        self,
        change: Change,
        ground: &Ground,
        maker: Option<&Maker<'_>>,
    ) -> Result<Manifest, Error> {
        let name = new_build_name(&self.data);
        let build = self.data.join(&name);
        let failed = |source| Error::Io { doing: "make", path: build.clone(), source };
        fs::create_dir_all(&build).map_err(failed)?;
        let made = self.write(&build, change, ground, maker);
        match &made {
            Ok(_) => {
                manifest::point_to(&self.data, &name)?;
                sweep(&self.data, &build);
            }
            // What was not finished is no use to anybody, and may have filled the disk.
            Err(_) if is_ours(&build) => drop(fs::remove_dir_all(&build)),
            Err(_) => {}
        }
        made
    }

    fn write(
        &self,
        build: &Path,
        change: Change,
        ground: &Ground,
        maker: Option<&Maker<'_>>,
    ) -> Result<Manifest, Error> {
        let old = self.held.as_ref().map(|(old, manifest)| (old.as_path(), manifest));
        if let Some((old, held)) = old {
            refuse_mixing(&self.data, held, &change.documents)?;
            share(old, build)?;
            // Where vectors cannot be made now, a later run goes on from those that there are.
            vector_file::FILE.carry(old, build);
            sentences::FILE.carry(old, build);
        }
        let mut next = old.map_or_else(|| fresh(ground), |(_, held)| held.clone());
        let gone = gone(&next, &change);
        let new = take(&mut next, change, &gone);
        commit(build, &gone, &new, &next)?;
        let kept = |id: &str| next.documents.contains_key(id) && !new.contains_key(id);
        let earlier = old.map(|(old, held)| (old, held.content()));
        let made = Made { build, earlier, new: &new };
        made.vectors(&next.content(), &kept, maker)?;
        made.sentences(maker)?;
        Ok(next)
    }
}

fn held(data: &Path, build: PathBuf) -> Result<(PathBuf, Manifest), Error> {
    let index = tantivy::Index::open_in_dir(&build)
        .map_err(|error| Error::Damaged { data: data.to_owned(), detail: error.to_string() })?;
    let number = index.load_metas()?.payload.unwrap_or_default();
    let manifest = manifest::read(data, &build, &number)?;
    manifest.check(data)?;
    if schema_fits(data) {
        return Ok((build, manifest));
    }
    Err(Error::Mismatch {
        data: data.to_owned(),
        built_with: "other fields".to_owned(),
        installed: "this program's fields".to_owned(),
    })
}

fn fresh(ground: &Ground) -> Manifest {
    Manifest {
        format: FORMAT,
        analyser: analyser(),
        cut: ground.cut,
        made: String::new(),
        collection: ground.collection.clone(),
        roots: Vec::new(),
        register: ground.register.clone(),
        documents: BTreeMap::new(),
        notes: Vec::new(),
    }
}

fn refuse_mixing(data: &Path, held: &Manifest, new: &[Document]) -> Result<(), Error> {
    let name = |demo| if demo { "demo" } else { "other" };
    let demo = held.collection.demo;
    let other = new.iter().find(|document| document.demo != demo && !held.documents.is_empty());
    other.map_or(Ok(()), |document| {
        let (held, given) = (name(demo), name(document.demo));
        Err(Error::MixedDemo { data: data.to_owned(), held, given })
    })
}

/// Lets a new build have the engine's files of the old one.
fn share(old: &Path, build: &Path) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { doing: "share", path, source }
    };
    for file in fs::read_dir(old).map_err(failed(old))?.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let ours = name.starts_with("manifest-")
            || vector_file::FILE.is_named(&name)
            || sentences::FILE.is_named(&name);
        let (from, to) = (file.path(), build.join(&name));
        let is_copied = COPIED.contains(&name.as_str());
        if ours || (name.starts_with('.') && !is_copied) {
            continue;
        }
        if is_copied || fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).map_err(failed(&to))?;
        }
    }
    Ok(())
}

/// The documents that go: those that are named, and others of files that are read again.
fn gone(held: &Manifest, change: &Change) -> BTreeSet<String> {
    let files: BTreeSet<&str> = change.documents.iter().map(|it| it.file.as_str()).collect();
    let new: BTreeSet<&str> = change.documents.iter().map(|it| it.id.as_str()).collect();
    let goes = |record: &&Record| {
        let id = record.document.as_str();
        let left = files.contains(record.file.as_str()) && !new.contains(id);
        left || (change.gone.contains(id) && !new.contains(id))
    };
    held.documents.values().filter(goes).map(|record| record.document.clone()).collect()
}

/// A document that has come, with its passages.
type Cut = (Record, Vec<Passage>);

/// Takes the change into the manifest, and cuts the new documents.
fn take(next: &mut Manifest, change: Change, gone: &BTreeSet<String>) -> BTreeMap<String, Cut> {
    let Change { documents, notes, made, .. } = change;
    next.made = made;
    next.documents.retain(|id, _| !gone.contains(id));
    let mut new = BTreeMap::new();
    for mut document in documents {
        document.institution =
            document.institution.map(|name| next.register.admit(&name).name().to_owned());
        let cut = passages::cut(&document, next.cut);
        let record = Record::of(&document, cut.len());
        next.documents.insert(document.id.clone(), record.clone());
        new.insert(document.id, (record, cut));
    }
    let read: BTreeSet<&str> = new.values().map(|(record, _)| record.file.as_str()).collect();
    next.notes.retain(|note| !read.contains(note.file.as_str()) && !gone.contains(&note.file));
    next.notes.extend(notes);
    next.notes.sort();
    next.notes.dedup();
    new
}

/// Writes passages and manifest.
fn commit(
    build: &Path,
    gone: &BTreeSet<String>,
    new: &BTreeMap<String, Cut>,
    next: &Manifest,
) -> Result<(), Error> {
    let (schema, fields) = schema::schema();
    let directory = tantivy::directory::MmapDirectory::open(build)
        .map_err(|error| Error::Engine(Box::new(error.into())))?;
    let settings = IndexSettings { docstore_blocksize: STORED_BYTES, ..IndexSettings::default() };
    let index =
        tantivy::Index::builder().schema(schema).settings(settings).open_or_create(directory)?;
    schema::register(&index);
    let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES)?;
    for id in gone.iter().chain(new.keys()) {
        writer.delete_term(Term::from_field_text(fields.document, id));
    }
    for (record, passages) in new.values() {
        add(&writer, &fields, record, passages)?;
    }
    let number = next_number(index.load_metas()?.payload.as_deref());
    manifest::write(build, &number, next)?;
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&number);
    commit.commit()?;
    writer.wait_merging_threads()?;
    Ok(())
}

fn add(
    writer: &IndexWriter<TantivyDocument>,
    fields: &Fields,
    record: &Record,
    passages: &[Passage],
) -> Result<(), Error> {
    for passage in passages {
        writer.add_document(entry(fields, record, passage)?)?;
    }
    Ok(())
}

/// The vectors of a change.
struct Made<'a> {
    build: &'a Path,
    /// The build before, and what its passages were made from.
    earlier: Option<(&'a Path, String)>,
    new: &'a BTreeMap<String, Cut>,
}

impl Made<'_> {
    /// Writes the vectors of all passages if those of the earlier ones are there.
    fn vectors(
        &self,
        content: &str,
        kept: &dyn Fn(&str) -> bool,
        maker: Option<&Maker<'_>>,
    ) -> Result<(), Error> {
        let Some(maker) = maker else { return Ok(()) };
        let earlier = match &self.earlier {
            None => None,
            Some((old, content)) => match earlier_vectors(old, content, maker) {
                Some(earlier) => Some(earlier),
                None => return Ok(()),
            },
        };
        let mut entries = earlier.as_ref().map_or_else(Vec::new, |(held, hashes)| {
            held.entries(hashes).filter(|(_, entry)| kept(&entry.document)).collect::<Vec<_>>()
        });
        let old = entries.len();
        let mut texts = Vec::new();
        for (record, passage) in
            self.new.values().flat_map(|(r, all)| all.iter().map(move |p| (r, p)))
        {
            let text = text_of(record, passage);
            let entry = Entry {
                owner: record.institution.clone(),
                document: passage.document.clone(),
                passage: passage.id.clone(),
                hash: *blake3::hash(text.as_bytes()).as_bytes(),
                windows: 0,
            };
            entries.push((texts.len(), entry));
            texts.push(text);
        }
        let made = encode(maker, &texts)?;
        for ((_, entry), windows) in entries.iter_mut().skip(old).zip(&made) {
            entry.windows = windows.len();
        }
        let (places, entries): (Vec<usize>, Vec<Entry>) = entries.into_iter().unzip();
        let written = write_vectors(self.build, content, maker.model, &entries, &mut |at| {
            let place = places.get(at).copied().unwrap_or_default();
            match &earlier {
                Some((earlier, _)) if at < old => earlier.windows(place),
                _ => Ok(made.get(place).cloned().unwrap_or_default()),
            }
        });
        match written {
            // A row that has been damaged keeps no document out: words are searched until a run of
            // `index` has made it again.
            Err(Error::DamagedVectors { .. }) => Ok(()),
            other => other,
        }
    }

    /// Writes the sentences of the new passages beside those that are there.
    fn sentences(&self, maker: Option<&Maker<'_>>) -> Result<(), Error> {
        let earlier = self.earlier.as_ref().and_then(|(old, _)| Sentences::open(old));
        let Some(maker) = maker else { return Ok(()) };
        let same = earlier.as_ref().is_some_and(|held| held.model() == maker.model);
        if self.earlier.is_some() && !same {
            return Ok(());
        }
        let known =
            |key: &Key| earlier.as_ref().is_some_and(|held| held.keys().binary_search(key).is_ok());
        let passages = self.new.values().flat_map(|(_, passages)| passages);
        let mut missing: BTreeMap<Key, String> = BTreeMap::new();
        for text in passages.flat_map(|passage| (maker.sentences)(passage)) {
            let key = sentences::key(&text);
            if !known(&key) {
                missing.insert(key, text);
            }
        }
        if missing.is_empty() && earlier.is_some() {
            return Ok(());
        }
        let texts: Vec<String> = missing.values().cloned().collect();
        let mut rows = BTreeMap::new();
        for (key, windows) in missing.keys().zip(encode(maker, &texts)?) {
            // What is longer than a window is no sentence; its beginning stands for it.
            if let Some(first) = windows.first() {
                rows.insert(*key, sentences::row_of(first, maker.model)?);
            }
        }
        // A row that cannot be read as it was written is as good as none: a later run makes it.
        let mut keys: Vec<Key> = earlier.iter().flat_map(Sentences::keys).copied().collect();
        let bytes = |key: &Key| earlier.as_ref().and_then(|held| held.bytes(key));
        keys.retain(|key| bytes(key).is_some());
        keys.extend(rows.keys());
        keys.sort_unstable();
        sentences::write(self.build, maker.model, &keys, &mut |key| match rows.get(key) {
            Some(row) => Ok(row.clone()),
            None => bytes(key).ok_or_else(|| std::io::ErrorKind::InvalidData.into()),
        })
    }
}

/// The vectors of the build before, if they are of its state and of this model.
fn earlier_vectors(
    old: &Path,
    content: &str,
    maker: &Maker<'_>,
) -> Option<(Vectors, Vec<vector_file::TextHash>)> {
    let (contents, hashes) = vector_file::read(old, Some(content)).ok()?;
    (contents.model == *maker.model).then(|| (Vectors::of(contents), hashes))
}

fn encode(maker: &Maker<'_>, texts: &[String]) -> Result<Vec<Vec<Vec<f32>>>, Error> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    (maker.encode)(&texts).map_err(|detail| Error::UnusableVector { detail })
}

/// Takes what is deleted out of the engine's files too, where it stays until segments are merged.
/// Searches have not seen it since it was deleted.
pub fn scrub(data: &Path) -> Result<(), Error> {
    let _lock = lock(data)?;
    let build = manifest::current_build(data)?;
    let index = tantivy::Index::open_in_dir(&build)?;
    schema::register(&index);
    let deleted = index.searchable_segment_metas()?.into_iter();
    let deleted: Vec<_> =
        deleted.filter(|meta| meta.num_deleted_docs() > 0).map(|meta| meta.id()).collect();
    if deleted.is_empty() {
        return Ok(());
    }
    let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES)?;
    for segment in deleted {
        writer.merge(&[segment]).wait()?;
    }
    writer.garbage_collect_files().wait()?;
    writer.wait_merging_threads()?;
    Ok(())
}
