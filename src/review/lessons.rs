//! What the index is to hold of decisions, in the order in which they were made.

use crate::review::error::Error;
use crate::review::inbox::place;
use crate::review::ledger::Ledger;

/// One thing for the index to learn or to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// The number of its event.
    pub seq: i64,
    /// The draft whose reply was approved; empty where several documents go.
    pub draft: String,
    /// What is to be done.
    pub what: Teaching,
}

/// What is to be done with the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Teaching {
    /// The approved reply becomes a past case of this name.
    Learn(String),
    /// The past case of this name goes: its approval was taken back.
    Forget(String),
    /// These go for good: somebody asked for it.
    Purge(Vec<String>),
}

/// What near-equal inquiries are known by.
#[derive(Debug, Clone, PartialEq)]
pub struct Print {
    /// The draft.
    pub draft: String,
    /// Its state.
    pub state: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// When that was.
    pub at: String,
    /// The fingerprint, as JSON.
    pub content: serde_json::Value,
}

impl Ledger {
    /// What is to be learnt behind this number, in order.
    pub async fn lessons(&self, behind: i64, limit: i64) -> Result<Vec<Lesson>, Error> {
        let sql = "SELECT seq, kind, draft, document FROM lesson WHERE seq > $1 \
                   ORDER BY seq LIMIT $2";
        let rows = self.rows(sql, vec![behind.into(), limit.into()]).await?;
        let lesson = |row: &crate::review::database::Row| {
            let (kind, document) = (row.text("kind")?, row.text("document")?);
            let what = match kind.as_str() {
                "learn" => Teaching::Learn(document),
                "forget" => Teaching::Forget(document),
                _ => Teaching::Purge(serde_json::from_str(&document).unwrap_or_default()),
            };
            Ok(Lesson { seq: row.int("seq")?, draft: row.text("draft")?, what })
        };
        rows.iter().map(lesson).collect()
    }

    /// Fingerprints of drafts in a state, of one institution or of none, the newest first.
    pub async fn prints(
        &self,
        state: &str,
        institution: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Print>, Error> {
        let sql = "SELECT draft, state, reason, at, content FROM fingerprint \
                   WHERE state = $1 AND COALESCE(institution, '') = $2 \
                   ORDER BY at DESC, draft LIMIT $3";
        let own = institution.unwrap_or_default();
        let rows = self.rows(sql, vec![state.into(), own.into(), limit.into()]).await?;
        let mut prints = Vec::with_capacity(rows.len());
        for row in &rows {
            let draft = row.text("draft")?;
            let json = self.sealer.open(&place::fingerprint(&draft), &row.bytes("content")?)?;
            prints.push(Print {
                state: row.text("state")?,
                reason: row.text_if_any("reason")?,
                at: row.text("at")?,
                content: serde_json::from_str(&json).unwrap_or_default(),
                draft,
            });
        }
        Ok(prints)
    }

    /// Open and approved drafts that quote a document, so that a change of it finds them.
    pub async fn quoting(&self, document: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT draft FROM citation WHERE document = $1 ORDER BY draft";
        let rows = self.rows(sql, vec![document.into()]).await?;
        Ok(rows.iter().map(|row| row.text("draft")).collect::<Result<_, _>>()?)
    }

    /// The passages that a draft quotes, each with its document.
    pub async fn cited(&self, draft: &str) -> Result<Vec<(String, String)>, Error> {
        let sql = "SELECT passage, document FROM citation WHERE draft = $1 ORDER BY passage";
        let rows = self.rows(sql, vec![draft.into()]).await?;
        let pair =
            |row: &crate::review::database::Row| Ok((row.text("passage")?, row.text("document")?));
        rows.iter().map(pair).collect()
    }

    /// The documents that approved replies quote: others are new to the ledger.
    pub async fn trusted_documents(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT citation.document AS document FROM citation \
                   JOIN draft ON draft.id = citation.draft WHERE draft.state = 'approved'";
        let rows = self.rows(sql, Vec::new()).await?;
        Ok(rows.iter().map(|row| row.text("document")).collect::<Result<_, _>>()?)
    }

    /// What a person said when a draft was rejected last.
    pub async fn words_of_rejection(&self, draft: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT version, content FROM decision WHERE draft = $1 AND move = 'reject' \
                   ORDER BY seq DESC LIMIT 1";
        let rows = self.rows(sql, vec![draft.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let place = place::decision(draft, row.int("version")?);
        let json = self.sealer.open(&place, &row.bytes("content")?)?;
        let kept: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        let text = kept.pointer("/content/text").and_then(serde_json::Value::as_str);
        Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
    }

    /// A draft as the program made it, as JSON; none while it is being made.
    pub async fn content(&self, draft: &str) -> Result<Option<serde_json::Value>, Error> {
        let sql = "SELECT content FROM draft WHERE id = $1";
        let rows = self.rows(sql, vec![draft.into()]).await?;
        let row = rows.first().ok_or(Error::NotFound)?;
        let Some(sealed) = row.bytes_if_any("content")? else { return Ok(None) };
        let json = self.sealer.open(&place::content(draft), &sealed)?;
        serde_json::from_str(&json).map(Some).map_err(|_| Error::Damaged(draft.to_owned()))
    }

    /// What a draft was made with last, as its event tells it.
    pub async fn made_with(&self, draft: &str) -> Result<serde_json::Value, Error> {
        let sql = "SELECT detail FROM event WHERE draft = $1 AND action = 'draft' \
                   ORDER BY seq DESC LIMIT 1";
        let rows = self.rows(sql, vec![draft.into()]).await?;
        let Some(row) = rows.first() else { return Ok(serde_json::Value::Null) };
        let detail: serde_json::Value =
            serde_json::from_str(&row.text("detail")?).unwrap_or_default();
        Ok(detail.get("made_with").cloned().unwrap_or_default())
    }

    /// The passages of a document that drafts quote.
    pub async fn quoted_of(&self, document: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT passage FROM citation WHERE document = $1 ORDER BY passage";
        let rows = self.rows(sql, vec![document.into()]).await?;
        Ok(rows.iter().map(|row| row.text("passage")).collect::<Result<_, _>>()?)
    }
}
