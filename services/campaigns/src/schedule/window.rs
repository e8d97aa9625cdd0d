//! The span of the local day in which something may happen, such as 09:00 to 20:00 from Monday to Friday.
//!
//! What counts is what the clock on the wall shows: on the day the clocks leap from 02:00 to 03:00 a window from 02:30
//! opens at 03:00, and one that ends at 01:30 is open twice on the day they are turned back.

use chrono::{
    DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc, Weekday,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::zone;

const DAY: u16 = 24 * 60;

/// A span of the local day, on some days of the week. A span that ends before it begins reaches over midnight
/// and belongs to the day it begins on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Window {
    /// Minutes of the day, below 1440.
    from: u16,
    /// Minutes of the day, 1 to 1440, never equal to `from`.
    to: u16,
    /// Bit 0 is Monday.
    days: u8,
}

/// How a window is written: `{"from": "09:00", "to": "20:00", "days": ["mon", "tue"]}`.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// When it opens, `HH:MM` on the local clock.
    pub from: String,
    /// When it is closed again, `HH:MM` on the local clock; `24:00` is the end of the day.
    pub to: String,
    /// Days of the week on which it opens, `mon` to `sun`; absent: every day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error("`{0}`: `{1}` is not a time of day such as \"09:00\", in quotes.")]
    Time(&'static str, String),
    #[error("`from` and `to` are the same; for the whole day write \"00:00\" to \"24:00\".")]
    Empty,
    #[error("`days`: `{0}` is not a day of the week; write mon, tue, wed, thu, fri, sat or sun.")]
    Day(String),
    #[error("`days` names no day; leave it out for every day.")]
    NoDay,
}

impl WindowError {
    /// The field at fault, as a JSON pointer within the window.
    pub fn pointer(&self) -> &'static str {
        match self {
            Self::Time("from", _) => "/from",
            Self::Time(..) | Self::Empty => "/to",
            Self::Day(_) | Self::NoDay => "/days",
        }
    }
}

impl Window {
    /// Open every day from one minute of the day to another. `None` where that says nothing: equal, or beyond the day.
    pub fn daily(from: u16, to: u16) -> Option<Self> {
        let (from, to) = (from % DAY, if to == 0 { DAY } else { to });
        let whole = from == 0 && to == DAY;
        (to <= DAY && (whole || from != to % DAY)).then_some(Self {
            from,
            to,
            days: 0b111_1111,
        })
    }

    /// The same span on some days of the week only. `None` if there are none.
    pub fn on(self, days: &[Weekday]) -> Option<Self> {
        let days = days.iter().fold(0, |all, day| all | bit(*day));
        (days != 0).then_some(Self { days, ..self })
    }

    pub fn contains(&self, at: DateTime<Utc>, zone: Tz) -> bool {
        self.shows(zone::local(at, zone))
    }

    /// Whether a clock that shows this shows a time inside the window.
    pub fn shows(&self, local: NaiveDateTime) -> bool {
        let (day, minute) = (local.date(), minute_of(local));
        let opened_yesterday = || day.pred_opt().is_some_and(|day| self.opens_on(day));
        if self.from < self.to {
            self.opens_on(day) && (self.from..self.to).contains(&minute)
        } else {
            (minute >= self.from && self.opens_on(day)) || (minute < self.to && opened_yesterday())
        }
    }

    /// The first allowed instant that is not before `at`.
    pub fn next_allowed(&self, at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let mut at = at;
        // Between two changes of the clocks their time is plain arithmetic. A week holds every opening, so the changes
        // of a month are more than enough.
        for _ in 0..32 {
            let offset = Duration::seconds(i64::from(zone::offset(at, zone)));
            let candidate = self.next_shown(at.naive_utc() + offset).and_utc() - offset;
            match zone::first_change(zone, at, candidate) {
                Some(change) => at = change,
                None => return candidate,
            }
        }
        at
    }

