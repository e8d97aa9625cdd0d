//! Fires what is due.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chassis::{Clock, Db, Tx};
use contract::UnixMillis;
use futures::future::BoxFuture;
use sea_orm::prelude::Uuid;
use tokio_util::sync::CancellationToken;

use super::{Bell, Standing, Timer};
use crate::db;
use crate::release::later;

/// What happens when timers of one kind are due.
pub trait Handler: Send + Sync + 'static {
    fn kind(&self) -> &'static str;

    /// Does what is due, inside the transaction that ends the timers. Timers of one owner come in the order in which
    /// they were due. On an error none of them has fired; then each is tried alone.
    fn fire<'t>(
        &'t self,
        tx: &'t Tx,
        now: UnixMillis,
        due: &'t [Timer],
    ) -> BoxFuture<'t, anyhow::Result<()>>;

    /// After the commit.
    fn fired(&self) {}
}

/// How fast and how patient a scheduler is.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Timers fired in one transaction, at most.
    pub batch: usize,
    /// How long the lease lasts without a commit of its holder.
    pub lease: Duration,
    /// The longest time between two looks at the table.
    pub poll: Duration,
}

/// Before timers whose handler failed are tried again; doubles each time.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_LONGEST: Duration = Duration::from_secs(600);
/// Before the table is looked at again after a failure of the database.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

pub struct Scheduler {
    db: Db,
    clock: Clock,
    bell: Arc<Bell>,
    handlers: Arc<BTreeMap<&'static str, Arc<dyn Handler>>>,
    pace: Pace,
    me: String,
    /// The epoch this scheduler believes to hold the lease under.
    epoch: Mutex<Option<i64>>,
}

/// What a look at the table found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing is due before then.
    Nothing(Option<UnixMillis>),
    /// Another scheduler has the lease until then.
    Elsewhere(UnixMillis),
    /// These may be fired under this epoch.
    Due { epoch: i64, timers: Vec<Uuid> },
}

