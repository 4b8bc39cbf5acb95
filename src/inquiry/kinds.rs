//! What kind of sentence one of a mail is, by a linear model over its words and letters.
//!
//! Rules that can be read decide what they know (`asks.rs`, `index/lexicon/outcomes.toml`); this
//! speaks where they are silent. Its weights stand in `models/sentence-kinds/weights.tsv`, one
//! feature a line, and `models/README.md` says what they were fitted on.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::inquiry::Channel;

/// What a sentence of a mail is to the one who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It asks what a guide, an agreement or a rule can answer.
    Rule,
    /// It asks what only a case or a system can tell.
    Case,
    /// It asks what cannot be answered before the customer says more.
    Unclear,
    /// It asks what somebody else owns.
    Elsewhere,
    /// It asks for what may not be done.
    Refuse,
    /// It asks nothing.
    Tell,
}

/// All kinds, in the order of the weights.
const KINDS: [Kind; 6] =
    [Kind::Rule, Kind::Case, Kind::Unclear, Kind::Elsewhere, Kind::Refuse, Kind::Tell];
/// Letters of the shortest and longest piece of a word that is a feature.
const PIECE_CHARS: [usize; 2] = [3, 5];
/// What a feature of the sentence's pieces, of what stands before it, and of its channel counts
/// beside one of its words: as in fitting.
const PIECE_SHARE: f32 = 0.5;
const BEFORE_SHARE: f32 = 0.3;
const CHANNEL_SHARE: f32 = 0.5;
/// Words of a sentence that are looked at.
const WORDS_MAX: usize = 80;

type Weights = [f32; KINDS.len()];

struct Model {
    base: Weights,
    weights: HashMap<&'static str, Weights>,
}

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::read(include_str!("../../models/sentence-kinds/weights.tsv")));

impl Model {
    /// Reads lines of a feature and its weights; the feature of the first is `base`.
    fn read(table: &'static str) -> Self {
        let line = |line: &'static str| {
            let mut fields = line.split('\t');
            let feature = fields.next()?;
            let mut weights = [0.0; KINDS.len()];
            for weight in &mut weights {
                *weight = fields.next()?.parse().ok()?;
            }
            Some((feature, weights))
        };
        let mut weights: HashMap<&str, Weights> =
            table.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect();
        Self { base: weights.remove("base").unwrap_or_default(), weights }
    }
}

/// How likely a sentence is of each kind, and the words that said so.
#[derive(Debug, Clone)]
pub struct Likely {
    shares: Weights,
    words: Vec<(String, Weights)>,
}

impl Likely {
    /// How likely it is of one kind, from 0 to 1.
    pub fn of(&self, kind: Kind) -> f32 {
        self.shares.get(place(kind)).copied().unwrap_or_default()
    }

    /// How likely it is of each kind.
    pub fn all(&self) -> impl Iterator<Item = (Kind, f32)> {
        KINDS.into_iter().zip(self.shares)
    }

    /// The likeliest kind.
    pub fn best(&self) -> Kind {
        let best = KINDS.into_iter().max_by(|a, b| self.of(*a).total_cmp(&self.of(*b)));
        best.unwrap_or(Kind::Rule)
    }

    /// The words that speak most for a kind, in the order of the sentence.
    pub fn words_for(&self, kind: Kind, most: usize) -> Vec<&str> {
        let weight = |weights: &Weights| weights.get(place(kind)).copied().unwrap_or_default();
        let mut speaking: Vec<usize> = (0..self.words.len()).collect();
        let of = |at: &usize| self.words.get(*at).map_or(0.0, |(_, weights)| weight(weights));
        speaking.retain(|at| of(at) > 0.0);
        speaking.sort_by(|a, b| of(b).total_cmp(&of(a)));
        speaking.truncate(most);
        speaking.sort_unstable();
        speaking.iter().filter_map(|at| Some(self.words.get(*at)?.0.as_str())).collect()
    }
}

fn place(kind: Kind) -> usize {
    KINDS.iter().position(|one| *one == kind).unwrap_or_default()
}

