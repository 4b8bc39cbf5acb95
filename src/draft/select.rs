//! The sentences that answer a question, picked from the evidence.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::draft::demand::{Demand, demand, is_of_year};
use crate::draft::forms::{is_fragment, is_scrap, quotable};
use crate::draft::leaves::leaves_to_drejebog;
use crate::draft::odds::{answering, belonging};
use crate::draft::signs::{Asked, HITS_MAX, OfPassage, Signs};
use crate::language::{content_stems, quick_wording, stem};
use crate::retrieval::{Hit, Weighted};
use crate::sources::Kind;

/// Hits from which sentences are picked where only words are searched.
const HITS_WORDS_MAX: usize = 8;
/// Sentences of one answer that were picked for what they say of the question.
const SPEAKING_MAX: usize = 4;
/// Sentences of one answer, with those that fill it.
const SENTENCES_MAX: usize = 8;
/// Words that answer one question, beyond which no sentence is added.
const WORDS_MAX: usize = 88;
/// What questions of one sentence have together, beside the room of a single one: so, 95 of 100
/// answers of the gold set keep within 90 words (2026-11-30).
const TOGETHER_SHARE: f32 = 1.05;
/// How near to the best sentence another must come for its figure to answer in its place.
const FIGURE_SHARE: f32 = 0.8;
/// How clear the own drejebog's rule must be beside the best sentence of all to open the paragraph,
/// and how likely its passage answers. Set on the gold set's `dev` part, 2026-11-30 (decision 0038).
const OWN_RULE_SHARE: f32 = 0.85;
const OWN_PROBABILITY_MIN: f32 = 0.5;
/// The first of these where only words are searched. Set on the gold set's `dev` part, 2026-11-22.
const OWN_RULE_WORDS_SHARE: f32 = 0.8;
/// The same for a question that asks what was agreed.
/// Set on the gold set's `dev` part, 2026-11-28.
const OWN_ASKED_SHARE: f32 = 0.6;
/// The strength that the best evidence must have to answer, where meaning takes part.
/// Set on the gold set's `dev` part and two blind sets, 2026-11-28 (docs/measurements.md).
const STRENGTH_MIN: f32 = 0.12;
/// The same where only words are searched. Set on the gold set's `dev` part, 2026-11-28.
const STRENGTH_WORDS_MIN: f32 = 0.21;
/// The strength that the best evidence must have for its passages to be quoted on. Set on the gold
/// set's `dev` part, `wordings`, `control` and `fresh`, 2026-11-30 (decision 0033).
const FILL_STRENGTH_MIN: f32 = 0.25;
/// How near the best sentence must be to answer whatever its words are: set on the gold set's `dev`
/// part, `wordings`, `control` and `fresh` for the model of 2026-11-30 (docs/measurements.md).
const NEAR_MIN: f32 = 0.3;
/// Where only words are searched: what a sentence's own words weigh in its score. This and the next
/// three were fitted on the gold set's `dev` part and `wordings`, 2026-11-28.
const OWN_SHARE: f32 = 0.55;
/// What the words of title and headings weigh.
const HEAD_SHARE: f32 = 0.15;
/// What the rank of the passage weighs.
const HIT_SHARE: f32 = 0.35;
/// What a sentence gains whose form suits the kind of answer that is wanted.
const SUITS_SHARE: f32 = 0.18;
/// A sentence that shares no word with the question is looked at when it is this near beside the
/// nearest of all. Set on the gold set's `dev` part, `wordings`, `control` and `fresh`, 2026-11-30
/// (decision 0033).
const NEAR_ALONE_MIN: f32 = 0.3;
/// How likely another passage must answer for a sentence of it to stand beside the best one, and how
/// good that sentence must be beside it. Set on the gold set, `wordings`, `control`, `fresh` and `whole`,
/// 2026-11-30 (decision 0038).
const FURTHER_PROBABILITY_MIN: f32 = 0.47;
const FURTHER_SHARE: f32 = 0.5;
/// How near a further sentence must be beside the best: in the same passage, and elsewhere.
const FURTHER_NEAR_SHARES: [f32; 2] = [0.3, 0.6];
/// Where only words are searched, a further sentence must be this good beside the best: in the same
/// passage, in the same document, and elsewhere. The farther away, the likelier it is about something
/// else. Set on the gold set's `dev` part, 2026-11-28.
const FURTHER_SHARES: [f32; 3] = [0.3, 0.8, 0.97];
/// A sentence says something new when less than this share of its words stands in another one.
const NEW_SHARE: f32 = 0.7;
/// Words that turn what a sentence says, or limit it.
const TURNS: [&str; 10] =
    ["ikke", "ingen", "intet", "aldrig", "kun", "medmindre", "undtagen", "uden", "før", "efter"];
