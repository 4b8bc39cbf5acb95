//! Four hundred institutions, each with its own canaries: none of them is ever shown another's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use svarforslag::config::Config;
use svarforslag::index::{self, Update};
use svarforslag::inquiry::Inquiry;
use svarforslag::passages;
use svarforslag::retrieval::Explanation;
use svarforslag::service::{LookupQuery, Service};
use svarforslag::sources::{Block, Collection, Document, Form, Kind};
use svarforslag::terms::{Asker, Audience, Period, Register, parse_day};

use crate::desk::{Chance, DAY, folder};
use crate::scope::WORDS;

const INSTITUTIONS: usize = 400;
/// Documents of each institution.
const CANARIES: usize = 25;
/// Documents of nobody.
const GENERAL: usize = 200;
/// Searches and drafts; `SVARFORSLAG_TEST_CANARIES` says another number.
const ASKED: usize = 20_000;
/// Of these, the share that is drafts.
const DRAFTS_PERCENT: usize = 30;
/// The share of questions that another institution answers better, at least.
const BETTER_FOREIGN_MIN: f64 = 0.5;
/// Matters that documents are about; each is the matter of many institutions.
const MATTERS: usize = 300;
/// What every canary begins with.
const MARK: &str = "kanarie";

/// One document's owner, place and matter.
struct Card {
    /// Which institution; none is general.
    owner: Option<usize>,
    document: String,
    passages: Vec<String>,
    matter: usize,
    /// Whether it says all of the matter's words, twice.
    strong: bool,
}

struct Corpus {
    names: Vec<String>,
    canaries: Vec<String>,
    matters: Vec<Vec<&'static str>>,
    cards: Vec<Card>,
    /// The institutions that speak strongly of each matter.
    strong: BTreeMap<usize, BTreeSet<usize>>,
}

fn text(matter: &[&str], strong: bool, canary: &str) -> String {
    if strong {
        format!(
            "Vi skal sende {0} og {1} og {2}, når {0}, {1} og {2} er klar. Se {canary}.",
            matter[0], matter[1], matter[2]
        )
    } else {
        format!("Hos os sender kunden {} til kontoret mandag. Se {canary} for mere.", matter[0])
    }
}

fn document(owner: Option<&str>, id: &str, canary: &str, (text, kind): (String, Kind)) -> Document {
    Document {
        file: id.to_owned(),
        id: id.to_owned(),
        hash: id.to_owned(),
        title: format!("Aftale {canary}"),
        kind,
        institution: owner.map(str::to_owned),
        loengrupper: Vec::new(),
        audience: Audience::Customer,
        owner: None,
        version: Some(canary.to_owned()),
        period: Period { from: parse_day("2025-01-01"), until: None },
        supersedes: Vec::new(),
        systems: Vec::new(),
        area: None,
        demo: false,
        blocks: vec![
            Block { form: Form::Heading(2), text: format!("Afsnit {canary}"), page: None },
            Block { form: Form::Paragraph, text, page: None },
        ],
    }
}

