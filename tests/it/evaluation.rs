//! Figures that anyone can make again: equal to `ir_measures`, and refused on bad judgements.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Deserialize;
use svarforslag::config::Config;
use svarforslag::evaluation::{
    Error, Measure, Qrels, Report, Run, Share, Unit, compare, holm, html, randomisation, read_beir,
    read_gold, read_qrels, read_run, score_run, summarise, write_qrels, write_run,
};
use svarforslag::service::{self, evaluate_beir};
use tempfile::TempDir;

use crate::desk::{TestDesk, folder};

#[derive(Deserialize)]
struct Rankings {
    measures: Vec<String>,
    cases: Vec<Case>,
}

/// One ranking and what `ir_measures` says of it, the measures in one order.
#[derive(Deserialize)]
struct Case {
    name: String,
    qrels: Vec<String>,
    run: Vec<String>,
    mean: Vec<f64>,
    queries: BTreeMap<String, Vec<f64>>,
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/evaluation").join(name)
}

fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    file
}

fn value(unit: &Unit, measure: &str) -> f64 {
    let share = unit.scores[measure];
    share.sum / share.of
}

#[test]
fn every_measure_equals_that_of_ir_measures() {
    let text = std::fs::read_to_string(recorded("rankings.json")).unwrap();
    let rankings: Rankings = serde_json::from_str(&text).unwrap();
    assert_eq!(rankings.measures, Measure::USUAL.map(Measure::name));
    assert!(rankings.cases.len() >= 20);
    let folder = folder();
    let mut faults = Vec::new();
    let mut compared = 0;
    for case in &rankings.cases {
        let qrels = read_qrels(&written(&folder, "qrels", &case.qrels.join("\n"))).unwrap();
        let run = read_run(&written(&folder, "run", &case.run.join("\n"))).unwrap();
        let units = score_run(&run, &qrels, &Measure::USUAL);
        let ids: Vec<&String> = units.iter().map(|unit| &unit.id).collect();
        assert_eq!(ids, case.queries.keys().collect::<Vec<_>>(), "{}", case.name);
        let report = summarise("run", "data", units);
        for (at, measure) in rankings.measures.iter().enumerate() {
            let mut check = |place: &str, found: f64, expected: f64| {
                compared += 1;
                if (found - expected).abs() > 1e-6 {
                    let name = &case.name;
                    faults.push(format!("{name}: {place}: {measure} is {found}, not {expected}"));
                }
            };
            for unit in &report.per_question {
                check(&unit.id, value(unit, measure), case.queries[&unit.id][at]);
            }
            check("mean", report.measures[measure].value, case.mean[at]);
        }
    }
    println!("{compared} values of {} rankings compared", rankings.cases.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_run_and_its_judgements_can_be_written_and_read_again() {
    let beir = read_beir(&recorded("beir")).unwrap();
    assert_eq!((beir.documents.len(), beir.queries.len()), (44, 13), "queries that nobody judged");
    let folder = folder();
    let ranked = |documents: &BTreeMap<String, i32>| {
        documents.iter().map(|(id, grade)| (id.clone(), 0.1 + f64::from(*grade) / 3.0)).collect()
    };
    let run: Run = beir.qrels.iter().map(|(query, it)| (query.clone(), ranked(it))).collect();
    let written_run = read_run(&written(&folder, "run", &write_run(&run, "test"))).unwrap();
    assert_eq!(written_run, run);
    let qrels = read_qrels(&written(&folder, "qrels", &write_qrels(&beir.qrels))).unwrap();
    assert_eq!(qrels, beir.qrels);
}

/// The file and line, what is wrong, and the way out.
#[track_caller]
fn refused<T>(result: Result<T, Error>, place: &str, what: &str, remedy: &str) {
    let Err(error) = result else { panic!("{place}: taken as good") };
    let text = format!("{error}\n{}", error.remedy());
    assert!(error.to_string().contains(place), "no `{place}` in: {text}");
    assert!(error.to_string().contains(what), "no `{what}` in: {text}");
    assert!(error.remedy().contains(remedy), "no `{remedy}` in: {text}");
}

const GOOD: &str = r#"{"id":"H1","body":"Hvornår kommer lønnen?","questions":[{"n":1,"text":"Hvornår kommer lønnen?","answerable":"guide"}]}"#;

fn gold(second: &str) -> Result<usize, Error> {
    let folder = folder();
    let file = written(&folder, "gold.jsonl", &format!("{GOOD}\n\n{second}\n"));
    read_gold(&[file]).map(|gold| gold.inquiries.len())
}

#[test]
fn a_bad_gold_question_is_named_with_its_line() {
    let question = |fields: &str| {
        format!(r#"{{"id":"H2","body":"Tak","questions":[{{"n":4,"text":"x",{fields}}}]}}"#)
    };
    assert_eq!(gold(&question(r#""answerable":"afvis""#)).unwrap(), 2);
    let outcome = gold(&question(r#""answerable":"guide","also":["maaske"]"#));
    refused(outcome, "gold.jsonl:3", "question 4: `maaske` is no outcome", "ingen_kilde");
    refused(gold(GOOD), "gold.jsonl:3", "`H1` stands twice", "an id of its own");
    let quote = r#""answerable":"guide","relevant":[{"document":"a.md","quote":" ","grade":2}]"#;
    refused(gold(&question(quote)), "gold.jsonl:3", "`a.md` has no quote", "eight words");
    let pattern = r#""answerable":"guide","must_not":[{"text":"x","never":["("]}]"#;
    refused(gold(&question(pattern)), "H2, question 4", "`(` is not a pattern", "(?i)");
    let kind = r#""answerable":"guide","must_not":[{"text":"x","never_kind":"shoe size"}]"#;
    refused(gold(&question(kind)), "gold.jsonl:3", "shoe size", "docs/evaluation.md");
    refused(gold("{"), "gold.jsonl:3", "EOF", "one JSON object a line");
    refused(gold(r#"{"id":"H3","body":" ","questions":[]}"#), "gold.jsonl:3", "", "");
    let missing = read_gold(&[PathBuf::from("no/such/gold.jsonl")]);
    refused(missing, "no/such/gold.jsonl", "cannot read", "check the path");
}

#[test]
fn a_second_gold_file_may_not_be_empty() {
    let folder = folder();
    let files = [written(&folder, "a.jsonl", GOOD), written(&folder, "b.jsonl", "\n")];
    refused(read_gold(&files), "b.jsonl", "nothing to evaluate", "name a gold set");
}

#[test]
fn a_bad_ranking_is_named_with_its_line() {
    let folder = folder();
    let run = |text: &str| read_run(&written(&folder, "a.run", text));
    let qrels = |text: &str| read_qrels(&written(&folder, "a.qrels", text));
    let good = "q1 Q0 d1 1 2.5 mine\n";
    let six = "six columns";
    for score in ["NaN", "inf", "much"] {
        let what = format!("`{score}` is no finite number");
        refused(run(&format!("{good}q1 Q0 d2 2 {score} mine")), "a.run:2", &what, six);
    }
    refused(run("q1 d1 1"), "a.run:1", "3 columns where a run has six", six);
    refused(run(&good.repeat(2)), "a.run:2", "`d1` is ranked twice for `q1`", "once");
    refused(run("\n"), "a.run", "nothing to evaluate", "a run with its qrels");
    refused(qrels("q1 0 d1 1\nq1 d2"), "a.qrels:2", "2 columns where there are 4", "four columns");
    refused(qrels("q1 0 d1 good"), "a.qrels:1", "`good` is no whole number", "four columns");
    refused(qrels("q1 0 d1 1\nq1 0 d1 2"), "a.qrels:2", "judged twice", "once");
    let beir = "query-id\tcorpus-id\tscore\nq1\td1\n";
    refused(qrels(beir), "a.qrels:2", "2 columns where there are 3", "under the header");
}

#[test]
fn a_retrieval_set_never_takes_the_place_of_indexed_documents() {
    let desk = TestDesk::new().guide("Aconto", "Kunden bestiller aconto.").open();
    let config = Config { model: "off".to_owned(), ..Config::default() };
    let set = recorded("beir");
    let evaluate = |data: &Path| evaluate_beir(&config, Some(data), &set, "set", &|_, _| {});
    let Err(service::Error::Evaluation(error)) = evaluate(&desk.data()) else {
        panic!("the set took the place of the documents");
    };
    assert!(error.to_string().contains("holds an index of other documents"), "{error}");
    assert!(error.remedy().contains("--data"));
    assert_eq!(desk.service.readiness().unwrap().documents, 1);
    // A directory of its own is used again.
    let own = folder();
    assert_eq!(evaluate(own.path()).unwrap().report.n, evaluate(own.path()).unwrap().report.n);
}

#[test]
fn a_beir_folder_must_hold_what_is_judged() {
    let folder = folder();
    let beir = |corpus: &str, queries: &str, qrels: &str| {
        written(&folder, "corpus.jsonl", corpus);
        written(&folder, "queries.jsonl", queries);
        written(&folder, "qrels/test.tsv", &format!("query-id\tcorpus-id\tscore\n{qrels}"));
        read_beir(folder.path())
    };
    let corpus = r#"{"_id":"d1","title":"t","text":"x"}"#;
    let queries = r#"{"_id":"q1","text":"x"}"#;
    assert_eq!(beir(corpus, queries, "q1\td1\t1\n").unwrap().queries.len(), 1);
    let document = beir(corpus, queries, "q1\td1\t1\nq1\td9\t2\n");
    refused(document, "qrels/test.tsv:3", "`d9` is judged, and corpus.jsonl", "mend the id");
    let query = beir(corpus, queries, "q2\td1\t1\n");
    refused(query, "qrels/test.tsv:2", "`q2` is judged, and queries.jsonl", "mend the id");
    let twice = beir(&format!("{corpus}\n{corpus}"), queries, "q1\td1\t1\n");
    refused(twice, "corpus.jsonl:2", "`d1` stands twice", "an id of its own");
    let bare = beir(corpus, r#"{"id":"q1"}"#, "q1\td1\t1\n");
    refused(bare, "queries.jsonl:1", "_id", "one JSON object a line");
}

/// Bits that look like chance and are the same every time.
struct Seeded(u64);

impl Seeded {
    fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let at =
            all.iter().enumerate().find(|(at, _)| self.share() < 1.0 / (all.len() - at) as f64);
        at.map_or(all[0], |(_, it)| it)
    }
}

/// A report of `count` questions whose scores are chance, raised by `more`.
fn by_chance(name: &str, seed: u64, count: usize, more: f64) -> Report {
    let mut base = Seeded(5);
    let mut noise = Seeded(seed);
    let units = (0..count)
        .map(|at| {
            let hard = base.share();
            let score = (0.5 + 0.3 * (hard - 0.5) + 0.2 * (noise.share() - 0.5) + more).min(1.0);
            let answers = f64::from(noise.share() < 0.6 + more);
            Unit {
                scores: BTreeMap::from([
                    ("nDCG@10".to_owned(), Share::one(score)),
                    ("R@5".to_owned(), Share::one(answers)),
                    ("must_not_rate".to_owned(), Share::one(1.0 - score)),
                ]),
                ..unit(&format!("q{at}"))
            }
        })
        .collect();
    summarise(name, "chance", units)
}

fn unit(id: &str) -> Unit {
    Unit {
        id: id.to_owned(),
        text: String::new(),
        slices: BTreeMap::new(),
        scores: BTreeMap::new(),
        paragraph: format!("Svar på {id}."),
        outcome: None,
        strength: None,
        remarks: Vec::new(),
    }
}

#[test]
fn a_difference_is_shown_where_there_is_one() {
    let plain = by_chance("plain", 1, 120, 0.0);
    let mut called = 0;
    for seed in 2..12 {
        let other = compare(&plain, &by_chance("other", seed, 120, 0.0)).unwrap();
        called +=
            other.measures.values().filter(|it| it.conclusion != "no difference shown").count();
    }
    println!("{called} of 30 measures called different where only chance differs");
    assert!(called <= 2);
    let better = compare(&plain, &by_chance("better", 99, 100, 0.1)).unwrap();
    assert_eq!(better.n, 100, "only what both have");
    assert_eq!(better.measures["nDCG@10"].conclusion, "better");
    assert_eq!(better.measures["must_not_rate"].conclusion, "better", "less of it is better");
    let gain = &better.measures["nDCG@10"];
    assert!(gain.mean.low > 0.05 && gain.mean.high < 0.15 && gain.p_holm < 0.001, "{gain:?}");
    assert_eq!(gain.wins_ties_losses.iter().sum::<usize>(), 100);
    assert_eq!(better.changed.len(), 12);
    let worse = compare(&by_chance("better", 99, 100, 0.1), &plain).unwrap();
    assert_eq!(worse.measures["nDCG@10"].conclusion, "worse");
    let same = compare(&plain, &plain).unwrap();
    assert!(same.changed.is_empty() && same.measures.values().all(|it| it.p_holm >= 1.0));
    let apart = summarise("apart", "other", vec![unit("z")]);
    refused(compare(&plain, &apart), "in common", "", "the same gold set");
}

#[test]
fn holm_holds_many_measures_at_one_level() {
    let corrected = holm(&[0.02, 0.001, 0.04, 0.5]);
    let expected = [0.06, 0.004, 0.08, 0.5];
    assert!(corrected.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{corrected:?}");
    assert!(holm(&[]).is_empty());
    assert!(holm(&[0.9, 0.8]).iter().all(|p| *p <= 1.0));
}

#[test]
fn the_time_that_evaluation_takes_is_printed() {
    let mut chance = Seeded(3);
    let (mut qrels, mut run) = (Qrels::new(), Run::new());
    for query in 0..10_000 {
        let ranked = (0..20).map(|at| (format!("d{at}"), chance.share())).collect();
        let judged = (0..8).map(|at| (format!("d{}", at * 3), at % 3)).collect();
        run.insert(format!("q{query}"), ranked);
        qrels.insert(format!("q{query}"), judged);
    }
    let mut measures = Measure::USUAL.to_vec();
    measures.extend([Measure::Ndcg(5), Measure::Precision(10)]);
    let start = Instant::now();
    let units = score_run(&run, &qrels, &measures);
    println!("10,000 queries, ten measures: {} ms", start.elapsed().as_millis());
    assert_eq!(units.len(), 10_000);
    let differences: Vec<f64> = (0..1000).map(|_| chance.share() - 0.5).collect();
    let start = Instant::now();
    let p = randomisation(&differences, 100_000, 1);
    println!("100,000 randomisations, 1,000 questions: {} ms", start.elapsed().as_millis());
    assert!((0.0..=1.0).contains(&p));
}

/// A report as a gold set gives it, by chance.
fn of_drafts(name: &str, seed: u64, more: f64) -> Report {
    let outcomes =
        ["answered", "answered_by_drejebog", "needs_case_lookup", "refused", "out_of_scope"];
    let mut chance = Seeded(seed);
    let mut units = Vec::new();
    for at in 0..90 {
        let expected = if chance.share() < 0.5 { "answered" } else { chance.of(&outcomes) };
        let right = chance.share() < 0.72 + more;
        let came = if right { expected } else { chance.of(&["no_evidence", "answered", "missed"]) };
        let strength = chance.share();
        let met = (chance.share() < 0.3 + 0.6 * strength) && right;
        let mut one = unit(&format!("H{:03}#{}", at / 3 + 1, at % 3 + 1));
        "Skal vi sende en ny blanket, eller finder I selv den gamle?".clone_into(&mut one.text);
        "Har SAM lavet en fejl, ringer kunden til Kundebetjening; der skal ingen \
            blanket til. <script>alert('x & y')</script>"
            .clone_into(&mut one.paragraph);
        one.outcome = Some((expected.to_owned(), came.to_owned()));
        one.strength = Some(strength);
        one.slices = BTreeMap::from([
            (
                "channel".to_owned(),
                chance.of(&["mail", "telefonnotat", "serviceportal"]).to_owned(),
            ),
            ("part".to_owned(), if at < 60 { "dev" } else { "test" }.to_owned()),
            (
                "source".to_owned(),
                chance.of(&["brugervejledninger", "drejeboeger", "shr-guider"]).to_owned(),
            ),
        ]);
        let is_answer = expected.starts_with("answered");
        let measure = if is_answer { "must_recall_strict" } else { "must_recall_other" };
        one.scores = BTreeMap::from([
            ("outcome_accuracy".to_owned(), Share::one(f64::from(right))),
            ("question_recall".to_owned(), Share::one(f64::from(came != "missed"))),
            (measure.to_owned(), Share { sum: if met { 2.0 } else { 1.0 }, of: 2.0 }),
            ("citation_precision".to_owned(), Share { sum: f64::from(right) * 2.0, of: 3.0 }),
            ("must_not_rate".to_owned(), Share::one(f64::from(chance.share() < 0.04))),
            ("nDCG@10".to_owned(), Share::one((strength * 0.7 + 0.3 + more).min(1.0))),
            ("unsupported_numbers".to_owned(), Share { sum: 0.0, of: 0.0 }),
        ]);
        if !met {
            one.remarks = vec!["not met: aconto kræver en fejl over 500 kr. netto".to_owned()];
        }
        units.push(one);
    }
    for at in 0..30 {
        let mut whole = unit(&format!("H{:03}", at + 1));
        "Fejl i oktoberløn - hvad nu?".clone_into(&mut whole.text);
        whole.scores = BTreeMap::from([
            ("lix".to_owned(), Share::one(38.0 + 8.0 * chance.share())),
            (
                "question_precision".to_owned(),
                Share { sum: 3.0, of: 3.0 + (chance.share() * 1.3).floor() },
            ),
        ]);
        units.push(whole);
    }
    let mut report = summarise(name, "gold.jsonl", units);
    report.latency_ms =
        (0..120).map(|_| 3.0 + 4.0 * chance.share() + 9.0 * chance.share().powi(9)).collect();
    report.latency_ms.sort_by(f64::total_cmp);
    report.settings = vec!["retrieval.passages_max=8".to_owned()];
    report
}

#[test]
fn the_page_stands_alone_and_trusts_no_text() {
    let report = of_drafts("main", 11, 0.0);
    let comparison = compare(&of_drafts("before", 11, -0.08), &report).unwrap();
    let page = html(&report, Some(&comparison));
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evaluation.html");
    std::fs::write(&kept, &page).unwrap();
    println!("{} bytes: {}", page.len(), kept.display());
    for foreign in
        ["<script", "<link", "<img", "src=", "href=", "url(", "http:", "https:", "@import"]
    {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("&lt;script&gt;alert(&#39;x &amp; y&#39;)"));
    for tag in
        ["section", "table", "tr", "svg", "figure", "details", "div", "dl", "tbody", "blockquote"]
    {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    for heading in [
        "Measures",
        "Compared with",
        "Outcomes",
        "Risk and coverage",
        "By channel",
        "Time to a draft",
        "Where it goes wrong",
    ] {
        assert!(page.contains(heading), "{heading}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf\""), "a mark without a place");
}

#[test]
fn the_page_of_a_ranking_has_only_what_was_measured() {
    let page = html(&by_chance("run", 1, 30, 0.0), None);
    for absent in ["Outcomes", "Risk and coverage", "Time to a draft", "Compared with"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("nDCG@10") && page.contains("Where it goes wrong"));
    let empty = html(&summarise("run", "nothing", Vec::new()), None);
    assert!(empty.ends_with("</html>\n") && !empty.contains("NaN"));
}
