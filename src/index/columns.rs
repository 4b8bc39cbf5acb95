//! The words of every passage, in memory: for each stem the rows that hold it, and how much.
//!
//! They are read from the engine's lists of written words when an index is opened. Which words
//! share a stem and which make up a compound is decided here, by all words of the collection.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tantivy::index::InvertedIndexReader;
use tantivy::postings::{Postings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Searcher, TERMINATED, TantivyError};

use crate::index::grams::{Filling, Grams};
use crate::index::rows::{Rows, rarity};
use crate::index::schema::Fields;
use crate::language::{self, lexicon};

// The weights of this file were chosen on the gold set's `dev` part with its first inquiries and on
// two public test sets, by `svarforslag evaluate`, 2026-11-24 (docs/measurements.md); the figures
// change little around them.

/// How fast further occurrences of a word lose their weight (BM25's k1).
const SATURATION: f32 = 1.0;
/// How much a long passage's words weigh less (BM25's b).
const LENGTH_SHARE: f32 = 0.75;
/// What an occurrence in the title or a heading counts beside one in the text.
const HEADING_COUNT: f32 = 3.0;
/// What an occurrence as a part of a compound counts beside a whole word.
const PART_COUNT: f32 = 0.5;

/// Rows of one block: what a posting has bits for.
const BLOCK_ROWS: u32 = 1 << ROW_BITS;
const ROW_BITS: u32 = 20;
const IMPACT_BITS: u32 = 10;
const IMPACT_MAX: u32 = (1 << IMPACT_BITS) - 1;
const PLACE_BITS: u32 = 2;
const IN_TEXT: u8 = 1;
const IN_HEADING: u8 = 2;
const PLACES: u32 = (1 << PLACE_BITS) - 1;

/// Where a word stands in a passage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    #[default]
    Nowhere,
    /// Only as a part of a compound.
    Part,
    /// In the text.
    Text,
    /// In the title or a heading.
    Heading,
    /// In both.
    Both,
}

/// A row, how much it holds of a stem, and where, in one number that sorts by row.
#[derive(Debug, Clone, Copy)]
struct Posting(u32);

impl Posting {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the impact is clamped to its bits"
    )]
    fn new(row: u32, impact: f32, places: u8) -> Self {
        let impact = (impact * IMPACT_MAX as f32 + 0.5).clamp(1.0, IMPACT_MAX as f32) as u32;
        Self(row << (IMPACT_BITS + PLACE_BITS) | impact << PLACE_BITS | u32::from(places))
    }

    fn row(self) -> u32 {
        self.0 >> (IMPACT_BITS + PLACE_BITS)
    }

    fn impact(self) -> f32 {
        (self.0 >> PLACE_BITS & IMPACT_MAX) as f32
    }

    fn place(self) -> Place {
        let is = |place: u8| self.0 & PLACES & u32::from(place) > 0;
        match (is(IN_TEXT), is(IN_HEADING)) {
            (false, false) => Place::Part,
            (true, false) => Place::Text,
            (false, true) => Place::Heading,
            (true, true) => Place::Both,
        }
    }
}

/// The lists of up to [`BLOCK_ROWS`] rows.
#[derive(Debug, Default)]
struct Block {
    first_row: u32,
    /// Where each stem's list ends; it starts where the one before it ends.
    ends: Vec<u32>,
    postings: Vec<Posting>,
}

impl Block {
    fn list(&self, stem: u32) -> &[Posting] {
        let stem = stem as usize;
        let end = self.ends.get(stem).copied().unwrap_or(0) as usize;
        let start = stem.checked_sub(1).and_then(|before| self.ends.get(before));
        self.postings.get(start.copied().unwrap_or(0) as usize..end).unwrap_or_default()
    }

    /// The part of a stem's list that lies in a range of rows.
    fn within(&self, stem: u32, range: &Range<u32>) -> &[Posting] {
        let list = self.list(stem);
        let start = range.start.saturating_sub(self.first_row).min(BLOCK_ROWS);
        let end = range.end.saturating_sub(self.first_row).min(BLOCK_ROWS);
        let from = list.partition_point(|posting| posting.row() < start);
        let to = list.partition_point(|posting| posting.row() < end);
        list.get(from..to).unwrap_or_default()
    }
}

/// A word as it is written.
#[derive(Debug, Clone, Copy)]
struct Word {
    stem: u32,
    /// Whether it may cut other words: it stands in a general source.
    cuts: bool,
}

/// The words of all rows.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    words: HashMap<Box<str>, Word>,
    stems: HashMap<Box<str>, u32>,
    /// For each stem the rows that hold it, and those with it in a heading.
    counts: Vec<(u32, u32)>,
    blocks: Vec<Block>,
    rows: usize,
    grams: Grams,
}

