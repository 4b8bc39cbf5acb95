//! Blocks into passages: at headings first, then at blocks, then at sentences.

use std::collections::HashMap;

use crate::language::sentences;
use crate::passages::{Passage, PassageId, Place, Settings};
use crate::sources::{Document, Form};

/// What stands between two blocks in the extracted text.
const BLOCK_GAP: &str = "\n\n";

/// The extracted text of a document, to which [`Place`] refers.
pub fn document_text(document: &Document) -> String {
    let texts: Vec<&str> = document.blocks.iter().map(|block| block.text.as_str()).collect();
    texts.join(BLOCK_GAP)
}

/// A block, or a sentence of a long one, with its place in characters.
struct Piece<'a> {
    text: &'a str,
    form: Form,
    page: Option<u32>,
    start: usize,
    end: usize,
    words: usize,
}

/// Cuts a document into passages, in order.
pub fn cut(document: &Document, settings: Settings) -> Vec<Passage> {
    let mut writer = Writer::new(document);
    let mut section: Vec<Piece<'_>> = Vec::new();
    let mut headings: Vec<(u8, Piece<'_>)> = Vec::new();
    let mut bare = false;
    for piece in pieces(document, settings.words_max) {
        if let Form::Heading(level) = piece.form {
            writer.section(&headings, &section, settings);
            section.clear();
            // A heading with nothing under it would otherwise vanish with the next of its level.
            if bare && headings.last().is_some_and(|(last, _)| *last >= level) {
                writer.bare_heading(&headings);
            }
            headings.retain(|(other, _)| *other < level);
            headings.push((level, piece));
            bare = true;
        } else {
            bare = false;
            section.push(piece);
        }
    }
    writer.section(&headings, &section, settings);
    if bare {
        writer.bare_heading(&headings);
    }
    writer.passages
}

fn pieces(document: &Document, words_max: usize) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for block in &document.blocks {
        let chars = block.text.chars().count();
        let words = count_words(&block.text);
        let whole = Piece {
            text: &block.text,
            form: block.form,
            page: block.page,
            start,
            end: start + chars,
            words,
        };
        if words > words_max && !matches!(block.form, Form::Heading(_)) {
            for range in sentences(&block.text) {
                let before = block.text.get(..range.start).unwrap_or_default().chars().count();
                let text = block.text.get(range).unwrap_or_default();
                let from = start + before;
                let end = from + text.chars().count();
                let words = count_words(text);
                found.push(Piece { text, start: from, end, words, ..whole });
            }
        } else {
            found.push(whole);
        }
        start += chars + BLOCK_GAP.len();
    }
    found
}

fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

struct Writer<'a> {
    document: &'a Document,
    passages: Vec<Passage>,
    seen: HashMap<String, u32>,
}

impl<'a> Writer<'a> {
    fn new(document: &'a Document) -> Self {
        Self { document, passages: Vec::new(), seen: HashMap::new() }
    }

