//! The gate that every draft passes: quotes, numbers, personal data, owners, days, outcomes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::draft::Answer;
use crate::draft::contacts::{contacts_in, holds};
use crate::draft::deadlines::follows;
use crate::draft::known::Known;
use crate::draft::sentence::{Computation, Sentence, Support};
use crate::passages::PassageId;
use crate::privacy;
use crate::retrieval::Hit;
use crate::terms::{Audience, Scope, State};

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Check {
    /// What was checked, by a stable code.
    pub code: String,
    /// The sentence it is about; missing if it is about the whole draft.
    pub sentence: Option<String>,
    /// Whether it holds.
    pub ok: bool,
    /// What was found, in Danish.
    pub detail: String,
}

impl Check {
    /// A check of the whole draft.
    pub(crate) fn whole(code: &str, ok: bool, detail: impl Into<String>) -> Self {
        Self { code: code.to_owned(), sentence: None, ok, detail: detail.into() }
    }

    fn of(code: &str, sentence: &Sentence, ok: bool, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            sentence: Some(sentence.id().to_owned()),
            ok,
            detail: detail.into(),
        }
    }
}

/// What a draft is checked against.
pub(crate) struct Gate<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) evidence: &'a [Hit],
    pub(crate) inquiry: &'a str,
    /// The phone number that the settings let fixed phrases give.
    pub(crate) phone: &'a str,
}

impl Gate<'_> {
    /// Every check of the sentences and of the outcomes.
    pub(crate) fn check(&self, sentences: &[&Sentence], answers: &[Answer]) -> Vec<Check> {
        let by_id: BTreeMap<&PassageId, &Hit> =
            self.evidence.iter().map(|hit| (&hit.passage_id, hit)).collect();
        let mut checks = Vec::new();
        for sentence in sentences {
            checks.extend(self.quotes(sentence, &by_id));
            checks.push(self.numbers(sentence));
            checks.extend(self.computed(sentence));
            checks.push(self.contacts(sentence, &by_id));
            let numbers = privacy::find(sentence.text());
            let detail = if numbers.is_empty() {
                "Ingen CPR- eller kontonumre."
            } else {
                "Sætningen rummer et CPR- eller kontonummer."
            };
            checks.push(Check::of("no_personal_numbers", sentence, numbers.is_empty(), detail));
        }
        let open: Vec<String> = answers
            .iter()
            .filter(|answer| answer.sentences.is_empty())
            .map(|answer| answer.n.to_string())
            .collect();
        let detail = if open.is_empty() {
            format!("Alle {} spørgsmål har et udfald og et afsnit.", answers.len())
        } else {
            format!("Uden afsnit: spørgsmål {}.", open.join(", "))
        };
        checks.push(Check::whole("questions_accounted_for", open.is_empty(), detail));
        checks
    }

    fn quotes(&self, sentence: &Sentence, by_id: &BTreeMap<&PassageId, &Hit>) -> Vec<Check> {
        let mut checks = Vec::new();
        for citation in sentence.citations() {
            let Some(hit) = by_id.get(citation.passage_id()) else {
                checks.push(Check::of(
                    "quote_verbatim",
                    sentence,
                    false,
                    "Kilden er ikke blandt de fundne.",
                ));
                continue;
            };
            let verbatim = hit.text.contains(citation.quote());
            let own = self.scope.admits(hit.institution.as_deref());
            let current = hit.state == State::Current;
            let open = hit.audience == Audience::Customer;
            let say = |ok: bool, yes: &str, no: &str| (if ok { yes } else { no }).to_owned();
            checks.push(Check::of(
                "quote_verbatim",
                sentence,
                verbatim,
                say(verbatim, "Citatet står ordret i kilden.", "Citatet står ikke i kilden."),
            ));
            checks.push(Check::of(
                "source_in_scope",
                sentence,
                own && open,
                say(
                    own && open,
                    "Kilden må vises for institutionen.",
                    "Kilden må ikke vises for institutionen.",
                ),
            ));
            checks.push(Check::of(
                "source_current",
                sentence,
                current,
                say(current, "Kilden gælder på dagen.", "Kilden gælder ikke på dagen."),
            ));
        }
        checks
    }

    /// Every link, address and phone number stands in a source that the sentence cites.
    fn contacts(&self, sentence: &Sentence, by_id: &BTreeMap<&PassageId, &Hit>) -> Check {
        let cited: Vec<&str> = sentence
            .citations()
            .into_iter()
            .filter_map(|citation| by_id.get(citation.passage_id()))
            .map(|hit| hit.text.as_str())
            .collect();
        let given = matches!(sentence.support(), Support::Phrase(_)).then_some(self.phone);
        let known =
            |contact: &&str| cited.iter().copied().chain(given).any(|text| holds(text, contact));
        let unknown = contacts_in(sentence.text()).into_iter().filter(|it| !known(it)).count();
        let detail = if unknown == 0 {
            "Ingen links, mailadresser eller telefonnumre uden kilde.".to_owned()
        } else {
            format!("{unknown} links, mailadresser eller telefonnumre står i ingen kilde.")
        };
        Check::of("contacts_known", sentence, unknown == 0, detail)
    }

    /// A day that was worked out follows by its rule from what the inquiry tells.
    fn computed(&self, sentence: &Sentence) -> Option<Check> {
        let Support::Computed(computation) = sentence.support() else { return None };
        let ok = follows(computation, self.inquiry, self.scope.day());
        let says = if ok { "følger af" } else { "følger ikke af" };
        let detail = format!("Dagen {says} henvendelsen efter reglen »{}«.", computation.rule);
        Some(Check::of("date_computed", sentence, ok, detail))
    }

    /// Every number, date, amount, section and code stands in what is cited; a fixed phrase
    /// holds only what the settings or the inquiry say, and a computed sentence the inquiry's
    /// values and the days of its rule too.
    fn numbers(&self, sentence: &Sentence) -> Check {
        let sources: Vec<String> = match sentence.support() {
            Support::Cited(citations) => {
                citations.iter().map(|citation| citation.quote().to_owned()).collect()
            }
            Support::Computed(Computation { start, day, citations, .. }) => citations
                .iter()
                .map(|citation| citation.quote().to_owned())
                .chain([self.inquiry.to_owned(), start.to_string(), day.to_string()])
                .collect(),
            Support::Phrase(_) => {
                return Check::of("numbers_supported", sentence, true, "Fast formulering.");
            }
            Support::Inquiry(_) => vec![self.inquiry.to_owned()],
        };
        let known = Known::of(sources.iter().map(String::as_str));
        let missing: Vec<&str> = known
            .missing(sentence.text())
            .into_iter()
            .filter_map(|range| sentence.text().get(range))
            .collect();
        let detail = if missing.is_empty() {
            "Alle tal, datoer og koder står i kilden.".to_owned()
        } else {
            format!("Uden dækning i kilden: {}.", missing.join(", "))
        };
        Check::of("numbers_supported", sentence, missing.is_empty(), detail)
    }
}
