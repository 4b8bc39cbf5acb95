//! What was acknowledged is there, whenever the program is killed and however full the disk is
//! (P-DUR-1, P-DUR-3).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use crate::desk::PROGRAM;
use crate::http::{copy, indexed};
use crate::issuer::{Issuer, token};

/// The longest that a start may take until the ledger answers.
const START_MAX: Duration = Duration::from_secs(3);
/// How many kills unless `SVARFORSLAG_TEST_KILLS` says otherwise.
const KILLS: u64 = 30;
const ASKED: &str = "Hvornår er fristen for lønbestillinger i december?";

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A program that serves until it is dropped, which kills it.
struct Served {
    child: Child,
    address: String,
    took: Duration,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    fn start(command: &mut Command) -> Self {
        let started = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap_or_default().to_owned();
        assert!(!address.is_empty(), "the program did not start: {line}");
        let mut served = Self { child, address, took: Duration::ZERO };
        let client = Client::builder().no_proxy().build().unwrap();
        let address = format!("http://{}/health/live", served.address);
        while client.get(&address).send().is_err() {
            assert!(started.elapsed() < START_MAX * 10, "nobody answers at {}", served.address);
            assert!(served.child.try_wait().unwrap().is_none(), "the program has ended");
        }
        served.took = started.elapsed();
        served
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Somebody who asks a running program.
#[derive(Clone)]
struct Caller {
    client: Client,
    token: String,
}

impl Caller {
    fn send(
        &self,
        served: &str,
        (method, path): (&str, &str),
        tag: Option<i64>,
        body: Option<&Value>,
    ) -> Result<Response, reqwest::Error> {
        let method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("http://{served}{path}"));
        request = request.bearer_auth(&self.token);
        if let Some(tag) = tag {
            request = request.header("if-match", format!("\"{tag}\""));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send()
    }

    fn view(&self, served: &str, draft: &str) -> Result<Value, reqwest::Error> {
        self.send(served, ("GET", &format!("/api/v1/drafts/{draft}")), None, None)?.json()
    }
}

/// What the program has acknowledged: each draft with the last version, and what was purged.
#[derive(Default)]
struct Acknowledged {
    drafts: BTreeMap<String, i64>,
    inquiries: Vec<String>,
    purged: Vec<String>,
    writes: usize,
}

/// Posts, reads and decides until the program is gone.
fn work(served: &str, caller: &Caller, seed: u64, known: &Mutex<Acknowledged>) {
    let mut chance = Chance(seed);
    let mut own: Vec<String> = Vec::new();
    loop {
        let done = match chance.below(4) {
            0 | 1 => post(served, caller, known).map(|draft| own.extend(draft)),
            _ => match own.get(usize::try_from(chance.below(own.len().max(1) as u64)).unwrap()) {
                Some(draft) => decide(served, caller, (draft, chance.below(4)), known),
                None => Ok(()),
            },
        };
        if done.is_err() {
            return;
        }
    }
}

fn post(
    served: &str,
    caller: &Caller,
    known: &Mutex<Acknowledged>,
) -> Result<Option<String>, reqwest::Error> {
    let body = json!({ "body": ASKED, "institution": "Banedanmark" });
    let response = caller.send(served, ("POST", "/api/v1/inquiries"), None, Some(&body))?;
    if response.status() != 201 {
        return Ok(None);
    }
    let posted: Value = response.json()?;
    let text = |name: &str| posted[name].as_str().unwrap().to_owned();
    let mut known = known.lock().unwrap();
    known.drafts.insert(text("draft"), 1);
    known.inquiries.push(text("inquiry"));
    known.writes += 1;
    Ok(Some(text("draft")))
}

fn decide(
    served: &str,
    caller: &Caller,
    (draft, what): (&str, u64),
    known: &Mutex<Acknowledged>,
) -> Result<(), reqwest::Error> {
    let view = caller.view(served, draft)?;
    let Some(version) = view["version"].as_i64() else { return Ok(()) };
    let (what, words) = match what {
        0 => ("approve", json!({})),
        1 => ("edit", json!({ "reply": format!("Fristen er den 2. december. ({version})") })),
        2 => ("reject", json!({ "reasons": ["wrong"] })),
        _ => ("take-over", json!({})),
    };
    let path = format!("/api/v1/drafts/{draft}/{what}");
    let response = caller.send(served, ("POST", &path), Some(version), Some(&words))?;
    if response.status() != 200 {
        return Ok(());
    }
    let decided: Value = response.json()?;
    let mut known = known.lock().unwrap();
    known.drafts.insert(draft.to_owned(), decided["version"].as_i64().unwrap());
    known.writes += 1;
    Ok(())
}

fn settings(issuer: &Issuer) -> [(&'static str, String); 5] {
    let access = issuer.keycloak();
    [
        ("SVARFORSLAG_ACCESS__ISSUER", access.issuer),
        ("SVARFORSLAG_ACCESS__AUDIENCE", access.audience),
        ("SVARFORSLAG_ACCESS__CLIENT", access.client),
        ("SVARFORSLAG_MODEL", "off".to_owned()),
        ("RUST_LOG", "error".to_owned()),
    ]
}

fn serve(data: &Path, issuer: &Issuer) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["--data", data.to_str().unwrap(), "serve", "--listen", "127.0.0.1:0"]);
    command.envs(settings(issuer)).current_dir(data);
    command
}

fn caller(issuer: &Issuer) -> Caller {
    let roles = ["caseworker", "approver", "operator"];
    let token = token(&issuer.person("anna", &roles, &json!("alle")), "rs-1");
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
    Caller { client, token }
}

fn fresh() -> tempfile::TempDir {
    // The program names no provider for others; without one no client can be made.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir().unwrap();
    copy(&indexed(), data.path(), &|_, bytes| bytes);
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_loses_what_was_acknowledged() {
    let issuer = Issuer::new().await;
    let kills = crate::desk::number("SVARFORSLAG_TEST_KILLS").unwrap_or(KILLS);
    tokio::task::spawn_blocking(move || kill_again_and_again(&issuer, kills)).await.unwrap();
}

fn kill_again_and_again(issuer: &Issuer, kills: u64) {
    let data = fresh();
    let known: Arc<Mutex<Acknowledged>> = Arc::default();
    let (mut chance, mut slowest) = (Chance(20_251_015), Duration::ZERO);
    for kill in 0..kills {
        // A token lives for minutes; many kills take longer.
        let caller = caller(issuer);
        let served = Served::start(&mut serve(data.path(), issuer));
        slowest = slowest.max(served.took);
        let workers: Vec<_> = (0..4)
            .map(|n| {
                let (address, caller) = (served.address.clone(), caller.clone());
                let known = Arc::clone(&known);
                std::thread::spawn(move || work(&address, &caller, kill * 4 + n, &known))
            })
            .collect();
        if kill % 3 == 2 {
            purge_one(data.path(), &known);
        }
        std::thread::sleep(Duration::from_millis(50 + chance.below(500)));
        served.kill();
        for worker in workers {
            worker.join().unwrap();
        }
    }
    let caller = caller(issuer);
    let served = Served::start(&mut serve(data.path(), issuer));
    slowest = slowest.max(served.took);
    let known = known.lock().unwrap();
    let lost = lost(&served, &caller, &known);
    let whole: Value = caller
        .send(&served.address, ("GET", "/api/v1/log/verify"), None, None)
        .unwrap()
        .json()
        .unwrap();
    println!(
        "{kills} kills: {} acknowledged writes on {} drafts, {} purged, {} lost, damage {}; {} events; slowest start {slowest:?}",
        known.writes,
        known.drafts.len(),
        known.purged.len(),
        lost.len(),
        whole["damage"],
        whole["events"],
    );
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(whole["damage"], json!([]));
    assert!(slowest <= START_MAX, "{slowest:?}");
    assert!(known.writes as u64 >= kills, "too little was written to show anything");
    assert!(kills < 9 || !known.purged.is_empty(), "no purge was acknowledged");
}

/// Lets one inquiry go, as an operator does while the service runs.
fn purge_one(data: &Path, known: &Mutex<Acknowledged>) {
    let Some(inquiry) = known.lock().unwrap().inquiries.pop() else { return };
    let done = Command::new(PROGRAM)
        .args(["--data", data.to_str().unwrap(), "purge", "--inquiry", &inquiry])
        .output()
        .unwrap();
    let mut known = known.lock().unwrap();
    // What it names is gone, also where it ends by saying that others kept it from wiping the rest.
    if String::from_utf8(done.stdout).unwrap().trim() == inquiry {
        known.purged.push(inquiry);
        known.writes += 1;
    } else {
        println!("not purged: {}", String::from_utf8_lossy(&done.stderr));
        known.inquiries.push(inquiry);
    }
}

/// What was acknowledged and is not there, and what was purged and is.
fn lost(served: &Served, caller: &Caller, known: &Acknowledged) -> Vec<String> {
    let mut lost = Vec::new();
    let mut inquiries = std::collections::BTreeSet::new();
    for (draft, version) in &known.drafts {
        let view = caller.view(&served.address, draft).unwrap();
        inquiries.extend(view["inquiry"].as_str().map(str::to_owned));
        let kept = view["version"].as_i64();
        // A decision that was written and not acknowledged may stand behind the last one.
        if kept.is_some_and(|kept| kept >= *version) {
            continue;
        }
        if kept.is_none() && view["code"] == "not_found" && !known.purged.is_empty() {
            continue;
        }
        lost.push(format!("{draft} at {version}: {view}"));
    }
    let gone = known.drafts.len() - inquiries.len();
    if gone != known.purged.len() {
        lost.push(format!("{gone} drafts are gone, {} were purged", known.purged.len()));
    }
    for inquiry in &known.purged {
        if inquiries.contains(inquiry) {
            lost.push(format!("{inquiry} was purged and is there"));
        }
    }
    lost
}

/// A program whose data directory lies on a disk of so many KiB of its own.
fn on_a_small_disk(kib: u64, issuer: &Issuer, from: &Path) -> Command {
    let script = "mkdir -p \"$2\" && mount -t tmpfs -o size=\"$1\"k tmpfs \"$2\" \
        && cp -r \"$3\"/. \"$2\" && cd \"$2\" \
        && exec \"$4\" --data \"$2\" serve --listen 127.0.0.1:0";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    command.arg(kib.to_string()).arg("/tmp/svarforslag-full").arg(from).arg(PROGRAM);
    command.envs(settings(issuer));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_writes_and_nothing_else() {
    let can = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .output();
    if !can.is_ok_and(|output| output.status.success()) {
        println!("skipped: no disk of its own may be made here");
        return;
    }
    let issuer = Issuer::new().await;
    tokio::task::spawn_blocking(move || fill_again_and_again(&issuer)).await.unwrap();
}

fn fill_again_and_again(issuer: &Issuer) {
    let data = fresh();
    let size = walkdir::WalkDir::new(data.path()).into_iter().flatten();
    let size: u64 = size.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum();
    let (mut disks, mut refused) = (0, 0);
    // Each disk is a little larger: the write that fails is another each time.
    for step in 0..12_u64 {
        let kib = size / 1024 + 600 + step * 97;
        let served = Served::start(&mut on_a_small_disk(kib, issuer, data.path()));
        refused += fill(&served, &caller(issuer), kib);
        disks += 1;
    }
    println!("{disks} full disks: {refused} writes refused with 507, nothing lost, nothing half");
}

/// Writes until the disk is full; then all that was acknowledged can be read, and nothing else.
fn fill(served: &Served, caller: &Caller, kib: u64) -> usize {
    let long = "Vi mangler svar. ".repeat(400);
    let body = json!({ "body": format!("{ASKED}\n\n{long}"), "institution": "Banedanmark" });
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    while refused < 5 {
        let response =
            caller.send(&served.address, ("POST", "/api/v1/inquiries"), None, Some(&body)).unwrap();
        let status = response.status().as_u16();
        let answer: Value = response.json().unwrap();
        match status {
            201 => acknowledged.push(answer["draft"].as_str().unwrap().to_owned()),
            507 => {
                assert_eq!(answer["code"], "ledger_full");
                assert!(answer["remedy"].as_str().is_some_and(|text| !text.is_empty()));
                refused += 1;
            }
            status => panic!("{kib} KiB: {status} {answer}"),
        }
        assert!(acknowledged.len() < 2000, "the disk does not fill");
    }
    for path in ["/api/v1/lookup?q=frist", "/api/v1/drafts?limit=200", "/health/live"] {
        let read = caller.send(&served.address, ("GET", path), None, None).unwrap();
        assert_eq!(read.status(), 200, "{kib} KiB: {path}");
    }
    for draft in &acknowledged {
        let view = caller.view(&served.address, draft).unwrap();
        assert_eq!(view["id"], draft.as_str(), "{kib} KiB: {view}");
    }
    let whole = caller.send(&served.address, ("GET", "/api/v1/log/verify"), None, None).unwrap();
    let whole: Value = whole.json().unwrap();
    assert_eq!(whole["damage"], json!([]), "{kib} KiB");
    refused
}
