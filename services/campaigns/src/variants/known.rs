//! Partitions of runs, as far as this process has met them. A partition never changes, and stands in the commit of its
//! run: what is known once stays true, also that there is none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use contract::{RunId, UnixMillis};

use super::partition::Partition;
use crate::app::App;
use crate::db;

/// Runs remembered; also texts of the API count, which are runs of their own.
const MOST: usize = 100_000;
/// Between two looks for what has expired.
const LOOK_MS: i64 = 500;

/// A partition, and how far its run has come in this process.
#[derive(Debug)]
pub struct Cut {
    pub partition: Partition,
    decided: AtomicBool,
    looked_at: AtomicI64,
}

impl Cut {
    /// The winner is decided and what follows from it at once is done.
    pub fn is_decided(&self) -> bool {
        self.decided.load(Ordering::Relaxed)
    }

    pub fn set_decided(&self) {
        self.decided.store(true, Ordering::Relaxed);
    }

    /// It is time to look again for what has expired.
    pub fn looks_again(&self, now: UnixMillis) -> bool {
        let again = now.0 - self.looked_at.load(Ordering::Relaxed) >= LOOK_MS;
        if again {
            self.looked_at.store(now.0, Ordering::Relaxed);
        }
        again
    }
}

#[derive(Default)]
pub struct Known {
    runs: Mutex<HashMap<RunId, Option<Arc<Cut>>>>,
}

impl Known {
    /// The partition of a run; `None` where its audience is cut like any other.
    pub async fn of(&self, app: &App, run: RunId) -> anyhow::Result<Option<Arc<Cut>>> {
        Ok(self.of_all(app, &[run]).await?.remove(&run))
    }

    /// Those of these runs that have one.
    pub async fn of_all(
        &self,
        app: &App,
        runs: &[RunId],
    ) -> anyhow::Result<HashMap<RunId, Arc<Cut>>> {
        let mut found = HashMap::new();
        let mut unknown = Vec::new();
        {
            let known = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            for run in runs {
                match known.get(run) {
                    Some(Some(cut)) => {
                        found.insert(*run, cut.clone());
                    }
                    Some(None) => {}
                    None => unknown.push(*run),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let read = db::partition::of_runs(app.cx.db.read(), app.cx.db.engine(), &unknown).await?;
        let mut known = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > MOST {
            known.clear();
        }
        for (run, partition) in read {
            let cut = Cut {
                partition,
                decided: AtomicBool::new(false),
                looked_at: AtomicI64::new(0),
            };
            // Of two who read it at once the first is kept.
            let cut = match known.get(&run) {
                Some(Some(cut)) => cut.clone(),
                _ => Arc::new(cut),
            };
            known.insert(run, Some(cut.clone()));
            found.insert(run, cut);
        }
        for run in unknown {
            known.entry(run).or_insert(None);
        }
        Ok(found)
    }
}
