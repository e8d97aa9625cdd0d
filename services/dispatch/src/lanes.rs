//! Lanes: one sender's queue each, and the pace it may go at.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::{Mode, TenantId};
use tokio::time::Instant;

use crate::config::LaneConfig;
use crate::pace::Pace;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LaneKey {
    pub tenant: TenantId,
    pub mode: Mode,
    pub sender: String,
}

#[derive(Debug)]
pub struct Lane {
    pub key: LaneKey,
    pace: Mutex<Pace>,
    since: Instant,
    waiting: AtomicUsize,
    in_flight: AtomicUsize,
}

impl Lane {
    /// Takes leave for `segments` and waits until they may go; `at_once` takes it without waiting.
    pub async fn wait(&self, segments: u32, at_once: bool) {
        let now = self.since.elapsed();
        let wait = self
            .pace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(segments, now);
        if wait > Duration::ZERO && !at_once {
            let _counted = Counted::one_more(&self.waiting, 1);
            tokio::time::sleep(wait).await;
        }
    }

    pub fn largest_piece(&self) -> Option<u32> {
        self.pace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .largest_piece()
    }

    pub fn per_second(&self) -> u32 {
        self.pace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .per_second()
    }

    /// Counts texts as in flight until the guard is dropped.
    pub fn in_flight(&self, texts: usize) -> Counted<'_> {
        Counted::one_more(&self.in_flight, texts)
    }

    /// Pieces waiting for the pace, and texts in flight.
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

#[derive(Debug)]
pub struct Lanes {
    config: LaneConfig,
    lanes: Mutex<HashMap<LaneKey, Arc<Lane>>>,
}

impl Lanes {
    pub fn new(config: LaneConfig) -> Self {
        Self {
            config,
            lanes: Mutex::new(HashMap::new()),
        }
    }

    pub fn lane(&self, key: LaneKey) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(key.clone()).or_insert_with(|| {
            Arc::new(Lane {
                key,
                pace: Mutex::new(Pace::new(
                    self.config.segments_per_second,
                    self.config.burst,
                )),
                since: Instant::now(),
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
