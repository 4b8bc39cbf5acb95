//! The index: what changes, what stays, and what is left when a run is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use svarforslag::index::{self, Error, Index, Snapshot};
use svarforslag::service::{self, Build};
use svarforslag::terms::{Asker, Scope, parse_day};

use crate::desk::{DAY, Desk, PROGRAM, TestDesk, folder};

/// Documents that are indexed while a run is killed.
const KILLED_DOCUMENTS: usize = 250;
/// How often a run is killed.
const KILLS: u32 = 40;

fn two_guides() -> Desk {
    TestDesk::new()
        .file("brugervejledning/a.md", b"# Aconto\n\nKunden bestiller aconto.\n")
        .file("brugervejledning/b.md", b"# Barsel\n\nKunden melder barsel.\n")
        .open()
}

/// The documents of the index that anybody may see.
fn documents(data: &Path) -> Vec<String> {
    let snapshot = Index::open(data).unwrap().snapshot();
    snapshot.manifest().documents.keys().cloned().collect()
}

/// What the index holds of a document.
fn text(data: &Path, document: &str) -> String {
    let scope = Scope::new(Asker::operator(), None, parse_day(DAY).unwrap());
    let snapshot = Index::open(data).unwrap().snapshot();
    let passages = snapshot.passages_of(&scope, document).unwrap();
    passages.iter().map(|passage| passage.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// What opening the index fails with.
fn refusal(data: &Path) -> Error {
    let error = Index::open(data).unwrap_err();
    assert!(!error.remedy().is_empty());
    error
}

/// The one file of the build in use whose name begins so.
fn file_of_build(data: &Path, begins: &str) -> PathBuf {
    let build = data.join(std::fs::read_to_string(data.join("current")).unwrap());
    let files = std::fs::read_dir(build).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(begins);
    files.filter(named).max().unwrap()
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} stands in {}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn the_index_holds_exactly_what_the_folder_holds() {
    let desk = two_guides();
    let folder = [desk.documents()];
    let again = desk.index(&folder).unwrap();
    assert_eq!((again.documents, again.unchanged, again.removed.len()), (2, 2, 0));

    desk.write("brugervejledning/a.md", b"# Aconto\n\nSAM bestiller aconto.\n");
    let changed = desk.index(&folder).unwrap();
    assert_eq!((changed.documents, changed.unchanged, changed.passages), (2, 1, 2));
    assert_eq!(text(&desk.data(), "brugervejledning/a.md"), "SAM bestiller aconto.");
    assert_eq!(text(&desk.data(), "brugervejledning/b.md"), "Kunden melder barsel.");

    desk.write("brugervejledning/a.md.meta.yaml", "maalgruppe: intern\n".as_bytes());
    assert_eq!(desk.index(&folder).unwrap().unchanged, 1, "metadata is content");

    desk.remove("brugervejledning/b.md");
    desk.write("brugervejledning/c.md", b"# Ferie\n\nKunden melder ferie.\n");
    let swapped = desk.index(&folder).unwrap();
    assert_eq!(swapped.removed, ["brugervejledning/b.md"]);
    assert_eq!(documents(&desk.data()), ["brugervejledning/a.md", "brugervejledning/c.md"]);
    assert_eq!(text(&desk.data(), "brugervejledning/b.md"), "");
}

#[test]
fn what_is_added_stays_and_the_remembered_folders_are_read_again() {
    let desk = two_guides();
    let other = folder();
    std::fs::write(other.path().join("c.txt"), "Kunden melder ferie.").unwrap();
    let added = desk.build(&Build { paths: vec![other.path().to_owned()], add: true }).unwrap();
    assert_eq!((added.documents, added.removed.len()), (3, 0));

    desk.write("brugervejledning/d.md", b"# Elever\n\nKunden melder elever.\n");
    std::fs::remove_file(other.path().join("c.txt")).unwrap();
    let again = desk.build(&Build::default()).unwrap();
    assert_eq!((again.documents, again.unchanged), (3, 2));
    assert_eq!(again.removed, ["c.txt"]);

    let named = desk.index(&[desk.documents().join("brugervejledning/d.md")]).unwrap();
    assert_eq!((named.documents, named.removed.len()), (1, 3), "the paths say all there is");
}

#[test]
fn without_paths_and_without_memory_there_is_nothing_to_index() {
    let desk = TestDesk::new().unindexed();
    let error = desk.build(&Build::default()).unwrap_err();
    assert!(matches!(error, service::Error::NothingToIndex));
    assert!(error.remedy().contains("svarforslag index PATH"));
    assert!(matches!(refusal(&desk.data()), Error::Missing { .. }));
}

#[test]
fn a_file_that_cannot_be_read_keeps_the_rest_and_is_named() {
    let desk = two_guides();
    desk.write("brugervejledning/b.md", b"---\nversion: [1\n---\nA\n");
    desk.write("brugervejledning/c.pdf", b"%PDF-1.7 and nothing more");
    let report = desk.index(&[desk.documents()]).unwrap();
    assert_eq!(documents(&desk.data()), ["brugervejledning/a.md"]);
    let left_out: BTreeSet<&str> =
        report.notes.iter().filter(|note| note.left_out).map(|note| note.file.as_str()).collect();
    assert_eq!(left_out, BTreeSet::from(["brugervejledning/b.md", "brugervejledning/c.pdf"]));
}

#[test]
fn demonstrations_and_other_documents_are_never_mixed() {
    let demo = TestDesk::new()
        .file("collection.toml", b"demo = true\n")
        .guide("Aconto", "Kunden bestiller aconto.")
        .open();
    let real = two_guides();
    let add = |desk: &Desk, path: PathBuf| desk.build(&Build { paths: vec![path], add: true });
    let mixed = |result: Result<index::Report, service::Error>| {
        let error = result.unwrap_err();
        assert!(error.remedy().contains("--data"), "{error}");
        matches!(
            error,
            service::Error::Index(Error::MixedDemo { .. })
                | service::Error::Sources(svarforslag::sources::Error::DemoMixed { .. })
        )
    };
    assert!(mixed(add(&demo, real.documents())));
    assert!(mixed(add(&real, demo.documents())));
    assert!(mixed(real.index(&[demo.documents()])), "a demonstration replaces nothing real");
    let both = real.index(&[demo.documents(), real.documents()]);
    assert!(matches!(both, Err(service::Error::Sources(_))));
    assert_eq!(documents(&real.data()).len(), 2, "nothing was lost");
    assert_eq!(documents(&demo.data()).len(), 1);
}

/// An index of another version is refused, and rebuilt beside from what is remembered.
#[track_caller]
fn check_rebuilt(from: &str, to: &str) {
    let desk = two_guides();
    let data = desk.data();
    let old = std::fs::read_to_string(data.join("current")).unwrap();
    edit(&file_of_build(&data, "manifest-"), from, to);
    let error = refusal(&data);
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    assert!(error.remedy().contains("svarforslag index"));

    let report = desk.build(&Build { paths: vec![desk.documents()], add: false }).unwrap();
    assert_eq!((report.documents, report.unchanged), (2, 0), "all is read anew");
    assert_ne!(std::fs::read_to_string(data.join("current")).unwrap(), old);
    assert!(!data.join(old).exists(), "the old build is cleared away");
    assert_eq!(text(&data, "brugervejledning/b.md"), "Kunden melder barsel.");
}

#[test]
fn an_index_of_another_version_is_refused_and_rebuilt_beside() {
    check_rebuilt("\"analyser\":\"", "\"analyser\":\"old-");
    check_rebuilt("\"format\":1", "\"format\":0");
}

#[test]
fn an_index_of_another_analyser_is_rebuilt_from_the_remembered_folders() {
    let desk = two_guides();
    edit(&file_of_build(&desk.data(), "manifest-"), "\"analyser\":\"", "\"analyser\":\"old-");
    let report = desk.build(&Build::default()).unwrap();
    assert_eq!((report.documents, report.unchanged), (2, 0));
}

#[test]
fn passages_of_another_size_are_cut_anew() {
    let mut desk = two_guides();
    let mut config = desk.service.config().clone();
    config.passages.words_max = 50;
    config.passages.words_enough = 30;
    desk.service = service::Service::open(config).unwrap();
    let report = desk.build(&Build::default()).unwrap();
    assert_eq!((report.documents, report.unchanged), (2, 0));
    assert_eq!(desk.build(&Build::default()).unwrap().unchanged, 2);
}

/// What it is called, and how it is done.
type Damage = (&'static str, fn(&Path));

#[test]
fn a_damaged_index_is_refused_and_can_be_made_again() {
    let damages: [Damage; 5] = [
        ("the manifest is cut short", |data| {
            let path = file_of_build(data, "manifest-");
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("the manifest is gone", |data| {
            std::fs::remove_file(file_of_build(data, "manifest-")).unwrap();
        }),
        ("the engine's own list is no list", |data| {
            std::fs::write(file_of_build(data, "meta.json"), b"{").unwrap();
        }),
        ("the build is gone", |data| {
            std::fs::write(data.join("current"), "build-77").unwrap();
        }),
        ("the pointer leads elsewhere", |data| {
            std::fs::write(data.join("current"), "../../etc").unwrap();
        }),
    ];
    for (what, damage) in damages {
        let desk = two_guides();
        damage(&desk.data());
        let error = refusal(&desk.data());
        let known = matches!(error, Error::Damaged { .. } | Error::Io { .. });
        assert!(known, "{what}: {error:?}");
        let served = service::Service::open(desk.service.config().clone());
        assert!(served.is_err(), "{what}: no index is taken for an empty one");
        let made = desk.index(&[desk.documents()]).unwrap();
        assert_eq!(made.documents, 2, "{what}");
        assert_eq!(text(&desk.data(), "brugervejledning/a.md"), "Kunden bestiller aconto.");
    }
}

#[test]
fn a_search_over_damaged_segments_fails_or_answers_but_never_crashes() {
    let desk = two_guides();
    let build = file_of_build(&desk.data(), "meta.json").parent().unwrap().to_owned();
    for entry in std::fs::read_dir(&build).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending != "json" && ending != "lock") {
            std::fs::write(&path, b"").unwrap();
        }
    }
    assert!(matches!(
        refusal(&desk.data()),
        Error::Damaged { .. } | Error::Engine(_) | Error::Io { .. }
    ));
}

#[test]
fn two_runs_do_not_write_the_same_index() {
    let desk = two_guides();
    let lock = std::fs::File::create(desk.data().join("lock")).unwrap();
    lock.lock().unwrap();
    let error = desk.index(&[desk.documents()]).unwrap_err();
    assert!(matches!(error, service::Error::Index(Error::Locked { .. })));
    assert_eq!(error.code(), "busy");
    assert!(error.remedy().contains("wait"));
    assert_eq!(desk.look_up("", "aconto").hits.len(), 1, "reading goes on");
    drop(lock);
    desk.index(&[desk.documents()]).unwrap();
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let desk = two_guides();
    for data in [desk.documents().join("brugervejledning/a.md"), PathBuf::from("/proc/svarforslag")]
    {
        let mut config = desk.service.config().clone();
        config.data = data.clone();
        let build = Build { paths: vec![desk.documents()], add: false };
        let error =
            service::build(&config, &crate::desk::extractor(), &build, &|_| {}).unwrap_err();
        assert!(matches!(error, service::Error::Index(Error::Io { .. })), "{error:?}");
        assert!(error.to_string().contains(&data.display().to_string()), "{error}");
        assert!(!error.remedy().is_empty());
    }
}

#[test]
fn a_served_index_takes_in_a_newer_one() {
    let desk = two_guides();
    let found = |desk: &Desk, q: &str| desk.look_up("", q).hits.len();
    assert_eq!((found(&desk, "aconto"), found(&desk, "ferie")), (1, 0));
    let held = Index::open(&desk.data()).unwrap();
    let before = held.snapshot();

    desk.write("brugervejledning/c.md", b"# Ferie\n\nKunden melder ferie.\n");
    desk.index(&[desk.documents()]).unwrap();
    assert_eq!((found(&desk, "aconto"), found(&desk, "ferie")), (1, 1), "updated in place");

    edit(&file_of_build(&desk.data(), "manifest-"), "\"analyser\":\"", "\"analyser\":\"old-");
    desk.write("brugervejledning/d.md", b"# Elever\n\nKunden melder elever.\n");
    desk.index(&[desk.documents()]).unwrap();
    assert_eq!((found(&desk, "ferie"), found(&desk, "elever")), (1, 1), "rebuilt beside");

    assert_eq!(before.len(), 2, "what a request holds does not change under it");
    whole(&before);
    assert_eq!(held.snapshot().len(), 4);
}

#[test]
fn a_service_without_an_index_takes_in_the_first() {
    let desk = TestDesk::new().guide("Aconto", "Kunden bestiller aconto.").unindexed();
    assert!(matches!(desk.service.readiness(), Err(service::Error::Index(Error::Missing { .. }))));
    desk.index(&[desk.documents()]).unwrap();
    assert_eq!(desk.service.readiness().unwrap().documents, 1);
}

/// Every document of the snapshot is there with all of its passages, and nothing else is.
/// Gives the edition that its texts are of.
#[track_caller]
fn whole(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let scope = Scope::new(Asker::operator(), None, parse_day(DAY).unwrap());
    let manifest = snapshot.manifest();
    assert_eq!(u64::try_from(manifest.passages()).unwrap(), snapshot.len());
    let mut editions = BTreeMap::new();
    for (id, record) in &manifest.documents {
        let passages = snapshot.passages_of(&scope, id).unwrap();
        assert_eq!(passages.len(), record.passages, "{id}");
        let ordinals: Vec<usize> = passages
            .iter()
            .map(|passage| usize::try_from(passage.place.ordinal).unwrap())
            .collect();
        assert_eq!(ordinals, (0..passages.len()).collect::<Vec<_>>(), "{id}");
        let of = |text: &str| {
            text.split_whitespace().find(|word| word.starts_with("udgave")).map(str::to_owned)
        };
        let found: BTreeSet<Option<String>> =
            passages.iter().map(|passage| of(&passage.text)).collect();
        assert_eq!(found.len(), 1, "{id} is of several editions: {found:?}");
        editions.insert(id.clone(), found.into_iter().next().flatten().unwrap_or_default());
    }
    editions
}

/// Writes one edition of all documents.
fn write_edition(folder: &Path, edition: u32) {
    for at in 0..KILLED_DOCUMENTS {
        let section = |number| {
            format!(
                "## Afsnit {number}\n\nHer står udgave{edition} om frister for ferie og barsel."
            )
        };
        let sections = [0, 1, 2].map(section).join("\n\n");
        let path = folder.join(format!("{at}.md"));
        std::fs::write(path, format!("# Vejledning {at}\n\n{sections}")).unwrap();
    }
}

/// The program on the folder; passages are cut as the words say.
fn run(folder: &Path, data: &Path, words_max: u32) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["index", "--data"]).arg(data).arg(folder);
    command.env("SVARFORSLAG_PASSAGES__WORDS_MAX", words_max.to_string());
    command.env("SVARFORSLAG_MODEL", "off");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How long one whole run takes.
#[track_caller]
fn timed(folder: &Path, data: &Path, words_max: u32) -> Duration {
    let started = Instant::now();
    let ended = run(folder, data, words_max).stderr(Stdio::piped()).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    started.elapsed()
}

/// All files below a folder, by their place in it.
fn files_of(folder: &Path) -> BTreeMap<PathBuf, PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let path = entry.into_path();
        (path.strip_prefix(folder).unwrap().to_owned(), path)
    });
    files.collect()
}

