//! A rejected draft as a line of a gold set: the same error must not be made twice.

use serde_json::{Value, json};

use crate::draft::Outcome;
use crate::inquiry::Inquiry;
use crate::review::kept::{Ground, KeptAnswer, KeptDraft};
use crate::review::reasons::Reason;
use crate::sources::mask_case;

/// Reasons for which what the draft quoted must not be said again.
const SAID_WRONGLY: [Reason; 4] =
    [Reason::Wrong, Reason::WrongSource, Reason::OutdatedSource, Reason::IgnoresDrejebog];

/// The line, as [`crate::evaluation::read_gold`] reads it, without the persons of the inquiry.
///
/// Where the draft said something wrong, its quoted sentences are what no later draft may say.
/// `answerable` is what the draft took each question for, and `must` is empty: what a good reply
/// says is for a person to fill in.
pub fn gold_line(kept: &KeptDraft, asked: &Inquiry, reasons: &[Reason]) -> Value {
    let body = mask_case(&asked.body);
    let wrong = reasons.iter().any(|reason| SAID_WRONGLY.contains(reason));
    let questions: Vec<Value> =
        kept.questions.iter().map(|answer| question(answer, &body, wrong)).collect();
    json!({
        "id": kept.id,
        "channel": asked.channel,
        "received": asked.received,
        "day": kept.day,
        "institution": kept.institution,
        "payroll_group": asked.payroll_group,
        "subject": asked.subject.as_deref().map(mask_case),
        "body": body,
        "tags": ["rejected"],
        "reasons": reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>(),
        "questions": questions,
    })
}

fn question(answer: &KeptAnswer, body: &str, wrong: bool) -> Value {
    let text = mask_case(&answer.text);
    let stands = body.contains(&text);
    let quoted = answer.sentences.iter().filter(|it| wrong && it.support == Ground::Cited);
    let never = |sentence: &str| json!({ "text": sentence, "never": [regex::escape(sentence)] });
    json!({
        "n": answer.n,
        "text": text,
        "from": if stands { vec![text.clone()] } else { Vec::new() },
        "implied": !stands,
        "answerable": label(answer.outcome),
        "must": [],
        "must_not": quoted.map(|it| never(&it.text)).collect::<Vec<_>>(),
    })
}

/// The label of an outcome in a gold set.
fn label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "guide",
        Outcome::AnsweredByDrejebog => "drejebog",
        Outcome::NeedsCaseLookup => "sagsopslag",
        Outcome::NeedsClarification => "uklart",
        Outcome::OutOfScope => "uden_for_omraade",
        Outcome::Refused => "afvis",
        Outcome::NoEvidence => "ingen_kilde",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::read_gold_texts;

    fn kept() -> KeptDraft {
        let sentence = |id: &str, text: &str, support: &str| json!({ "id": id, "text": text, "support": support, "citations": [] });
        let draft = json!({
            "id": "0190", "institution": "Banedanmark", "day": "2025-10-15", "maker": "extractive",
            "questions": [
                { "n": 1, "text": "Hvornår er fristen for Lone Prøvesen?", "outcome": "answered",
                    "sentences": [sentence("q1s1", "Fristen er den 2. (anden) december.", "cited")] },
                { "n": 2, "text": "Hvem betaler?", "outcome": "no_evidence",
                    "sentences": [sentence("q2s1", "Det ved vi ikke.", "phrase")] },
            ],
            "greeting": [], "closing": [], "next_steps": [], "reply": "", "internal_note": "",
            "evidence": [], "checks": [],
            "cost": { "kroner": 0.0, "tokens_in": 0, "tokens_out": 0, "tokens_cached": 0,
                "estimated": false },
        });
        KeptDraft::from_json(&draft.to_string()).unwrap()
    }

    fn asked() -> Inquiry {
        let body = "Hej. Hvornår er fristen for Lone Prøvesen? Hilsen Bo Prøvesen".to_owned();
        Inquiry { body, ..Inquiry::default() }
    }

    #[test]
    fn a_rejected_draft_is_a_line_that_an_evaluation_reads() {
        let line = gold_line(&kept(), &asked(), &[Reason::Wrong]).to_string();
        assert!(!line.contains("Prøvesen"), "{line}");
        let gold = read_gold_texts(&[("rejected.jsonl".into(), line)]).unwrap();
        let questions = &gold.inquiries[0].questions;
        assert_eq!(questions[0].outcomes, [Outcome::Answered]);
        assert!(!questions[0].implied && questions[1].implied);
        let never = questions[0].must_not[0].patterns();
        assert!(never[0].is_match("Fristen er den 2. (anden) december."));
        assert!(!never[0].is_match("Fristen er den 2. december."));
        assert!(questions[1].must_not.is_empty(), "a fixed phrase quotes nothing");
    }

    #[test]
    fn what_was_only_incomplete_may_be_said_again() {
        let line = gold_line(&kept(), &asked(), &[Reason::Incomplete, Reason::WrongTone]);
        assert_eq!(line["questions"][0]["must_not"], json!([]));
    }
}
