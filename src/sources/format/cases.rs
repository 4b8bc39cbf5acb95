//! Exports of past cases: one JSON object a line.

use serde_json::{Map, Value};

use crate::sources::format::text::{self, Decoded, Headings};
use crate::sources::{Block, MetaValue};

/// What an export holds.
#[derive(Debug, Default)]
pub(crate) struct Export {
    /// The cases whose answers were approved.
    pub(crate) cases: Vec<Case>,
    /// Lines that are no case, from 1, and why.
    pub(crate) faults: Vec<(usize, String)>,
    /// How many cases were not approved.
    pub(crate) unapproved: usize,
}

/// One case, of which only the answer is a source.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its number in Serviceportalen.
    pub(crate) number: String,
    /// What is said about it, as metadata of a document.
    pub(crate) metadata: Vec<(String, MetaValue)>,
    /// When its answer was approved, or when it was closed, as written.
    pub(crate) day: Option<String>,
    /// The answer.
    pub(crate) blocks: Vec<Block>,
}

/// Reads an export; a line that is no case leaves the others as they are.
pub(crate) fn read(bytes: &[u8]) -> Export {
    let Decoded { text, .. } = text::decode(bytes, None);
    let mut export = Export::default();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match case(line) {
            Ok(Some(case)) => export.cases.push(case),
            Ok(None) => export.unapproved += 1,
            Err(reason) => export.faults.push((at + 1, reason)),
        }
    }
    export
}

/// The case on a line, unless its answer was not approved.
fn case(line: &str) -> Result<Option<Case>, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let Value::Object(fields) = value else {
        return Err("the line is not a JSON object".to_owned());
    };
    let number = field(&fields, "sagsnummer").ok_or("`sagsnummer` is missing")?;
    match fields.get("godkendt") {
        Some(Value::Bool(true)) => {}
        None | Some(Value::Bool(false) | Value::Null) => return Ok(None),
        Some(_) => return Err("`godkendt` is neither true nor false".to_owned()),
    }
    let answer = field(&fields, "svar").ok_or("`svar` is missing from an approved case")?;
    let blocks = text::blocks(&answer.replace("\r\n", "\n"), Headings::None);
    if blocks.is_empty() {
        return Err("`svar` holds no text".to_owned());
    }
    let mut metadata = vec![("dokumenttype".to_owned(), MetaValue::One("sag".to_owned()))];
    for key in ["titel", "institution", "omraade"] {
        let value = field(&fields, key).map(MetaValue::One);
        metadata.extend(value.map(|value| (key.to_owned(), value)));
    }
    metadata.extend(payroll_groups(&fields));
    let day = field(&fields, "godkendt_dato").or_else(|| field(&fields, "lukket"));
    Ok(Some(Case { number, metadata, day, blocks }))
}

fn field(fields: &Map<String, Value>, key: &str) -> Option<String> {
    let text = match fields.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn payroll_groups(fields: &Map<String, Value>) -> Option<(String, MetaValue)> {
    let key = "loengruppe";
    let value = match fields.get(key)? {
        Value::Array(list) => {
            let texts = list.iter().map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            MetaValue::Many(texts.collect())
        }
        _ => MetaValue::One(field(fields, key)?),
    };
    Some((key.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_approved_answers_are_sources() {
        let export = read(
            "{\"sagsnummer\":\"SAM 2405-1351\",\"institution\":\"Banedanmark\",\
             \"titel\":\"KB: Aconto\",\"loengruppe\":[780],\"henvendelse\":\"Kan I?\",\
             \"svar\":\"Hej Bente\\n\\nJa, det kan vi.\",\"godkendt\":true,\
             \"lukket\":\"2024-05-03\"}\n\n{\"sagsnummer\":\"SAM 2405-1352\",\"svar\":\"Nej\",\
             \"godkendt\":false}\n{\"sagsnummer\":\n{\"titel\":\"A\"}\n\
             {\"sagsnummer\":\"1\",\"godkendt\":true}\n[1]\n\
             {\"sagsnummer\":\"1\",\"godkendt\":\"ja\"}\n"
                .as_bytes(),
        );
        assert_eq!(export.cases.len(), 1);
        let case = &export.cases[0];
        assert_eq!(
            (case.number.as_str(), case.day.as_deref()),
            ("SAM 2405-1351", Some("2024-05-03"))
        );
        let texts: Vec<&str> = case.blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(texts, ["Hej Bente", "Ja, det kan vi."]);
        assert_eq!(export.unapproved, 1);
        let lines: Vec<usize> = export.faults.iter().map(|fault| fault.0).collect();
        assert_eq!(lines, [4, 5, 6, 7, 8]);
    }
}
