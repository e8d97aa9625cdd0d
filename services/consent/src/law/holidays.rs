//! Public holidays by set, and the business days between them.

use ahash::{AHashMap, AHashSet};
use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::region::Region;

const HOLIDAYS: &str = include_str!("../../data/holidays.csv");

/// Days by set, such as `US` or `US-LA`.
#[derive(Debug, Clone, Default)]
pub struct Holidays {
    sets: AHashMap<Region, AHashSet<NaiveDate>>,
    /// Days that are holidays in every set.
    everywhere: AHashSet<NaiveDate>,
}

impl Holidays {
    /// The embedded table; `Err` names the line that cannot be read.
    pub fn load() -> Result<Self, String> {
        let mut holidays = Self::default();
        for (index, line) in HOLIDAYS.lines().enumerate().skip(1) {
            let mut cells = line.splitn(3, ',');
            let mut read = || -> Option<(Region, NaiveDate)> {
                Some((Region::parse(cells.next()?)?, cells.next()?.parse().ok()?))
            };
            let (set, day) =
                read().ok_or_else(|| format!("holidays.csv, line {}: {line}", index + 1))?;
            holidays.sets.entry(set).or_default().insert(day);
        }
        Ok(holidays)
    }

    pub fn is(&self, set: Region, day: NaiveDate) -> bool {
        self.everywhere.contains(&day)
            || self.sets.get(&set).is_some_and(|days| days.contains(&day))
    }

    /// Adds days that count for every set, such as one that a governor proclaimed.
    pub fn add_everywhere(&mut self, days: &[NaiveDate]) {
        self.everywhere.extend(days);
    }

    pub fn knows(&self, set: Region) -> bool {
        self.sets.contains_key(&set)
    }
}

/// The last day on which something due within `days` business days may still be done: Saturdays, Sundays
/// and the set's holidays do not count, nor does the day it came (47 CFR 64.1200(a)(10)).
pub fn business_days_later(
    holidays: &Holidays,
    set: Region,
    from: NaiveDate,
    days: u16,
) -> NaiveDate {
    let (mut day, mut left) = (from, days);
    while left > 0 {
        let Some(next) = day.checked_add_days(Days::new(1)) else {
            return day;
        };
        day = next;
        let rests = matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || holidays.is(set, day);
        if !rests {
            left -= 1;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn ten_business_days_skip_weekends_and_thanksgiving() {
        let holidays = Holidays::load().unwrap();
        let due = |days| business_days_later(&holidays, Region::US, day("2026-11-20"), days);
        assert_eq!(
            (due(10), due(6), due(0)),
            (day("2026-12-07"), day("2026-12-01"), day("2026-11-20"))
        );
    }

    #[test]
    fn holidays_are_known_for_countries_and_states() {
        let holidays = Holidays::load().unwrap();
        let is = |set: &str, at: &str| holidays.is(Region::parse(set).unwrap(), day(at));
        assert!(is("FR", "2026-11-11") && is("US", "2026-11-26") && is("US-PA", "2026-04-03"));
        assert!(!is("FR", "2026-11-12") && !is("US", "2026-11-27"));
    }
}
