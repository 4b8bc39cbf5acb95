//! Search, then rank by what of the question is covered and by precedence, and say why.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::index::{Error, Filter, Found, Record, Snapshot, States};
use crate::language::{Stems, Term};
use crate::passages::Passage;
use crate::retrieval::{Hit, Means, Sensed};
use crate::retrieval::quotes::sentence_ranges;
use crate::retrieval::terms::{Weighted, Words, query, weigh};
use crate::sources::Kind;
use crate::terms::{Audience, Scope, State, System};

/// Passages that the index hands over before ranking.
const CANDIDATES: usize = 60;
/// Outdated passages that are looked at beside the current ones.
const OUTDATED_MAX: usize = 5;
/// An outdated passage is shown in a lookup when it matches this well beside the best one.
const OUTDATED_SHARE: f32 = 0.6;
/// Quotes shown with a hit.
const QUOTES_MAX: usize = 2;
/// What coverage weighs beside the search engine's score for a question, of a mail or looked up:
/// set on the gold set's `dev` part, 2026-11-22 (docs/measurements.md).
const COVERAGE_SHARE: f32 = 0.55;
/// The same for a lookup of a few words that ask nothing, where every word was chosen: set on two
/// public test sets, 2026-11-22 (docs/measurements.md).
const COVERAGE_SHARE_WORDS: f32 = 0.15;

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
}

/// What a lookup found.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// Terms of the glossary that stood in the query.
    pub expanded: Vec<Meaning>,
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
    let search = query(&terms);
    let ranker = Ranker { snapshot, scope, terms: &terms, coverage_share: COVERAGE_SHARE };
    let current = snapshot.words(scope, &search, &Filter::current(), CANDIDATES.max(limit))?;
    let current =
        current.into_iter().filter(|found| ranker.for_loengruppe(found, question.loengruppe));
    let current: Vec<Found> = current.collect();
    let best = best_score(&current);
    let hits = ranker.rank(current, best, limit);
    let outdated = Filter { states: States::Outdated, ..Filter::all() };
    let outdated =
        ranker.rank(snapshot.words(scope, &search, &outdated, OUTDATED_MAX)?, best, OUTDATED_MAX);
    Ok(Evidence { hits, outdated, terms })
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
    let (terms, glossary) = weigh(snapshot, Words { text, ..Words::default() });
    let search = query(&terms);
    let coverage_share = if text.contains('?') { COVERAGE_SHARE } else { COVERAGE_SHARE_WORDS };
    let ranker = Ranker { snapshot, scope, terms: &terms, coverage_share };
    let filter = |states| Filter {
        kinds: narrowing.kinds.clone(),
        systems: narrowing.systems.clone(),
        states,
    };
    let current =
        snapshot.words(scope, &search, &filter(States::Current), CANDIDATES.max(limit))?;
    let best = best_score(&current);
    let mut hits = ranker.rank(current, best, limit);
    let most = OUTDATED_MAX.min(limit / 3);
    let outdated = snapshot.words(scope, &search, &filter(States::Outdated), most)?;
    let least = hits.first().map_or(0.0, |best| best.score * OUTDATED_SHARE);
    let outdated = ranker.rank(outdated, best, most).into_iter().filter(|hit| hit.score >= least);
    // What no longer holds stands below, but it is not crowded out.
    let outdated: Vec<Hit> = outdated.collect();
    hits.truncate(limit - outdated.len());
    hits.extend(outdated);
    Ok(Lookup { expanded: glossary.into_iter().map(meaning).collect(), hits, terms })
}

/// A passage as a hit of its own, without a question.
pub fn show(snapshot: &Snapshot, scope: &Scope, passage: Passage) -> Option<Hit> {
    let ranker = Ranker { snapshot, scope, terms: &[], coverage_share: 0.0 };
    let scored = ranker.score(Found { passage, stems: Stems::default(), score: 0.0 }, 1.0)?;
    let mut hit = ranker.hit(scored);
    hit.why = String::new();
    Some(hit)
}

