//! When may a text reach a person, wherever they may be? Every zone and every row that binds them must
//! allow it. Pure.

use chrono::{
    DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc,
    Weekday,
};
use chrono_tz::Tz;
use contract::Class;

use super::load::Law;
use super::region::Region;
use super::rows::{DayHours, HoursRow, Place, Profile};
use crate::window::Window;

/// Days looked ahead for the next opening: a long weekend and a holiday or two.
const DAYS_AHEAD: i64 = 12;
/// Reason of rows that ask for courtesy, not law.
pub const COURTESY: &str = "COURTESY_HOURS";

/// The rows that bind a class in some regions.
#[derive(Debug, Clone, Default)]
pub struct Binding<'l> {
    rows: Vec<&'l HoursRow>,
}

/// What the clocks say at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    /// Earliest and latest local minute of the day over all zones.
    pub min_minute: u16,
    pub max_minute: u16,
    /// The hours in which law allows it, today, everywhere; `None` where no texts may leave today at all.
    pub law: Option<Window>,
    /// The hours that courtesy asks for.
    pub courtesy: Option<Window>,
    /// It is Sunday (a holiday) in some zone.
    pub any_sunday: bool,
    pub any_holiday: bool,
}

impl Hours {
    /// All rows allow it now.
    pub fn open(&self) -> bool {
        let inside = |window: Option<Window>| {
            window.is_some_and(|w| w.contains(self.min_minute, self.max_minute))
        };
        inside(self.law) && inside(self.courtesy)
    }
}

impl<'l> Binding<'l> {
    /// The rows for `class` in `regions`; those for everywhere else count where a country has none of its own.
    /// What is urgent passes the hours of courtesy.
    pub fn of(
        law: &'l Law,
        profile: Profile,
        class: Class,
        regions: &[Region],
        urgent: bool,
    ) -> Self {
        let class = class.judged_as();
        let wanted = |row: &&HoursRow| {
            row.classes.contains(&class) && row.profile.is_none_or(|of| of == profile)
        };
        let here = |row: &&HoursRow| match row.region {
            Place::Elsewhere => false,
            Place::In(place) => regions.iter().any(|region| place.contains(*region)),
        };
        let all = || law.rows.hours.iter().filter(wanted);
        let mut rows: Vec<&HoursRow> = all().filter(here).collect();
        let own = |country: Region| {
            all().any(|row| matches!(row.region, Place::In(place) if place.country() == country))
        };
        if regions.is_empty() || regions.iter().any(|region| !own(region.country())) {
            rows.extend(all().filter(|row| row.region == Place::Elsewhere));
        }
        if urgent {
            rows.retain(|row| row.reason != COURTESY);
        }
        Self { rows }
    }

    /// Some row binds at all.
    pub fn binds(&self) -> bool {
        !self.rows.is_empty()
    }

    /// `None` where no zone is known.
    pub fn at(&self, law: &Law, zones: &[Tz], now: DateTime<Utc>) -> Option<Hours> {
        let mut hours: Option<Hours> = None;
        for zone in zones {
            let local = now.with_timezone(zone).naive_local();
            let minute = minute_of(local);
            let seen = hours.get_or_insert(Hours {
                min_minute: minute,
                max_minute: minute,
                law: Some(Window::ALL_DAY),
                courtesy: Some(Window::ALL_DAY),
                any_sunday: false,
                any_holiday: false,
            });
            seen.min_minute = seen.min_minute.min(minute);
            seen.max_minute = seen.max_minute.max(minute);
            seen.any_sunday |= local.weekday() == Weekday::Sun;
            for row in self.rows.iter().filter(|row| row.in_force.on(local.date())) {
                let (window, holiday) = day_window(law, row, local.date());
                seen.any_holiday |= holiday;
                let narrowed = if row.reason == COURTESY {
                    &mut seen.courtesy
                } else {
                    &mut seen.law
                };
                *narrowed = narrowed
                    .zip(window.0)
                    .map(|(so_far, window)| so_far.and(window));
            }
        }
        hours
    }

    /// Every row in force on the local day of one zone, with its hours of that day.
    pub fn in_zone(
        &self,
        law: &Law,
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Vec<(&'l HoursRow, Option<Window>)> {
        let day = now.with_timezone(&zone).date_naive();
        let rows = self.rows.iter().filter(|row| row.in_force.on(day));
        rows.map(|row| (*row, day_window(law, row, day).0.0))
            .collect()
    }

    /// Ids of the rows that forbid it at `now`, and where they come from.
    pub fn against(&self, law: &Law, zones: &[Tz], now: DateTime<Utc>) -> Vec<&'l HoursRow> {
        let forbids = |row: &&&HoursRow| {
            zones.iter().any(|zone| {
                let local = now.with_timezone(zone).naive_local();
                let minute = minute_of(local);
                row.in_force.on(local.date())
                    && !day_window(law, row, local.date())
                        .0
                        .0
                        .is_some_and(|window| window.contains(minute, minute))
            })
        };
        self.rows.iter().filter(forbids).copied().collect()
    }

    /// The first instant from `from` on at which every zone and row allows it. `None` when there is none
    /// within twelve days.
    pub fn next_open(&self, law: &Law, zones: &[Tz], from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let open = |at: DateTime<Utc>| self.at(law, zones, at).is_some_and(|hours| hours.open());
        if open(from) {
            return Some(from);
        }
        let minutes = self.openings(law, from.date_naive());
        let mut candidates = Vec::new();
        for zone in zones {
            let today = from.with_timezone(zone).date_naive();
            for day in -1..=DAYS_AHEAD {
                let day = today + Duration::days(day);
                let opens = minutes.iter();
                candidates.extend(
                    opens.filter_map(|minute| instant(*zone, day, *minute).filter(|at| *at > from)),
                );
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates.into_iter().find(|at| open(*at))
    }

    /// Minutes of the day at which something opens on one of the days looked at. Any of them can open any zone:
    /// the hours of all zones are cut together ([`Hours::law`]), so a Sunday that opens at noon in one zone keeps
    /// another closed whose Monday has opened before.
    fn openings(&self, law: &Law, today: NaiveDate) -> Vec<u16> {
        let mut minutes = vec![0];
        for day in (-2..=DAYS_AHEAD + 1).map(|days| today + Duration::days(days)) {
            for row in self.rows.iter().filter(|row| row.in_force.on(day)) {
                minutes.extend(day_window(law, row, day).0.0.map(|window| window.from));
            }
        }
        minutes.sort_unstable();
        minutes.dedup();
        minutes
    }
}

fn minute_of(local: NaiveDateTime) -> u16 {
    u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0)
}

/// The row's hours on that day, and whether it counted as a holiday.
fn day_window(law: &Law, row: &HoursRow, day: NaiveDate) -> (DayHours, bool) {
    if let (Some(hours), Some(set)) = (row.holiday, row.holidays)
        && law.holidays.is(set, day)
    {
        return (hours, true);
    }
    let hours = match day.weekday() {
        Weekday::Sat => row.saturday,
        Weekday::Sun => row.sunday,
        _ => row.weekday,
    };
    (hours, false)
}

/// A local minute as an instant. One that the clocks skip is the first after the gap.
fn instant(zone: Tz, day: NaiveDate, minute: u16) -> Option<DateTime<Utc>> {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0)?;
    let local = day.and_time(time);
    (0..=8).find_map(|quarters| {
        zone.from_local_datetime(&(local + Duration::minutes(15 * quarters)))
            .earliest()
            .map(|at| at.with_timezone(&Utc))
    })
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
