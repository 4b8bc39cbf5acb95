//! What is kept, read: the customer's words, a draft, what an inquiry is known by.

use crate::inquiry::Inquiry;
use crate::review::kept::KeptDraft;
use crate::review::similar::Fingerprint;
use crate::service::Error;

/// All that a customer wrote.
pub(in crate::service::casework) fn text_of(inquiry: &Inquiry) -> String {
    let attached = inquiry.attachments.iter().filter_map(|attached| attached.text.as_ref().ok());
    let parts = inquiry.subject.iter().chain([&inquiry.body]).chain(attached);
    parts.cloned().collect::<Vec<_>>().join("\n")
}

/// The customer's own words: subject and body.
pub(in crate::service::casework) fn words_of(inquiry: &Inquiry) -> String {
    let parts = inquiry.subject.iter().chain([&inquiry.body]);
    parts.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// A draft's JSON, as review reads it; nothing while it is being made.
pub(in crate::service::casework) fn kept_of(
    draft: &str,
    content: Option<&serde_json::Value>,
) -> Result<Option<KeptDraft>, Error> {
    let Some(content) = content else { return Ok(None) };
    let damaged = || crate::review::Error::Damaged(draft.to_owned());
    serde_json::from_value(content.clone()).map(Some).map_err(|_| damaged().into())
}

/// What an inquiry is known by, as it is kept.
pub(in crate::service::casework) fn print_of(kept: &serde_json::Value) -> Fingerprint {
    let print = kept.get("print").cloned().unwrap_or_default();
    serde_json::from_value(print).unwrap_or_default()
}

/// Whether what failed will do later: nothing is wrong with what was asked for.
pub(in crate::service::casework) fn passes(error: &Error) -> bool {
    const PASSING: [&str; 6] =
        ["index_missing", "index_mismatch", "busy", "ledger_full", "ledger_busy", "ledger_gone"];
    PASSING.contains(&error.code())
}
