//! What a model must answer: its shape as a schema, and the same shape read with care.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// Sentences of one paragraph that are read; a longer one is no help.
const SENTENCES_MAX: usize = 8;
/// Citations of one sentence.
const CITATIONS_MAX: usize = 4;
/// Faults that are named when the model is asked to mend its answer.
const FAULTS_SHOWN: usize = 6;

/// The answer to all questions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) questions: Vec<Paragraph>,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paragraph {
    pub(crate) n: usize,
    pub(crate) outcome: Found,
    pub(crate) sentences: Vec<Line>,
}

/// Whether the model found an answer; who answered is told by what it cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Found {
    Answered,
    NoEvidence,
}

/// A sentence with what it rests on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) citations: Vec<Quote>,
}

/// A quote and the number of its passage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quote {
    #[serde(deserialize_with = "whole")]
    pub(crate) passage: usize,
    pub(crate) quote: String,
}

/// A number that stands nowhere is a quote from nowhere, not a fault of the shape.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let number = i64::deserialize(deserializer)?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

/// The shape as a JSON schema. It is the same for every request, so that its bytes are too.
pub(crate) fn schema(bounded: bool) -> Value {
    let object = |properties: Value| {
        let required: Vec<&String> =
            properties.as_object().into_iter().flatten().map(|(name, _)| name).collect();
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    };
    let text = |chars: usize| {
        if bounded {
            json!({ "type": "string", "maxLength": chars })
        } else {
            json!({ "type": "string" })
        }
    };
    let list = |items: Value, max: usize| {
        if bounded {
            json!({ "type": "array", "items": items, "maxItems": max })
        } else {
            json!({ "type": "array", "items": items })
        }
    };
    let citation = object(json!({ "passage": { "type": "integer" }, "quote": text(300) }));
    let sentence = object(json!({ "text": text(300), "citations": list(citation, CITATIONS_MAX) }));
    let question = object(json!({
        "n": { "type": "integer" },
        "outcome": { "type": "string", "enum": ["answered", "no_evidence"] },
        "sentences": list(sentence, SENTENCES_MAX),
    }));
    object(json!({ "questions": { "type": "array", "items": question } }))
}

/// Reads an answer to these questions, or says what is wrong with it.
pub(crate) fn read(text: &str, asked: &[usize]) -> Result<Written, Vec<String>> {
    let written: Written =
        serde_json::from_str(bare(text)).map_err(|error| vec![error.to_string()])?;
    let mut faults = Vec::new();
    for n in asked {
        let answers = written.questions.iter().filter(|paragraph| paragraph.n == *n).count();
        match answers {
            1 => {}
            0 => faults.push(format!("`questions` has no answer with n = {n}")),
            _ => faults.push(format!("`questions` has {answers} answers with n = {n}")),
        }
    }
    for paragraph in &written.questions {
        let n = paragraph.n;
        if !asked.contains(&n) {
            faults.push(format!("n = {n} is no question that was asked"));
        }
        if paragraph.found_nothing_but_says_so_not() {
            faults.push(format!("n = {n} is `answered`, and has no sentences"));
        }
        if paragraph.sentences.len() > SENTENCES_MAX {
            faults.push(format!("n = {n} has more than {SENTENCES_MAX} sentences"));
        }
        let bare = |line: &Line| line.citations.is_empty() || line.citations.len() > CITATIONS_MAX;
        if paragraph.sentences.iter().any(bare) {
            faults.push(format!("n = {n} has a sentence without 1 to {CITATIONS_MAX} citations"));
        }
    }
    faults.truncate(FAULTS_SHOWN);
    if faults.is_empty() { Ok(written) } else { Err(faults) }
}

impl Paragraph {
    fn found_nothing_but_says_so_not(&self) -> bool {
        self.outcome == Found::Answered && self.sentences.is_empty()
    }
}

/// The JSON of an answer: models that were not held to a schema like to wrap it as code.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let Some(inside) = text.strip_prefix("```") else { return text };
    let inside = inside.strip_prefix("json").unwrap_or(inside);
    inside.trim_end().strip_suffix("```").unwrap_or(inside).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"questions":[{"n":1,"outcome":"answered","sentences":[
        {"text":"Fristen er i dag.","citations":[{"passage":1,"quote":"Fristen er i dag."}]}]}]}"#;

    #[track_caller]
    fn faulty(text: &str, asked: &[usize], says: &str) {
        let faults = read(text, asked).unwrap_err().join("; ");
        assert!(faults.contains(says), "{faults}");
    }

    #[test]
    fn an_answer_of_the_shape_is_read() {
        assert_eq!(read(GOOD, &[1]).unwrap().questions.len(), 1);
        assert!(read(&format!("```json\n{GOOD}\n```"), &[1]).is_ok());
        let nothing = r#"{"questions":[{"n":1,"outcome":"no_evidence","sentences":[]}]}"#;
        assert!(read(nothing, &[1]).is_ok());
        assert!(read(&GOOD.replace("\"passage\":1", "\"passage\":-3"), &[1]).is_ok());
    }

    #[test]
    fn an_answer_of_another_shape_says_what_is_wrong() {
        faulty("Hej", &[1], "expected");
        faulty(GOOD, &[1, 2], "n = 2");
        faulty(GOOD, &[2], "n = 1 is no question");
        faulty(&GOOD.replace("answered", "sure"), &[1], "sure");
        faulty(&GOOD.replace("\"text\"", "\"words\""), &[1], "words");
        faulty(
            &GOOD.replace(r#"[{"passage":1,"quote":"Fristen er i dag."}]"#, "[]"),
            &[1],
            "citations",
        );
        faulty(
            r#"{"questions":[{"n":1,"outcome":"answered","sentences":[]}]}"#,
            &[1],
            "no sentences",
        );
    }

    #[test]
    fn the_schema_is_closed_and_stable() {
        let schema = schema(false);
        assert_eq!(schema["required"], json!(["questions"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(
            schema["properties"]["questions"]["items"]["required"],
            json!(["n", "outcome", "sentences"])
        );
        assert_eq!(super::schema(true).to_string(), super::schema(true).to_string());
    }
}
