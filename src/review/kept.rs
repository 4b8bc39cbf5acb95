//! A draft as it is kept: what the rest of review needs of the JSON that was answered.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;

use crate::draft::{Check, Cost, Maker, Outcome, older_sources, paragraph};
use crate::passages::PassageId;
use crate::sources::Kind;
use crate::terms::{Audience, Day, State};

/// What a kept sentence rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Quotes from passages.
    Cited,
    /// A fixed phrase.
    Phrase,
    /// A dated rule.
    Computed,
    /// The inquiry's own words.
    Inquiry,
}

/// A quote that a kept sentence rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptCitation {
    /// The passage.
    pub passage_id: PassageId,
    /// The quote, letter for letter.
    pub quote: String,
}

/// A sentence of a kept reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptSentence {
    /// Its id within the draft.
    pub id: String,
    /// Its text.
    pub text: String,
    /// What it rests on.
    pub support: Ground,
    /// Its quotes.
    #[serde(default)]
    pub citations: Vec<KeptCitation>,
    /// The phrase or the dated rule.
    #[serde(default)]
    pub rule: Option<String>,
}

/// A question of a kept draft, and what became of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct KeptAnswer {
    /// Its number in the customer's order.
    pub n: usize,
    /// The question.
    pub text: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How strong the evidence was, from 0 to 1.
    #[serde(default)]
    pub strength: f32,
    /// The paragraph of the reply.
    #[serde(default)]
    pub sentences: Vec<KeptSentence>,
}

impl KeptAnswer {
    /// Whether a source answers it.
    pub fn is_answered(&self) -> bool {
        matches!(self.outcome, Outcome::Answered | Outcome::AnsweredByDrejebog)
    }

    /// Whether somebody must still do something before it has its answer.
    pub fn is_open(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::NoEvidence | Outcome::NeedsClarification | Outcome::NeedsCaseLookup
        )
    }
}

/// A next step of a kept reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptStep {
    /// Its id within the draft.
    pub id: String,
    /// The step, as it stands in the reply.
    pub text: String,
    /// The day it falls on.
    #[serde(default)]
    pub date: Option<Day>,
    /// The passages that state its rule.
    #[serde(default)]
    pub citations: Vec<KeptCitation>,
}

/// A passage that a kept draft quotes, or that stood next.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptPassage {
    /// The passage.
    pub passage_id: PassageId,
    /// The document it stands in.
    pub document: String,
    /// The document's title.
    pub title: String,
    /// What the document is.
    pub kind: Kind,
    /// The institution that owns it; missing for general sources.
    #[serde(default)]
    pub institution: Option<String>,
    /// Whom it is written for.
    #[serde(default)]
    pub audience: Audience,
    /// The first day on which it holds.
    #[serde(default)]
    pub valid_from: Option<Day>,
    /// The last day on which it holds.
    #[serde(default)]
    pub valid_to: Option<Day>,
    /// Its state on the draft's day.
    pub state: State,
    /// Its text.
    pub text: String,
}

impl KeptPassage {
    /// Whether a reply may say what stands in it.
    pub fn is_quotable(&self) -> bool {
        self.state == State::Current && self.audience == Audience::Customer
    }
}

/// A draft as it is kept; fields that review has no use for are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct KeptDraft {
    /// Its id.
    pub id: String,
    /// The institution by the register's name, where it is known.
    #[serde(default)]
    pub institution: Option<String>,
    /// The day on which its sources held.
    pub day: Day,
    /// Who made it.
    pub maker: Maker,
    /// The questions, in the customer's order.
    pub questions: Vec<KeptAnswer>,
    /// How the reply opens.
    #[serde(default)]
    pub greeting: Vec<KeptSentence>,
    /// How it ends.
    #[serde(default)]
    pub closing: Vec<KeptSentence>,
    /// What follows, with days.
    #[serde(default)]
    pub next_steps: Vec<KeptStep>,
    /// The letter as it was suggested.
    pub reply: String,
    /// For the caseworker only.
    #[serde(default)]
    pub internal_note: String,
    /// The passages that were quoted, and those that stood next.
    #[serde(default)]
    pub evidence: Vec<KeptPassage>,
    /// What was checked.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What it cost.
    #[serde(default)]
    pub cost: Cost,
}

