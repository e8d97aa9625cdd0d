//! The days a recurrence rule means within one of its periods.

use chrono::{Datelike, Duration, NaiveDate, Weekday};

use super::rrule::Freq;

/// The parts of a rule that speak of days; an empty one does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Days {
    pub months: Vec<u32>,
    /// 1 to 31, or from the end of the month -1 to -31.
    pub month_days: Vec<i32>,
    /// With which of its kind in the month or year, from 1 or from the end -1.
    pub weekdays: Vec<(Option<i32>, Weekday)>,
    /// 1 to 366, or from the end of the year -1 to -366.
    pub year_days: Vec<i32>,
    /// Weeks of the year, 1 to 53, or from its end -1 to -53; the first has at least four days in the year.
    pub weeks: Vec<i32>,
}

impl Days {
    /// Whether a day fits a rule that counts in days or hours.
    pub fn allow(&self, day: NaiveDate) -> bool {
        self.in_months(day)
            && self.on_month_days(day)
            && self.on_weekdays(day)
            && self.on_year_days(day)
    }

    /// The days of a period, ascending; `start` gives what the rule leaves open, `week_start` counts the weeks.
    pub fn of_period(
        &self,
        freq: Freq,
        begins: NaiveDate,
        start: NaiveDate,
        week_start: Weekday,
    ) -> Vec<NaiveDate> {
        match freq {
            Freq::Hourly | Freq::Daily => {
                let fits = self.allow(begins);
                fits.then_some(begins).into_iter().collect()
            }
            Freq::Weekly => {
                let days = (0..7).map(|n| begins + Duration::days(n));
                days.filter(|day| self.in_months(*day))
                    .filter(|day| {
                        if self.weekdays.is_empty() {
                            day.weekday() == start.weekday()
                        } else {
                            self.on_weekdays(*day)
                        }
                    })
                    .collect()
            }
            Freq::Monthly => self.of_month(begins, start),
            Freq::Yearly if self.year_days.is_empty() && self.weeks.is_empty() => {
                self.of_year(begins, start)
            }
            Freq::Yearly => self.counted_in_year(begins, week_start),
        }
    }

    fn of_month(&self, first: NaiveDate, start: NaiveDate) -> Vec<NaiveDate> {
        if !self.in_months(first) {
            return Vec::new();
        }
        let length = month_length(first);
        self.among(first, length, start.day())
    }

    fn of_year(&self, first: NaiveDate, start: NaiveDate) -> Vec<NaiveDate> {
        let nothing_named = self.month_days.is_empty() && self.weekdays.is_empty();
        if self.months.is_empty() && !self.weekdays.is_empty() {
            // Ordinals count within the year.
            return self.among(first, year_length(first), start.day());
        }
        (1..=12)
            .filter_map(|month| first.with_month(month))
            .filter(|month| {
                !nothing_named || !self.months.is_empty() || month.month() == start.month()
            })
            .flat_map(|month| self.of_month(month, start))
            .collect()
    }

    /// The days of a year that are named by their number, or by that of their week.
    fn counted_in_year(&self, first: NaiveDate, week_start: Weekday) -> Vec<NaiveDate> {
        let length = year_length(first);
        let ordinal = |n: i32, day: NaiveDate| {
            if self.weekdays.is_empty() {
                return true;
            }
            // Ordinals count within the month where months are named, else within the year.
            let (n, length) = if self.months.is_empty() {
                (n, length)
            } else {
                (i32::try_from(day.day0()).unwrap_or(0), month_length(day))
            };
            self.is_ordinal(n, length, day.weekday())
        };
        (0..length)
            .map(|n| (n, first + Duration::days(i64::from(n))))
            .filter(|(n, day)| {
                self.in_months(*day)
                    && self.on_month_days(*day)
                    && self.on_year_days(*day)
                    && self.in_weeks(*day, week_start)
                    && ordinal(*n, *day)
            })
            .map(|(_, day)| day)
            .collect()
    }

    /// The days of a month, or of a year, that begins on `first`.
    fn among(&self, first: NaiveDate, length: i32, day_of_start: u32) -> Vec<NaiveDate> {
        (0..length)
            .map(|n| (n, first + Duration::days(i64::from(n))))
            .filter(|(_, day)| {
                if self.month_days.is_empty() && self.weekdays.is_empty() {
                    return day.day() == day_of_start;
                }
                self.on_month_days(*day)
            })
            .filter(|(n, day)| {
                self.weekdays.is_empty() || self.is_ordinal(*n, length, day.weekday())
            })
            .map(|(_, day)| day)
            .collect()
    }

    /// Whether the day that is the `n`th of a span of days, from 0, is a weekday that is meant.
    fn is_ordinal(&self, n: i32, length: i32, weekday: Weekday) -> bool {
        let (from_start, from_end) = (n / 7 + 1, -((length - 1 - n) / 7 + 1));
        self.weekdays.iter().any(|(ordinal, meant)| {
            *meant == weekday
                && ordinal.is_none_or(|ordinal| ordinal == from_start || ordinal == from_end)
        })
    }

    fn in_months(&self, day: NaiveDate) -> bool {
        self.months.is_empty() || self.months.contains(&day.month())
    }

    fn on_month_days(&self, day: NaiveDate) -> bool {
        let from_start = i32::try_from(day.day()).unwrap_or(0);
        let from_end = from_start - month_length(day) - 1;
        self.month_days.is_empty()
            || self.month_days.contains(&from_start)
            || self.month_days.contains(&from_end)
    }

    fn on_year_days(&self, day: NaiveDate) -> bool {
        let from_start = i32::try_from(day.ordinal()).unwrap_or(0);
        let from_end = from_start - year_length(day) - 1;
        self.year_days.is_empty()
            || self.year_days.contains(&from_start)
            || self.year_days.contains(&from_end)
    }

    fn in_weeks(&self, day: NaiveDate, week_start: Weekday) -> bool {
        if self.weeks.is_empty() {
            return true;
        }
        let begins = begin_of_week(day, week_start);
        // A week belongs to the year in which its fourth day lies.
        let year = (begins + Duration::days(3)).year();
        let (Some(first), Some(next)) = (
            first_week(year, week_start),
            first_week(year.saturating_add(1), week_start),
        ) else {
            return false;
        };
        let weeks = (next - first).num_weeks();
        let number = (begins - first).num_weeks() + 1;
        self.weeks
            .iter()
            .map(|week| i64::from(*week))
            .any(|week| week == number || week == number - weeks - 1)
    }

    fn on_weekdays(&self, day: NaiveDate) -> bool {
        self.weekdays.is_empty()
            || self
                .weekdays
                .iter()
                .any(|(_, meant)| *meant == day.weekday())
    }
}

fn begin_of_week(day: NaiveDate, week_start: Weekday) -> NaiveDate {
    day - Duration::days(i64::from(day.weekday().days_since(week_start)))
}

fn first_week(year: i32, week_start: Weekday) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, 1, 4).map(|day| begin_of_week(day, week_start))
}

fn month_length(day: NaiveDate) -> i32 {
    i32::from(day.num_days_in_month())
}

fn year_length(day: NaiveDate) -> i32 {
    if day.leap_year() { 366 } else { 365 }
}
