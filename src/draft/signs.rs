//! What speaks for a sentence as the answer to a question, as numbers.

use crate::draft::forms::{Wanted, form_share, is_scrap, quotable, suits, wanted};
use crate::language::Stems;
use crate::retrieval::{Evidence, Hit, ReadSentence, Weighted};
use crate::sources::Kind;

/// Hits from which sentences are picked, where meaning takes part.
pub(crate) const HITS_MAX: usize = 10;

/// The names of the signs, in their order; [`Signs`] says what they are.
pub const SIGNS: [&str; 30] = [
    "own",
    "cover",
    "head",
    "with_head",
    "whole",
    "hit",
    "hit_alone",
    "words",
    "letters",
    "passage_cover",
    "similarity",
    "passage_near",
    "near",
    "relative",
    "suits",
    "form",
    "drejebog",
    "sag",
    "standardsvar",
    "guide",
    "rank",
    "key",
    "key_passage",
    "short",
    "first",
    "unknown",
    "subject",
    "passage_relative",
    "others_hit",
    "others_relative",
];

/// What speaks for one sentence.
///
/// `own`, `cover`: the share of the question's words, and of those with their context, that it
/// holds; `head`: that title and headings hold; `with_head`: it and they together; `whole`: the
/// passage; `hit`: the passage's score beside the best, `hit_alone`: as it is; `words`, `letters`,
/// `passage_cover`, `similarity`: what that score is made of; `passage_near`: how near the passage's
/// nearest sentence is in meaning, `near`: the sentence, `relative`: beside the nearest of all;
/// `suits`: its form is that of the wanted kind of answer; `form`: it is a whole sentence;
/// `drejebog` to `guide`: the kind of source; `rank`: 1 for the best passage, 1/2 for the next;
/// `key`, `key_passage`: how much of the question's rarest word it and its passage hold; `short`:
/// fewer than eight words; `first`: the passage opens with it; `unknown`: the share of the
/// question's words that no source holds; `subject`: the share of the words around the question;
/// `passage_relative`: `passage_near` beside the nearest of all; `others_hit`, `others_relative`: what
/// `hit` and `passage_relative` of the other passages are in the mean: what stands out among them is
/// likelier to answer than one of many alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signs(pub [f32; SIGNS.len()]);

/// A sentence that might answer a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The passage.
    pub passage: String,
    /// The document.
    pub document: String,
    /// The heading that it stands under.
    pub heading: String,
    /// The passage's text.
    pub text: String,
    /// The sentence.
    pub sentence: String,
    /// What speaks for it.
    pub signs: Signs,
}

/// What is the same for all sentences of one question.
pub(crate) struct Asked<'a> {
    wanted: Wanted,
    terms: &'a [Weighted],
    around: Vec<Weighted>,
    key: Option<Weighted>,
    unknown: f32,
    top: f32,
    nearest: f32,
    /// How many passages may be quoted, and the sums of their scores and nearnesses.
    quotable: (f32, f32, f32),
}

impl<'a> Asked<'a> {
    pub(crate) fn of(question: &'a str, terms: &'a [Weighted], hits: &[Hit]) -> Self {
        let asked = || terms.iter().filter(|term| term.asked);
        let total: f32 = asked().map(|term| term.idf).sum();
        let missing: f32 = asked().filter(|term| term.unknown).map(|term| term.idf).sum();
        let key = asked().max_by(|a, b| a.idf.total_cmp(&b.idf)).cloned();
        Self {
            wanted: wanted(question),
            terms,
            around: terms.iter().filter(|term| !term.asked).cloned().collect(),
            key,
            unknown: if total > 0.0 { missing / total } else { 0.0 },
            top: hits.first().map_or(1.0, |hit| hit.score).max(f32::MIN_POSITIVE),
            nearest: hits.iter().map(Hit::nearest).fold(f32::MIN_POSITIVE, f32::max),
            quotable: hits.iter().filter(|hit| quotable(hit)).fold((0.0, 0.0, 0.0), |sum, hit| {
                (sum.0 + 1.0, sum.1 + hit.score, sum.2 + hit.nearest())
            }),
        }
    }

