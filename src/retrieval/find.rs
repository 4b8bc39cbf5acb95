//! Search, then rank by what of the question is covered and by precedence, and say why.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::index::{Error, Filter, Holding, Match, Record, Search, Snapshot, States};
use crate::language::{Stems, Term};
use crate::passages::{Passage, PassageId};
use crate::retrieval::Hit;
use crate::retrieval::explain::{Boost, BoostReason, Explanation};
use crate::retrieval::fusion::{Reference, Said};
use crate::retrieval::means::{Means, Sensed};
use crate::retrieval::quotes::{ReadSentence, coverage, read_sentences, sentence_text, share};
use crate::retrieval::spelling::{Correction, corrected};
use crate::retrieval::terms::{Weighted, Words, query, weigh};
use crate::sources::Kind;
use crate::terms::{Audience, Scope, State, System};

/// Passages that the index hands over before ranking.
const CANDIDATES: usize = 60;
/// Outdated passages that are looked at beside the current ones.
const OUTDATED_MAX: usize = 5;
/// An outdated passage is shown in a lookup when it matches this well beside the best one.
const OUTDATED_SHARE: f32 = 0.6;
/// Hits of a question whose sentences are weighed by meaning.
const WEIGHED_MAX: usize = 20;
/// Quotes shown with a hit.
const QUOTES_MAX: usize = 2;
/// What coverage weighs beside the search engine's score for a question, of a mail or looked up:
/// set on the gold set's `dev` part, 2026-11-22 (docs/measurements.md).
const COVERAGE_SHARE: f32 = 0.55;
/// The same for a lookup of a few words that ask nothing, where every word was chosen: set on two
/// public test sets, 2026-11-24 (docs/measurements.md).
const COVERAGE_SHARE_WORDS: f32 = 0.05;

/// What the letters of words weigh beside the words themselves: chosen by `svarforslag evaluate` on
/// the gold set's `dev` part and its first inquiries and on two public test sets, 2026-11-24.
const LETTERS_SHARE: f32 = 0.5;

/// Passages with this share of their words in common say nearly the same.
const ALIKE_MIN: f32 = 0.9;

/// What a search asks.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    /// The words that ask, and those around them.
    pub words: Words<'a>,
    /// The løngruppe that the inquiry names, as digits.
    pub loengruppe: Option<&'a str>,
    /// The question as a vector, with the passages near to it.
    pub sensed: Option<&'a Sensed>,
}

/// What a search is narrowed to by the one who asks.
#[derive(Debug, Clone, Default)]
pub struct Narrowing {
    /// Kinds of source; empty for all.
    pub kinds: Vec<Kind>,
    /// Systems; empty for all.
    pub systems: Vec<System>,
}

/// What was found for one question.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Current passages, best first.
    pub hits: Vec<Hit>,
    /// Passages that match but do not hold on the day: for the internal note only.
    pub outdated: Vec<Hit>,
    /// The weighted terms that were searched for.
    pub terms: Vec<Weighted>,
}

/// A term of the glossary that stood in a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Meaning {
    /// The term.
    pub term: String,
    /// What it means.
    pub meaning: String,
    /// Its equal names, which are searched for too.
    pub names: Vec<String>,
}

/// What a lookup found.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// Terms of the glossary that stood in the query.
    pub expanded: Vec<Meaning>,
    /// Words that stand nowhere, and those that were searched for instead.
    pub did_you_mean: Vec<Correction>,
    /// Passages, current ones first.
    pub hits: Vec<Hit>,
    /// The weighted terms that were searched for.
    pub terms: Vec<Weighted>,
}

/// The evidence for one question of an inquiry.
pub fn find(
    means: &Means<'_>,
    scope: &Scope,
    question: &Question<'_>,
    limit: usize,
) -> Result<Evidence, Error> {
    let snapshot = means.snapshot;
    let (terms, _) = weigh(snapshot, question.words);
    let search = snapshot.search(scope, &query(&terms));
    let ranker = Ranker {
        means,
        scope,
        terms: &terms,
        coverage_share: COVERAGE_SHARE,
        collapse: Collapse::Same,
    };
    let mut current = candidates(&search, &Filter::current(), question.sensed, limit)?;
    let best = Best::of(&current);
    current.retain(|candidate| ranker.for_loengruppe(&candidate.matched, question.loengruppe));
    let reference = ranker.reference(&current, best);
    let mut hits = ranker.rank(&search, current, (best, reference), limit)?;
    weigh_sentences(means, question.sensed, &mut hits);
    let outdated = Filter { states: States::Outdated, ..Filter::all() };
    let outdated = candidates(&search, &outdated, None, OUTDATED_MAX)?;
    let outdated = ranker.rank(&search, outdated, (best, reference), OUTDATED_MAX)?;
    Ok(Evidence { hits, outdated, terms })
}

