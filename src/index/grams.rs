//! The letters of words: four at a time, they show which words of a passage are kin to those of
//! a query, whatever the stemmer makes of them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use crate::index::rows::rarity;

/// Letters of a gram; of 4 and 5 the better on two public test sets, 2026-11-24.
const GRAM_CHARS: usize = 4;
/// Grams of a query that are compared: the heaviest.
const GRAMS_MAX: usize = 128;
/// How many letters more or fewer a word may have that another was meant for.
const KIN_CHARS_MORE: usize = 2;
/// How fast further occurrences of a gram lose their weight (BM25's k1).
const SATURATION: f32 = 1.0;
/// Bits of an entry for how often the word stands in the row.
const COUNT_BITS: u32 = 8;
const COUNT_MAX: u32 = (1 << COUNT_BITS) - 1;

/// The words of each row, and the words of each gram.
#[derive(Debug, Default)]
pub(crate) struct Grams {
    /// For each gram its number.
    numbers: HashMap<u64, u32>,
    /// Where each gram's words end; they start where the ones before end.
    ends: Vec<u32>,
    words: Vec<u32>,
    rarities: Vec<f32>,
    /// Where each row's words end.
    row_ends: Vec<u32>,
    /// Words of rows, each with how often it stands there.
    entries: Vec<u32>,
    lengths: Vec<f32>,
    vocabulary: Vec<Box<str>>,
}

/// The words of rows on their way into [`Grams`]: counted first, then entered.
#[derive(Debug)]
pub(crate) struct Filling {
    places: Vec<u32>,
    entries: Vec<u32>,
}

impl Filling {
    /// Room for that many words in each row.
    pub(crate) fn new(counts: &[u32]) -> Self {
        let mut end = 0;
        let places = counts.iter().map(|count| {
            let start = end;
            end += count;
            start
        });
        let places = places.collect();
        Self { places, entries: vec![0; end as usize] }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the count is clamped to its bits"
    )]
    pub(crate) fn enter(&mut self, row: u32, word: u32, count: f32) {
        let Some(place) = self.places.get_mut(row as usize) else { return };
        if let Some(entry) = self.entries.get_mut(*place as usize) {
            *entry = word << COUNT_BITS | (count + 0.5).clamp(1.0, COUNT_MAX as f32) as u32;
            *place += 1;
        }
    }
}

