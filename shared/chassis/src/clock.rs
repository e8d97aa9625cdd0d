//! The one source of the current time. Business rules take instants as arguments; shells take them from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use contract::UnixMillis;

/// The system's clock, moved by an offset: none in production, chosen by the demo and by tests.
///
/// It always runs on at the speed of the system's clock. Clones share the offset.
#[derive(Debug, Clone)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    pub fn system() -> Self {
        Self {
            offset_micros: Arc::new(AtomicI64::new(0)),
        }
    }

    /// A clock that shows `start` now and runs on from there.
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        let offset = start - system_now();
        Self {
            offset_micros: Arc::new(AtomicI64::new(offset.num_microseconds().unwrap_or(0))),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        system_now() + Duration::microseconds(self.offset_micros.load(Ordering::Relaxed))
    }

    pub fn millis(&self) -> UnixMillis {
        self.now().into()
    }

    /// Jumps forward (or back) for everyone who shares this clock.
    pub fn advance(&self, by: Duration) {
        self.offset_micros
            .fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock"
)]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_clock_runs_on_and_clones_share_the_jump() {
        let start = DateTime::UNIX_EPOCH + Duration::days(1000);
        let clock = Clock::starting_at(start);
        let copy = clock.clone();
        assert!((clock.now() - start).num_seconds() < 5);
        clock.advance(Duration::hours(3));
        assert!((copy.now() - start).num_minutes() >= 179);
    }
}