/// Says of the sentences of the best hits how near they are to the question.
pub(crate) fn weigh_sentences(means: &Means<'_>, sensed: Option<&Sensed>, hits: &mut [Hit]) {
    let (Some(sensed), Some(sentences)) = (sensed, means.sentences()) else { return };
    for hit in hits.iter_mut().take(WEIGHED_MAX) {
        let heading = hit.heading.rsplit(" > ").next().unwrap_or_default();
        let near = hit.sentences.iter().map(|sentence| {
            let text = sentence_text(heading, sentence.text(&hit.text));
            sentences.similarity(sensed.vector(), &text)
        });
        // One that is not known would look like one that is far off.
        hit.nearness = near.collect::<Option<_>>().unwrap_or_default();
    }
}

/// The passages for a query of a few words or a question; outdated ones come last, marked.
pub fn look_up(
    means: &Means<'_>,
    scope: &Scope,
    text: &str,
    narrowing: &Narrowing,
    limit: usize,
) -> Result<Lookup, Error> {
    let snapshot = means.snapshot;
    let filter = |states| Filter {
        kinds: narrowing.kinds.clone(),
        systems: narrowing.systems.clone(),
        states,
    };
    let (text, did_you_mean) = corrected(snapshot, scope, text);
    let (terms, glossary) = weigh(snapshot, Words { text: &text, ..Words::default() });
    let search = snapshot.search(scope, &query(&terms));
    let vectors = means.encode(&[Words { text: &text, ..Words::default() }]);
    let sensed = means.sense(scope, vectors, &filter(States::Current), limit)?;
    let sensed = sensed.first();
    let coverage_share = if text.contains('?') { COVERAGE_SHARE } else { COVERAGE_SHARE_WORDS };
    let collapse = Collapse::Alike;
    let ranker = Ranker { means, scope, terms: &terms, coverage_share, collapse };
    let current = candidates(&search, &filter(States::Current), sensed, limit)?;
    let best = Best::of(&current);
    let reference = ranker.reference(&current, best);
    let mut hits = ranker.rank(&search, current, (best, reference), limit)?;
    let most = OUTDATED_MAX.min(limit / 3);
    let outdated = candidates(&search, &filter(States::Outdated), None, most)?;
    let least = hits.first().map_or(0.0, |best| best.score * OUTDATED_SHARE);
    let outdated = ranker.rank(&search, outdated, (best, reference), most)?;
    // What no longer holds stands below, but it is not crowded out.
    let outdated: Vec<Hit> = outdated.into_iter().filter(|hit| hit.score >= least).collect();
    hits.truncate(limit - outdated.len());
    hits.extend(outdated);
    let hits = hits.into_iter().map(|hit| hit.quoted(&terms)).collect();
    let expanded = glossary.into_iter().map(meaning).collect();
    Ok(Lookup { expanded, did_you_mean, hits, terms })
}

/// A passage that words or vectors found.
#[derive(Debug)]
struct Candidate {
    matched: Match,
    similarity: Option<f32>,
}

/// The passages that match best by words, and those that are nearest by meaning.
fn candidates(
    search: &Search<'_>,
    filter: &Filter,
    sensed: Option<&Sensed>,
    limit: usize,
) -> Result<Vec<Candidate>, Error> {
    // Outdated passages are few by intent; current ones are ranked anew and need more to choose from.
    let most = if filter.states == States::Outdated { limit } else { CANDIDATES.max(limit) };
    let mut found: Vec<Candidate> = search
        .best(filter, most)
        .into_iter()
        .map(|matched| Candidate { matched, similarity: None })
        .collect();
    let Some(sensed) = sensed else { return Ok(found) };
    let near = sensed.near();
    let similarity: HashMap<&PassageId, f32> =
        near.iter().map(|near| (&near.passage, near.similarity)).collect();
    let places: HashMap<u32, usize> =
        found.iter().enumerate().map(|(at, found)| (found.matched.row, at)).collect();
    for (id, matched) in search.of(near.iter().map(|near| &near.passage))? {
        let similarity = similarity.get(id).copied();
        match places.get(&matched.row).and_then(|at| found.get_mut(*at)) {
            Some(held) => held.similarity = similarity,
            None => found.push(Candidate { matched, similarity }),
        }
    }
    // What is not among the nearest is at most as near as the last of them.
    let least = near.last().map(|near| near.similarity);
    for candidate in &mut found {
        candidate.similarity = candidate.similarity.or(least);
    }
    Ok(found)
}

