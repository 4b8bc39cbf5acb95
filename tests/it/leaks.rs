//! Canaries: invented persons in hundreds of inquiries, looked for in all that leaves and is kept.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use svarforslag::config::Config;
use svarforslag::inquiry::Inquiry;
use svarforslag::service::{LookupQuery, Service};
use svarforslag::terms::Asker;
use tracing_subscriber::fmt::MakeWriter;

use crate::desk::{Desk, TestDesk};
use crate::endpoint::{Foe, instructed, well};
use crate::personal_data::{Chance, filled};

/// Inquiries with canaries.
const INQUIRIES: usize = 500;
/// Past cases with canaries.
const CASES: usize = 100;

const FIRST: [&str; 8] = ["Lone", "Rasmus", "Ayşe", "Nuka", "Agnieszka", "Bo", "Thi Hoa", "Sørine"];

/// One invented person.
struct Canary {
    name: String,
    cpr: String,
    mail: String,
    phone: String,
    account: String,
    address: String,
}

impl Canary {
    fn new(n: usize, chance: &mut Chance) -> Self {
        // A surname that stands in no text of ours.
        let letters: String =
            (0..6).map(|_| *chance.one(&['b', 'd', 'g', 'k', 'l', 'm'])).collect();
        let surname = format!("Q{letters}{n}x").replace(char::is_numeric, "o") + "sen";
        let first = *chance.one(&FIRST);
        Self {
            name: format!("{first} {surname}"),
            cpr: filled("CPR", "ddmmyy-xxxx", chance),
            mail: format!("{}.{n}@canary{n}.example", surname.to_lowercase()),
            phone: filled("TLF", "## ## ## ##", chance),
            account: filled("KONTO", "#### ##########", chance),
            address: format!("{surname}vej {}, 8600 Silkeborg", 1 + n % 90),
        }
    }

    fn body(&self, n: usize) -> String {
        let Self { name, cpr, mail, phone, account, address } = self;
        match n % 4 {
            0 => format!(
                "Hej\n\nHvornår er fristen for lønbestillinger i december for {name}, CPR {cpr}? Lønnen skal på konto {account}.\n\nMvh\n{name}\n{mail}\nTlf. {phone}\n{address}"
            ),
            1 => format!(
                "Kære Kundebetjening\n{name} ({cpr}) bor {address}. Hvornår er fristen for lønbestillinger i december? Ring {phone} eller skriv til {mail}. Kontonr.: {account}"
            ),
            2 => format!(
                "Navn;CPR;Telefon;Konto\n{name};{cpr};{phone};{account}\n\nHvornår er fristen for lønbestillinger i december?\nAdresse: {address}\n{mail}"
            ),
            _ => format!(
                "Hvornår er fristen for lønbestillinger i december?\n\nMed venlig hilsen\n{name}\n{address}\nmobil {phone}, {mail}\n\nPS. cpr {cpr}, konto {account}"
            ),
        }
    }

    /// What must stand nowhere, in every way of writing.
    fn forms(&self) -> Vec<Vec<u8>> {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let surname = self.name.rsplit(' ').next().unwrap().to_owned();
        let plain = [
            surname.clone(),
            surname.to_lowercase(),
            self.cpr.clone(),
            digits(&self.cpr),
            self.mail.clone(),
            self.phone.clone(),
            digits(&self.phone),
            self.account.clone(),
            digits(&self.account),
        ];
        let mut forms = Vec::new();
        for text in plain {
            let bytes = text.as_bytes().to_vec();
            forms.push(STANDARD.encode(&bytes).into_bytes());
            forms.push(STANDARD_NO_PAD.encode(&bytes).into_bytes());
            forms.push(written(&bytes, |byte| format!("{byte:02x}")));
            forms.push(written(&bytes, |byte| format!("%{byte:02X}")));
            forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
            forms.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
            forms.push(bytes);
        }
        forms
    }
}

/// Bytes in another way of writing.
fn written(bytes: &[u8], one: impl Fn(&u8) -> String) -> Vec<u8> {
    bytes.iter().map(one).collect::<Vec<_>>().concat().into_bytes()
}

/// Where a log is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn canaries(count: usize, seed: u64) -> Vec<Canary> {
    let mut chance = Chance::new(seed);
    (0..count).map(|n| Canary::new(n, &mut chance)).collect()
}

/// How many forms of the canaries stand in some bytes; all are looked for at once.
fn held(canaries: &[Canary], places: &[(&str, Vec<u8>)]) -> Vec<String> {
    let forms: Vec<Vec<u8>> = canaries.iter().flat_map(Canary::forms).collect();
    let all = aho_corasick::AhoCorasick::new(&forms).unwrap();
    let found = places.iter().flat_map(|(place, bytes)| {
        all.find_iter(bytes).take(3).map(move |found| {
            format!("{place}: {}", String::from_utf8_lossy(&bytes[found.range()]))
        })
    });
    found.collect()
}

