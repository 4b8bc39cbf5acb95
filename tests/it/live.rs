//! Documents into and out of the index of a running service.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use svarforslag::config::Config;
use svarforslag::embedding::{Files, Model};
use svarforslag::index::{self, Encoding, Index, ModelId, SentenceEncoding, Writer};
use svarforslag::passages::PassageId;
use svarforslag::retrieval::sentence_texts;
use svarforslag::service::{
    self, AcceptedStandardsvar, Build, Error, Learned, LearnedCase, Pace, Service, Upload,
    UploadState, What, case_document, standardsvar_document,
};
use svarforslag::sources::Kind;
use svarforslag::terms::{Asker, Audience, parse_day};

use crate::desk::{Chance, DAY, Desk, TestDesk, extractor};
use crate::made;
use crate::vectors::{document, update};

/// Stands in the reply that is learned, and nowhere else.
const RARE: &str = "kvadratrodsfradraget";

fn case(id: &str, institution: Option<&str>) -> LearnedCase {
    LearnedCase {
        id: id.to_owned(),
        institution: institution.map(str::to_owned),
        asked: "Hej\n\nHvordan får vores medarbejder Mona Prøvesen sit særlige fradrag?\n\n\
                Venlig hilsen\nBo Eksempelsen"
            .to_owned(),
        answered: format!(
            "Kære Bo Eksempelsen\n\nMona Prøvesen, CPR 010172-9995, får {RARE} ved næste \
             lønkørsel. I skal sende blanketten i Lønportalen.\n\nSkriv til mona@proevesen.example, \
             hvis noget mangler. Mona kan også selv ringe.\n\nVenlig hilsen\nLønservice"
        ),
        approved: parse_day("2025-09-01").unwrap(),
        cites: vec!["abc".to_owned()],
    }
}

fn accepted(id: &str) -> AcceptedStandardsvar {
    AcceptedStandardsvar {
        id: id.to_owned(),
        title: "Rejsegodtgørelse i udlandet".to_owned(),
        text: "Satsen for *udlandsrejser* er 642 kr. pr. døgn.\n\n- Vedhæft bilag\n- Brug RejsUd"
            .to_owned(),
        institution: None,
        owner: Some("Lønservice".to_owned()),
        area: Some("loen".to_owned()),
        valid_from: parse_day("2025-01-01").unwrap(),
        valid_to: Some(parse_day("2025-12-31").unwrap()),
        cites: vec!["abc".to_owned()],
    }
}

fn upload(filename: &str, bytes: &[u8]) -> Upload {
    Upload {
        filename: filename.to_owned(),
        bytes: bytes.to_owned(),
        title: None,
        kind: Some(Kind::Brugervejledning),
        institution: None,
        valid_from: None,
        valid_to: None,
        supersedes: Vec::new(),
        audience: Audience::Customer,
        owner: None,
    }
}

/// Two institutions with a drejebog each, and a guide.
fn desk() -> Desk {
    TestDesk::new()
        .drejebog("Banedanmark", "Banedanmark afleverer lønbestillinger på et særligt regneark.")
        .drejebog("Ankestyrelsen", "Ankestyrelsen afleverer lønbestillinger i Lønportalen.")
        .guide("Bestilling af løn", "Fristen for lønbestillinger er den 2. december.")
        .open()
}

fn documents(desk: &Desk, institution: &str, q: &str) -> Vec<String> {
    desk.look_up(institution, q).hits.into_iter().map(|hit| hit.document).collect()
}

/// Whether the bytes stand in any file below a folder.
fn stands_in(folder: &Path, needle: &str) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    files.filter(holds).collect()
}

#[test]
fn an_approved_reply_is_found_at_once_masked_and_by_its_institution_alone() {
    let desk = desk();
    let id = case_document("7");
    let learned = desk.service.learn(&case("7", Some("banedanmark"))).unwrap();
    assert_eq!(learned, Learned::Taken { document: id.clone() });
    let found = desk.look_up("Banedanmark", RARE);
    let hit = found.hits.iter().find(|hit| hit.document == id).expect("the past case");
    assert_eq!((hit.kind, hit.institution.as_deref()), (Kind::Sag, Some("Banedanmark")));
    assert!(hit.text.contains(RARE) && hit.title.contains("særlige fradrag"), "{hit:?}");
    for other in ["Ankestyrelsen", ""] {
        assert!(!documents(&desk, other, RARE).contains(&id), "{other} sees it");
    }
    for canary in ["Mona", "Prøvesen", "Eksempelsen", "010172", "proevesen.example"] {
        assert_eq!(stands_in(&desk.data(), canary), [""; 0].map(PathBuf::from), "{canary}");
    }
    assert!(!stands_in(&desk.data(), RARE).is_empty(), "the scan can find what is there");
    let again = desk.service.learn(&case("7", Some("Banedanmark"))).unwrap();
    assert_eq!(again, Learned::Unchanged { document: id.clone() });
    // Another text under the same id takes its place.
    let mut other = case("7", Some("Banedanmark"));
    other.answered = "Fristen for pensionsopdateringen er den 3. marts.".to_owned();
    assert_eq!(desk.service.learn(&other).unwrap(), Learned::Taken { document: id.clone() });
    assert!(documents(&desk, "Banedanmark", "pensionsopdateringen").contains(&id));
    assert!(!documents(&desk, "Banedanmark", RARE).contains(&id));
}

