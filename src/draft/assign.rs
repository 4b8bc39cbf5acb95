//! Which passages and sentences answer which question of a mail, decided for all of them together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::draft::forms::routes;
use crate::draft::select::{Pick, Room, Selection, pick_text, ranked, repeats, select};
use crate::language::content_stems;
use crate::retrieval::Evidence;
use crate::sources::Kind;

/// What a document's best passage for another question of the same mail adds to a score: fitted
/// on the gold set's `dev` part, 2026-11-28.
const SHARED_SHARE: f32 = 0.25;
/// What the nearness of a passage's nearest sentence adds to its score: fitted with it.
const NEAR_SHARE: f32 = 0.4;
/// Rounds in which sentences are given to the questions that they fit best.
const DEALS_MAX: usize = 4;

/// What was found for a question.
pub(crate) struct Found {
    /// The words that were searched for.
    pub(crate) text: String,
    /// The passages that bear on it.
    pub(crate) evidence: Evidence,
    /// The sentences that answer it.
    pub(crate) selection: Selection,
    /// Whether a source answers it, or only stands beside a fixed phrase.
    pub(crate) place: Place,
    /// How much may answer it.
    pub(crate) room: Room,
    /// Whether it stands beside words that instruct the program: what it is about says nothing of
    /// the other questions.
    pub(crate) alone: bool,
}

impl Found {
    /// Picks among the sentences that might answer.
    fn select(&self, ranked: &[Pick], barred: &HashSet<String>, room: Room) -> Selection {
        select((&self.text, &self.evidence.hits), ranked, barred, room)
    }
}

/// What sentences are to a question, the less first.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Place {
    /// They may stand beside a fixed phrase, and never take a sentence from an answer.
    Beside,
    /// They answer.
    Answer,
}

/// How well a sentence fits a question: what sentences are to it, and whether this one speaks of
/// it, and how well.
type Fit = (Place, (bool, f32));

/// Picks the sentences of all questions, by their numbers.
pub(crate) fn assign(found: &mut BTreeMap<usize, Found>) {
    lift_near(found);
    lift_shared(found);
    let weigh = |one: &Found| ranked(&one.text, &one.evidence.terms, &one.evidence.hits);
    let ranked = found.iter().map(|(n, one)| (*n, weigh(one))).collect();
    deal_out(found, &ranked);
    give_back(found, &ranked);
}

/// The sentences that might answer each question, best first, by the questions' numbers.
type Ranked = BTreeMap<usize, Vec<Pick>>;

/// Lifts the passages that hold a sentence near to the question.
fn lift_near(found: &mut BTreeMap<usize, Found>) {
    for hit in found.values_mut().flat_map(|one| &mut one.evidence.hits) {
        hit.score += NEAR_SHARE * hit.nearest();
    }
}