/// What a sentence of a past case counts: it speaks of that case first.
const CASE_SHARE: f32 = 0.75;
/// A sentence of a hit that was picked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pick {
    /// Which hit.
    pub(crate) hit: usize,
    /// Where in its text.
    pub(crate) range: Range<usize>,
    /// How much of the question it covers with its headings, and its passage covers.
    strength: f32,
    /// How near its sentence is to the question in meaning, where that is known.
    near: Option<f32>,
    score: f32,
    /// How likely its passage answers, where meaning takes part.
    answers: Option<f32>,
    words: usize,
    /// Whether it only fills a paragraph that quotes its passage.
    fills: bool,
}

/// How much may answer one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Sentences that are picked for what they say of the question.
    speaking: usize,
    /// Sentences in all.
    sentences: usize,
    /// Words of them.
    words: usize,
}

impl Room {
    /// The room of a question that shares its sentence of the mail with so many others.
    pub(crate) fn shared(others: usize) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some words")]
        let together = (WORDS_MAX as f32 * TOGETHER_SHARE) as usize;
        let words = if others == 0 { WORDS_MAX } else { together / (others + 1) };
        Self { speaking: SPEAKING_MAX, sentences: SENTENCES_MAX, words }
    }

    /// The room of so many sentences, and none that fill it.
    pub(crate) fn of(sentences: usize) -> Self {
        Self { speaking: sentences, sentences, words: WORDS_MAX }
    }
}

impl Pick {
    /// How well it fits its question beside other questions of the mail: what only fills a
    /// paragraph gives way.
    pub(crate) fn fit(&self) -> (bool, f32) {
        (!self.fills, self.score)
    }

    /// How well it answers, comparable between the questions of a mail.
    pub(crate) fn score(&self) -> f32 {
        self.score
    }
}

/// Words by which a question asks for what was agreed with the asker: "er det os eller jer".
static ASKS_OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    quick_wording(r"\b(hos (os|dem)|(os|dem)( selv)?,? (eller|ell\.?) (jer|sam)|jer,? (eller|ell\.?) (os|dem)|vi eller (i|sam)|(i|sam) eller (vi|os)|er det (os|jer|sam)|hvem af os|(for|hos) (os|dem)\W*$|gør (i|vi) (det|selv)|vores (egen |egne )?(drejebog|aftale|grænse|maksgrænse)|drejebog\w*|aftalt med (jer|os|sam)|står for)\b").ok()
});

/// What a search for an answer came to.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// The sentences that answer, the best one first; none if the evidence is too thin.
    pub(crate) picks: Vec<Pick>,
    /// How strong the best evidence was, from 0 to 1.
    pub(crate) strength: f32,
}

impl Selection {
    /// Lets a sentence of a hit open the paragraph, and leaves out those of the others that it
    /// takes the place of, and those for which there is no room any more.
    pub(crate) fn open_with(
        &mut self,
        hits: &[Hit],
        (hit, range): (usize, Range<usize>),
        room: Room,
        replaced: &dyn Fn(&Hit, &str) -> bool,
    ) {
        let text = hits.get(hit).and_then(|hit| hit.text.get(range.clone())).unwrap_or_default();
        let mut words = text.split_whitespace().count();
        let score = self.picks.first().map_or(0.0, Pick::score);
        let opening = Pick {
            hit,
            range,
            strength: self.strength,
            near: None,
            answers: None,
            score,
            words,
            fills: false,
        };
        let mut kept = vec![opening];
        for pick in std::mem::take(&mut self.picks) {
            let fits = kept.len() < room.sentences && words + pick.words <= room.words;
            let opens = kept
                .first()
                .is_some_and(|first| (first.hit, &first.range) == (pick.hit, &pick.range));
            let gone = hits.get(pick.hit).is_some_and(|hit| replaced(hit, pick_text(hits, &pick)));
            if fits && !opens && !gone {
                words += pick.words;
                kept.push(pick);
            }
        }
        self.picks = kept;
    }
}

/// The sentences of the hits that might answer a question, best first.
pub(crate) fn ranked(question: &str, terms: &[Weighted], hits: &[Hit]) -> Vec<Pick> {
    let mut candidates = candidates(question, terms, hits);
    candidates.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.hit.cmp(&b.hit))
            .then_with(|| a.range.start.cmp(&b.range.start))
    });
    candidates
}