/// A passage as a hit of its own, without a question.
pub fn show(snapshot: &Snapshot, scope: &Scope, passage: Passage) -> Option<Hit> {
    let (terms, collapse) = (&[], Collapse::Same);
    let means = &Means::words(snapshot);
    let ranker = Ranker { means, scope, terms, coverage_share: 0.0, collapse };
    let record = snapshot.record(&passage)?;
    let hit = ranker.hit(passage, record, Ranked::default());
    Some(Hit { why: String::new(), ..hit })
}

/// The best scores for a current passage, beside which others are measured.
#[derive(Debug, Clone, Copy)]
struct Best {
    score: f32,
    letters: f32,
}

impl Best {
    fn of(found: &[Candidate]) -> Self {
        let matched = || found.iter().map(|candidate| &candidate.matched);
        let most = |of: fn(&Match) -> f32| matched().map(of).fold(f32::MIN_POSITIVE, f32::max);
        Self { score: most(|found| found.score), letters: most(|found| found.letters) }
    }
}

/// Fine enough to tell scores apart, and short to read.
fn rounded(score: f32) -> f32 {
    (score * 1e5).round() / 1e5
}

fn meaning(term: &Term) -> Meaning {
    Meaning { term: term.name.clone(), meaning: term.meaning.clone(), names: term.equal.clone() }
}

struct Ranker<'a> {
    means: &'a Means<'a>,
    scope: &'a Scope,
    terms: &'a [Weighted],
    /// What coverage weighs beside the search engine's score, from 0 to 1.
    coverage_share: f32,
    collapse: Collapse,
}

/// Which passages one of them stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Collapse {
    /// Those with the same text.
    Same,
    /// Also those of one kind and owner that say nearly the same.
    Alike,
}

/// A passage with its score, and what the score is made of.
#[derive(Debug, Default)]
struct Ranked<'a> {
    score: f32,
    held: &'a [Holding],
    explanation: Explanation,
}

/// A hit, and the match that it was read from.
struct Shown {
    hit: Hit,
    matched: Match,
}

impl Shown {
    fn stems(&self) -> Stems {
        let text = &self.hit.text;
        Stems::of_all(self.hit.sentences.iter().map(|sentence| sentence.stems(text)))
    }

    fn stands_for(&self, other: &Self, search: &Search<'_>, collapse: Collapse) -> bool {
        let (own, new) = (&self.hit, &other.hit);
        own.text == new.text
            || (collapse == Collapse::Alike
                && own.kind == new.kind
                && own.institution == new.institution
                // What shares few words with its headings is no near-duplicate without them.
                && search.likeness(&self.matched, &other.matched) >= ALIKE_MIN / 2.0
                && self.stems().likeness(&other.stems()) >= ALIKE_MIN)
    }
}

