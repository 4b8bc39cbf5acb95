//! PostgreSQL: for several nodes over one ledger.

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::review::database::{
    Database, Dialect, Fault, Row, Sql, Transaction, Value, bound, transaction,
};

/// How long a caller waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);
/// How long a server may take to answer a statement: one that is cut off never does.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// Connections of one node.
const CONNECTIONS_MAX: u32 = 8;

/// A ledger in a database server.
#[derive(Debug)]
pub(in crate::review) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    /// Connects; the address is as in `postgres://user@host/name`.
    pub(in crate::review) async fn open(url: &str) -> Result<Self, Fault> {
        let options: PgConnectOptions = url.parse().map_err(Fault::of)?;
        // A commit is on the server's disk before anybody is told, whatever the server's default.
        let options = options.options([("synchronous_commit", "on")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(CONNECTION_WAIT)
            .connect_with(options)
            .await
            .map_err(Fault::of)?;
        Ok(Self { pool })
    }
}

async fn within<T>(work: impl Future<Output = sqlx::Result<T>>) -> Result<T, Fault> {
    let waited = tokio::time::timeout(ANSWER_WAIT, work).await;
    waited.map_err(|_| Fault::Gone(sqlx::Error::PoolTimedOut))?.map_err(Fault::of)
}

impl Database for Postgres {
    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>, Fault>> {
        Box::pin(async move {
            let begun = within(self.pool.begin()).await?;
            Ok(Box::new(Held { own: begun }) as Box<dyn Transaction>)
        })
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>, Fault>> {
        Box::pin(async move {
            let one_state = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            let begun = within(self.pool.begin_with(one_state)).await?;
            Ok(Box::new(Held { own: begun }) as Box<dyn Transaction>)
        })
    }

    fn fetch(&self, sql: Sql, values: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        Box::pin(async move {
            let query = bound!(sqlx::query::<sqlx::Postgres>(sql.safe()), values);
            let rows = within(query.fetch_all(&self.pool)).await?;
            Ok(rows.into_iter().map(Row::Postgres).collect())
        })
    }

    fn dialect(&self) -> Dialect {
        Dialect { text: "TEXT COLLATE \"C\"", int: "BIGINT", bytes: "BYTEA", strict: "" }
    }

    fn lock(&self) -> &'static str {
        " FOR UPDATE"
    }

    fn alone(&self) -> Option<&'static str> {
        Some("SELECT pg_advisory_xact_lock(20251015)")
    }

    fn wipe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            // Old rows go from the tables; what the server keeps elsewhere is its operator's.
            for table in ["VACUUM inquiry", "VACUUM draft", "VACUUM decision", "VACUUM fingerprint"]
            {
                let query = sqlx::query::<sqlx::Postgres>(table);
                query.execute(&self.pool).await.map_err(Fault::of)?;
            }
            Ok(())
        })
    }

    fn copy_to(&self, _file: &Path) -> BoxFuture<'_, Result<Option<()>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.pool.close().await })
    }
}

/// A transaction; let go without a commit, it is undone.
struct Held {
    own: sqlx::Transaction<'static, sqlx::Postgres>,
}

impl Held {
    async fn end(self) -> sqlx::Result<()> {
        self.own.commit().await
    }
}

transaction!(sqlx::Postgres, Row::Postgres);