/// Weighs a sentence, with what stands before it: the subject, or the sentence above.
pub fn weigh(sentence: &str, before: &str, channel: Channel) -> Likely {
    let mut sums = MODEL.base;
    let add = |sums: &mut Weights, feature: &str, share: f32| {
        let found = MODEL.weights.get(feature)?;
        for (sum, weight) in sums.iter_mut().zip(found) {
            *sum += share * weight;
        }
        Some(*found)
    };
    let asking = words(sentence);
    let mut seen: HashSet<String> = HashSet::new();
    let mut spoken = Vec::new();
    for (at, word) in asking.iter().enumerate() {
        let pair = asking.get(at + 1).map(|next| format!("w:{word} {next}"));
        for feature in std::iter::once(format!("w:{word}")).chain(pair) {
            if !seen.insert(feature.clone()) {
                continue;
            }
            if let Some(weights) = add(&mut sums, &feature, 1.0)
                && !feature.contains('?')
            {
                spoken.push((feature.split_at(2).1.to_owned(), weights));
            }
        }
        for piece in pieces(word) {
            if !seen.contains(&piece) {
                add(&mut sums, &piece, PIECE_SHARE);
                seen.insert(piece);
            }
        }
    }
    for word in words(before) {
        let feature = format!("b:{word}");
        if seen.insert(feature.clone()) {
            add(&mut sums, &feature, BEFORE_SHARE);
        }
    }
    let channel = match channel {
        Channel::Mail => "ch:mail",
        Channel::Phone => "ch:telefonnotat",
        Channel::Portal => "ch:serviceportal",
    };
    add(&mut sums, channel, CHANNEL_SHARE);
    Likely { shares: shares(sums), words: spoken }
}

/// Sums as shares of 1.
fn shares(sums: Weights) -> Weights {
    let most = sums.iter().copied().fold(f32::MIN, f32::max);
    let grown = sums.map(|sum| (sum - most).exp());
    let all: f32 = grown.iter().sum();
    grown.map(|one| one / all)
}

/// The words and question marks of a text, in small letters; a placeholder is no word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' {
            word.extend(c.to_lowercase());
            continue;
        }
        if !word.is_empty() && !word.contains('_') {
            words.push(std::mem::take(&mut word));
        }
        word.clear();
        if c == '?' {
            words.push("?".to_owned());
        }
        if words.len() >= WORDS_MAX {
            break;
        }
    }
    words
}

/// The pieces of a word between blanks.
fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = if word == "?" {
        Vec::new()
    } else {
        std::iter::once(' ').chain(word.chars()).chain([' ']).collect()
    };
    let [shortest, longest] = PIECE_CHARS;
    (shortest..=longest)
        .flat_map(|length| letters.windows(length))
        .map(|piece| std::iter::once('c').chain([':']).chain(piece.iter().copied()).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, channel: Channel, expected: Kind) {
        let likely = weigh(sentence, "", channel);
        assert_eq!(likely.best(), expected, "{sentence}: {:?}", likely.shares);
        let sum: f32 = KINDS.into_iter().map(|kind| likely.of(kind)).sum();
        assert!((sum - 1.0).abs() < 1e-4);
    }

    #[test]
    fn the_weights_are_read() {
        assert!(MODEL.weights.len() > 10_000 && MODEL.base.iter().any(|weight| weight.abs() > 0.0));
        assert!(MODEL.weights.values().flatten().all(|weight| weight.is_finite()));
    }

    #[test]
    fn kinds_of_sentences_are_told_apart() {
        check("Hvornår skal vi senest indberette overarbejde?", Channel::Mail, Kind::Rule);
        check("Er vores bestilling fra i mandags gået igennem?", Channel::Mail, Kind::Case);
        check("Kan vi opsige hende, når hun er syg?", Channel::Mail, Kind::Elsewhere);
        check("Send mig alle medarbejdernes cpr-numre på mail", Channel::Mail, Kind::Refuse);
        check("Tak for hjælpen i sidste uge.", Channel::Mail, Kind::Tell);
        check("Vi mangler at høre, hvem der godkender timerne", Channel::Phone, Kind::Rule);
    }

    #[test]
    fn the_words_that_speak_are_named_in_their_order() {
        let likely = weigh("Er vores bestilling gået igennem?", "", Channel::Mail);
        let words = likely.words_for(Kind::Case, 3);
        assert!(!words.is_empty() && words.len() <= 3);
        assert!(likely.words_for(Kind::Case, 0).is_empty());
    }

    #[test]
    fn a_text_without_words_is_weighed_too() {
        for text in ["", "?!", "[[PERSON_1_ABCD]]", "🙂 \u{200b}"] {
            let likely = weigh(text, text, Channel::Portal);
            assert!(KINDS.into_iter().all(|kind| likely.of(kind).is_finite()), "{text}");
        }
        assert_eq!(words("Hej [[PERSON_1_ABCD]], går det?"), ["hej", "går", "det", "?"]);
        assert_eq!(pieces("øl"), ["c: øl", "c:øl ", "c: øl "]);
        assert!(pieces("?").is_empty());
    }
}
