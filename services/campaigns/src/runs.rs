//! The runs this process works on: how to wake their workers, and whose turn it is at their gates.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use contract::RunId;
use tokio::sync::Notify;

use crate::app::App;
use crate::db;
use crate::envelope::Looked;

/// Runs of which it is remembered whether they have an envelope.
const MOST_KNOWN: usize = 100_000;
/// Runs asked about in one statement.
const AT_ONCE: usize = 500;

#[derive(Default)]
pub struct Runs {
    known: Mutex<HashMap<RunId, Arc<RunHandle>>>,
    /// Whether a run has an envelope, as far as it was asked.
    enveloped: Mutex<HashMap<RunId, bool>>,
    /// Rings when a run has begun.
    pub begun: Notify,
}

#[derive(Default)]
pub struct RunHandle {
    /// Rings when something may have become possible: reports came, or the run's state changed.
    pub wake: Notify,
    /// Held while consent's gate is being moved, so that a late attempt cannot undo a newer one.
    pub gate: tokio::sync::Mutex<()>,
    /// When its envelope was last judged.
    pub looked: tokio::sync::Mutex<Looked>,
    worked_on: Mutex<bool>,
}

impl Runs {
    pub fn handle(&self, run: RunId) -> Arc<RunHandle> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(run).or_default().clone()
    }

    /// The handle, if no worker has it yet.
    pub fn adopt(&self, run: RunId) -> Option<Arc<RunHandle>> {
        let handle = self.handle(run);
        let mut worked_on = handle
            .worked_on
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let free = !std::mem::replace(&mut *worked_on, true);
        drop(worked_on);
        free.then_some(handle)
    }

    /// Which of these runs have an envelope. Runs are asked about once: an envelope begins with its run.
    pub async fn watched(
        &self,
        app: &App,
        runs: impl Iterator<Item = RunId>,
    ) -> anyhow::Result<HashSet<RunId>> {
        let asked: HashSet<RunId> = runs.collect();
        let mut watched = HashSet::new();
        let mut unknown = Vec::new();
        {
            let known = self
                .enveloped
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for run in asked {
                match known.get(&run) {
                    Some(true) => {
                        watched.insert(run);
                    }
                    Some(false) => {}
                    None => unknown.push(run),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(watched);
        }
        let mut found = HashSet::new();
        for some in unknown.chunks(AT_ONCE) {
            found.extend(db::pace::with_envelope(app.cx.db.read(), some).await?);
        }
        watched.extend(&found);
        let mut known = self
            .enveloped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Texts of the API are runs of their own, and many.
        if known.len() > MOST_KNOWN {
            known.clear();
        }
        known.extend(unknown.into_iter().map(|run| (run, found.contains(&run))));
        Ok(watched)
    }

    /// The run is closed; its handle is no longer needed.
    pub fn forget(&self, run: RunId) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&run);
    }

    /// Wakes the run's worker if this process has one.
    pub fn wake(&self, run: RunId) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = known.get(&run) {
            handle.wake.notify_one();
        }
    }
}
