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

/// Sentences without a question mark, each with the word `ask` or `tell` and its channel.
fn told_apart(name: &str) -> [(usize, usize); 2] {
    let text = fs::read_to_string(folder().join(format!("{name}.tsv"))).unwrap();
    let mut counts = [(0, 0); 2];
    for line in text.lines() {
        let [label, channel, sentence] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}: three columns");
        };
        let (channel, body) = match channel {
            "mail" => (
                Channel::Mail,
                format!("Hej\n\nHvornår lukker december?\n\n{sentence}\n\nMvh\nBo Testesen"),
            ),
            "serviceportal" => {
                (Channel::Portal, format!("Beskrivelse - Hvornår lukker december?\n\n{sentence}"))
            }
            _ => (Channel::Phone, format!("hvornår lukker december. {sentence}")),
        };
        let start = body.find(sentence).unwrap();
        let inquiry = Inquiry { body, channel, ..Inquiry::default() };
        let meets = |range: &std::ops::Range<usize>| {
            range.end > start && range.start < start + sentence.len()
        };
        let found = read(&inquiry).questions.iter().any(|question| question.from.iter().any(meets));
        let count = &mut counts[usize::from(label == "tell")];
        *count = (count.0 + usize::from(found), count.1 + 1);
    }
    counts
}

#[test]
fn sentences_that_ask_without_a_mark_are_told_from_those_that_only_tell() {
    // Floors: what held on 2026-11-29, less a little. The patterns were mended on both files, on the
    // first more than on the second; docs/measurements.md has the figures before that. With the
    // model of kinds more is found on both sides: a question that is missed is worse than a
    // paragraph too many.
    for (name, asks_min, tells_max) in [("asks-a", 0.9, 0.08), ("asks-b", 0.8, 0.15)] {
        let [(asks, of_asks), (tells, of_tells)] = told_apart(name);
        println!(
            "{name}: {asks} of {of_asks} asks found, {tells} of {of_tells} tales taken for asks"
        );
        assert!(asks as f64 >= asks_min * of_asks as f64, "{name}: {asks} of {of_asks}");
        assert!(tells as f64 <= tells_max * of_tells as f64, "{name}: {tells} of {of_tells}");
    }
}
