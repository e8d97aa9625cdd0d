//! The runs this process works on: how to wake their workers, and whose turn it is at their gates.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use contract::RunId;
use tokio::sync::Notify;

#[derive(Default)]
pub struct Runs {
    known: Mutex<HashMap<RunId, Arc<RunHandle>>>,
    /// Rings when a run has begun.
    pub begun: Notify,
}

#[derive(Default)]
pub struct RunHandle {
    /// Rings when something may have become possible: reports came, or the run's state changed.
    pub wake: Notify,
    /// Held while consent's gate is being moved, so that a late attempt cannot undo a newer one.
    pub gate: tokio::sync::Mutex<()>,
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