impl KeptDraft {
    /// The draft in the JSON that was kept.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Every sentence of the reply, from the greeting to the closing, without the next steps.
    pub fn sentences(&self) -> impl Iterator<Item = &KeptSentence> {
        let answers = self.questions.iter().flat_map(|answer| &answer.sentences);
        self.greeting.iter().chain(answers).chain(&self.closing)
    }

    /// Every citation of the reply, with the text that rests on it.
    pub fn citations(&self) -> impl Iterator<Item = (&str, &KeptCitation)> {
        let said = self.sentences().map(|sentence| (&sentence.text, &sentence.citations));
        let steps = self.next_steps.iter().map(|step| (&step.text, &step.citations));
        said.chain(steps).flat_map(|(text, citations)| {
            citations.iter().map(move |citation| (text.as_str(), citation))
        })
    }

    /// The passages that the reply cites.
    pub fn cited(&self) -> BTreeSet<&PassageId> {
        self.citations().map(|(_, citation)| &citation.passage_id).collect()
    }

    /// The passage of this id, if it is among the evidence.
    pub fn passage(&self, id: &PassageId) -> Option<&KeptPassage> {
        self.evidence.iter().find(|passage| passage.passage_id == *id)
    }

    /// The documents that the reply cites.
    pub fn documents_cited(&self) -> BTreeSet<&str> {
        let cited = self.cited();
        let passages = self.evidence.iter().filter(|it| cited.contains(&it.passage_id));
        passages.map(|passage| passage.document.as_str()).collect()
    }

    /// Whether the reply cites what belongs to one institution: its drejebog or its past cases.
    pub fn cites_own_sources(&self) -> bool {
        let cited = self.cited();
        let mut passages = self.evidence.iter().filter(|it| cited.contains(&it.passage_id));
        passages.any(|passage| passage.institution.is_some())
    }

    /// The questions that still need somebody before they have their answer.
    pub fn open_questions(&self) -> impl Iterator<Item = &KeptAnswer> {
        self.questions.iter().filter(|answer| answer.is_open())
    }

    /// The answered question with the weakest evidence; the first of them, if several are equal.
    pub fn weakest(&self) -> Option<&KeptAnswer> {
        let answered = self.questions.iter().filter(|answer| answer.is_answered());
        answered.min_by(|a, b| a.strength.total_cmp(&b.strength))
    }

    /// The documents that the internal note names as outdated and yet saying something of the
    /// matter.
    pub fn older_sources(&self) -> Vec<&str> {
        older_sources(&self.internal_note)
    }

    /// Whether the inquiry asks to change where money goes.
    pub fn moves_money(&self) -> bool {
        self.checks.iter().any(|check| check.code == "payment_change" && !check.ok)
    }

    /// Where the paragraph of each question stands in the suggested reply, in bytes, by the
    /// question's number; a question without a paragraph has none.
    pub fn paragraphs(&self) -> Vec<(usize, Option<Range<usize>>)> {
        let mut from = 0;
        let mut found = Vec::new();
        // An older draft may break its lines elsewhere.
        let flat = |text: &str| text.replace('\n', " ");
        let reply = flat(&self.reply);
        for answer in &self.questions {
            let sentences = answer.sentences.iter().map(|sentence| sentence.text.as_str());
            let text = flat(&paragraph(sentences));
            let rest = reply.get(from..).unwrap_or_default();
            let at = rest.find(&text).filter(|_| !text.is_empty()).map(|at| from + at);
            let range = at.map(|at| at..at + text.len());
            from = range.as_ref().map_or(from, |range| range.end);
            found.push((answer.n, range));
        }
        found
    }
}

#[cfg(test)]
pub(crate) mod made {
    //! Drafts for the tests of review.

    use serde_json::{Value, json};

    use crate::review::kept::KeptDraft;

