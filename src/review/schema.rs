//! The tables of the ledger, and how an older ledger becomes one of today.

use crate::review::database::{Database, Dialect, Fault, Sql, Transaction};

/// The schema that this program writes.
pub(in crate::review) const VERSION: i64 = 1;

/// The tables of the first schema. `{int}`, `{bytes}` and `{strict}` are what differs between the
/// databases. Columns of bytes are sealed; no other column holds what a customer wrote.
const FIRST: &[&[&str]] = &[
    // One row for each event; each is signed together with the one before it.
    &[
        "CREATE TABLE event (seq ",
        "{int}",
        " PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, \
        sign_on TEXT NOT NULL, action TEXT NOT NULL, inquiry TEXT, draft TEXT, \
        detail TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL)",
        "{strict}",
    ],
    &["CREATE INDEX event_inquiry ON event (inquiry, seq)"],
    &["CREATE INDEX event_draft ON event (draft, seq)"],
    &["CREATE INDEX event_at ON event (at)"],
    // The last event, so that a log that was cut short is known.
    &[
        "CREATE TABLE head (id ",
        "{int}",
        " PRIMARY KEY, seq ",
        "{int}",
        " NOT NULL, \
        hash TEXT NOT NULL, mac TEXT NOT NULL)",
        "{strict}",
    ],
    &[
        "CREATE TABLE inquiry (id TEXT PRIMARY KEY, institution TEXT, channel TEXT NOT NULL, \
        external TEXT, area TEXT NOT NULL, posted TEXT NOT NULL, keep_until TEXT NOT NULL, \
        content ",
        "{bytes}",
        " NOT NULL)",
        "{strict}",
    ],
    &["CREATE INDEX inquiry_kept ON inquiry (keep_until)"],
    &[
        "CREATE TABLE draft (id TEXT PRIMARY KEY, inquiry TEXT NOT NULL REFERENCES inquiry (id), \
        institution TEXT, state TEXT NOT NULL, version ",
        "{int}",
        " NOT NULL, \
        assignee TEXT, assignee_name TEXT, due TEXT NOT NULL, posted TEXT NOT NULL, \
        changed TEXT NOT NULL, maker TEXT, risks TEXT NOT NULL, persons ",
        "{int}",
        " NOT NULL, \
        first_by TEXT, approved TEXT, questions ",
        "{int}",
        " NOT NULL, open ",
        "{int}",
        " NOT NULL, micro_kroner ",
        "{int}",
        " NOT NULL, edited ",
        "{int}",
        " NOT NULL, \
        reply_mac TEXT, mac TEXT, content ",
        "{bytes}",
        ", reply ",
        "{bytes}",
        ", hint ",
        "{bytes}",
        ")",
        "{strict}",
    ],
    &["CREATE INDEX draft_queue ON draft (state, due, id)"],
    &["CREATE INDEX draft_due ON draft (due, id)"],
    &["CREATE INDEX draft_own ON draft (institution, state, due, id)"],
    &["CREATE INDEX draft_taken ON draft (assignee, state, due, id)"],
    &["CREATE INDEX draft_inquiry ON draft (inquiry)"],
    // What a draft quotes, so that a source that changes finds those that quote it.
    &[
        "CREATE TABLE citation (draft TEXT NOT NULL, passage TEXT NOT NULL, document TEXT NOT NULL, \
        PRIMARY KEY (draft, passage))",
        "{strict}",
    ],
    &["CREATE INDEX citation_document ON citation (document)"],
    &[
        "CREATE TABLE decision (seq ",
        "{int}",
        " PRIMARY KEY, draft TEXT NOT NULL, inquiry TEXT NOT NULL, \
        move TEXT NOT NULL, version ",
        "{int}",
        " NOT NULL, state TEXT NOT NULL, \
        who TEXT NOT NULL, sign_on TEXT NOT NULL, reason TEXT, at TEXT NOT NULL, content ",
        "{bytes}",
        " NOT NULL)",
        "{strict}",
    ],
    &["CREATE INDEX decision_draft ON decision (draft, seq)"],
    // Answers that a caller may ask for again under its own key.
    &[
        "CREATE TABLE request (who TEXT NOT NULL, name TEXT NOT NULL, mac TEXT NOT NULL, \
        inquiry TEXT NOT NULL, draft TEXT NOT NULL, at TEXT NOT NULL, \
        PRIMARY KEY (who, name))",
        "{strict}",
    ],
    // Whose number an inquiry holds, under a keyed hash.
    &[
        "CREATE TABLE subject (mac TEXT NOT NULL, inquiry TEXT NOT NULL, \
        PRIMARY KEY (mac, inquiry))",
        "{strict}",
    ],
    &["CREATE INDEX subject_inquiry ON subject (inquiry)"],
    // What the index is to hold of approved replies, in order.
    &[
        "CREATE TABLE lesson (seq ",
        "{int}",
        " PRIMARY KEY, kind TEXT NOT NULL, \
        draft TEXT NOT NULL, document TEXT NOT NULL)",
        "{strict}",
    ],
    // Candidates for a standardsvar.
    &[
        "CREATE TABLE proposal (id TEXT PRIMARY KEY, state TEXT NOT NULL, made TEXT NOT NULL, \
        members TEXT NOT NULL, document TEXT, decided_by TEXT, content ",
        "{bytes}",
        " NOT NULL)",
        "{strict}",
    ],
    &[
        "CREATE TABLE fingerprint (draft TEXT PRIMARY KEY, institution TEXT, state TEXT NOT NULL, \
        reason TEXT, at TEXT NOT NULL, content ",
        "{bytes}",
        " NOT NULL)",
        "{strict}",
    ],
];