impl Columns {
    pub(crate) fn read(
        searcher: &Searcher,
        fields: &Fields,
        rows: &Rows,
    ) -> Result<Self, TantivyError> {
        let lists = Lists::read(searcher, fields)?;
        let mut columns = Self { rows: rows.len(), ..Self::default() };
        let members = columns.stem_all(&lists, rows)?;
        let lengths = lengths(searcher, fields, rows)?;
        // Two halves of about equal work, for the two cores that we promise to run on.
        let grams = std::thread::scope(|scope| {
            let grams = scope.spawn(|| lists.grams(rows, lengths.clone()));
            let filled = columns.fill(&lists, rows, &members, &lengths);
            let grams = grams.join().unwrap_or_else(|_| {
                Err(TantivyError::InternalError("the words of passages cannot be read".to_owned()))
            });
            filled.and(grams)
        });
        columns.grams = grams?;
        Ok(columns)
    }

    /// The parts of a folded word, each as its stem; nothing if it is no compound.
    pub(crate) fn parts_of(&self, word: &str) -> Vec<String> {
        let own = language::parts_of(word);
        if !own.is_empty() || !language::steps().compounds {
            return own;
        }
        let parts = language::split_by(word, &|part| self.cuts(part));
        parts.into_iter().map(language::stem).collect()
    }

    fn cuts(&self, word: &str) -> bool {
        self.words.get(word).is_some_and(|word| word.cuts) || lexicon().is_part(word)
    }

    /// The number of a stem, if any passage holds it.
    pub(crate) fn stem(&self, stem: &str) -> Option<u32> {
        self.stems.get(stem).copied()
    }

    /// How many rows hold a stem, and how many of them in a heading.
    pub(crate) fn counts(&self, stem: &str) -> (u32, u32) {
        let counts = self.stem(stem).and_then(|stem| self.counts.get(stem as usize));
        counts.copied().unwrap_or((0, 0))
    }

    /// How rare a stem is (BM25's idf); 0 if it stands nowhere.
    pub(crate) fn rarity(&self, stem: &str) -> f32 {
        let (count, _) = self.counts(stem);
        if count == 0 { 0.0 } else { rarity(self.rows, count) }
    }

    /// Adds what each row of the ranges holds of a stem, times a weight, to the rows' scores.
    pub(crate) fn add(&self, stem: u32, ranges: &[Range<u32>], weight: f32, scores: &mut [f32]) {
        let weight = weight * (SATURATION + 1.0) / IMPACT_MAX as f32;
        for block in &self.blocks {
            let Some(scores) = scores.get_mut(block.first_row as usize..) else { continue };
            for range in ranges {
                for posting in block.within(stem, range) {
                    if let Some(score) = scores.get_mut(posting.row() as usize) {
                        *score += weight * posting.impact();
                    }
                }
            }
        }
    }

    /// The letters of the words.
    pub(crate) fn grams(&self) -> &Grams {
        &self.grams
    }

    /// Where a stem stands in a row.
    pub(crate) fn place(&self, stem: u32, row: u32) -> Place {
        let block = self.blocks.get((row / BLOCK_ROWS) as usize);
        let list = block.map_or(&[][..], |block| block.list(stem));
        let found = list.binary_search_by_key(&(row % BLOCK_ROWS), |posting| posting.row());
        found.ok().and_then(|at| list.get(at)).map_or(Place::Nowhere, |posting| posting.place())
    }

