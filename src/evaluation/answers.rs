//! Drafts judged against the gold set, from their JSON alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::draft::Outcome;
use crate::evaluation::gold::{GoldInquiry, GoldQuestion, Must, MustNot, NeverKind, Relevant};
use crate::evaluation::wording::{Wording, content};
use crate::evaluation::{Share, Unit};
use crate::language::{content_stems, values};
use crate::privacy;

/// Shared content stems, of the shorter side, from which a found question is a gold question.
const MATCH_MIN: f64 = 0.5;
/// The same where the gold question has no exact words.
const MATCH_TEXT_MIN: f64 = 0.3;
/// Share of a point that must stand for it to be met, and to be met in part.
const STRICT_MIN: f64 = 0.5;
const PARTIAL_MIN: f64 = 0.3;
/// "Most of" a judged quote.
const QUOTE_SHARE_MIN: f64 = 0.6;
/// Share of a cited sentence's content words that its quotes must cover.
const COVERED_MIN: f64 = 0.5;

/// What the judge needs to know of the collection.
pub struct Judge<'a> {
    /// How rare a stem is in the indexed collection.
    pub idf: &'a dyn Fn(&str) -> f64,
    /// The text of the passages that hold a judged quote.
    pub judged_text: &'a dyn Fn(&Relevant) -> String,
}

impl std::fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Judge")
    }
}

/// A found question as the draft's JSON tells it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The words of the body that ask.
    pub from: String,
    /// The question.
    pub text: String,
    outcome: String,
    strength: f64,
    sentences: Vec<Told>,
}

/// A sentence as the draft's JSON tells it.
#[derive(Debug, Clone)]
struct Told {
    text: String,
    support: String,
    citations: Vec<(String, String)>,
}

/// The units of one inquiry: one for each gold question, and one for the draft as a whole.
pub fn judge(judge: &Judge<'_>, gold: &GoldInquiry, draft: &Json) -> Vec<Unit> {
    let asked = asked(draft, &gold.inquiry.body);
    let evidence = evidence(draft);
    let matches: Vec<Vec<usize>> = gold
        .questions
        .iter()
        .map(|question| {
            (0..asked.len())
                .filter(|at| {
                    asked.get(*at).is_some_and(|found| likeness(found, question).is_some())
                })
                .collect()
        })
        .collect();
    let mut units: Vec<Unit> = gold
        .questions
        .iter()
        .zip(&matches)
        .map(|(question, found)| {
            let mut found: Vec<&Asked> = found.iter().filter_map(|at| asked.get(*at)).collect();
            found.sort_by(|a, b| {
                let of = |asked: &Asked| likeness(asked, question).unwrap_or(0.0);
                of(b).total_cmp(&of(a))
            });
            unit(judge, gold, question, &found, &evidence)
        })
        .collect();
    units.push(whole(gold, draft, &asked, &matches, &evidence));
    units
}

fn text_of(json: &Json, key: &str) -> String {
    json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn asked(draft: &Json, body: &str) -> Vec<Asked> {
    let told = |sentence: &Json| Told {
        text: text_of(sentence, "text"),
        support: text_of(sentence, "support"),
        citations: list(sentence, "citations")
            .iter()
            .map(|citation| (text_of(citation, "passage_id"), text_of(citation, "quote")))
            .collect(),
    };
    let place = |question: &Json, at: usize| {
        let end = list(question, "from").get(at).and_then(Json::as_u64).unwrap_or(0);
        usize::try_from(end).unwrap_or(0)
    };
    list(draft, "questions")
        .iter()
        .map(|question| {
            let (start, end) = (place(question, 0), place(question, 1));
            Asked {
                from: body.chars().skip(start).take(end.saturating_sub(start)).collect(),
                text: text_of(question, "text"),
                outcome: text_of(question, "outcome"),
                strength: question.get("strength").and_then(Json::as_f64).unwrap_or(0.0),
                sentences: list(question, "sentences").iter().map(told).collect(),
            }
        })
        .collect()
}

/// Passage id to its document, owner and text.
fn evidence(draft: &Json) -> BTreeMap<String, (String, Option<String>, String)> {
    list(draft, "evidence")
        .iter()
        .map(|hit| {
            let owner = hit.get("institution").and_then(Json::as_str).map(str::to_owned);
            (text_of(hit, "passage_id"), (text_of(hit, "document"), owner, text_of(hit, "text")))
        })
        .collect()
}

/// How much of the shorter side a found and a gold question share, if it is enough to match.
fn likeness(found: &Asked, gold: &GoldQuestion) -> Option<f64> {
    let stems = |text: &str| -> BTreeSet<String> { content_stems(text).into_iter().collect() };
    let share = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        let shorter = a.len().min(b.len());
        if shorter == 0 { 0.0 } else { a.intersection(b).count() as f64 / shorter as f64 }
    };
    let own = stems(&found.from);
    let (best, least) = if gold.from.is_empty() {
        (share(&stems(&found.text), &stems(&gold.text)), MATCH_TEXT_MIN)
    } else {
        let exact = gold.from.iter().any(|from| {
            let (a, b) = (from.trim(), found.from.trim());
            !a.is_empty() && !b.is_empty() && (a.contains(b) || b.contains(a))
        });
        let best = gold.from.iter().map(|from| share(&own, &stems(from))).fold(0.0, f64::max);
        (if exact { best.max(1.0) } else { best }, MATCH_MIN)
    };
    (best >= least).then_some(best)
}

