//! Lanes: one sender's queue each, and what waits and flies in it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use contract::chunk::Text;
use contract::{Mode, TenantId};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LaneKey {
    pub tenant: TenantId,
    pub mode: Mode,
    pub sender: String,
}

#[derive(Debug)]
pub struct Lane {
    pub key: LaneKey,
    waiting: AtomicUsize,
    in_flight: AtomicUsize,
}

impl Lane {
    /// Counts the segments of texts that wait for their turn, until the guard is dropped.
    pub fn waits(&self, texts: &[Text]) -> Counted<'_> {
        let segments = texts.iter().map(|text| usize::from(text.segments.max(1)));
        Counted::one_more(&self.waiting, segments.sum())
    }

    /// Counts texts as in flight until the guard is dropped.
    pub fn in_flight(&self, texts: usize) -> Counted<'_> {
        Counted::one_more(&self.in_flight, texts)
    }

    /// Segments that wait for their turn, and texts in flight.
    pub fn usage(&self) -> (usize, usize) {
        (
            self.waiting.load(Ordering::Relaxed),
            self.in_flight.load(Ordering::Relaxed),
        )
    }
}

/// Something counted while it lasts.
#[derive(Debug)]
pub struct Counted<'c> {
    count: &'c AtomicUsize,
    by: usize,
}

impl<'c> Counted<'c> {
    fn one_more(count: &'c AtomicUsize, by: usize) -> Self {
        count.fetch_add(by, Ordering::Relaxed);
        Self { count, by }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(self.by, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
pub struct Lanes {
    lanes: Mutex<HashMap<LaneKey, Arc<Lane>>>,
}

impl Lanes {
    pub fn lane(&self, key: LaneKey) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(key.clone()).or_insert_with(|| {
            Arc::new(Lane {
                key,
                waiting: AtomicUsize::new(0),
                in_flight: AtomicUsize::new(0),
            })
        });
        lane.clone()
    }

    /// A tenant's lanes by sender.
    pub fn of(&self, tenant: TenantId, mode: Mode) -> Vec<Arc<Lane>> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |lane: &&Arc<Lane>| lane.key.tenant == tenant && lane.key.mode == mode;
        let mut own: Vec<_> = lanes.values().filter(own).cloned().collect();
        own.sort_by(|a, b| a.key.sender.cmp(&b.key.sender));
        own
    }
}
