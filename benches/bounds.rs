//! The bounds that the program promises, measured: `cargo bench --bench bounds [-- --quick]`.
//!
//! Documents are made from the demo's own words with a fixed seed; what is made lies in `target/`.
//! The program ends with failure if a bound does not hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot measure has nothing else to say, and prints what it measured"
)]

mod endpoint;
mod ledger;
mod meaning;
mod personal;
mod vectors;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use svarforslag::config::Config;
use svarforslag::inquiry::Inquiry;
use svarforslag::service::{self, Build, LookupQuery, Service};
use svarforslag::sources::{Extractor, Limits};
use svarforslag::terms::Asker;

/// The option by which this program starts itself to measure memory.
const MEMORY: &str = "--memory";
/// The option by which only vectors are measured.
const VECTORS: &str = "--vectors";
/// The option by which only the finding of personal data is measured.
const PERSONAL: &str = "--personal";
/// The option by which only our own time beside a language model is measured.
const ENDPOINT: &str = "--endpoint";
/// The option by which only the encoding of texts is measured.
const ENCODING: &str = "--encoding";
/// The option by which only what needs a large index is measured: indexing, lookups, drafts.
const LARGE: &str = "--large";
/// The option by which only the ledger is measured.
const LEDGER: &str = "--ledger";
const PASSAGES: usize = 100_000;
const PASSAGES_QUICK: usize = 10_000;
const WORDS_PER_PASSAGE: usize = 150;
const PASSAGES_PER_FILE: usize = 25;
/// Of the files, one in so many belongs to an institution.
const OWNED_ONE_IN: usize = 4;
const INSTITUTIONS: usize = 400;
const LOOKUPS: usize = 1000;
const DRAFTS: usize = 200;
const DRAFTS_BEFORE_MEMORY: usize = 100;
const STARTS: usize = 20;

const INDEXED_PER_SECOND_MIN: f64 = 5_000.0;
const LOOKUP_MS_MAX: f64 = 1.0;
const MAIL_MS_MAX: f64 = 3.0;
/// Words of a long mail that is looked up whole.
const MAIL_WORDS: usize = 100;
const DRAFT_MS_MAX: f64 = 50.0;
const START_MS_MAX: f64 = 1_000.0;
const MEMORY_MB_MAX: f64 = 300.0;
/// Of a draft of three questions, without the encoding of the questions.
const DRAFT_P50_MS_MAX: f64 = 40.0;
const DRAFT_P95_MS_MAX: f64 = 100.0;
const DRAFTS_PER_SECOND_MIN: f64 = 40.0;

/// One line of the table.
struct Row {
    what: String,
    n: usize,
    figure: String,
    bound: String,
    holds: Option<bool>,
}

/// The same numbers on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Text that follows its words as the demo's text does.
struct Words {
    next: BTreeMap<String, Vec<String>>,
    all: Vec<String>,
}

impl Words {
    fn of_demo() -> Self {
        let mut all: Vec<String> = Vec::new();
        for entry in walkdir::WalkDir::new(demo()).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|ending| ending == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                let body = text.splitn(3, "---\n").last().unwrap_or_default();
                let prose = body.lines().filter(|line| !line.starts_with(['#', '|', '-']));
                all.extend(prose.flat_map(str::split_whitespace).map(str::to_owned));
            }
        }
        let mut next: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in all.windows(2) {
            next.entry(pair[0].clone()).or_default().push(pair[1].clone());
        }
        Self { next, all }
    }

    fn passage(&self, chance: &mut Chance) -> String {
        let mut word = &self.all[chance.below(self.all.len())];
        let mut text = String::new();
        for _ in 0..WORDS_PER_PASSAGE {
            write!(text, "{word} ").unwrap();
            // A new thread now and then, so that passages are not the demo's own sentences.
            let after = self.next.get(word).filter(|_| chance.below(6) > 0).unwrap_or(&self.all);
            word = &after[chance.below(after.len())];
        }
        text
    }
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("index/demo")
}