#[test]
fn a_reply_to_nobody_and_an_empty_reply_are_no_past_cases() {
    let desk = desk();
    let nobodys = [None, Some(""), Some("  ")];
    for institution in nobodys {
        let learned = desk.service.learn(&case("1", institution)).unwrap();
        assert_eq!(learned, Learned::WithoutInstitution);
    }
    let mut empty = case("1", Some("Banedanmark"));
    empty.answered = " \n-\n".to_owned();
    assert_eq!(desk.service.learn(&empty).unwrap(), Learned::WithoutText);
    assert!(!desk.data().join("library/cases").exists());
}

#[test]
fn an_accepted_standardsvar_is_read_as_it_stands_and_seen_by_all() {
    let desk = desk();
    let id = standardsvar_document("s-1");
    let learned = desk.service.publish_standardsvar(&accepted("s-1")).unwrap();
    assert_eq!(learned, Learned::Taken { document: id.clone() });
    for institution in ["Banedanmark", "Ankestyrelsen", ""] {
        let found = desk.look_up(institution, "sats for udlandsrejser");
        let hit = found.hits.iter().find(|hit| hit.document == id).expect("the standardsvar");
        assert_eq!(
            (hit.kind, hit.title.as_str()),
            (Kind::Standardsvar, "Rejsegodtgørelse i udlandet")
        );
        assert!(hit.text.contains("*udlandsrejser* er 642 kr."), "{}", hit.text);
    }
    let notes =
        desk.service.documents(None, Some("standardsvar"), None, Asker::operator()).unwrap();
    assert_eq!(notes.documents[0].notes, []);
}

#[test]
fn what_was_learned_outlives_index_runs_and_the_loss_of_the_index() {
    let desk = desk();
    let (sag, standardsvar) = (case_document("7"), standardsvar_document("s-1"));
    desk.service.learn(&case("7", Some("Banedanmark"))).unwrap();
    desk.service.publish_standardsvar(&accepted("s-1")).unwrap();
    desk.service.set_applied(41).unwrap();
    let all_there = |desk: &Desk| {
        assert!(documents(desk, "Banedanmark", RARE).contains(&sag));
        assert!(documents(desk, "", "udlandsrejser").contains(&standardsvar));
        assert!(!documents(desk, "", "lønbestillinger").is_empty());
        assert_eq!(desk.service.readiness().unwrap().documents, 5);
    };
    for build in [
        Build { paths: vec![desk.documents()], add: false },
        Build { paths: vec![desk.documents()], add: true },
        Build::default(),
    ] {
        let report = desk.build(&build).unwrap();
        assert_eq!((report.documents, report.removed.len()), (5, 0), "{build:?}");
        all_there(&desk);
    }
    // The index is lost, with all that it remembers.
    let lost = |desk: &Desk| {
        for entry in std::fs::read_dir(desk.data()).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            match name.as_str() {
                "library" => {}
                _ if entry.path().is_dir() => std::fs::remove_dir_all(entry.path()).unwrap(),
                _ => std::fs::remove_file(entry.path()).unwrap(),
            }
        }
    };
    lost(&desk);
    desk.build(&Build::default()).unwrap();
    all_there(&desk);
    lost(&desk);
    let service = Service::open(desk.service.config().clone()).unwrap();
    let caught = service.catch_up().unwrap();
    assert_eq!(caught.taken_in.len(), 5, "{caught:?}");
    assert_eq!(service.applied().unwrap(), 41);
    all_there(&desk);
    assert_eq!(service.catch_up().unwrap(), service::CaughtUp::default());
}

#[test]
fn what_came_between_the_library_and_the_index_is_caught_up_at_start() {
    let desk = desk();
    let (kept, gone) = (case_document("kept"), case_document("gone"));
    desk.service.learn(&case("gone", Some("Banedanmark"))).unwrap();
    // Another run holds the index: the reply is kept all the same.
    let other_run = Writer::begin(&desk.data()).unwrap();
    let started = Instant::now();
    let learned = desk.service.learn(&case("kept", Some("Banedanmark"))).unwrap();
    assert_eq!(learned, Learned::Waiting { document: kept.clone() });
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(!documents(&desk, "Banedanmark", RARE).contains(&kept));
    let busy = desk.service.withdraw(&gone, Some("Banedanmark"), &Asker::operator()).unwrap_err();
    assert_eq!(busy.code(), "busy");
    assert!(documents(&desk, "Banedanmark", RARE).contains(&gone));
    drop(other_run);
    // A file that is gone, and what a killed change leaves: half a build, and half a file.
    std::fs::remove_file(desk.data().join("library/cases/gone.jsonl")).unwrap();
    let half = desk.data().join("build-7");
    std::fs::create_dir_all(&half).unwrap();
    std::fs::write(half.join(".managed.json"), "[").unwrap();
    let staging = desk.data().join("library/.staging-x/documents");
    std::fs::create_dir_all(&staging).unwrap();
    std::fs::write(staging.join("a.md"), "Halvt").unwrap();
    let service = Service::open(desk.service.config().clone()).unwrap();
    let caught = service.catch_up().unwrap();
    assert_eq!((caught.taken_in, caught.removed), (vec![kept.clone()], vec![gone.clone()]));
    let found = documents(&desk, "Banedanmark", RARE);
    assert!(found.contains(&kept) && !found.contains(&gone), "{found:?}");
    assert!(!half.exists() && !staging.exists());
}