/// Every schema, the oldest first.
const STEPS: &[&[&[&str]]] = &[FIRST];

/// How the schema of a ledger stands to that of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::review) enum Standing {
    /// They are the same, or were made so.
    Current,
    /// A later program wrote it; nothing was touched.
    Newer(i64),
}

/// Brings a ledger up to the schema of this program.
pub(in crate::review) async fn migrate(database: &dyn Database) -> Result<Standing, Fault> {
    let dialect = database.dialect();
    let there = exists(database).await?;
    let mut writing = begin_alone(database).await?;
    let known = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)";
    if !there {
        writing.execute(in_dialect(&[known, "{strict}"], dialect), Vec::new()).await?;
    }
    let held = meta(&mut *writing, "schema").await?;
    let held = held.and_then(|value| value.parse().ok()).unwrap_or(0);
    if held > VERSION {
        return Ok(Standing::Newer(held));
    }
    for steps in STEPS.iter().skip(usize::try_from(held).unwrap_or(0)) {
        for pieces in *steps {
            writing.execute(in_dialect(pieces, dialect), Vec::new()).await?;
        }
    }
    if held < VERSION {
        set_meta(&mut *writing, "schema", &VERSION.to_string()).await?;
    }
    writing.commit().await?;
    Ok(Standing::Current)
}

/// Begins to set a ledger up while no other node does.
pub(in crate::review) async fn begin_alone(
    database: &dyn Database,
) -> Result<Box<dyn Transaction>, Fault> {
    let mut writing = database.begin().await?;
    if let Some(wait) = database.alone() {
        writing.fetch(wait.into(), Vec::new()).await?;
    }
    Ok(writing)
}

/// Whether there is a ledger at all; asked before anything is written.
async fn exists(database: &dyn Database) -> Result<bool, Fault> {
    match database.fetch("SELECT value FROM meta WHERE name = 'schema'".into(), Vec::new()).await {
        Ok(_) => Ok(true),
        Err(Fault::Failed(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

fn in_dialect(pieces: &[&'static str], dialect: Dialect) -> Sql {
    let words = |piece: &&'static str| match *piece {
        "{int}" => dialect.int,
        "{bytes}" => dialect.bytes,
        "{strict}" => dialect.strict,
        piece => piece,
    };
    Sql::of(&pieces.iter().map(words).collect::<Vec<_>>()).with("TEXT", dialect.text)
}

/// What the ledger says of itself under a name.
pub(in crate::review) async fn meta(
    writing: &mut dyn Transaction,
    name: &str,
) -> Result<Option<String>, Fault> {
    let sql = "SELECT value FROM meta WHERE name = $1".into();
    let rows = writing.fetch(sql, vec![name.into()]).await?;
    rows.first().map(|row| row.text("value")).transpose()
}

/// Sets what the ledger says of itself.
pub(in crate::review) async fn set_meta(
    writing: &mut dyn Transaction,
    name: &str,
    value: &str,
) -> Result<(), Fault> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    writing.execute(sql.into(), vec![name.into(), value.into()]).await.map(drop)
}