impl Ranker<'_> {
    /// A drejebog that names other løngrupper than the inquiry's does not speak of it.
    fn for_loengruppe(&self, matched: &Match, asked: Option<&str>) -> bool {
        let record = self.means.snapshot.record_of(matched);
        record.is_none_or(|record| record.is_for(asked))
    }

    /// Ranks what a search found, and reads the first of it; `best` and `reference` are what the
    /// best current passages have.
    fn rank(
        &self,
        search: &Search<'_>,
        found: Vec<Candidate>,
        (best, reference): (Best, Reference),
        limit: usize,
    ) -> Result<Vec<Hit>, Error> {
        let said: Vec<Said> = found.iter().map(|candidate| self.said(candidate, best)).collect();
        let fused = self.means.settings.fuse(&said, reference);
        let scored = found.into_iter().zip(fused).filter_map(|(candidate, fused)| {
            let record = self.means.snapshot.record_of(&candidate.matched)?;
            Some((fused * (1.0 + precedence(record)), record, candidate))
        });
        let mut scored: Vec<(f32, &Record, Candidate)> = scored.collect();
        // Equal scores stay in the order of rows, in which they come.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut shown: Vec<Shown> = Vec::new();
        for (score, record, candidate) in scored {
            if shown.len() == limit {
                break;
            }
            let Some(passage) = search.read(&candidate.matched)? else { continue };
            let explanation = self.explain(&candidate, record, best);
            let matched = candidate.matched;
            let ranked = Ranked { score, held: &matched.held, explanation };
            let new = Shown { hit: self.hit(passage, record, ranked), matched };
            match shown.iter_mut().find(|held| held.stands_for(&new, search, self.collapse)) {
                Some(held) => held.hit.explanation.collapsed += 1,
                None => shown.push(new),
            }
        }
        Ok(shown.into_iter().map(|shown| shown.hit).collect())
    }

    /// What the best of the current passages have, beside which all are measured.
    fn reference(&self, current: &[Candidate], best: Best) -> Reference {
        let said: Vec<Said> = current.iter().map(|candidate| self.said(candidate, best)).collect();
        Reference::of(&said)
    }

    /// What the two searches say of a passage.
    fn said(&self, candidate: &Candidate, best: Best) -> Said {
        let Candidate { matched, similarity } = candidate;
        let coverage = coverage(&matched.held, self.terms);
        let words = (1.0 - LETTERS_SHARE) * matched.score / best.score
            + LETTERS_SHARE * matched.letters / best.letters;
        let words = self.coverage_share * coverage + (1.0 - self.coverage_share) * words;
        Said { words, similarity: *similarity }
    }

    fn explain(&self, candidate: &Candidate, record: &Record, best: Best) -> Explanation {
        let Candidate { matched, similarity } = candidate;
        let share = precedence(record);
        let own = record.kind == Kind::Drejebog;
        let reason = if own { BoostReason::OwnDrejebog } else { BoostReason::Kind };
        Explanation {
            word_score: rounded(matched.score / best.score),
            letter_score: rounded(matched.letters / best.letters),
            similarity: similarity.map(rounded),
            coverage: rounded(coverage(&matched.held, self.terms)),
            boosts: (share > 0.0).then_some(Boost { reason, share }).into_iter().collect(),
            ..Explanation::of(self.terms, &matched.held)
        }
    }

    fn hit(&self, passage: Passage, record: &Record, ranked: Ranked<'_>) -> Hit {
        let Ranked { score, held, explanation } = ranked;
        let sentences = read_sentences(&passage);
        let (state, successor) = self.means.snapshot.state(record, self.scope.day());
        Hit {
            why: self.why(held, record, state, successor),
            explanation,
            quotes: Vec::new(),
            sentences,
            nearness: Vec::new(),
            heading: passage.heading.join(" > "),
            passage_id: passage.id,
            document: passage.document,
            title: record.title.clone(),
            kind: record.kind,
            institution: record.institution.clone(),
            audience: record.audience,
            valid_from: record.period.from,
            valid_to: record.period.until,
            state,
            text: passage.text,
            score: rounded(score),
        }
    }

    fn why(
        &self,
        held: &[Holding],
        record: &Record,
        state: State,
        successor: Option<&str>,
    ) -> String {
        let held: Vec<&str> = self
            .terms
            .iter()
            .zip(held)
            .filter(|(term, holding)| share(holding, term) > 0.0)
            .map(|(term, _)| term.stem.as_str())
            .collect();
        let mut why =
            format!("Rummer {} af {} søgeord: {}.", held.len(), self.terms.len(), held.join(", "));
        if record.kind == Kind::Drejebog {
            why.push_str(" Institutionens egen drejebog går forud.");
        }
        if record.audience == Audience::Internal {
            why.push_str(" Kun til intern brug.");
        }
        match (state, successor) {
            (State::Superseded, Some(newer)) => {
                why.push_str(" Afløst af ");
                why.push_str(newer);
                why.push('.');
            }
            (State::Expired, _) => why.push_str(" Gælder ikke længere."),
            (State::Future, _) => why.push_str(" Gælder ikke endnu."),
            _ => {}
        }
        why
    }
}

/// The boost among passages of near-equal relevance (product rule "Precedence").
fn precedence(record: &Record) -> f32 {
    match record.kind {
        Kind::Drejebog => 0.16,
        Kind::Standardsvar => 0.10,
        Kind::Nyhed | Kind::Kalender => 0.06,
        Kind::ShrGuide | Kind::Brugervejledning | Kind::SlsSide | Kind::Servicebeskrivelse => 0.04,
        Kind::Lov => 0.02,
        Kind::Sag | Kind::RetteSted => 0.0,
    }
}

impl Hit {
    /// The same with the sentences that bear most on the terms, as a hit is shown.
    pub(crate) fn quoted(mut self, terms: &[Weighted]) -> Self {
        let covered = self.sentences.iter().map(|one| (one.stems(&self.text).coverage(terms), one));
        let mut scored: Vec<(f32, &ReadSentence)> =
            covered.filter(|(coverage, _)| *coverage > 0.0).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.truncate(QUOTES_MAX);
        scored.sort_by_key(|(_, one)| one.range.start);
        self.quotes = scored.into_iter().map(|(_, one)| one.text(&self.text).to_owned()).collect();
        self
    }
}
