//! The service over HTTP, by a real server on a port of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use svarforslag::access::ToldCode;
use svarforslag::config::{Config, Limits};
use svarforslag::http::{Code, serve};
use svarforslag::service::{Build, Service, build};
use svarforslag::sources::Extractor;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Stands in every text that the tests send; no log may hold it.
pub(crate) const MARK: &str = "Zebrafisken";
/// Longer than any answer takes, also on a loaded machine.
const LONG: Duration = Duration::from_secs(20);

const GUIDE: &str = "---\ndokumenttype: brugervejledning\ntitel: Bestilling af løn\nversion: \"1\"\n\
gyldig_fra: 2023-01-01\nejer: Løn\nmaalgruppe: kunde\nsystem: [Lønportalen]\nomraade: loen\n---\n\n\
# Bestilling af løn\n\nFristen for lønbestillinger i december er den 2. december.\n\n\
Bestillingen godkendes af kundens 2. godkender i Lønportalen.\n";
const DREJEBOG: &str = "---\ndokumenttype: drejebog\ntitel: Drejebog for Banedanmark\n\
institution: Banedanmark\nversion: \"1\"\ngyldig_fra: 2023-01-01\nejer: kundepartner\n\
maalgruppe: kunde\nomraade: loen\n---\n\n# Drejebog\n\n## Lønbestillinger\n\n\
Banedanmark afleverer lønbestillinger på et særligt regneark.\n";
const REGISTER: &str =
    "[[institution]]\nname = \"Banedanmark\"\nshort = \"BDK\"\nmail_domains = [\"bane.example\"]\n";

/// A data directory with a small index, made once for all tests.
pub(crate) static INDEXED: LazyLock<TempDir> = LazyLock::new(|| {
    let (documents, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| std::fs::write(documents.path().join(name), text).unwrap();
    write("bestilling.md", GUIDE);
    write("banedanmark.md", DREJEBOG);
    write("institutions.toml", REGISTER);
    let program = env!("CARGO_BIN_EXE_svarforslag").into();
    let extractor = Extractor { program, limits: svarforslag::sources::Limits::default() };
    let config = Config { data: data.path().to_owned(), ..Config::default() };
    let wanted = Build { paths: vec![documents.path().to_owned()], add: false };
    let report = build(&config, &extractor, &wanted, &|_| {}).unwrap();
    assert_eq!(report.documents, 2);
    data
});

/// All that the program has logged, at every level.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
});

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&held).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that the program has logged so far.
pub(crate) fn logged() -> String {
    LOG.text()
}

/// The data directory of the small index.
pub(crate) fn indexed() -> std::path::PathBuf {
    INDEXED.path().to_owned()
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) shutdown: CancellationToken,
    /// What the operator's terminal is shown.
    codes: Mutex<Receiver<ToldCode>>,
    running: Option<JoinHandle<std::io::Result<()>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
        assert!(!LOG.text().contains(MARK), "a log line holds what a caller wrote");
    }
}

impl Server {
    /// A server over the small index.
    async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::over(INDEXED.path(), limits).await
    }

    pub(crate) async fn over(data: &Path, limits: Limits) -> Self {
        Self::of(Config { data: data.to_owned(), limits, ..Config::default() }).await
    }

    pub(crate) async fn of(config: Config) -> Self {
        Self::at(config, "127.0.0.1:0").await
    }

    /// A server that listens there.
    pub(crate) async fn at(config: Config, listen: &str) -> Self {
        LazyLock::force(&LOG);
        // The program names no other; without one no client can be made.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let service = Arc::new(Service::open(config).unwrap());
        let listener = TcpListener::bind(listen).await.unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
        let shutdown = CancellationToken::new();
        let (shows, codes) = channel();
        let show = move |told: &ToldCode| shows.send(told.clone()).unwrap();
        let running = Some(tokio::spawn(serve(listener, service, show, shutdown.clone())));
        let client = Client::builder().no_proxy().timeout(LONG).build().unwrap();
        Self { address, client, shutdown, codes: Mutex::new(codes), running }
    }

    /// The next code that the operator's terminal is shown.
    pub(crate) fn code(&self) -> ToldCode {
        self.codes.lock().unwrap().recv_timeout(LONG).unwrap()
    }

    /// Whether the operator's terminal was shown nothing more.
    pub(crate) fn shows_nothing(&self) -> bool {
        self.codes.lock().unwrap().try_recv().is_err()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    async fn post(&self, kind: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(self.url("/api/v1/drafts")).header("content-type", kind);
        request.body(body).send().await.unwrap()
    }

    /// A connection that is written and read by hand, off the runtime's own threads.
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    pub(crate) async fn stopped(&mut self) -> std::io::Result<()> {
        let running = self.running.take().unwrap();
        tokio::time::timeout(LONG, running).await.unwrap().unwrap()
    }
}

