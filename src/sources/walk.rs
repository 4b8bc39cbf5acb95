//! IO: folders and files become a [`Harvest`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use walkdir::{DirEntry, WalkDir};

use crate::sources::child::Extractor;
use crate::sources::collection::{COLLECTION_FILE, Collections, slashed};
use crate::sources::metadata::{Remark, kind_of_folder};
use crate::sources::reading::{Found, Outcome, SIDECAR_ENDING};
use crate::sources::{Error, Harvest, Note, Unchanged};

/// Files read at once; each of the risky ones may take all the memory of a reader.
const FILES_AT_ONCE: usize = 2;
/// A folder that holds this file is not a source.
const SKIP_FILE: &str = ".svarforslag-skip";
/// Folders of words rather than of documents.
const WORD_FOLDERS: [&str; 1] = ["lexicon"];
/// Files that describe sources and are none.
const OTHER_FILES: [&str; 3] = [COLLECTION_FILE, "institutions.toml", "facts.toml"];

/// What the names of a library's files begin with.
pub const LIBRARY: &str = "library";
/// The folders of a library that hold documents.
pub const SHELVES: [&str; 3] = ["cases", "documents", "standardsvar"];

/// How far the reading has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Files done with, this one among them.
    pub done: usize,
    /// Files in all.
    pub total: usize,
    /// The file done with last.
    pub file: &'a str,
}

/// Reads all that folders and files hold.
///
/// `known` is asked with a file and its hash, and says whether that is indexed already; such a
/// file is not read. Two threads ask and report.
pub fn collect(
    paths: &[PathBuf],
    known: &(dyn Fn(&str, &str) -> bool + Sync),
    extractor: &Extractor,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Harvest, Error> {
    collect_beside(None, paths, known, extractor, progress)
}

/// Reads all that folders and files hold, and a library beside them, whose documents have the
/// same ids whatever the folders hold.
pub fn collect_beside(
    library: Option<&Path>,
    paths: &[PathBuf],
    known: &(dyn Fn(&str, &str) -> bool + Sync),
    extractor: &Extractor,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Harvest, Error> {
    let mut listing = Listing::default();
    if let Some(library) = library {
        listing.add_library(library)?;
    }
    let shelved = listing.files.len();
    for path in paths {
        listing.add_root(path)?;
    }
    // What the folders say they are goes before what the library says.
    listing.files.rotate_left(shelved);
    Ok(read_listed(listing, known, extractor, progress))
}

/// Reads single files of a library, by what they are called there: `library/cases/1.jsonl`.
pub fn collect_shelved(
    library: &Path,
    files: &[&str],
    extractor: &Extractor,
) -> Result<Harvest, Error> {
    let mut listing = Listing::default();
    for file in files {
        let Some((shelf, path)) = shelved(library, file) else { continue };
        if path.is_file() {
            let root = Root { path: library.join(shelf), name: shelf.to_owned() };
            listing.add_file(&root, &path, (*file).to_owned())?;
        }
    }
    Ok(read_listed(listing, &|_, _| false, extractor, &|_| {}))
}

/// The shelf of a library's file, and where it lies; none for a name that no such file has.
fn shelved<'a>(library: &Path, file: &'a str) -> Option<(&'a str, PathBuf)> {
    let inside = file.strip_prefix(LIBRARY)?.strip_prefix('/')?;
    let (shelf, name) = inside.split_once('/')?;
    let is_plain = !name.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    (SHELVES.contains(&shelf) && is_plain).then(|| (shelf, library.join(inside)))
}

/// Where a file of a library lies; none for a name that no such file has.
pub fn shelved_path(library: &Path, file: &str) -> Option<PathBuf> {
    shelved(library, file).map(|(_, path)| path)
}

fn read_listed(
    listing: Listing,
    known: &(dyn Fn(&str, &str) -> bool + Sync),
    extractor: &Extractor,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Harvest {
    let Listing { files, mut notes, collections, roots, .. } = listing;
    let collection = files.iter().find_map(|file| file.collection.as_ref());
    let mut harvest =
        Harvest { collection: collection.map(|it| it.about.clone()), ..Harvest::default() };
    let outcomes = read_all(&files, known, extractor, progress);
    for (file, outcome) in files.iter().zip(outcomes) {
        let file = file.id.clone();
        harvest.unchanged.extend(outcome.unchanged.map(|hash| Unchanged { file, hash }));
        harvest.documents.extend(outcome.documents);
        notes.extend(outcome.notes);
    }
    for collection in collections.all() {
        notes.extend(roots.iter().flat_map(|root| collection.notes(root)));
    }
    harvest.documents.sort_by(|a, b| a.id.cmp(&b.id));
    notes.sort();
    notes.dedup();
    harvest.notes = notes;
    harvest
}

/// Reads files on several threads; the outcomes come in the order of the files.
fn read_all(
    files: &[Found],
    known: &(dyn Fn(&str, &str) -> bool + Sync),
    extractor: &Extractor,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Vec<Outcome> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut outcomes = Vec::new();
        while let Some((at, file)) = take_next(files, &next) {
            outcomes.push((at, file.read(known, extractor)));
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { done, total: files.len(), file: &file.id });
        }
        outcomes
    };
    let mut found: BTreeMap<usize, Outcome> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..FILES_AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    let lost = |file: &Found| {
        let reason = "reading the file ended without a result".to_owned();
        let remark = Remark::new("reader_crashed", reason, "report the fault with the file");
        Outcome { notes: vec![remark.left_out(&file.id)], ..Outcome::default() }
    };
    let files = files.iter().enumerate();
    files.map(|(at, file)| found.remove(&at).unwrap_or_else(|| lost(file))).collect()
}