enum Outcome {
    /// The lease went to somebody else; nothing was done.
    Stale,
    Fired(Vec<(&'static str, Timer)>),
}

impl Scheduler {
    /// `me` must differ between any two schedulers that ever share a database, restarts included.
    pub fn new(
        db: Db,
        clock: Clock,
        bell: Arc<Bell>,
        handlers: Vec<Arc<dyn Handler>>,
        pace: Pace,
        me: String,
    ) -> Self {
        let handlers = handlers
            .into_iter()
            .map(|handler| (handler.kind(), handler));
        Self {
            db,
            clock,
            bell,
            handlers: Arc::new(handlers.collect()),
            pace,
            me,
            epoch: Mutex::new(None),
        }
    }

    /// Fires timers until it is told to stop.
    pub async fn run(&self, stopping: CancellationToken) {
        while !stopping.is_cancelled() {
            self.bell.look();
            let pause = match self.fire_all(&stopping).await {
                Ok(next) => self.pause_until(next),
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "timers cannot be fired yet");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = stopping.cancelled() => {}
                () = self.bell.rung() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Err(error) = self.give_up_lease().await {
            tracing::warn!(
                error = format!("{error:#}"),
                "the lease of the timers runs out by itself"
            );
        }
    }

    /// At its end: another scheduler need not wait until the lease runs out.
    async fn give_up_lease(&self) -> anyhow::Result<()> {
        let Some(epoch) = *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) else {
            return Ok(());
        };
        let (engine, me, now) = (self.db.engine(), self.me.clone(), self.clock.millis());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let lease = db::lease::load(tx, engine).await?;
                    if lease.allows(&me, epoch) {
                        let until = lease.until.min(now);
                        db::lease::save(tx, &super::Lease { until, ..lease }).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    fn pause_until(&self, next: Option<UnixMillis>) -> Duration {
        let now = self.clock.millis();
        let poll = later(now, self.pace.poll);
        let look = next.map_or(poll, |next| next.min(poll));
        self.bell.sleep_until(look);
        Duration::from_millis(u64::try_from(look.0 - now.0).unwrap_or(0))
    }

    /// Fires everything that is due; when the next one will be.
    pub async fn fire_all(
        &self,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Option<UnixMillis>> {
        loop {
            match self.claim().await? {
                Claim::Nothing(next) => return Ok(next),
                Claim::Elsewhere(until) => return Ok(Some(until)),
                Claim::Due { epoch, timers } => {
                    self.fire(epoch, &timers).await?;
                }
            }
            if stopping.is_cancelled() {
                return Ok(None);
            }
        }
    }

    /// Looks for what is due, and takes the lease where it is free. Reading claims nothing: only the commit does.
    pub async fn claim(&self) -> anyhow::Result<Claim> {
        let now = self.clock.millis();
        let read = self.db.read();
        let timers = db::timer::due(read, now, self.pace.batch).await?;
        if timers.is_empty() {
            return Ok(Claim::Nothing(db::timer::next_due(read).await?));
        }
        let believed = *self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = match believed {
            Some(epoch) => epoch,
            None => match self.take_lease(now).await? {
                Standing::Mine(epoch) | Standing::Free(epoch) => epoch,
                Standing::Taken(until) => return Ok(Claim::Elsewhere(until)),
            },
        };
        self.believe(Some(epoch));
        Ok(Claim::Due { epoch, timers })
    }

    async fn take_lease(&self, now: UnixMillis) -> anyhow::Result<Standing> {
        let (engine, me) = (self.db.engine(), self.me.clone());
        let until = later(now, self.pace.lease);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let lease = db::lease::load(tx, engine).await?;
                    let standing = lease.standing(&me, now);
                    if let Standing::Mine(epoch) | Standing::Free(epoch) = standing {
                        db::lease::save(
                            tx,
                            &super::Lease {
                                holder: me,
                                epoch,
                                until,
                            },
                        )
                        .await?;
                    }
                    Ok(standing)
                })
            })
            .await
    }

    /// Fires these, as far as they are still due, if the lease is still held under this epoch. How many have fired.
    pub async fn fire(&self, epoch: i64, timers: &[Uuid]) -> anyhow::Result<usize> {
        match self.commit(epoch, timers.to_vec()).await {
            Ok(outcome) => Ok(self.told(&outcome)),
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "timers did not fire together; each is tried alone"
                );
                let mut fired = 0;
                for timer in timers {
                    match self.commit(epoch, vec![*timer]).await {
                        Ok(outcome) => fired += self.told(&outcome),
                        Err(error) => {
                            metrics::counter!("campaigns_timers_failed_total").increment(1);
                            tracing::warn!(timer = %timer, error = format!("{error:#}"), "a timer did not fire");
                            self.postpone(*timer).await?;
                        }
                    }
                }
                Ok(fired)
            }
        }
    }

    async fn commit(&self, epoch: i64, timers: Vec<Uuid>) -> anyhow::Result<Outcome> {
        let (engine, me, now) = (self.db.engine(), self.me.clone(), self.clock.millis());
        let (handlers, lasts) = (self.handlers.clone(), self.pace.lease);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let lease = db::lease::load(tx, engine).await?;
                    if !lease.allows(&me, epoch) {
                        return Ok(Outcome::Stale);
                    }
                    // Its own commits keep the lease alive; there is no other heartbeat.
                    if lease.until < later(now, lasts / 2) {
                        let until = later(now, lasts);
                        db::lease::save(tx, &super::Lease { until, ..lease }).await?;
                    }
                    let mut by_kind: BTreeMap<String, Vec<Timer>> = BTreeMap::new();
                    for timer in db::timer::take(tx, engine, &timers, now).await? {
                        by_kind.entry(timer.kind.clone()).or_default().push(timer);
                    }
                    let mut fired = Vec::new();
                    for (kind, due) in by_kind {
                        let Some((kind, handler)) = handlers.get_key_value(kind.as_str()) else {
                            anyhow::bail!("this version knows no timers of the kind {kind}");
                        };
                        handler.fire(tx, now, &due).await?;
                        fired.extend(due.into_iter().map(|timer| (*kind, timer)));
                    }
                    Ok(Outcome::Fired(fired))
                })
            })
            .await
    }

    fn told(&self, outcome: &Outcome) -> usize {
        let fired = match outcome {
            Outcome::Stale => {
                metrics::counter!("campaigns_timers_refused_total").increment(1);
                self.believe(None);
                return 0;
            }
            Outcome::Fired(fired) => fired,
        };
        let now = self.clock.millis();
        let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (kind, timer) in fired {
            *kinds.entry(kind).or_default() += 1;
            let late = Duration::from_millis(u64::try_from(now.0 - timer.due_at.0).unwrap_or(0));
            metrics::histogram!("campaigns_timer_late_seconds").record(late.as_secs_f64());
        }
        for (kind, count) in kinds {
            metrics::counter!("campaigns_timers_fired_total", "kind" => kind).increment(count);
            if let Some(handler) = self.handlers.get(kind) {
                handler.fired();
            }
        }
        fired.len()
    }

    fn believe(&self, epoch: Option<i64>) {
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = epoch;
    }

    async fn postpone(&self, timer: Uuid) -> anyhow::Result<()> {
        let now = self.clock.millis();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let attempts = db::timer::attempts(tx, timer).await?;
                    let wait = RETRY
                        .saturating_mul(1 << attempts.min(10))
                        .min(RETRY_LONGEST);
                    db::timer::postpone(tx, timer, later(now, wait)).await
                })
            })
            .await
    }
}
