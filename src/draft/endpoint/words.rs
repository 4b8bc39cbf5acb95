//! What a caseworker reads about a model's help: in the note, in the checks, and as reasons.

use serde::Serialize;

use crate::draft::check::Check;
use crate::draft::endpoint::failure::Failure;
use crate::draft::endpoint::weave::Tally;
use crate::draft::{Draft, Phrase};

/// The model could not be used, and why.
pub(crate) const FAILED: &str = "endpoint_failed";
/// Sentences of the model were left out.
pub(crate) const DROPPED: &str = "endpoint_sentences_dropped";
/// The model found no answer where a paragraph stands.
pub(crate) const DOUBTS: &str = "endpoint_found_no_answer";

/// What the template is given.
#[derive(Debug, Default, Serialize)]
struct Said {
    event: &'static str,
    why: &'static str,
    status: Option<u16>,
    n: usize,
    kept: usize,
    dropped: usize,
    whys: Vec<&'static str>,
    written: Vec<usize>,
}

impl Said {
    /// The line in Danish. Should the template ever fail, the event's word says it.
    fn line(self) -> String {
        let event = self.event;
        let phrase = Phrase::render("prompts/note/endpoint.j2", minijinja::value::Serde(self));
        phrase.map_or_else(|_| event.to_owned(), |phrase| phrase.text().to_owned())
    }
}

/// The draft of a case in which there is nothing to ask a model about.
pub(crate) fn idle(mut draft: Draft) -> Draft {
    note(&mut draft, &Said { event: "idle", ..Said::default() }.line());
    draft
}

/// The draft as it was made without the model, with the reason.
pub(crate) fn failed(mut draft: Draft, failure: Failure) -> Draft {
    let said =
        Said { event: "failed", why: failure.word(), status: failure.status(), ..Said::default() };
    let line = said.line();
    note(&mut draft, &line);
    draft.checks.push(Check::whole(FAILED, false, line));
    draft
}

/// The draft with what became of the model's answer to each question.
pub(crate) fn told(mut draft: Draft, tallies: &[Tally]) -> Draft {
    let written: Vec<usize> =
        tallies.iter().filter(|tally| tally.kept > 0).map(|tally| tally.n).collect();
    for answer in draft.questions.iter_mut().filter(|answer| written.contains(&answer.n)) {
        answer.reason = Said { event: "reason", ..Said::default() }.line();
    }
    if !written.is_empty() {
        note(&mut draft, &Said { event: "written", written, ..Said::default() }.line());
    }
    for tally in tallies {
        let dropped = tally.dropped.values().sum();
        let said = Said {
            n: tally.n,
            kept: tally.kept,
            dropped,
            whys: tally.dropped.keys().map(|fault| fault.word()).collect(),
            ..Said::default()
        };
        let (code, said) = if dropped > 0 {
            (DROPPED, Said { event: "dropped", ..said })
        } else if tally.doubts {
            (DOUBTS, Said { event: "doubts", ..said })
        } else {
            continue;
        };
        let line = said.line();
        note(&mut draft, &line);
        draft.checks.push(Check::whole(code, false, line));
    }
    draft
}

fn note(draft: &mut Draft, line: &str) {
    draft.internal_note.push_str("\n\n");
    draft.internal_note.push_str(line);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::draft::endpoint::weave::Fault;

    #[test]
    fn every_failure_has_a_reason_in_danish() {
        use Failure as F;
        let all = [
            F::Ceiling,
            F::NoBook,
            F::Resting,
            F::Busy,
            F::Leak,
            F::Internal,
            F::Unreachable,
            F::BrokenOff,
            F::TooSlow,
            F::Unauthorised,
            F::Unknown,
            F::TooMany(Some(Duration::from_secs(1))),
            F::Rejected(400),
            F::Server(500),
            F::Elsewhere,
            F::TooLong,
            F::NotAnAnswer,
            F::TooLarge,
            F::Garbled,
            F::CutOff,
            F::Filtered,
            F::WrongShape,
            F::Unsupported,
            F::NoInstruction,
            F::Special,
        ];
        let mut lines = std::collections::BTreeSet::new();
        for failure in all {
            let said = Said {
                event: "failed",
                why: failure.word(),
                status: failure.status(),
                ..Said::default()
            };
            let line = said.line();
            assert!(line.ends_with('.') && line.contains("uden sprogmodel"), "{line}");
            lines.insert(line);
        }
        assert_eq!(lines.len(), all.len(), "each has a reason of its own");
    }

    #[test]
    fn every_fault_of_a_sentence_has_its_words() {
        let all = [
            Fault::Quote,
            Fault::Value,
            Fault::Turned,
            Fault::Repeated,
            Fault::Contact,
            Fault::Words,
            Fault::Language,
            Fault::Form,
            Fault::Source,
            Fault::Placeholder,
        ];
        let mut lines = std::collections::BTreeSet::new();
        for fault in all {
            let said = Said {
                event: "dropped",
                n: 1,
                kept: 1,
                dropped: 1,
                whys: vec![fault.word()],
                ..Said::default()
            };
            lines.insert(said.line());
        }
        assert_eq!(lines.len(), all.len());
    }
}
