//! Folds batches of events into the tables, one write a batch.
//!
//! No inbox is needed: a message's halves only move up ([`crate::fold`]), and everything else is keyed by
//! its own id, so a repetition changes nothing.

mod groups;
mod hand_overs;
mod receipts;
mod routes;

pub use groups::Groups;

use std::sync::{Arc, Mutex, PoisonError};

use ahash::AHashMap;
use chassis::{Clock, Db, Engine, Tx};
use contract::{CampaignId, RunId, TenantId};

use crate::db::messages::Handed;
use crate::db::runs::Run;
use crate::db::{messages, restatements, rollup, runs};
use crate::fold::{Message, Moves};
use crate::horizon::Horizon;

/// The writing side of this service.
#[derive(Clone)]
pub struct Ledger {
    db: Db,
    engine: Engine,
    clock: Clock,
    horizon: Horizon,
    /// Runs whose number and campaign are committed.
    known: Arc<Mutex<AHashMap<RunId, Run>>>,
}

/// Runs kept in mind; a forgotten one costs a statement.
const REMEMBERED: usize = 10_000;

impl Ledger {
    pub fn new(db: Db, clock: Clock, horizon: Horizon) -> Self {
        let engine = db.engine();
        Self {
            db,
            engine,
            clock,
            horizon,
            known: Arc::default(),
        }
    }

    /// Numbers of the runs that a batch names, as far as they belong to the tenant that names them.
    async fn runs(&self, tx: &Tx, named: &[Named]) -> anyhow::Result<Numbers> {
        let mut numbers = Numbers::default();
        for (run, tenant, campaign) in named {
            if numbers.by_run.contains_key(run) {
                continue;
            }
            let found = match self.recall(*run) {
                Some(known) if known.campaign.is_some() || campaign.is_none() => known,
                _ => {
                    let found = runs::ensure(tx, self.engine, *run, *tenant, *campaign).await?;
                    numbers.fresh.push(found.clone());
                    found
                }
            };
            if found.tenant == *tenant {
                numbers.by_run.insert(*run, found.no);
            } else {
                tracing::error!("an event names a run of another tenant and is ignored");
            }
        }
        runs::lock(tx, self.engine, numbers.by_run.values().copied()).await?;
        Ok(numbers)
    }

    fn recall(&self, run: RunId) -> Option<Run> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&run)
            .cloned()
    }

    /// Only after the commit: a number that was rolled back does not exist.
    fn remember(&self, fresh: Vec<Run>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > REMEMBERED {
            known.clear();
        }
        known.extend(fresh.into_iter().map(|run| (run.run, run)));
    }

    /// Folds the handed halves of messages.
    async fn put_handed(&self, tx: &Tx, mut rows: Vec<(i64, Handed)>) -> anyhow::Result<()> {
        rows.sort_by(|(a, one), (b, other)| {
            a.cmp(b)
                .then_with(|| other.step.order().cmp(&one.step.order()))
        });
        rows.dedup_by_key(|(mid, _)| *mid);
        let keys: Vec<i64> = rows.iter().map(|(mid, _)| *mid).collect();
        let mut before = messages::load(tx, self.engine, &keys).await?;
        let mut moves = Moves::default();
        rows.retain(|(mid, handed)| {
            let before = before.remove(mid).unwrap_or_default();
            let rises = handed.step.beats_all(before.handed.as_ref());
            if rises {
                let after = Message {
                    handed: Some(handed.step.clone()),
                    receipt: before.receipt.clone(),
                    segments: handed.segments,
                };
                moves.add(runs::run_no_of(*mid), &before, &after);
            }
            rises
        });
        messages::put_handed(tx, self.engine, rows).await?;
        self.apply(tx, moves).await
    }

    /// Moves the sums, and writes down which of them had been final.
    async fn apply(&self, tx: &Tx, moves: Moves) -> anyhow::Result<()> {
        let (sums, now) = (moves.into_sorted(), self.clock.millis());
        let restated = sums
            .iter()
            .map(|((run_no, bucket), _)| (*run_no, bucket.hour))
            .filter(|(_, hour)| self.horizon.hour_is_final(*hour, now))
            .collect();
        rollup::apply(tx, self.engine, sums).await?;
        restatements::count(tx, self.engine, restated, now).await
    }
}

/// A run as a batch names it; receipts know no campaign.
type Named = (RunId, TenantId, Option<CampaignId>);

#[derive(Default)]
struct Numbers {
    by_run: AHashMap<RunId, i64>,
    fresh: Vec<Run>,
}
