//! How fast texts may leave: a token bucket counted in segments, with the time as an argument.

/// A bucket's size lies this much under a whole segment above its burst. Counts are whole, so no stretch of time
/// sees more for it; but whoever comes late by less than that loses nothing of the rate.
const LATE_TENTHS: u64 = 9;

/// An allowance. 0 segments a second: no limit; burst 0: a tenth of a second's worth, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    pub per_second: f64,
    pub burst: u32,
}

impl Rate {
    pub fn is_limited(self) -> bool {
        self.per_second > 0.0
    }

    /// Segments that may leave at once.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a tenth of a rate, clamped"
    )]
    pub fn burst(self) -> u32 {
        if self.burst > 0 {
            self.burst
        } else {
            (self.per_second / 10.0).clamp(1.0, 1_000_000.0) as u32
        }
    }
}

/// Time is nanoseconds since any fixed instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    rate: Rate,
    /// Nanoseconds that one segment costs; 0: no limit.
    cost: u64,
    /// When everything taken so far is paid for at the allowed rate.
    paid_at: u64,
}

impl Bucket {
    pub fn new(rate: Rate) -> Self {
        let mut bucket = Self {
            rate,
            cost: 0,
            paid_at: 0,
        };
        bucket.change(rate);
        bucket
    }

    /// Another allowance from now on; what was taken before stays taken, at the new price.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a year's worth of nanoseconds"
    )]
    pub fn change(&mut self, rate: Rate) {
        self.rate = rate;
        self.cost = if rate.is_limited() {
            (1e9 / rate.per_second).ceil().min(3.2e16) as u64
        } else {
            0
        };
    }

    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// When everything taken so far is paid for.
    pub const fn paid_at(&self) -> u64 {
        self.paid_at
    }

    /// Nanoseconds by which somebody may come late and lose nothing of the rate.
    pub const fn late(&self) -> u64 {
        self.cost / 10 * LATE_TENTHS
    }

    /// Undoes a take; what was not taken from here makes no more of it than the burst.
    pub fn give_back(&mut self, segments: u32) {
        self.paid_at = self.paid_at.saturating_sub(self.cost(u64::from(segments)));
    }

    /// As if all that may leave at once had just left.
    pub fn spend_burst(&mut self, now: u64) {
        let spent = now.saturating_add(self.cost(u64::from(self.rate.burst())));
        self.paid_at = self.paid_at.max(spent);
    }

    /// Nanoseconds that so many segments take at the allowed rate.
    pub const fn cost(&self, segments: u64) -> u64 {
        self.cost.saturating_mul(segments)
    }

    /// From when on `segments` may leave. What is larger than the burst waits until nothing is owed, and makes what
    /// comes after it wait longer.
    pub fn ready_at(&self, segments: u32) -> u64 {
        let spare = u64::from(self.rate.burst().saturating_sub(segments));
        self.paid_at.saturating_sub(self.cost(spare))
    }

    /// Takes `segments`, allowed or not: answers leave at once, and what comes after pays for them.
    pub fn take(&mut self, segments: u32, now: u64) {
        let from = self.paid_at.max(now.saturating_sub(self.late()));
        self.paid_at = from.saturating_add(self.cost(u64::from(segments)));
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