/// Lifts the passages of documents that also bear on the other questions of the mail: what a mail
/// is about, its questions say together.
fn lift_shared(found: &mut BTreeMap<usize, Found>) {
    let mut best: BTreeMap<String, BTreeMap<usize, f32>> = BTreeMap::new();
    for (n, one) in found.iter().filter(|(_, one)| !one.alone) {
        for hit in &one.evidence.hits {
            let score = best.entry(hit.document.clone()).or_default().entry(*n).or_default();
            *score = score.max(hit.score);
        }
    }
    for (n, one) in found.iter_mut() {
        for hit in &mut one.evidence.hits {
            let scores = best.get(&hit.document);
            let others = scores.into_iter().flatten().filter(|(other, _)| *other != n);
            let most = others.map(|(_, score)| *score).fold(0.0, f32::max);
            hit.score += SHARED_SHARE * most;
        }
        one.evidence.hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
}

/// Picks sentences for each question; one that answers several is given to the question that it
/// fits best, and the others pick anew.
fn deal_out(found: &mut BTreeMap<usize, Found>, ranked: &Ranked) {
    let mut barred: BTreeMap<usize, HashSet<String>> = BTreeMap::new();
    for _ in 0..DEALS_MAX {
        for ((n, one), ranked) in found.iter_mut().zip(ranked.values()) {
            let barred = barred.entry(*n).or_default();
            one.selection = one.select(ranked, barred, one.room);
        }
        let losers = losers(found);
        if losers.is_empty() {
            return;
        }
        for (n, text) in losers {
            barred.entry(n).or_default().insert(text);
        }
    }
    // Whatever is still picked twice stands where it fits best, and nowhere else.
    let losers = losers(found);
    for (n, one) in found.iter_mut() {
        let hits = &one.evidence.hits;
        let lost = |text: &str| losers.contains(&(*n, text.to_owned()));
        one.selection.picks.retain(|pick| !lost(pick_text(hits, pick)));
    }
}

/// A question that has lost all that answers it gets its best sentence back from one that does not
/// open with it: a letter must not say that nothing was found of what stands two paragraphs above.
fn give_back(found: &mut BTreeMap<usize, Found>, ranked: &Ranked) {
    let emptied: Vec<usize> = found
        .iter()
        .filter(|(_, one)| one.place == Place::Answer && one.selection.picks.is_empty())
        .map(|(n, _)| *n)
        .collect();
    for n in emptied {
        let Some((one, ranked)) = found.get(&n).zip(ranked.get(&n)) else { continue };
        let hits = &one.evidence.hits;
        let alone = one.select(ranked, &HashSet::new(), Room::of(1));
        let Some(text) = alone.picks.first().map(|pick| pick_text(hits, pick).to_owned()) else {
            continue;
        };
        let place = |one: &Found| {
            let mut picks = one.selection.picks.iter();
            picks.position(|pick| pick_text(&one.evidence.hits, pick) == text)
        };
        let owner = found.values_mut().find_map(|one| Some((place(one)?, one)));
        if let Some((at, owner)) = owner.filter(|(at, _)| *at > 0) {
            owner.selection.picks.remove(at);
            found.entry(n).and_modify(|one| one.selection = alone);
        }
    }
}

/// Leaves out what another answer says too, and in no fewer words: what only fills its paragraph
/// first, then what comes later. What opens a paragraph stays, and so does what a drejebog says.
pub(crate) fn say_once(found: &mut BTreeMap<usize, Found>) {
    let mut said: Vec<Said> = Vec::new();
    for (n, one) in &*found {
        // What stands beside a fixed phrase, or gives way to another owner, may not be printed.
        let answers = one.place == Place::Answer && !routes(&one.evidence.hits);
        for (at, pick) in one.selection.picks.iter().enumerate() {
            let stems = content_stems(pick_text(&one.evidence.hits, pick)).into_iter().collect();
            let own = one.evidence.hits.get(pick.hit).map(|hit| hit.kind) == Some(Kind::Drejebog);
            let (stays, speaks) = (at == 0 || own, pick.fit().0);
            said.push(Said { question: *n, stems, answers, stays, speaks });
        }
    }
    let mut goes = vec![false; said.len()];
    for speaks in [false, true] {
        for (at, own) in said.iter().enumerate() {
            if !own.answers || own.stays || own.speaks != speaks {
                continue;
            }
            let counts = |(other, one): &(usize, &Said)| {
                let first = one.stays || *other < at || one.speaks && !own.speaks;
                let gone = goes.get(*other).is_some_and(|gone| *gone);
                one.question != own.question && one.answers && !gone && first
            };
            let mut others = said.iter().enumerate().filter(counts);
            let again = others.any(|(_, one)| repeats(&own.stems, &one.stems));
            if let Some(gone) = goes.get_mut(at) {
                *gone = again;
            }
        }
    }
    let mut goes = goes.into_iter();
    for one in found.values_mut() {
        one.selection.picks.retain(|_| !goes.next().unwrap_or_default());
    }
}

/// A picked sentence.
struct Said {
    question: usize,
    stems: HashSet<String>,
    /// Whether it is part of an answer.
    answers: bool,
    /// Whether it stands there whatever the others say.
    stays: bool,
    /// Whether it speaks of its question, or only fills the paragraph.
    speaks: bool,
}

/// The sentences that two questions have picked, each with the question that it fits less.
fn losers(found: &BTreeMap<usize, Found>) -> BTreeSet<(usize, String)> {
    let mut owners: BTreeMap<&str, (Fit, usize)> = BTreeMap::new();
    let mut losers = BTreeSet::new();
    for (n, one) in found {
        for pick in &one.selection.picks {
            let (text, fit) = (pick_text(&one.evidence.hits, pick), (one.place, pick.fit()));
            match owners.get_mut(text) {
                Some((best, owner)) if fit > *best => {
                    losers.insert((*owner, text.to_owned()));
                    (*best, *owner) = (fit, *n);
                }
                Some(_) => {
                    losers.insert((*n, text.to_owned()));
                }
                None => {
                    owners.insert(text, (fit, *n));
                }
            }
        }
    }
    losers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::{Hit, Weighted};

    const ORDERED: &str = "Aconto bestilles på en blanket.";
    const RECEIPT: &str = "Kvitteringen ligger i indbakken.";

    /// What was found for a question whose guide says these sentences, so near to it.
    fn asked(sentences: &[(&str, f32)]) -> Found {
        let hits = vec![Hit::made("guide", sentences)];
        let terms = vec![Weighted::asked("aconto")];
        Found {
            text: "Hvad med aconto?".to_owned(),
            evidence: Evidence { hits, terms, ..Evidence::default() },
            selection: Selection::default(),
            place: Place::Answer,
            room: Room::shared(0),
            alone: false,
        }
    }

    #[track_caller]
    fn check(questions: [&[(&str, f32)]; 2], expected: [&[&str]; 2]) {
        let mut found: BTreeMap<usize, Found> = (1..).zip(questions.map(asked)).collect();
        assign(&mut found);
        let texts = found.values().map(|one| {
            let picks = one.selection.picks.iter();
            picks.map(|pick| pick_text(&one.evidence.hits, pick)).collect::<Vec<_>>()
        });
        assert_eq!(texts.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_question_without_anything_left_gets_its_sentence_back() {
        check([&[(ORDERED, 0.9), (RECEIPT, 0.8)], &[(RECEIPT, 0.6)]], [&[ORDERED], &[RECEIPT]]);
        // A paragraph keeps what it opens with.
        check([&[(RECEIPT, 0.9)], &[(RECEIPT, 0.6)]], [&[RECEIPT], &[]]);
    }

    #[test]
    fn what_another_answer_says_too_goes() {
        let kept = |second: &[(&str, f32)], place: Place| {
            let first = [(ORDERED, 0.9), (RECEIPT, 0.8)];
            let mut found: BTreeMap<usize, Found> =
                (1..).zip([&first, second].map(asked)).collect();
            found.entry(1).and_modify(|one| one.place = place);
            assign(&mut found);
            say_once(&mut found);
            let one = &found[&2];
            let picks = one.selection.picks.iter();
            picks.map(|pick| pick_text(&one.evidence.hits, pick).to_owned()).collect::<Vec<_>>()
        };
        let free = "Aconto koster ikke noget ekstra.";
        let (again, sent) = ("Aconto bestilles på en blanket altid.", Place::Answer);
        let again_less: &[(&str, f32)] = &[(free, 0.9), ("Aconto bestilles på blanket.", 0.8)];
        assert_eq!(kept(again_less, sent), [free]);
        // What is not part of an answer may never be printed.
        assert_eq!(kept(again_less, Place::Beside).len(), 2);
        // What opens its paragraph stays.
        assert_eq!(kept(&[(again, 0.9)], sent), [again]);
    }
}
