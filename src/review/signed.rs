//! The signature of a whole row, by which a column that another hand has changed is known.

use serde_json::{Value, json};

use crate::privacy::Sealer;
use crate::review::database::{Fault, Row};

/// Which columns of a table its signature speaks for.
#[derive(Debug)]
pub(in crate::review) struct Signed {
    purpose: &'static str,
    texts: &'static [&'static str],
    numbers: &'static [&'static str],
    sealed: &'static [&'static str],
}

/// An inquiry: nothing of it ever changes.
pub(in crate::review) const INQUIRY: Signed = Signed {
    purpose: "inquiry row",
    texts: &["id", "institution", "channel", "external", "area", "posted", "keep_until"],
    numbers: &[],
    sealed: &["content"],
};

/// A draft as its last event left it.
pub(in crate::review) const DRAFT: Signed = Signed {
    purpose: "draft row",
    texts: &[
        "id",
        "inquiry",
        "institution",
        "state",
        "assignee",
        "assignee_name",
        "due",
        "posted",
        "changed",
        "maker",
        "risks",
        "first_by",
        "approved",
        "reply_mac",
    ],
    numbers: &["version", "persons", "questions", "open", "micro_kroner", "edited"],
    sealed: &["content", "reply", "hint"],
};

impl Signed {
    /// The signature of a row.
    pub(in crate::review) fn of(&self, row: &Row, sealer: &Sealer) -> Result<String, Fault> {
        let mut fields = Vec::new();
        for column in self.texts {
            fields.push(json!(row.text_if_any(column)?));
        }
        for column in self.numbers {
            fields.push(json!(row.int_if_any(column)?));
        }
        for column in self.sealed {
            let bytes = row.bytes_if_any(column)?;
            fields.push(json!(bytes.map(|bytes| blake3::hash(&bytes).to_hex().to_string())));
        }
        Ok(sealer.sign(self.purpose, Value::from(fields).to_string().as_bytes()))
    }
}

/// The signature of what a draft quotes: passages, each with its document.
pub(in crate::review) fn of_citations(
    draft: &str,
    cited: &mut [(String, String)],
    sealer: &Sealer,
) -> String {
    cited.sort_unstable();
    sealer.sign("citations", json!([draft, cited]).to_string().as_bytes())
}
