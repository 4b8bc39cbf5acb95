//! The sentences of a passage, and how well they match weighted terms.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::index::{Holding, Place};
use crate::language::{Stems, sentences};
use crate::passages::{Passage, PassageId};
use crate::retrieval::Weighted;

/// Share of a term's weight that counts when only a part of a compound matches.
const PART_SHARE: f32 = 0.5;
/// Share that counts when only an equal term of the glossary matches.
const EQUAL_SHARE: f32 = 0.8;

/// How many bytes the number of a list item takes at the start of a line.
fn list_marker(line: &str) -> usize {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).unwrap_or_default();
    match (digits, rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))) {
        (1..=2, Some(after)) if after.starts_with(char::is_uppercase) => digits + 2,
        _ => 0,
    }
}

/// The sentences of a passage's text: each line is a block, and each block is cut by itself.
pub fn sentence_ranges(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let marker = list_marker(line);
        for range in sentences(line) {
            // "3. Gem bestillingen." is quoted without its number, which means nothing elsewhere.
            let from = if range.start < marker { marker } else { range.start };
            if from < range.end {
                found.push(start + from..start + range.end);
            }
        }
        start += line.len() + 1;
    }
    found
}

/// The sentences of a passage as they are encoded, each once.
pub fn sentence_texts(passage: &Passage) -> Vec<String> {
    let heading = passage.heading.last().map_or("", String::as_str);
    let ranges = sentence_ranges(&passage.text).into_iter();
    let text = |range: Range<usize>| passage.text.get(range).unwrap_or_default();
    ranges.map(|range| sentence_text(heading, text(range))).collect()
}

/// A sentence as it is encoded: below its heading, which often names what it is about.
pub(crate) fn sentence_text(heading: &str, sentence: &str) -> String {
    format!("{heading}\n{sentence}")
}

/// A sentence of a passage, with its stems as soon as anything has asked for them: of most passages
/// that are found nothing does.
#[derive(Debug, Clone)]
pub struct ReadSentence {
    /// Where it stands in the passage's text, in bytes.
    pub range: Range<usize>,
    stems: OnceLock<Stems>,
}

/// Whether anything has asked for their stems makes no difference.
impl PartialEq for ReadSentence {
    fn eq(&self, other: &Self) -> bool {
        self.range == other.range
    }
}

impl ReadSentence {
    /// The sentence that stands there.
    pub(crate) fn at(range: Range<usize>) -> Self {
        Self { range, stems: OnceLock::new() }
    }

    /// Its words in the passage's text.
    pub(crate) fn text<'a>(&self, passage: &'a str) -> &'a str {
        passage.get(self.range.clone()).unwrap_or_default()
    }

    /// Its stems, read from the passage's text.
    pub(crate) fn stems(&self, passage: &str) -> &Stems {
        self.stems.get_or_init(|| Stems::of(self.text(passage)))
    }
}

thread_local! {
    // One passage is often found for several questions of a mail, and by the next mail.
    static KEPT: RefCell<HashMap<PassageId, Arc<[ReadSentence]>>> = RefCell::default();
}

/// Passages whose sentences are kept, for each thread; then it starts anew.
const KEPT_MAX: usize = 500;

/// The sentences of a passage.
pub(crate) fn read_sentences(passage: &Passage) -> Arc<[ReadSentence]> {
    KEPT.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(&passage.id) {
            return Arc::clone(known);
        }
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        let ranges = sentence_ranges(&passage.text).into_iter();
        let sentences: Arc<[ReadSentence]> = ranges.map(ReadSentence::at).collect();
        // The id is a hash of the text among others: where it is the same, the sentences are.
        kept.insert(passage.id.clone(), Arc::clone(&sentences));
        sentences
    })
}

/// How much of a term a passage holds, from 0 to 1.
pub(crate) fn share(holding: &Holding, term: &Weighted) -> f32 {
    match holding.place {
        Place::Text | Place::Heading | Place::Both => 1.0,
        Place::Part => EQUAL_SHARE,
        Place::Nowhere if holding.equal.is_some() => EQUAL_SHARE,
        Place::Nowhere if holding.parts == 0 => 0.0,
        Place::Nowhere => PART_SHARE * holding.parts as f32 / term.parts.len().max(1) as f32,
    }
}

/// The share of the terms' weight that a passage holds, from 0 to 1.
pub(crate) fn coverage(held: &[Holding], terms: &[Weighted]) -> f32 {
    let total: f32 = terms.iter().map(|term| term.weight).sum();
    let each = held.iter().zip(terms);
    let held: f32 = each.map(|(holding, term)| term.weight * share(holding, term)).sum();
    if total > 0.0 { held / total } else { 0.0 }
}

impl Stems {
    /// How much of a term stands here, from 0 to 1.
    pub fn holds(&self, term: &Weighted) -> f32 {
        let marks = &term.marks;
        if self.has_word(marks.stem) {
            return 1.0;
        }
        if marks.equal.iter().any(|name| name.iter().all(|stem| self.has_word(*stem))) {
            return EQUAL_SHARE;
        }
        if self.has_part(marks.stem) {
            return EQUAL_SHARE;
        }
        let parts = marks.parts.iter();
        let held = parts.filter(|part| self.has_word(**part) || self.has_part(**part)).count();
        if held == 0 { 0.0 } else { PART_SHARE * held as f32 / marks.parts.len() as f32 }
    }

    /// The share of the question's own weight that stands here or in `beside`, from 0 to 1; its
    /// context is left out.
    pub fn answers(&self, terms: &[Weighted], beside: &Self) -> f32 {
        let (mut held, mut total) = (0.0, 0.0);
        for term in terms.iter().filter(|term| term.asked) {
            total += term.weight;
            held += term.weight * self.holds(term).max(beside.holds(term));
        }
        if total > 0.0 { held / total } else { 0.0 }
    }

    /// The share of the terms' weight that stands here, from 0 to 1.
    pub fn coverage(&self, terms: &[Weighted]) -> f32 {
        let total: f32 = terms.iter().map(|term| term.weight).sum();
        let held: f32 = terms.iter().map(|term| term.weight * self.holds(term)).sum();
        if total > 0.0 { held / total } else { 0.0 }
    }
}
