//! The journal note of an approved reply, for the case in P360.

use serde::Serialize;

use crate::draft::{Check, Maker, Phrase, PhraseError};
use crate::passages::PassageId;
use crate::review::kept::KeptDraft;
use crate::review::risk::Risk;
use crate::terms::{Day, show_day};

/// That a person approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Approval {
    /// Who, by the name that stands in the log.
    pub person: String,
    /// When, as RFC 3339.
    pub at: String,
}

/// What is known of an approved reply beside its draft.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    /// The inquiry.
    pub inquiry: String,
    /// The numbers of the cases that it is about, as written.
    pub cases: Vec<String>,
    /// Who approved, the first first.
    pub approvals: Vec<Approval>,
    /// The reply as it was approved.
    pub reply: String,
    /// How much of the suggested reply was changed, from 0 to 1.
    pub share_changed: f64,
    /// The language model, where one helped.
    pub model: Option<String>,
    /// The hash of what the model was told.
    pub prompts: Option<String>,
    /// What the risk rules said.
    pub risks: Vec<Risk>,
    /// The checks of the approved reply.
    pub checks: Vec<Check>,
}

/// Whether the text that rests on a quote stands in the approved reply as it was suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Letter for letter.
    AsSuggested,
    /// A person has changed it or taken it out.
    Changed,
}

/// A quote that the reply rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct JournalSource {
    /// The document's title.
    pub title: String,
    /// The document.
    pub document: String,
    /// The passage, whose id is a hash of its text.
    pub passage_id: PassageId,
    /// The first day on which it holds.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<Day>,
    /// The last day on which it holds.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Day>,
    /// The quote, letter for letter.
    pub quote: String,
    /// Whether what rests on it was approved as suggested.
    pub standing: Standing,
}

/// Who decided what, on which basis.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct JournalNote {
    /// The inquiry.
    pub inquiry: String,
    /// The draft that was approved.
    pub draft: String,
    /// The numbers of the cases that it is about.
    pub cases: Vec<String>,
    /// The institution that asked.
    pub institution: Option<String>,
    /// The day on which the sources held.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Who approved, the first first.
    pub approvals: Vec<Approval>,
    /// The reply as it was approved.
    pub reply: String,
    /// How much of the suggested reply was changed, from 0 to 1.
    pub share_changed: f64,
    /// The quotes that it rests on.
    pub sources: Vec<JournalSource>,
    /// Who made the draft.
    pub maker: Maker,
    /// The language model, where one helped.
    pub model: Option<String>,
    /// The hash of what the model was told.
    pub prompts: Option<String>,
    /// What the risk rules said.
    pub risks: Vec<Risk>,
    /// The checks of the approved reply.
    pub checks: Vec<Check>,
}

impl JournalNote {
    /// The note of a draft that was approved.
    pub fn of(kept: &KeptDraft, decided: Decided) -> Self {
        let mut sources: Vec<JournalSource> = Vec::new();
        for (text, citation) in kept.citations() {
            let Some(passage) = kept.passage(&citation.passage_id) else { continue };
            let stands = decided.reply.contains(text);
            let source = JournalSource {
                title: passage.title.clone(),
                document: passage.document.clone(),
                passage_id: passage.passage_id.clone(),
                valid_from: passage.valid_from,
                valid_to: passage.valid_to,
                quote: citation.quote.clone(),
                standing: if stands { Standing::AsSuggested } else { Standing::Changed },
            };
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        Self {
            inquiry: decided.inquiry,
            draft: kept.id.clone(),
            cases: decided.cases,
            institution: kept.institution.clone(),
            day: kept.day,
            approvals: decided.approvals,
            reply: decided.reply,
            share_changed: decided.share_changed,
            sources,
            maker: kept.maker,
            model: decided.model,
            prompts: decided.prompts,
            risks: decided.risks,
            checks: decided.checks,
        }
    }

    /// The note in plain Danish.
    pub fn text(&self) -> Result<String, PhraseError> {
        let days = |source: &JournalSource| {
            (source.valid_from.map(show_day), source.valid_to.map(show_day))
        };
        let context = minijinja::context! {
            note => minijinja::value::Serde(self),
            day => show_day(self.day),
            days => self.sources.iter().map(days).collect::<Vec<_>>(),
            // A change of one word in a thousand is a change.
            percent => (self.share_changed * 100.0).ceil(),
            failed => self.checks.iter().filter(|check| !check.ok).count(),
        };
        Ok(Phrase::render("prompts/review/journal.j2", context)?.text().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::kept::made::{draft, json};
    use crate::review::risk::RiskRule;

    fn approval(person: &str) -> Approval {
        Approval { person: person.to_owned(), at: "2025-11-10T09:30:00Z".to_owned() }
    }

    fn note(decided: Decided) -> JournalNote {
        JournalNote::of(&draft(json()), decided)
    }

    #[test]
    fn a_note_tells_who_decided_what_on_which_basis() {
        let kept = draft(json());
        let note = note(Decided {
            inquiry: "h1".to_owned(),
            cases: vec!["SAM 2511-0001".to_owned()],
            approvals: vec![approval("Ane Prøvesen"), approval("Bo Eksempelsen")],
            reply: kept.reply.replace("Hej\n", "Hej alle\n"),
            share_changed: 0.05,
            model: Some("en-model".to_owned()),
            prompts: Some("abc123".to_owned()),
            risks: vec![Risk { rule: RiskRule::Amounts, why: "Beløb.".to_owned(), persons: 2 }],
            checks: kept.checks.clone(),
        });
        let text = note.text().unwrap();
        for part in [
            "h1",
            "SAM 2511-0001",
            "Kystmuseet",
            "Ane Prøvesen",
            "Bo Eksempelsen",
            "2025-11-10T09:30:00Z",
            "Hej alle",
            "»Aconto udbetales fra 500 kr. netto.«",
            "guider/aconto.md",
            "p1",
            "1. januar 2024",
            "en-model",
            "abc123",
            "Beløb.",
            "5 %",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(!text.contains("{{") && !text.contains("None"), "{text}");
        let json = serde_json::to_value(&note).unwrap();
        assert_eq!(json["sources"][0]["passage_id"], "p1");
        assert_eq!(json["sources"][0]["standing"], "as_suggested");
        assert_eq!(json["approvals"][1]["person"], "Bo Eksempelsen");
    }

    #[test]
    fn what_is_missing_is_left_out_or_said() {
        let text = note(Decided { reply: "Kort svar.".to_owned(), ..Decided::default() });
        assert!(text.sources.iter().all(|source| source.standing == Standing::Changed));
        let text = text.text().unwrap();
        assert!(text.contains("Kort svar.") && !text.contains("Sprogmodel"), "{text}");
        assert!(text.contains("Ændret eller udeladt"), "{text}");
    }
}