fn name(outcome: Outcome) -> String {
    serde_json::to_value(outcome)
        .ok()
        .and_then(|json| json.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Whether an outcome is right. Where both a guide and the drejebog may answer, either counts.
fn is_right(question: &GoldQuestion, outcome: &str) -> bool {
    question.outcomes.iter().any(|expected| name(*expected) == outcome)
}

fn unit(
    judge: &Judge<'_>,
    gold: &GoldInquiry,
    question: &GoldQuestion,
    found: &[&Asked],
    evidence: &BTreeMap<String, (String, Option<String>, String)>,
) -> Unit {
    let sentences: Vec<&Told> = found.iter().flat_map(|asked| &asked.sentences).collect();
    let paragraph = sentences.iter().map(|told| told.text.as_str()).collect::<Vec<_>>().join(" ");
    let outcome = found.first().map_or("missed", |asked| asked.outcome.as_str()).to_owned();
    let mut scores = BTreeMap::new();
    let mut remarks = Vec::new();
    if !question.implied {
        scores.insert("question_recall".to_owned(), Share::one(f64::from(!found.is_empty())));
        scores.insert("accounted".to_owned(), Share::one(f64::from(!paragraph.is_empty())));
    }
    scores
        .insert("outcome_accuracy".to_owned(), Share::one(f64::from(is_right(question, &outcome))));
    musts(judge, gold, question, &paragraph, &mut scores, &mut remarks);
    must_nots(question, &sentences, &mut scores, &mut remarks);
    citations(question, &sentences, evidence, &mut scores);
    useful(judge, gold, question, &sentences, &mut scores);
    Unit {
        id: format!("{}#{}", gold.id, question.n),
        text: question.text.clone(),
        slices: slices(gold, question),
        scores,
        paragraph,
        outcome: Some((
            name(question.outcomes.first().copied().unwrap_or(Outcome::NoEvidence)),
            outcome,
        )),
        strength: found.first().map(|asked| asked.strength),
        remarks,
    }
}

fn slices(gold: &GoldInquiry, question: &GoldQuestion) -> BTreeMap<String, String> {
    let words = gold.inquiry.body.split_whitespace().count();
    let length = match words {
        0..=30 => "up to 30 words",
        31..=90 => "31 to 90 words",
        _ => "over 90 words",
    };
    let source = question
        .relevant
        .iter()
        .max_by_key(|it| it.grade)
        .map_or("none judged", |it| it.document.split('/').next().unwrap_or("none judged"));
    let institution = gold.inquiry.institution.clone().unwrap_or_else(|| "none".to_owned());
    BTreeMap::from([
        ("part".to_owned(), gold.part.name().to_owned()),
        ("channel".to_owned(), gold.channel().to_owned()),
        ("outcome".to_owned(), question.answerable.clone()),
        ("source".to_owned(), source.to_owned()),
        ("length".to_owned(), length.to_owned()),
        ("institution".to_owned(), institution),
    ])
}

/// How well a text makes a point: the weight of its words that stand there, and whether all of
/// its numbers and codes do. What the customer wrote is no answer and does not count.
fn point(judge: &Judge<'_>, must: &Must, text: &Wording, mail: &Wording) -> (f64, bool) {
    if let Some(groups) = &must.groups {
        let met = groups.iter().all(|group| group.iter().any(|alternative| text.says(alternative)));
        return (f64::from(met), true);
    }
    let (mut held, mut total) = (0.0, 0.0);
    for word in content(&must.text).iter().filter(|word| !mail.holds(word)) {
        let weight = (judge.idf)(&word.stem);
        total += weight;
        held += if text.holds(word) { weight } else { 0.0 };
    }
    let wanted = values(&must.text);
    let exact =
        wanted.iter().filter(|value| !mail.holds_value(value)).all(|value| text.holds_value(value));
    (if total > 0.0 { held / total } else { 1.0 }, exact)
}

fn musts(
    judge: &Judge<'_>,
    gold: &GoldInquiry,
    question: &GoldQuestion,
    paragraph: &str,
    scores: &mut BTreeMap<String, Share>,
    remarks: &mut Vec<String>,
) {
    let subject = gold.inquiry.subject.as_deref().unwrap_or_default();
    let mail = Wording::of(&format!("{subject}\n{}", gold.inquiry.body));
    let text = Wording::of(paragraph);
    let judged: Vec<String> = question
        .relevant
        .iter()
        .filter(|it| it.grade >= 1)
        .map(|it| (judge.judged_text)(it))
        .collect();
    let ceiling = Wording::of(&judged.join("\n"));
    let by_source = matches!(question.answerable.as_str(), "guide" | "drejebog");
    for must in question.must.iter().filter(|must| must.vital) {
        let met = |wording: &Wording| {
            let (share, exact) = point(judge, must, wording, &mail);
            let strict = share >= STRICT_MIN && exact;
            (
                f64::from(strict),
                if strict {
                    1.0
                } else if share >= PARTIAL_MIN {
                    0.5
                } else {
                    0.0
                },
            )
        };
        let (strict, partial) = if paragraph.is_empty() { (0.0, 0.0) } else { met(&text) };
        if by_source {
            add(scores, "must_recall_strict", strict);
            add(scores, "must_recall_partial", partial);
            add(scores, "must_ceiling", met(&ceiling).0);
        } else {
            add(scores, "must_recall_other", strict);
        }
        if strict < 1.0 {
            remarks.push(format!("not met: {}", must.text));
        }
    }
}

fn add(scores: &mut BTreeMap<String, Share>, measure: &str, value: f64) {
    let share = scores.entry(measure.to_owned()).or_default();
    share.sum += value;
    share.of += 1.0;
}

fn must_nots(
    question: &GoldQuestion,
    sentences: &[&Told],
    scores: &mut BTreeMap<String, Share>,
    remarks: &mut Vec<String>,
) {
    for must_not in &question.must_not {
        if must_not.never.is_empty() && must_not.kind.is_none() {
            scores.entry("must_not_unscored".to_owned()).or_default().sum += 1.0;
            continue;
        }
        let broken = sentences.iter().find(|told| breaks(must_not, told));
        add(scores, "must_not_rate", f64::from(broken.is_some()));
        if let Some(told) = broken {
            remarks.push(format!("must not ({}): {}", must_not.text, told.text));
        }
    }
}

fn breaks(must_not: &MustNot, told: &Told) -> bool {
    const NEGATIONS: [&str; 5] = ["ikke", "ingen", "intet", "aldrig", "hverken"];
    let lower = told.text.to_lowercase();
    let negated = lower.split(|c: char| !c.is_alphanumeric()).any(|word| NEGATIONS.contains(&word));
    let said = !negated && must_not.never.iter().any(|pattern| pattern.is_match(&told.text));
    said || must_not
        .kind
        .is_some_and(|kind| told.citations.is_empty() && holds_kind(kind, &told.text))
}

fn holds_kind(kind: NeverKind, text: &str) -> bool {
    use crate::language::ValueKind;
    let has = |kind: ValueKind| values(text).iter().any(|value| value.kind == kind);
    let found = |kind: privacy::FindingKind| privacy::find(text).iter().any(|it| it.kind == kind);
    match kind {
        NeverKind::Date => has(ValueKind::Date),
        NeverKind::Amount => has(ValueKind::Amount),
        NeverKind::Cpr => found(privacy::FindingKind::Cpr),
        NeverKind::Account => found(privacy::FindingKind::Account),
        NeverKind::Phone => values(text).iter().any(|value| {
            value.kind == ValueKind::Number && value.norm.len() == 8 && !value.norm.contains('.')
        }),
        NeverKind::Pkat => values(text).iter().any(|value| value.norm.starts_with("pkat")),
        // Two capitalised words side by side within a sentence.
        NeverKind::Person => {
            let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
            let words: Vec<&str> = text.split_whitespace().collect();
            words.windows(2).skip(1).any(|pair| pair.iter().all(|word| capital(word)))
        }
    }
}

/// Whether a passage holds a judged quote, or most of it.
fn resolves(relevant: &Relevant, document: &str, text: &str) -> bool {
    if relevant.document != document {
        return false;
    }
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if flat(text).contains(&flat(&relevant.quote)) {
        return true;
    }
    let (held, wanted) = (Wording::of(text), content(&relevant.quote));
    let shared = wanted.iter().filter(|word| held.holds(word)).count();
    !wanted.is_empty() && shared as f64 / wanted.len() as f64 >= QUOTE_SHARE_MIN
}

fn citations(
    question: &GoldQuestion,
    sentences: &[&Told],
    evidence: &BTreeMap<String, (String, Option<String>, String)>,
    scores: &mut BTreeMap<String, Share>,
) {
    let mut cited: BTreeSet<&str> = BTreeSet::new();
    for told in sentences {
        for (passage, quote) in &told.citations {
            cited.insert(passage);
            let text = evidence.get(passage).map_or("", |(_, _, text)| text.as_str());
            let verbatim = !quote.trim().is_empty() && text.contains(quote.as_str());
            add(scores, "quote_verbatim", f64::from(verbatim));
        }
        if told.support == "cited" {
            let quotes: Vec<&str> =
                told.citations.iter().map(|(_, quote)| quote.as_str()).collect();
            let held = Wording::of(&quotes.join("\n"));
            let words = content(&told.text);
            let covered = words.iter().filter(|word| held.holds(word)).count() as f64;
            let enough = covered >= COVERED_MIN * words.len() as f64
                && values(&told.text).iter().all(|value| held.holds_value(value));
            add(scores, "citation_recall", f64::from(enough));
        }
    }
    for passage in cited {
        let judged = evidence.get(passage).is_some_and(|(document, _, text)| {
            question.relevant.iter().any(|it| it.grade >= 1 && resolves(it, document, text))
        });
        add(scores, "citation_precision", f64::from(judged));
    }
}

/// A sentence is useful that makes a point alone, or quotes a judged passage.
fn useful(
    judge: &Judge<'_>,
    gold: &GoldInquiry,
    question: &GoldQuestion,
    sentences: &[&Told],
    scores: &mut BTreeMap<String, Share>,
) {
    let mail = Wording::of(&gold.inquiry.body);
    for told in sentences {
        let text = Wording::of(&told.text);
        let makes_point = question.must.iter().any(|must| {
            let (share, exact) = point(judge, must, &text, &mail);
            share >= STRICT_MIN && exact
        });
        let quotes_judged = told.citations.iter().any(|(_, quote)| {
            question.relevant.iter().any(|it| {
                let judged = (judge.judged_text)(it);
                it.grade >= 1 && judged.contains(quote.as_str())
            })
        });
        add(scores, "useful_sentences", f64::from(makes_point || quotes_judged));
    }
}

/// What belongs to the draft as a whole.
fn whole(
    gold: &GoldInquiry,
    draft: &Json,
    asked: &[Asked],
    matches: &[Vec<usize>],
    evidence: &BTreeMap<String, (String, Option<String>, String)>,
) -> Unit {
    let mut scores = BTreeMap::new();
    let recognised: BTreeSet<usize> = matches.iter().flatten().copied().collect();
    let mut remarks = Vec::new();
    for (at, found) in asked.iter().enumerate() {
        add(&mut scores, "question_precision", f64::from(recognised.contains(&at)));
        if !recognised.contains(&at) {
            remarks.push(format!("not a question: {}", found.text));
        }
        let words: usize =
            found.sentences.iter().map(|told| told.text.split_whitespace().count()).sum();
        add(&mut scores, "words_per_question", words as f64);
    }
    let mail = Wording::of(&gold.inquiry.body);
    let mut unsupported = 0.0;
    for told in asked.iter().flat_map(|found| &found.sentences) {
        let quotes: Vec<&str> = told.citations.iter().map(|(_, quote)| quote.as_str()).collect();
        let held = Wording::of(&quotes.join("\n"));
        for value in values(&told.text) {
            if told.support != "computed" && !held.holds_value(&value) && !mail.holds_value(&value)
            {
                unsupported += 1.0;
                remarks.push(format!("unsupported number: {}", told.text));
            }
        }
    }
    scores.insert("unsupported_numbers".to_owned(), Share { sum: unsupported, of: 0.0 });
    let own = text_of(draft, "institution");
    let foreign =
        evidence.values().filter(|(_, owner, _)| owner.as_ref().is_some_and(|it| *it != own));
    scores.insert("foreign_passages".to_owned(), Share { sum: foreign.count() as f64, of: 0.0 });
    scores.insert("lix".to_owned(), Share::one(lix(&text_of(draft, "reply"))));
    let part = ("part".to_owned(), gold.part.name().to_owned());
    let channel = ("channel".to_owned(), gold.channel().to_owned());
    Unit {
        id: gold.id.clone(),
        text: gold.inquiry.subject.clone().unwrap_or_default(),
        slices: BTreeMap::from([part, channel]),
        scores,
        paragraph: text_of(draft, "reply"),
        outcome: None,
        strength: None,
        remarks,
    }
}

/// Björnsson's LIX: words a sentence plus the per cent of words over six letters.
fn lix(text: &str) -> f64 {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let sentences = crate::language::sentences(text).len().max(1);
    let long = words.iter().filter(|word| word.chars().count() > 6).count();
    let count = words.len().max(1) as f64;
    count / sentences as f64 + 100.0 * long as f64 / count
}
