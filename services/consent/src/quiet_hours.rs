//! When is it day in every zone a person may be in? Pure.

use chrono::{DateTime, Duration, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// Hours of a local day in which texts may arrive, as minutes from midnight: `from <= minute < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    pub from: u16,
    pub to: u16,
}

/// Days looked ahead for an instant at which all zones are open.
const DAYS_AHEAD: i64 = 3;

impl Window {
    /// From `480-1260`.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        (from < to && to <= 1440).then_some(Self { from, to })
    }

    /// Open only where both are.
    pub fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: self.to.min(other.to),
        }
    }

    /// Right for any spread of zones, across midnight too: then the earliest minute is small.
    pub const fn contains(self, min: u16, max: u16) -> bool {
        self.from <= min && max < self.to
    }
}

/// Earliest and latest minute of the local day over the zones; `None` without a zone.
pub fn local_minutes(zones: &[Tz], now: DateTime<Utc>) -> Option<(u16, u16)> {
    let mut span: Option<(u16, u16)> = None;
    for zone in zones {
        let local = now.with_timezone(zone);
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0);
        span = Some(span.map_or((minute, minute), |(min, max)| {
            (min.min(minute), max.max(minute))
        }));
    }
    span
}

/// The first instant after `now` at which the window is open in every zone. `None` when there is none
/// within three days: zones too far apart, or a window that never opens.
pub fn next_open(zones: &[Tz], window: Window, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let opens = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(window.from) * 60, 0)?;
    let mut candidates: Vec<DateTime<Utc>> = Vec::new();
    for zone in zones {
        let today = now.with_timezone(zone).date_naive();
        for day in -1..=DAYS_AHEAD {
            let local = (today + Duration::days(day)).and_time(opens);
            // An opening time that the clocks skip is the first minute after the gap.
            let instant = (0..=4).find_map(|half_hours| {
                zone.from_local_datetime(&(local + Duration::minutes(30 * half_hours)))
                    .earliest()
            });
            candidates.extend(
                instant
                    .map(|at| at.with_timezone(&Utc))
                    .filter(|at| *at > now),
            );
        }
    }
    candidates.sort_unstable();
    candidates
        .into_iter()
        .find(|at| local_minutes(zones, *at).is_some_and(|(min, max)| window.contains(min, max)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Europe, Pacific};
    use proptest::prelude::*;

    const DAY: Window = Window {
        from: 480,
        to: 1260,
    };

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_window_opens_at_eight_in_the_last_zone() {
        let zones = [America::New_York, America::Chicago];
        let night = utc("2026-06-10T03:00:00Z");
        assert_eq!(local_minutes(&zones, night), Some((22 * 60, 23 * 60)));
        assert_eq!(
            next_open(&zones, DAY, night),
            Some(utc("2026-06-10T13:00:00Z"))
        );
        assert_eq!(
            next_open(&zones[..1], DAY, night),
            Some(utc("2026-06-10T12:00:00Z"))
        );
    }

    #[test]
    fn eight_o_clock_moves_with_summer_time() {
        let zones = [Europe::Berlin];
        assert_eq!(
            next_open(&zones, DAY, utc("2026-03-28T22:00:00Z")),
            Some(utc("2026-03-29T06:00:00Z"))
        );
        assert_eq!(
            next_open(&zones, DAY, utc("2026-10-24T22:00:00Z")),
            Some(utc("2026-10-25T07:00:00Z"))
        );
    }

    #[test]
    fn an_opening_time_that_the_clocks_skip_is_the_end_of_the_gap() {
        let window = Window {
            from: 150,
            to: 1260,
        };
        let opens = next_open(&[America::New_York], window, utc("2026-03-08T06:00:00Z"));
        assert_eq!(opens, Some(utc("2026-03-08T07:00:00Z")));
    }

    #[test]
    fn zones_too_far_apart_are_never_open_together() {
        assert_eq!(
            next_open(
                &[Pacific::Kiritimati, Pacific::Niue],
                Window { from: 540, to: 600 },
                utc("2026-06-10T03:00:00Z")
            ),
            None
        );
        assert_eq!(next_open(&[], DAY, utc("2026-06-10T03:00:00Z")), None);
    }

    proptest! {
        #[test]
        fn the_next_opening_is_open_and_nothing_before_it_is(seconds in 1_700_000_000i64..1_900_000_000, pick in 0..5usize) {
            let sets: [&[Tz]; 5] = [
                &[America::New_York], &[America::Boise, America::Los_Angeles], &[Europe::London],
                &[America::St_Johns, America::Halifax], &[Pacific::Honolulu, America::Anchorage],
            ];
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let open = |at| local_minutes(sets[pick], at).is_some_and(|(min, max)| DAY.contains(min, max));
            if !open(now) {
                let next = next_open(sets[pick], DAY, now).unwrap();
                prop_assert!(open(next) && next > now && next - now < Duration::hours(24));
                let mut at = now;
                while at < next {
                    prop_assert!(!open(at));
                    at += Duration::minutes(7);
                }
            }
        }
    }
}
