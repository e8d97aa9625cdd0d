//! One writer per database, with natural group commit: whatever waits shares one transaction and one fsync.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Tx;
use super::engine::Engine;
use super::queue::Queue;
use crate::lifecycle::Lifecycle;
use crate::own_thread::OwnThread;
use crate::trace;

/// Jobs that wait for the writer before callers have to wait to queue.
const QUEUE: usize = 4096;

/// A service's database. Clones share it.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    reader: DatabaseConnection,
    jobs: mpsc::Sender<Job>,
    first: mpsc::Sender<Job>,
    service: &'static str,
    outbox: Arc<OutboxBell>,
    _writer: Arc<OwnThread>,
}

/// Rings once a transaction that wrote to the outbox is committed, not before.
#[derive(Debug, Default)]
struct OutboxBell {
    written: AtomicBool,
    rung: Notify,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("service", &self.service)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// Where in the writer's queue a job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Past everything that waits.
    First,
    Last,
}

/// Tells a caller how its job ended; called after the commit, with the commit's error if it failed.
type Done = Box<dyn FnOnce(Result<(), Arc<anyhow::Error>>) + Send>;
/// Runs inside the transaction; says whether its effects are to be kept.
type Job = Box<dyn for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, (bool, Done)> + Send>;

impl Db {
    pub(super) fn start(
        engine: Engine,
        writer: DatabaseConnection,
        reader: DatabaseConnection,
        service: &'static str,
        thread: OwnThread,
        lifecycle: &Lifecycle,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (first, first_queue) = mpsc::channel(QUEUE);
        let queue = Queue::new(queue, first_queue);
        let ending = lifecycle.ending();
        let outbox = Arc::new(OutboxBell::default());
        let bell = outbox.clone();
        let lifecycle = lifecycle.on(thread.handle());
        lifecycle.spawn_writer("database writer", async move {
            commit_groups(&writer, queue, service, &bell, &ending).await;
            Ok(())
        });
        Self {
            engine,
            reader,
            jobs,
            first,
            service,
            outbox,
            _writer: Arc::new(thread),
        }
    }

    /// The same with readers of its own.
    pub(crate) fn reading(&self, reader: DatabaseConnection) -> Self {
        Self {
            reader,
            ..self.clone()
        }
    }

    /// Says, inside a job, that the outbox has a new row.
    pub(crate) fn outbox_written(&self) {
        self.outbox.written.store(true, Ordering::Release);
    }

    /// Resolves after a commit that wrote to the outbox.
    pub(crate) async fn outbox_committed(&self) {
        self.outbox.rung.notified().await;
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// For reads outside transactions.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Runs `job` in a transaction with whatever else waits, each job in a savepoint of its own; resolves
    /// once the commit is durable. An `Err` from the job undoes the job alone.
    pub async fn write<T, F>(&self, job: F) -> anyhow::Result<T>
    where
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, anyhow::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.write_at(Turn::Last, job).await
    }

    /// The same past everything that waits: for the few small jobs that a person waits for, such as a STOP.
    pub async fn write_first<T, F>(&self, job: F) -> anyhow::Result<T>
    where
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, anyhow::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.write_at(Turn::First, job).await
    }

    /// [`Db::write`] or [`Db::write_first`].
    pub async fn write_at<T, F>(&self, turn: Turn, job: F) -> anyhow::Result<T>
    where
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, anyhow::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        // The writer is a task of its own: without this, what a job says would lose its trace.
        let context = trace::current();
        let job: Job = Box::new(move |tx| {
            let work = trace::carry(context, job(tx));
            Box::pin(async move {
                let outcome = work.await;
                let keep = outcome.is_ok();
                let done: Done = Box::new(move |committed| {
                    let outcome = match committed {
                        Ok(()) => outcome,
                        Err(error) => {
                            outcome.and(Err(anyhow::anyhow!("the commit failed: {error:#}")))
                        }
                    };
                    // A caller that has gone away does not need the answer.
                    let _gone = answer.send(outcome);
                });
                (keep, done)
            })
        });
        let queue = match turn {
            Turn::First => &self.first,
            Turn::Last => &self.jobs,
        };
        queue.send(job).await.map_err(|_| self.gone())?;
        answered.await.map_err(|_| self.gone())?
    }

    fn gone(&self) -> anyhow::Error {
        anyhow::anyhow!("the database writer of {} has ended", self.service)
    }
}

async fn commit_groups(
    writer: &DatabaseConnection,
    mut queue: Queue<Job>,
    service: &'static str,
    outbox: &OutboxBell,
    ending: &CancellationToken,
) {
    while queue.gather(ending).await {
        let started = std::time::Instant::now();
        let mut dones = Vec::new();
        let committed = commit(writer, &mut queue, &mut dones)
            .await
            .map_err(Arc::new);
        let jobs = dones.len();
        if let Err(error) = &committed {
            tracing::error!(
                service,
                error = format!("{error:#}"),
                "a commit failed; its callers will try again"
            );
        }
        if outbox.written.swap(false, Ordering::AcqRel) {
            outbox.rung.notify_one();
        }
        if committed.is_err() {
            // Jobs that never ran drop their answer channel, which their callers see as an error.
            queue.drop_group();
        }
        for done in dones {
            done(committed.clone());
        }
        metrics::counter!("db_commits_total", "service" => service).increment(1);
        metrics::counter!("db_jobs_total", "service" => service).increment(jobs as u64);
        metrics::histogram!("db_commit_seconds", "service" => service)
            .record(started.elapsed().as_secs_f64());
    }
}

async fn commit(
    writer: &DatabaseConnection,
    queue: &mut Queue<Job>,
    dones: &mut Vec<Done>,
) -> anyhow::Result<()> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = writer
        .begin_with_options(options)
        .await
        .context("cannot begin a transaction")?;
    if queue.is_alone() {
        // Alone, a job needs no savepoint: undoing it undoes the transaction.
        if let Some(job) = queue.next() {
            let (keep, done) = job(&tx).await;
            dones.push(done);
            if !keep {
                return tx.rollback().await.context("cannot roll back");
            }
        }
    } else {
        while let Some(job) = queue.next() {
            let savepoint = tx.begin().await.context("cannot set a savepoint")?;
            let (keep, done) = job(&savepoint).await;
            if !keep {
                savepoint
                    .rollback()
                    .await
                    .context("cannot roll back to a savepoint")?;
            } else if let Err(error) = savepoint.commit().await {
                // PostgreSQL keeps nothing of a job that went on after a failed statement. That is this
                // job's fault alone; dropped, its savepoint is rolled back.
                let error = anyhow::Error::new(error).context("cannot release a savepoint");
                done(Err(Arc::new(error)));
                continue;
            }
            dones.push(done);
        }
    }
    tx.commit().await.context("cannot commit")
}