impl Corpus {
    fn new() -> (Self, Vec<Document>) {
        let mut chance = Chance::new(400);
        let names: Vec<String> =
            (0..INSTITUTIONS).map(|at| format!("Styrelsen for Sag {at:03}")).collect();
        let canaries: Vec<String> =
            (0..INSTITUTIONS).map(|_| format!("{MARK}{:016x}", chance.next())).collect();
        let matters: Vec<Vec<&str>> = (0..MATTERS).map(|_| chance.some(&WORDS, 3)).collect();
        let (mut cards, mut documents) = (Vec::new(), Vec::new());
        let mut strong_of: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for at in 0..INSTITUTIONS * CANARIES + GENERAL {
            let owner = (at < INSTITUTIONS * CANARIES).then_some(at / CANARIES);
            let matter = chance.below(MATTERS);
            let strong = owner.is_some() && chance.below(2) == 0;
            let canary = owner.map_or("side", |owner| canaries[owner].as_str());
            let kind = match owner {
                Some(_) => [Kind::Drejebog, Kind::Sag, Kind::Brugervejledning][chance.below(3)],
                None => Kind::Brugervejledning,
            };
            let id = format!("{}/{canary}-{at}.md", kind.value());
            let name = owner.map(|owner| names[owner].as_str());
            let text = text(&matters[matter], strong, canary);
            let document = document(name, &id, canary, (text, kind));
            let cut = passages::cut(&document, passages::Settings::default());
            let passages = cut.into_iter().map(|passage| passage.id.0).collect();
            if let Some(owner) = owner.filter(|_| strong) {
                strong_of.entry(matter).or_default().insert(owner);
            }
            cards.push(Card { owner, document: id, passages, matter, strong });
            documents.push(document);
        }
        (Self { names, canaries, matters, cards, strong: strong_of }, documents)
    }

    /// The canaries in an answer that are not the asker's.
    fn foreign<'a>(&self, asker: Option<usize>, answer: &'a str) -> Vec<&'a str> {
        let own = asker.map(|asker| self.canaries[asker].as_str());
        let found =
            answer.match_indices(MARK).filter_map(|(at, _)| answer.get(at..at + MARK.len() + 16));
        found.filter(|canary| Some(*canary) != own).collect()
    }
}

fn indexed(documents: Vec<Document>) -> (tempfile::TempDir, Service) {
    let folder = folder();
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
    index::update(folder.path(), update, &|_| {}).unwrap();
    let (data, model) = (folder.path().to_owned(), "off".to_owned());
    let service = Service::open(Config { data, model, ..Config::default() }).unwrap();
    (folder, service)
}

#[derive(Default)]
struct Tally {
    asked: BTreeMap<&'static str, usize>,
    better_foreign: usize,
    own_shown: usize,
    shown: Vec<String>,
}

