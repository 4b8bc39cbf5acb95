//! A query of words over the columns: which rows match, how well, and where each term stands.

use std::cell::RefCell;
use std::ops::Range;

use crate::index::columns::{Columns, Place};
use crate::index::rows::Ranges;

/// One term of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryTerm {
    /// The stem, or the normal form of a code or number.
    pub stem: String,
    /// The word as it is written, folded; empty if its letters do not count.
    pub word: String,
    /// Its weight beside the other terms; how rare it is comes on top.
    pub weight: f32,
    /// Stemmed parts, if it is a compound.
    pub parts: Vec<String>,
    /// Other names that mean the same, each as its stems.
    pub equal: Vec<Vec<String>>,
}

/// The terms of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// The terms, any of which may match.
    pub terms: Vec<QueryTerm>,
}

/// How a passage holds a term of a query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holding {
    /// Where the word itself stands.
    pub place: Place,
    /// Which of its equal names stands there, whole.
    pub equal: Option<usize>,
    /// How many of its parts stand there.
    pub parts: usize,
}

/// A passage that a search found, not yet read.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Its row in this snapshot.
    pub(crate) row: u32,
    /// The words' score.
    pub score: f32,
    /// How well its words match by their letters.
    pub letters: f32,
    /// How it holds each term of the query, in the query's order.
    pub held: Vec<Holding>,
}

/// Weight of a part of a term that is a compound, beside the term; chosen with the weights of
/// `src/index/columns.rs`, 2026-11-24.
const PART_WEIGHT: f32 = 0.6;
/// Weight of an equal name of the glossary, beside the word that was written.
const EQUAL_WEIGHT: f32 = 0.6;

/// Rows that a filter lets through, in ranges that follow upon each other.
#[derive(Debug, Default)]
pub(crate) struct Mask(Ranges);

impl Mask {
    /// Lets further rows through; they stand after those that are let through already.
    pub(crate) fn allow(&mut self, rows: Range<u32>) {
        match self.0.last_mut() {
            Some(last) if last.end == rows.start => last.end = rows.end,
            _ => self.0.push(rows),
        }
    }

    pub(crate) fn allows(&self, row: u32) -> bool {
        let at = self.0.partition_point(|range| range.end <= row);
        self.0.get(at).is_some_and(|range| range.contains(&row))
    }

    /// The rows of a range that are let through.
    fn within(&self, range: &Range<u32>) -> impl Iterator<Item = Range<u32>> {
        let (start, end) = (range.start, range.end);
        let from = self.0.partition_point(|allowed| allowed.end <= start);
        let allowed = self.0.get(from..).unwrap_or_default().iter();
        let allowed = allowed.take_while(move |allowed| allowed.start < end);
        allowed.map(move |allowed| allowed.start.max(start)..allowed.end.min(end))
    }
}

/// Scores that are looked at together: if none of them is enough, none is looked at alone.
const AT_ONCE: usize = 64;

/// The best rows so far.
struct Best {
    limit: usize,
    found: Vec<(f32, u32)>,
    /// What a further row must exceed.
    least: f32,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { limit, found: Vec::with_capacity(limit * 4), least: 0.0 }
    }

    /// Looks at the scores of rows that follow upon each other.
    fn look_at(&mut self, mut row: u32, mut scores: &[f32]) {
        while !scores.is_empty() {
            let (now, later) = scores.split_at(scores.len().min(AT_ONCE));
            let most =
                now.iter().fold(0.0_f32, |most, score| if *score > most { *score } else { most });
            if most > self.least {
                for (row, score) in (row..).zip(now) {
                    if *score > self.least {
                        self.add(row, *score);
                    }
                }
            }
            row += u32::try_from(now.len()).unwrap_or(u32::MAX);
            scores = later;
        }
    }

    fn add(&mut self, row: u32, score: f32) {
        self.found.push((score, row));
        if self.limit > 0 && self.found.len() == self.limit * 4 {
            self.found.select_nth_unstable_by(self.limit - 1, |a, b| better(*a, *b));
            self.found.truncate(self.limit);
            self.least = self.found.last().map_or(0.0, |last| last.0);
        }
    }

    fn done(mut self) -> Vec<(f32, u32)> {
        self.found.sort_unstable_by(|a, b| better(*a, *b));
        self.found.truncate(self.limit);
        self.found
    }
}

