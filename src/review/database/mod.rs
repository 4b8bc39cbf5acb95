//! The two databases that a ledger can lie in, behind one small trait.
//!
//! Takes: statements that both databases read, with their values.
//! Gives: [`Database`], [`Transaction`] and [`Row`].
//! Never: takes a statement that was put together from what a caller wrote.

mod sqlite;
mod postgres;

use std::borrow::Cow;
use std::fmt::Debug;
use std::path::Path;

use futures_util::future::BoxFuture;

pub(in crate::review) use postgres::Postgres;
pub(in crate::review) use sqlite::Sqlite;

/// Why the database did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no room left.
    #[error("the disk of the ledger is full")]
    Full(#[source] sqlx::Error),
    /// Another program holds it.
    #[error("the ledger is held by another program")]
    Held(#[source] sqlx::Error),
    /// It cannot be reached.
    #[error("the database of the ledger cannot be reached")]
    Gone(#[source] sqlx::Error),
    /// Its file may not be opened or written.
    #[error("the file of the ledger cannot be opened or written")]
    Shut(#[source] sqlx::Error),
    /// Its file is no database, or a damaged one.
    #[error("the file of the ledger is damaged, or no ledger")]
    Damaged(#[source] sqlx::Error),
    /// The log is not the one that this program wrote: nothing is put behind it.
    #[error("the end of the log was changed by another hand")]
    Forged,
    /// What is to be written is there already.
    #[error("it is there already")]
    Twice(#[source] sqlx::Error),
    /// It failed in another way.
    #[error("the database of the ledger failed")]
    Failed(#[source] sqlx::Error),
    /// A column holds something else than it should.
    #[error("a column of the ledger holds what it cannot hold")]
    Column(#[source] sqlx::Error),
}

/// Codes of SQLite's errors (<https://sqlite.org/rescode.html>), without their extensions.
mod codes {
    pub(super) const PERM: i64 = 3;
    pub(super) const BUSY: i64 = 5;
    pub(super) const LOCKED: i64 = 6;
    pub(super) const READONLY: i64 = 8;
    pub(super) const IOERR: i64 = 10;
    pub(super) const CORRUPT: i64 = 11;
    pub(super) const FULL: i64 = 13;
    pub(super) const CANTOPEN: i64 = 14;
    pub(super) const NOTADB: i64 = 26;
}

impl Fault {
    /// What a ledger answers that has been closed.
    pub(in crate::review) fn closed() -> Self {
        Self::Gone(sqlx::Error::PoolClosed)
    }

    /// A failure of a file beside or below the database.
    fn of_file(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full(error.into())
            }
            _ => Self::Shut(error.into()),
        }
    }

    /// A failure by what it means to those who wait.
    fn of(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_) => Self::Gone(error),
                _ => Self::Failed(error),
            };
        };
        if database.is_unique_violation() {
            return Self::Twice(error);
        }
        let code = database.code().unwrap_or_default().into_owned();
        if code.len() == 5 {
            return Self::of_postgres(&code, error);
        }
        match code.parse::<i64>().map(|code| code & 0xff) {
            // On a disk that is full the log beside the database fails in its own way.
            Ok(codes::FULL | codes::IOERR) => Self::Full(error),
            Ok(codes::BUSY | codes::LOCKED) => Self::Held(error),
            Ok(codes::PERM | codes::READONLY | codes::CANTOPEN) => Self::Shut(error),
            Ok(codes::CORRUPT | codes::NOTADB) => Self::Damaged(error),
            _ => Self::Failed(error),
        }
    }

    /// PostgreSQL's codes have five characters, the first two of which are their class
    /// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    fn of_postgres(code: &str, error: sqlx::Error) -> Self {
        match code {
            "53100" => Self::Full(error),
            // A deadlock, a lock that was not given, a statement that took too long.
            "40001" | "40P01" | "55P03" | "57014" => Self::Held(error),
            // No such database, no connection left, a server that only reads.
            "3D000" | "53300" | "25006" => Self::Gone(error),
            code if ["08", "28"].iter().any(|class| code.starts_with(class)) => Self::Gone(error),
            code if code.starts_with("57P") => Self::Gone(error),
            _ => Self::Failed(error),
        }
    }
}

/// A statement, made of pieces of this program alone.
#[derive(Debug, Clone)]
pub(in crate::review) struct Sql(Cow<'static, str>);

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

#[cfg(test)]
impl From<String> for Sql {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl Sql {
    /// The pieces, one after the other.
    pub(in crate::review) fn of(pieces: &[&'static str]) -> Self {
        Self(Cow::Owned(pieces.concat()))
    }

    /// The same with one place for a value behind it.
    #[must_use]
    pub(in crate::review) fn place(self, n: usize) -> Self {
        Self(Cow::Owned(format!("{}${n}", self.0)))
    }

    /// The same with another word in the place of one.
    #[must_use]
    pub(in crate::review) fn with(self, word: &'static str, other: &'static str) -> Self {
        Self(Cow::Owned(self.0.replace(word, other)))
    }

    /// The same with another piece behind it.
    #[must_use]
    pub(in crate::review) fn then(self, piece: &'static str) -> Self {
        Self(Cow::Owned(format!("{}{piece}", self.0)))
    }

    /// The same with another statement behind it.
    #[cfg(test)]
    pub(in crate::review) fn joined(self, other: &Self) -> Self {
        Self(Cow::Owned(self.0.into_owned() + &other.0))
    }

    fn safe(self) -> sqlx::AssertSqlSafe<Cow<'static, str>> {
        sqlx::AssertSqlSafe(self.0)
    }
}

/// A value of a statement.
#[derive(Debug, Clone)]
pub(in crate::review) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

/// A row that was read.
#[derive(Debug)]
pub(in crate::review) enum Row {
    Sqlite(sqlx::sqlite::SqliteRow),
    Postgres(sqlx::postgres::PgRow),
}

macro_rules! column {
    ($name:ident, $type:ty) => {
        pub(in crate::review) fn $name(&self, column: &str) -> Result<Option<$type>, Fault> {
            use sqlx::Row as _;
            match self {
                Self::Sqlite(row) => row.try_get(column),
                Self::Postgres(row) => row.try_get(column),
            }
            .map_err(Fault::Column)
        }
    };
}

impl Row {
    column!(text_if_any, String);
    column!(int_if_any, i64);
    column!(bytes_if_any, Vec<u8>);

    /// A text that no row lacks.
    pub(in crate::review) fn text(&self, column: &str) -> Result<String, Fault> {
        self.text_if_any(column)?.ok_or_else(|| missing(column))
    }

    /// A number that no row lacks.
    pub(in crate::review) fn int(&self, column: &str) -> Result<i64, Fault> {
        self.int_if_any(column)?.ok_or_else(|| missing(column))
    }

    /// Bytes that no row lacks.
    pub(in crate::review) fn bytes(&self, column: &str) -> Result<Vec<u8>, Fault> {
        self.bytes_if_any(column)?.ok_or_else(|| missing(column))
    }
}

#[cfg(test)]
impl Row {
    /// Every column with its value as it would be read by anybody: bytes as text, where they are.
    pub(in crate::review) fn shown(&self) -> Vec<(String, String)> {
        use sqlx::{Column as _, Row as _};
        let names: Vec<String> = match self {
            Self::Sqlite(row) => row.columns().iter().map(|it| it.name().to_owned()).collect(),
            Self::Postgres(row) => row.columns().iter().map(|it| it.name().to_owned()).collect(),
        };
        let value = |name: &str| {
            let number = || self.int_if_any(name).ok().flatten().map(|number| number.to_string());
            let bytes = || self.bytes_if_any(name).ok().flatten();
            let bytes = || bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            self.text_if_any(name).ok().flatten().or_else(number).or_else(bytes)
        };
        names.into_iter().map(|name| (name.clone(), value(&name).unwrap_or_default())).collect()
    }
}

fn missing(column: &str) -> Fault {
    Fault::Column(sqlx::Error::ColumnNotFound(column.to_owned()))
}

/// A database that a ledger lies in.
pub(in crate::review) trait Database: Debug + Send + Sync {
    /// Begins to write; no other writer's transaction runs beside it.
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>, Fault>>;

    /// Begins to read one state of the ledger, whatever is written meanwhile.
    fn snapshot(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>, Fault>>;

    /// Reads outside of any transaction.
    fn fetch(&self, sql: Sql, values: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, Fault>>;

    /// How the statements of the schema are written here.
    fn dialect(&self) -> Dialect;

    /// What is put behind a row that is read so that other writers wait.
    fn lock(&self) -> &'static str;

    /// The statement by which a transaction waits until nobody else sets a ledger up; nothing
    /// where [`Database::begin`] does that already.
    fn alone(&self) -> Option<&'static str>;

    /// Writes over what was purged, also beside the database.
    fn wipe(&self) -> BoxFuture<'_, Result<(), Fault>>;

    /// Copies the whole ledger, as it stands now, into a new file; nothing where the server has
    /// its own means for that.
    fn copy_to(&self, file: &Path) -> BoxFuture<'_, Result<Option<()>, Fault>>;

    /// Closes every connection.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// A transaction; without [`Transaction::commit`] nothing of it stays.
pub(in crate::review) trait Transaction: Send {
    /// Runs a statement; returns how many rows it touched.
    fn execute(&mut self, sql: Sql, values: Vec<Value>) -> BoxFuture<'_, Result<u64, Fault>>;

    /// Reads what this transaction sees.
    fn fetch(&mut self, sql: Sql, values: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, Fault>>;

    /// Makes it stay.
    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<(), Fault>>;
}

/// The words in which the two databases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::review) struct Dialect {
    /// The type of texts; they are compared byte by byte in both.
    pub(in crate::review) text: &'static str,
    /// The type of whole numbers.
    pub(in crate::review) int: &'static str,
    /// The type of bytes.
    pub(in crate::review) bytes: &'static str,
    /// What stands behind a table.
    pub(in crate::review) strict: &'static str,
}

/// Binds the values of a statement, one by one.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::review::database::Value::Text(text) => query.bind(text),
                $crate::review::database::Value::Int(number) => query.bind(number),
                $crate::review::database::Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

/// Writes [`Transaction`] for a database, whose parts have the same names in both; `within` says
/// there how long an answer is waited for.
macro_rules! transaction {
    ($database:ty, $row:path) => {
        impl $crate::review::database::Transaction for Held {
            fn execute(
                &mut self,
                sql: $crate::review::database::Sql,
                values: Vec<$crate::review::database::Value>,
            ) -> BoxFuture<'_, Result<u64, Fault>> {
                Box::pin(async move {
                    let query = bound!(sqlx::query::<$database>(sql.safe()), values);
                    let done = within(query.execute(&mut *self.own)).await?;
                    Ok(done.rows_affected())
                })
            }

            fn fetch(
                &mut self,
                sql: $crate::review::database::Sql,
                values: Vec<$crate::review::database::Value>,
            ) -> BoxFuture<'_, Result<Vec<$crate::review::database::Row>, Fault>> {
                Box::pin(async move {
                    let query = bound!(sqlx::query::<$database>(sql.safe()), values);
                    let rows = within(query.fetch_all(&mut *self.own)).await?;
                    Ok(rows.into_iter().map($row).collect())
                })
            }

            fn commit(self: Box<Self>) -> BoxFuture<'static, Result<(), Fault>> {
                Box::pin(async move { within((*self).end()).await })
            }
        }
    };
}

use {bound, transaction};