#[test]
fn a_file_left_by_a_killed_run_is_in_nobodys_way() {
    let (documents, data, twin) = (folder(), folder(), folder());
    write_edition(documents.path(), 0);
    timed(documents.path(), data.path(), 200);
    for (place, file) in files_of(data.path()) {
        let copy = twin.path().join(place);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(file, copy).unwrap();
    }
    let changed = documents.path().join("0.md");
    let text = std::fs::read_to_string(&changed).unwrap().replace("udgave0", "udgave1");
    std::fs::write(&changed, text).unwrap();
    timed(documents.path(), twin.path(), 200);
    // What a run leaves that is killed after it wrote which rows are gone, and before it said so.
    let before = files_of(data.path());
    let mut left = 0;
    for (place, file) in files_of(twin.path()) {
        if place.extension().is_some_and(|ending| ending == "del") && !before.contains_key(&place) {
            std::fs::copy(file, data.path().join(&place)).unwrap();
            let list = data.path().join(place.parent().unwrap()).join(".managed.json");
            let text = std::fs::read_to_string(&list).unwrap();
            let mut names: Vec<String> = serde_json::from_str(&text).unwrap();
            names.push(place.file_name().unwrap().to_string_lossy().into_owned());
            std::fs::write(&list, serde_json::to_string(&names).unwrap()).unwrap();
            left += 1;
        }
    }
    assert!(left > 0, "a changed document leaves rows that are gone");
    timed(documents.path(), data.path(), 200);
    let editions = whole(&Index::open(data.path()).unwrap().snapshot());
    assert_eq!(editions.values().filter(|edition| *edition == "udgave1").count(), 1);
}

