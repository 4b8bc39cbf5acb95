//! Drafts judged against the gold set, from their JSON alone.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value as Json;

use crate::draft::Outcome;
use crate::evaluation::gold::{GoldInquiry, GoldQuestion, Must, MustNot, NeverKind, Relevant};
use crate::evaluation::matching::{Match, best_match};
use crate::evaluation::wording::{Wording, content};
use crate::evaluation::{Share, Unit};
use crate::language::{lexicon, lix, values};
use crate::privacy;

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
    let matches: Vec<Option<Match>> =
        asked.iter().map(|found| best_match(&found.from, &found.text, &gold.questions)).collect();
    let subject = gold.inquiry.subject.as_deref().unwrap_or_default();
    let bench = Bench {
        judge,
        mail: Wording::of(&format!("{subject}\n{}", gold.inquiry.body)),
        evidence: evidence(draft),
        reply: Wording::of(&text_of(draft, "reply")),
        is_judged: gold.questions.iter().any(|question| !question.relevant.is_empty()),
    };
    let flagged = may_ask(draft);
    let mut units: Vec<Unit> = Vec::with_capacity(gold.questions.len() + 1);
    for (at, question) in gold.questions.iter().enumerate() {
        let mut found: Vec<(&Match, &Asked)> = matches
            .iter()
            .zip(&asked)
            .filter_map(|(matched, asked)| Some((matched.as_ref()?, asked)))
            .filter(|(matched, _)| matched.question == at)
            .collect();
        found.sort_by(|a, b| b.0.order(a.0));
        let found: Vec<&Asked> = found.into_iter().map(|(_, asked)| asked).collect();
        let mut unit = unit(&bench, gold, question, &found);
        if !question.implied {
            let alone = std::slice::from_ref(question);
            let shown = !unit.paragraph.is_empty()
                || flagged.iter().any(|text| best_match(text, text, alone).is_some());
            unit.scores.insert("accounted".to_owned(), Share::one(f64::from(shown)));
        }
        units.push(unit);
    }
    let mut whole = whole(&bench, gold, draft, &asked, &matches);
    for text in &flagged {
        let asks = best_match(text, text, &gold.questions).is_some();
        add(&mut whole.scores, "flagged_precision", f64::from(asks));
    }
    units.push(whole);
    units
}

/// What every question of one draft is judged with.
struct Bench<'a> {
    judge: &'a Judge<'a>,
    /// What the customer wrote: no answer to it.
    mail: Wording,
    evidence: BTreeMap<String, Passage>,
    reply: Wording,
    /// Whether anyone judged passages for this inquiry.
    is_judged: bool,
}

/// A passage as the draft's JSON tells it.
struct Passage {
    document: String,
    owner: Option<String>,
    text: String,
}