fn take_next<'a>(files: &'a [Found], next: &AtomicUsize) -> Option<(usize, &'a Found)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    files.get(at).map(|file| (at, file))
}

/// The files that are to be read, and what was met on the way to them.
#[derive(Default)]
struct Listing {
    files: Vec<Found>,
    notes: Vec<Note>,
    collections: Collections,
    roots: Vec<PathBuf>,
    seen: BTreeSet<PathBuf>,
    ids: BTreeSet<String>,
}

/// One of the paths that were named.
struct Root {
    path: PathBuf,
    name: String,
}

impl Listing {
    fn add_root(&mut self, path: &Path) -> Result<(), Error> {
        let not_found = |source| Error::NotFound { path: path.display().to_string(), source };
        let real = path.canonicalize().map_err(not_found)?;
        let named = if real.is_dir() { Some(real.as_path()) } else { real.parent() };
        let name = named.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let root = Root { path: real.clone(), name: name.unwrap_or_default() };
        self.roots.push(real.clone());
        if !real.is_dir() {
            let id = real.file_name().map(|name| name.to_string_lossy().into_owned());
            return self.add_file(&root, &real, id.unwrap_or_default());
        }
        if !is_wanted_folder(&real) {
            self.notes.push(skipped(&path.display().to_string()));
            return Ok(());
        }
        let walk = WalkDir::new(&real).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(is_wanted) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => self.add_entry(&root, &entry)?,
                Err(error) => self.notes.push(walk_note(&root, &error)),
            }
        }
        Ok(())
    }

    /// Lists the shelves of a library.
    fn add_library(&mut self, library: &Path) -> Result<(), Error> {
        for shelf in SHELVES {
            let Ok(path) = library.join(shelf).canonicalize() else { continue };
            let root = Root { path: path.clone(), name: shelf.to_owned() };
            for entry in WalkDir::new(&path).sort_by_file_name().into_iter().filter_entry(is_wanted)
            {
                match entry {
                    Ok(entry) if entry.file_type().is_file() => {
                        let inside =
                            slashed(entry.path().strip_prefix(&path).unwrap_or(entry.path()));
                        self.add_file(&root, entry.path(), format!("{LIBRARY}/{shelf}/{inside}"))?;
                    }
                    Ok(_) => {}
                    Err(error) => self.notes.push(walk_note(&root, &error)),
                }
            }
        }
        Ok(())
    }

    fn add_entry(&mut self, root: &Root, entry: &DirEntry) -> Result<(), Error> {
        let inside = entry.path().strip_prefix(&root.path).unwrap_or(entry.path());
        let id = slashed(inside);
        if entry.file_type().is_symlink() {
            let target = entry.path().canonicalize();
            let is_inside = target
                .as_ref()
                .is_ok_and(|target| target.starts_with(&root.path) && target.is_file());
            if !is_inside {
                self.notes.push(link_note(&id));
                return Ok(());
            }
        }
        self.add_file(root, entry.path(), id)
    }

    fn add_file(&mut self, root: &Root, path: &Path, id: String) -> Result<(), Error> {
        if !is_source(path) || !self.seen.insert(path.to_owned()) {
            self.note_lone_sidecar(path, &id);
            return Ok(());
        }
        // Folders above the named one do not count: nobody sees them in the document's name.
        let folder_kind = kind_of_folder(&Path::new(&root.name).join(&id));
        let id = self.free_id(root, id);
        let folder = path.parent().unwrap_or(path);
        let collection = self.collections.of(folder, &root.path)?;
        let file = Found { path: path.to_owned(), id, folder_kind, collection };
        self.refuse_mixture(&file)?;
        self.files.push(file);
        Ok(())
    }

    /// A sidecar whose file is not there decides nothing, and its writer should know.
    fn note_lone_sidecar(&mut self, path: &Path, id: &str) {
        let of = path.to_str().and_then(|path| path.strip_suffix(SIDECAR_ENDING));
        if of.is_some_and(|of| !Path::new(of).exists()) {
            let reason = "the sidecar stands beside no file of that name".to_owned();
            let remark =
                Remark::new("lone_sidecar", reason, "name it as its file, with .meta.yaml");
            self.notes.push(remark.kept(id));
        }
    }

    /// The id itself, or one that says which of the named folders it is from.
    fn free_id(&mut self, root: &Root, id: String) -> String {
        if self.ids.insert(id.clone()) {
            return id;
        }
        let mut free = format!("{}/{id}", root.name);
        let mut count = 2;
        while !self.ids.insert(free.clone()) {
            free = format!("{}-{count}/{id}", root.name);
            count += 1;
        }
        let reason = format!("two folders hold `{id}`; this one is called `{free}`");
        let remark = Remark::new("same_name", reason, "rename one of the two");
        self.notes.push(remark.kept(&free));
        free
    }

    fn refuse_mixture(&self, file: &Found) -> Result<(), Error> {
        let is_demo = |file: &Found| file.collection.as_ref().is_some_and(|it| it.about.demo);
        let Some(other) = self.files.first().filter(|first| is_demo(first) != is_demo(file)) else {
            return Ok(());
        };
        let (demo, other) = if is_demo(file) { (file, other) } else { (other, file) };
        Err(Error::DemoMixed { demo: demo.id.clone(), other: other.id.clone() })
    }
}