#[test]
fn a_case_that_is_withdrawn_leaves_nothing_behind() {
    let desk = desk();
    service::encode(desk.service.config(), Pace::Full, &|_, _| {}).unwrap();
    let by = Asker::operator();
    let id = case_document("7");
    desk.service.learn(&case("7", Some("Banedanmark"))).unwrap();
    desk.service
        .learn(&LearnedCase {
            answered: "Fristen for pensionsopdateringen er den 3. marts.".to_owned(),
            ..case("8", Some("Banedanmark"))
        })
        .unwrap();
    let rows = || {
        let snapshot = Index::open(&desk.data()).unwrap().snapshot();
        (snapshot.vectors().unwrap().passages(), snapshot.sentences().unwrap().len())
    };
    let (passages, sentences) = rows();
    // To another institution it does not exist.
    for other in [Some("Ankestyrelsen"), None] {
        let refused = desk.service.withdraw(&id, other, &by).unwrap_err();
        assert!(matches!(refused, Error::NotFound), "{refused:?}");
    }
    let withdrawn = desk.service.withdraw(&id, Some("Banedanmark"), &by).unwrap();
    assert!(!withdrawn.can_be_restored);
    assert!(!documents(&desk, "Banedanmark", RARE).contains(&id));
    assert_eq!(stands_in(&desk.data(), RARE), [""; 0].map(PathBuf::from));
    let (fewer_passages, fewer_sentences) = rows();
    assert_eq!(passages - fewer_passages, 1);
    assert!(sentences > fewer_sentences, "{sentences} {fewer_sentences}");
    assert!(documents(&desk, "Banedanmark", "pensionsopdateringen").contains(&case_document("8")));
    let again = desk.service.withdraw(&id, Some("Banedanmark"), &by).unwrap_err();
    assert!(matches!(again, Error::NotFound));
    // What the ledger purges goes too, whoever owns it, also while it waits to be taken in.
    let other_run = Writer::begin(&desk.data()).unwrap();
    desk.service.learn(&case("9", Some("Banedanmark"))).unwrap();
    drop(other_run);
    let purged = [case_document("8"), case_document("9"), "unknown".to_owned()];
    assert_eq!(desk.service.forget(&purged).unwrap(), 1);
    assert_eq!(stands_in(&desk.data(), "pensionsopdateringen"), [""; 0].map(PathBuf::from));
    assert_eq!(stands_in(&desk.data(), RARE), [""; 0].map(PathBuf::from));
    assert_eq!(desk.service.catch_up().unwrap(), service::CaughtUp::default());
}

#[test]
fn a_document_of_a_folder_stays_withdrawn_until_it_is_restored() {
    let desk = desk();
    let by = Asker::named("mette");
    let (file, id) = ("brugervejledning/3.md", "brugervejledning/3.md");
    assert!(documents(&desk, "", "lønbestillinger").contains(&id.to_owned()));
    let withdrawn = desk.service.withdraw(id, None, &by).unwrap();
    assert!(withdrawn.can_be_restored);
    assert!(desk.documents().join(file).exists(), "the file belongs to others");
    let is_gone = || assert!(!documents(&desk, "", "lønbestillinger").contains(&id.to_owned()));
    is_gone();
    let note = |report: index::Report| {
        let notes = report.notes.into_iter();
        notes.filter(|note| note.code == service::WITHDRAWN_NOTE).collect::<Vec<_>>()
    };
    let noted = note(desk.build(&Build::default()).unwrap());
    assert_eq!((noted.len(), noted[0].file.as_str(), noted[0].left_out), (1, id, true));
    is_gone();
    desk.write(file, b"---\ndokumenttype: brugervejledning\n---\n# Bestilling\n\nFristen for l\xc3\xb8nbestillinger er ny.\n");
    let noted = note(desk.build(&Build { paths: vec![desk.documents()], add: true }).unwrap());
    assert!(noted[0].reason.contains("its file has changed"), "{noted:?}");
    is_gone();
    // Who may not see a document cannot restore it; an owner can.
    let drejebog = "drejebog/1.md";
    desk.service.withdraw(drejebog, Some("Banedanmark"), &by).unwrap();
    let refused = desk.service.restore(drejebog, Some("Ankestyrelsen"), &by).unwrap_err();
    assert!(matches!(refused, Error::NotFound));
    let listed = desk.service.withdrawn(Some("Ankestyrelsen"), &by).unwrap();
    assert_eq!(listed.iter().map(|one| one.document.as_str()).collect::<Vec<_>>(), [id]);
    assert_eq!((listed[0].by.as_str(), listed[0].institution.as_deref()), ("mette", None));
    let restored = desk.service.restore(drejebog, Some("Banedanmark"), &by).unwrap();
    assert_eq!(restored.passages, 1);
    let restored = desk.service.restore(id, None, &by).unwrap();
    assert_eq!(restored.passages, 1);
    assert!(desk.look_up("", "lønbestillinger").hits.iter().any(|hit| hit.text.contains("er ny")));
    assert_eq!(note(desk.build(&Build::default()).unwrap()), []);
    assert!(documents(&desk, "", "lønbestillinger").contains(&id.to_owned()));
    assert!(matches!(desk.service.restore(id, None, &by).unwrap_err(), Error::NotFound));
}

