//! The shipped model, and searches by meaning: what they find, for whom, and without them.

use std::sync::LazyLock;

use svarforslag::embedding::{Files, Model, Vector};
use svarforslag::service::{self, Pace};

use crate::desk::{Desk, TestDesk};

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::load(&Files::shipped()).unwrap());

/// What the reference implementation made of the same weights (`models/recipe/export.py`).
fn reference() -> Vec<(String, Vec<f32>)> {
    let text = include_str!("../data/embedding/shipped.json");
    let all: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    all.iter()
        .map(|one| {
            let vector = serde_json::from_value(one["vector"].clone()).unwrap();
            (one["text"].as_str().unwrap().to_owned(), vector)
        })
        .collect()
}

#[test]
fn the_shipped_model_says_what_the_reference_implementation_says() {
    for (text, expected) in reference() {
        let own = MODEL.encode_queries(&[&text]).unwrap().remove(0);
        let nearness = own.nearness(&Vector::new(expected));
        assert!(nearness > 0.99999, "{text}: {nearness}");
    }
}

#[test]
fn a_batch_says_what_each_text_says_alone() {
    let texts: Vec<String> = reference().into_iter().map(|(text, _)| text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let batch = MODEL.encode_queries(&texts).unwrap();
    let passages = MODEL.encode_passages(&texts, &mut |_, _| {}).unwrap();
    for ((text, in_batch), windows) in texts.iter().zip(&batch).zip(&passages) {
        let alone = MODEL.encode_queries(&[text]).unwrap().remove(0);
        assert!(alone.nearness(in_batch) > 0.99999, "{text}");
        assert!(alone.nearness(&windows[0]) > 0.9999, "{text}");
    }
}

#[test]
fn odd_texts_have_vectors_of_length_one() {
    let long = "fravær ".repeat(7_200);
    for text in
        ["", " ", "a", "§", "og", "2913", "🙂🙃", "学校の休暇", "مرحبا", "\u{0}\u{1f}", &long]
    {
        let vector = MODEL.encode_queries(&[text]).unwrap().remove(0);
        assert!((vector.nearness(&vector) - 1.0).abs() < 1e-4, "{text:.20}");
    }
    let windows = MODEL.encode_passages(&[&long], &mut |_, _| {}).unwrap().remove(0);
    assert!(windows.len() > 20, "{} windows", windows.len());
}

fn desk() -> Desk {
    TestDesk::new()
        .register("[[institution]]\nname = \"Banedanmark\"\nshort = \"BDK\"\n")
        .drejebog(
            "Ankestyrelsen",
            "Ved sygdom ringer medarbejderen til sin leder før klokken otte.",
        )
        .guide("Fravær", "En medarbejder, der er syg, melder det til sin leder samme morgen.")
        .guide("Kørsel", "Brug af egen bil betales med statens takst pr. kilometer.")
        .guide("Faktura", "En regning sendes som elektronisk dokument til EAN-nummeret.")
        .open()
}

fn encode(desk: &Desk) {
    let encoded = service::encode(desk.service.config(), Pace::Full, &|_, _| {}).unwrap();
    assert_eq!(encoded.map(|encoded| (encoded.passages, encoded.of)), Some((4, 4)));
    assert_eq!(service::encode(desk.service.config(), Pace::Full, &|_, _| {}).unwrap(), None);
}

#[test]
fn meaning_finds_what_words_do_not() {
    let desk = desk();
    // None of these words stands in a source.
    let query = "godtgørelse transport";
    let before = desk.look_up("", query);
    assert!(before.hits.iter().all(|hit| hit.explanation.similarity.is_none()));
    encode(&desk);
    let after = desk.look_up("", query);
    assert_eq!(after.hits.first().map(|hit| hit.title.as_str()), Some("Kørsel"), "{after:#?}");
    let similarity = after.hits[0].explanation.similarity.unwrap();
    assert!((0.1..=1.0).contains(&similarity), "{similarity}");
}

#[test]
fn meaning_shows_nobody_anothers_drejebog() {
    let desk = desk();
    encode(&desk);
    let query = "Ved sygdom ringer medarbejderen til sin leder før klokken otte.";
    let own = |institution: &str| {
        let answer = desk.look_up(institution, query);
        answer.hits.iter().any(|hit| hit.institution.is_some())
    };
    assert!(own("Ankestyrelsen"));
    assert!(!own("Banedanmark"));
    assert!(!own(""));
}

#[test]
fn vectors_of_another_model_are_refused_with_the_command_that_mends_it() {
    let desk = desk();
    encode(&desk);
    let folder = crate::desk::folder();
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/danish-minilm");
    for file in ["config.json", "model.safetensors", "tokenizer.json", "modules.json"] {
        std::fs::copy(shipped.join(file), folder.path().join(file)).unwrap();
    }
    std::fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    std::fs::copy(
        shipped.join("1_Pooling/config.json"),
        folder.path().join("1_Pooling/config.json"),
    )
    .unwrap();
    // Another length of windows gives other vectors.
    std::fs::write(folder.path().join("sentence_bert_config.json"), "{\"max_seq_length\": 64}")
        .unwrap();
    let mut config = desk.service.config().clone();
    config.model = folder.path().display().to_string();
    let other = service::Service::open(config.clone()).unwrap();
    let refused = other.check().unwrap_err();
    assert_eq!(refused.code(), "index_mismatch", "{refused}");
    assert!(refused.remedy().contains("svarforslag index"), "{}", refused.remedy());
    let encoded = service::encode(&config, Pace::Full, &|_, _| {}).unwrap();
    assert_eq!(encoded.map(|encoded| encoded.passages), Some(4));
    other.check().unwrap();
}
