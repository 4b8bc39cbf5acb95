//! What was found out for the questions of a mail before any of them is answered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::draft::assign::{Found, Place, assign, say_once};
use crate::draft::case::Case;
use crate::draft::forms::quotable;
use crate::draft::outcome::{Outcome, Ruling, by_kind, by_rule};
use crate::draft::pointing::follow;
use crate::draft::select::{Room, Selection};
use crate::draft::signs::HITS_MAX;
use crate::draft::signs::{Candidate, candidates_of};
use crate::draft::{Error, Progress};
use crate::index::Filter;
use crate::inquiry::{Channel, Question, Reading};
use crate::language::{content_stems, sentences};
use crate::retrieval::{self, Evidence, Hit, Means, Sensed, Words};

/// Passages that are ranked for each question.
pub(crate) const HITS_PER_QUESTION: usize = 20;
/// A question with fewer words that mean something cannot be searched for.
pub(crate) const MEANING_WORDS_MIN: usize = 2;

/// Sentences of sources beside a fixed phrase.
const BESIDE_MAX: usize = 2;

/// What was found for the questions of a mail, by their numbers.
pub(crate) struct Searched {
    /// What the words of a question decide alone.
    pub(crate) rulings: BTreeMap<usize, Ruling>,
    /// What was found for each question that a source may answer.
    pub(crate) found: BTreeMap<usize, Found>,
    /// How long it took to encode the questions.
    pub(crate) encoding: Duration,
}

/// Searches for all questions before any is answered, so that what one of them shows of the mail's
/// matter helps the others, and a sentence answers the question that it fits best.
pub(crate) fn search(
    means: &Means<'_>,
    case: &Case<'_>,
    tell: &dyn Fn(Progress),
) -> Result<Searched, Error> {
    let questions = &case.reading.questions;
    let (sensed, encoding) = sensed(means, case)?;
    let mut rulings = BTreeMap::new();
    let mut found = BTreeMap::new();
    for question in questions {
        tell(Progress::Searching { n: question.n, of: questions.len() });
        // Words that mean nothing alone ("Hvad er der galt?") ask with those around them.
        let bare = content_stems(&question.text).len() < MEANING_WORDS_MIN;
        let joined = format!("{} {}", question.context, question.text);
        let text = if bare { joined } else { question.text.clone() };
        let hinted = case.brief.hint.map(|hint| format!("{text} {hint}"));
        let text = hinted.unwrap_or(text);
        let mut ruling = by_rule(&question.text, &question.context);
        let mut evidence = None;
        if ruling.is_none() && !instructs(case.reading, question) {
            let sought = find(means, case, (question, &text), sensed.get(&question.n))?;
            let channel = case.inquiry.channel;
            ruling = by_kind(&question.text, &question.context, channel, nearest(&sought));
            evidence = Some(sought);
        }
        let place = place_of(case, question, ruling.as_ref());
        rulings.extend(ruling.map(|ruling| (question.n, ruling)));
        let Some(place) = place else { continue };
        let evidence = match evidence {
            Some(evidence) => evidence,
            None => find(means, case, (question, &text), sensed.get(&question.n))?,
        };
        let selection = Selection::default();
        let room = match place {
            Place::Beside => Room::of(BESIDE_MAX),
            Place::Answer => {
                Room::shared(in_one_sentence(questions, &case.inquiry.body, question.n))
            }
        };
        let alone = beside_instruction(case, question);
        found.insert(question.n, Found { text, evidence, selection, place, room, alone });
    }
    assign(&mut found);
    follow(means, case, &sensed, &mut found)?;
    say_once(&mut found);
    Ok(Searched { rulings, found, encoding })
}

/// What sources are to a question; none where they are not asked.
fn place_of(case: &Case<'_>, question: &Question, ruling: Option<&Ruling>) -> Option<Place> {
    if instructs(case.reading, question) {
        return None;
    }
    match ruling.map(|ruling| ruling.outcome) {
        Some(Outcome::Refused | Outcome::OutOfScope) => None,
        Some(Outcome::NeedsCaseLookup | Outcome::NeedsClarification) => Some(Place::Beside),
        _ if question.status => Some(Place::Beside),
        _ => Some(Place::Answer),
    }
}

/// How many other questions stand in the sentence of the question with this number.
fn in_one_sentence(questions: &[Question], body: &str, n: usize) -> usize {
    let place = |question: &Question| question.from.first().cloned().unwrap_or(0..0);
    let joined = |pair: &&[Question]| {
        let [one, next] = pair else { return false };
        let (from, to) = (place(one).start, place(next));
        let text = body.get(from..to.end).unwrap_or_default();
        let apart = to.start.saturating_sub(from);
        // Each line of a list asks for itself.
        let lines = text.find('\n').is_some_and(|at| at < apart);
        !lines && sentences(text).first().is_some_and(|first| apart < first.end)
    };
    let at = questions.iter().position(|one| one.n == n).unwrap_or_default();
    let before = questions.get(..=at).unwrap_or_default().windows(2).rev();
    let after = questions.get(at..).unwrap_or_default().windows(2);
    before.take_while(joined).count() + after.take_while(joined).count()
}

