//! Days and months of spending. They are those of UTC, so that a cap starts anew at the same instant for every
//! process.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use contract::time::UnixMillis;

/// How long a cap counts before it starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    Day,
    Month,
    Total,
}

impl Period {
    pub const ALL: [Self; 3] = [Self::Day, Self::Month, Self::Total];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == text)
    }

    /// Names the period that an instant lies in: `2026-11-26`, `2026-11` or `all`.
    pub fn key(self, at: UnixMillis) -> String {
        let date = at.to_utc().date_naive();
        match self {
            Self::Day => date.format("%Y-%m-%d").to_string(),
            Self::Month => date.format("%Y-%m").to_string(),
            Self::Total => "all".to_string(),
        }
    }

    /// When the next one starts; `None` where none does.
    pub fn next(self, at: UnixMillis) -> Option<UnixMillis> {
        let date = at.to_utc().date_naive();
        let next = match self {
            Self::Day => date.checked_add_days(Days::new(1)),
            Self::Month => NaiveDate::from_ymd_opt(date.year(), date.month(), 1)
                .and_then(|first| first.checked_add_months(Months::new(1))),
            Self::Total => None,
        }?;
        let start: DateTime<Utc> = next.and_hms_opt(0, 0, 0)?.and_utc();
        Some(start.into())
    }

    /// A day, as its key, lies in the same period as the instant.
    pub fn holds(self, day: &str, at: UnixMillis) -> bool {
        self == Self::Total || day.starts_with(&self.key(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    #[test]
    fn periods_end_at_midnight_in_utc() {
        let late = at("2026-12-31T23:59:59.999Z");
        assert_eq!(
            Period::ALL.map(|period| period.key(late)),
            ["2026-12-31", "2026-12", "all"]
        );
        assert_eq!(Period::Day.next(late), Some(at("2027-01-01T00:00:00Z")));
        assert_eq!(Period::Month.next(late), Some(at("2027-01-01T00:00:00Z")));
        assert_eq!(Period::Total.next(late), None);
        let leap = at("2028-02-28T12:00:00Z");
        assert_eq!(Period::Day.next(leap), Some(at("2028-02-29T00:00:00Z")));
        assert_eq!(Period::Month.next(leap), Some(at("2028-03-01T00:00:00Z")));
    }

    #[test]
    fn a_day_lies_in_its_month_and_in_no_other() {
        let now = at("2026-11-26T08:00:00Z");
        assert!(Period::Month.holds("2026-11-01", now) && !Period::Month.holds("2026-10-31", now));
        assert!(Period::Day.holds("2026-11-26", now) && !Period::Day.holds("2026-11-25", now));
        assert!(Period::Total.holds("1999-01-01", now));
    }
}