/// Every byte below a folder.
fn bytes_below(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        bytes.extend(std::fs::read(entry.path()).unwrap_or_default());
    }
    bytes
}

fn desk(cases: &str) -> Desk {
    TestDesk::new()
        .register("[[institution]]\nname = \"Banedanmark\"\n")
        .guide(
            "Bestilling af løn",
            "I december er fristen for lønbestillinger den 2. december. Bestillingen godkendes af kundens 2. godkender i Lønportalen.",
        )
        .file("sager/export.jsonl", cases.as_bytes())
        .open()
}

/// Past cases whose answers name persons.
fn cases(canaries: &[Canary]) -> String {
    let line = |(n, canary): (usize, &Canary)| {
        let Canary { name, cpr, mail, phone, account, address } = canary;
        let answer = format!(
            "Hej {name}\n\nLønnen til {name} (CPR {cpr}) er rettet og sendes til konto {account}. Skriv til {mail} eller ring {phone}. Brevet går til adressen {address}.\n\nMed venlig hilsen\n{name}"
        );
        serde_json::json!({
            "sagsnummer": format!("SAM 2405-{:04}", n + 1), "institution": "Banedanmark",
            "titel": format!("Løn til {name}"), "henvendelse": canary.body(n), "svar": answer,
            "godkendt": true, "lukket": "2024-05-03",
        })
        .to_string()
    };
    canaries.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_canary_leaves_or_is_kept() {
    let past = canaries(CASES, 77);
    let desk = desk(&cases(&past));
    let kept = held(&past, &[("the index of past cases", bytes_below(&desk.data()))]);
    assert!(kept.is_empty(), "{} of {CASES} cases: {kept:?}", kept.len());

    let people = canaries(INQUIRIES, 78);
    let foe = Foe::one(well());
    let config =
        Config { endpoint: foe.settings(), privacy: instructed(), ..desk.service.config().clone() };
    let service = Service::open(config).unwrap();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let mut errors = Vec::new();
    tracing::subscriber::with_default(subscriber, || {
        for (n, canary) in people.iter().enumerate() {
            let mut inquiry = Inquiry::from_text(&canary.body(n)).unwrap();
            inquiry.institution = Some("Banedanmark".to_owned());
            inquiry.from = Some(format!("{} <{}>", canary.name, canary.mail));
            inquiry.subject = Some(format!("Løn, {} {}", canary.name, canary.cpr));
            service.suggest(&inquiry, Asker::operator()).unwrap();
            if n % 10 == 0 {
                errors.extend(looked_up(&service, canary));
            }
        }
    });
    let sent: Vec<u8> = foe.asked().iter().flat_map(|body| body.to_string().into_bytes()).collect();
    let log = log.0.lock().unwrap().clone();
    println!(
        "{INQUIRIES} inquiries, {} requests of {} bytes, {} bytes of log",
        foe.asked().len(),
        sent.len(),
        log.len()
    );
    assert!(foe.asked().len() * 10 >= INQUIRIES * 9, "most are asked about: {}", foe.asked().len());
    let places = [
        ("outbound", sent),
        ("log", log),
        ("errors", errors),
        ("data directory", bytes_below(&desk.data())),
    ];
    let leaks = held(&people, &places);
    assert!(leaks.is_empty(), "{} leaks: {:?}", leaks.len(), &leaks[..leaks.len().min(12)]);
}

/// What a lookup with a person's words that cannot be answered says.
fn looked_up(service: &Service, canary: &Canary) -> Vec<u8> {
    let query = LookupQuery {
        q: format!("løn til {}", canary.name),
        day: Some(canary.cpr.clone()),
        ..LookupQuery::default()
    };
    let failed = service.look_up(&query, Asker::operator()).unwrap_err();
    format!("{}: {}", failed.code(), failed.remedy()).into_bytes()
}

/// Inquiries that a running service is asked, and those of an evaluation.
const ASKED: usize = 120;
const EVALUATED: usize = 40;

/// The program while it serves, with all that it says and all places where it may write.
struct Running {
    child: std::process::Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Running {
    fn over(desk: &Desk, foe: &Foe) -> Self {
        let folder = crate::desk::folder();
        let temporary = folder.path().join("tmp");
        std::fs::create_dir(&temporary).unwrap();
        let areas: String = ["loen", "refusion", "regnskab", "shr"]
            .map(|area| {
                format!("[privacy.areas.{area}]\nendpoint = true\nspecial = [\"health\"]\n")
            })
            .concat();
        let url = foe.settings().url;
        let settings = format!(
            "[endpoint]\nurl = \"{url}\"\nmodel = \"lille\"\ndialect = \"openai\"\n{areas}"
        );
        std::fs::write(folder.path().join("settings.toml"), settings).unwrap();
        let said = std::fs::File::create(folder.path().join("said.log")).unwrap();
        let mut child = std::process::Command::new(crate::desk::PROGRAM)
            .current_dir(folder.path())
            .arg("--data")
            .arg(desk.data())
            .args(["--config", "settings.toml", "serve", "--listen", "127.0.0.1:0"])
            .envs([("SVARFORSLAG_MODEL", "off"), ("RUST_LOG", "trace")])
            .env("TMPDIR", &temporary)
            .stdout(std::process::Stdio::piped())
            .stderr(said)
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut lines, &mut line).unwrap();
        let address = line.trim().strip_prefix("svarforslag listens on ").unwrap().to_owned();
        Self { child, address, folder }
    }

    /// What was answered to a request, status and all.
    async fn ask(&self, client: &reqwest::Client, path: &str, body: &str) -> (u16, Vec<u8>) {
        let request = client.post(format!("{}{path}", self.address));
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    async fn get(&self, client: &reqwest::Client, path: &str) -> Vec<u8> {
        let answer = client.get(format!("{}{path}", self.address)).send().await.unwrap();
        answer.bytes().await.unwrap().to_vec()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be ended again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The draft's inquiry, as JSON.
fn asked(n: usize, canary: &Canary) -> serde_json::Value {
    serde_json::json!({
        "body": canary.body(n), "institution": "Banedanmark",
        "from": format!("{} <{}>", canary.name, canary.mail),
        "subject": format!("Løn, {} {}", canary.name, canary.cpr),
    })
}

/// A gold set whose inquiries speak of persons.
fn judged(people: &[Canary]) -> serde_json::Value {
    let one = |(n, canary): (usize, &Canary)| {
        let mut inquiry = asked(n, canary);
        inquiry["id"] = format!("D{n}").into();
        inquiry["questions"] = serde_json::json!([{
            "n": 1, "text": "Hvornår er fristen?", "answerable": "guide",
            "from": ["Hvornår er fristen for lønbestillinger i december"],
            "must": [{ "text": "den 2. december", "vital": true, "match": [["2. december"]] }],
        }]);
        inquiry
    };
    let inquiries: Vec<_> = people.iter().enumerate().map(one).collect();
    serde_json::json!({ "name": "kanarier", "inquiries": inquiries })
}

#[tokio::test]
async fn a_running_service_gives_nobody_away() {
    let desk = desk("");
    let foe = Foe::one(well());
    let people = canaries(ASKED + EVALUATED, 79);
    let running = Running::over(&desk, &foe);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut problems = Vec::new();
    for (n, canary) in people.iter().take(ASKED).enumerate() {
        let (status, _) =
            running.ask(&client, "/api/v1/drafts", &asked(n, canary).to_string()).await;
        assert_eq!(status, 200);
        let q = format!("/api/v1/lookup?q=frist+for+l%C3%B8nbestillinger+{}", canary.mail);
        running.get(&client, &q).await;
        // What cannot be read is not said again.
        let mut unknown = asked(n, canary);
        unknown["day"] = canary.cpr.clone().into();
        let bad = running.ask(&client, "/api/v1/drafts", &unknown.to_string()).await;
        assert_eq!(bad.0, 422);
        let torn = asked(n, canary).to_string().replace("\"from\":", "\"from\" ");
        problems.extend(bad.1);
        problems.extend(running.ask(&client, "/api/v1/drafts", &torn).await.1);
    }
    let evaluated = judged(&people[ASKED..]).to_string();
    let (status, told) = running.ask(&client, "/api/v1/evaluations", &evaluated).await;
    assert_eq!(status, 202, "{}", String::from_utf8_lossy(&told));
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    let place = format!("/api/v1/evaluations/{}", told["id"].as_str().unwrap());
    while serde_json::from_slice::<serde_json::Value>(&running.get(&client, &place).await)
        .is_ok_and(|told| told["state"] == "running")
    {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let metrics = running.get(&client, "/metrics").await;
    let sent: Vec<u8> = foe.asked().iter().flat_map(|body| body.to_string().into_bytes()).collect();
    let said = std::fs::read(running.folder.path().join("said.log")).unwrap();
    println!(
        "{} inquiries, {} requests, {} bytes of log, {} of problems, {} of metrics",
        people.len(),
        foe.asked().len(),
        said.len(),
        problems.len(),
        metrics.len()
    );
    assert!(foe.asked().len() * 10 >= ASKED * 9 && said.len() > 1000 && metrics.len() > 1000);
    let temporary = bytes_below(&running.folder.path().join("tmp"));
    let places = [
        ("outbound", sent),
        ("log", said),
        ("metrics", metrics),
        ("problems", problems),
        ("temporary files", temporary),
    ];
    let leaks = held(&people, &places);
    assert!(leaks.is_empty(), "{} leaks: {:?}", leaks.len(), &leaks[..leaks.len().min(12)]);
}