impl Grams {
    /// The grams of all words, each with the number of rows it stands in, and the words of rows.
    pub(crate) fn of(words: &[(Box<str>, u32)], rows: Filling, lengths: Vec<f32>) -> Self {
        let mut grams = Self {
            row_ends: rows.places,
            entries: rows.entries,
            vocabulary: words.iter().map(|(word, _)| word.clone()).collect(),
            ..Self::default()
        };
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (number, (word, _)) in (0_u32..).zip(words) {
            for gram in grams_of(word) {
                let new = u32::try_from(grams.numbers.len()).unwrap_or(u32::MAX);
                pairs.push((*grams.numbers.entry(gram).or_insert(new), number));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut rest = pairs.as_slice();
        while let Some((gram, _)) = rest.first() {
            let end = rest.partition_point(|pair| pair.0 == *gram);
            let Some((of_gram, after)) = rest.split_at_checked(end) else { break };
            rest = after;
            let of_word =
                |(_, word): &(u32, u32)| words.get(*word as usize).map_or(0, |word| word.1);
            // A row with two of the words is counted twice, which is near enough for a rarity.
            let held: u64 = of_gram.iter().map(|pair| u64::from(of_word(pair))).sum();
            let all = lengths.len();
            let held = u32::try_from(held.min(all as u64)).unwrap_or(u32::MAX);
            grams.rarities.push(rarity(all, held));
            grams.words.extend(of_gram.iter().map(|(_, word)| *word));
            grams.ends.push(u32::try_from(grams.words.len()).unwrap_or(u32::MAX));
        }
        grams.lengths = lengths;
        grams
    }

    /// Words that share a gram with one, and are about as long.
    pub(crate) fn kin(&self, word: &str) -> Vec<&str> {
        let chars = word.chars().count();
        let known = grams_of(word).filter_map(|gram| self.numbers.get(&gram));
        let words = known.flat_map(|gram| self.words_of(*gram));
        let words = words.filter_map(|word| self.vocabulary.get(*word as usize));
        words
            .filter(|kin| kin.chars().count().abs_diff(chars) <= KIN_CHARS_MORE)
            .map(|kin| &**kin)
            .collect()
    }

    fn words_of(&self, gram: u32) -> &[u32] {
        let gram = gram as usize;
        let end = self.ends.get(gram).copied().unwrap_or(0) as usize;
        let start = gram.checked_sub(1).and_then(|before| self.ends.get(before));
        self.words.get(start.copied().unwrap_or(0) as usize..end).unwrap_or_default()
    }

    fn entries_of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        let end = self.row_ends.get(row).copied().unwrap_or(0) as usize;
        let start = row.checked_sub(1).and_then(|before| self.row_ends.get(before));
        self.entries.get(start.copied().unwrap_or(0) as usize..end).unwrap_or_default()
    }

    /// The share of the words of two rows that both have, from 0 to 1.
    pub(crate) fn likeness(&self, one: u32, other: u32) -> f32 {
        let words = |row| self.entries_of(row).iter().map(|entry| entry >> COUNT_BITS);
        let mut others = words(other).peekable();
        let mut shared = 0;
        // Both are in the order of words.
        for word in words(one) {
            while others.next_if(|other| *other < word).is_some() {}
            shared += usize::from(others.next_if_eq(&word).is_some());
        }
        let all = self.entries_of(one).len() + self.entries_of(other).len() - shared;
        if all == 0 { 1.0 } else { shared as f32 / all as f32 }
    }

    /// How well each row's words match those of a query by their letters, in the rows' order.
    pub(crate) fn scores<'a>(
        &self,
        words: impl Iterator<Item = (&'a str, f32)>,
        rows: impl Iterator<Item = u32>,
    ) -> Vec<f32> {
        let sought = Sought::of(self, words);
        rows.map(|row| sought.score(self, row)).collect()
    }
}

/// The grams of a query.
struct Sought {
    weights: Vec<f32>,
    /// For each word that has any of them, which: one bit each.
    of_word: Vec<u128>,
    /// For each word of the collection its place in `of_word`, from 1; 0 if it has none.
    places: Vec<u32>,
    touched: Vec<u32>,
}

thread_local! {
    // Room for all words is kept from one search to the next, and is all zero between them.
    static ROOM: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

impl Drop for Sought {
    fn drop(&mut self) {
        for word in &self.touched {
            if let Some(place) = self.places.get_mut(*word as usize) {
                *place = 0;
            }
        }
        ROOM.set(std::mem::take(&mut self.places));
    }
}

impl Sought {
    fn of<'a>(grams: &Grams, words: impl Iterator<Item = (&'a str, f32)>) -> Self {
        let mut weights: HashMap<u32, f32> = HashMap::new();
        for (word, weight) in words {
            for number in grams_of(word).filter_map(|gram| grams.numbers.get(&gram)) {
                let held = weights.entry(*number).or_insert(0.0);
                *held = held.max(weight);
            }
        }
        let rarity = |gram: u32| grams.rarities.get(gram as usize).copied().unwrap_or(0.0);
        let mut weights: Vec<(u32, f32)> =
            weights.into_iter().map(|(gram, weight)| (gram, weight * rarity(gram))).collect();
        weights.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        weights.truncate(GRAMS_MAX);
        let mut places = ROOM.take();
        places.resize(grams.vocabulary.len(), 0);
        let mut sought =
            Self { weights: Vec::new(), of_word: Vec::new(), places, touched: Vec::new() };
        for (bit, (gram, weight)) in weights.into_iter().enumerate() {
            sought.weights.push(weight);
            for word in grams.words_of(gram) {
                let Some(place) = sought.places.get_mut(*word as usize) else { continue };
                if *place == 0 {
                    sought.of_word.push(0);
                    sought.touched.push(*word);
                    *place = u32::try_from(sought.of_word.len()).unwrap_or(0);
                }
                if let Some(bits) = sought.of_word.get_mut(*place as usize - 1) {
                    *bits |= 1 << bit;
                }
            }
        }
        sought
    }

    fn score(&self, grams: &Grams, row: u32) -> f32 {
        let mut counts = [0.0_f32; GRAMS_MAX];
        for entry in grams.entries_of(row) {
            let place = self.places.get((entry >> COUNT_BITS) as usize).copied().unwrap_or(0);
            let Some(bits) = (place as usize).checked_sub(1).and_then(|at| self.of_word.get(at))
            else {
                continue;
            };
            let mut bits = *bits;
            while bits != 0 {
                if let Some(count) = counts.get_mut(bits.trailing_zeros() as usize) {
                    *count += (entry & COUNT_MAX) as f32;
                }
                bits &= bits - 1;
            }
        }
        let length = SATURATION * grams.lengths.get(row as usize).copied().unwrap_or(1.0);
        let each = self.weights.iter().zip(counts).filter(|(_, count)| *count > 0.0);
        each.map(|(weight, count)| weight * count / (count + length)).sum()
    }
}

/// The grams of a folded word with its edges; what is no word of letters is one gram, whole.
fn grams_of(word: &str) -> impl Iterator<Item = u64> {
    let chars: Vec<char> = if word.chars().all(char::is_alphabetic) {
        std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')).collect()
    } else {
        Vec::new()
    };
    let hash = |text: &mut dyn Iterator<Item = char>| {
        let mut hasher = DefaultHasher::new();
        text.for_each(|c| hasher.write_u32(u32::from(c)));
        hasher.finish()
    };
    let mut found: Vec<u64> =
        chars.windows(GRAM_CHARS).map(|window| hash(&mut window.iter().copied())).collect();
    if found.is_empty() {
        found.push(hash(&mut word.chars()));
    }
    found.into_iter()
}
