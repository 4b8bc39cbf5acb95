//! SQLite: one file, one writer, and a disk that has it before anybody is told.

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::review::database::{
    Database, Dialect, Fault, Row, Sql, Transaction, Value, bound, transaction,
};

/// How long a statement waits for another program's lock.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Connections that read; none of them waits for the writer.
const READERS_MAX: u32 = 4;
/// Kibibytes of pages that each connection keeps.
const CACHE_KIB: &str = "-16000";

/// A ledger in one file.
#[derive(Debug)]
pub(in crate::review) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    /// Opens the file, which is made if it is not there.
    pub(in crate::review) async fn open(path: &Path) -> Result<Self, Fault> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged is on the disk, also when the power goes (decision 0023).
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(LOCK_WAIT)
            // What is purged is overwritten, not only left out of the tree.
            .pragma("secure_delete", "ON")
            .pragma("cache_size", CACHE_KIB)
            .pragma("temp_store", "MEMORY");
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect_with(options.clone()).await.map_err(Fault::of)?;
        let readers = SqlitePoolOptions::new().max_connections(READERS_MAX);
        let readers = readers.connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self { writer, readers })
    }
}

impl Database for Sqlite {
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>, Fault>> {
        Box::pin(async move {
            let begun = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(Fault::of)?;
            Ok(Box::new(Held(begun)) as Box<dyn Transaction>)
        })
    }

    fn fetch(&self, sql: Sql, values: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        Box::pin(async move {
            let query = bound!(sqlx::query::<sqlx::Sqlite>(sql.safe()), values);
            let rows = query.fetch_all(&self.readers).await.map_err(Fault::of)?;
            Ok(rows.into_iter().map(Row::Sqlite).collect())
        })
    }

    fn dialect(&self) -> Dialect {
        Dialect { int: "INTEGER", bytes: "BLOB", strict: " STRICT" }
    }

    fn lock(&self) -> &'static str {
        ""
    }

    fn wipe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            // The log beside the database still holds the pages as they were.
            let query = sqlx::query::<sqlx::Sqlite>("PRAGMA wal_checkpoint(TRUNCATE)");
            query.execute(&self.writer).await.map(drop).map_err(Fault::of)
        })
    }

    fn copy_to(&self, file: &Path) -> BoxFuture<'_, Result<Option<()>, Fault>> {
        let file = file.display().to_string();
        Box::pin(async move {
            let query = sqlx::query::<sqlx::Sqlite>("VACUUM INTO $1").bind(file);
            query.execute(&self.writer).await.map_err(Fault::of)?;
            Ok(Some(()))
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.readers.close().await;
            self.writer.close().await;
        })
    }
}

struct Held(sqlx::Transaction<'static, sqlx::Sqlite>);

transaction!(sqlx::Sqlite, Row::Sqlite);
