//! How fast a lane may go: a token bucket counted in segments, with the time as an argument.

use std::time::Duration;

/// A lane's allowance. Time is a duration since any fixed instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    per_second: u32,
    burst: u32,
    /// When everything taken so far would be paid for at the allowed rate.
    paid_at: Duration,
}

impl Pace {
    /// `per_second` 0 means no limit; `burst` 0 means a tenth of a second's worth, at least 1.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let burst = if burst == 0 {
            (per_second / 10).max(1)
        } else {
            burst
        };
        Self {
            per_second,
            burst,
            paid_at: Duration::ZERO,
        }
    }

    /// Segments a second; 0: no limit.
    pub const fn per_second(&self) -> u32 {
        self.per_second
    }

    /// Segments that may leave at once; `None`: no limit.
    pub const fn largest_piece(&self) -> Option<u32> {
        if self.per_second == 0 {
            None
        } else {
            Some(self.burst)
        }
    }

    /// Takes `segments` and says how long to wait before using them. What is larger than the burst waits
    /// until nothing is owed, and makes what comes after it wait longer.
    pub fn take(&mut self, segments: u32, now: Duration) -> Duration {
        if self.per_second == 0 {
            return Duration::ZERO;
        }
        let owed_until = self.paid_at.max(now);
        let credit = self.cost(self.burst.saturating_sub(segments));
        self.paid_at = owed_until + self.cost(segments);
        owed_until.saturating_sub(now).saturating_sub(credit)
    }

    fn cost(&self, segments: u32) -> Duration {
        Duration::from_nanos(
            u64::from(segments) * 1_000_000_000 / u64::from(self.per_second.max(1)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_a_limit_nothing_waits() {
        let mut pace = Pace::new(0, 0);
        assert_eq!(
            (pace.take(10_000, Duration::ZERO), pace.largest_piece()),
            (Duration::ZERO, None)
        );
    }

    #[test]
    fn a_burst_leaves_at_once_and_the_rest_at_the_rate() {
        let mut pace = Pace::new(10, 5);
        let waits: Vec<_> = (0..8)
            .map(|_| pace.take(1, Duration::ZERO).as_millis())
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 100, 200, 300]);
        assert_eq!(pace.take(1, Duration::from_secs(60)), Duration::ZERO);
    }

    #[test]
    fn a_text_larger_than_the_burst_still_leaves() {
        let mut pace = Pace::new(1, 1);
        assert_eq!(pace.take(3, Duration::ZERO), Duration::ZERO);
        assert_eq!(pace.take(1, Duration::ZERO), Duration::from_secs(3));
    }

    proptest! {
        /// However it is asked, no more than rate × time + burst + one piece leaves in any stretch from the start.
        #[test]
        fn the_rate_holds_over_time(
            rate in 1_u32..500, burst in 1_u32..64, asks in prop::collection::vec((1_u32..8, 0_u64..50), 1..200)
        ) {
            let mut pace = Pace::new(rate, burst);
            let (mut now, mut sent) = (Duration::ZERO, 0_u32);
            for (segments, later) in asks {
                now += Duration::from_millis(later);
                now += pace.take(segments, now);
                sent += segments;
                let allowed = f64::from(rate) * now.as_secs_f64() + f64::from(burst.max(segments)) + 0.001;
                prop_assert!(f64::from(sent) <= allowed, "{sent} segments after {now:?}");
            }
        }
    }
}