/// One question of one institution, in one of the ways in which anybody can ask.
fn ask(corpus: &Corpus, service: &Service, tally: &mut Tally, number: usize) {
    let mut chance = Chance::new(1_000_000 + u64::try_from(number).unwrap());
    let card = &corpus.cards[chance.below(INSTITUTIONS * CANARIES)];
    // One in fifty asks for nobody, or by a name that is in no register.
    let asker = card.owner.filter(|_| chance.below(50) > 0);
    let name = match asker {
        Some(asker) => Some(corpus.names[asker].clone()),
        None => [None, Some("Ukendt Styrelse".to_owned())][chance.below(2)].clone(),
    };
    let matter = &corpus.matters[card.matter];
    let foreign = &corpus.cards[chance.below(INSTITUTIONS * CANARIES)];
    let day = [DAY, DAY, "2025-01-01", "2024-12-31", "2026-06-01"][chance.below(5)];
    let operator = Asker::operator;
    let words = |chance: &mut Chance| match chance.below(3) {
        0 => matter.join(" "),
        1 => format!("hvornår skal vi sende {}", matter.join(" og ")),
        _ => format!("{} {}", matter[0], corpus.canaries[foreign.owner.unwrap()]),
    };
    let (way, answer) = match number % 100 {
        at if at < DRAFTS_PERCENT => {
            let body = format!(
                "Hej\n\nHvornår skal vi sende {}?\n\nHvem godkender {}?\n\nVenlig hilsen\nMona Prøvesen",
                matter.join(" og "),
                matter[0]
            );
            let mut inquiry = Inquiry::from_text(&body).unwrap();
            inquiry.institution = name;
            inquiry.day = parse_day(day);
            let draft = service.suggest(&inquiry, operator()).unwrap();
            ("draft", serde_json::to_string(&draft).unwrap())
        }
        at if at < 70 => {
            let kind = ["", "drejebog", "sag", "brugervejledning"][chance.below(4)];
            let query = LookupQuery {
                q: words(&mut chance),
                institution: name,
                day: Some(day.to_owned()),
                kind: Some(kind.to_owned()).filter(|kind| !kind.is_empty()),
                limit: Some(50),
                ..LookupQuery::default()
            };
            let mut found = service.look_up(&query, operator()).unwrap();
            // The caller's own words come back to it, whatever they are.
            found.query.clear();
            found.did_you_mean.clear();
            for hit in &mut found.hits {
                hit.explanation = Explanation::default();
            }
            ("lookup", serde_json::to_string(&found).unwrap())
        }
        at if at < 85 => {
            let id = &foreign.passages[chance.below(foreign.passages.len())];
            let found = service.passage(id, name.as_deref(), Some(day), operator());
            let own = foreign.owner == asker && asker.is_some();
            assert!(found.is_err() || own, "a guessed id shows {id}");
            (
                "guessed passage",
                found.map_or_else(
                    |error| error.to_string(),
                    |it| serde_json::to_string(&it).unwrap(),
                ),
            )
        }
        _ => {
            let cursor = [None, Some(foreign.document.as_str())][chance.below(2)];
            let kind = [None, Some("drejebog"), Some("sag")][chance.below(3)];
            let page = service.documents(name.as_deref(), kind, cursor, operator()).unwrap();
            let own = page.documents.iter().filter(|entry| entry.institution.is_some()).count();
            assert!(own <= CANARIES, "{own} documents");
            ("documents", serde_json::to_string(&page).unwrap())
        }
    };
    *tally.asked.entry(way).or_default() += 1;
    let better = corpus.strong.get(&card.matter);
    let others = |owners: &BTreeSet<usize>| owners.iter().any(|owner| Some(*owner) != asker);
    let own_strong = card.strong && asker.is_some();
    tally.better_foreign += usize::from(!own_strong && better.is_some_and(others));
    let foreign = corpus.foreign(asker, &answer);
    tally.shown.extend(foreign.iter().map(|canary| format!("{number} ({way}): {canary}")));
    tally.own_shown += usize::from(asker.is_some_and(|it| answer.contains(&corpus.canaries[it])));
}

#[test]
fn four_hundred_institutions_never_see_each_others_canaries() {
    let wanted = std::env::var_os("SVARFORSLAG_TEST_CANARIES");
    let wanted = wanted.map_or(ASKED, |number| number.to_string_lossy().parse().unwrap());
    let (corpus, documents) = Corpus::new();
    assert_eq!(documents.len(), INSTITUTIONS * CANARIES + GENERAL);
    let (_folder, service) = indexed(documents);
    let next = AtomicUsize::new(0);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let work = || {
            let mut tally = Tally::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= wanted {
                    return tally;
                }
                ask(&corpus, &service, &mut tally, number);
            }
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        tally
            .asked
            .into_iter()
            .for_each(|(way, count)| *all.asked.entry(way).or_default() += count);
        all.better_foreign += tally.better_foreign;
        all.own_shown += tally.own_shown;
        all.shown.extend(tally.shown);
    }
    let asked: usize = all.asked.values().sum();
    let share = all.better_foreign as f64 / asked as f64;
    println!(
        "{asked} asked {:?}; foreign canaries: {}; a foreign source fits better: {:.0} %; own shown: {}",
        all.asked,
        all.shown.len(),
        share * 100.0,
        all.own_shown
    );
    assert_eq!(asked, wanted);
    assert!(all.asked["draft"] * 100 >= asked * DRAFTS_PERCENT, "{:?}", all.asked);
    assert!(share >= BETTER_FOREIGN_MIN, "{share}");
    assert!(all.own_shown > asked / 4, "the asker's own sources are found: {}", all.own_shown);
    let shown: Vec<&String> = all.shown.iter().take(5).collect();
    assert!(all.shown.is_empty(), "{} foreign canaries: {shown:?}", all.shown.len());
}