    /// Two questions, one answered from a guide and one without evidence, and a next step.
    pub(crate) fn json() -> Value {
        let fee = "Aconto udbetales fra 500 kr. netto.";
        let step = "Nyt sygefravær meldes senest den 1. december 2025.";
        let open = "Det finder vi ikke svar på, så vi undersøger det og vender tilbage.";
        json!({
            "id": "d1", "institution": "Kystmuseet", "day": "2025-11-10", "maker": "extractive",
            "questions": [
                { "n": 1, "text": "Hvornår kan vi få aconto?", "from": [0, 5],
                  "outcome": "answered", "reason": "", "strength": 0.8, "sentences": [
                    { "id": "q1s1", "text": fee, "support": "cited", "rule": null,
                      "citations": [{ "passage_id": "p1", "quote": fee }] }] },
                { "n": 2, "text": "Hvem lukker hans nøglekort?", "outcome": "no_evidence",
                  "reason": "", "strength": 0.1, "sentences": [
                    { "id": "q2s1", "text": open, "support": "phrase", "citations": [],
                      "rule": "prompts/reply/no_evidence.j2" }] },
            ],
            "greeting": [
                { "id": "g1", "text": "Hej", "support": "phrase", "citations": [],
                  "rule": "prompts/reply/greeting.j2" }],
            "closing": [
                { "id": "c1", "text": "Venlig hilsen\n\nKundebetjening\n\nTelefon 0012 3456",
                  "support": "phrase", "citations": [], "rule": "prompts/reply/closing.j2" }],
            "next_steps": [
                { "id": "n1", "text": step, "date": "2025-12-01", "rule": "sick_leave",
                  "citations": [{ "passage_id": "p2", "quote": "Senest 28 dage." }] }],
            "reply": format!(
                "Hej\n\n{fee}\n\n{open}\n\n{step}\n\nVenlig hilsen\n\nKundebetjening\n\nTelefon 0012 3456"
            ),
            "internal_note": "Institution: Kystmuseet\n\n1. Hvornår?\n   - Ældre kilde brugt kun her: »Aconto før« (guider/aconto-2023.md) er afløst af en nyere kilde.",
            "evidence": [
                passage("p1", "guider/aconto.md", &format!("{fee} Ring til 0099 8877. Løndel 2913.")),
                passage("p2", "guider/sygdom.md", "Senest 28 dage."),
                passage("p3", "guider/andet.md", "Se www.statens.example om 15 dage."),
            ],
            "checks": [{ "code": "questions_accounted_for", "sentence": null, "ok": true, "detail": "" }],
            "cost": { "kroner": 0.0, "tokens_in": 0, "tokens_out": 0 },
            "timings_ms": { "all": 1.0 }, "demo": false, "kept": true
        })
    }

    pub(crate) fn passage(id: &str, document: &str, text: &str) -> Value {
        json!({
            "passage_id": id, "document": document, "title": document, "heading": "H",
            "kind": "brugervejledning", "institution": null, "audience": "kunde",
            "valid_from": "2024-01-01", "valid_to": null, "state": "current", "text": text,
            "quotes": [], "score": 1.0, "why": ""
        })
    }

    pub(crate) fn draft(json: Value) -> KeptDraft {
        serde_json::from_value(json).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::made::{draft, json};
    use super::*;

    #[test]
    fn a_kept_draft_tells_what_it_cites_and_what_is_open() {
        let kept = draft(json());
        let cited: Vec<&str> = kept.cited().into_iter().map(|id| id.0.as_str()).collect();
        assert_eq!(cited, ["p1", "p2"]);
        assert_eq!(
            kept.documents_cited().into_iter().collect::<Vec<_>>(),
            ["guider/aconto.md", "guider/sygdom.md"]
        );
        assert_eq!(kept.open_questions().map(|answer| answer.n).collect::<Vec<_>>(), [2]);
        assert_eq!(kept.weakest().map(|answer| answer.n), Some(1));
        assert_eq!(kept.older_sources(), ["guider/aconto-2023.md"]);
        assert!(!kept.moves_money() && !kept.cites_own_sources());
    }

    #[test]
    fn the_paragraph_of_each_question_is_found_in_the_reply() {
        let kept = draft(json());
        let paragraphs = kept.paragraphs();
        let texts: Vec<&str> = paragraphs
            .iter()
            .map(|(_, range)| kept.reply.get(range.clone().unwrap()).unwrap())
            .collect();
        assert_eq!(texts[0], "Aconto udbetales fra 500 kr. netto.");
        assert!(texts[1].starts_with("Det finder vi ikke"));
    }

    #[test]
    fn a_drejebog_that_is_cited_makes_the_reply_the_institutions_own() {
        let mut json = json();
        json["evidence"][0]["institution"] = "Kystmuseet".into();
        assert!(draft(json).cites_own_sources());
    }

    #[test]
    fn what_is_no_draft_is_said() {
        let error = KeptDraft::from_json("{\"id\": \"d1\"}").unwrap_err().to_string();
        assert!(error.contains("day"), "{error}");
    }
}