    /// Whether a stem stands in any row of the ranges.
    pub(crate) fn stands(&self, stem: u32, ranges: &[Range<u32>]) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| ranges.iter().any(|range| !block.within(stem, range).is_empty()))
    }

    /// Words at most so many slips away from one, the nearest first.
    pub(crate) fn words_near(&self, word: &str, slips_max: usize) -> Vec<(usize, String)> {
        let kin = self.grams.kin(word);
        let near = kin.into_iter().filter_map(|kin| {
            let letters = kin.chars().all(char::is_alphabetic) && kin != word;
            let slips = if letters { strsim::osa_distance(kin, word) } else { usize::MAX };
            (slips <= slips_max).then(|| (slips, kin.to_owned()))
        });
        let mut near: Vec<(usize, String)> = near.collect();
        near.sort();
        near.dedup();
        near
    }

    /// Gives each word its stem, and cuts compounds: which words count for which stem, by stem.
    fn stem_all(&mut self, lists: &Lists, rows: &Rows) -> Result<Vec<Member>, TantivyError> {
        for (number, word) in (0_u32..).zip(&lists.words) {
            let stem = language::stem(word);
            let stem = self.number_of(&stem);
            let cuts = word.chars().all(char::is_alphabetic)
                && lists.stands_in(number, rows, &rows.general())?;
            self.words.insert(word.clone(), Word { stem, cuts });
        }
        let mut members = Vec::with_capacity(lists.words.len());
        for (number, word) in (0_u32..).zip(&lists.words) {
            let stem = self.words.get(word).map_or(0, |word| word.stem);
            members.push(Member { stem, word: number, part: false });
            for part in self.parts_of(word) {
                let stem = self.number_of(&part);
                members.push(Member { stem, word: number, part: true });
            }
        }
        members.sort_unstable();
        Ok(members)
    }

    fn number_of(&mut self, stem: &str) -> u32 {
        if let Some(known) = self.stems.get(stem) {
            return *known;
        }
        let number = u32::try_from(self.stems.len()).unwrap_or(u32::MAX);
        self.stems.insert(stem.into(), number);
        number
    }

    /// Makes the list of each stem from those of its words.
    fn fill(
        &mut self,
        lists: &Lists,
        rows: &Rows,
        members: &[Member],
        lengths: &[f32],
    ) -> Result<(), TantivyError> {
        let first_rows = (0..u32::try_from(self.rows).unwrap_or(u32::MAX)).step_by(1 << ROW_BITS);
        self.blocks = first_rows.map(|first_row| Block { first_row, ..Block::default() }).collect();
        let mut held = Held::new(self.rows);
        let mut rest = members;
        while let Some(stem) = rest.first().map(|member| member.stem) {
            let end = rest.partition_point(|member| member.stem == stem);
            let Some((of_stem, after)) = rest.split_at_checked(end) else { break };
            rest = after;
            for member in of_stem {
                let count = if member.part { PART_COUNT } else { 1.0 };
                lists.each(member.word, rows, &mut |row, times, heading| {
                    let place = if heading { IN_HEADING } else { IN_TEXT };
                    let count = count * times * if heading { HEADING_COUNT } else { 1.0 };
                    held.add(row, count, if member.part { 0 } else { place });
                })?;
            }
            let mut counts = (0, 0);
            held.take(&mut |row, count, places| {
                let length = lengths.get(row as usize).copied().unwrap_or(1.0);
                let impact = count / (count + SATURATION * length);
                counts.0 += 1;
                counts.1 += u32::from(places & IN_HEADING > 0);
                if let Some(block) = self.blocks.get_mut((row / BLOCK_ROWS) as usize) {
                    block.postings.push(Posting::new(row % BLOCK_ROWS, impact, places));
                }
            });
            self.counts.push(counts);
            for block in &mut self.blocks {
                block.ends.push(u32::try_from(block.postings.len()).unwrap_or(u32::MAX));
            }
        }
        for block in &mut self.blocks {
            block.postings.shrink_to_fit();
        }
        Ok(())
    }
}

/// That a word counts for a stem, whole or by one of its parts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    stem: u32,
    word: u32,
    part: bool,
}

/// The engine's lists of written words.
struct Lists {
    words: Vec<Box<str>>,
    /// For each word where its lists end in `sources`.
    sources: Vec<Source>,
    readers: Vec<[Arc<InvertedIndexReader>; 2]>,
}

/// One list: of one word in one field of one segment.
struct Source {
    word: u32,
    segment: usize,
    heading: bool,
    place: TermInfo,
}

impl Lists {
    fn read(searcher: &Searcher, fields: &Fields) -> Result<Self, TantivyError> {
        let mut numbers: HashMap<Box<str>, u32> = HashMap::new();
        let mut lists = Self { words: Vec::new(), sources: Vec::new(), readers: Vec::new() };
        for (segment, reader) in searcher.segment_readers().iter().enumerate() {
            let of_field =
                [reader.inverted_index(fields.text)?, reader.inverted_index(fields.head)?];
            for (heading, inverted) in [false, true].into_iter().zip(&of_field) {
                let mut terms = inverted.terms().stream()?;
                while let Some((term, place)) = terms.next() {
                    let Ok(text) = std::str::from_utf8(term) else { continue };
                    let word = numbers.get(text).copied().unwrap_or_else(|| {
                        let new = u32::try_from(lists.words.len()).unwrap_or(u32::MAX);
                        lists.words.push(text.into());
                        numbers.insert(text.into(), new);
                        new
                    });
                    lists.sources.push(Source { word, segment, heading, place: place.clone() });
                }
            }
            lists.readers.push(of_field);
        }
        lists.sources.sort_by_key(|source| source.word);
        Ok(lists)
    }

    fn sources_of(&self, word: u32) -> &[Source] {
        let from = self.sources.partition_point(|source| source.word < word);
        let to = self.sources.partition_point(|source| source.word <= word);
        self.sources.get(from..to).unwrap_or_default()
    }