/// Kills runs over their whole length; `words_max` of a run says whether it updates in place
/// or rebuilds beside.
fn kill_runs(words_max: impl Fn(u32) -> u32) -> (u32, u32) {
    let (documents, data) = (folder(), folder());
    write_edition(documents.path(), 0);
    let first = timed(documents.path(), data.path(), words_max(0));
    write_edition(documents.path(), 1);
    let mut full = timed(documents.path(), data.path(), words_max(1)).max(first);
    let index = Index::open(data.path()).unwrap();
    let mut last = 1;
    let (mut old, mut new) = (0, 0);
    for kill in 0..KILLS / 2 {
        let edition = kill + 2;
        write_edition(documents.path(), edition);
        let mut run = run(documents.path(), data.path(), words_max(edition)).spawn().unwrap();
        let moment = Duration::from_millis(1) + full * kill * 11 / 10 / (KILLS / 2 - 1);
        std::thread::sleep(moment);
        run.kill().unwrap();
        run.wait().unwrap();
        // A program that starts now and one that has served all along see the same.
        for snapshot in [Index::open(data.path()).unwrap().snapshot(), index.snapshot()] {
            let editions = whole(&snapshot);
            assert_eq!(editions.len(), KILLED_DOCUMENTS);
            let editions: BTreeSet<String> = editions.into_values().collect();
            let is = |edition: u32| editions == BTreeSet::from([format!("udgave{edition}")]);
            assert!(is(last) || is(edition), "killed after {moment:?}: {editions:?}");
            if is(edition) && last != edition {
                new += 1;
                last = edition;
            }
        }
        old += u32::from(last != edition);
        if kill % 5 == 4 {
            full = timed(documents.path(), data.path(), words_max(edition));
            last = edition;
            whole(&index.snapshot());
        }
    }
    let left = std::fs::read_dir(data.path()).unwrap().count();
    write_edition(documents.path(), 1000);
    timed(documents.path(), data.path(), words_max(1000));
    whole(&index.snapshot());
    let kept: Vec<_> =
        std::fs::read_dir(data.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(kept.len(), 3, "a build, its pointer and the lock, of {left}: {kept:?}");
    (old, new)
}

#[test]
fn a_killed_run_leaves_the_last_good_index() {
    let started = Instant::now();
    let (in_place, beside) = std::thread::scope(|scope| {
        let beside = scope.spawn(|| kill_runs(|edition| 200 + edition % 2));
        (kill_runs(|_| 200), beside.join().unwrap())
    });
    println!(
        "killed {} runs that update in place (old {}, new {}) and {} that rebuild beside \
         (old {}, new {}): every index whole; {:.0} s",
        KILLS / 2,
        in_place.0,
        in_place.1,
        KILLS / 2,
        beside.0,
        beside.1,
        started.elapsed().as_secs_f64()
    );
}

#[cfg(unix)]
#[test]
fn a_run_that_can_no_longer_write_leaves_the_last_good_index() {
    let (documents, data) = (folder(), folder());
    write_edition(documents.path(), 1);
    timed(documents.path(), data.path(), 200);
    write_edition(documents.path(), 2);
    // Files may not grow beyond so many blocks of 512 bytes, in place and beside.
    for (blocks, words_max) in [(0, 200), (8, 200), (100, 200), (0, 201), (8, 201), (100, 201)] {
        let command = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let limited = Command::new("sh")
            .args(["-c", &command, "sh", PROGRAM, "index", "--data"])
            .args([data.path(), documents.path()])
            .env("SVARFORSLAG_PASSAGES__WORDS_MAX", words_max.to_string())
            .env("SVARFORSLAG_MODEL", "off")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&limited.stderr);
        assert_eq!(limited.status.code(), Some(1), "{blocks} blocks: {said}");
        assert!(said.contains("error: ") && said.contains("what to do: "), "{said}");
        let editions = whole(&Index::open(data.path()).unwrap().snapshot());
        assert!(editions.values().all(|edition| edition == "udgave1"), "{blocks} blocks");
    }
    timed(documents.path(), data.path(), 201);
    let editions = whole(&Index::open(data.path()).unwrap().snapshot());
    assert!(editions.values().all(|edition| edition == "udgave2"));
}