/// A service over the desk's data that reads files of every format.
fn reading(desk: &Desk) -> Service {
    Service::open(desk.service.config().clone()).unwrap().with_extractor(extractor())
}

#[test]
fn a_document_that_is_handed_in_is_shown_kept_replaced_and_known_again() {
    let desk = desk();
    let service = reading(&desk);
    let word = made::docx(&made::word_paragraph(&[(
        "",
        "Rejseafregning sker i RejsUd senest den 9. marts.",
    )]));
    let mut one = upload("Rejser 2025.docx", &word);
    one.title = Some("Rejser: \"nye\" regler".to_owned());
    one.owner = Some("Rejseholdet".to_owned());
    let shown = service.preview(&one).unwrap();
    assert_eq!((shown.state, shown.passages.len()), (UploadState::Preview, 1));
    assert!(shown.passages[0].text.contains("RejsUd"));
    assert!(!desk.data().join("library/documents").exists(), "a preview keeps nothing");
    assert_eq!(service.readiness().unwrap().documents, 3);
    let added = service.upload(&one).unwrap();
    assert_eq!((added.state, added.passages), (UploadState::Added, shown.passages));
    let id = added.document;
    let hit = &desk.look_up("", "rejseafregning").hits[0];
    assert_eq!(
        (hit.document.as_str(), hit.title.as_str()),
        (id.as_str(), "Rejser: \"nye\" regler")
    );
    assert_eq!(service.upload(&one).unwrap().state, UploadState::Unchanged);
    let build = || desk.build(&Build::default()).unwrap();
    assert_eq!((build().documents, build().unchanged), (4, 4));
    // The same file for an institution is another document.
    one.institution = Some("banedanmark".to_owned());
    let own = service.upload(&one).unwrap();
    assert_eq!(own.state, UploadState::Added);
    assert_ne!(own.document, id);
    assert_eq!(own.documents[0].institution.as_deref(), Some("Banedanmark"));
    let listed = |institution: &str| {
        let page = service.documents(Some(institution), None, None, Asker::operator()).unwrap();
        page.documents.iter().any(|entry| entry.document == own.document)
    };
    assert!(listed("Banedanmark") && !listed("Ankestyrelsen"));
    // Other words under the same name take their place, and leave nothing of the old ones.
    one.institution = None;
    one.bytes = made::docx(&made::word_paragraph(&[("", "Fristen er den 1. april.")]));
    let replaced = service.upload(&one).unwrap();
    assert_eq!((replaced.state, replaced.document.as_str()), (UploadState::Replaced, id.as_str()));
    let found = desk.look_up("", "rejseafregning").hits;
    assert!(!found.iter().any(|hit| hit.document == id && hit.text.contains("RejsUd")));
    // A newer document takes the place of an older one from its first day.
    let mut newer = upload("rejser-2.md", "# Rejser\n\nFristen er nu den 1. juni.\n".as_bytes());
    newer.supersedes = vec![id.clone()];
    newer.valid_from = parse_day("2025-06-01");
    service.upload(&newer).unwrap();
    let state = |day: &str| {
        let query = service::LookupQuery {
            q: "frist".to_owned(),
            day: Some(day.to_owned()),
            ..service::LookupQuery::default()
        };
        let found = service.look_up(&query, Asker::operator()).unwrap();
        let hit = found.hits.into_iter().find(|hit| hit.document == id).unwrap();
        serde_json::to_value(hit.state).unwrap()
    };
    assert_eq!((state("2025-05-31"), state(DAY)), ("current".into(), "superseded".into()));
    let gone = service.withdraw(&id, None, &Asker::operator()).unwrap();
    assert!(!gone.can_be_restored);
    assert_eq!(service.readiness().unwrap().documents, 5);
}

