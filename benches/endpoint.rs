//! Our own time beside a language model: before the first byte goes out, and for each piece of an
//! answer. The model is a server of this program that answers at once.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use svarforslag::config::Config;
use svarforslag::draft::Maker;
use svarforslag::draft::endpoint::{Dialect, Settings};
use svarforslag::service::Service;
use svarforslag::terms::Asker;

use crate::{Row, demo, index, inquiry, row_of_times};

const DRAFTS: usize = 100;
/// Pieces of one streamed answer.
const PIECES: usize = 1000;
const BEFORE_MS_MAX: f64 = 1.0;
const PIECE_MS_MAX: f64 = 0.1;

pub(crate) fn measure(rows: &mut Vec<Row>, target: &Path) {
    let data = target.join("endpoint");
    index(&data, &demo());
    let model = Model::start();
    let config = Config {
        data: data.clone(),
        endpoint: model.settings(),
        privacy: instructed(),
        ..Config::default()
    };
    let service = Service::open(config).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let inquiry = inquiry();
    let (mut before, mut pieces) = (Vec::new(), Vec::new());
    for _ in 0..DRAFTS {
        let prepared = service.prepare(&inquiry, Asker::operator(), &|_| {}).unwrap();
        let started = Instant::now();
        let draft = runtime.block_on(service.improve(prepared, &|_| {}));
        let ended = Instant::now();
        let seen = model.seen();
        assert!(draft.cost.tokens_in > 0 && draft.maker == Maker::Extractive, "{:?}", draft.checks);
        before.push(draft.timings_ms["asking"] + ms(seen.first_byte - started));
        // From the last byte of the answer on, nothing is left but the pieces that were behind.
        pieces.push(ms(ended - seen.answered) / PIECES as f64);
    }
    before.sort_by(f64::total_cmp);
    pieces.sort_by(f64::total_cmp);
    let what = "our time before the first byte to a language model, beyond retrieval";
    rows.push(row_of_times(what, &before, Some(BEFORE_MS_MAX)));
    let what = format!("our time for each of {PIECES} streamed pieces, checks included");
    rows.push(row_of_times(&what, &pieces, Some(PIECE_MS_MAX)));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// When the server saw the first byte of a request, and when it began to answer.
#[derive(Clone, Copy)]
struct Seen {
    first_byte: Instant,
    answered: Instant,
}

/// A server that answers each request at once with as many pieces.
struct Model {
    address: SocketAddr,
    seen: Arc<Mutex<Option<Seen>>>,
}

impl Model {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Option<Seen>>> = Arc::default();
        let held = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let held = Arc::clone(&held);
                thread::spawn(move || serve(stream, &held));
            }
        });
        Self { address, seen }
    }

    fn settings(&self) -> Settings {
        Settings {
            url: format!("http://{}/v1", self.address),
            model: "m".to_owned(),
            dialect: Dialect::OpenAi,
            retries_max: 0,
            breaker_failures: 0,
            ..Settings::default()
        }
    }

    fn seen(&self) -> Seen {
        self.seen.lock().unwrap().take().unwrap()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Option<Seen>>) {
    stream.set_nodelay(true).unwrap();
    let mut held: Vec<u8> = Vec::new();
    let mut part = vec![0; 64 * 1024];
    let mut first_byte = None;
    while let Ok(read @ 1..) = stream.read(&mut part) {
        let first = *first_byte.get_or_insert_with(Instant::now);
        held.extend_from_slice(&part[..read]);
        if !is_whole(&held) {
            continue;
        }
        let answer = answer(&String::from_utf8_lossy(&held));
        *seen.lock().unwrap() = Some(Seen { first_byte: first, answered: Instant::now() });
        stream.write_all(&answer).unwrap();
        held.clear();
        first_byte = None;
    }
}

fn is_whole(held: &[u8]) -> bool {
    let text = String::from_utf8_lossy(held);
    let Some((above, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = above.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    held.len() >= above.len() + 4 + length.unwrap_or(0)
}

/// An answer of the right shape to the questions of a request, whose sentences do not hold, in many
/// pieces.
fn answer(request: &str) -> Vec<u8> {
    let quote = json!({ "passage": 1, "quote": "Dette står ikke i nogen kilde." });
    let line = json!({ "text": "Fristen er i dag.", "citations": [quote] });
    let question =
        |n: usize| json!({ "n": n, "outcome": "answered", "sentences": vec![line.clone(); 8] });
    let numbers = request.split("Spørgsmål ").skip(1);
    let numbers = numbers.filter_map(|rest| rest.split_once(':')?.0.parse().ok());
    let asked: Vec<_> = numbers.map(question).collect();
    let text = json!({ "questions": asked }).to_string();
    let letters: Vec<char> = text.chars().collect();
    let mut body = String::new();
    for at in 0..PIECES {
        let cut = |at: usize| letters.len() * at / PIECES;
        let content: String = letters[cut(at)..cut(at + 1)].iter().collect();
        let piece = json!({ "choices": [{ "index": 0, "delta": { "content": content } }] });
        write!(body, "data: {piece}\n\n").unwrap();
    }
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 10 } });
    write!(body, "data: {usage}\n\ndata: [DONE]\n\n").unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

/// Instructions under which every inquiry may leave, masked.
fn instructed() -> svarforslag::privacy::Settings {
    use svarforslag::privacy::{AREAS, Instruction, Settings, Special};
    let special = [Special::Health, Special::Union, Special::Belief].into();
    let instruction = Instruction { endpoint: true, special, ..Instruction::default() };
    let areas = AREAS.into_iter().map(|area| (area, instruction.clone())).collect();
    Settings { areas, ..Settings::default() }
}