/// Holds that an answer is the problem of that code, whole and in its form.
#[track_caller]
fn is_problem(head: (StatusCode, reqwest::header::HeaderMap), body: &Value, code: Code) {
    let (status, headers) = head;
    assert_eq!(body["code"], code.value(), "{body}");
    assert_eq!(status.as_u16(), code.status().as_u16());
    assert_eq!(body["status"], code.status().as_u16());
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(body["trace_id"], headers["x-request-id"].to_str().unwrap());
    assert_eq!(body["type"], format!("urn:svarforslag:problem:{}", code.value()));
    for name in ["title", "detail", "remedy"] {
        let text = body[name].as_str().unwrap();
        assert!(!text.is_empty() && !text.contains(['{', '}']), "{name}: {text}");
    }
    assert_eq!(
        headers.contains_key("retry-after"),
        matches!(code, Code::Busy | Code::TooOften | Code::Timeout)
    );
    let line = LOG.text().lines().filter(|line| line.contains(code.value())).count();
    assert!(line > 0, "no log line names {}", code.value());
}

pub(crate) async fn expect(response: Response, code: Code) -> Value {
    let head = (response.status(), response.headers().clone());
    let body: Value = response.json().await.unwrap();
    is_problem(head, &body, code);
    body
}

pub(crate) async fn json_of(response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn inquiry() -> String {
    let body = format!("Hej\n\nHvornår er fristen for lønbestillinger i december? {MARK} spørger.");
    json!({ "id": "sag-1", "body": body, "institution": "Banedanmark" }).to_string()
}

const MAIL: &str = "From: Mette Prøvesen <mette@bane.example>\r\nTo: sam@sam.example\r\n\
Subject: =?utf-8?q?L=C3=B8nbestilling_Zebrafisken?=\r\nDate: Mon, 13 Oct 2025 09:00:00 +0200\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
Hej\r\n\r\nHvornår er fristen for lønbestillinger?\r\n\
--b\r\nContent-Type: text/plain; name=bilag.txt\r\n\
Content-Disposition: attachment; filename=bilag.txt\r\n\r\nZebrafisken\r\n--b--\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_as_json_becomes_a_draft() {
    let server = Server::new().await;
    let response = server.post("application/json", inquiry()).await;
    assert_eq!(response.headers()["x-ai-generated"], "draft");
    let draft = json_of(response).await;
    assert_eq!(draft["inquiry"], "sag-1");
    assert_eq!(draft["institution"], "Banedanmark");
    assert_eq!(draft["maker"], "extractive");
    assert_eq!(draft["questions"][0]["outcome"], "answered", "{draft}");
    assert!(draft["reply"].as_str().unwrap().contains("den 2. december"), "{draft}");
    let counts = server.get("/metrics").await.text().await.unwrap();
    assert!(counts.contains("svarforslag_drafts_total 1"), "{counts}");
    assert!(counts.contains("svarforslag_questions_total{outcome=\"answered\"} 1"), "{counts}");
    assert!(!counts.contains("Banedanmark"), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_becomes_a_draft_for_the_institution_and_day_that_the_address_names() {
    let server = Server::new().await;
    let draft = json_of(server.post("message/rfc822", MAIL).await).await;
    assert_eq!(draft["institution"], "Banedanmark");
    assert_eq!((&draft["day"], &draft["day_from"]), (&json!("2025-10-13"), &json!("received")));
    let note = draft["internal_note"].as_str().unwrap();
    assert!(note.contains("bilag.txt"), "{note}");
    let url = server.url("/api/v1/drafts?institution=Ukendt&day=2025-11-01");
    let request = server.client.post(url).header("content-type", "message/rfc822").body(MAIL);
    let draft = json_of(request.send().await.unwrap()).await;
    assert_eq!(draft["institution"], Value::Null);
    assert_eq!((&draft["day"], &draft["day_from"]), (&json!("2025-11-01"), &json!("asked")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_leads_to_its_passage_and_its_document() {
    let server = Server::new().await;
    let found =
        json_of(server.get("/api/v1/lookup?q=frist+l%C3%B8nbestilling&limit=3").await).await;
    let hit = &found["hits"][0];
    assert_eq!(hit["document"], "bestilling.md", "{found}");
    let id = hit["passage_id"].as_str().unwrap();
    let shown = json_of(server.get(&format!("/api/v1/passages/{id}")).await).await;
    assert_eq!(shown["text"], hit["text"]);
    assert!(shown["place"]["ordinal"].is_number(), "{shown}");
    let listed = json_of(server.get("/api/v1/documents?kind=brugervejledning").await).await;
    assert_eq!(listed["documents"][0]["document"], "bestilling.md", "{listed}");
    assert_eq!(listed["next"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drejebog_is_seen_by_its_own_institution_only() {
    let server = Server::new().await;
    let own = json_of(server.get("/api/v1/lookup?q=regneark&institution=banedanmark").await).await;
    let hit = &own["hits"][0];
    assert_eq!(hit["institution"], "Banedanmark", "{own}");
    let path = format!("/api/v1/passages/{}", hit["passage_id"].as_str().unwrap());
    assert!(
        json_of(server.get(&format!("{path}?institution=Banedanmark")).await).await.is_object()
    );
    let others = expect(server.get(&path).await, Code::NotFound).await;
    let nothing = expect(server.get("/api/v1/passages/none").await, Code::NotFound).await;
    assert_eq!(others["detail"], nothing["detail"]);
    let general = json_of(server.get("/api/v1/lookup?q=regneark").await).await;
    assert!(!general.to_string().contains("regneark på"), "{general}");
    let listed = json_of(server.get("/api/v1/documents").await).await;
    assert_eq!(listed["documents"].as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_that_cannot_be_used_is_refused_with_its_reason() {
    let server = Server::new().await;
    let json = "application/json";
    let not_utf8 = b"{\"body\": \"l\xf8n\"}".to_vec();
    expect(server.post(json, not_utf8).await, Code::BadJson).await;
    expect(server.post(json, format!("{{\"body\": \"{MARK}")).await, Code::BadJson).await;
    expect(server.post(json, format!("{{\"body\": [\"{MARK}\"]}}")).await, Code::BadJson).await;
    expect(server.post(json, "").await, Code::BadJson).await;
    let fax = json!({ "body": MARK, "channel": MARK }).to_string();
    expect(server.post(json, fax).await, Code::BadJson).await;
    expect(server.post(json, json!({ "body": " \n" }).to_string()).await, Code::EmptyInquiry).await;
    expect(server.post(json, "{}").await, Code::EmptyInquiry).await;
    let day = json!({ "body": MARK, "day": "15/10" }).to_string();
    let problem = expect(server.post(json, day).await, Code::BadDay).await;
    assert!(problem["detail"].as_str().unwrap().contains("15/10"), "{problem}");
    let name = json!({ "body": MARK, "institution": MARK.repeat(500) }).to_string();
    expect(server.post(json, name).await, Code::BadParameter).await;
    expect(server.post("message/rfc822", "").await, Code::BadMail).await;
    expect(server.post("text/plain", MARK).await, Code::WrongContentType).await;
    let url = server.url("/api/v1/drafts");
    let untyped = server.client.post(url).body(MARK).send().await.unwrap();
    expect(untyped, Code::WrongContentType).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_hears_so_also_while_it_is_sent() {
    let server = Server::new().await;
    let long = |bytes: usize| json!({ "body": "løn ".repeat(bytes / 5) }).to_string();
    expect(server.post("application/json", long(3_500_000)).await, Code::TooLarge).await;
    expect(server.post("application/json", long(9_000_000)).await, Code::TooLarge).await;
    let mail = format!("{MAIL}{}", "x".repeat(6_000_000));
    expect(server.post("message/rfc822", mail).await, Code::TooLarge).await;
    let mut asking = server.connect();
    let head = "POST /api/v1/drafts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                expect: 100-continue\r\ncontent-length: 99000000\r\n\r\n";
    asking.write_all(head.as_bytes()).unwrap();
    let answer = read_to_end(&mut asking);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_cannot_be_used_is_refused_with_its_reason() {
    let server = Server::new().await;
    for (path, code) in [
        ("/api/v1/lookup", Code::EmptyQuery),
        ("/api/v1/lookup?q=+", Code::EmptyQuery),
        ("/api/v1/lookup?q=a&day=i+gaar", Code::BadDay),
        ("/api/v1/lookup?q=a&kind=bog", Code::BadParameter),
        ("/api/v1/lookup?q=a&system=excel", Code::BadParameter),
        ("/api/v1/lookup?q=a&limit=0", Code::BadParameter),
        ("/api/v1/lookup?q=a&limit=many", Code::BadParameter),
        ("/api/v1/lookup?q=a&q=b", Code::BadParameter),
        ("/api/v1/lookup?q=a&instituton=Banedanmark", Code::BadParameter),
        ("/api/v1/documents?kind=bog", Code::BadParameter),
        ("/api/v1/passages/x?day=0", Code::BadDay),
        ("/api/v1/passages/%FF", Code::NotFound),
        ("/api/v1/passages/x?day=2025-02-30", Code::BadDay),
        ("/api/v1/nothing", Code::UnknownRoute),
        ("/api/docs/nothing.js", Code::UnknownRoute),
        ("/api/v1/evaluations", Code::WrongMethod),
    ] {
        expect(server.get(path).await, code).await;
    }
    let odd = "/api/v1/lookup?q=%00%FF%F0%9F%98%80&institution=%00&day=";
    assert_eq!(server.get(odd).await.status(), 200);
    let long = format!("/api/v1/lookup?q={}", "x".repeat(3000));
    expect(server.get(&long).await, Code::BadParameter).await;
    let response = server.get("/api/v1/evaluations").await;
    assert_eq!(response.headers()["allow"], "POST");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_an_index_says_so_and_finds_one_that_comes() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::over(data.path(), Limits::default()).await;
    assert_eq!(server.get("/health/live").await.status(), 200);
    expect(server.get("/health/ready").await, Code::IndexMissing).await;
    expect(server.post("application/json", inquiry()).await, Code::IndexMissing).await;
    let page = server.get("/").await.text().await.unwrap();
    assert!(page.contains("Ikke klar"), "{page}");

    std::fs::write(data.path().join("current"), "no build").unwrap();
    let current = std::fs::read_dir(INDEXED.path()).unwrap().map(|entry| entry.unwrap().path());
    let current = current.filter(|path| path.is_file() && !is_ledger(path));
    let names: Vec<_> = current.map(|path| path.file_name().unwrap().to_owned()).collect();
    for name in &names {
        std::fs::write(data.path().join(name), "../elsewhere").unwrap();
    }
    let problem = expect(server.get("/health/ready").await, Code::Internal).await;
    assert!(!problem.to_string().contains("elsewhere"), "{problem}");
    assert!(LOG.text().contains("elsewhere"), "the cause stands in the log");

    copy(INDEXED.path(), data.path(), &|path, bytes| {
        let is_manifest = path.file_name().unwrap().to_str().unwrap().starts_with("manifest");
        if !is_manifest {
            return bytes;
        }
        let mut manifest: Value = serde_json::from_slice(&bytes).unwrap();
        manifest["format"] = json!(4711);
        manifest.to_string().into_bytes()
    });
    expect(server.get("/health/ready").await, Code::IndexMismatch).await;

    copy(INDEXED.path(), data.path(), &|_, bytes| bytes);
    let ready = json_of(server.get("/health/ready").await).await;
    assert_eq!((&ready["documents"], &ready["demo"]), (&json!(2), &json!(false)));
}

pub(crate) fn copy(from: &Path, to: &Path, change: &dyn Fn(&Path, Vec<u8>) -> Vec<u8>) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else if !is_ledger(entry.path()) {
            let bytes = std::fs::read(entry.path()).unwrap();
            std::fs::write(target, change(entry.path(), bytes)).unwrap();
        }
    }
}

/// Whether a file is of a ledger: each server has its own, and writes to it meanwhile.
fn is_ledger(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ledger."))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_free_seat_a_caller_is_told_when_to_come_back() {
    let server = Server::with(Limits { work_at_once_max: 0, ..Limits::default() }).await;
    let (draft, lookup) = tokio::join!(
        server.post("application/json", inquiry()),
        server.get("/api/v1/lookup?q=frist")
    );
    assert_eq!(draft.headers()["retry-after"], "2");
    expect(draft, Code::Busy).await;
    expect(lookup, Code::Busy).await;
    assert_eq!(server.get("/health/ready").await.status(), 200);
    let counts = server.get("/metrics").await.text().await.unwrap();
    assert!(counts.contains("svarforslag_busy_refusals_total 2"), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_takes_too_long_is_given_up() {
    let server = Server::with(Limits { request_seconds_max: 0, ..Limits::default() }).await;
    // In no time at all a lookup may still be done before anybody looks at the clock.
    loop {
        let response = server.get("/api/v1/lookup?q=frist").await;
        if response.status() != 200 {
            expect(response, Code::Timeout).await;
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_or_dripping_connection_is_closed() {
    let limits = Limits { header_seconds_max: 1, request_seconds_max: 2, ..Limits::default() };
    let server = Server::with(limits).await;
    let (mut silent, mut half, mut body) = (server.connect(), server.connect(), server.connect());
    let (mut dripping, mut dripping_body) = (server.connect(), server.connect());
    let started = Instant::now();
    half.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-a: ").unwrap();
    let head = "POST /api/v1/drafts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{\"body\"";
    body.write_all(head.as_bytes()).unwrap();
    let drips = [drip(&dripping, "GET / HTTP/1.1\r\nx-long: "), drip(&dripping_body, head)];
    for stream in [&mut silent, &mut half, &mut dripping] {
        let answer = read_to_end(stream);
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    for stream in [&mut body, &mut dripping_body] {
        let answer = read_to_end(stream);
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("incomplete_request"), "{answer}");
    }
    for drip in drips {
        drip.join().unwrap();
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// Writes a beginning, and then a byte every tenth of a second until the server has enough.
fn drip(stream: &TcpStream, beginning: &str) -> std::thread::JoinHandle<()> {
    let (mut stream, beginning) = (stream.try_clone().unwrap(), beginning.to_owned());
    std::thread::spawn(move || {
        let mut more = beginning.as_bytes();
        while stream.write_all(more).is_ok() {
            more = b"a";
            std::thread::sleep(Duration::from_millis(100));
        }
    })
}

fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        // A connection that is reset has ended, too.
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("still open"),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_do_not_keep_others_out() {
    let server = Server::with(Limits { connections_max: 4, ..Limits::default() }).await;
    let half = "POST /api/v1/drafts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{";
    let mut silent = Vec::new();
    for said in ["", "GET / HTTP/1.1\r\nx: ", half].repeat(4) {
        let mut stream = server.connect();
        stream.write_all(said.as_bytes()).unwrap();
        silent.push(stream);
    }
    let started = Instant::now();
    assert_eq!(server.get("/health/live").await.status(), 200);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let counts = server.get("/metrics").await.text().await.unwrap();
    // Twelve came, and four may stay; the two requests above needed a place each.
    let evicted = counts.lines().find_map(|line| {
        line.strip_prefix("svarforslag_connections_evicted_total ")?.parse::<u32>().ok()
    });
    assert!(evicted.is_some_and(|evicted| (8..=10).contains(&evicted)), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_is_finished_when_the_server_stops() {
    let mut server = Server::new().await;
    let mut idle = server.connect();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut some = [0; 64];
    idle.read_exact(&mut some).unwrap();
    let mut running = server.connect();
    let body = inquiry();
    let head = format!(
        "POST /api/v1/drafts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    running.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    running.read_exact(&mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));

    server.shutdown.cancel();
    read_to_end(&mut idle);
    let told = Instant::now();
    while TcpStream::connect(server.address).is_ok() {
        assert!(told.elapsed() < LONG, "nobody new is let in");
    }
    running.write_all(body.as_bytes()).unwrap();
    let answer = read_to_end(&mut running);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"reply\""), "{answer}");
    server.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_specification_names_every_address_and_every_status() {
    let server = Server::new().await;
    let specification = json_of(server.get("/api/openapi.json").await).await;
    assert_eq!(specification["openapi"], "3.1.0");
    let paths = specification["paths"].as_object().unwrap();
    let named: Vec<&str> = paths.keys().map(String::as_str).collect();
    let expected = [
        "/api/v1/candidates",
        "/api/v1/candidates/{id}/accept",
        "/api/v1/candidates/{id}/decline",
        "/api/v1/documents",
        "/api/v1/documents/{id}",
        "/api/v1/documents/{id}/restore",
        "/api/v1/drafts",
        "/api/v1/drafts/{id}",
        "/api/v1/drafts/{id}/approve",
        "/api/v1/drafts/{id}/edit",
        "/api/v1/drafts/{id}/gold-line",
        "/api/v1/drafts/{id}/journal",
        "/api/v1/drafts/{id}/regenerate",
        "/api/v1/drafts/{id}/reject",
        "/api/v1/drafts/{id}/reopen",
        "/api/v1/drafts/{id}/take-over",
        "/api/v1/evaluations",
        "/api/v1/evaluations/{id}",
        "/api/v1/evaluations/{id}/report.html",
        "/api/v1/gaps",
        "/api/v1/inquiries",
        "/api/v1/inquiries/batch",
        "/api/v1/inquiries/{id}/export",
        "/api/v1/log",
        "/api/v1/log/verify",
        "/api/v1/lookup",
        "/api/v1/passages/{id}",
        "/api/v1/quoting",
        "/api/v1/session",
        "/api/v1/session/code",
        "/api/v1/webhook",
        "/api/v1/withdrawn",
        "/health/live",
        "/health/ready",
        "/metrics",
    ];
    let mut sorted = named.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    let statuses = |path: &str, method: &str| {
        let responses = paths[path][method]["responses"].as_object().unwrap();
        responses.keys().cloned().collect::<Vec<_>>()
    };
    let draft =
        ["200", "400", "401", "403", "408", "413", "415", "421", "422", "429", "500", "503", "507"];
    assert_eq!(statuses("/api/v1/drafts", "post"), draft);
    assert_eq!(
        statuses("/api/v1/passages/{id}", "get"),
        ["200", "401", "403", "404", "421", "422", "429", "500", "503"]
    );
    let start =
        ["200", "202", "400", "401", "403", "408", "413", "415", "421", "422", "429", "500", "503"];
    assert_eq!(statuses("/api/v1/evaluations", "post"), start);
    for path in ["/api/v1/evaluations/{id}", "/api/v1/evaluations/{id}/report.html"] {
        let show = ["200", "401", "403", "404", "421", "429", "500", "503"];
        assert_eq!(statuses(path, "get"), show);
    }
    let decide = [
        "200", "400", "401", "403", "404", "408", "409", "412", "413", "415", "421", "422", "428",
        "429", "500", "503", "507",
    ];
    for what in ["approve", "edit", "reject", "regenerate", "take-over", "reopen"] {
        assert_eq!(statuses(&format!("/api/v1/drafts/{{id}}/{what}"), "post"), decide, "{what}");
    }
    // What everybody may call asks nobody who they are.
    assert_eq!(statuses("/health/live", "get"), ["200", "421", "429"]);
    let mut references = Vec::new();
    collect_references(&specification, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(specification.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.push(reference.clone());
            }
            fields.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_work_offline_and_run_nothing_foreign() {
    let server = Server::new().await;
    let front = server.get("/").await;
    let policy = front.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let front = front.text().await.unwrap();
    assert!(front.contains("lang=\"da\"") && front.contains("2 dokumenter"), "{front}");
    assert!(!front.contains("<script") && !front.contains("demo"), "{front}");
    let viewer = server.get("/api/docs/").await;
    let policy = viewer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let viewer = viewer.text().await.unwrap();
    assert!(!viewer.contains("http://") && !viewer.contains("https://"), "{viewer}");
    for file in ["swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"] {
        assert_eq!(server.get(&format!("/api/docs/{file}")).await.status(), 200, "{file}");
    }
    let start = server.get("/api/docs/swagger-initializer.js").await.text().await.unwrap();
    assert!(start.contains("/api/openapi.json"), "{start}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_its_id_and_its_safety_headers() {
    let server = Server::new().await;
    let paths =
        ["/", "/api/v1/documents", "/api/v1/nothing", "/health/live", "/metrics", "/api/docs/"];
    for path in paths {
        let request = server.client.get(server.url(path)).header("x-request-id", "sag-7");
        let response = request.send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-request-id"], "sag-7", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
    let odd = server.client.get(server.url("/")).header("x-request-id", format!("{MARK} {MARK}"));
    let id = odd.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(id.len(), 36, "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_logged_once_and_without_a_word_of_the_caller() {
    let server = Server::new().await;
    let request = |id: &str, path: &str| {
        let url = server.url(path);
        server.client.get(url).header("x-request-id", id.to_owned()).header("x-odd", MARK)
    };
    for (id, path) in [
        ("log-lookup", format!("/api/v1/lookup?q={MARK}&institution={MARK}")),
        ("log-kind", format!("/api/v1/lookup?q=a&kind={MARK}")),
        ("log-passage", format!("/api/v1/passages/{MARK}")),
        ("log-nowhere", format!("/{MARK}/{MARK}?{MARK}={MARK}")),
    ] {
        request(id, &path).send().await.unwrap();
        let line = |log: &str| log.lines().filter(|line| line.contains(id)).count();
        let answered: Vec<String> = LOG
            .text()
            .lines()
            .filter(|line| line.contains(&format!("\"id\":\"{id}\"")) && line.contains("answered"))
            .map(str::to_owned)
            .collect();
        assert_eq!(answered.len(), 1, "{} lines of {id}", line(&LOG.text()));
        assert!(answered[0].contains("\"route\":") && answered[0].contains("\"ms\":"));
    }
    json_of(server.post("application/json", inquiry()).await).await;
    json_of(server.post("message/rfc822", MAIL).await).await;
    assert!(!LOG.text().contains(MARK));
}
