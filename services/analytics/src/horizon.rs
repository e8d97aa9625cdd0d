//! When sums are final. Receipts come for days, so what was handed over in an hour is settled for good only when
//! dispatch has stopped waiting for its receipts.

use contract::UnixMillis;

pub const HOUR: i64 = 3_600_000;

/// How long after a hand-over its receipt may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    millis: i64,
}

impl Horizon {
    pub const fn of_hours(hours: u32) -> Self {
        Self {
            millis: hours as i64 * HOUR,
        }
    }

    /// Whether the sums of the hour that starts at `hour` are final at `now`.
    pub const fn hour_is_final(self, hour: i64, now: UnixMillis) -> bool {
        hour.saturating_add(HOUR).saturating_add(self.millis) <= now.0
    }

    /// Whether a run that closed then can get no receipt any more: all its hand-overs were before.
    pub const fn run_is_final(self, closed_at: UnixMillis, now: UnixMillis) -> bool {
        closed_at.0.saturating_add(self.millis) <= now.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_final_when_the_last_receipt_of_its_last_text_may_have_come() {
        let horizon = Horizon::of_hours(72);
        let end = UnixMillis(HOUR + 72 * HOUR);
        assert!(horizon.hour_is_final(0, end));
        assert!(!horizon.hour_is_final(0, UnixMillis(end.0 - 1)));
        assert!(Horizon::of_hours(0).hour_is_final(0, UnixMillis(HOUR)));
    }

    #[test]
    fn a_run_is_final_one_horizon_after_it_closed() {
        let horizon = Horizon::of_hours(1);
        assert!(horizon.run_is_final(UnixMillis(5), UnixMillis(5 + HOUR)));
        assert!(!horizon.run_is_final(UnixMillis(5), UnixMillis(4 + HOUR)));
        assert!(!horizon.run_is_final(UnixMillis(i64::MAX), UnixMillis(i64::MAX - 1)));
    }
}
