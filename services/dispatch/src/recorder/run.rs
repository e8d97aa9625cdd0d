//! The recorder's loop: gather, commit, let go on.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Bus, Clock, Db};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Entry;
use super::plan::{After, Counts, plan};
use super::write::commit;
use crate::book::Book;
use crate::db::parked;
use crate::links::Links;
use crate::odd::Odd;
use crate::reconcile::Reconciling;
use crate::tasks::close_permits::Closing;

/// Texts and receipts in one commit at most (the last entry may go over it).
const MOST: usize = 4096;
/// How often old entries are let go.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// A receipt overtakes its submit's commit by seconds, never by more than this.
const PARKED_MATCH_MS: i64 = 600_000;

pub struct Recorder {
    pub entries: mpsc::Receiver<Entry>,
    pub book: Book,
    pub db: Db,
    /// Our name, which budget was taken under.
    pub dispatcher: Arc<str>,
    pub bus: Bus,
    pub clock: Clock,
    pub links: Arc<Links>,
    pub reconciling: Arc<Reconciling>,
    pub closing: mpsc::Sender<Closing>,
    /// Cancelled when nobody will bring anything more.
    pub quiet: CancellationToken,
    pub commit_every: Duration,
    pub commit_receipts_every: Duration,
    pub fold_every: Duration,
    pub receipts_for_ms: i64,
    /// For how long number and words of a text of the API are kept that may be redriven.
    pub redrive_ms: i64,
}

/// Since when parked receipts are matched with new texts.
pub const fn parked_since(now: i64) -> i64 {
    now - PARKED_MATCH_MS
}

impl Recorder {
    pub async fn run(mut self) -> anyhow::Result<()> {
        let mut fold_at = Instant::now() + self.fold_every;
        let mut forget_at = Instant::now() + FORGET_EVERY;
        loop {
            let mut batch = Vec::new();
            let ending = tokio::select! {
                biased;
                entry = self.entries.recv() => {
                    let ended = entry.is_none();
                    batch.extend(entry);
                    ended
                }
                () = self.quiet.cancelled() => true,
                () = tokio::time::sleep_until(fold_at), if self.book.is_dirty() => false,
                () = tokio::time::sleep_until(forget_at) => false,
            };
            if !batch.is_empty() && !self.quiet.is_cancelled() {
                self.gather_for_a_while(&mut batch).await;
            }
            self.gather(&mut batch);
            let fold = self.book.is_dirty() && (ending || Instant::now() >= fold_at);
            if !batch.is_empty() || fold {
                self.record(batch, fold).await?;
            }
            if fold {
                fold_at = Instant::now() + self.fold_every;
            }
            if Instant::now() >= forget_at {
                self.forget().await?;
                forget_at = Instant::now() + FORGET_EVERY;
            }
            if ending && self.entries.is_empty() {
                return Ok(());
            }
        }
    }

    /// Outcomes have chunks and permits waiting for them. Receipts alone have only the carrier, which is
    /// let wait while it brings more; one that brings no more may be waiting for our answers.
    async fn gather_for_a_while(&mut self, batch: &mut Vec<Entry>) {
        let begun = Instant::now();
        tokio::time::sleep(self.commit_every).await;
        self.gather(batch);
        while begun.elapsed() < self.commit_receipts_every
            && batch
                .iter()
                .all(|entry| matches!(entry, Entry::Receipts(_)))
        {
            let before = batch.len();
            // Longer than the session rests between two reads.
            tokio::time::sleep(self.commit_every * 2).await;
            self.gather(batch);
            if batch.len() == before {
                return;
            }
        }
    }

    fn gather(&mut self, batch: &mut Vec<Entry>) {
        let mut size: usize = batch.iter().map(Entry::size).sum();
        while size < MOST {
            let Ok(entry) = self.entries.try_recv() else {
                break;
            };
            size += entry.size();
            batch.push(entry);
        }
    }

    async fn record(&mut self, batch: Vec<Entry>, fold: bool) -> anyhow::Result<()> {
        let now = self.clock.millis();
        let (mut work, after) = plan(&mut self.book, batch, fold, now, &self.reconciling)?;
        if self.redrive_ms > 0 {
            work.work_until = now.0 + self.redrive_ms;
        }
        let odd = work.odd.clone();
        let written = commit(&self.db, &self.bus, &self.dispatcher, work).await;
        let taken = written.is_ok();
        let After {
            close,
            returned,
            closed,
            dones,
            answers,
            counts,
        } = after;
        for receipts in answers {
            self.links.answer(receipts.link, receipts.tokens, taken);
            if let Some(done) = receipts.done.filter(|_| taken) {
                let _gone = done.send(());
            }
        }
        // On failure everyone who waits is told by their dropped channel.
        written?;
        count(counts, self.book.waiting());
        odd.iter().for_each(Odd::count);
        for done in dones {
            let _gone = done.send(());
        }
        if !close.is_empty() {
            self.closing
                .send(Closing {
                    slots: close,
                    returned,
                    dones: closed,
                })
                .await?;
        }
        Ok(())
    }

    async fn forget(&mut self) -> anyhow::Result<()> {
        let now = self.clock.millis().0;
        let rows_before = now - self.receipts_for_ms;
        self.book.forget(rows_before, parked_since(now));
        let engine = self.db.engine();
        self.db
            .write(move |tx| {
                Box::pin(async move { parked::remove_before(engine, tx, rows_before).await })
            })
            .await
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge")]
fn count(counts: Counts, waiting: usize) {
    metrics::counter!("dispatch_handed_over_total").increment(counts.handed_over);
    metrics::counter!("dispatch_unknown_total").increment(counts.unknown);
    metrics::counter!("dispatch_failed_total").increment(counts.failed);
    metrics::counter!("dispatch_receipts_total").increment(counts.receipts);
    metrics::counter!("dispatch_receipts_parked").increment(counts.parked);
    metrics::gauge!("dispatch_receipts_awaited").set(waiting as f64);
}
