//! The ledger: opened, held under its key, and closed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::privacy::{MasterKey, Sealer};
use crate::review::chain::{GENESIS, Head};
use crate::review::database::{Database, Postgres, Row, Sql, Sqlite, Value};
use crate::review::error::Error;
use crate::review::held::Looks;
use crate::review::schema::{Standing, begin_alone, meta, migrate, set_meta};
use crate::review::writer::Writer;

/// The file of the ledger in the data directory, where no database is named.
pub const FILE: &str = "ledger.db";
/// What is signed so that a wrong key is known before anything is written.
const KEY_CHECK: &[u8] = b"svarforslag ledger";

/// Where the ledger lies, and what it asks of persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The database: empty for a file in the data directory, else `postgres://user@host/name`.
    pub database: String,
    /// Working days in which an inquiry is to be answered, where it names no day itself.
    pub answer_days: u32,
    /// Days for which an inquiry and its drafts are kept where no area says otherwise.
    pub keep_days: u32,
    /// Days for which the log is kept.
    pub keep_log_days: u32,
    /// A folder of EML files that are taken in as they come; empty for none.
    pub watch: PathBuf,
    /// The environment variable with the secret of the webhook; empty for no webhook.
    pub webhook_variable: String,
    /// The secret itself, which no settings file holds.
    #[serde(skip)]
    pub webhook_secret: Option<Secret>,
}

/// A secret that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret as it stands in a variable.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Its bytes, for a signature.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(set)")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database: String::new(),
            answer_days: 5,
            keep_days: 90,
            // Thirteen months: the state's minimum for logs of such systems is twelve.
            keep_log_days: 395,
            watch: PathBuf::new(),
            webhook_variable: String::new(),
            webhook_secret: None,
        }
    }
}

/// Days that a setting may name at most: a hundred years.
const DAYS_MAX: u32 = 36_525;

impl Settings {
    /// The setting that cannot be meant, its value, and why not.
    pub fn impossible(&self) -> Option<(&'static str, String, &'static str)> {
        if let Some(why) = self.no_database() {
            // Not the address itself: it may hold a password.
            return Some(("review.database", "an address".to_owned(), why));
        }
        let days = [
            ("review.answer_days", self.answer_days),
            ("review.keep_days", self.keep_days),
            ("review.keep_log_days", self.keep_log_days),
        ];
        if let Some((key, days)) = days.into_iter().find(|(_, it)| !(1..=DAYS_MAX).contains(it)) {
            return Some((key, days.to_string(), "it lies between 1 and 36525 days"));
        }
        if self.keep_log_days < self.keep_days {
            let why = "the log is kept at least as long as the inquiries that it tells of";
            return Some(("review.keep_log_days", self.keep_log_days.to_string(), why));
        }
        None
    }

    /// Why the database cannot be used.
    fn no_database(&self) -> Option<&'static str> {
        let shape = "a database is like postgres://user@host/name; empty for a file";
        if self.database.is_empty() {
            return None;
        }
        let scheme = ["postgres://", "postgresql://"];
        let Some(rest) = scheme.iter().find_map(|it| self.database.strip_prefix(it)) else {
            return Some(shape);
        };
        let (place, _) = rest.split_once('?').unwrap_or((rest, ""));
        let Some((host, name)) = place.split_once('/') else { return Some(shape) };
        let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
        if user.contains(':') || self.database.contains("password=") {
            return Some(
                "a password stands in the variable PGPASSWORD or in a file that PGPASSFILE names",
            );
        }
        (host.is_empty() || name.is_empty()).then_some(shape)
    }
}

/// The record of inquiries, drafts and decisions.
#[derive(Debug)]
pub struct Ledger {
    pub(in crate::review) database: Arc<dyn Database>,
    pub(in crate::review) sealer: Arc<Sealer>,
    writer: Mutex<Option<Writer>>,
    writing: Mutex<Option<tokio::task::JoinHandle<()>>>,
    /// Looks that wait for room on the disk.
    pub(in crate::review) looks: Looks,
}

impl Ledger {
    /// Opens the ledger that the settings name, in its own or in the data directory.
    pub async fn open(settings: &Settings, data: &Path, key: MasterKey) -> Result<Self, Error> {
        let database: Arc<dyn Database> = if settings.database.is_empty() {
            Arc::new(Sqlite::open(&data.join(FILE)).await?)
        } else {
            Arc::new(Postgres::open(&settings.database).await?)
        };
        if let Standing::Newer(version) = migrate(&*database).await? {
            database.close().await;
            return Err(Error::Newer(version));
        }
        let sealer = Arc::new(Sealer::new(key));
        if let Err(error) = admit(&*database, &sealer).await {
            database.close().await;
            return Err(error);
        }
        let (writer, writing) =
            Writer::start(Arc::clone(&database), Arc::clone(&sealer), database.lock());
        let (writer, writing) = (Mutex::new(Some(writer)), Mutex::new(Some(writing)));
        Ok(Self { database, sealer, writer, writing, looks: Looks::default() })
    }

    /// Writes what waits, and closes. What comes afterwards is refused.
    pub async fn close(&self) {
        let take = |writing: &Mutex<Option<_>>| {
            writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
        };
        drop(self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        if let Some(writing) = take(&self.writing) {
            drop(writing.await);
        }
        self.database.close().await;
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), Error> {
        self.rows("SELECT value FROM meta WHERE name = 'schema'", Vec::new()).await.map(drop)
    }

    /// The schema that this program writes.
    pub fn schema() -> i64 {
        crate::review::schema::VERSION
    }

    /// Copies the whole ledger into a new file; `false` where its server has its own means.
    pub async fn copy_to(&self, file: &Path) -> Result<bool, Error> {
        Ok(self.database.copy_to(file).await?.is_some())
    }

    /// A keyed hash by which a person's number is looked up.
    pub(in crate::review) fn subject(&self, digits: &str) -> String {
        self.sealer.sign("subject", digits.as_bytes())
    }

    pub(in crate::review) fn writer(&self) -> Result<Writer, Error> {
        let writer = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let closed = || crate::review::database::Fault::closed().into();
        writer.clone().ok_or_else(closed)
    }

    pub(in crate::review) async fn rows(
        &self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        Ok(self.database.fetch(sql.into(), values).await?)
    }
}

/// Holds the key against the one under which the ledger was begun, and begins its log.
async fn admit(database: &dyn Database, sealer: &Sealer) -> Result<(), Error> {
    let mut writing = begin_alone(database).await?;
    let check = sealer.sign("key", KEY_CHECK);
    match meta(&mut *writing, "key").await? {
        Some(held) if held != check => return Err(Error::OtherKey),
        Some(_) => return Ok(()),
        None => set_meta(&mut *writing, "key", &check).await?,
    }
    let head = Head { seq: 0, hash: GENESIS.to_owned() };
    let sql = "INSERT INTO head (id, seq, hash, mac) VALUES (1, $1, $2, $3)";
    let mac = head.mac(sealer);
    writing.execute(sql.into(), vec![head.seq.into(), head.hash.into(), mac.into()]).await?;
    Ok(writing.commit().await?)
}