/// Hidden entries, skipped folders and folders of words are not walked.
fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_hidden = entry.depth() > 0 && name.starts_with('.');
    let is_words = entry.depth() > 0 && WORD_FOLDERS.contains(&name.as_ref());
    !is_hidden && (!entry.file_type().is_dir() || (!is_words && is_wanted_folder(entry.path())))
}

fn is_wanted_folder(folder: &Path) -> bool {
    !folder.join(SKIP_FILE).exists()
}

fn is_source(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    // `~$` opens the lock files that Office leaves beside open documents.
    !name.starts_with("~$")
        && !name.ends_with(SIDECAR_ENDING)
        && !OTHER_FILES.contains(&name.as_ref())
}

fn skipped(folder: &str) -> Note {
    let reason = format!("the folder holds {SKIP_FILE} and is not a source");
    Remark::new("skipped_folder", reason, format!("take {SKIP_FILE} away to index the folder"))
        .left_out(folder)
}

fn link_note(id: &str) -> Note {
    let reason = "the link leads to a folder, to nothing or out of the folder".to_owned();
    Remark::new("link_outside", reason, "put the file itself in its place").left_out(id)
}

fn walk_note(root: &Root, error: &walkdir::Error) -> Note {
    let path = error.path().unwrap_or(&root.path);
    let id = slashed(path.strip_prefix(&root.path).unwrap_or(path));
    let is_denied =
        error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied);
    let (code, remedy) = if is_denied {
        ("no_permission", "give this user the right to read the folder")
    } else {
        ("read_failed", "check the disk and the folder")
    };
    let reason = error
        .io_error()
        .map_or_else(|| "the folder leads back into itself".to_owned(), ToString::to_string);
    Remark::new(code, format!("the folder could not be read: {reason}"), remedy).left_out(&id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Kind, Limits};

    /// A folder made of `(path, text)`.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn harvest(roots: &[&Path], known: &[(String, String)]) -> Result<Harvest, Error> {
        let roots: Vec<PathBuf> = roots.iter().map(|&root| root.to_owned()).collect();
        let extractor = Extractor { program: "/nowhere".into(), limits: Limits::default() };
        let is_indexed = |file: &str, hash: &str| {
            known.iter().any(|(name, as_it_was)| name == file && as_it_was == hash)
        };
        collect(&roots, &is_indexed, &extractor, &|_| {})
    }

    fn ids(harvest: &Harvest) -> Vec<&str> {
        harvest.documents.iter().map(|document| document.id.as_str()).collect()
    }

    fn codes(harvest: &Harvest) -> Vec<(&str, &str, bool)> {
        let notes = harvest.notes.iter();
        notes.map(|note| (note.file.as_str(), note.code.as_str(), note.left_out)).collect()
    }

    const DREJEBOG: &str =
        "---\ndokumenttype: drejebog\ninstitution: Banedanmark\n---\n# D\n\nKunden taster.\n";

    #[test]
    fn one_bad_file_among_good_ones_stops_nothing() {
        let folder = folder(&[
            ("b.md", DREJEBOG),
            ("a/guide.txt", "Vejledningen gælder for alle kunder."),
            ("a/tom.md", ""),
            ("a/brudt.md", "---\nversion: [1\n---\nA\n"),
            ("a/ukendt.xyz", "A"),
            ("a/drejebog.md", "---\ndokumenttype: drejebog\n---\nA\n"),
        ]);
        let found = harvest(&[folder.path()], &[]).unwrap();
        assert_eq!(ids(&found), ["a/guide.txt", "b.md"]);
        assert_eq!(
            codes(&found),
            [
                ("a/brudt.md", "bad_metadata", true),
                ("a/drejebog.md", "no_institution", true),
                ("a/guide.txt", "no_kind", false),
                ("a/tom.md", "empty_file", true),
                ("a/ukendt.xyz", "unsupported", true),
            ]
        );
    }

    #[test]
    fn what_describes_sources_is_no_source() {
        let folder = folder(&[
            ("institutions.toml", ""),
            ("collection.toml", ""),
            (".git/x.md", "A"),
            ("spring-over/.svarforslag-skip", ""),
            ("spring-over/x.md", "A"),
            ("lexicon/stop.txt", "A"),
            ("~$a.md", "A"),
            ("love/a.md", "Loven gælder."),
            ("love/a.md.meta.yaml", "titel: Lov om A\nmaalgruppe: intern\n"),
            ("love/b.md.meta.yaml", "titel: B\n"),
        ]);
        let found = harvest(&[folder.path()], &[]).unwrap();
        assert_eq!(ids(&found), ["love/a.md"]);
        assert_eq!(found.documents[0].title, "Lov om A");
        assert_eq!(found.documents[0].kind, Kind::Lov);
        assert_eq!(codes(&found), [("love/b.md.meta.yaml", "lone_sidecar", false)]);
    }

    #[test]
    fn an_unchanged_file_is_not_read_again() {
        let folder = folder(&[("love/a.txt", "A"), ("love/b.txt", "B")]);
        let first = harvest(&[folder.path()], &[]).unwrap();
        let known: Vec<(String, String)> =
            first.documents.iter().map(|it| (it.file.clone(), it.hash.clone())).collect();
        let again = harvest(&[folder.path()], &known).unwrap();
        assert_eq!((again.documents.len(), again.unchanged.len()), (0, 2));
        std::fs::write(folder.path().join("love/a.txt.meta.yaml"), "titel: Ny\n").unwrap();
        let changed = harvest(&[folder.path()], &known).unwrap();
        assert_eq!(ids(&changed), ["love/a.txt"]);
        assert_eq!(changed.unchanged.len(), 1);
    }

    #[test]
    fn a_collection_speaks_for_its_folder_and_the_folders_below() {
        let collection = "demo = true\nname = \"Demo\"\n[[file]]\npath = \"x/a.txt\"\n\
                          dokumenttype = \"drejebog\"\ninstitution = \"Banedanmark\"\n";
        let folder = folder(&[("collection.toml", collection), ("x/a.txt", "Kunden taster.")]);
        for root in [folder.path().to_owned(), folder.path().join("x")] {
            let found = harvest(&[&root], &[]).unwrap();
            assert_eq!(found.documents[0].institution.as_deref(), Some("Banedanmark"));
            assert!(found.documents[0].demo);
            assert!(found.collection.unwrap().demo);
            assert_eq!(found.notes, []);
        }
    }

    #[test]
    fn a_demonstration_is_not_mixed_with_other_documents() {
        let demo = folder(&[("collection.toml", "demo = true"), ("love/a.txt", "A")]);
        let real = folder(&[("love/b.txt", "B")]);
        let mixed = harvest(&[demo.path(), real.path()], &[]);
        assert!(matches!(mixed, Err(Error::DemoMixed { .. })));
    }

    #[test]
    fn two_folders_may_hold_the_same_name() {
        let folder = folder(&[("en/love/a.txt", "A"), ("to/love/a.txt", "B")]);
        let (one, two) = (folder.path().join("en"), folder.path().join("to"));
        let found = harvest(&[&one, &two, &two.join("love/a.txt")], &[]).unwrap();
        assert_eq!(ids(&found), ["love/a.txt", "to/love/a.txt"]);
        assert_eq!(codes(&found), [("to/love/a.txt", "same_name", false)]);
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        let missing = harvest(&[Path::new("/nowhere/at/all")], &[]);
        assert!(matches!(missing, Err(Error::NotFound { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_out_of_the_folder() {
        let other = folder(&[("love/hemmelig.txt", "A")]);
        let folder = folder(&[("love/a.txt", "A")]);
        let link = |from: &Path, to: &str| {
            std::os::unix::fs::symlink(from, folder.path().join(to)).unwrap();
        };
        link(&other.path().join("love/hemmelig.txt"), "love/b.txt");
        link(other.path(), "love/c");
        link(&folder.path().join("love/a.txt"), "love/d.txt");
        let found = harvest(&[folder.path()], &[]).unwrap();
        assert_eq!(ids(&found), ["love/a.txt", "love/d.txt"]);
        assert_eq!(
            codes(&found),
            [("love/b.txt", "link_outside", true), ("love/c", "link_outside", true)]
        );
    }
}
