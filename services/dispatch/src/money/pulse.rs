//! The windows of one account, and what its limits say about a text.

use contract::Class;
use contract::chunk::Outcome;
use contract::reason::Reason;
use contract::time::UnixMillis;

use super::limits::{self, VelocityLimits};
use super::velocity::{Hot, Window};

const HOUR_MS: i64 = 3_600_000;

/// What an account sent lately. Kept in memory alone: a restart forgets at most a window.
#[derive(Debug)]
pub struct Pulse {
    number_hour: Window,
    number_day: Window,
    prefix_hour: Window,
    digits: u8,
    entries: usize,
}

/// A text that was stopped: outcome, reason, and until when it is held.
pub type Stop = (Outcome, Reason, Option<UnixMillis>);

impl Pulse {
    pub fn new(entries: usize, prefix_digits: u8) -> Self {
        Self {
            number_hour: Window::new(HOUR_MS, entries),
            number_day: Window::new(24 * HOUR_MS, entries),
            prefix_hour: Window::new(HOUR_MS, entries),
            digits: prefix_digits,
            entries,
        }
    }

    /// Counts a text, or says why it must not leave now; what is stopped is not counted.
    pub fn admit(
        &mut self,
        limits: &VelocityLimits,
        (now, valid_until): (i64, UnixMillis),
        class: Class,
        number: u64,
    ) -> Result<(), Stop> {
        if limits.prefix_digits != self.digits {
            self.prefix_hour = Window::new(HOUR_MS, self.entries);
            self.digits = limits.prefix_digits;
        }
        let prefix = limits.prefix(number);
        let rules = [
            (&mut self.number_hour, number, limits.per_number_per_hour),
            (&mut self.number_day, number, limits.per_number_per_day),
            (&mut self.prefix_hour, prefix, limits.per_prefix_per_hour),
        ];
        let mut free_at = None;
        for (window, digits, limit) in rules {
            if limit > 0 && window.count(now, digits) >= limit {
                free_at = free_at.max(Some(window.free_at(now, digits, limit)));
            }
        }
        if let Some(free_at) = free_at {
            return Err(limits::stopped(class, free_at, valid_until));
        }
        self.number_hour.add(now, number);
        self.number_day.add(now, number);
        self.prefix_hour.add(now, prefix);
        Ok(())
    }

    /// A text that was counted at `then` and surely did not leave.
    pub fn give_back(&mut self, limits: &VelocityLimits, now: i64, then: i64, number: u64) {
        self.number_hour.give_back(now, then, number);
        self.number_day.give_back(now, then, number);
        self.prefix_hour.give_back(now, then, limits.prefix(number));
    }

    /// Prefixes by texts within the hour.
    pub fn hot_prefixes(&mut self, now: i64, most: usize) -> Vec<Hot> {
        self.prefix_hour.hottest(now, most)
    }

    /// How many texts the numbers had within the hour that had most; the numbers themselves are not told.
    pub fn hot_numbers(&mut self, now: i64, most: usize) -> Vec<u32> {
        let hot = self.number_hour.hottest(now, most).into_iter();
        hot.map(|hot| hot.texts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> VelocityLimits {
        VelocityLimits {
            classes: vec![Class::Otp],
            per_number_per_hour: 2,
            per_number_per_day: 3,
            per_prefix_per_hour: 5,
            prefix_digits: 4,
        }
    }

    #[test]
    fn numbers_and_prefixes_are_limited_each_by_its_own_window() {
        let (mut pulse, limits) = (Pulse::new(64, 4), limits());
        let mut at = |now, number| {
            let when = (now, UnixMillis(now + 1000));
            pulse.admit(&limits, when, Class::Otp, number).is_ok()
        };
        let number = 12_125_550_100;
        assert_eq!([0, 1, 2].map(|now| at(now, number)), [true, true, false]);
        let later = 2 * HOUR_MS;
        assert_eq!(
            [later, later + 1].map(|now| at(now, number)),
            [true, false],
            "the day's limit"
        );
        let others: Vec<bool> = (1..7).map(|n| at(later + 2, number + n)).collect();
        assert_eq!(others, [true, true, true, true, false, false], "the prefix");
        assert!(at(later + 3, 4_915_112_345_678));
    }

    #[test]
    fn a_text_given_back_makes_room() {
        let (mut pulse, limits) = (Pulse::new(64, 4), limits());
        let when = (0, UnixMillis(1000));
        for _ in 0..2 {
            pulse
                .admit(&limits, when, Class::Otp, 12_125_550_100)
                .unwrap();
        }
        pulse.give_back(&limits, 0, 0, 12_125_550_100);
        assert!(
            pulse
                .admit(&limits, when, Class::Otp, 12_125_550_100)
                .is_ok()
        );
        assert!(
            pulse
                .admit(&limits, when, Class::Otp, 12_125_550_100)
                .is_err()
        );
    }
}