    fn section(&mut self, headings: &[(u8, Piece<'_>)], section: &[Piece<'_>], settings: Settings) {
        let mut rest = section;
        while !rest.is_empty() {
            let (passage, later) = rest.split_at(fill(rest, settings));
            self.write(headings, passage);
            rest = later;
        }
    }

    fn bare_heading(&mut self, headings: &[(u8, Piece<'_>)]) {
        if let Some(((_, last), above)) = headings.split_last() {
            self.write(above, std::slice::from_ref(last));
        }
    }

    fn write(&mut self, headings: &[(u8, Piece<'_>)], pieces: &[Piece<'_>]) {
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return };
        let heading: Vec<String> =
            headings.iter().map(|(_, piece)| piece.text.to_owned()).collect();
        let text = pieces.iter().map(|piece| piece.text).collect::<Vec<_>>().join("\n");
        let key = format!("{}\0{}\0{text}", self.document.id, heading.join("\u{1}"));
        let repeats = self.seen.entry(key.clone()).or_default();
        let hash = blake3::hash(format!("{key}\0{repeats}").as_bytes()).to_hex();
        *repeats += 1;
        self.passages.push(Passage {
            id: PassageId(hash.chars().take(20).collect()),
            document: self.document.id.clone(),
            owner: self.document.institution.clone(),
            heading,
            text,
            place: Place {
                ordinal: u32::try_from(self.passages.len()).unwrap_or(u32::MAX),
                page: first.page,
                start: first.start,
                end: last.end,
            },
        });
    }
}

/// How many of the pieces the next passage takes; at least one.
fn fill(pieces: &[Piece<'_>], settings: Settings) -> usize {
    let total: usize = pieces.iter().map(|piece| piece.words).sum();
    if total <= settings.words_max {
        return pieces.len();
    }
    let mut words = 0;
    let mut taken = 0;
    for piece in pieces {
        if taken > 0 && (words >= settings.words_enough || words + piece.words > settings.words_max)
        {
            break;
        }
        words += piece.words;
        taken += 1;
    }
    // What introduces a list ("Send følgende:") belongs to the passage with the list.
    let introduces = |count: usize| {
        count > 1 && pieces.get(count - 1).is_some_and(|piece| piece.text.ends_with(':'))
    };
    if taken < pieces.len() && introduces(taken) { taken - 1 } else { taken.max(1) }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::{Block, Kind};
    use crate::terms::{Audience, Period};

    pub(crate) fn document(blocks: Vec<(Form, String)>) -> Document {
        let blocks = blocks.into_iter().map(|(form, text)| Block { form, text, page: None });
        Document {
            id: "guide.md".to_owned(),
            file: "guide.md".to_owned(),
            hash: String::new(),
            title: "Guide".to_owned(),
            kind: Kind::Brugervejledning,
            institution: None,
            loengrupper: Vec::new(),
            audience: Audience::Customer,
            owner: None,
            version: None,
            period: Period::default(),
            supersedes: Vec::new(),
            systems: Vec::new(),
            area: None,
            demo: false,
            blocks: blocks.collect(),
        }
    }

    fn sentence(words: usize, mark: &str) -> String {
        format!("{}.", vec![mark; words].join(" "))
    }

    #[test]
    fn sections_are_cut_apart_and_keep_their_headings() {
        let blocks = vec![
            (Form::Heading(1), "Aconto".to_owned()),
            (Form::Heading(2), "Grænser".to_owned()),
            (Form::Paragraph, "Over 500 kr. netto.".to_owned()),
            (Form::Heading(2), "Bestilling".to_owned()),
            (Form::Paragraph, "I Lønportalen.".to_owned()),
            (Form::Item, "Kræver 2. godkender.".to_owned()),
        ];
        let passages = cut(&document(blocks), Settings::default());
        let shown: Vec<(Vec<String>, &str)> =
            passages.iter().map(|p| (p.heading.clone(), p.text.as_str())).collect();
        assert_eq!(shown.len(), 2);
        assert_eq!(shown[0].0, ["Aconto", "Grænser"]);
        assert_eq!(shown[1].1, "I Lønportalen.\nKræver 2. godkender.");
    }

    #[test]
    fn a_place_is_a_range_of_the_extracted_text() {
        let blocks = vec![
            (Form::Heading(1), "Å".to_owned()),
            (Form::Paragraph, "Først æøå.".to_owned()),
            (Form::Paragraph, sentence(150, "ord")),
            (Form::Paragraph, sentence(150, "ånd")),
        ];
        let document = document(blocks);
        let text: Vec<char> = document_text(&document).chars().collect();
        for passage in cut(&document, Settings::default()) {
            let range = passage.place.start..passage.place.end;
            let found: String = text[range].iter().collect();
            assert_eq!(found.replace("\n\n", "\n"), passage.text);
        }
    }

    #[test]
    fn a_passage_keeps_its_id_when_its_neighbours_change() {
        let before = vec![
            (Form::Heading(1), "A".to_owned()),
            (Form::Paragraph, "Gammel tekst.".to_owned()),
            (Form::Heading(1), "B".to_owned()),
            (Form::Paragraph, "Samme tekst.".to_owned()),
        ];
        let mut after = before.clone();
        after[1].1 = "Helt ny og meget længere tekst.".to_owned();
        let (before, after) = (
            cut(&document(before), Settings::default()),
            cut(&document(after), Settings::default()),
        );
        assert_ne!(before[0].id, after[0].id);
        assert_eq!(before[1].id, after[1].id);
    }

    #[test]
    fn equal_texts_of_one_document_have_ids_of_their_own() {
        let blocks = vec![
            (Form::Heading(1), "A".to_owned()),
            (Form::Paragraph, "Ens.".to_owned()),
            (Form::Heading(1), "A".to_owned()),
            (Form::Paragraph, "Ens.".to_owned()),
        ];
        let passages = cut(&document(blocks), Settings::default());
        assert_ne!(passages[0].id, passages[1].id);
    }

    proptest! {
        #[test]
        fn cutting_loses_no_text_and_keeps_the_size(
            parts in prop::collection::vec((0_u8..5, 1_usize..260), 0..30)
        ) {
            let blocks: Vec<(Form, String)> = parts
                .iter()
                .enumerate()
                .map(|(at, (form, words))| match form {
                    0 => (Form::Heading(1), format!("H{at}")),
                    1 => (Form::Heading(2), format!("U{at}")),
                    2 => (Form::Item, sentence(*words % 30 + 1, &format!("i{at}"))),
                    _ => (Form::Paragraph, vec![sentence(*words / 8 + 1, &format!("P{at}")); 8].join(" ")),
                })
                .collect();
            let document = document(blocks.clone());
            let passages = cut(&document, Settings::default());
            for (form, text) in &blocks {
                let held = passages.iter().any(|p| match form {
                    Form::Heading(_) => p.heading.contains(text) || p.text == *text,
                    _ => p.text.contains(text.split(' ').next().unwrap()),
                });
                prop_assert!(held, "{text} is lost");
            }
            let words = |text: &str| text.split_whitespace().count();
            let body: usize = blocks.iter().filter(|(f, _)| !matches!(f, Form::Heading(_)))
                .map(|(_, text)| words(text)).sum();
            let cut_body: usize = passages.iter()
                .filter(|p| !blocks.iter().any(|(f, t)| matches!(f, Form::Heading(_)) && *t == p.text))
                .map(|p| words(&p.text)).sum();
            prop_assert_eq!(body, cut_body);
            prop_assert!(passages.iter().all(|p| words(&p.text) <= Settings::default().words_max));
        }
    }
}