    /// The last allowed moment that is not after `at`: `at` itself if the window is open, otherwise `earlier_at` on the
    /// day the window was last open, or its last minute where `earlier_at` is absent or does not lie in it.
    pub fn last_allowed_before(
        &self,
        at: DateTime<Utc>,
        zone: Tz,
        earlier_at: Option<NaiveTime>,
    ) -> DateTime<Utc> {
        if self.contains(at, zone) {
            return at;
        }
        let last = self.last_minute_before(at, zone);
        let chosen = earlier_at.and_then(|time| {
            let day = zone::local(last, zone).date();
            // A window over midnight may have opened the day before its last minute.
            [Some(day), day.pred_opt()]
                .into_iter()
                .flatten()
                .map(|day| zone::resolve(day.and_time(time), zone))
                .filter(|moment| !matches!(moment.fit, zone::Fit::Never { .. }))
                .map(|moment| moment.at)
                .find(|moment| *moment <= last && self.one_opening(*moment, last, zone))
        });
        chosen.unwrap_or(last)
    }

    /// Whether the window stays open from one allowed moment to the other.
    fn one_opening(&self, from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> bool {
        self.contains(from, zone)
            && zone::local(to, zone) - zone::local(from, zone) < Duration::minutes(self.length())
    }

    fn length(&self) -> i64 {
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        if from < to {
            to - from
        } else {
            to - from + i64::from(DAY)
        }
    }

    fn last_minute_before(&self, at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let mut at = at;
        for _ in 0..32 {
            let offset = Duration::seconds(i64::from(zone::offset(at, zone)));
            let candidate = self.last_shown(at.naive_utc() + offset).and_utc() - offset;
            match zone::last_change(zone, candidate, at) {
                // Clocks change on whole minutes, and a window is open or shut for a whole minute.
                Some(change) => at = change - Duration::minutes(1),
                None => return candidate,
            }
        }
        at
    }

    /// The first time not before `local` that lies in the window, on a clock that is never changed.
    fn next_shown(&self, local: NaiveDateTime) -> NaiveDateTime {
        if self.shows(local) {
            return local;
        }
        (0..=7)
            .filter_map(|days| local.date().checked_add_days(Days::new(days)))
            .filter(|day| self.opens_on(*day))
            .map(|day| on_day(day, self.from))
            .find(|opens| *opens >= local)
            .unwrap_or(local)
    }

    /// The last minute not after `local` that lies in the window, on a clock that is never changed.
    fn last_shown(&self, local: NaiveDateTime) -> NaiveDateTime {
        if self.shows(local) {
            return local;
        }
        let after_opening = Duration::minutes(self.length() - 1);
        (0..=8)
            .filter_map(|days| local.date().checked_sub_days(Days::new(days)))
            .filter(|day| self.opens_on(*day))
            .map(|day| on_day(day, self.from) + after_opening)
            .find(|last| *last <= local)
            .unwrap_or(local)
    }

    fn opens_on(&self, day: NaiveDate) -> bool {
        self.days & bit(day.weekday()) != 0
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.num_days_from_monday()
}

fn minute_of(local: NaiveDateTime) -> u16 {
    // Below 1440.
    u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(DAY)
}

fn on_day(day: NaiveDate, minute: u16) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN) + Duration::minutes(i64::from(minute))
}

/// `HH:MM` as minutes of the day, 1440 for `24:00`.
pub fn read_time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| -> Option<u16> {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY).then_some(minute)
}

fn write_time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

const NAMES: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

impl TryFrom<Written> for Window {
    type Error = WindowError;

    fn try_from(written: Written) -> Result<Self, WindowError> {
        let from = read_time(&written.from).filter(|from| *from < DAY);
        let from = from.ok_or_else(|| WindowError::Time("from", written.from.clone()))?;
        let to = read_time(&written.to);
        let to = to.ok_or_else(|| WindowError::Time("to", written.to.clone()))?;
        let window = Self::daily(from, to).ok_or(WindowError::Empty)?;
        let Some(days) = written.days else {
            return Ok(window);
        };
        let day = |name: &String| {
            let known = NAMES.iter().find(|(known, _)| known == name);
            known
                .map(|(_, day)| *day)
                .ok_or_else(|| WindowError::Day(name.clone()))
        };
        let days = days.iter().map(day).collect::<Result<Vec<_>, _>>()?;
        window.on(&days).ok_or(WindowError::NoDay)
    }
}

impl From<Window> for Written {
    fn from(window: Window) -> Self {
        let days = || {
            NAMES
                .iter()
                .filter(|(_, day)| window.days & bit(*day) != 0)
                .map(|(name, _)| (*name).to_string())
                .collect()
        };
        Self {
            from: write_time(window.from),
            to: write_time(window.to),
            days: (window.days != 0b111_1111).then(days),
        }
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