fn best_score(found: &[Found]) -> f32 {
    found.first().map_or(1.0, |first| first.score).max(f32::MIN_POSITIVE)
}

fn meaning(term: &Term) -> Meaning {
    Meaning { term: term.name.clone(), meaning: term.meaning.clone() }
}

struct Ranker<'a> {
    snapshot: &'a Snapshot,
    scope: &'a Scope,
    terms: &'a [Weighted],
    /// What coverage weighs beside the search engine's score, from 0 to 1.
    coverage_share: f32,
}

/// A passage with its place among the others.
struct Scored<'a> {
    found: Found,
    record: &'a Record,
    score: f32,
}

impl Ranker<'_> {
    /// A drejebog that names other løngrupper than the inquiry's does not speak of it.
    fn for_loengruppe(&self, found: &Found, asked: Option<&str>) -> bool {
        let Some(asked) = asked else { return true };
        let record = self.snapshot.record(&found.passage);
        record.is_none_or(|record| {
            record.loengrupper.is_empty() || record.loengrupper.iter().any(|own| own == asked)
        })
    }

    /// Ranks what a search found; `best` is the search engine's best score for a current passage.
    fn rank(&self, found: Vec<Found>, best: f32, limit: usize) -> Vec<Hit> {
        let mut scored: Vec<Scored<'_>> =
            found.into_iter().filter_map(|found| self.score(found, best)).collect();
        scored.sort_by(|a, b| {
            let id = |scored: &Scored<'_>| scored.found.passage.id.clone();
            b.score.total_cmp(&a.score).then_with(|| id(a).cmp(&id(b)))
        });
        let mut texts: HashSet<String> = HashSet::new();
        scored.retain(|scored| texts.insert(scored.found.passage.text.clone()));
        scored.truncate(limit);
        scored.into_iter().map(|scored| self.hit(scored)).collect()
    }

    fn score(&self, found: Found, best: f32) -> Option<Scored<'_>> {
        let record = self.snapshot.record(&found.passage)?;
        let coverage = found.stems.coverage(self.terms);
        let relevance =
            self.coverage_share * coverage + (1.0 - self.coverage_share) * found.score / best;
        Some(Scored { found, record, score: relevance * (1.0 + precedence(record)) })
    }

    fn hit(&self, scored: Scored<'_>) -> Hit {
        let Scored { found, record, score } = scored;
        let (state, successor) = self.snapshot.state(record, self.scope.day());
        Hit {
            why: self.why(&found.stems, record, state, successor),
            quotes: best_sentences(&found.passage.text, self.terms),
            heading: found.passage.heading.join(" > "),
            passage_id: found.passage.id,
            document: found.passage.document,
            title: record.title.clone(),
            kind: record.kind,
            institution: record.institution.clone(),
            audience: record.audience,
            valid_from: record.period.from,
            valid_to: record.period.until,
            state,
            text: found.passage.text,
            score: (score * 1000.0).round() / 1000.0,
        }
    }

    fn why(&self, stems: &Stems, record: &Record, state: State, successor: Option<&str>) -> String {
        let held: Vec<&str> = self
            .terms
            .iter()
            .filter(|term| stems.holds(term) > 0.0)
            .map(|term| term.stem.as_str())
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

fn best_sentences(text: &str, terms: &[Weighted]) -> Vec<String> {
    let mut scored: Vec<(f32, usize, &str)> = Vec::new();
    for (at, range) in sentence_ranges(text).into_iter().enumerate() {
        let Some(sentence) = text.get(range) else { continue };
        let coverage = Stems::of(sentence).coverage(terms);
        if coverage > 0.0 {
            scored.push((coverage, at, sentence));
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.truncate(QUOTES_MAX);
    scored.sort_by_key(|(_, at, _)| *at);
    scored.into_iter().map(|(_, _, sentence)| sentence.to_owned()).collect()
}
