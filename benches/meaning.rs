//! The shipped model and searches with it: one question encoded, many passages encoded, and a
//! whole lookup by words and by meaning over many passages.

use std::path::Path;
use std::time::Instant;

use svarforslag::embedding::{Files, Model};
use svarforslag::index::{Encoding, ModelId};
use svarforslag::inquiry::{Inquiry, read};
use svarforslag::service::LookupQuery;
use svarforslag::terms::Asker;

use crate::vectors::vector;
use crate::{
    Chance, DRAFT_P50_MS_MAX, DRAFT_P95_MS_MAX, DRAFTS_PER_SECOND_MIN, LOOKUPS, MEMORY_MB_MAX, Row,
    Words, memory_of, open, row_of_both, row_of_times, timed,
};

/// Tokens of the question that is encoded, the marks at its ends included.
const QUESTION_TOKENS: usize = 16;
const QUESTION_MS_MAX: f64 = 8.0;
const QUESTIONS: usize = 200;
/// Passages that are encoded, of 20 to 180 tokens, 100 on average.
const ENCODED: usize = 400;
const TOKENS_PER_SECOND_MIN: f64 = 3_500.0;
/// Rounds, of which the median counts.
const ROUNDS: usize = 5;
const HYBRID_MS_MAX: f64 = 15.0;
/// Mails of three questions, drafted by one caller after the other and then by two at once.
const MAILS: usize = 200;
const CALLERS: usize = 2;

/// Words of the demo that make a text of about so many tokens.
fn text(words: &Words, chance: &mut Chance, model: &Model, tokens: usize) -> String {
    let passage = words.passage(chance);
    let mut text = String::new();
    for word in passage.split(' ') {
        if model.tokens(&format!("{text} {word}")).unwrap() > tokens {
            break;
        }
        text.push_str(word);
        text.push(' ');
    }
    text
}

/// One question at a time, and many passages at once, as an indexing does.
pub(crate) fn measure_encoding(rows: &mut Vec<Row>) {
    let model = Model::load(&Files::shipped()).unwrap();
    let words = Words::of_demo();
    let mut chance = Chance(161_803);
    let questions: Vec<String> =
        (0..QUESTIONS).map(|_| text(&words, &mut chance, &model, QUESTION_TOKENS)).collect();
    let encode = |at: usize| model.encode_queries(&[&questions[at]]).unwrap();
    timed(20, encode);
    let times = timed(QUESTIONS, encode);
    let what = format!("a question of {QUESTION_TOKENS} tokens encoded");
    rows.push(row_of_times(&what, &times, Some(QUESTION_MS_MAX)));
    let passages: Vec<String> = (0..ENCODED)
        .map(|_| {
            let tokens = 20 + chance.below(161);
            text(&words, &mut chance, &model, tokens)
        })
        .collect();
    let tokens: usize = passages.iter().map(|passage| model.tokens(passage).unwrap()).sum();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            model.encode_passages(&passages, &mut |_, _| {}).unwrap();
            tokens as f64 / started.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[ROUNDS / 2];
    rows.push(Row {
        what: format!("passages encoded, {} tokens on average", tokens / ENCODED),
        n: ENCODED,
        figure: format!("{rate:.0} tokens/s ({:.0} to {:.0})", rates[0], rates[ROUNDS - 1]),
        bound: format!("at least {TOKENS_PER_SECOND_MIN} tokens/s"),
        holds: Some(rate >= TOKENS_PER_SECOND_MIN),
    });
}

/// Gives every passage a vector of chance: what a search costs does not hang on what it means.
fn give_vectors(data: &Path) -> usize {
    let model = Model::load(&Files::shipped()).unwrap();
    let (fingerprint, dimensions) = (model.fingerprint().to_owned(), model.dimensions());
    let id = ModelId { fingerprint, dimensions };
    let mut encoding = Encoding::begin(data, &id).unwrap().expect("no passage has a vector yet");
    let missing = encoding.missing();
    for (at, one) in missing.iter().enumerate() {
        encoding.put(one, &[vector(at)]).unwrap();
    }
    encoding.save().unwrap().rows
}

