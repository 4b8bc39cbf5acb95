//! Who asks decides what may be seen: by law over random corpora, and rule by rule.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use svarforslag::config::Config;
use svarforslag::draft::Outcome;
use svarforslag::index::{
    self, Filter, Index, Query, QueryTerm, Questions, Snapshot, States, Update,
};
use svarforslag::inquiry::Inquiry;
use svarforslag::language;
use svarforslag::passages::{self, PassageId};
use svarforslag::retrieval::{self, Narrowing};
use svarforslag::service::{LookupQuery, Service};
use svarforslag::sources::{Block, Collection, Document, Form, Kind};
use svarforslag::terms::{Asker, Audience, Period, Register, Scope, System, parse_day};

use crate::desk::{Chance, DAY, TestDesk, folder};
use crate::vectors::{encode, encoded, model, texts_of};

/// Random corpora that the law is held against.
const CORPORA: u64 = 1000;
/// Passages of others that match better than the asker's own, at least.
const BETTER_FOREIGN_MIN: usize = 3;

/// Institutions, some of whose names hold others' names.
const NAMES: [&str; 10] = [
    "Banedanmark",
    "Bane",
    "Banedanmark Syd",
    "Ankestyrelsen",
    "Ankestyrelsen i Aalborg",
    "Slots- og Kulturstyrelsen",
    "Kulturstyrelsen for Øerne",
    "Det Kongelige Akademi",
    "Akademiet",
    "A/S Æbelø (under afvikling)",
];
/// Words of the trade, which every institution's sources share.
pub(crate) const WORDS: [&str; 36] = [
    "sygemelding",
    "frist",
    "refusion",
    "barsel",
    "ferie",
    "tillæg",
    "lønseddel",
    "blanket",
    "aconto",
    "bestilling",
    "godkender",
    "skattekort",
    "pension",
    "fratrædelse",
    "indmeldelse",
    "merarbejde",
    "honorar",
    "rejse",
    "kørsel",
    "konto",
    "jubilæum",
    "seniorbonus",
    "fleksjob",
    "elev",
    "timeløn",
    "masseindberetning",
    "lønportalen",
    "serviceportalen",
    "mtime",
    "adgang",
    "bruger",
    "kontering",
    "dagpenge",
    "omsorgsdag",
    "engangsvederlag",
    "acontoudbetaling",
];
/// A word that stands in every passage.
const EVERYWHERE: &str = "mere";
/// Words that stand around them.
const FILLERS: [&str; 16] = [
    "kunden",
    "sender",
    "måned",
    "medarbejder",
    "leder",
    "oplyser",
    "dato",
    "svarer",
    "kontakter",
    "modtager",
    "uge",
    "skema",
    "kontor",
    "mandag",
    "tidligst",
    "skriftligt",
];

/// One random corpus: what each institution asks about is said best by others.
struct Corpus {
    owners: Vec<&'static str>,
    /// What each owner asks about.
    topics: Vec<Vec<&'static str>>,
    documents: Vec<Document>,
    /// Owner (none is general), id and text of every passage.
    passages: Vec<(Option<String>, PassageId, String)>,
    /// Owner and vector of every passage.
    vectors: Vec<(Option<String>, Vec<f32>)>,
}

impl Corpus {
    fn random(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let count = chance.between(4, 6);
        let owners = chance.some(&NAMES, count);
        let mut words = chance.some(&WORDS, WORDS.len());
        let topics: Vec<Vec<&str>> =
            owners.iter().map(|_| words.split_off(words.len() - chance.between(3, 5))).collect();
        let mut texts: Vec<Vec<String>> =
            topics.iter().map(|own| vec![weak(&mut chance, own)]).collect();
        for (asker, topic) in topics.iter().enumerate() {
            for _ in 0..chance.between(BETTER_FOREIGN_MIN, 5) {
                let foreign = (asker + chance.between(1, count - 1)) % count;
                texts[foreign].push(strong(&mut chance, topic));
            }
        }
        let mut documents = Vec::new();
        for (owner, texts) in owners.iter().zip(texts) {
            let (first, rest) = texts.split_at(chance.between(1, texts.len()));
            for texts in [first, rest].into_iter().filter(|texts| !texts.is_empty()) {
                documents.push(document(&mut chance, Some(owner), texts));
            }
        }
        let general = chance.some(&WORDS, 3);
        let general = [weak(&mut chance, &general)];
        documents.push(document(&mut chance, None, &general));
        let passages = documents.iter().flat_map(|document| {
            passages::cut(document, passages::Settings::default())
                .into_iter()
                .map(|passage| (passage.owner, passage.id, passage.text))
        });
        let vectors =
            texts_of(&documents).into_iter().map(|(owner, _, text)| (owner, encoded(&text)));
        Self { passages: passages.collect(), vectors: vectors.collect(), owners, topics, documents }
    }

