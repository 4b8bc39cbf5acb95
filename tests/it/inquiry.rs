//! What an inquiry is read into: a body beside all that was found in it.
//!
//! The channel is the first word of the file's name. A difference is mended by hand in
//! `NAME.expected.json`, after reading it.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use svarforslag::inquiry::{Channel, Inquiry, Reading, char_range, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/inquiry")
}

fn inquiry(name: &str) -> Inquiry {
    let body = fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap();
    let channel = match name.split('-').next() {
        Some("note") => Channel::Phone,
        Some("portal") => Channel::Portal,
        _ => Channel::Mail,
    };
    Inquiry { body, channel, ..Inquiry::default() }
}

fn shown(body: &str, reading: &Reading) -> Value {
    let words = |range: &std::ops::Range<usize>| body.get(range.clone()).unwrap().to_owned();
    let references = &reading.references;
    let norms = |list: &[svarforslag::inquiry::Reference]| {
        list.iter().map(|one| one.norm.clone()).collect::<Vec<_>>()
    };
    json!({
        "parts": reading.parts.iter().map(|part| json!([part.kind, words(&part.range)]))
            .collect::<Vec<_>>(),
        "questions": reading.questions.iter().map(|question| json!({
            "n": question.n,
            "text": question.text,
            "from": question.from.iter().map(words).collect::<Vec<_>>(),
            "context": question.context,
            "status": question.status,
        })).collect::<Vec<_>>(),
        "references": {
            "cases": norms(&references.cases),
            "loengrupper": norms(&references.loengrupper),
            "codes": norms(&references.codes),
            "days": norms(&references.days),
            "amounts": norms(&references.amounts),
        },
        "reminder": reading.reminder,
        "tone": reading.tone,
        "tongue": reading.tongue,
        "injections": reading.injections.iter().map(words).collect::<Vec<_>>(),
    })
}

#[track_caller]
fn check(name: &str) {
    let inquiry = inquiry(name);
    let found = shown(&inquiry.body, &read(&inquiry));
    let expected = fs::read_to_string(folder().join(format!("{name}.expected.json")));
    let expected: Value = serde_json::from_str(&expected.unwrap_or_default()).unwrap_or_default();
    let text = serde_json::to_string_pretty(&found).unwrap();
    assert!(found == expected, "{name} is read as\n{text}");
}

#[test]
fn a_numbered_mail_with_signature_and_disclaimer() {
    check("mail-list");
}

#[test]
fn questions_in_running_text() {
    check("mail-prose");
}

#[test]
fn a_forwarded_mail_asks_through_the_one_it_carries() {
    check("mail-forwarded");
    check("mail-outlook");
}

#[test]
fn our_own_answer_in_a_thread_asks_nothing() {
    check("mail-thread");
}

#[test]
fn one_question_on_three_cases_is_three() {
    check("mail-cases");
}

#[test]
fn an_instruction_to_the_program_is_marked() {
    check("mail-injection");
}

#[test]
fn a_mail_in_english_is_read_too() {
    check("mail-english");
}

#[test]
fn a_signature_alone_asks_nothing() {
    check("mail-signature");
}

#[test]
fn items_without_question_marks_ask() {
    check("mail-items");
}

#[test]
fn phone_notes_ask_without_marks() {
    check("note-plain");
    check("note-reminder");
}

#[test]
fn portal_forms_hold_fields_and_text() {
    check("portal-form");
    check("portal-reminder");
}

#[test]
fn every_range_counts_characters_as_json_has_them() {
    let inquiry = inquiry("mail-list");
    let characters: Vec<char> = inquiry.body.chars().collect();
    for question in read(&inquiry).questions {
        for bytes in question.from {
            let [start, end] = char_range(&inquiry.body, bytes.clone());
            let words: String = characters.get(start..end).unwrap().iter().collect();
            assert_eq!(Some(words.as_str()), inquiry.body.get(bytes));
        }
    }
}
