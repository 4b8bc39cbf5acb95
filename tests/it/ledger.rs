//! The ledger as an operator meets it: the log verified, shown and given out, purges, backups.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::desk::{PROGRAM, folder};

/// A number of the archive that no person has.
const NUMBER: &str = "210300-9996";

/// A data directory with the ledger of an archive, and its key.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = folder();
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ledger/v1");
        std::fs::create_dir(folder.path().join("data")).unwrap();
        for file in ["ledger.db", "ledger.key"] {
            std::fs::copy(archive.join(file), folder.path().join("data").join(file)).unwrap();
        }
        Self { folder }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn tell_in(&self, data: &str, input: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SVARFORSLAG_") {
                command.env_remove(name);
            }
        }
        let given = self.folder.path().join("input");
        std::fs::write(&given, input).unwrap();
        command.current_dir(self.folder.path()).args(["--data", data]).args(arguments);
        command.stdin(std::fs::File::open(given).unwrap()).output().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.tell_in("data", "", arguments)
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(&[&["--json"], arguments].concat());
        assert_eq!(ended.status.code(), Some(0), "{}", said(&ended.stderr));
        serde_json::from_slice(&ended.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, data: &str, arguments: &[&str], code: &str, remedy: &str) {
        let ended = self.tell_in(data, "", &[&["--json"], arguments].concat());
        assert_eq!(ended.status.code(), Some(1), "{}", said(&ended.stdout));
        let problem: Value = serde_json::from_slice(&ended.stderr).unwrap();
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem["remedy"].as_str().unwrap().contains(remedy), "{problem}");
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The last line of what a verification says: the head that is kept elsewhere.
fn head_of(ended: &Output) -> String {
    said(&ended.stdout).lines().last().unwrap().to_owned()
}

#[test]
fn a_whole_log_is_said_to_be_whole_and_gives_a_head_to_keep() {
    let place = Place::new();
    let ended = place.run(&["log", "verify"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended.stderr));
    assert!(said(&ended.stdout).starts_with("whole: "), "{}", said(&ended.stdout));
    let head = head_of(&ended);
    place.run(&["log", "export", "--inquiry", "i-000001"]);
    let again = place.run(&["log", "verify", "--expect", &head]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again.stdout));
    assert_ne!(head_of(&again), head, "the export is in the log");
    let unknown = format!("3:{}", "0".repeat(64));
    let other = place.run(&["log", "verify", "--expect", &unknown]);
    assert_eq!(other.status.code(), Some(1));
    assert!(said(&other.stdout).contains("DAMAGE  event 3, kept elsewhere"), "{other:?}");
    place.refused("data", &["log", "verify", "--expect", "x"], "bad_head", "last line");
    assert_eq!(place.json(&["log", "verify"])["damage"], serde_json::json!([]));
}

#[test]
fn a_log_put_back_to_an_earlier_day_is_found_by_the_head_that_was_kept() {
    let place = Place::new();
    place.run(&["log", "export", "--inquiry", "i-000001"]);
    let head = head_of(&place.run(&["log", "verify"]));
    let older = Place::new();
    std::fs::copy(older.data().join("ledger.db"), place.data().join("ledger.db")).unwrap();
    assert_eq!(place.run(&["log", "verify"]).status.code(), Some(0));
    let ended = place.run(&["log", "verify", "--expect", &head]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(said(&ended.stdout).contains("an older log was put back"), "{ended:?}");
    assert!(said(&ended.stderr).contains("what to do: "));
}

#[test]
fn the_log_is_shown_by_case_and_by_person() {
    let place = Place::new();
    let of_case = place.json(&["log", "show", "--inquiry", "i-000003"]);
    let actions: Vec<&str> =
        of_case.as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["post", "draft", "approve"]);
    let ended = place.run(&["log", "show", "--who", "ane"]);
    let lines = said(&ended.stdout);
    assert!(lines.lines().count() > 3 && lines.lines().all(|line| line.contains(" ane (oidc) ")));
    assert!(lines.contains("approve i-000003 d-000003 state=held version=3"), "{lines}");
    let some = place.run(&["log", "show", "--limit", "2"]);
    assert!(said(&some.stderr).contains("--after 2"), "{}", said(&some.stderr));
    let rest = place.run(&["log", "show", "--after", "2", "--limit", "1"]);
    assert!(said(&rest.stdout).starts_with("3 "), "{}", said(&rest.stdout));
}

#[test]
fn all_that_is_kept_of_a_person_is_given_out_and_logged() {
    let place = Place::new();
    let ended = place.tell_in("data", &format!("{NUMBER}\n"), &["log", "export", "--cpr", "-"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended.stderr));
    let exports: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(exports.as_array().unwrap().len(), 7);
    assert!(exports[0]["asked"]["body"].as_str().unwrap().contains("Lone Prøvesen"));
    let logged = place.json(&["log", "show", "--who", "operator"]);
    let exported = logged.as_array().unwrap().iter().filter(|it| it["action"] == "export");
    assert_eq!(exported.count(), 7);
    place.refused("data", &["log", "export", "--cpr", "12"], "bad_cpr", "ten digits");
    place.refused("data", &["log", "export", "--inquiry", "i-none"], "not_found", "");
    assert_eq!(place.run(&["log", "export"]).status.code(), Some(2));
}