    /// Marks that stand in every passage, name and title of the documents of others.
    fn foreign_marks(&self, asker: Option<&str>) -> Vec<&str> {
        let foreign = |document: &&Document| {
            document.institution.is_some() && document.institution.as_deref() != asker
        };
        self.documents
            .iter()
            .filter(foreign)
            .map(|document| document.version.as_deref().unwrap())
            .collect()
    }
}

/// A sentence that holds one word of the topic.
fn weak(chance: &mut Chance, topic: &[&str]) -> String {
    let mut words = chance.some(&FILLERS, 9);
    words.push(chance.of(topic));
    format!("Hos os {}.", words.join(" "))
}

/// A sentence that holds every word of the topic twice.
fn strong(chance: &mut Chance, topic: &[&str]) -> String {
    let mut words = [topic, topic].concat();
    words.push(chance.of(&FILLERS));
    format!("Vi skal {}.", words.join(" "))
}

fn document(chance: &mut Chance, owner: Option<&str>, texts: &[String]) -> Document {
    // A word that no other document holds: wherever it turns up, the document has been shown.
    let mark = format!("mark{:016x}", chance.next());
    let kind = match owner {
        Some(_) => [Kind::Drejebog, Kind::Sag, Kind::Brugervejledning][chance.below(3)],
        None => [Kind::Brugervejledning, Kind::Standardsvar, Kind::Lov][chance.below(3)],
    };
    let mut blocks = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let block = |form, text| Block { form, text, page: None };
        blocks.push(block(Form::Heading(2), format!("Afsnit {at} {mark}")));
        blocks.push(block(Form::Paragraph, format!("{text} Se {mark} for {EVERYWHERE}.")));
    }
    let system = [System::Sls, System::Loenportalen][chance.below(2)];
    let id = format!("{}/{mark}.md", kind.value());
    let day = |chance: &mut Chance, days: [&str; 3]| parse_day(days[chance.below(3)]);
    Document {
        file: id.clone(),
        id,
        hash: mark.clone(),
        title: format!("Aftale {mark}"),
        kind,
        institution: owner.map(str::to_owned),
        loengrupper: Vec::new(),
        audience: [Audience::Customer, Audience::Customer, Audience::Internal][chance.below(3)],
        owner: None,
        version: Some(mark),
        period: Period {
            from: day(chance, ["", "2025-01-01", "2025-10-16"]),
            until: day(chance, ["", "2025-12-31", "2025-10-14"]),
        },
        supersedes: Vec::new(),
        systems: vec![system],
        area: None,
        demo: false,
        blocks,
    }
}

fn indexed(data: &Path, documents: Vec<Document>) -> Arc<Snapshot> {
    let update = Update {
        documents,
        unchanged: BTreeSet::new(),
        add: false,
        roots: Vec::new(),
        collection: Collection::default(),
        register: Register::default(),
        notes: Vec::new(),
        cut: passages::Settings::default(),
        made: String::new(),
    };
    index::update(data, update, &|_| {}).unwrap();
    encode(data);
    Index::open(data).unwrap().snapshot()
}

/// What was counted over all corpora.
#[derive(Debug, Default)]
struct Tally {
    searches: usize,
    foreign: Vec<String>,
    asked: usize,
    best_is_foreign: usize,
    own_found: usize,
}

impl Tally {
    /// One answer to one search, written out whole.
    fn answer(&mut self, what: &str, marks: &[&str], answer: &str) {
        self.searches += 1;
        let shown = marks.iter().filter(|mark| answer.contains(**mark));
        self.foreign.extend(shown.map(|mark| format!("{what} shows {mark}")));
    }