#[test]
fn what_is_opened_while_runs_write_is_always_one_state() {
    let (documents, data) = (folder(), folder());
    write_edition(documents.path(), 0);
    timed(documents.path(), data.path(), 200);
    let index = Index::open(data.path()).unwrap();
    let mut opened = 0;
    for edition in 1..8 {
        write_edition(documents.path(), edition);
        // Fewer documents than before, so that a manifest of another state would not fit.
        std::fs::remove_file(documents.path().join(format!("{edition}.md"))).unwrap();
        let mut run = run(documents.path(), data.path(), 200 + edition % 2).spawn().unwrap();
        while run.try_wait().unwrap().is_none() {
            let snapshots =
                [Index::open(data.path()).map(|index| index.snapshot()), Ok(index.snapshot())];
            for snapshot in snapshots {
                let snapshot = snapshot.unwrap();
                assert_eq!(u64::try_from(snapshot.manifest().passages()).unwrap(), snapshot.len());
                opened += 1;
            }
        }
    }
    println!("{opened} states opened while 7 runs wrote: each of one piece");
}

#[test]
fn an_owner_that_only_a_document_names_is_still_known_when_nothing_has_changed() {
    let desk = TestDesk::new().drejebog("Alfastyrelsen", "Controlling bestiller ændringer.").open();
    let mut known = vec![desk.service.institution("alfastyrelsen").unwrap().is_some()];
    desk.build(&Build::default()).unwrap();
    known.push(desk.service.institution("alfastyrelsen").unwrap().is_some());
    assert_eq!(known, [true, true]);
}

#[test]
fn only_builds_of_our_own_are_swept_away() {
    let desk = TestDesk::new().guide("Aconto", "Aconto udbetales dagligt.").open();
    let foreign = desk.data().join("build-release");
    std::fs::create_dir_all(&foreign).unwrap();
    std::fs::write(foreign.join("kept.txt"), "kept").unwrap();
    desk.build(&Build::default()).unwrap();
    assert!(foreign.join("kept.txt").is_file());
}
