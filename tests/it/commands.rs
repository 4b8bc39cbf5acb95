//! The program as an operator meets it: arguments, standard streams, exit codes.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::desk::{Desk, PROGRAM, TestDesk};

const QUESTION: &str = "Hvem bestiller ændringer i tjenestesteder for medarbejderne?";

/// What a run of the program said, and how it ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// It went well, and this is the JSON on standard output.
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A desk, and the program that works on it.
struct Shell {
    desk: Desk,
    variables: Vec<(&'static str, String)>,
}

impl Shell {
    fn new(desk: Desk) -> Self {
        // No port of this machine is asked for.
        // Words alone, unless a test is about meaning: encoding takes its time.
        let variables = [("SVARFORSLAG_LISTEN", "127.0.0.1:0"), ("SVARFORSLAG_MODEL", "off")];
        let variables = variables.map(|(name, value)| (name, value.to_owned())).to_vec();
        Self { desk, variables }
    }

    fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.variables.push((variable, value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SVARFORSLAG_") {
                command.env_remove(name);
            }
        }
        command.current_dir(self.desk.documents()).arg("--data").arg(self.desk.data());
        command.args(arguments).envs(self.variables.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.tell("", arguments)
    }

    /// Runs with a text on standard input.
    fn tell(&self, input: &str, arguments: &[&str]) -> Ended {
        let mut child = self.command(arguments).spawn().unwrap();
        // A program that needs no input may have ended.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ended = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
    }

    /// A run fails, with this code and a way out, for people and for machines.
    #[track_caller]
    fn check_failure(&self, arguments: &[&str], code: &str, remedy: &str) {
        let told = self.run(arguments);
        assert_eq!(told.code, Some(1), "{arguments:?}: {told:?}");
        assert!(told.out.is_empty() && told.err.starts_with("error: "), "{told:?}");
        assert!(told.err.contains("what to do: ") && told.err.contains(remedy), "{}", told.err);
        let told = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(told.code, Some(1));
        let problem: Value = serde_json::from_str(&told.err).unwrap();
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem["remedy"].as_str().unwrap().contains(remedy), "{problem}");
        assert!(!problem["reason"].as_str().unwrap().is_empty());
    }
}

fn desk() -> TestDesk {
    TestDesk::new()
        .register("[[institution]]\nname = \"Banedanmark\"\nshort = \"BDK\"\n")
        .drejebog(
            "Banedanmark",
            "Controlling bestiller ændringer i tjenestesteder for medarbejderne.",
        )
        .guide("Vejledning", "Kunden bestiller selv ændringer i tjenestesteder.")
}