    fn join(mut self, other: Self) -> Self {
        self.searches += other.searches;
        self.foreign.extend(other.foreign);
        self.asked += other.asked;
        self.best_is_foreign += other.best_is_foreign;
        self.own_found += other.own_found;
        self
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn query(topic: &[&str]) -> Query {
    let term = |word: &&str| QueryTerm {
        stem: language::stem(word),
        weight: 1.0,
        parts: language::parts_of(word),
        ..QueryTerm::default()
    };
    Query { terms: topic.iter().map(term).collect() }
}

/// How well a text matches a topic, without the search engine: words held, then how often.
fn matches(text: &str, topic: &[&str]) -> (usize, usize) {
    let count = |word: &&str| text.matches(*word).count();
    (topic.iter().filter(|word| count(word) > 0).count(), topic.iter().map(count).sum())
}

/// Searches with the vectors of passages that are not the asker's, some in one pass; and finds
/// what a search for a word finds that stands in every passage.
fn search_vectors(
    tally: &mut Tally,
    corpus: &Corpus,
    snapshot: &Snapshot,
    scope: &Scope,
    (what, filter): (&str, &Filter),
) {
    let asker = scope.institution().map(|own| own.name().to_owned());
    let marks = corpus.foreign_marks(asker.as_deref());
    let foreign = |owner: &Option<String>| owner.is_some() && *owner != asker;
    let others = corpus.vectors.iter().filter(|(owner, _)| foreign(owner));
    let queries: Vec<&[f32]> = others.map(|(_, vector)| vector.as_slice()).collect();
    let model = model();
    let questions = Questions { model: &model, vectors: &queries };
    let limit = corpus.passages.len();
    let nearest = snapshot.near(scope, questions, filter, limit).unwrap().unwrap();
    let seen = corpus.passages.iter().filter(|(owner, ..)| !foreign(owner)).count();
    assert_eq!(nearest.scored, seen);
    let words = snapshot.words(scope, &query(&[EVERYWHERE]), filter, limit).unwrap();
    let words: BTreeSet<_> = words.into_iter().map(|found| found.passage.id).collect();
    for found in &nearest.found {
        let ids: BTreeSet<_> = found.iter().map(|near| near.passage.clone()).collect();
        assert_eq!(ids, words, "{what}");
        tally.searches += 1;
    }
    let shown: Vec<_> =
        words.iter().filter_map(|id| snapshot.passage(scope, id).unwrap()).collect();
    assert_eq!(shown.len(), words.len());
    tally.answer(&format!("vectors for {what}"), &marks, &json(&shown));
    let ids: Vec<&PassageId> = corpus.passages.iter().map(|(_, id, _)| id).collect();
    let similarities = snapshot.similarities(scope, questions, &ids).unwrap().unwrap();
    for (at, (owner, ..)) in corpus.passages.iter().enumerate() {
        assert!(similarities.iter().all(|all| all[at].is_none() == foreign(owner)));
    }
}

/// Searches the snapshot itself, in every way there is.
fn search_snapshot(
    tally: &mut Tally,
    corpus: &Corpus,
    snapshot: &Snapshot,
    scope: &Scope,
    topic: &[&str],
) {
    let asker = scope.institution().map(|own| own.name().to_owned());
    let marks = corpus.foreign_marks(asker.as_deref());
    let filters = [
        ("words", Filter::all()),
        ("words of today", Filter::current()),
        ("words of another day", Filter { states: States::Outdated, ..Filter::all() }),
        ("words of kinds", Filter { kinds: vec![Kind::Drejebog, Kind::Sag], ..Filter::all() }),
        ("words of a system", Filter { systems: vec![System::Sls], ..Filter::all() }),
        (
            "words narrowed in all ways",
            Filter {
                kinds: vec![Kind::Drejebog],
                systems: vec![System::Sls],
                states: States::Current,
            },
        ),
    ];
    for (what, filter) in &filters {
        let found = snapshot.words(scope, &query(topic), filter, 50).unwrap();
        let shown: Vec<_> = found.iter().map(|found| &found.passage).collect();
        tally.answer(what, &marks, &json(&shown));
        search_vectors(tally, corpus, snapshot, scope, (what, filter));
        let own = |found: &index::Found| found.passage.owner == asker;
        tally.own_found +=
            usize::from(asker.is_some() && *what == "words" && found.iter().any(own));
    }
    let foreign = |owner: &Option<String>| owner.is_some() && *owner != asker;
    // The foreign passages that match best are guessed by id.
    let guessed = corpus.passages.iter().filter(|(owner, ..)| foreign(owner));
    let guessed = guessed.filter(|(.., text)| matches(text, topic).0 == topic.len());
    for (_, id, _) in guessed.take(BETTER_FOREIGN_MIN) {
        let passage = snapshot.passage(scope, id).unwrap();
        tally.answer("passage by id", &marks, &json(&passage));
        assert!(passage.is_none());
    }
    let documents = corpus.documents.iter().filter(|document| foreign(&document.institution));
    for document in documents.take(BETTER_FOREIGN_MIN) {
        let passages = snapshot.passages_of(scope, &document.id).unwrap();
        tally.answer("passages of a document", &marks, &json(&passages));
        assert!(passages.is_empty());
    }
    let records: Vec<_> = snapshot.documents(scope).collect();
    tally.answer("documents", &marks, &json(&records));
    let text = topic.join(" ");
    let words = retrieval::Words { text: &text, ..retrieval::Words::default() };
    let question = retrieval::Question { words, loengruppe: None, sensed: None };
    let means = retrieval::Means::words(snapshot);
    let found = retrieval::find(&means, scope, &question, 12).unwrap();
    tally.answer("find", &marks, &json(&(&found.hits, &found.outdated)));
    let narrowing = Narrowing { kinds: vec![Kind::Drejebog, Kind::Sag], systems: Vec::new() };
    let found = retrieval::look_up(&means, scope, &text, &narrowing, 50).unwrap();
    tally.answer("look_up", &marks, &json(&found.hits));
}

/// Asks the service, as both faces do.
fn ask_service(
    tally: &mut Tally,
    corpus: &Corpus,
    service: &Service,
    asker: Option<&str>,
    topic: &[&str],
) {
    let marks = corpus.foreign_marks(asker);
    let body = format!(
        "Hej\n\nHvornår skal vi sende {}?\n\nVenlig hilsen\nMona Prøvesen",
        topic.join(" ")
    );
    let mut inquiry = Inquiry::from_text(&body).unwrap();
    inquiry.institution = asker.map(str::to_owned);
    inquiry.day = parse_day(DAY);
    let draft = service.suggest(&inquiry, Asker::operator()).unwrap();
    tally.answer("draft", &marks, &json(&draft));
    let query = LookupQuery {
        q: topic.join(" "),
        institution: asker.map(str::to_owned),
        day: Some(DAY.to_owned()),
        ..LookupQuery::default()
    };
    let found = service.look_up(&query, Asker::operator()).unwrap();
    tally.answer("lookup", &marks, &json(&found));
    let page = service.documents(asker, None, None, Asker::operator()).unwrap();
    tally.answer("list of documents", &marks, &json(&page));
    let foreign = |owner: &Option<String>| owner.is_some() && owner.as_deref() != asker;
    let guessed = corpus.passages.iter().find(|(owner, ..)| foreign(owner)).map(|(_, id, _)| id);
    let guessed = service.passage(&guessed.unwrap().0, asker, Some(DAY), Asker::operator());
    let never = service.passage("0123456789abcdef0123", asker, Some(DAY), Asker::operator());
    assert_eq!(guessed.unwrap_err().to_string(), never.unwrap_err().to_string());
}

/// Whether the best match would be another's, if nothing were filtered: the search engine's
/// own score of what each owner finds for itself.
fn best_is_foreign(
    corpus: &Corpus,
    snapshot: &Snapshot,
    register: &Register,
    asker: &str,
    topic: &[&str],
) -> bool {
    let day = parse_day(DAY).unwrap();
    let best = |owner: &&str| {
        let scope = Scope::new(Asker::operator(), register.find(owner), day);
        let found = snapshot.words(&scope, &query(topic), &Filter::all(), 1).unwrap();
        found.into_iter().next()
    };
    let best = corpus.owners.iter().filter_map(best).max_by(|a, b| a.score.total_cmp(&b.score));
    best.and_then(|found| found.passage.owner).is_some_and(|owner| owner != asker)
}

fn hold(tally: &mut Tally, seed: u64) {
    let corpus = Corpus::random(seed);
    let folder = folder();
    let snapshot = indexed(folder.path(), corpus.documents.clone());
    let register = &snapshot.manifest().register;
    // The vectors are the test's own, of no model that could encode a question.
    let (data, model) = (folder.path().to_owned(), "off".to_owned());
    let config = Config { data, model, ..Config::default() };
    let service = Service::open(config).unwrap();
    let day = parse_day(DAY).unwrap();
    for (asker, topic) in corpus.owners.iter().zip(&corpus.topics) {
        let of = |own: bool| {
            let passages = corpus.passages.iter();
            passages
                .filter(move |(owner, ..)| {
                    owner.is_some() && own == (owner.as_deref() == Some(asker))
                })
                .map(|(.., text)| matches(text, topic))
        };
        let own = of(true).max().unwrap();
        assert!(of(false).filter(|foreign| *foreign > own).count() >= BETTER_FOREIGN_MIN);
        let scope = Scope::new(Asker::operator(), register.find(asker), day);
        search_snapshot(tally, &corpus, &snapshot, &scope, topic);
        ask_service(tally, &corpus, &service, Some(asker), topic);
        tally.asked += 1;
        tally.best_is_foreign +=
            usize::from(best_is_foreign(&corpus, &snapshot, register, asker, topic));
    }
    let nobody = Scope::new(Asker::operator(), None, day);
    search_snapshot(tally, &corpus, &snapshot, &nobody, &corpus.topics[0]);
    ask_service(tally, &corpus, &service, None, &corpus.topics[0]);
    ask_service(tally, &corpus, &service, Some("Ukendt Styrelse"), &corpus.topics[0]);
}

#[test]
fn no_search_in_a_thousand_corpora_shows_another_institutions_passage() {
    let started = std::time::Instant::now();
    let worker = |from: u64| {
        let mut tally = Tally::default();
        for seed in (from..CORPORA).step_by(2) {
            hold(&mut tally, seed);
        }
        tally
    };
    let tally = std::thread::scope(|scope| {
        let other = scope.spawn(|| worker(1));
        worker(0).join(other.join().unwrap())
    });
    let share = tally.best_is_foreign as f64 / tally.asked as f64;
    let mut figures = String::new();
    write!(
        figures,
        "{CORPORA} corpora, {} askers, {} searches: {} foreign passages; \
         the best match would be another's for {} askers ({:.1} %); {} askers found their own; {:.0} s",
        tally.asked,
        tally.searches,
        tally.foreign.len(),
        tally.best_is_foreign,
        share * 100.0,
        tally.own_found,
        started.elapsed().as_secs_f64(),
    )
    .unwrap();
    println!("{figures}");
    assert!(tally.foreign.is_empty(), "{:?}", &tally.foreign[..tally.foreign.len().min(5)]);
    assert!(share >= 0.5, "{figures}");
    assert!(tally.own_found == tally.asked, "{figures}");
}

const REGISTER: &str = r#"
    [[institution]]
    name = "Banedanmark"
    short = "BDK"

    [[institution]]
    name = "Ankestyrelsen"

    [[institution]]
    name = "Rigsarkivet"
"#;
/// What every source of these tests is about.
const QUESTION: &str = "Hvem bestiller ændringer i tjenestesteder for medarbejderne?";

fn titles(hits: &[retrieval::Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.title.as_str()).collect()
}

fn two_customers() -> TestDesk {
    TestDesk::new()
        .register(REGISTER)
        .drejebog(
            "Banedanmark",
            "Controlling bestiller ændringer i tjenestesteder for medarbejderne.",
        )
        .drejebog(
            "Ankestyrelsen",
            "Direktionen bestiller ændringer i tjenestesteder for medarbejderne.",
        )
        .guide("Tjenestesteder", "Kunden bestiller selv ændringer i tjenestesteder.")
}

#[test]
fn a_customer_sees_only_its_own_drejebog() {
    let desk = two_customers().open();
    for (asker, own) in
        [("Banedanmark", "Controlling"), ("BDK", "Controlling"), ("ankestyrelsen", "Direktionen")]
    {
        let answered = desk.suggest(asker, QUESTION);
        answered.cites_only(answered.draft.institution.as_deref().unwrap());
        assert_eq!(answered.outcome(1), Outcome::AnsweredByDrejebog);
        assert!(answered.draft.reply.contains(own), "{asker}: {}", answered.draft.reply);
        assert_eq!(desk.look_up(asker, QUESTION).hits.len(), 2);
    }
}

#[test]
fn without_an_institution_or_with_an_unknown_one_only_general_sources_are_seen() {
    let desk = two_customers().open();
    for asker in ["", "  ", "Rigsarkivet", "Banedanmark Syd", "*", "Banedanmark OR Ankestyrelsen"] {
        assert_eq!(desk.suggest(asker, QUESTION).cited_titles(), ["Tjenestesteder"], "{asker:?}");
        assert_eq!(titles(&desk.look_up(asker, QUESTION).hits), ["Tjenestesteder"], "{asker:?}");
        let asker = Some(asker);
        let page = desk.service.documents(asker, None, None, Asker::operator()).unwrap();
        assert_eq!(page.documents.len(), 1);
    }
    let none = desk.service.documents(None, None, None, Asker::operator()).unwrap();
    assert_eq!(none.documents.len(), 1);
}

#[test]
fn the_senders_domain_names_the_institution_only_where_nothing_else_does() {
    let desk = two_customers()
        .register(&REGISTER.replace("short = \"BDK\"", "mail_domains = [\"bane.example\"]"))
        .open();
    let mut inquiry = Inquiry::from_text(QUESTION).unwrap();
    inquiry.day = parse_day(DAY);
    inquiry.from = Some("Mona Prøvesen <mona@bane.example>".to_owned());
    assert!(desk.reply_to(&inquiry).draft.reply.contains("Controlling"));
    // A name that is not known is not made good by the address.
    inquiry.institution = Some("Ukendt Styrelse".to_owned());
    assert_eq!(desk.reply_to(&inquiry).cited_titles(), ["Tjenestesteder"]);
    inquiry.institution = None;
    inquiry.from = Some("Mona Prøvesen <mona@bane.example.other.example>".to_owned());
    assert_eq!(desk.reply_to(&inquiry).cited_titles(), ["Tjenestesteder"]);
}

#[test]
fn a_past_case_never_crosses_and_a_standardsvar_does() {
    let text = "Controlling bestiller ændringer i tjenestesteder for medarbejderne.";
    let desk = TestDesk::new()
        .register(REGISTER)
        .source("sag", &["institution: Banedanmark"], "Sag", text)
        .source(
            "standardsvar",
            &[],
            "Svar",
            "HR bestiller ændringer i tjenestesteder for medarbejderne.",
        )
        .open();
    assert_eq!(titles(&desk.look_up("Ankestyrelsen", QUESTION).hits), ["Svar"]);
    assert_eq!(desk.suggest("Ankestyrelsen", QUESTION).cited_titles(), ["Svar"]);
    assert_eq!(titles(&desk.look_up("Banedanmark", QUESTION).hits), ["Svar", "Sag"]);
    desk.suggest("Banedanmark", QUESTION).cites_only("Banedanmark");
}

#[test]
fn a_drejebog_or_a_case_without_an_owner_is_general_for_nobody() {
    let desk = TestDesk::new()
        .source("drejebog", &[], "Uden ejer", "Controlling bestiller ændringer i tjenestesteder.")
        .source(
            "sag",
            &["institution:"],
            "Sag uden ejer",
            "HR bestiller ændringer i tjenestesteder.",
        )
        .guide("Tjenestesteder", "Kunden bestiller selv ændringer i tjenestesteder.")
        .open();
    assert_eq!(titles(&desk.look_up("", QUESTION).hits), ["Tjenestesteder"]);
}

#[test]
fn what_is_written_for_caseworkers_never_supports_a_reply() {
    let text = "Teamlederen bestiller ændringer i tjenestesteder for medarbejderne.";
    let desk = TestDesk::new()
        .register(REGISTER)
        .source("brugervejledning", &["maalgruppe: intern"], "Intern", text)
        .source(
            "drejebog",
            &["institution: Banedanmark", "maalgruppe: intern"],
            "Intern drejebog",
            text,
        )
        .open();
    for asker in ["Banedanmark", ""] {
        let answered = desk.suggest(asker, QUESTION);
        assert_eq!(answered.outcome(1), Outcome::NoEvidence);
        assert!(answered.cited().is_empty() && !answered.draft.reply.contains("Teamlederen"));
    }
    // A caseworker who looks it up sees it, and sees what it is.
    let found = desk.look_up("", QUESTION);
    assert_eq!(titles(&found.hits), ["Intern"]);
    assert!(found.hits[0].why.contains("Kun til intern brug"));
}

#[test]
fn an_own_drejebog_comes_before_a_guide_that_says_about_the_same() {
    let says = |who: &str| format!("{who} bestiller ændringer i tjenestesteder for medarbejderne.");
    let desk = TestDesk::new()
        .register(REGISTER)
        .source("brugervejledning", &[], "Vejledning til alle", &says("HR"))
        .drejebog("Banedanmark", &says("Controlling"))
        .source("standardsvar", &[], "Svar til alle", &says("Kontoret"))
        .open();
    let hits = desk.look_up("Banedanmark", QUESTION).hits;
    assert_eq!(titles(&hits), ["Drejebog for Banedanmark", "Svar til alle", "Vejledning til alle"]);
    let answered = desk.suggest("Banedanmark", QUESTION);
    assert_eq!(answered.outcome(1), Outcome::AnsweredByDrejebog);
    assert_eq!(answered.cited_titles(), ["Drejebog for Banedanmark"]);
}

#[test]
fn an_unrelated_drejebog_does_not_come_first() {
    let desk = TestDesk::new()
        .register(REGISTER)
        .drejebog(
            "Banedanmark",
            "Økonomichefen godkender ændringer i budgettet. Direktionen bestiller jubilæer.",
        )
        .guide(
            "Tjenestesteder",
            "Kunden bestiller selv ændringer i tjenestesteder for medarbejderne.",
        )
        .open();
    assert_eq!(titles(&desk.look_up("Banedanmark", QUESTION).hits)[0], "Tjenestesteder");
    let answered = desk.suggest("Banedanmark", QUESTION);
    assert_eq!(answered.outcome(1), Outcome::Answered);
    assert_eq!(answered.cited_titles(), ["Tjenestesteder"]);
}

/// What the reply cites on each of some days.
#[track_caller]
fn check_days(desk: TestDesk, days: &[(&str, &[&str])]) {
    let desk = desk.register(REGISTER).open();
    for (day, expected) in days {
        let answered = desk.suggest_on(day, "Banedanmark", QUESTION);
        assert_eq!(answered.cited_titles(), *expected, "{day}");
        let outcome = if expected.is_empty() { Outcome::NoEvidence } else { Outcome::Answered };
        assert_eq!(answered.outcome(1), outcome, "{day}");
    }
}

#[test]
fn a_source_holds_from_its_first_day_to_its_last_both_included() {
    let text = "HR bestiller ændringer i tjenestesteder for medarbejderne.";
    let days = ["gyldig_fra: 2025-03-01", "gyldig_til: 2025-09-30"];
    let desk = TestDesk::new().source("brugervejledning", &days, "Guide", text);
    check_days(
        desk,
        &[
            ("2025-02-28", &[]),
            ("2025-03-01", &["Guide"]),
            ("2025-09-30", &["Guide"]),
            ("2025-10-01", &[]),
        ],
    );
}

#[test]
fn a_superseded_source_gives_way_on_the_newer_ones_first_day() {
    let old = "HR bestiller ændringer i tjenestesteder for medarbejderne.";
    let new = "Controlling bestiller ændringer i tjenestesteder for medarbejderne.";
    let desk =
        TestDesk::new().source("brugervejledning", &["version: \"1\""], "Guide", old).source(
            "brugervejledning",
            &["version: \"2\"", "erstatter: brugervejledning/1.md", "gyldig_fra: 2025-03-01"],
            "Ny guide",
            new,
        );
    check_days(desk, &[("2025-02-28", &["Guide"]), ("2025-03-01", &["Ny guide"])]);
}

#[test]
fn nobody_supersedes_another_owners_source() {
    let text = "HR bestiller ændringer i tjenestesteder for medarbejderne.";
    let claim = ["institution: Ankestyrelsen", "erstatter: [brugervejledning/1.md, drejebog/2.md]"];
    let desk = TestDesk::new()
        .register(REGISTER)
        .guide("Guide", text)
        .source(
            "drejebog",
            &["institution: Banedanmark"],
            "Drejebog",
            &text.replace("HR", "Direktionen"),
        )
        .source("drejebog", &claim, "Krav", "Vi afløser alle andre.")
        .open();
    let hits = desk.look_up("Banedanmark", QUESTION).hits;
    assert_eq!(titles(&hits), ["Drejebog", "Guide"]);
    assert!(hits.iter().all(|hit| hit.state == svarforslag::terms::State::Current));
}