fn find(
    means: &Means<'_>,
    case: &Case<'_>,
    (question, text): (&Question, &str),
    sensed: Option<&Sensed>,
) -> Result<Evidence, Error> {
    let group = case.inquiry.group();
    let subject = case.inquiry.subject.as_deref().unwrap_or_default();
    let asked = retrieval::Question {
        words: Words { text, context: &question.context, subject },
        loengruppe: group.as_deref(),
        sensed,
    };
    Ok(retrieval::find(means, case.scope, &asked, HITS_PER_QUESTION)?)
}

/// What the passages near to each question are, by its number, and how long encoding them took.
fn sensed(
    means: &Means<'_>,
    case: &Case<'_>,
) -> Result<(BTreeMap<usize, Sensed>, Duration), Error> {
    let questions = &case.reading.questions;
    let subject = case.inquiry.subject.as_deref().unwrap_or_default();
    let words: Vec<Words<'_>> = questions
        .iter()
        .map(|Question { text, context, .. }| Words { text, context, subject })
        .collect();
    let started = Instant::now();
    let vectors = means.encode(&words);
    let encoding = started.elapsed();
    let all = means.sense(case.scope, vectors, &Filter::current(), HITS_PER_QUESTION)?;
    Ok((questions.iter().map(|question| question.n).zip(all).collect(), encoding))
}

/// How near the nearest sentence that may be quoted is to the question in meaning, where known.
fn nearest(evidence: &Evidence) -> Option<f32> {
    let hits = evidence.hits.iter().take(HITS_MAX).filter(|hit| quotable(hit));
    let known = hits.filter(|hit| !hit.nearness.is_empty());
    known.map(Hit::nearest).max_by(f32::total_cmp)
}

/// Whether the words of a question instruct the program: they take no part in the others' answers.
pub(crate) fn instructs(reading: &Reading, question: &Question) -> bool {
    question.from.iter().any(|from| holds_injection(reading, from))
}

/// Whether a question stands in one line with words that instruct the program.
fn beside_instruction(case: &Case<'_>, question: &Question) -> bool {
    let body = case.inquiry.body.as_str();
    question.from.iter().any(|from| {
        let before = body.get(..from.start).and_then(|text| text.rfind('\n'));
        let after = body.get(from.end..).and_then(|text| text.find('\n'));
        let line = before.unwrap_or(0)..after.map_or(body.len(), |at| from.end + at);
        holds_injection(case.reading, &line)
    })
}

fn holds_injection(reading: &Reading, range: &std::ops::Range<usize>) -> bool {
    reading.injections.iter().any(|bad| bad.start < range.end && range.start < bad.end)
}

/// A question with the sentences that might answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The question's number.
    pub n: usize,
    /// Its words.
    pub text: String,
    /// The words of the inquiry's body that ask it.
    pub from: String,
    /// What the mail tells that it needs.
    pub context: String,
    /// How the inquiry came in.
    pub channel: Channel,
    /// What a rule decides by its words alone.
    pub rule: Option<Outcome>,
    /// The sentences.
    pub candidates: Vec<Candidate>,
}

/// The sentences from which a draft would choose, with what speaks for each: for fitting how they
/// are weighed.
pub fn weighed(means: &Means<'_>, case: &Case<'_>) -> Result<Vec<Weighed>, Error> {
    let searched = search(means, case, &|_| {})?;
    let weighed = case.reading.questions.iter().map(|question| {
        let found = searched.found.get(&question.n);
        let from = question.from.first().cloned().unwrap_or(0..0);
        let rule = by_rule(&question.text, &question.context);
        Weighed {
            n: question.n,
            text: question.text.clone(),
            from: case.inquiry.body.get(from).unwrap_or_default().to_owned(),
            context: question.context.clone(),
            channel: case.inquiry.channel,
            rule: rule.map(|rule| rule.outcome),
            candidates: found.map_or(Vec::new(), |it| candidates_of(&it.text, &it.evidence)),
        }
    });
    Ok(weighed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::{Inquiry, read};

    #[test]
    fn questions_of_one_sentence_are_counted_together() {
        let body = "Hej\nHvor får vi et P-nummer fra kl. 12, og hvem sørger for tjenestestedet? Hvornår er fristen for honorarer?";
        let reading = read(&Inquiry { body: body.to_owned(), ..Inquiry::default() });
        let beside = |n| in_one_sentence(&reading.questions, body, n);
        assert_eq!((1..=3).map(beside).collect::<Vec<_>>(), [1, 1, 0]);
    }
}
