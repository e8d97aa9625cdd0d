//! Rings when a timer was set that is due before the scheduler would look again.

use std::sync::atomic::{AtomicI64, Ordering};

use contract::UnixMillis;
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Bell {
    rung: Notify,
    /// When the scheduler looks again by itself.
    asleep_until: AtomicI64,
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            rung: Notify::new(),
            asleep_until: AtomicI64::new(i64::MAX),
        }
    }
}

impl Bell {
    /// To be called after the commit that set timers, with the earliest of them.
    pub fn wake(&self, due_at: UnixMillis) {
        if due_at.0 < self.asleep_until.load(Ordering::Acquire) {
            self.rung.notify_one();
        }
    }

    /// Before the table is asked for the next timer: one that is set from now on rings.
    pub(super) fn look(&self) {
        self.asleep_until.store(i64::MAX, Ordering::Release);
    }

    pub(super) fn sleep_until(&self, at: UnixMillis) {
        self.asleep_until.store(at.0, Ordering::Release);
    }

    pub(super) async fn rung(&self) {
        self.rung.notified().await;
    }
}
