//! Search by vectors: whose rows are scored, what a change of the index does to them, and damage.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use svarforslag::index::{
    self, Encoding, Entry, Error, Filter, Index, Lack, ModelId, Nearest, Questions, Snapshot,
    States, Update,
};
use svarforslag::passages::{self, PassageId};
use svarforslag::sources::{Block, Collection, Document, Form, Kind};
use svarforslag::terms::{Asker, Audience, Period, Register, Scope, parse_day};

use crate::desk::{Chance, DAY, folder};

const DIMENSIONS: usize = 48;

pub(crate) fn model() -> ModelId {
    ModelId { fingerprint: "test".to_owned(), dimensions: DIMENSIONS }
}

/// The same vector of length 1 for the same seed.
fn vector(seed: u64, dimensions: usize) -> Vec<f32> {
    let mut chance = Chance::new(seed);
    let mut value = || chance.below(2001) as f32 / 1000.0 - 1.0;
    let values: Vec<f32> = (0..dimensions).map(|_| value()).collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

/// What the encoder of these tests makes of a text.
pub(crate) fn encoded(text: &str) -> Vec<f32> {
    let seed =
        text.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    vector(seed, DIMENSIONS)
}

/// Encodes what is missing and says how many passages that were.
pub(crate) fn encode(data: &Path) -> usize {
    let Some(mut encoding) = Encoding::begin(data, &model()).unwrap() else { return 0 };
    let missing = encoding.missing();
    for passage in &missing {
        let text = encoding.text(passage).unwrap();
        assert_eq!(text.len(), passage.bytes);
        encoding.put(passage, &[encoded(&text)]).unwrap();
    }
    let done = encoding.save().unwrap();
    assert_eq!((done.passages, done.rows), (done.of, done.of));
    missing.len()
}

/// The texts of all passages as they are encoded, by asking as nobody may: for tests alone.
pub(crate) fn texts_of(documents: &[Document]) -> Vec<(Option<String>, PassageId, String)> {
    let all = documents.iter().flat_map(|document| {
        let cut = passages::cut(document, passages::Settings::default());
        let record = index::Record::of(document, cut.len());
        cut.into_iter().map(move |passage| {
            let text = index::text_of(&record, &passage);
            (passage.owner, passage.id, text)
        })
    });
    all.collect()
}

pub(crate) fn document(id: &str, owner: Option<&str>, sections: &[&str]) -> Document {
    let block = |form, text: &str| Block { form, text: text.to_owned(), page: None };
    let blocks = sections.iter().enumerate().flat_map(|(at, text)| {
        [block(Form::Heading(2), &format!("Afsnit {at}")), block(Form::Paragraph, text)]
    });
    Document {
        id: id.to_owned(),
        file: id.to_owned(),
        hash: blake3::hash(sections.concat().as_bytes()).to_hex().to_string(),
        title: format!("Aftale {id}"),
        kind: if owner.is_some() { Kind::Drejebog } else { Kind::Brugervejledning },
        institution: owner.map(str::to_owned),
        loengrupper: Vec::new(),
        audience: Audience::Customer,
        owner: None,
        version: None,
        period: Period::default(),
        supersedes: Vec::new(),
        systems: Vec::new(),
        area: None,
        demo: false,
        blocks: blocks.collect(),
    }
}

pub(crate) fn update(data: &Path, documents: Vec<Document>, add: bool) {
    update_cut(data, documents, add, passages::Settings::default());
}

fn update_cut(data: &Path, documents: Vec<Document>, add: bool, cut: passages::Settings) {
    let holds = Update {
        documents,
        unchanged: BTreeSet::new(),
        add,
        roots: Vec::new(),
        collection: Collection::default(),
        register: Register::default(),
        notes: Vec::new(),
        cut,
        made: String::new(),
    };
    index::update(data, holds, &|_| {}).unwrap();
}

pub(crate) fn open(data: &Path) -> Arc<Snapshot> {
    Index::open(data).unwrap().snapshot()
}

fn scope(snapshot: &Snapshot, institution: Option<&str>) -> Scope {
    let institution = institution.map(|name| snapshot.manifest().register.find(name).unwrap());
    Scope::new(Asker::operator(), institution, parse_day(DAY).unwrap())
}

fn near(snapshot: &Snapshot, institution: Option<&str>, query: &[f32]) -> Option<Nearest> {
    let (model, vectors) = (model(), [query]);
    let questions = Questions { model: &model, vectors: &vectors };
    snapshot.near(&scope(snapshot, institution), questions, &Filter::all(), 10).unwrap()
}

fn ids(nearest: &Nearest) -> Vec<&str> {
    nearest.found[0].iter().map(|near| near.passage.0.as_str()).collect()
}

fn file(data: &Path) -> PathBuf {
    let build = fs::read_to_string(data.join("current")).unwrap();
    data.join(build.trim()).join("vectors.bin")
}

/// Institutions, general sources, and their passages, each with some text of its own.
const INSTITUTIONS: usize = 400;

fn many() -> Vec<Document> {
    let mut chance = Chance::new(400);
    let mut documents = Vec::new();
    for at in 0..INSTITUTIONS {
        let owner = format!("Institution {at}");
        let texts: Vec<String> =
            (0..chance.between(1, 4)).map(|n| format!("Egen tekst {n} hos {at}.")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        documents.push(document(&format!("d{at}"), Some(&owner), &texts));
    }
    for at in 0..10 {
        documents.push(document(&format!("g{at}"), None, &[&format!("Fælles tekst {at}.")]));
    }
    documents
}

#[test]
fn of_400_institutions_none_is_shown_or_scored_for_another() {
    let folder = folder();
    let documents = many();
    let texts = texts_of(&documents);
    update(folder.path(), documents, false);
    assert_eq!(encode(folder.path()), texts.len());
    let snapshot = open(folder.path());
    let owner = |id: &str| texts.iter().find(|(_, own, _)| own.0 == id).unwrap().0.as_deref();
    let count = |of: Option<&str>| texts.iter().filter(|(own, ..)| own.as_deref() == of).count();
    let mut searches = 0;
    for asker in
        (0..INSTITUTIONS).step_by(7).map(|at| format!("Institution {at}")).map(Some).chain([None])
    {
        let asker = asker.as_deref();
        let own = if asker.is_some() { count(asker) } else { 0 };
        for (_, id, text) in
            texts.iter().filter(|(own, ..)| own.is_some() && own.as_deref() != asker).step_by(13)
        {
            let query = encoded(text);
            let nearest = near(&snapshot, asker, &query).unwrap();
            assert_eq!(nearest.scored, count(None) + own);
            let admitted = |id: &&str| owner(id).is_none() || owner(id) == asker;
            assert!(ids(&nearest).iter().all(admitted), "{asker:?} sees {:?}", ids(&nearest));
            let (model, vectors) = (model(), [query.as_slice()]);
            let questions = Questions { model: &model, vectors: &vectors };
            let scope = scope(&snapshot, asker);
            let similarities = snapshot.similarities(&scope, questions, &[id]).unwrap();
            assert_eq!(similarities, Some(vec![vec![None]]));
            assert!(snapshot.passage(&scope, id).unwrap().is_none());
            searches += 1;
        }
        for (_, id, text) in texts.iter().filter(|(own, ..)| own.as_deref() == asker) {
            let nearest = near(&snapshot, asker, &encoded(text)).unwrap();
            assert_eq!(ids(&nearest)[0], id.0);
            assert!((nearest.found[0][0].similarity - 1.0).abs() < 1e-5);
        }
    }
    println!("{searches} searches with the vectors of others' passages");
    assert!(searches > 1000);
}

#[test]
fn a_second_look_at_the_owner_keeps_foreign_passages_out_where_the_file_is_wrong() {
    let folder = folder();
    let data = folder.path();
    let documents =
        vec![document("a", Some("Banedanmark"), &["Egen."]), document("g", None, &["Fælles."])];
    let texts = texts_of(&documents);
    update(data, documents, false);
    let content = open(data).manifest().content();
    // The file says that everything is general.
    let entries: Vec<Entry> = ["a", "g"]
        .into_iter()
        .zip(&texts)
        .map(|(document, (_, id, _))| Entry {
            owner: None,
            document: document.to_owned(),
            passage: id.clone(),
            hash: [0; 32],
            windows: 1,
        })
        .collect();
    let vectors = |at: usize| Ok(vec![encoded(&texts[at].2)]);
    let build = file(data).parent().unwrap().to_owned();
    index::write_vectors(&build, &content, &model(), &entries, &mut { vectors }).unwrap();
    let snapshot = open(data);
    let query = encoded(&texts[0].2);
    for (asker, expected) in [(None, vec!["g"]), (Some("Banedanmark"), vec!["a", "g"])] {
        let nearest = near(&snapshot, asker, &query).unwrap();
        let shown: Vec<_> = nearest.found[0].iter().map(|near| near.document.as_str()).collect();
        assert_eq!(shown, expected);
        let (model, vectors) = (model(), [query.as_slice()]);
        let questions = Questions { model: &model, vectors: &vectors };
        let scope = scope(&snapshot, asker);
        let ids = [&texts[0].1, &texts[1].1];
        let similar = snapshot.similarities(&scope, questions, &ids).unwrap().unwrap().remove(0);
        assert_eq!(similar[0].is_some(), asker.is_some());
        assert!(similar[1].is_some());
    }
}

#[test]
fn several_questions_in_one_pass_find_what_each_finds_alone() {
    let folder = folder();
    update(folder.path(), many(), false);
    encode(folder.path());
    let snapshot = open(folder.path());
    let scope = scope(&snapshot, Some("Institution 3"));
    let queries: Vec<Vec<f32>> = (0..9).map(|seed| vector(seed, DIMENSIONS)).collect();
    let all: Vec<&[f32]> = queries.iter().map(Vec::as_slice).collect();
    let model = model();
    for count in 0..=9 {
        let together = Questions { model: &model, vectors: &all[..count] };
        let together = snapshot.near(&scope, together, &Filter::all(), 5).unwrap().unwrap();
        assert_eq!(together.found.len(), count);
        for (found, query) in together.found.iter().zip(&all) {
            let alone = Questions { model: &model, vectors: &[query] };
            let alone = snapshot.near(&scope, alone, &Filter::all(), 5).unwrap().unwrap();
            assert_eq!(*found, alone.found[0]);
            let ids: Vec<&PassageId> = found.iter().map(|near| &near.passage).collect();
            let again = Questions { model: &model, vectors: &[query] };
            let again = snapshot.similarities(&scope, again, &ids).unwrap().unwrap();
            let similar: Vec<_> = found.iter().map(|near| Some(near.similarity)).collect();
            assert_eq!(again[0], similar);
            let shown = ids.iter().map(|id| snapshot.passage(&scope, id).unwrap().unwrap().id);
            assert!(shown.eq(ids.iter().map(|id| (*id).clone())));
        }
    }
}

#[test]
fn the_best_window_counts_and_many_windows_take_nobodys_place() {
    let folder = folder();
    let texts: Vec<String> = (0..12).map(|at| format!("Tekst {at}.")).collect();
    let sections: Vec<&str> = texts.iter().map(String::as_str).collect();
    update(folder.path(), vec![document("g", None, &sections)], false);
    let mut encoding = Encoding::begin(folder.path(), &model()).unwrap().unwrap();
    let query = vector(1, DIMENSIONS);
    // One passage has a hundred windows that are all nearer than any other passage.
    let missing = encoding.missing();
    for (at, passage) in missing.iter().enumerate() {
        let windows: Vec<Vec<f32>> = if at == 4 {
            vec![query.clone(); 100]
        } else {
            vec![vector(50 + at as u64, DIMENSIONS), vector(90 + at as u64, DIMENSIONS)]
        };
        encoding.put(passage, &windows).unwrap();
    }
    assert_eq!(encoding.save().unwrap().rows, 122);
    drop(encoding);
    let snapshot = open(folder.path());
    let nearest = near(&snapshot, None, &query).unwrap();
    assert_eq!(nearest.scored, 122);
    assert_eq!(nearest.found[0].len(), 10);
    assert_eq!(nearest.found[0][0].passage, missing[4].passage);
    let best = |at: u64| {
        let product =
            |seed| -> f32 { vector(seed, DIMENSIONS).iter().zip(&query).map(|(a, b)| a * b).sum() };
        product(50 + at).max(product(90 + at))
    };
    let mut expected: Vec<f32> = (0..12).filter(|at| *at != 4).map(best).collect();
    expected.sort_by(|a, b| b.total_cmp(a));
    for (near, expected) in nearest.found[0][1..].iter().zip(expected) {
        assert!((near.similarity - expected).abs() < 1e-5, "{near:?} {expected}");
    }
}

#[test]
fn vectors_of_an_earlier_state_are_not_searched_and_only_new_texts_are_encoded() {
    let folder = folder();
    let data = folder.path();
    let first = document("a", None, &["Første tekst.", "Anden tekst."]);
    update(data, vec![first.clone()], false);
    let live = Index::open(data).unwrap();
    assert!(near(&live.snapshot(), None, &encoded("")).is_none());
    assert_eq!(live.snapshot().vectors().unwrap_err(), &Lack::Absent);
    assert_eq!(encode(data), 2);
    assert_eq!(ids(&near(&live.snapshot(), None, &encoded("")).unwrap()).len(), 2);
    // Nothing has changed but the time.
    update(data, vec![first.clone()], false);
    assert!(live.snapshot().vectors().is_ok());
    assert_eq!(encode(data), 0);
    // A document is added.
    update(data, vec![document("b", Some("Banedanmark"), &["Tredje tekst."])], true);
    assert_eq!(live.snapshot().vectors().unwrap_err(), &Lack::Behind);
    assert!(near(&live.snapshot(), None, &encoded("")).is_none());
    assert_eq!(encode(data), 1);
    let snapshot = live.snapshot();
    assert_eq!(near(&snapshot, None, &encoded("")).unwrap().scored, 2);
    assert_eq!(near(&snapshot, Some("Banedanmark"), &encoded("")).unwrap().scored, 3);
    // A passage of the first is changed.
    update(data, vec![document("a", None, &["Første tekst.", "Ny tekst."])], true);
    assert_eq!(encode(data), 1);
    // Passages cut in another way make a new build, to which the vectors go along.
    let before = file(data);
    let cut = passages::Settings { words_enough: 30, words_max: 60 };
    let documents = vec![
        document("a", None, &["Første tekst.", "Ny tekst."]),
        document("b", Some("Banedanmark"), &["Tredje tekst."]),
    ];
    update_cut(data, documents, false, cut);
    assert_ne!(before, file(data));
    assert!(!before.exists());
    assert_eq!(live.snapshot().vectors().unwrap_err(), &Lack::Behind);
    assert_eq!(encode(data), 0);
    assert_eq!(near(&live.snapshot(), Some("Banedanmark"), &encoded("")).unwrap().scored, 3);
    index::drop_vectors(data).unwrap();
    assert_eq!(live.snapshot().vectors().unwrap_err(), &Lack::Absent);
    index::drop_vectors(data).unwrap();
}

#[test]
fn a_deleted_documents_vectors_are_gone_before_the_next_passage_is_encoded() {
    let folder = folder();
    let data = folder.path();
    let sag = document("sag", Some("Banedanmark"), &["Mona Prøvesen spurgte om barsel."]);
    let other = document("other", None, &["Noget andet."]);
    let gone = texts_of(std::slice::from_ref(&sag)).remove(0);
    update(data, vec![sag, other.clone()], false);
    encode(data);
    let holds = |needle: &[u8]| {
        let bytes = fs::read(file(data)).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    };
    let row: Vec<u8> = encoded(&gone.2).iter().flat_map(|value| value.to_le_bytes()).collect();
    assert!(holds(&row) && holds(gone.1.0.as_bytes()));
    update(data, vec![other, document("new", None, &["Nyt."])], false);
    let encoding = Encoding::begin(data, &model()).unwrap().unwrap();
    assert_eq!(encoding.missing().len(), 1);
    assert!(!holds(&row) && !holds(gone.1.0.as_bytes()));
    drop(encoding);
    let build = file(data);
    let left = fs::read_dir(build.parent().unwrap()).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(left.iter().filter(|name| name.contains("vectors")).count(), 1, "{left:?}");
}

#[test]
fn an_interrupted_encoding_goes_on_where_it_was_saved() {
    let folder = folder();
    let data = folder.path();
    update(data, many(), false);
    let mut encoding = Encoding::begin(data, &model()).unwrap().unwrap();
    // Another run must wait.
    assert!(matches!(Encoding::begin(data, &model()), Err(Error::Locked { .. })));
    let missing = encoding.missing();
    assert_eq!(missing.len(), encoding.len());
    for passage in &missing[..100] {
        let text = encoding.text(passage).unwrap();
        encoding.put(passage, &[encoded(&text)]).unwrap();
    }
    encoding.save().unwrap();
    for passage in &missing[100..200] {
        encoding.put(passage, &[vector(1, DIMENSIONS)]).unwrap();
    }
    drop(encoding);
    let snapshot = open(data);
    let lack = Lack::Partial { encoded: 100, of: missing.len() };
    assert_eq!(snapshot.vectors().unwrap_err(), &lack);
    assert!(lack.remedy().contains("svarforslag index"));
    assert!(near(&snapshot, None, &encoded("")).is_none());
    assert_eq!(encode(data), missing.len() - 100);
    assert!(near(&open(data), None, &encoded("")).is_some());
}

#[test]
fn vectors_of_another_model_are_refused_and_replaced() {
    let folder = folder();
    let data = folder.path();
    update(data, many(), false);
    let count = encode(data);
    let snapshot = open(data);
    let scope = scope(&snapshot, None);
    for other in [
        ModelId { fingerprint: "other".to_owned(), dimensions: DIMENSIONS },
        ModelId { fingerprint: "test".to_owned(), dimensions: 16 },
    ] {
        let query = vector(1, other.dimensions);
        let questions = Questions { model: &other, vectors: &[&query] };
        let error = snapshot.near(&scope, questions, &Filter::all(), 5).unwrap_err();
        assert!(matches!(error, Error::OtherModel { .. }), "{error}");
        assert!(error.to_string().contains(&other.to_string()), "{error}");
        assert!(error.remedy().contains("svarforslag index"));
        assert!(snapshot.similarities(&scope, questions, &[]).is_err());
    }
    let other = ModelId { fingerprint: "other".to_owned(), dimensions: 16 };
    let encoding = Encoding::begin(data, &other).unwrap().unwrap();
    assert_eq!(encoding.missing().len(), count);
}

#[track_caller]
fn check_unusable(query: &[f32]) {
    let folder = folder();
    update(folder.path(), vec![document("a", None, &["Tekst."])], false);
    let mut encoding = Encoding::begin(folder.path(), &model()).unwrap().unwrap();
    let missing = encoding.missing();
    let error = encoding.put(&missing[0], &[query.to_vec()]).unwrap_err();
    assert!(matches!(error, Error::UnusableVector { .. }), "{error}");
    drop(encoding);
    encode(folder.path());
    let snapshot = open(folder.path());
    let (model, vectors) = (model(), [query]);
    let questions = Questions { model: &model, vectors: &vectors };
    let scope = scope(&snapshot, None);
    let error = snapshot.near(&scope, questions, &Filter::all(), 5).unwrap_err();
    assert!(matches!(error, Error::UnusableVector { .. }), "{error}");
    assert!(snapshot.similarities(&scope, questions, &[]).is_err());
}

#[test]
fn a_vector_that_is_no_direction_is_refused() {
    check_unusable(&[]);
    check_unusable(&[0.0; DIMENSIONS]);
    check_unusable(&[1.0; DIMENSIONS]);
    check_unusable(&vector(1, DIMENSIONS + 1));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut query = vector(1, DIMENSIONS);
        query[3] = bad;
        check_unusable(&query);
    }
}

#[test]
fn a_damaged_file_is_named_and_words_go_on_until_it_is_made_anew() {
    let folder = folder();
    let data = folder.path();
    update(data, vec![document("a", None, &["Et.", "To.", "Tre."])], false);
    encode(data);
    let truth = near(&open(data), None, &encoded("")).unwrap().found.remove(0);
    let mut unseen = 0;
    let whole = fs::read(file(data)).unwrap();
    let mut damaged: Vec<Vec<u8>> =
        (0..whole.len()).step_by(97).map(|at| whole[..at].to_vec()).collect();
    for at in (0..whole.len()).step_by(11) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        damaged.push(bytes);
    }
    damaged.push([whole.as_slice(), b"x"].concat());
    damaged.push(b"svarforslag vec\n\xff\xff\xff\xff".repeat(20));
    for bytes in &damaged {
        fs::write(file(data), bytes).unwrap();
        let snapshot = open(data);
        let scope = scope(&snapshot, None);
        let (model, query) = (model(), encoded(""));
        let questions = Questions { model: &model, vectors: &[&query] };
        match (snapshot.vectors(), snapshot.near(&scope, questions, &Filter::all(), 5)) {
            (Err(Lack::Damaged { path, .. }), Ok(None)) => assert_eq!(path, &file(data)),
            (Ok(_), Err(error @ Error::DamagedVectors { .. })) => {
                assert!(error.to_string().contains("vectors.bin"), "{error}");
                assert!(error.remedy().contains("svarforslag index"), "{error}");
            }
            // What is lost in rounding to 8 bits is not seen, and moves no similarity that counts.
            (Ok(_), Ok(Some(found))) => {
                let moved = found.found[0].iter().zip(&truth);
                assert!(moved.into_iter().all(|(a, b)| (a.similarity - b.similarity).abs() < 1e-3));
                unseen += 1;
            }
            (vectors, found) => panic!("{vectors:?} {found:?}"),
        }
        assert_eq!(snapshot.passages_of(&scope, "a").unwrap().len(), 3);
    }
    println!("{} damaged files, {unseen} of them within rounding", damaged.len());
    assert!(unseen * 4 < damaged.len());
    // The last f32 row is damaged: only its passage is encoded again.
    let mut bytes = whole.clone();
    *bytes.last_mut().unwrap() ^= 0x41;
    fs::write(file(data), bytes).unwrap();
    assert_eq!(encode(data), 1);
    assert_eq!(fs::read(file(data)).unwrap(), whole);
    fs::write(file(data), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(encode(data), 3);
    assert!(near(&open(data), None, &encoded("")).is_some());
}

#[test]
fn an_index_without_passages_needs_no_vectors() {
    let folder = folder();
    update(folder.path(), Vec::new(), false);
    assert_eq!(encode(folder.path()), 0);
    let nearest = near(&open(folder.path()), None, &encoded("")).unwrap();
    assert_eq!((nearest.found, nearest.scored), (vec![Vec::new()], 0));
}

#[test]
fn sources_that_do_not_hold_are_told_apart_by_vectors_too() {
    let folder = folder();
    let mut ended = document("ended", None, &["Udløbet."]);
    ended.period.until = parse_day("2025-10-14");
    let mut later = document("later", None, &["Kommende."]);
    later.period.from = parse_day("2025-10-16");
    let mut newer = document("newer", None, &["Nyere."]);
    newer.supersedes = vec!["older".to_owned()];
    let older = document("older", None, &["Ældre."]);
    update(
        folder.path(),
        vec![ended, later, newer, older, document("held", None, &["Gælder."])],
        false,
    );
    encode(folder.path());
    let snapshot = open(folder.path());
    let (model, query) = (model(), encoded(""));
    let questions = Questions { model: &model, vectors: &[&query] };
    let documents = |states| -> Vec<String> {
        let filter = Filter { states, ..Filter::all() };
        let scope = scope(&snapshot, None);
        let nearest = snapshot.near(&scope, questions, &filter, 10).unwrap().unwrap();
        let mut found: Vec<_> = nearest.found[0].iter().map(|near| near.document.clone()).collect();
        found.sort();
        found
    };
    assert_eq!(documents(States::Current), ["held", "newer"]);
    assert_eq!(documents(States::Outdated), ["ended", "later", "older"]);
    assert_eq!(documents(States::Any).len(), 5);
}