/// Lookups and drafts with everything: words, the question encoded, vectors, and the join.
pub(crate) fn measure_hybrid(
    rows: &mut Vec<Row>,
    data: &Path,
    queries: &[LookupQuery],
    inquiry: &Inquiry,
) {
    let passages = give_vectors(data);
    let service = open(data);
    let look_up = |query: &LookupQuery| service.look_up(query, Asker::operator()).unwrap();
    timed(50, |at| look_up(&queries[at]));
    let times = timed(LOOKUPS, |at| look_up(&queries[at]));
    let what = format!("lookup by words and meaning, {passages} passages");
    rows.push(row_of_times(&what, &times, Some(HYBRID_MS_MAX)));
    let times = timed(LOOKUPS / 10, |_| service.suggest(inquiry, Asker::operator()).unwrap());
    let what = format!("draft of four questions by words and meaning, {passages} passages");
    rows.push(row_of_times(&what, &times, None));
    let megabytes = memory_of(data);
    rows.push(Row {
        what: format!("resident memory after drafts, the model and {passages} passages"),
        n: 1,
        figure: format!("{megabytes:.0} MB"),
        bound: format!("at most {MEMORY_MB_MAX} MB"),
        holds: Some(megabytes <= MEMORY_MB_MAX),
    });
}

/// Mails of three questions, of words of the demo.
fn mails_of_three(words: &Words) -> Vec<Inquiry> {
    let mut chance = Chance(141_421);
    let is_long =
        |word: &&String| word.chars().count() > 4 && word.chars().all(char::is_alphabetic);
    let long: Vec<&String> = words.all.iter().filter(is_long).collect();
    let mut picked = |count: usize| -> String {
        let picked = (0..count).map(|_| long[chance.below(long.len())].as_str());
        picked.collect::<Vec<_>>().join(" ").to_lowercase()
    };
    let mail = |_| {
        let subject = picked(2);
        let told = format!("Vi har en sag om {}.", picked(4));
        let asked = [
            format!("Hvornår er fristen for {}?", picked(3)),
            format!("Hvem skal indberette {}?", picked(3)),
            format!("Kan vi få {}?", picked(3)),
        ];
        Inquiry {
            subject: Some(subject),
            body: format!("Hej\n\n{told} {}\n\nVenlig hilsen\nBo Prøvesen", asked.join(" ")),
            ..Inquiry::default()
        }
    };
    // Words of chance may read as no question at all.
    let of_three = |mail: &Inquiry| read(mail).questions.len() == 3;
    (0..).map(mail).filter(of_three).take(MAILS).collect()
}

/// Drafts of three questions by words and meaning: how long one takes without the encoding of its
/// questions, and how many two callers get in a second with it.
pub(crate) fn measure_drafts(rows: &mut Vec<Row>, data: &Path, words: &Words) {
    let service = open(data);
    let mails = mails_of_three(words);
    let draft = |at: usize| service.suggest(&mails[at % MAILS], Asker::operator()).unwrap();
    timed(20, draft);
    let (mut alone, mut whole): (Vec<f64>, Vec<f64>) = (0..MAILS)
        .map(|at| {
            let started = Instant::now();
            let made = draft(at);
            let took = started.elapsed().as_secs_f64() * 1000.0;
            (took - made.timings_ms["encoding"], took)
        })
        .unzip();
    alone.sort_by(f64::total_cmp);
    whole.sort_by(f64::total_cmp);
    let passages = service.readiness().unwrap().passages;
    let what = format!("draft of three questions, {passages} passages, without encoding them");
    rows.push(row_of_both(&what, &alone, [DRAFT_P50_MS_MAX, DRAFT_P95_MS_MAX]));
    let what = format!("the same with encoding, {passages} passages");
    rows.push(row_of_times(&what, &whole, None));
    let started = Instant::now();
    // How long each caller took without the encoding of its questions.
    let callers: Vec<f64> = std::thread::scope(|scope| {
        let call = |caller: usize| {
            let draft = &draft;
            scope.spawn(move || {
                let encoding = |at| draft(at + caller * MAILS / 2).timings_ms["encoding"];
                let began = Instant::now();
                let encoding: f64 = (0..MAILS).map(encoding).sum();
                began.elapsed().as_secs_f64() - encoding / 1000.0
            })
        };
        let callers: Vec<_> = (0..CALLERS).map(call).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    let rate = (CALLERS * MAILS) as f64 / started.elapsed().as_secs_f64();
    let slowest = callers.into_iter().fold(0.0, f64::max);
    let without = (CALLERS * MAILS) as f64 / slowest;
    rows.push(Row {
        what: format!(
            "drafts of three questions by {CALLERS} callers at once, {passages} passages"
        ),
        n: CALLERS * MAILS,
        figure: format!("{rate:.0} drafts/s; {without:.0} without the time of encoding"),
        bound: format!("at least {DRAFTS_PER_SECOND_MIN} drafts/s, encoding included"),
        holds: Some(rate >= DRAFTS_PER_SECOND_MIN),
    });
}