/// The sentences that answer a question, of those that [`ranked`] gives, as far as there is room;
/// none of `used` is picked again.
pub(crate) fn select(
    (question, hits): (&str, &[Hit]),
    ranked: &[Pick],
    used: &HashSet<String>,
    room: Room,
) -> Selection {
    let unused = |pick: &&Pick| !used.contains(pick_text(hits, pick));
    let mut candidates: Vec<Pick> = ranked.iter().filter(unused).cloned().collect();
    let Some(best) = candidates.first() else { return Selection::default() };
    let owned = candidates.iter().any(|pick| is_own(hits, pick));
    let share = if owned && ASKS_OWN.as_ref().is_some_and(|own| own.is_match(question)) {
        OWN_ASKED_SHARE
    } else if best.near.is_some() {
        OWN_RULE_SHARE
    } else {
        OWN_RULE_WORDS_SHARE
    };
    let best = own_rule(&candidates, hits, best, share).clone();
    let strength = best.strength;
    if !is_enough(&best) {
        return Selection { picks: Vec::new(), strength };
    }
    // What holds without an agreement contradicts the agreement that was just quoted.
    let general = |pick: &Pick| {
        is_own(hits, &best) && !is_own(hits, pick) && leaves_to_drejebog(pick_text(hits, pick))
    };
    candidates.retain(|pick| !general(pick));
    let mut near = candidates
        .iter()
        .filter(|pick| pick.hit == best.hit || pick.score >= best.score * FIGURE_SHARE);
    let meets = |demand: &Demand, text: &str| demand.is_met(text) && is_of_year(question, text);
    if demand(question)
        .is_some_and(|demand| !near.any(|pick| meets(&demand, pick_text(hits, pick))))
    {
        return Selection { picks: Vec::new(), strength: strength.min(STRENGTH_WORDS_MIN) };
    }
    let mut paragraph = Growing::opened(hits, room, &best);
    for candidate in &candidates {
        let follows = candidate.hit == best.hit && is_condition(hits, candidate);
        if paragraph.len() < room.speaking && (follows || is_further(hits, &best, candidate)) {
            paragraph.take(candidate);
        }
    }
    // Where there is room left, the passages that are cited already are quoted on.
    let may_fill =
        |pick: &&Pick| strength >= FILL_STRENGTH_MIN && !is_fragment(pick_text(hits, pick));
    for candidate in candidates.iter().filter(may_fill) {
        if paragraph.len() < room.sentences && paragraph.cites(candidate.hit) {
            paragraph.take(&Pick { fills: true, ..candidate.clone() });
        }
    }
    Selection { picks: paragraph.in_order(), strength }
}

/// A paragraph as it grows.
struct Growing<'a> {
    hits: &'a [Hit],
    room: Room,
    /// The best one first.
    picks: Vec<Pick>,
    said: Vec<HashSet<String>>,
    words: usize,
}

impl<'a> Growing<'a> {
    fn opened(hits: &'a [Hit], room: Room, best: &Pick) -> Self {
        let said = vec![stems_of(hits, best)];
        Self { hits, room, picks: vec![best.clone()], said, words: best.words }
    }

    fn len(&self) -> usize {
        self.picks.len()
    }

    /// Whether a sentence of the passage stands there.
    fn cites(&self, hit: usize) -> bool {
        self.picks.iter().any(|pick| pick.hit == hit)
    }

    /// Takes a sentence in, if there is room for it and it says something new.
    fn take(&mut self, pick: &Pick) {
        let same = |held: &Pick| (held.hit, &held.range) == (pick.hit, &pick.range);
        if self.words + pick.words > self.room.words || self.picks.iter().any(same) {
            return;
        }
        let stems = stems_of(self.hits, pick);
        if is_new(&self.said, &stems) {
            self.words += pick.words;
            self.picks.push(pick.clone());
            self.said.push(stems);
        }
    }

    /// The best sentence opens the paragraph; the others follow in reading order.
    fn in_order(mut self) -> Vec<Pick> {
        if let Some((best, rest)) = self.picks.split_first_mut() {
            rest.sort_by_key(|pick| (pick.hit != best.hit, pick.hit, pick.range.start));
        }
        self.picks
    }
}

/// Whether the best sentence is evidence enough to answer: by its words, or by its meaning.
fn is_enough(best: &Pick) -> bool {
    match best.near {
        // Where nothing is known of the meaning, the words must be clearer.
        None => best.strength >= STRENGTH_WORDS_MIN,
        Some(near) => best.strength >= STRENGTH_MIN || near >= NEAR_MIN,
    }
}