    /// The mean score and nearness of the passages beside this one, beside the best of all.
    fn others(&self, hit: &Hit) -> (f32, f32) {
        let (count, scores, near) = self.quotable;
        let others = (count - 1.0).max(1.0);
        let mean = |sum: f32, own: f32, best: f32| (sum - own) / others / best;
        (mean(scores, hit.score, self.top), mean(near, hit.nearest(), self.nearest))
    }

    /// How near the nearest sentence of all is.
    pub(crate) fn nearest(&self) -> f32 {
        self.nearest
    }
}

/// What speaks for the sentences of one passage alike.
pub(crate) struct OfPassage {
    head: Stems,
    heading: f32,
    whole: f32,
    key: f32,
    around: f32,
    others: (f32, f32),
}

impl OfPassage {
    pub(crate) fn of(asked: &Asked<'_>, hit: &Hit) -> Self {
        let head = Stems::of(&format!("{}\n{}", hit.title, hit.heading));
        let all = Stems::of_all(hit.sentences.iter().map(|sentence| sentence.stems(&hit.text)));
        let holds = |stems: &Stems| asked.key.as_ref().map_or(1.0, |key| stems.holds(key));
        Self {
            heading: head.coverage(asked.terms),
            whole: all.answers(asked.terms, &head),
            key: holds(&all).max(holds(&head)),
            around: all.coverage(&asked.around).max(head.coverage(&asked.around)),
            others: asked.others(hit),
            head,
        }
    }
}

impl Signs {
    /// How much of the question it covers with its headings, and its passage covers.
    pub(crate) fn strength(&self) -> f32 {
        let [_, _, _, with_head, whole, ..] = self.0;
        0.5 * with_head + 0.5 * whole
    }

    /// The signs of a sentence of the hit at this place.
    pub(crate) fn of(
        asked: &Asked<'_>,
        (at, hit): (usize, &Hit),
        passage: &OfPassage,
        (place, sentence): (usize, &ReadSentence),
    ) -> Self {
        let (text, stems) = (sentence.text(&hit.text), sentence.stems(&hit.text));
        let flag = |is: bool| if is { 1.0 } else { 0.0 };
        let near = hit.nearness.get(place).copied().unwrap_or_default();
        let explained = &hit.explanation;
        let kind = hit.kind;
        let special = matches!(kind, Kind::Drejebog | Kind::Sag | Kind::Standardsvar);
        Self([
            stems.answers(asked.terms, &Stems::default()),
            stems.coverage(asked.terms),
            passage.heading,
            stems.answers(asked.terms, &passage.head),
            passage.whole,
            hit.score / asked.top,
            hit.score,
            explained.word_score,
            explained.letter_score,
            explained.coverage,
            explained.similarity.unwrap_or_default(),
            hit.nearest(),
            near,
            near / asked.nearest,
            flag(suits(asked.wanted, text)),
            form_share(text),
            flag(kind == Kind::Drejebog),
            flag(kind == Kind::Sag),
            flag(kind == Kind::Standardsvar),
            flag(!special),
            1.0 / (at + 1) as f32,
            asked.key.as_ref().map_or(1.0, |key| stems.holds(key)),
            passage.key,
            flag(text.split_whitespace().count() < 8),
            flag(place == 0),
            asked.unknown,
            passage.around,
            hit.nearest() / asked.nearest,
            passage.others.0,
            passage.others.1,
        ])
    }
}

/// Every sentence that might answer a question, with what speaks for it.
pub(crate) fn candidates_of(question: &str, evidence: &Evidence) -> Vec<Candidate> {
    let Evidence { hits, terms, .. } = evidence;
    let asked = Asked::of(question, terms, hits.get(..HITS_MAX).unwrap_or(hits));
    let mut found = Vec::new();
    for (at, hit) in hits.iter().enumerate().take(HITS_MAX).filter(|(_, hit)| quotable(hit)) {
        let passage = OfPassage::of(&asked, hit);
        for (place, sentence) in hit.sentences.iter().enumerate() {
            let text = sentence.text(&hit.text);
            if is_scrap(text) {
                continue;
            }
            found.push(Candidate {
                passage: hit.passage_id.to_string(),
                document: hit.document.clone(),
                heading: hit.heading.clone(),
                text: hit.text.clone(),
                sentence: text.to_owned(),
                signs: Signs::of(&asked, (at, hit), &passage, (place, sentence)),
            });
        }
    }
    found
}