#[track_caller]
fn refused(service: &Service, upload: &Upload, code: &str) {
    for refused in [service.preview(upload), service.upload(upload)] {
        match refused {
            Err(Error::Unreadable(note)) => assert_eq!(note.code, code, "{note:?}"),
            other => panic!("{}: {other:?}", upload.filename),
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_its_reason_and_changes_nothing() {
    let desk = desk();
    let service = reading(&desk);
    refused(&service, &upload("tom.md", b""), "empty_file");
    refused(&service, &upload("a.pdf", b"Dette er ren tekst og ingen PDF."), "wrong_type");
    refused(&service, &upload("a.exe", b"MZ\x90\x00\x03\x00\x00\x00"), "unsupported");
    refused(&service, &upload("a.toml", b"demo = true"), "unsupported");
    refused(&service, &upload("collection.toml", b"demo = true"), "unsupported");
    refused(&service, &upload("a.md.meta.yaml", b"titel: A"), "unsupported");
    refused(&service, &upload("a.pdf", b"%PDF-1.7\nknust"), "parse_failed");
    refused(&service, &upload("brudt.md", b"---\nversion: [1\n---\nA\n"), "bad_metadata");
    let foreign = b"---\ninstitution: Ankestyrelsen\ndokumenttype: drejebog\n---\n# D\n\nTekst.\n";
    refused(&service, &upload("d.md", foreign), "other_institution");
    let mut own = upload("d.md", foreign);
    own.institution = Some("Banedanmark".to_owned());
    refused(&service, &own, "metadata_conflict");
    let mut drejebog = upload("d.md", b"# D\n\nTekst.\n");
    drejebog.kind = Some(Kind::Drejebog);
    refused(&service, &drejebog, "no_institution");
    let export =
        br#"{"sagsnummer":"1","institution":"Ankestyrelsen","svar":"Nej.","godkendt":true}"#;
    refused(&service, &upload("sager.jsonl", export), "other_institution");
    let bomb = made::docx(&made::word_paragraph(&[("", &"a".repeat(140_000_000))]));
    let started = Instant::now();
    match service.preview(&upload("bombe.docx", &bomb)) {
        Err(Error::Unreadable(note)) => {
            println!("a bomb: {} in {:?}", note.code, started.elapsed());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(service.readiness().unwrap().documents, 3);
    assert!(!desk.data().join("library/documents").exists());
    // What hides in a file that can be read is left out, and said.
    let hidden =
        "# Ferie\n\n<span style=\"display:none\">Skjult sætning.</span>\n\nFerie varsles.\n";
    let added = service.upload(&upload("ferie.md", hidden.as_bytes())).unwrap();
    assert!(added.notes.iter().any(|note| note.code == "hidden_text"), "{:?}", added.notes);
    assert!(!added.passages.iter().any(|passage| passage.text.contains("Skjult")));
    let listed = service.documents(None, None, None, Asker::operator()).unwrap().documents;
    let listed = listed.iter().find(|entry| entry.document == added.document).unwrap();
    assert_eq!(listed.notes, added.notes);
}

#[test]
fn a_document_may_be_the_first_of_an_index() {
    let desk = TestDesk::new().unindexed();
    let service = reading(&desk);
    assert_eq!(service.catch_up().unwrap(), service::CaughtUp::default());
    assert_eq!(service.readiness().unwrap_err().code(), "index_missing");
    let added = service.upload(&upload("a.md", "# Ferie\n\nFerie varsles i tide.\n".as_bytes()));
    assert_eq!(added.unwrap().state, UploadState::Added);
    let learned = service.learn(&case("7", Some("Banedanmark"))).unwrap();
    assert_eq!(learned, Learned::Taken { document: case_document("7") });
    assert!(service.has_vectors(), "the first document has its vectors too");
    assert!(documents(&desk, "Banedanmark", RARE).contains(&case_document("7")));
    assert_eq!(desk.build(&Build::default()).unwrap().unchanged, 2);
}

#[test]
fn what_is_learned_beside_invented_documents_is_marked_as_invented() {
    let desk = TestDesk::new()
        .file("collection.toml", b"demo = true\nday = \"2025-10-15\"\nname = \"D\"\n")
        .drejebog("Banedanmark", "Banedanmark afleverer lønbestillinger på et regneark.")
        .open();
    desk.service.learn(&case("7", Some("Banedanmark"))).unwrap();
    desk.service.upload(&upload("a.md", "# Ferie\n\nFerie varsles.\n".as_bytes())).unwrap();
    let snapshot = Index::open(&desk.data()).unwrap().snapshot();
    assert!(snapshot.manifest().documents.values().all(|record| record.demo));
    let collection = snapshot.manifest().collection.clone();
    let report = desk.build(&Build::default()).unwrap();
    assert_eq!((report.documents, report.unchanged), (3, 3));
    let after = Index::open(&desk.data()).unwrap().snapshot();
    assert_eq!(after.manifest().collection, collection);
    // Real documents do not come among them.
    let real = TestDesk::new().guide("Ferie", "Ferie varsles.").unindexed();
    let mixed = desk.build(&Build { paths: vec![real.documents()], add: false }).unwrap_err();
    assert_eq!(mixed.code(), "bad_sources");
}

#[track_caller]
fn has_all_vectors(state: &index::Snapshot) {
    let vectors = state.vectors().unwrap_or_else(|lack| panic!("{lack}"));
    assert_eq!(vectors.passages() as u64, state.len());
    assert_eq!(state.manifest().passages() as u64, state.len());
    assert!(state.sentences().is_some());
}

#[test]
fn every_state_that_a_search_sees_has_all_its_vectors() {
    const CHANGES: usize = 12;
    let desk = desk();
    service::encode(desk.service.config(), Pace::Full, &|_, _| {}).unwrap();
    let (stop, data) = (AtomicBool::new(false), desk.data());
    // In the service's own process, and as another process would.
    let live = Index::open(&data).unwrap();
    let (seen, opened) = std::thread::scope(|scope| {
        let own = scope.spawn(|| {
            let (stop, mut seen) = (&stop, 0);
            while !stop.load(Ordering::Relaxed) {
                has_all_vectors(&live.snapshot());
                seen += 1;
            }
            seen
        });
        let other = scope.spawn(|| {
            let (stop, data, mut opened) = (&stop, &data, 0);
            while !stop.load(Ordering::Relaxed) {
                has_all_vectors(&Index::open(data).unwrap().snapshot());
                opened += 1;
            }
            opened
        });
        for n in 0..CHANGES {
            let id = format!("{}", n / 2);
            if n % 2 == 0 {
                let learned = desk.service.learn(&case(&id, Some("Banedanmark"))).unwrap();
                assert!(matches!(learned, Learned::Taken { .. }), "{learned:?}");
            } else {
                desk.service.forget(&[case_document(&id)]).unwrap();
            }
        }
        stop.store(true, Ordering::Relaxed);
        (own.join().unwrap(), other.join().unwrap())
    });
    assert!(seen > CHANGES && opened > 0);
    println!("{CHANGES} changes: {seen} states asked for, {opened} opened, each with all vectors");
}

#[test]
fn cited_passages_are_told_apart_by_what_has_become_of_them() {
    let desk = TestDesk::new()
        .drejebog("Banedanmark", "Banedanmark afleverer lønbestillinger på et regneark.")
        .source(
            "drejebog",
            &["institution: Ankestyrelsen", "gyldig_til: 2024-12-31"],
            "Udløbet",
            "## Ferie\n\nFerie tastes.",
        )
        .source("nyhed", &["gyldig_til: 2025-11-01"], "Nyhed", "Portalen er lukket.")
        .guide("Ændres", "Fristen er 28 dage.")
        .guide("Forsvinder", "Blanketten sendes.")
        .open();
    let snapshot = Index::open(&desk.data()).unwrap().snapshot();
    let cited: Vec<(PassageId, String)> = snapshot
        .manifest()
        .documents
        .keys()
        .flat_map(|id| {
            let scope = |name: &str| {
                let own = snapshot.manifest().register.find(name);
                svarforslag::terms::Scope::new(Asker::operator(), own, parse_day(DAY).unwrap())
            };
            ["Banedanmark", "Ankestyrelsen"]
                .into_iter()
                .flat_map(|name| snapshot.passages_of(&scope(name), id).unwrap())
                .map(|passage| (passage.id, id.clone()))
                .collect::<std::collections::BTreeMap<_, _>>()
        })
        .collect();
    assert_eq!(cited.len(), 5);
    let become_of = |day: &str| {
        let day = parse_day(day).unwrap();
        let by = Asker::operator();
        let changed = desk.service.sources_changed(&cited, Some("Banedanmark"), day, &by).unwrap();
        changed.into_iter().map(|one| (one.document, one.what)).collect::<Vec<_>>()
    };
    // Another institution's drejebog is as good as gone: it could not have been cited.
    let foreign = ("drejebog/2.md".to_owned(), What::Gone);
    assert_eq!(become_of(DAY), std::slice::from_ref(&foreign));
    let nyhed = ("nyhed/3.md".to_owned(), What::Expired);
    assert_eq!(become_of("2025-11-02"), [foreign.clone(), nyhed.clone()]);
    desk.write(
        "brugervejledning/4.md",
        "---\ndokumenttype: brugervejledning\n---\n# Ændres\n\nFristen er 30 dage.\n".as_bytes(),
    );
    desk.remove("brugervejledning/5.md");
    desk.build(&Build::default()).unwrap();
    let mut newer = upload("nyt.md", "# Drejebog\n\nBanedanmark taster selv.\n".as_bytes());
    newer.kind = Some(Kind::Drejebog);
    newer.institution = Some("Banedanmark".to_owned());
    newer.supersedes = vec!["drejebog/1.md".to_owned()];
    newer.valid_from = parse_day("2025-11-01");
    desk.service.upload(&newer).unwrap();
    let of = |id: &str, what| (id.to_owned(), what);
    assert_eq!(
        become_of("2025-11-02"),
        [
            of("brugervejledning/4.md", What::Changed),
            of("brugervejledning/5.md", What::Gone),
            of("drejebog/1.md", What::Superseded),
            foreign,
            nyhed,
        ]
    );
    // What else cites it, for whom.
    let mut sag = case("7", Some("Banedanmark"));
    sag.cites = vec!["x".to_owned(), cited[2].0.0.clone()];
    desk.service.learn(&sag).unwrap();
    let mut standardsvar = accepted("s");
    standardsvar.cites = vec![cited[2].0.0.clone()];
    desk.service.publish_standardsvar(&standardsvar).unwrap();
    let citing = |institution: Option<&str>, passage: &str| {
        let (day, by) = (parse_day(DAY).unwrap(), Asker::operator());
        let passages = [PassageId(passage.to_owned())];
        let citing = desk.service.citing(&passages, institution, day, &by).unwrap();
        citing.into_iter().map(|entry| entry.document).collect::<Vec<_>>()
    };
    let (sag, standardsvar) = (case_document("7"), standardsvar_document("s"));
    let passage = cited[2].0.0.as_str();
    assert_eq!(citing(Some("Banedanmark"), passage), [sag.clone(), standardsvar.clone()]);
    assert_eq!(citing(Some("Ankestyrelsen"), passage), [standardsvar]);
    assert_eq!(citing(Some("Banedanmark"), "x"), [sag]);
    assert_eq!(citing(Some("Banedanmark"), "y"), [""; 0]);
    // What has run out, for whom.
    let expired = |institution: Option<&str>| {
        let day = parse_day("2025-11-02").unwrap();
        let expired = desk.service.expired(institution, day, &Asker::operator()).unwrap();
        expired.into_iter().map(|entry| entry.document).collect::<Vec<_>>()
    };
    assert_eq!(expired(None), ["nyhed/3.md"]);
    assert_eq!(expired(Some("Ankestyrelsen")), ["drejebog/2.md", "nyhed/3.md"]);
    assert_eq!(expired(Some("Banedanmark")), ["drejebog/1.md", "nyhed/3.md"]);
    let chapters =
        desk.service.drejebog_headings(parse_day("2024-06-01").unwrap(), &Asker::operator());
    let chapters = chapters.unwrap();
    let of = |name: &str| {
        let found = chapters.iter().find(|one| one.institution == name).unwrap();
        found.headings.iter().map(String::as_str).collect::<Vec<_>>()
    };
    assert_eq!(of("Ankestyrelsen"), ["Ferie"]);
}

/// Milliseconds from the call until a lookup by another service over the same data finds it.
fn to_findable(service: &Service, other: &Service, n: usize) -> f64 {
    let mut case = case(&format!("m-{n}"), Some("Banedanmark"));
    let word = format!("prøvesag{n}zebra");
    // About 200 words.
    let filler = "Medarbejderen får beløbet udbetalt med den næste lønkørsel, når kunden har sendt \
                  blanketten i Lønportalen og 2. godkenderen har godkendt den. ";
    case.answered = format!("Om {word}: {}", filler.repeat(9));
    let started = Instant::now();
    let learned = service.learn(&case).unwrap();
    assert!(matches!(learned, Learned::Taken { .. }), "{learned:?}");
    assert!(shows(other, n), "it is not found");
    started.elapsed().as_secs_f64() * 1e3
}

/// Whether a lookup finds the case of that number.
fn shows(service: &Service, n: usize) -> bool {
    let query = service::LookupQuery {
        q: format!("prøvesag{n}zebra"),
        institution: Some("Banedanmark".to_owned()),
        ..service::LookupQuery::default()
    };
    let found = service.look_up(&query, Asker::operator()).unwrap();
    let id = case_document(&format!("m-{n}"));
    found.hits.iter().any(|hit| hit.document == id)
}

fn figures(name: &str, mut ms: Vec<f64>) -> f64 {
    ms.sort_by(f64::total_cmp);
    let (median, most) = (ms[ms.len() / 2], ms[ms.len() - 1]);
    println!("{name}: n={}, p50 {median:.0} ms, max {most:.0} ms", ms.len());
    most
}

/// Vectors of the model that is built in for all that lacks some: any will do where only the time
/// of what comes after is measured.
fn filled(data: &Path) {
    let model = Model::load(&Files::shipped()).unwrap();
    let id =
        ModelId { fingerprint: model.fingerprint().to_owned(), dimensions: model.dimensions() };
    let mut chance = Chance::new(7);
    let mut vector = || {
        let values: Vec<f32> =
            (0..id.dimensions).map(|_| chance.below(2001) as f32 / 1000.0 - 1.0).collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        values.into_iter().map(|value| value / length).collect::<Vec<f32>>()
    };
    let mut passages = Encoding::begin(data, &id).unwrap().unwrap();
    for missing in passages.missing() {
        passages.put(&missing, &[vector()]).unwrap();
    }
    passages.save().unwrap();
    drop(passages);
    let mut sentences = SentenceEncoding::begin(data, &id, &sentence_texts).unwrap().unwrap();
    for text in sentences.missing() {
        sentences.put(&text, &vector()).unwrap();
    }
    let count = sentences.save().unwrap();
    println!("{count} sentences have vectors");
}

/// Measures over a data directory that has its index and all vectors.
fn measure(name: &str, config: Config, times: usize) {
    let service = Service::open(config.clone()).unwrap();
    let other = Service::open(config).unwrap();
    let passages = service.readiness().unwrap().passages;
    // The model is loaded when it is first needed.
    assert!(service.has_vectors() && other.has_vectors());
    let ms: Vec<f64> = (0..times).map(|n| to_findable(&service, &other, n)).collect();
    assert!(service.has_vectors() && other.has_vectors());
    let learned = figures(&format!("{name}, {passages} passages: learned and found"), ms);
    let withdrawn = |n: usize| {
        let started = Instant::now();
        let id = case_document(&format!("m-{n}"));
        let ms = || started.elapsed().as_secs_f64() * 1e3;
        std::thread::scope(|scope| {
            let gone = scope.spawn(|| {
                while shows(&other, n) {}
                ms()
            });
            service.withdraw(&id, Some("Banedanmark"), &Asker::operator()).unwrap();
            (ms(), gone.join().unwrap())
        })
    };
    let (done, gone) = (0..times).map(withdrawn).unzip();
    let gone = figures(&format!("{name}, {passages} passages: withdrawn, found no more"), gone);
    figures(&format!("{name}, {passages} passages: withdrawn, nothing left in any file"), done);
    assert!(learned < 2000.0 && gone < 1000.0, "{learned} {gone}");
}

#[test]
fn a_past_case_is_found_within_two_seconds_beside_the_demo_collection() {
    // On the disk, not in memory: the figure holds what it takes to keep something for good.
    let data = tempfile::tempdir().unwrap();
    let config = Config { data: data.path().to_owned(), ..Config::default() };
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("index/demo");
    let wanted = Build { paths: vec![demo], add: false };
    service::build(&config, &extractor(), &wanted, &|_| {}).unwrap();
    filled(&config.data);
    measure("demo", config, 20);
}

#[test]
fn a_past_case_is_found_within_two_seconds_beside_many_passages() {
    let data = tempfile::tempdir().unwrap();
    let config = Config { data: data.path().to_owned(), ..Config::default() };
    let mut chance = Chance::new(11);
    let words: Vec<String> = (0..4000).map(|n| format!("ord{n}en")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut sentence = || {
        let count = chance.between(8, 16);
        let all: Vec<&str> = (0..count).map(|_| chance.of(&words)).collect();
        format!("Kunden {}.", all.join(" "))
    };
    let mut section = || (0..5).map(|_| sentence()).collect::<Vec<_>>().join(" ");
    let made = |n: usize, section: &mut dyn FnMut() -> String| {
        let sections: Vec<String> = (0..8).map(|_| section()).collect();
        let sections: Vec<&str> = sections.iter().map(String::as_str).collect();
        let owner = n.is_multiple_of(3).then(|| format!("Institution {}", n % 60));
        document(&format!("d/{n}.md"), owner.as_deref(), &sections)
    };
    // 2,500 documents make 20,000 passages; docs/measurements.md has the figures of those.
    let count = crate::desk::number("SVARFORSLAG_TEST_LIVE_DOCUMENTS").unwrap_or(250);
    let count = usize::try_from(count).unwrap();
    let documents = (0..count).map(|n| made(n, &mut section)).collect();
    update(&config.data, documents, false);
    filled(&config.data);
    measure("made", config, 10);
}

/// Where the child of the next test finds its data directory.
const CHILD: &str = "SVARFORSLAG_TEST_LEARNING_CHILD";

#[test]
fn a_child_that_learns_and_withdraws_until_it_is_killed() {
    let Some(data) = std::env::var_os(CHILD) else { return };
    let config = Config { data: data.into(), model: "off".to_owned(), ..Config::default() };
    let service = Service::open(config).unwrap();
    service.catch_up().unwrap();
    let first = service.applied().unwrap();
    for n in first.. {
        let learned = service.learn(&case(&format!("k-{n}"), Some("Banedanmark"))).unwrap();
        assert!(!matches!(learned, Learned::Waiting { .. }), "{learned:?}");
        service.set_applied(n + 1).unwrap();
        println!("acknowledged learned {n}");
        if n % 4 == 3 {
            let gone = n - 2;
            let id = case_document(&format!("k-{gone}"));
            service.withdraw(&id, Some("Banedanmark"), &Asker::operator()).unwrap();
            println!("acknowledged withdrawn {gone}");
        }
    }
}

#[test]
fn a_service_that_is_killed_loses_nothing_that_it_has_acknowledged() {
    const KILLS: usize = 30;
    let desk = desk();
    let mut chance = Chance::new(3);
    let (mut learned, mut withdrawn) = (BTreeSet::new(), BTreeSet::new());
    let mut slowest = Duration::ZERO;
    for _ in 0..KILLS {
        let name = "live::a_child_that_learns_and_withdraws_until_it_is_killed";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", name])
            .env(CHILD, desk.data())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed in the middle of what follows upon some acknowledgement.
        let (after, micros) = (chance.between(1, 6), chance.below(60_000) as u64);
        let mut take = |line: &str| {
            let mut words = line.rsplit(' ');
            let n: u64 = words.next().unwrap().parse().unwrap();
            let all = if line.contains("withdrawn") { &mut withdrawn } else { &mut learned };
            all.insert(n);
        };
        let mut heard = 0;
        while heard < after {
            let line = lines.next().expect("the child goes on").unwrap();
            if line.contains("acknowledged") {
                take(&line);
                heard += 1;
            }
        }
        let until = Instant::now() + Duration::from_micros(micros);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok).filter(|line| line.contains("acknowledged")) {
            // The last line may be cut off.
            if line.split(' ').nth(2).is_some_and(|n| n.parse::<u64>().is_ok()) {
                take(&line);
            }
        }
        let started = Instant::now();
        let config = Config { model: "off".to_owned(), ..desk.service.config().clone() };
        let service = Service::open(config).unwrap();
        service.catch_up().unwrap();
        slowest = slowest.max(started.elapsed());
        let snapshot = Index::open(&desk.data()).unwrap().snapshot();
        let held = &snapshot.manifest().documents;
        assert_eq!(snapshot.manifest().passages() as u64, snapshot.len());
        // One that was being withdrawn when the service was killed may be here or gone.
        let in_doubt = |n: &&u64| **n % 4 == 1 && learned.contains(&(**n + 2));
        for n in learned.difference(&withdrawn).filter(|n| !in_doubt(n)) {
            assert!(held.contains_key(&case_document(&format!("k-{n}"))), "{n} is lost");
        }
        for n in &withdrawn {
            assert!(!held.contains_key(&case_document(&format!("k-{n}"))), "{n} is back");
        }
        assert!(service.applied().unwrap() > *learned.last().unwrap());
    }
    let builds = std::fs::read_dir(desk.data()).unwrap().flatten();
    let builds = builds.filter(|entry| entry.file_name().to_string_lossy().starts_with("build-"));
    assert_eq!(builds.count(), 1, "what killed changes left is swept away");
    assert!(learned.len() > KILLS && !withdrawn.is_empty());
    println!(
        "{KILLS} kills: {} learned, {} withdrawn, none lost; caught up in at most {slowest:?}",
        learned.len(),
        withdrawn.len()
    );
}