fn shell() -> Shell {
    Shell::new(desk().open())
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn index_tells_what_it_did() {
    let shell = Shell::new(desk().unindexed());
    let report = shell.run(&["index", ".", "--json"]).json();
    let promised = ["documents", "passages", "unchanged", "removed", "notes", "seconds", "encoded"];
    assert_eq!(keys(&report), BTreeSet::from(promised));
    assert_eq!((&report["documents"], &report["unchanged"]), (&json!(2), &json!(0)));

    shell.desk.write("bad.md", b"---\ngyldig_fra: snart\n---\nTekst.\n");
    shell.desk.remove("brugervejledning/3.md");
    let again = shell.run(&["index", "--json"]).json();
    assert_eq!(again["removed"], json!(["brugervejledning/3.md"]));
    assert_eq!(again["unchanged"], 1);
    let note = &again["notes"][0];
    assert_eq!((&note["file"], &note["code"]), (&json!("bad.md"), &json!("bad_day")));
    assert!(keys(note).is_superset(&BTreeSet::from(["file", "code", "reason", "remedy"])));

    let told = shell.run(&["index"]);
    assert_eq!(told.code, Some(0));
    assert!(told.out.starts_with("1 documents, 1 passages in "), "{}", told.out);
    assert!(told.err.contains("left out: bad.md") && told.err.contains("-> "), "{}", told.err);
    assert_eq!(shell.run(&["index", "--strict"]).code, Some(1));
}

#[test]
fn lookup_prints_passages_for_people_and_json_for_machines() {
    let shell = shell();
    let found = shell.run(&["lookup", "--json", "--institution", "bdk", QUESTION]).json();
    assert_eq!(found["institution"], "Banedanmark");
    assert_eq!(found["hits"].as_array().unwrap().len(), 2);
    assert_eq!(found["hits"][0]["kind"], "drejebog");
    let only = ["lookup", "--json", "--kind", "brugervejledning", "--limit", "1", QUESTION];
    assert_eq!(shell.run(&only).json()["hits"][0]["title"], "Vejledning");
    let told = shell.run(&["lookup", "tjenestesteder", "ændringer"]);
    assert!(told.out.contains("1. Vejledning"), "{}", told.out);
    assert!(told.err.contains("Kun generelle kilder"), "{}", told.err);
    let unknown = shell.run(&["lookup", "--institution", "Nogen", "tjenestesteder"]);
    assert!(unknown.err.contains("»Nogen« er ikke i registret"), "{}", unknown.err);
    let nothing = shell.run(&["lookup", "xyzzy"]);
    assert_eq!((nothing.code, nothing.out.trim()), (Some(0), "Ingen kilder fundet."));
}

#[test]
fn ask_reads_a_file_standard_input_and_a_folder() {
    let shell = shell();
    let json_mail = json!({ "id": "A1", "body": QUESTION, "institution": "BDK" }).to_string();
    shell.desk.write("inbox/1.json", json_mail.as_bytes());
    let eml = format!(
        "From: a@b.example\nTo: c@d.example\nSubject: Sted\nDate: Wed, 29 Oct 2025 09:14:00 +0100\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{QUESTION}\n"
    );
    shell.desk.write("inbox/2.eml", eml.as_bytes());
    shell.desk.write("inbox/3.txt", b"  \n");
    shell.desk.write("inbox/4.txt", QUESTION.as_bytes());
    shell.desk.write("inbox/.hidden", QUESTION.as_bytes());

    let of_file = shell.run(&["ask", "--json", "inbox/1.json"]).json();
    assert_eq!(
        (&of_file["inquiry"], &of_file["institution"]),
        (&json!("A1"), &json!("Banedanmark"))
    );
    assert_eq!(of_file["questions"][0]["outcome"], "answered_by_drejebog");
    let of_mail = shell.run(&["ask", "--json", "inbox/2.eml", "--institution", "BDK"]).json();
    assert_eq!((&of_mail["day"], &of_mail["day_from"]), (&json!("2025-10-29"), &json!("received")));
    assert_eq!(of_mail["questions"][0]["outcome"], "answered_by_drejebog");
    for arguments in [&["ask", "--json"][..], &["ask", "-", "--json", "--day", "2025-01-02"]] {
        let of_input = shell.tell(QUESTION, arguments).json();
        assert_eq!(of_input["questions"][0]["outcome"], "answered");
    }

    let of_folder = shell.run(&["ask", "--json", "inbox"]);
    let drafts: Vec<Value> =
        of_folder.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let files: Vec<&str> = drafts.iter().map(|draft| draft["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["1.json", "2.eml", "4.txt"]);
    assert_eq!(of_folder.code, Some(1), "one of them could not be read");
    assert!(of_folder.err.contains("failed: 3.txt"), "{}", of_folder.err);
    assert!(of_folder.err.contains("4 inquiries, 1 failed"), "{}", of_folder.err);
}

#[test]
fn ask_prints_the_letter_alone_on_standard_output() {
    let shell = shell();
    let told = shell.tell(QUESTION, &["ask", "--institution", "Banedanmark"]);
    assert_eq!(told.code, Some(0));
    assert!(told.out.starts_with("Hej\n") && told.out.contains("Controlling bestiller"));
    assert!(told.out.contains("Venlig hilsen") && !told.out.contains("notat"), "{}", told.out);
    for part in ["internt notat", "kilder", "1 spørgsmål, 1 besvaret"] {
        assert!(told.err.contains(part), "{part}: {}", told.err);
    }
}

#[test]
fn config_tells_each_setting_and_where_it_came_from() {
    let shell = shell().with("SVARFORSLAG_SIGNER__TEAM", "Lønservice");
    shell.desk.write("svarforslag.toml", b"[limits]\nwork_at_once_max = 5\n");
    let settings = shell.run(&["config", "--json"]).json();
    let of = |key: &str| {
        let all = settings.as_array().unwrap();
        let one = all.iter().find(|setting| setting["key"] == key).expect("the setting");
        let text = |field: &str| one[field].as_str().unwrap().to_owned();
        (text("value"), text("origin"))
    };
    assert_eq!(of("data").1, "--data");
    assert_eq!(of("signer.team").0, "Lønservice");
    assert_ne!(of("signer.team").1, "default");
    assert_eq!(of("limits.work_at_once_max").0, "5");
    assert!(of("limits.work_at_once_max").1.contains("svarforslag.toml"));
    assert_eq!(of("passages.words_max").1, "default");
    let told = shell.run(&["config"]);
    assert!(told.out.contains("signer.team") && told.out.contains("Lønservice"), "{}", told.out);
}

#[test]
fn doctor_tells_what_is_missing_and_what_to_do() {
    let finding = |findings: &Value, name: &str| {
        let all = findings.as_array().unwrap();
        all.iter().find(|finding| finding["name"] == name).expect("the finding").clone()
    };
    let shell = Shell::new(desk().unindexed());
    let told = shell.run(&["doctor", "--json"]);
    assert_eq!(told.code, Some(1));
    let findings: Value = serde_json::from_str(&told.out).unwrap();
    let index = finding(&findings, "index");
    assert_eq!(index["ok"], false);
    assert!(index["remedy"].as_str().unwrap().contains("svarforslag index"));
    assert_eq!(finding(&findings, "reader")["ok"], true);

    shell.desk.index(&[shell.desk.documents()]).unwrap();
    let findings = shell.run(&["doctor", "--json"]);
    let findings: Value = serde_json::from_str(&findings.out).unwrap();
    assert_eq!(finding(&findings, "index")["ok"], true);
    let told = shell.run(&["doctor"]);
    assert!(told.out.contains("ok      index: 2 documents"), "{}", told.out);
}

#[test]
fn what_goes_wrong_is_told_with_a_code_and_a_way_out() {
    let bare = Shell::new(desk().unindexed());
    bare.check_failure(&["lookup", "aconto"], "index_missing", "svarforslag index PATH");
    bare.check_failure(
        &["ask", "brugervejledning/3.md"],
        "index_missing",
        "svarforslag index PATH",
    );
    bare.check_failure(&["index"], "nothing_to_index", "svarforslag index PATH");
    bare.check_failure(&["index", "nowhere"], "bad_sources", "check the spelling");

    let shell = shell();
    shell.desk.write("empty.txt", b" \n\n");
    shell.desk.write("broken.json", b"{ \"body\": ");
    shell.desk.write("mail.txt", QUESTION.as_bytes());
    let day = ["ask", "mail.txt", "--day", "15-10-2025"];
    shell.check_failure(&day, "bad_day", "YYYY-MM-DD");
    shell.check_failure(&["lookup", "aconto", "--day", "i dag"], "bad_day", "YYYY-MM-DD");
    shell.check_failure(&["lookup", "aconto", "--kind", "vejl"], "bad_parameter", "listed");
    shell.check_failure(&["lookup", "aconto", "--system", "Excel"], "bad_parameter", "listed");
    shell.check_failure(&["lookup", " "], "empty_query", "write some words");
    shell.check_failure(&["ask", "nowhere.eml"], "unreadable_file", "check the path");
    shell.check_failure(&["ask", "empty.txt"], "empty_inquiry", "body");
    shell.check_failure(&["ask", "broken.json"], "bad_json", "JSON");
    shell.check_failure(&["--config", "nowhere.toml", "config"], "bad_settings", "--config");
    let kinds = shell.run(&["lookup", "aconto", "--kind", "vejl"]);
    assert!(kinds.err.contains("drejebog") && kinds.err.contains("rette_sted"), "{}", kinds.err);

    let wrong = shell.with("SVARFORSLAG_LISTNE", "127.0.0.1:1");
    wrong.check_failure(&["config"], "bad_settings", "svarforslag config");
}

#[test]
fn arguments_that_cannot_be_meant_end_with_two() {
    let shell = shell();
    for arguments in [&["lookup"][..], &["indeks"], &["ask", "--dag", "2025-01-01"]] {
        let told = shell.run(arguments);
        assert_eq!(told.code, Some(2), "{arguments:?}");
        assert!(told.err.contains("Usage:"), "{}", told.err);
    }
    let help = shell.run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for command in ["index", "lookup", "ask", "serve", "config", "doctor"] {
        assert!(help.out.contains(command), "{command}");
    }
    assert!(!help.out.contains("extract"), "the reader's own command is hidden");
}

#[test]
fn an_index_that_is_damaged_or_in_use_is_told() {
    let shell = shell();
    let lock = std::fs::File::create(shell.desk.data().join("lock")).unwrap();
    lock.lock().unwrap();
    shell.check_failure(&["index"], "busy", "wait");
    drop(lock);
    std::fs::write(shell.desk.data().join("current"), "elsewhere").unwrap();
    shell.check_failure(&["lookup", "aconto"], "internal", "svarforslag index PATH");
}

#[test]
fn serve_refuses_a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let shell = shell();
    let told = shell.run(&["serve", "--listen", &address]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains(&address) && told.err.contains("--listen"), "{}", told.err);
    let told = shell.run(&["serve", "--listen", "everywhere", "--json"]);
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("bad_settings"), "{}", told.err);
}

#[cfg(unix)]
#[test]
fn serve_says_where_it_listens_and_ends_when_it_is_told_to() {
    let shell = shell();
    let mut child = shell.command(&["serve"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let address = line.strip_prefix("svarforslag listens on http://").expect("the address");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_demonstration_lies_apart_unless_a_directory_is_named_for_it() {
    let desk = TestDesk::new()
        .file("collection.toml", b"demo = true\nday = \"2025-10-15\"\n")
        .guide("Vejledning", "Kunden bestiller selv ændringer i tjenestesteder.")
        .unindexed();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.env("SVARFORSLAG_MODEL", "off");
        command.current_dir(desk.documents().parent().unwrap()).args(arguments).output().unwrap()
    };
    assert!(run(&["index", "documents"]).status.success());
    let built: PathBuf = desk.data().join("demo/current");
    assert!(built.is_file() && !desk.data().join("current").exists());
    let data = Path::new("data/demo").display().to_string();
    let found = run(&["lookup", "--data", &data, "--json", "tjenestesteder"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((&found["demo"], &found["day"]), (&json!(true), &json!("2025-10-15")));
}
