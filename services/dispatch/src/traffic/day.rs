//! Daily caps, in days of US Pacific time, as T-Mobile counts them.

use chrono::{Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::US::Pacific;
use contract::UnixMillis;

/// The carriers' day of an instant.
pub fn of(at: UnixMillis) -> NaiveDate {
    at.to_utc().with_timezone(&Pacific).date_naive()
}

/// When the next day begins.
pub fn next(at: UnixMillis) -> UnixMillis {
    let midnight = of(at)
        .checked_add_days(Days::new(1))
        .and_then(|day| {
            Pacific
                .from_local_datetime(&day.and_time(NaiveTime::MIN))
                .earliest()
        })
        .map(|midnight| UnixMillis(midnight.with_timezone(&Utc).timestamp_millis()));
    midnight.unwrap_or(UnixMillis(at.0 + 86_400_000))
}

/// How much of a day's cap is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    pub day: NaiveDate,
    pub segments: u64,
}

impl Used {
    pub fn nothing(at: UnixMillis) -> Self {
        Self {
            day: of(at),
            segments: 0,
        }
    }

    /// Whether `segments` more fit under `cap` today.
    pub fn has_room(&self, segments: u32, cap: u64, at: UnixMillis) -> bool {
        let used = if self.day == of(at) { self.segments } else { 0 };
        used + u64::from(segments) <= cap
    }

    pub fn add(&mut self, segments: u32, at: UnixMillis) {
        let today = of(at);
        if self.day != today {
            *self = Self {
                day: today,
                segments: 0,
            };
        }
        self.segments += u64::from(segments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        UnixMillis(
            text.parse::<chrono::DateTime<Utc>>()
                .unwrap()
                .timestamp_millis(),
        )
    }

    #[test]
    fn the_cap_is_new_at_midnight_pacific_in_summer_and_winter() {
        assert_eq!(next(at("2026-12-01T20:00:00Z")), at("2026-12-02T08:00:00Z"));
        assert_eq!(next(at("2026-07-01T20:00:00Z")), at("2026-07-02T07:00:00Z"));
        let mut used = Used::nothing(at("2026-12-01T20:00:00Z"));
        used.add(90, at("2026-12-02T07:59:00Z"));
        assert!(used.has_room(10, 100, at("2026-12-02T07:59:59Z")));
        assert!(!used.has_room(11, 100, at("2026-12-02T07:59:59Z")));
        assert!(used.has_room(100, 100, at("2026-12-02T08:00:00Z")));
    }
}
