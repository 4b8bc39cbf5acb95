//! SQLite: one file, one writer, and a disk that has it before anybody is told.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::review::database::{
    Database, Dialect, Fault, Row, Sql, Transaction, Value, bound, transaction,
};

/// How long a statement waits for another program's lock.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Between two tries where SQLite does not wait by itself.
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// Connections that read; none of them waits for the writer.
const READERS_MAX: u32 = 4;
/// Kibibytes of pages that each connection keeps.
const CACHE_KIB: &str = "-16000";

/// A ledger in one file.
#[derive(Debug)]
pub(in crate::review) struct Sqlite {
    options: SqliteConnectOptions,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    /// Opens the file, which is made if it is not there.
    pub(in crate::review) async fn open(path: &Path) -> Result<Self, Fault> {
        make(path).map_err(Fault::of_file)?;
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
        let writer = connect(&options).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS_MAX);
        let readers = readers.connect_lazy_with(options.clone().pragma("query_only", "ON"));
        Ok(Self { options, writer, readers })
    }
}

/// The one connection that writes. Where two programs begin a file at once, both turn its journal
/// over, and SQLite tells one of them without waiting that it is locked.
async fn connect(options: &SqliteConnectOptions) -> Result<SqlitePool, Fault> {
    let end = Instant::now() + LOCK_WAIT;
    loop {
        let writer = SqlitePoolOptions::new().max_connections(1);
        match writer.connect_with(options.clone()).await.map_err(Fault::of) {
            Err(Fault::Held(_)) if Instant::now() < end => tokio::time::sleep(LOCK_PAUSE).await,
            done => return done,
        }
    }
}

/// Makes an empty file for the ledger that its owner alone can read; the files that SQLite puts
/// beside it get the same rights.
fn make(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A file answers at once; how long another program's lock is waited for is SQLite's own setting.
async fn within<T>(work: impl Future<Output = sqlx::Result<T>>) -> Result<T, Fault> {
    work.await.map_err(Fault::of)
}

impl Database for Sqlite {
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>, Fault>> {
        Box::pin(async move {
            let begun = Held::begin(&self.writer, "BEGIN IMMEDIATE").await?;
            Ok(Box::new(begun) as Box<dyn Transaction>)
        })
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>, Fault>> {
        Box::pin(async move {
            let begun = Held::begin(&self.readers, "BEGIN").await?;
            Ok(Box::new(begun) as Box<dyn Transaction>)
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
        Dialect { text: "TEXT", int: "INTEGER", bytes: "BLOB", strict: " STRICT" }
    }

    fn lock(&self) -> &'static str {
        ""
    }

    fn alone(&self) -> Option<&'static str> {
        None
    }

    fn wipe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            // The log beside the database still holds the pages as they were. Where somebody still
            // reads them it cannot be emptied, and whoever purged must hear of it.
            let query = sqlx::query::<sqlx::Sqlite>("PRAGMA wal_checkpoint(TRUNCATE)");
            let row = query.fetch_one(&self.writer).await.map_err(Fault::of)?;
            let busy: i64 = sqlx::Row::try_get(&row, "busy").map_err(Fault::Column)?;
            if busy == 0 { Ok(()) } else { Err(Fault::Held(sqlx::Error::PoolTimedOut)) }
        })
    }

    fn copy_to(&self, file: &Path) -> BoxFuture<'_, Result<Option<()>, Fault>> {
        let file = file.to_owned();
        Box::pin(async move {
            make(&file).map_err(Fault::of_file)?;
            // A connection of its own: whoever decides meanwhile does not wait for the copy.
            let mut own = self.options.connect().await.map_err(Fault::of)?;
            let query =
                sqlx::query::<sqlx::Sqlite>("VACUUM INTO $1").bind(file.display().to_string());
            query.execute(&mut own).await.map_err(Fault::of)?;
            own.close().await.map_err(Fault::of)?;
            // SQLite leaves it to its caller that a copy is on the disk.
            std::fs::File::open(&file).and_then(|file| file.sync_all()).map_err(Fault::of_file)?;
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

/// A connection within a transaction. Where it is let go without a commit the connection is closed,
/// which undoes it: after some faults, a full disk among them, SQLite has undone the transaction by
/// itself, and a connection that is told to undo it again is of no more use.
struct Held {
    own: PoolConnection<sqlx::Sqlite>,
    ended: bool,
}

impl Held {
    async fn begin(pool: &SqlitePool, begin: &'static str) -> Result<Self, Fault> {
        let own = pool.acquire().await.map_err(Fault::of)?;
        // Whoever stops to wait leaves no transaction open.
        let mut held = Self { own, ended: false };
        held.run(begin).await?;
        Ok(held)
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), Fault> {
        let query = sqlx::query::<sqlx::Sqlite>(sql);
        query.execute(&mut *self.own).await.map(drop).map_err(Fault::of)
    }

    async fn end(mut self) -> sqlx::Result<()> {
        sqlx::query::<sqlx::Sqlite>("COMMIT").execute(&mut *self.own).await?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.ended {
            self.own.close_on_drop();
        }
    }
}

transaction!(sqlx::Sqlite, Row::Sqlite);
