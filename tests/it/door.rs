//! The front door: stalled callers go, others are answered, and foreign names are turned away.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use svarforslag::config::{Config, Limits};
use svarforslag::http::Code;

use crate::http::{Server, expect};

/// Stalled connections, in four shapes.
const STALLED: usize = 200;
/// Until those that made room for others are closed.
const CLOSED_MAX: Duration = Duration::from_secs(10);
/// The longest that one may stay open.
const OPEN_MAX: Duration = Duration::from_secs(15);
/// The longest that a healthy request may take meanwhile.
const HEALTHY_MAX: Duration = Duration::from_secs(2);

const HALF_BODY: &str = "POST /api/v1/drafts HTTP/1.1\r\nhost: localhost\r\n\
    content-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"body\": \"Hvor";

/// What a stalled caller says before it stalls, and whether it goes on a byte at a time.
fn shapes() -> [(&'static str, bool); 4] {
    [
        ("", false),
        ("GET / HTTP/1.1\r\nhost: localhost\r\nx-half: ", false),
        ("GET / HTTP/1.1\r\nhost: localhost\r\nx-drip: ", true),
        (HALF_BODY, false),
    ]
}

/// How long a connection stays open, whatever it is told meanwhile.
fn stall(address: std::net::SocketAddr, (said, drips): (&str, bool)) -> Duration {
    let mut stream = TcpStream::connect(address).unwrap();
    let started = Instant::now();
    let _ = stream.write_all(said.as_bytes());
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut piece = [0; 4096];
    while started.elapsed() < OPEN_MAX * 2 {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                if drips && stream.write_all(b"a").is_err() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_connections_are_closed_and_others_are_answered_meanwhile() {
    // All of them come from one address, which may hold them here.
    let limits = Limits { connections_per_peer_max: 256, ..Limits::default() };
    let server = Server::with(limits).await;
    let stalled: Vec<_> = (0..STALLED)
        .map(|at| {
            let (address, shape) = (server.address, shapes()[at % 4]);
            std::thread::spawn(move || stall(address, shape))
        })
        .collect();
    let (mut healthy, mut slowest) = (0, Duration::ZERO);
    while stalled.iter().any(|stalled| !stalled.is_finished()) {
        let started = Instant::now();
        assert_eq!(server.get("/api/v1/documents").await.status(), 200);
        slowest = slowest.max(started.elapsed());
        healthy += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let open: Vec<Duration> = stalled.into_iter().map(|stalled| stalled.join().unwrap()).collect();
    let longest = open.iter().max().unwrap();
    assert!(*longest <= OPEN_MAX, "open for {longest:?}");
    assert!(slowest <= HEALTHY_MAX, "a healthy request took {slowest:?}");
    println!(
        "{STALLED} stalled connections: open at most {longest:?}; {healthy} healthy requests, slowest {slowest:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_caller_does_not_take_all_connections() {
    let limits = Limits { connections_per_peer_max: 8, ..Limits::default() };
    let server = Server::with(limits).await;
    let silent: Vec<TcpStream> =
        (0..40).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    assert_eq!(server.get("/health/live").await.status(), 200);
    // Those that made room close one by one, as soon as their tasks get a turn.
    let (started, mut open) = (Instant::now(), u32::MAX);
    while open > 8 && started.elapsed() < CLOSED_MAX {
        let counts = server.get("/metrics").await.text().await.unwrap();
        let mut lines = counts.lines();
        let number = |line: &str| line.strip_prefix("svarforslag_connections_open ")?.parse().ok();
        open = lines.find_map(number).expect("the number is told");
    }
    assert!(open <= 8, "{open} are open");
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_call_by_its_own_name() {
    let server = Server::with(Limits::default()).await;
    for (host, status) in [
        ("ondt.example", 421),
        ("127.0.0.1.ondt.example:8080", 421),
        ("localhost", 200),
        ("[::1]:8080", 200),
    ] {
        let request = server.client.get(server.url("/api/v1/documents")).header("host", host);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{host}");
        if status == 421 {
            expect(answer, Code::WrongHost).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_asks_too_often_is_told_to_wait() {
    let limits = Limits { requests_per_minute_max: 5, ..Limits::default() };
    let server = Server::with(limits).await;
    for _ in 0..5 {
        assert_eq!(server.get("/api/v1/documents").await.status(), 200);
    }
    let answer = server.get("/api/v1/documents").await;
    assert!(answer.headers().contains_key("retry-after"));
    expect(answer, Code::TooOften).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_of_a_trusted_proxy_are_told_apart() {
    let data = crate::http::indexed();
    let limits = Limits { requests_per_minute_max: 2, ..Limits::default() };
    let config = Config { data, limits, proxies: "127.0.0.1".to_owned(), ..Config::default() };
    let server = Server::of(config).await;
    let ask = |who: &'static str| {
        server.client.get(server.url("/health/live")).header("x-forwarded-for", who).send()
    };
    for who in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] {
        assert_eq!(ask(who).await.unwrap().status(), 200, "{who}");
        assert_eq!(ask(who).await.unwrap().status(), 200, "{who}");
        assert_eq!(ask(who).await.unwrap().status(), 429, "{who}");
    }
}