/// The highest grade that a passage was given for a question; 0 where nobody gave it one.
pub(crate) fn grade(question: &GoldQuestion, document: &str, text: &str) -> i32 {
    let held = question.relevant.iter().filter(|it| resolves(it, document, text));
    held.map(|it| it.grade).max().unwrap_or(0)
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

fn evidence(draft: &Json) -> BTreeMap<String, Passage> {
    list(draft, "evidence")
        .iter()
        .map(|hit| {
            let owner = hit.get("institution").and_then(Json::as_str).map(str::to_owned);
            let passage =
                Passage { document: text_of(hit, "document"), owner, text: text_of(hit, "text") };
            (text_of(hit, "passage_id"), passage)
        })
        .collect()
}

/// The words that the draft shows as what may ask too.
fn may_ask(draft: &Json) -> Vec<String> {
    list(draft, "may_ask").iter().map(|one| text_of(one, "text")).collect()
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

fn unit(bench: &Bench<'_>, gold: &GoldInquiry, question: &GoldQuestion, found: &[&Asked]) -> Unit {
    let sentences: Vec<&Told> = found.iter().flat_map(|asked| &asked.sentences).collect();
    let paragraph = sentences.iter().map(|told| told.text.as_str()).collect::<Vec<_>>().join(" ");
    let outcome = found.first().map_or("missed", |asked| asked.outcome.as_str()).to_owned();
    let mut scores = BTreeMap::new();
    let mut remarks = Vec::new();
    if !question.implied {
        scores.insert("question_recall".to_owned(), Share::one(f64::from(!found.is_empty())));
        let said = f64::from(!paragraph.is_empty());
        scores.insert("accounted_in_reply".to_owned(), Share::one(said));
    }
    scores
        .insert("outcome_accuracy".to_owned(), Share::one(f64::from(is_right(question, &outcome))));
    musts(bench, question, &paragraph, &mut scores, &mut remarks);
    must_nots(question, &sentences, &mut scores, &mut remarks);
    citations(bench, question, &sentences, &mut scores);
    useful(bench, question, &sentences, &mut scores);
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
        0..=30 => "0 to 30 words",
        31..=90 => "31 to 90 words",
        _ => "91 words and more",
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

/// How well a text makes a point.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Made {
    /// The weight of the point's words that stand in the text.
    share: f64,
    /// Whether all of its numbers and codes do.
    exact: bool,
    /// Whether the point says more than the customer did; if not, any text makes it.
    says_more: bool,
}

impl Made {
    fn is_strict(self) -> bool {
        self.share >= STRICT_MIN && self.exact
    }

    fn partial(self) -> f64 {
        match (self.is_strict(), self.share >= PARTIAL_MIN) {
            (true, _) => 1.0,
            (false, true) => 0.5,
            (false, false) => 0.0,
        }
    }
}

/// What the customer wrote is no answer and does not count.
fn point(bench: &Bench<'_>, must: &Must, text: &Wording) -> Made {
    if let Some(groups) = &must.groups {
        let met = groups.iter().all(|group| group.iter().any(|alternative| text.says(alternative)));
        return Made { share: f64::from(met), exact: true, says_more: true };
    }
    let words: Vec<_> =
        content(&must.text).into_iter().filter(|word| !bench.mail.holds(word)).collect();
    let wanted: Vec<_> =
        values(&must.text).into_iter().filter(|value| !bench.mail.holds_value(value)).collect();
    let (mut held, mut total) = (0.0, 0.0);
    for word in &words {
        let weight = (bench.judge.idf)(&word.stem);
        total += weight;
        held += if text.holds(word) { weight } else { 0.0 };
    }
    Made {
        share: if total > 0.0 { held / total } else { 1.0 },
        exact: wanted.iter().all(|value| text.holds_value(value)),
        says_more: !words.is_empty() || !wanted.is_empty(),
    }
}

fn musts(
    bench: &Bench<'_>,
    question: &GoldQuestion,
    paragraph: &str,
    scores: &mut BTreeMap<String, Share>,
    remarks: &mut Vec<String>,
) {
    let text = Wording::of(paragraph);
    let judged: Vec<String> = question
        .relevant
        .iter()
        .filter(|it| it.grade >= 1)
        .map(|it| (bench.judge.judged_text)(it))
        .collect();
    let ceiling = Wording::of(&judged.join("\n"));
    let by_source = matches!(question.answerable.as_str(), "guide" | "drejebog");
    for must in question.must.iter().filter(|must| must.vital) {
        // A point that only repeats the mail is still not made by saying nothing.
        let made = Some(point(bench, must, &text)).filter(|_| !paragraph.is_empty());
        let strict = made.is_some_and(Made::is_strict);
        if by_source {
            let reply = point(bench, must, &bench.reply).is_strict();
            add(scores, "must_recall_strict", f64::from(strict));
            add(scores, "must_recall_partial", made.map_or(0.0, Made::partial));
            add(scores, "must_recall_reply", f64::from(reply));
            add(scores, "must_ceiling", f64::from(point(bench, must, &ceiling).is_strict()));
        } else {
            add(scores, "must_recall_other", f64::from(strict));
        }
        if !strict {
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
        let never = must_not.patterns();
        let broken = sentences.iter().find(|told| breaks(must_not, &never, told));
        add(scores, "must_not_rate", f64::from(broken.is_some()));
        if let Some(told) = broken {
            remarks.push(format!("must not ({}): {}", must_not.text, told.text));
        }
    }
}

fn breaks(must_not: &MustNot, never: &[Regex], told: &Told) -> bool {
    const NEGATIONS: [&str; 5] = ["ikke", "ingen", "intet", "aldrig", "hverken"];
    let lower = told.text.to_lowercase();
    let negated = lower.split(|c: char| !c.is_alphanumeric()).any(|word| NEGATIONS.contains(&word));
    let said = !negated && never.iter().any(|pattern| pattern.is_match(&told.text));
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
        NeverKind::Account => {
            found(privacy::FindingKind::Account) || found(privacy::FindingKind::Iban)
        }
        NeverKind::Phone => values(text).iter().any(|value| {
            value.kind == ValueKind::Number && value.norm.len() == 8 && !value.norm.contains('.')
        }),
        NeverKind::Pkat => values(text).iter().any(|value| value.norm.starts_with("pkat")),
        NeverKind::Person => names_a_person(text),
    }
}

/// Two capitalised words side by side within the sentence that are no term of the trade, such as
/// Udbetaling Danmark.
fn names_a_person(text: &str) -> bool {
    let is_name = |word: &str| {
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase)
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).skip(1).any(|pair| {
        pair.iter().all(|word| is_name(word)) && lexicon().terms_in(&pair.join(" ")).is_empty()
    })
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
    bench: &Bench<'_>,
    question: &GoldQuestion,
    sentences: &[&Told],
    scores: &mut BTreeMap<String, Share>,
) {
    let mut cited: BTreeSet<&str> = BTreeSet::new();
    for told in sentences {
        for (passage, quote) in &told.citations {
            cited.insert(passage);
            let text = bench.evidence.get(passage).map_or("", |held| held.text.as_str());
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
    // Where nobody judged any passage of the inquiry, nothing is known of those cited.
    for passage in cited.into_iter().filter(|_| bench.is_judged) {
        let judged = bench.evidence.get(passage).is_some_and(|held| {
            let relevant = question.relevant.iter().filter(|it| it.grade >= 1);
            relevant.into_iter().any(|it| resolves(it, &held.document, &held.text))
        });
        add(scores, "citation_precision", f64::from(judged));
    }
}

/// A sentence is useful that makes a point alone, or quotes a judged passage.
fn useful(
    bench: &Bench<'_>,
    question: &GoldQuestion,
    sentences: &[&Told],
    scores: &mut BTreeMap<String, Share>,
) {
    let judged: Vec<String> = question
        .relevant
        .iter()
        .filter(|it| it.grade >= 1)
        .map(|it| (bench.judge.judged_text)(it))
        .collect();
    for told in sentences {
        let text = Wording::of(&told.text);
        let makes_point = question.must.iter().any(|must| {
            let made = point(bench, must, &text);
            made.is_strict() && made.says_more
        });
        let quotes_judged = told.citations.iter().any(|(_, quote)| {
            !quote.trim().is_empty() && judged.iter().any(|text| text.contains(quote.as_str()))
        });
        add(scores, "useful_sentences", f64::from(makes_point || quotes_judged));
    }
}

/// What belongs to the draft as a whole.
fn whole(
    bench: &Bench<'_>,
    gold: &GoldInquiry,
    draft: &Json,
    asked: &[Asked],
    matches: &[Option<Match>],
) -> Unit {
    let mut scores = BTreeMap::new();
    let mut remarks = Vec::new();
    for (found, matched) in asked.iter().zip(matches) {
        let question = matched.and_then(|it| gold.questions.get(it.question));
        // One that is not asked in words may be found or not: it is neither right nor wrong.
        if question.is_none_or(|question| !question.implied) {
            add(&mut scores, "question_precision", f64::from(question.is_some()));
        }
        if question.is_none() {
            remarks.push(format!("not a question: {}", found.text));
        }
        let words: usize =
            found.sentences.iter().map(|told| told.text.split_whitespace().count()).sum();
        add(&mut scores, "words_per_question", words as f64);
    }
    let mut unsupported = 0.0;
    for told in asked.iter().flat_map(|found| &found.sentences) {
        let quotes: Vec<&str> = told.citations.iter().map(|(_, quote)| quote.as_str()).collect();
        let held = Wording::of(&quotes.join("\n"));
        for value in values(&told.text) {
            if told.support != "computed"
                && !held.holds_value(&value)
                && !bench.mail.holds_value(&value)
            {
                unsupported += 1.0;
                remarks.push(format!("unsupported number: {}", told.text));
            }
        }
    }
    scores.insert("unsupported_numbers".to_owned(), Share { sum: unsupported, of: 0.0 });
    let own = text_of(draft, "institution");
    let foreign =
        bench.evidence.values().filter(|it| it.owner.as_ref().is_some_and(|it| *it != own));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evaluation::read_gold;

    const BODY: &str = "Hej\n\nAnna mangler 450 kr. netto. Skal vi sende en ny blanket? \
        Hvornår får vi besked om lønnen? Vi venter på jer.\n\nHilsen Bente";
    const BLANKET: &str = "Skal vi sende en ny blanket?";
    const LETTER: &str = "Hvornår får vi besked om lønnen?";
    const GUIDE: &str = "SAM finder selv den oprindelige sag. Kunden får besked i Serviceportalen \
        senest 4. maj 2025.";

    fn gold(questions: &Json) -> GoldInquiry {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gold.jsonl");
        let line = json!({
            "id": "H1", "subject": "Fejl i sag 4711", "body": BODY, "questions": questions,
        });
        std::fs::write(&file, line.to_string()).unwrap();
        read_gold(&[file]).unwrap().inquiries.remove(0)
    }

    /// A question found in these words, answered by these sentences.
    fn found(from: &str, outcome: &str, sentences: &[Json]) -> Json {
        let start = BODY.split_once(from).unwrap().0.chars().count();
        json!({
            "text": from, "from": [start, start + from.chars().count()], "outcome": outcome,
            "strength": 0.5, "sentences": sentences,
        })
    }

    fn said(text: &str) -> Json {
        json!({ "text": text, "support": "phrase", "citations": [] })
    }

    fn cited(text: &str, passage: &str, quote: &str) -> Json {
        let citation = json!({ "passage_id": passage, "quote": quote });
        json!({ "text": text, "support": "cited", "citations": [citation] })
    }

    fn draft(questions: &[Json]) -> Json {
        let hit = |id: &str, document: &str, owner: Option<&str>, text: &str| json!({ "passage_id": id, "document": document, "institution": owner, "text": text });
        json!({
            "institution": "Rigsarkivet", "questions": questions,
            "reply": "Hej Bente. Sagen genoptages af Kundebetjening.",
            "evidence": [
                hit("p1", "fejl.md", None, GUIDE),
                hit("p2", "ferie.md", None, "Ferie afregnes på løndel 5001."),
                hit("p3", "drejebog.md", Some("Rigsarkivet"), "Rigsarkivet er regnskabskunde."),
            ],
        })
    }

    /// Words are equally rare, but for those of `blanket`.
    fn judged(gold: &GoldInquiry, draft: &Json) -> Vec<Unit> {
        let idf = |stem: &str| if stem.starts_with("portal") { 5.0 } else { 1.0 };
        let judged_text = |_: &Relevant| GUIDE.to_owned();
        judge(&Judge { idf: &idf, judged_text: &judged_text }, gold, draft)
    }

    /// The sum and count of a measure, over all units.
    #[track_caller]
    fn check(units: &[Unit], measure: &str, sum: f64, of: f64) {
        let shares: Vec<Share> =
            units.iter().filter_map(|unit| unit.scores.get(measure).copied()).collect();
        let found = shares.iter().fold((0.0, 0.0), |(s, o), it| (s + it.sum, o + it.of));
        assert_eq!(found, (sum, of), "{measure}");
    }

    fn question(answerable: &str, more: &Json) -> Json {
        let mut question = json!({
            "n": 1, "text": "Ny blanket?", "from": [BLANKET], "answerable": answerable,
        });
        for (key, value) in more.as_object().unwrap() {
            question[key] = value.clone();
        }
        question
    }

    /// One gold question, and the paragraph that answers it.
    fn one(answerable: &str, more: &Json, sentences: &[Json]) -> Vec<Unit> {
        let gold = gold(&json!([question(answerable, more)]));
        judged(&gold, &draft(&[found(BLANKET, "answered", sentences)]))
    }

    #[test]
    fn a_found_question_is_the_one_it_shares_most_words_with() {
        let gold = gold(&json!([
            { "n": 1, "text": "a", "from": [BLANKET], "answerable": "guide" },
            { "n": 2, "text": "b", "from": [LETTER, "besked"], "answerable": "guide" },
            { "n": 3, "text": "c", "from": ["Hvad koster en parkeringsplads?"], "answerable": "afvis" },
        ]));
        let questions = [
            found("sende en ny blanket", "answered", &[said("Nej.")]),
            found("Skal vi sende en ny", "no_evidence", &[]),
            found("får vi besked om lønnen", "refused", &[]),
            found("Vi venter på jer", "answered", &[]),
        ];
        let units = judged(&gold, &draft(&questions));
        // Two found questions are one gold question: it counts once and costs no precision.
        check(&units, "question_precision", 3.0, 4.0);
        check(&units, "question_recall", 2.0, 3.0);
        check(&units, "outcome_accuracy", 1.0, 3.0);
        check(&units, "accounted", 1.0, 3.0);
        let outcomes: Vec<_> = units.iter().filter_map(|unit| unit.outcome.clone()).collect();
        let came: Vec<&str> = outcomes.iter().map(|(_, came)| came.as_str()).collect();
        assert_eq!(came, ["answered", "refused", "missed"]);
        assert_eq!(units[3].remarks, ["not a question: Vi venter på jer"]);
    }

    #[test]
    fn what_is_shown_as_what_may_ask_accounts_for_its_question() {
        let gold = gold(&json!([
            { "n": 1, "text": "a", "from": [BLANKET], "answerable": "guide" },
            { "n": 2, "text": "b", "from": ["Hvad koster en parkeringsplads?"], "answerable": "afvis" },
            { "n": 3, "text": "c", "from": ["Hvem lukker porten?"], "answerable": "guide" },
        ]));
        let mut draft = draft(&[found("sende en ny blanket", "answered", &[said("Nej.")])]);
        draft["may_ask"] = json!([
            { "text": "Hvad koster en parkeringsplads?", "from": [0, 1] },
            { "text": "Vi glæder os til sommer.", "from": [0, 1] },
        ]);
        let units = judged(&gold, &draft);
        check(&units, "accounted", 2.0, 3.0);
        check(&units, "accounted_in_reply", 1.0, 3.0);
        check(&units, "flagged_precision", 1.0, 2.0);
    }

    #[test]
    fn a_question_not_asked_in_words_counts_in_outcomes_alone() {
        let gold = gold(&json!([
            { "n": 1, "text": "a", "from": [BLANKET], "answerable": "guide" },
            { "n": 2, "text": "Anna mangler 450 kr. - hvad nu?", "from": [], "implied": true,
              "answerable": "sagsopslag" },
        ]));
        let hint = found("Anna mangler 450 kr. netto", "needs_case_lookup", &[]);
        let units = judged(&gold, &draft(&[hint]));
        check(&units, "question_precision", 0.0, 0.0);
        check(&units, "question_recall", 0.0, 1.0);
        check(&units, "outcome_accuracy", 1.0, 2.0);
    }

    #[test]
    fn a_further_outcome_is_right_too() {
        check(&one("drejebog", &json!({}), &[]), "outcome_accuracy", 0.0, 1.0);
        let also = json!({ "also": ["guide"] });
        check(&one("drejebog", &also, &[]), "outcome_accuracy", 1.0, 1.0);
    }

    #[test]
    fn a_point_is_made_by_half_of_its_words() {
        let must = json!({ "must": [
            { "text": "kunden får besked i portalen", "vital": true },
            { "text": "uvigtigt", "vital": false },
        ]});
        let strict = |text: &str, strict: f64, partial: f64| {
            let units = one("guide", &must, &[said(text)]);
            check(&units, "must_recall_strict", strict, 1.0);
            check(&units, "must_recall_partial", partial, 1.0);
            check(&units, "must_recall_reply", 0.0, 1.0);
            check(&units, "must_recall_other", 0.0, 0.0);
        };
        // "besked" is the customer's own word; "portalen" weighs five times "kunden".
        strict("Svaret står i portalerne.", 1.0, 1.0);
        strict("I får besked som kunder.", 0.0, 0.0);
        strict("Der gives besked.", 0.0, 0.0);
        check(&one("guide", &must, &[]), "must_recall_strict", 0.0, 1.0);
        let other = one("sagsopslag", &must, &[said("Svaret står i portalen.")]);
        check(&other, "must_recall_other", 1.0, 1.0);
        check(&other, "must_recall_strict", 0.0, 0.0);
        assert_eq!(one("guide", &must, &[])[0].remarks, ["not met: kunden får besked i portalen"]);
    }

    #[test]
    fn a_point_may_be_made_in_part_or_by_the_rest_of_the_reply() {
        let must =
            json!({ "must": [{ "text": "kundebetjening genoptager rettelsen", "vital": true }] });
        let units = one("guide", &must, &[said("Kundebetjening svarer.")]);
        check(&units, "must_recall_strict", 0.0, 1.0);
        check(&units, "must_recall_partial", 0.5, 1.0);
        check(&units, "must_recall_reply", 1.0, 1.0);
    }

    #[test]
    fn every_number_of_a_point_must_stand_in_any_writing() {
        let must = json!({ "must": [{ "text": "fristen er 2/8-2022 i sag 4711", "vital": true }] });
        let met = |text: &str, met: f64| {
            check(&one("guide", &must, &[said(text)]), "must_recall_strict", met, 1.0);
        };
        met("Fristen er 2. august 2022.", 1.0);
        met("Fristen er 3. august 2022.", 0.0);
        met("Fristen er snart.", 0.0);
    }

    #[test]
    fn a_point_that_only_repeats_the_mail_is_made_by_any_answer() {
        let must = json!({ "must": [{ "text": "Anna mangler 450 kr.", "vital": true }] });
        let units = one("guide", &must, &[said("Ja.")]);
        check(&units, "must_recall_strict", 1.0, 1.0);
        check(&units, "useful_sentences", 0.0, 1.0);
        check(&one("guide", &must, &[]), "must_recall_strict", 0.0, 1.0);
    }

    #[test]
    fn groups_of_alternatives_take_the_place_of_overlap() {
        let must = json!({ "must": [{ "text": "meldes uden blanket på telefon", "vital": true,
            "match": [["uden", "ingen"], ["blanket", "blanketten"], ["telefon", "3392 9800"]] }]});
        let met = |text: &str, met: f64| {
            let units = one("guide", &must, &[said(text)]);
            check(&units, "must_recall_strict", met, 1.0);
            check(&units, "must_recall_partial", met, 1.0);
        };
        met("Ring på 33 92 98 00, der skal ingen blanket til.", 1.0);
        met("Meld den på telefon og send blanketten.", 0.0);
    }

    #[test]
    fn the_judged_passages_show_what_could_be_said() {
        let more = json!({
            "must": [{ "text": "SAM finder selv sagen", "vital": true },
                     { "text": "advokaten afgør erstatningskravet", "vital": true }],
            "relevant": [{ "document": "fejl.md", "quote": "SAM finder selv", "grade": 2 }],
        });
        check(&one("guide", &more, &[]), "must_ceiling", 1.0, 2.0);
    }

    #[test]
    fn what_must_not_be_said_is_found_unless_denied() {
        let pattern = json!({ "must_not": [
            { "text": "love aconto", "never": ["(?i)udbetaler [^.]*aconto"] },
            { "text": "skrive for bredt" },
        ]});
        let broken = |text: &str, broken: f64| {
            let units = one("guide", &pattern, &[said("Ja."), said(text)]);
            check(&units, "must_not_rate", broken, 1.0);
            check(&units, "must_not_unscored", 1.0, 0.0);
        };
        broken("Vi udbetaler beløbet som aconto.", 1.0);
        broken("Vi udbetaler ikke beløbet som aconto.", 0.0);
        broken("Aconto er under grænsen.", 0.0);
    }

    #[test]
    fn some_values_may_not_stand_without_a_citation() {
        let broken = |kind: &str, sentence: Json, broken: f64| {
            let never = json!({ "must_not": [{ "text": "x", "never_kind": kind }] });
            check(&one("guide", &never, &[sentence]), "must_not_rate", broken, 1.0);
        };
        let date = "Det sker den 4. maj 2025.";
        broken("date", said(date), 1.0);
        broken("date", cited(date, "p1", "senest 4. maj 2025"), 0.0);
        broken("date", said("Det sker snart."), 0.0);
        broken("amount", said("I får 620 kr. netto."), 1.0);
        broken("cpr", said("Personen er 251248-9996."), 1.0);
        broken("phone", said("Ring på 33 92 98 00."), 1.0);
        broken("pkat", said("Brug PKAT 026."), 1.0);
        broken("person", said("Skriv til Bente Prøvesen om sagen."), 1.0);
        broken("person", said("Skriv til Udbetaling Danmark om sagen."), 0.0);
        broken("person", said("Skriv til HR om sagen."), 0.0);
    }

    #[test]
    fn citations_are_checked_against_passages_and_judgements() {
        let relevant = json!({ "relevant": [
            { "document": "fejl.md", "quote": "finder selv den oprindelige sag", "grade": 2 },
            { "document": "ferie.md", "quote": "Ferie afregnes på løndel 5001", "grade": 0 },
        ]});
        let sentences = [
            cited("SAM finder selv sagen.", "p1", "SAM finder selv den oprindelige sag."),
            cited("I får besked senest 5. maj 2025.", "p1", "Kunden får besked"),
            cited("Ferie afregnes særskilt.", "p2", "Ferie afregnes på løndel 5002."),
            cited("Sagen genoptages.", "p9", ""),
            said("Ring på 33 92 98 00."),
        ];
        let units = one("guide", &relevant, &sentences);
        check(&units, "quote_verbatim", 2.0, 4.0);
        // p1 is judged; p2 is judged of no use; p9 is not there.
        check(&units, "citation_precision", 1.0, 3.0);
        // The second lacks its date, the fourth all of its words.
        check(&units, "citation_recall", 2.0, 4.0);
        check(&units, "useful_sentences", 2.0, 5.0);
        check(&one("guide", &json!({}), &sentences), "citation_precision", 0.0, 0.0);
    }

    #[test]
    fn most_of_a_judged_quote_is_enough_in_the_same_document() {
        let relevant = |document: &str| Relevant {
            document: document.to_owned(),
            quote: "SAM finder på egen hånd den oprindelige sag ud fra fejlindmeldelsen".to_owned(),
            grade: 1,
        };
        let text = "SAM finder hånd i hånd den oprindelige sag.";
        assert!(resolves(&relevant("a.md"), "a.md", text));
        assert!(!resolves(&relevant("a.md"), "b.md", text));
        assert!(!resolves(&relevant("a.md"), "a.md", "SAM finder andre sager."));
    }

    #[test]
    fn numbers_need_a_quote_a_rule_or_the_mail() {
        let computed =
            json!({ "text": "Fristen er 7. maj 2025.", "support": "computed", "citations": [] });
        let sentences = [
            cited("Besked senest 4. maj 2025.", "p1", "senest 4. maj 2025"),
            said("De 450 kr. i sag 4711 er under 500 kr., jf. § 56."),
            computed,
        ];
        let units = one("guide", &json!({}), &sentences);
        check(&units, "unsupported_numbers", 2.0, 0.0);
    }

    #[test]
    fn a_passage_of_another_institution_is_counted() {
        let gold = gold(&json!([question("guide", &json!({}))]));
        let mut draft = draft(&[]);
        check(&judged(&gold, &draft), "foreign_passages", 0.0, 0.0);
        draft["institution"] = json!("Ankestyrelsen");
        check(&judged(&gold, &draft), "foreign_passages", 1.0, 0.0);
        draft["institution"] = Json::Null;
        check(&judged(&gold, &draft), "foreign_passages", 1.0, 0.0);
    }
}