/// The higher score first; of equal ones the first row.
fn better(a: (f32, u32), b: (f32, u32)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// A term with its numbers in the columns.
#[derive(Debug)]
struct Known {
    stem: Option<u32>,
    parts: Vec<Option<u32>>,
    equal: Vec<Vec<Option<u32>>>,
}

/// The scores of a query for all rows that a scope may see.
#[derive(Debug)]
pub(crate) struct Scores {
    of_row: Vec<f32>,
    ranges: Ranges,
    terms: Vec<Known>,
    /// The query's words as they are written, and their weights.
    words: Vec<(String, f32)>,
}

thread_local! {
    // Room for the scores of all rows is kept from one search to the next.
    static ROOM: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Drop for Scores {
    fn drop(&mut self) {
        ROOM.set(std::mem::take(&mut self.of_row));
    }
}

impl Scores {
    /// Scores the rows of the ranges, and no others.
    pub(crate) fn of(columns: &Columns, query: &Query, ranges: Ranges) -> Self {
        let mut of_row = ROOM.take();
        of_row.clear();
        let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
        of_row.resize(end as usize, 0.0);
        let words = query.terms.iter().filter(|term| !term.word.is_empty());
        let words = words.map(|term| (term.word.clone(), term.weight)).collect();
        let mut scores = Self { of_row, ranges, terms: Vec::new(), words };
        for term in &query.terms {
            let mut add = |stem: &String, weight: f32| {
                let number = columns.stem(stem)?;
                let weight = weight * columns.rarity(stem);
                columns.add(number, &scores.ranges, weight, &mut scores.of_row);
                Some(number)
            };
            let stem = add(&term.stem, term.weight);
            let parts = term.parts.iter().map(|part| add(part, term.weight * PART_WEIGHT));
            let parts = parts.collect();
            let equal = term.equal.iter().map(|name| {
                let weight = term.weight * EQUAL_WEIGHT / name.len().max(1) as f32;
                name.iter().map(|stem| add(stem, weight)).collect()
            });
            let equal = equal.collect();
            scores.terms.push(Known { stem, parts, equal });
        }
        scores
    }

    /// The best rows that a mask lets through, best first; equal scores in the order of rows.
    pub(crate) fn best(&self, columns: &Columns, mask: &Mask, limit: usize) -> Vec<Match> {
        let mut best = Best::new(limit);
        for range in self.ranges.iter().flat_map(|range| mask.within(range)) {
            let scores = self.of_row.get(range.start as usize..range.end as usize);
            best.look_at(range.start, scores.unwrap_or_default());
        }
        self.matches(columns, &best.done())
    }

    /// These rows, in their order, as far as they may be seen; a row that holds no word of the
    /// query scores 0.
    pub(crate) fn rows(&self, columns: &Columns, rows: &[u32]) -> Vec<Match> {
        let seen = rows.iter().filter(|row| self.ranges.iter().any(|range| range.contains(row)));
        let scored = seen.map(|row| (self.of_row.get(*row as usize).copied().unwrap_or(0.0), *row));
        self.matches(columns, &scored.collect::<Vec<_>>())
    }

    fn matches(&self, columns: &Columns, found: &[(f32, u32)]) -> Vec<Match> {
        let matched = found.iter().map(|&(score, row)| {
            let held = self.terms.iter().map(|term| term.holding(columns, row)).collect();
            Match { row, score, letters: 0.0, held }
        });
        let mut matched: Vec<Match> = matched.collect();
        let words = self.words.iter().map(|(word, weight)| (word.as_str(), *weight));
        let letters = columns.grams().scores(words, matched.iter().map(|matched| matched.row));
        for (matched, letters) in matched.iter_mut().zip(letters) {
            matched.letters = letters;
        }
        matched
    }
}

impl Known {
    fn holding(&self, columns: &Columns, row: u32) -> Holding {
        let place =
            |stem: &Option<u32>| stem.map_or(Place::Nowhere, |stem| columns.place(stem, row));
        let whole = |stem: &Option<u32>| !matches!(place(stem), Place::Nowhere | Place::Part);
        Holding {
            place: place(&self.stem),
            equal: self.equal.iter().position(|name| name.iter().all(whole)),
            parts: self.parts.iter().filter(|part| place(part) != Place::Nowhere).count(),
        }
    }
}
