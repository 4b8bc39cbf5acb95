//! The vectors of single sentences: made once, kept with what they say, and left aside when damaged.

use std::fs;
use std::path::{Path, PathBuf};

use svarforslag::index::SentenceEncoding;
use svarforslag::retrieval::sentence_texts;

use crate::desk::folder;
use crate::vectors::{document, encoded, model, open, update};

/// Encodes the sentences that lack a vector and says how many that were.
fn encode(data: &Path) -> usize {
    let begun = SentenceEncoding::begin(data, &model(), &sentence_texts).unwrap();
    let Some(mut encoding) = begun else { return 0 };
    let missing = encoding.missing();
    for text in &missing {
        encoding.put(text, &encoded(text)).unwrap();
    }
    encoding.save().unwrap();
    missing.len()
}

fn file(data: &Path) -> PathBuf {
    let build = fs::read_to_string(data.join("current")).unwrap();
    data.join(build.trim()).join("sentences.bin")
}

/// The similarity of a sentence to what it says itself, where it has a vector.
fn own(data: &Path, text: &str) -> Option<f32> {
    let snapshot = open(data);
    snapshot.sentences().and_then(|held| held.similarity(&encoded(text), text))
}

const FIRST: &str = "Afsnit 0\nFristen er 28 dage.";
const SECOND: &str = "Afsnit 0\nSend blanketten i Lønportalen.";

#[test]
fn a_sentence_is_found_by_what_it_says_below_its_heading() {
    let folder = folder();
    let data = folder.path();
    let text = "Fristen er 28 dage. Send blanketten i Lønportalen.";
    update(data, vec![document("a", None, &[text]), document("b", None, &[text])], false);
    assert_eq!(encode(data), 2, "the same words under the same heading have one row");
    for sentence in [FIRST, SECOND] {
        let similarity = own(data, sentence).unwrap();
        assert!((similarity - 1.0).abs() < 0.01, "{sentence}: {similarity}");
    }
    assert_eq!(own(data, "Fristen er 28 dage."), None);
    assert_eq!(encode(data), 0, "what has a vector is not encoded again");
}

#[test]
fn a_sentence_that_is_gone_leaves_nothing_behind() {
    let folder = folder();
    let data = folder.path();
    update(data, vec![document("a", None, &["Fristen er 28 dage."])], false);
    assert_eq!(encode(data), 1);
    let changed = "Fristen er 30 dage. Send blanketten i Lønportalen.";
    update(data, vec![document("a", None, &[changed])], false);
    assert_eq!(encode(data), 2);
    assert_eq!(own(data, FIRST), None);
    let bytes = fs::read(file(data)).unwrap();
    let rows = open(data).sentences().unwrap().len();
    assert_eq!(rows, 2);
    let key = &blake3::hash(FIRST.as_bytes()).as_bytes()[..16].to_vec();
    assert!(!bytes.windows(16).any(|window| window == key), "its hash is gone too");
}

#[test]
fn an_interrupted_encoding_of_sentences_goes_on_where_it_was_saved() {
    let folder = folder();
    let data = folder.path();
    let text = "Fristen er 28 dage. Send blanketten i Lønportalen.";
    update(data, vec![document("a", None, &[text])], false);
    let mut encoding = SentenceEncoding::begin(data, &model(), &sentence_texts).unwrap().unwrap();
    encoding.put(FIRST, &encoded(FIRST)).unwrap();
    assert_eq!(encoding.save().unwrap(), 1);
    drop(encoding);
    assert!(own(data, FIRST).is_some() && own(data, SECOND).is_none());
    assert_eq!(encode(data), 1);
    assert!(own(data, SECOND).is_some());
}

#[test]
fn a_damaged_row_has_no_vector_and_a_damaged_file_none_at_all() {
    let folder = folder();
    let data = folder.path();
    let text = "Fristen er 28 dage. Send blanketten i Lønportalen.";
    update(data, vec![document("a", None, &[text])], false);
    encode(data);
    let whole = fs::read(file(data)).unwrap();
    let spoil = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        fs::write(file(data), bytes).unwrap();
        [FIRST, SECOND].into_iter().filter(|sentence| own(data, sentence).is_some()).count()
    };
    assert_eq!(spoil(whole.len() - 10), 1, "a row");
    assert_eq!(spoil(0), 0, "the mark");
    assert_eq!(spoil(60), 0, "the header");
    fs::write(file(data), &whole[..whole.len() - 1]).unwrap();
    assert_eq!(own(data, FIRST), None, "cut off");
    assert_eq!(encode(data), 2, "all are made anew");
    assert!(own(data, FIRST).is_some());
}