fn inquiry() -> Inquiry {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/inquiry.json");
    Inquiry::from_json(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Writes documents of that many passages; one file in four is a drejebog.
fn write_documents(folder: &Path, passages: usize, words: &Words) {
    let mut chance = Chance(20_251_015);
    for file in 0..passages / PASSAGES_PER_FILE {
        let (kind, owner) = if file % OWNED_ONE_IN == 0 {
            let institution = format!("institution: Institution {}\n", chance.below(INSTITUTIONS));
            ("drejebog", institution)
        } else {
            ("brugervejledning", String::new())
        };
        let mut text = format!("---\ndokumenttype: {kind}\n{owner}titel: Dokument {file}\n---\n\n");
        for section in 0..PASSAGES_PER_FILE {
            let heading = (0..3).map(|_| words.all[chance.below(words.all.len())].as_str());
            let heading = heading.collect::<Vec<_>>().join(" ");
            let passage = words.passage(&mut chance);
            write!(text, "## {section} {heading}\n\n{passage}\n\n").unwrap();
        }
        let path = folder.join(format!("{:03}/{file}.md", file / 100));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn index(data: &Path, documents: &Path) -> (usize, f64) {
    let config = Config { data: data.to_owned(), ..Config::default() };
    let extractor = Extractor {
        program: PathBuf::from(env!("CARGO_BIN_EXE_svarforslag")),
        limits: Limits::default(),
    };
    let build = Build { paths: vec![documents.to_owned()], add: false };
    let report = service::build(&config, &extractor, &build, &|_| {}).unwrap();
    (report.passages, report.seconds)
}

fn open(data: &Path) -> Service {
    Service::open(Config { data: data.to_owned(), ..Config::default() }).unwrap()
}

/// Milliseconds of each call, in order of size.
fn timed<T>(n: usize, mut call: impl FnMut(usize) -> T) -> Vec<f64> {
    let mut times: Vec<Duration> = (0..n)
        .map(|at| {
            let started = Instant::now();
            black_box(call(at));
            started.elapsed()
        })
        .collect();
    times.sort();
    times.into_iter().map(|time| time.as_secs_f64() * 1000.0).collect()
}

fn percentile(times: &[f64], percent: usize) -> f64 {
    times[((times.len() - 1) * percent).div_ceil(100)]
}

/// The row of a call whose median has a bound.
fn row_of_times(what: &str, times: &[f64], bound_ms: Option<f64>) -> Row {
    let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(times, percent));
    Row {
        what: what.to_owned(),
        n: times.len(),
        figure: format!("p50 {p50:.2} ms, p95 {p95:.2} ms, p99 {p99:.2} ms"),
        bound: bound_ms.map_or("none".to_owned(), |bound| format!("p50 at most {bound} ms")),
        holds: bound_ms.map(|bound| p50 <= bound),
    }
}

/// The row of a call whose median and 95th percentile have bounds.
fn row_of_both(what: &str, times: &[f64], [p50_max, p95_max]: [f64; 2]) -> Row {
    let row = row_of_times(what, times, None);
    Row {
        bound: format!("p50 at most {p50_max} ms, p95 at most {p95_max} ms"),
        holds: Some(percentile(times, 50) <= p50_max && percentile(times, 95) <= p95_max),
        ..row
    }
}

/// Three to six words of the demo that could be looked up, and now and then an institution.
fn queries(words: &Words) -> Vec<LookupQuery> {
    let mut chance = Chance(310_255);
    let long: Vec<&String> = words.all.iter().filter(|word| word.chars().count() > 4).collect();
    let query = |_| {
        let count = 3 + chance.below(4);
        let picked: Vec<&str> =
            (0..count).map(|_| long[chance.below(long.len())].as_str()).collect();
        let institution = format!("Institution {}", chance.below(INSTITUTIONS));
        LookupQuery {
            q: picked.join(" "),
            institution: (chance.below(2) == 0).then_some(institution),
            ..LookupQuery::default()
        }
    };
    (0..LOOKUPS).map(query).collect()
}

/// Mails of many different words.
fn mails(words: &Words) -> Vec<LookupQuery> {
    let mut chance = Chance(271_828);
    let long: Vec<&String> = words.all.iter().filter(|word| word.chars().count() > 4).collect();
    let mail = |_| {
        let mut picked: Vec<&str> = Vec::new();
        while picked.len() < MAIL_WORDS {
            let word = long[chance.below(long.len())].as_str();
            if !picked.contains(&word) {
                picked.push(word);
            }
        }
        LookupQuery { q: picked.join(" "), ..LookupQuery::default() }
    };
    (0..LOOKUPS / 10).map(mail).collect()
}

fn measure_large(rows: &mut Vec<Row>, target: &Path, passages: usize) {
    let words = Words::of_demo();
    let (documents, data) = (target.join("documents"), target.join("data"));
    write_documents(&documents, passages, &words);
    let (indexed, seconds) = index(&data, &documents);
    let rate = indexed as f64 / seconds;
    rows.push(Row {
        what: "`svarforslag index`, Markdown".to_owned(),
        n: indexed,
        figure: format!("{rate:.0} passages/s ({seconds:.1} s)"),
        bound: format!("at least {INDEXED_PER_SECOND_MIN} passages/s"),
        holds: Some(rate >= INDEXED_PER_SECOND_MIN),
    });
    let (again, seconds) = index(&data, &documents);
    rows.push(Row {
        what: "`svarforslag index` again, nothing changed".to_owned(),
        n: again,
        figure: format!("{seconds:.2} s"),
        bound: "none".to_owned(),
        holds: None,
    });
    let service = open(&data);
    let queries = queries(&words);
    let look_up = |query: &LookupQuery| service.look_up(query, Asker::operator()).unwrap();
    timed(50, |at| look_up(&queries[at]));
    let times = timed(LOOKUPS, |at| look_up(&queries[at]));
    let what = format!("lookup of 3 to 6 words, {indexed} passages");
    rows.push(row_of_times(&what, &times, Some(LOOKUP_MS_MAX)));
    let inquiry = inquiry();
    let mail = LookupQuery { q: inquiry.body.clone(), ..LookupQuery::default() };
    let times = timed(LOOKUPS / 10, |_| look_up(&mail));
    let what = format!("lookup of a whole mail, {indexed} passages");
    rows.push(row_of_times(&what, &times, Some(MAIL_MS_MAX)));
    let mails = mails(&words);
    let times = timed(LOOKUPS / 10, |at| look_up(&mails[at]));
    let what = format!("lookup of a mail of {MAIL_WORDS} different words, {indexed} passages");
    rows.push(row_of_times(&what, &times, Some(MAIL_MS_MAX)));
    let times = timed(DRAFTS / 4, |_| service.suggest(&inquiry, Asker::operator()).unwrap());
    rows.push(row_of_times(&format!("draft, words alone, {indexed} passages"), &times, None));
    let times = timed(STARTS, |_| open(&data).readiness().unwrap());
    let what = format!("start with an index of {indexed} passages");
    rows.push(row_of_times(&what, &times, Some(START_MS_MAX)));
    drop(service);
    meaning::measure_hybrid(rows, &data, &queries, &inquiry);
    meaning::measure_drafts(rows, &data, &words);
}

fn measure_demo(rows: &mut Vec<Row>, target: &Path) {
    let data = target.join("demo");
    let (passages, seconds) = index(&data, &demo());
    rows.push(Row {
        what: "`svarforslag index index/demo`, ten formats".to_owned(),
        n: passages,
        figure: format!("{seconds:.2} s"),
        bound: "none".to_owned(),
        holds: None,
    });
    let service = open(&data);
    let inquiry = inquiry();
    let draft = |_| service.suggest(&inquiry, Asker::operator()).unwrap();
    timed(20, draft);
    let what = format!("draft of tests/data/inquiry.json, demo, {passages} passages");
    rows.push(row_of_times(&what, &timed(DRAFTS, draft), Some(DRAFT_MS_MAX)));
    let times = timed(STARTS, |_| open(&data).readiness().unwrap());
    rows.push(row_of_times("start with the demo's index", &times, Some(START_MS_MAX)));
    let megabytes = memory_of(&data);
    rows.push(Row {
        what: format!("resident memory after {DRAFTS_BEFORE_MEMORY} drafts, demo"),
        n: 1,
        figure: format!("{megabytes:.0} MB"),
        bound: format!("at most {MEMORY_MB_MAX} MB"),
        holds: Some(megabytes <= MEMORY_MB_MAX),
    });
}

/// Megabytes that a process of its own holds once it has drafted.
fn memory_of(data: &Path) -> f64 {
    let child = Command::new(std::env::current_exe().unwrap()).arg(MEMORY).arg(data).output();
    String::from_utf8(child.unwrap().stdout).unwrap().trim().parse().unwrap()
}

/// Prints what this process holds in memory once it has drafted.
fn print_memory(data: &Path) {
    let service = open(data);
    for _ in 0..DRAFTS_BEFORE_MEMORY {
        black_box(service.suggest(&inquiry(), Asker::operator()).unwrap());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    println!("{}", kilobytes.expect("Linux says what a process holds") / 1024.0);
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == MEMORY) {
        print_memory(Path::new(&arguments[at + 1]));
        return ExitCode::SUCCESS;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick")
        || std::env::var_os("SVARFORSLAG_TEST_QUICK").is_some_and(|value| value == "1");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bounds");
    let _ = std::fs::remove_dir_all(&target);
    std::fs::create_dir_all(&target).unwrap();
    let mut rows = Vec::new();
    let only = |option: &str| arguments.iter().any(|argument| argument == option);
    if only(PERSONAL) {
        personal::measure(&mut rows);
        println!("{}: {}", rows[0].what, rows[0].figure);
        return ExitCode::SUCCESS;
    }
    let parts = [VECTORS, ENDPOINT, LEDGER, ENCODING, LARGE];
    let alone = parts.into_iter().find(|option| only(option));
    let measured = |part: &str| alone.is_none_or(|alone| alone == part);
    if measured(VECTORS) {
        vectors::measure(&mut rows, &target, quick);
    }
    if measured(ENDPOINT) {
        endpoint::measure(&mut rows, &target);
    }
    if measured(LEDGER) {
        ledger::measure(&mut rows, &target, quick);
    }
    if alone.is_none() {
        personal::measure(&mut rows);
    }
    if measured(ENCODING) {
        meaning::measure_encoding(&mut rows);
    }
    if alone.is_none() {
        measure_demo(&mut rows, &target);
    }
    if measured(LARGE) {
        measure_large(&mut rows, &target, if quick { PASSAGES_QUICK } else { PASSAGES });
    }
    let _ = std::fs::remove_dir_all(&target);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let quick = if quick { " -- --quick" } else { "" };
    println!("\n`cargo bench --bench bounds{quick}` on {cores} cores\n");
    println!("| measured | n | figure | bound | holds |\n|---|---|---|---|---|");
    for Row { what, n, figure, bound, holds } in &rows {
        let holds = holds.map_or("-", |holds| if holds { "yes" } else { "NO" });
        println!("| {what} | {n} | {figure} | {bound} | {holds} |");
    }
    let missed = rows.iter().filter(|row| row.holds == Some(false)).count();
    println!("\n{missed} bounds do not hold");
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
