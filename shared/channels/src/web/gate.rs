//! How many requests may be under way, and when none may: after the provider said that we are too fast, and
//! while it cannot be reached or refuses our account.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::throttle::Throttle;

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often a closed gate is looked at again.
const LOOK: Duration = Duration::from_millis(20);
/// And a full one, though whoever leaves it says so.
const LOOK_WHILE_FULL: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Gate {
    inner: Mutex<Inner>,
    freed: Notify,
}

#[derive(Debug)]
struct Inner {
    throttle: Throttle,
    under_way: usize,
    closed_until: Option<Instant>,
    /// The next wait after trouble.
    wait: Duration,
}

/// Room for one request.
#[derive(Debug)]
pub(super) struct Entered<'g> {
    gate: &'g Gate,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.gate.with(|inner| inner.under_way -= 1);
        self.gate.freed.notify_one();
    }
}

impl Gate {
    pub(super) fn new(most: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                throttle: Throttle::new(most.max(1)),
                under_way: 0,
                closed_until: None,
                wait: FIRST_WAIT,
            }),
            freed: Notify::new(),
        }
    }

    /// Waits for room until `not_after`; `None` once it is too late.
    pub(super) async fn enter(&self, not_after: Instant) -> Option<Entered<'_>> {
        loop {
            let freed = self.freed.notified();
            let now = Instant::now();
            if now >= not_after {
                return None;
            }
            let (room, look) = self.with(|inner| {
                let allowed = if inner.is_open(now) {
                    inner.throttle.allowed(now)
                } else {
                    0
                };
                let room = inner.under_way < allowed;
                inner.under_way += usize::from(room);
                (room, if allowed == 0 { LOOK } else { LOOK_WHILE_FULL })
            });
            if room {
                return Some(Entered { gate: self });
            }
            let _ = tokio::time::timeout_at((now + look).min(not_after).into(), freed).await;
        }
    }

    /// Waits until a request could be made.
    pub(super) async fn open(&self) {
        while !self.with(|inner| inner.is_open(Instant::now())) {
            tokio::time::sleep(LOOK).await;
        }
    }

    pub(super) fn went_well(&self) {
        self.with(|inner| {
            inner.throttle.taken();
            inner.wait = FIRST_WAIT;
        });
    }

    pub(super) fn too_fast(&self, pause: Option<Duration>) {
        let now = Instant::now();
        self.with(|inner| match pause {
            Some(pause) => inner.throttle.too_fast_for(now, pause),
            None => inner.throttle.too_fast(now),
        });
    }

    /// Closes for a while that grows with every trouble; requests under way that meet the same trouble do
    /// not lengthen it.
    pub(super) fn trouble(&self) {
        let now = Instant::now();
        self.with(|inner| {
            if inner.is_open(now) {
                inner.closed_until = Some(now + inner.wait.mul_f64(rand::random_range(0.5..1.0)));
                inner.wait = (inner.wait * 2).min(LONGEST_WAIT);
            }
        });
    }

    pub(super) fn under_way(&self) -> usize {
        self.with(|inner| inner.under_way)
    }

    fn with<T>(&self, what: impl FnOnce(&mut Inner) -> T) -> T {
        what(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    fn is_open(&self, now: Instant) -> bool {
        self.closed_until.is_none_or(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(60)
    }

    #[tokio::test]
    async fn no_more_enter_than_there_is_room_for() {
        let gate = Gate::new(2);
        let first = gate.enter(soon()).await.unwrap();
        let _second = gate.enter(soon()).await.unwrap();
        assert!(gate.enter(soon()).await.is_none());
        drop(first);
        assert!(gate.enter(soon()).await.is_some());
        assert_eq!(gate.under_way(), 1);
    }

    #[tokio::test]
    async fn trouble_closes_the_gate_for_a_while() {
        let gate = Gate::new(2);
        gate.trouble();
        assert!(gate.enter(soon()).await.is_none());
        tokio::time::timeout(Duration::from_secs(1), gate.open())
            .await
            .unwrap();
        assert!(gate.enter(soon()).await.is_some());
    }

    #[tokio::test]
    async fn a_pause_that_the_provider_asks_for_is_kept() {
        let gate = Gate::new(2);
        gate.too_fast(Some(Duration::from_millis(120)));
        assert!(gate.enter(soon()).await.is_none());
        let later = Instant::now() + Duration::from_secs(1);
        assert!(gate.enter(later).await.is_some());
    }
}