/// The own drejebog's best sentence where it speaks of the matter about as clearly as the best one.
fn own_rule<'a>(candidates: &'a [Pick], hits: &[Hit], best: &'a Pick, share: f32) -> &'a Pick {
    let own = candidates.iter().find(|pick| is_own(hits, pick));
    let clear = |own: &&Pick| {
        own.strength >= STRENGTH_MIN
            && own.strength >= best.strength * share
            && own.score >= best.score * share
            && own.answers.is_none_or(|it| it >= OWN_PROBABILITY_MIN)
    };
    own.filter(clear).unwrap_or(best)
}

fn is_own(hits: &[Hit], pick: &Pick) -> bool {
    hits.get(pick.hit).is_some_and(|hit| hit.kind == Kind::Drejebog)
}

/// The sentence that was picked.
pub(crate) fn pick_text<'a>(hits: &'a [Hit], pick: &Pick) -> &'a str {
    hits.get(pick.hit).and_then(|hit| hit.text.get(pick.range.clone())).unwrap_or_default()
}

/// Whether a sentence is good enough beside the best one to stand with it.
fn is_further(hits: &[Hit], best: &Pick, other: &Pick) -> bool {
    let document = |pick: &Pick| hits.get(pick.hit).map(|hit| &hit.document);
    let near = best.near.zip(other.near);
    let is_near = |share: f32| near.is_none_or(|(best, other)| other >= best * share);
    let [passage, same, elsewhere] = FURTHER_SHARES;
    let [near_in_passage, near_elsewhere] = FURTHER_NEAR_SHARES;
    if best.hit == other.hit {
        other.score >= best.score * passage && is_near(near_in_passage)
    } else if let Some(answers) = other.answers {
        answers >= FURTHER_PROBABILITY_MIN
            && other.score >= best.score * FURTHER_SHARE
            && is_near(near_elsewhere)
    } else if document(best) == document(other) {
        other.score >= best.score * same
    } else {
        other.score >= best.score * elsewhere
    }
}

fn candidates(question: &str, terms: &[Weighted], hits: &[Hit]) -> Vec<Pick> {
    let meant = hits.iter().any(|hit| !hit.nearness.is_empty());
    let hits = hits.get(..if meant { HITS_MAX } else { HITS_WORDS_MAX }).unwrap_or(hits);
    let asked = Asked::of(question, terms, hits);
    let mut found = Vec::new();
    for (at, hit) in hits.iter().enumerate().filter(|(_, hit)| quotable(hit)) {
        let passage = OfPassage::of(&asked, hit);
        for (place, sentence) in hit.sentences.iter().enumerate() {
            let (text, stems) = (sentence.text(&hit.text), sentence.stems(&hit.text));
            // First what is quick to ask: most sentences say nothing on the question.
            let near = hit.nearness.get(place).copied();
            let relative = near.map_or(0.0, |near| near / asked.nearest());
            let silent = relative < NEAR_ALONE_MIN && stems.coverage(terms) <= 0.0;
            if silent || is_scrap(text) {
                continue;
            }
            let signs = Signs::of(&asked, (at, hit), &passage, (place, sentence));
            let score = if near.is_some() { belonging(&signs) } else { by_words(&signs) };
            found.push(Pick {
                hit: at,
                range: sentence.range.clone(),
                strength: signs.strength(),
                near,
                answers: near.map(|_| answering(&signs)),
                score: score * share_of(hit.kind),
                words: text.split_whitespace().count(),
                fills: false,
            });
        }
    }
    found
}

/// The score of a sentence where only words are searched.
fn by_words(signs: &Signs) -> f32 {
    let [own, cover, head, _, _, hit, _, _, _, _, _, _, _, _, suits, form, ..] = signs.0;
    let sum = OWN_SHARE * (0.6 * own + 0.4 * cover) + HEAD_SHARE * head + HIT_SHARE * hit;
    sum * (1.0 + SUITS_SHARE * suits) * form
}

fn share_of(kind: Kind) -> f32 {
    match kind {
        Kind::Sag => CASE_SHARE,
        _ => 1.0,
    }
}

/// A sentence of the same passage that limits the rule belongs to it.
fn is_condition(hits: &[Hit], pick: &Pick) -> bool {
    let text = hits.get(pick.hit).and_then(|hit| hit.text.get(pick.range.clone()));
    let text = text.unwrap_or_default().to_lowercase();
    ["medmindre", "dog ", "undtag", "gælder kun", "kun for"].iter().any(|word| text.contains(word))
}