    /// Hands over each row that holds a word, with how often, and whether in a heading.
    fn each(
        &self,
        word: u32,
        rows: &Rows,
        found: &mut dyn FnMut(u32, f32, bool),
    ) -> Result<(), TantivyError> {
        for source in self.sources_of(word) {
            let Some([text, head]) = self.readers.get(source.segment) else { continue };
            let reader = if source.heading { head } else { text };
            let option = IndexRecordOption::WithFreqs;
            let mut postings = reader.read_postings_from_terminfo(&source.place, option)?;
            while postings.doc() != TERMINATED {
                if let Some(row) = rows.of_passage(source.segment, postings.doc()) {
                    found(row, postings.term_freq() as f32, source.heading);
                }
                postings.advance();
            }
        }
        Ok(())
    }

    /// The words of rows and their letters.
    fn grams(&self, rows: &Rows, lengths: Vec<f32>) -> Result<Grams, TantivyError> {
        let mut of_row = vec![0; rows.len()];
        let mut words = Vec::with_capacity(self.words.len());
        for (number, word) in (0_u32..).zip(&self.words) {
            let mut held = 0;
            self.each(number, rows, &mut |row, _, _| {
                held += 1;
                if let Some(count) = of_row.get_mut(row as usize) {
                    *count += 1;
                }
            })?;
            words.push((word.clone(), held));
        }
        let mut filling = Filling::new(&of_row);
        for number in (0_u32..).zip(&self.words).map(|(number, _)| number) {
            self.each(number, rows, &mut |row, times, heading| {
                let weight = if heading { HEADING_COUNT } else { 1.0 };
                filling.enter(row, number, times * weight);
            })?;
        }
        Ok(Grams::of(&words, filling, lengths))
    }

    /// Whether a word stands in any of the rows.
    fn stands_in(&self, word: u32, rows: &Rows, range: &Range<u32>) -> Result<bool, TantivyError> {
        for source in self.sources_of(word) {
            let Some([text, head]) = self.readers.get(source.segment) else { continue };
            let reader = if source.heading { head } else { text };
            let option = IndexRecordOption::Basic;
            let mut postings = reader.read_postings_from_terminfo(&source.place, option)?;
            while postings.doc() != TERMINATED {
                let row = rows.of_passage(source.segment, postings.doc());
                if row.is_some_and(|row| range.contains(&row)) {
                    return Ok(true);
                }
                postings.advance();
            }
        }
        Ok(false)
    }
}

/// What the rows hold of one stem, while its words are counted.
struct Held {
    counts: Vec<f32>,
    places: Vec<u8>,
    touched: Vec<u32>,
}

impl Held {
    fn new(rows: usize) -> Self {
        Self { counts: vec![0.0; rows], places: vec![0; rows], touched: Vec::new() }
    }

    fn add(&mut self, row: u32, count: f32, places: u8) {
        let at = row as usize;
        let (Some(held), Some(known)) = (self.counts.get_mut(at), self.places.get_mut(at)) else {
            return;
        };
        if *held == 0.0 {
            self.touched.push(row);
        }
        *held += count;
        *known |= places;
    }

    /// Hands over all that is held in the order of rows, and forgets it.
    fn take(&mut self, found: &mut dyn FnMut(u32, f32, u8)) {
        // To go through all rows is quicker than to sort many of them.
        let mut touched = std::mem::take(&mut self.touched);
        if touched.len() > self.counts.len() / SORTED_SHARE {
            touched.clear();
            touched
                .extend((0_u32..).zip(&self.counts).filter(|(_, c)| **c > 0.0).map(|(row, _)| row));
        } else {
            touched.sort_unstable();
        }
        for row in touched.drain(..) {
            let at = row as usize;
            if let (Some(held), Some(known)) = (self.counts.get_mut(at), self.places.get_mut(at)) {
                found(row, std::mem::take(held), std::mem::take(known));
            }
        }
        self.touched = touched;
    }
}

/// Of the rows, one in so many is still sorted.
const SORTED_SHARE: usize = 32;

/// For each row how its length bears on how much its words count: 1 for the mean.
fn lengths(searcher: &Searcher, fields: &Fields, rows: &Rows) -> Result<Vec<f32>, TantivyError> {
    let mut lengths = vec![0.0; rows.len()];
    for (segment, reader) in searcher.segment_readers().iter().enumerate() {
        let text = reader.get_fieldnorms_reader(fields.text)?;
        let head = reader.get_fieldnorms_reader(fields.head)?;
        for doc in reader.doc_ids_alive() {
            let row = rows.of_passage(segment, doc);
            if let Some(length) = row.and_then(|row| lengths.get_mut(row as usize)) {
                *length = (text.fieldnorm(doc) + head.fieldnorm(doc)) as f32;
            }
        }
    }
    let mean = lengths.iter().sum::<f32>() / lengths.len().max(1) as f32;
    for length in &mut lengths {
        *length = 1.0 - LENGTH_SHARE + LENGTH_SHARE * *length / mean.max(1.0);
    }
    Ok(lengths)
}