#[test]
fn purges_go_by_day_by_case_and_by_person() {
    let place = Place::new();
    let none = place.json(&["purge", "--day", "2026-01-13"]);
    assert_eq!(none["inquiries"], serde_json::json!([]), "kept until that day, it included");
    let one = place.run(&["purge", "--inquiry", "i-000002"]);
    assert_eq!(said(&one.stdout).trim(), "i-000002");
    let again = place.run(&["purge", "--inquiry", "i-000002"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again.stderr).contains("not every inquiry that was named is there"));
    let ended = place.tell_in("data", &format!("{NUMBER}\n"), &["--json", "purge", "--cpr", "-"]);
    let purged: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(purged["inquiries"].as_array().unwrap().len(), 6);
    let late = place.json(&["purge", "--day", "2028-01-01"]);
    assert!(late["events"].as_u64().unwrap() > 10, "{late}");
    assert_eq!(place.json(&["log", "verify"])["damage"], serde_json::json!([]));
    place.refused("data", &["purge", "--day", "snart"], "bad_day", "YYYY-MM-DD");
}

#[test]
fn a_backup_is_restored_elsewhere_and_holds_no_key() {
    let place = Place::new();
    let library = place.data().join("library/a");
    std::fs::create_dir_all(&library).unwrap();
    std::fs::write(library.join("guide.md"), "Vejledning").unwrap();
    let ended = place.run(&["backup", "copies/today"]);
    assert_eq!(ended.status.code(), Some(0), "{}", said(&ended.stderr));
    assert!(said(&ended.stderr).contains("key of the ledger is NOT in it"));
    let copy = place.folder.path().join("copies/today");
    let mut names: Vec<String> = std::fs::read_dir(&copy)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["ledger.db", "library", "manifest.json"]);
    let key = std::fs::read_to_string(place.data().join("ledger.key")).unwrap();
    for file in ["ledger.db", "manifest.json"] {
        assert!(!said(&std::fs::read(copy.join(file)).unwrap()).contains(key.trim()));
    }
    place.refused("data", &["backup", "copies/today"], "not_empty", "not there yet");

    place.refused("data", &["restore", "copies/today"], "not_empty", "another data directory");
    place.refused("new", &["restore", "copies/today"], "no_key", "ledger.key");
    let new = place.folder.path().join("new");
    std::fs::create_dir_all(&new).unwrap();
    std::fs::copy(place.data().join("ledger.key"), new.join("ledger.key")).unwrap();
    let restored = place.tell_in("new", "", &["restore", "copies/today"]);
    assert_eq!(restored.status.code(), Some(0), "{}", said(&restored.stderr));
    assert_eq!(std::fs::read_to_string(new.join("library/a/guide.md")).unwrap(), "Vejledning");
    let shown = |data: &str| place.tell_in(data, "", &["--json", "log", "show"]).stdout;
    assert_eq!(shown("new"), shown("data"), "event for event");
    assert_eq!(std::fs::read_dir(&new).unwrap().count(), 3, "nothing else is left there");

    std::fs::write(copy.join("ledger.db"), "x").unwrap();
    let third = place.folder.path().join("third");
    std::fs::create_dir_all(&third).unwrap();
    std::fs::copy(place.data().join("ledger.key"), third.join("ledger.key")).unwrap();
    place.refused("third", &["restore", "copies/today"], "bad_backup", "copy the backup again");
    place.refused("third", &["restore", "nowhere"], "bad_backup", "svarforslag backup");
    assert!(!third.join("ledger.db").exists());
}

#[test]
fn a_backup_under_another_key_is_not_put_in_place() {
    let place = Place::new();
    place.run(&["backup", "copy"]);
    let new = place.folder.path().join("new");
    std::fs::create_dir_all(&new).unwrap();
    std::fs::write(new.join("ledger.key"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    place.refused("new", &["restore", "copy"], "bad_ledger", "privacy.key_file");
    assert_eq!(std::fs::read_dir(&new).unwrap().count(), 1, "the key alone");
}

#[test]
fn without_a_ledger_or_its_key_none_is_begun() {
    let place = Place::new();
    place.refused("nowhere", &["log", "verify"], "no_ledger", "--data");
    place.refused("nowhere", &["purge"], "no_ledger", "--data");
    place.refused("nowhere", &["backup", "copy"], "no_ledger", "--data");
    assert!(!place.folder.path().join("nowhere").exists());
    std::fs::remove_file(place.data().join("ledger.key")).unwrap();
    place.refused("data", &["log", "verify"], "no_key", "ledger.key");
    assert!(!place.data().join("ledger.key").exists(), "another key would open nothing");
}

#[test]
fn doctor_tells_how_the_ledger_stands() {
    let place = Place::new();
    let line = |data: &str| {
        let ended = place.tell_in(data, "", &["--json", "doctor"]);
        let findings: Value = serde_json::from_slice(&ended.stdout).unwrap();
        findings.as_array().unwrap().iter().find(|it| it["name"] == "ledger").unwrap().clone()
    };
    let good = line("data");
    assert_eq!(good["ok"], true);
    assert!(good["detail"].as_str().unwrap().contains("schema 1, last event"), "{good}");
    assert!(line("nowhere")["detail"].as_str().unwrap().contains("none yet"));
    std::fs::write(place.data().join("ledger.key"), "x").unwrap();
    let bad = line("data");
    assert_eq!(bad["ok"], false);
    assert!(bad["remedy"].as_str().unwrap().contains("32 bytes in base64"), "{bad}");
}