fn stems_of(hits: &[Hit], pick: &Pick) -> HashSet<String> {
    content_stems(pick_text(hits, pick)).into_iter().collect()
}

/// Whether a sentence says no more than another one does: all its words that mean something stand
/// there, and neither has a word that turns or limits it which the other has not.
pub(crate) fn repeats(own: &HashSet<String>, other: &HashSet<String>) -> bool {
    let turned = |said: &HashSet<String>| TURNS.map(|word| said.contains(&stem(word)));
    !own.is_empty() && own.is_subset(other) && turned(own) == turned(other)
}

/// Whether a sentence says something that the picked ones do not.
fn is_new(said: &[HashSet<String>], own: &HashSet<String>) -> bool {
    said.iter().all(|other| {
        let shared = other.intersection(own).count();
        (shared as f32) < NEW_SHARE * own.len().max(1) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six sentences, of which the first holds the question's word and each is nearer to it than
    /// the next.
    const STEPS: [(&str, f32); 6] = [
        ("Aconto bestilles på en blanket.", 0.9),
        ("En kollega godkender den samme dag.", 0.8),
        ("Beløbet må højst svare til nettolønnen.", 0.7),
        ("Pengene kommer efter to bankdage.", 0.6),
        ("Kvitteringen ligger i indbakken.", 0.5),
        ("Gem den sammen med sagen.", 0.4),
    ];

    fn picks(hits: &[Hit], used: &[&str], room: Room) -> Vec<Pick> {
        let used = used.iter().map(|text| (*text).to_owned()).collect();
        let asked = "Hvad med aconto?";
        let ranked = ranked(asked, &[Weighted::asked("aconto")], hits);
        select((asked, hits), &ranked, &used, room).picks
    }

    #[test]
    fn room_that_is_left_is_filled_from_the_passage_that_is_cited() {
        let far = [("Ferie meldes et andet sted.", 0.35)];
        let hits = [Hit::made("guide", &STEPS), Hit::made("other", &far)];
        let all = picks(&hits, &[], Room::shared(0));
        let texts: Vec<&str> = all.iter().map(|pick| pick_text(&hits, pick)).collect();
        assert_eq!(texts, STEPS.map(|(text, _)| text));
        assert_eq!(all.iter().filter(|pick| pick.fills).count(), 2);
        assert_eq!(picks(&hits, &[], Room::of(1)).len(), 1);
        assert_eq!(picks(&hits, &[STEPS[5].0], Room::shared(0)).len(), 5);
        // Where the evidence is thin, what speaks of the question is enough.
        let thin = [Hit::made("guide", &STEPS[1..]), Hit::made("other", &far)];
        assert_eq!(picks(&thin, &[], Room::shared(0)).len(), 4);
    }

    #[test]
    fn questions_of_one_sentence_share_their_room() {
        let long = |word: &str| format!("{}.", vec![word; 30].join(" "));
        let (second, third) = (long("lønkørsel"), long("refusion"));
        let hits = [Hit::made("guide", &[STEPS[0], (&second, 0.8), (&third, 0.8)])];
        let of = |others| picks(&hits, &[], Room::shared(others)).len();
        assert_eq!([of(0), of(1), of(2)], [3, 2, 1]);
        assert_eq!(of(3), 1);
    }

    #[test]
    fn another_number_and_a_word_that_turns_it_make_another_sentence() {
        let stems = |text: &str| content_stems(text).into_iter().collect::<HashSet<String>>();
        let ordered = stems("Aconto bestilles på en blanket i Lønportalen.");
        let same = "I Lønportalen bestilles aconto på en blanket.";
        assert!(repeats(&stems(same), &ordered));
        for other in [
            "Aconto bestilles ikke på en blanket i Lønportalen.",
            "Aconto bestilles på en blanket i Lønportalen 12 dage før.",
            "Refusion søges på en blanket i Lønportalen.",
        ] {
            assert!(!repeats(&stems(other), &ordered), "{other}");
        }
        let turned = stems("Aconto bestilles ikke på en blanket i Lønportalen.");
        assert!(!repeats(&ordered, &turned));
    }

    #[test]
    fn what_fills_gives_way_to_what_speaks_of_another_question() {
        let hits = [Hit::made("guide", &STEPS)];
        let picks = picks(&hits, &[], Room::shared(0));
        let (best, last) = (picks.first().unwrap(), picks.last().unwrap());
        assert!(last.fills);
        assert!(Pick { score: 0.0, ..best.clone() }.fit() > last.fit());
    }
}
