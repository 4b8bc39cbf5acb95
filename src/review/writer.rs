//! One writer that takes what waits together: many decisions share one wait for the disk.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::privacy::Sealer;
use crate::review::chain::{Chain, Entry};
use crate::review::database::{Database, Fault, Row, Sql, Transaction, Value};

/// Writes that share one commit at most.
const TOGETHER_MAX: usize = 64;
/// Writes that wait at most; a caller beyond them waits to be let in.
const WAITING_MAX: usize = 1024;

/// What a write sees: the transaction, and the end of the log.
pub(in crate::review) struct Writing {
    transaction: Box<dyn Transaction>,
    chain: Chain,
    pub(in crate::review) sealer: Arc<Sealer>,
}

impl Writing {
    /// Runs a statement; returns how many rows it touched.
    pub(in crate::review) async fn run(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<u64, Fault> {
        self.transaction.execute(sql.into(), values).await
    }

    /// Reads what this transaction sees.
    pub(in crate::review) async fn rows(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Fault> {
        self.transaction.fetch(sql.into(), values).await
    }

    /// Records an event; returns its number.
    pub(in crate::review) async fn record(&mut self, entry: Entry<'_>) -> Result<i64, Fault> {
        self.chain.add(&mut *self.transaction, &self.sealer, entry).await
    }
}

/// One write that waits.
trait Job: Send {
    /// Does it; what comes back tells the one who waits, once it is known whether it stays.
    fn run<'a>(self: Box<Self>, writing: &'a mut Writing) -> BoxFuture<'a, Ran>
    where
        Self: 'a;

    /// Tells the one who waits that nothing could be begun.
    fn refuse(self: Box<Self>, fault: Shared);
}

/// A write that was tried.
struct Ran {
    stays: bool,
    /// The database's fault, if it failed by one.
    fault: Option<Arc<Fault>>,
    tell: Box<dyn Tell>,
}

/// Tells the one who waits how it went.
trait Tell: Send {
    fn tell(self: Box<Self>, commit: Result<(), Shared>);
}

/// A fault that several hear of.
#[derive(Debug, Clone)]
pub(in crate::review) struct Shared(pub(in crate::review) Arc<Fault>);

/// What a write needs so that its caller can hear of a fault of the database.
pub(in crate::review) trait FromFault: Send + 'static {
    fn from_fault(fault: Shared) -> Self;

    /// The fault of the database that it came of.
    fn fault(&self) -> Option<Arc<Fault>>;
}

struct Waiting<F, T, E> {
    work: F,
    answer: oneshot::Sender<Result<T, E>>,
}

struct Answer<T, E> {
    result: Result<T, E>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T: Send, E: FromFault> Tell for Answer<T, E> {
    fn tell(self: Box<Self>, commit: Result<(), Shared>) {
        let result = match (self.result, commit) {
            (Ok(_), Err(fault)) => Err(E::from_fault(fault)),
            (result, _) => result,
        };
        // One who no longer waits hears nothing; what was written stays.
        drop(self.answer.send(result));
    }
}

impl<F, T, E> Job for Waiting<F, T, E>
where
    F: for<'a> FnOnce(&'a mut Writing) -> BoxFuture<'a, Result<T, E>> + Send,
    T: Send + 'static,
    E: FromFault,
{
    fn run<'a>(self: Box<Self>, writing: &'a mut Writing) -> BoxFuture<'a, Ran>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let Self { work, answer } = *self;
            let result = work(writing).await;
            let fault = result.as_ref().err().and_then(FromFault::fault);
            Ran { stays: result.is_ok(), fault, tell: Box::new(Answer { result, answer }) }
        })
    }

    fn refuse(self: Box<Self>, fault: Shared) {
        drop(self.answer.send(Err(E::from_fault(fault))));
    }
}

/// Where writes are handed in.
#[derive(Clone)]
pub(in crate::review) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Writer")
    }
}

impl Writer {
    /// Begins to take writes; ends when the last sender is gone and all is written.
    pub(in crate::review) fn start(
        database: Arc<dyn Database>,
        sealer: Arc<Sealer>,
        lock: &'static str,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, mut waiting) = mpsc::channel::<Box<dyn Job>>(WAITING_MAX);
        let task = tokio::spawn(async move {
            let mut together = Vec::with_capacity(TOGETHER_MAX);
            let mut seen = 0;
            while waiting.recv_many(&mut together, TOGETHER_MAX).await > 0 {
                let jobs = std::mem::take(&mut together);
                let end = write((&*database, lock), (&sealer, seen), jobs).await;
                seen = end.unwrap_or(seen);
            }
        });
        (Self { queue }, task)
    }

    /// Does a write, and returns when it is on the disk. What fails leaves nothing behind.
    pub(in crate::review) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Writing) -> BoxFuture<'a, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: FromFault,
    {
        let (answer, heard) = oneshot::channel();
        let gone = || Shared(Arc::new(Fault::Gone(sqlx::Error::WorkerCrashed)));
        let waiting = Box::new(Waiting { work, answer });
        if self.queue.send(waiting).await.is_err() {
            return Err(E::from_fault(gone()));
        }
        heard.await.unwrap_or_else(|_| Err(E::from_fault(gone())))
    }
}

/// Writes what waited together in one transaction, each on its own point of return; gives the end
/// of the log if it was committed.
async fn write(
    (database, lock): (&dyn Database, &'static str),
    (sealer, seen): (&Arc<Sealer>, i64),
    jobs: Vec<Box<dyn Job>>,
) -> Option<i64> {
    let begun = async {
        let mut transaction = database.begin().await?;
        let chain = Chain::hold(&mut *transaction, lock, (sealer, seen)).await?;
        Ok(Writing { transaction, chain, sealer: Arc::clone(sealer) })
    };
    let mut writing = match begun.await {
        Ok(writing) => writing,
        Err(fault) => {
            let fault = Shared(Arc::new(fault));
            for job in jobs {
                job.refuse(fault.clone());
            }
            return None;
        }
    };
    let mut told = Vec::with_capacity(jobs.len());
    let mut broken = None;
    for job in jobs {
        if let Some(fault) = &broken {
            job.refuse(Shared(Arc::clone(fault)));
            continue;
        }
        let before = writing.chain.clone();
        let point = writing.run("SAVEPOINT one", Vec::new()).await;
        if let Err(fault) = point {
            let fault = Arc::new(fault);
            job.refuse(Shared(Arc::clone(&fault)));
            broken = Some(fault);
            continue;
        }
        let Ran { stays, fault, tell } = job.run(&mut writing).await;
        let mut undone = Ok(0);
        if !stays {
            writing.chain = before;
            undone = writing.run("ROLLBACK TO SAVEPOINT one", Vec::new()).await;
        }
        let freed = writing.run("RELEASE SAVEPOINT one", Vec::new()).await;
        // Where it cannot be undone alone, all of them are, for the reason that it failed by.
        broken = undone.and(freed).err().map(|own| fault.unwrap_or_else(|| Arc::new(own)));
        told.push(tell);
    }
    let commit = match broken {
        Some(fault) => Err(Shared(fault)),
        None => finish(writing).await.map_err(|fault| Shared(Arc::new(fault))),
    };
    let (commit, end) = match commit {
        Ok(end) => (Ok(()), Some(end)),
        Err(fault) => (Err(fault), None),
    };
    for tell in told {
        tell.tell(commit.clone());
    }
    end
}

async fn finish(mut writing: Writing) -> Result<i64, Fault> {
    writing.chain.close(&mut *writing.transaction, &writing.sealer).await?;
    writing.transaction.commit().await?;
    Ok(writing.chain.last())
}
