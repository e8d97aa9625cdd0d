//! Recurrence rules of iCalendar (RFC 5545, 3.3.10), for what cron cannot say: every second Tuesday, the last working
//! day of the month, ten times and then never again.
//!
//! Taken: FREQ (YEARLY to HOURLY), INTERVAL, COUNT, UNTIL, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR,
//! BYMINUTE, BYSETPOS, WKST, and lines of EXDATE behind the rule.
//! The slots are computed on the local clock as if it were never changed; [`super::slots`] makes instants of them. The
//! start is a slot only if the rule says so.

use std::fmt;

use chrono::{
    DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc, Weekday,
};

use super::rrule_days::Days;
use super::rrule_except::Except;
use super::rrule_read;

/// The public codes of a [`RruleError`].
pub const INVALID: &str = "rrule.invalid";
pub const NEVER_FIRES: &str = "rrule.never_fires";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freq {
    Yearly,
    Monthly,
    Weekly,
    Daily,
    Hourly,
}

/// The last moment a slot may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

/// A rule without its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub freq: Freq,
    pub interval: u32,
    pub count: Option<u32>,
    pub until: Option<Until>,
    pub days: Days,
    pub hours: Vec<u32>,
    pub minutes: Vec<u32>,
    /// Which of the slots of a period count, from 1, or from -1 at its end.
    pub positions: Vec<i32>,
    pub week_start: Weekday,
    /// Slots that are left out; they count all the same.
    pub except: Vec<Except>,
}

/// A rule and where it begins.
#[derive(Debug, Clone)]
pub struct Rrule {
    text: String,
    rule: Rule,
    start: NaiveDateTime,
}

/// What is wrong with a rule, where (`at` counts its characters from 0), and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at character {}). {hint}", at + 1)]
pub struct RruleError {
    pub at: usize,
    pub what: String,
    pub hint: String,
    pub never_fires: bool,
}

impl RruleError {
    pub(super) fn new(at: usize, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            hint: hint.into(),
            never_fires: false,
        }
    }

    pub fn code(&self) -> &'static str {
        if self.never_fires {
            NEVER_FIRES
        } else {
            INVALID
        }
    }
}

/// Beyond this many years without a slot none will come: a 29 February that is a certain day of the week comes within 40.
const YEARS_AHEAD: i32 = 60;

impl Rrule {
    /// Reads a rule that begins at a local time; its seconds are dropped.
    pub fn parse(text: &str, start: NaiveDateTime) -> Result<Self, RruleError> {
        let rule = rrule_read::read(text)?;
        let start = start.with_nanosecond(0).unwrap_or(start);
        let start = start.with_second(0).unwrap_or(start);
        let rrule = Self {
            text: text.trim().to_string(),
            rule,
            start,
        };
        if rrule.slots_from(start).next().is_none() {
            return Err(RruleError {
                never_fires: true,
                ..RruleError::new(
                    0,
                    "No day and time fits this rule from its start on, so it never fires",
                    "Look at UNTIL, and whether the months named have the days named.",
                )
            });
        }
        Ok(rrule)
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn start(&self) -> NaiveDateTime {
        self.start
    }

    /// The last instant at which a slot may be due, where the rule names one in UTC.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self.rule.until {
            Some(Until::Instant(at)) => Some(at),
            _ => None,
        }
    }

    /// The slots from a local time on, itself included, ascending, on a clock that is never changed. An UNTIL in UTC
    /// is for the caller, who knows the zone.
    pub fn slots_from(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let (rule, start) = (&self.rule, self.start);
        // What is counted is counted from the start; otherwise the periods before need no look.
        let first = if rule.count.is_some() {
            0
        } else {
            self.period_before(from)
        };
        let left = rule.count.unwrap_or(u32::MAX) as usize;
        let last = match rule.until {
            Some(Until::Local(last)) => last,
            _ => NaiveDateTime::MAX,
        };
        Periods::new(self, first, from.max(self.start))
            .flatten()
            .filter(move |slot| *slot >= start)
            .take(left)
            .take_while(move |slot| *slot <= last)
            .filter(|slot| !rule.except.iter().any(|except| except.is(*slot)))
            .skip_while(move |slot| *slot < from)
    }

    /// A period that ends before `from`, counted from that of the start.
    fn period_before(&self, from: NaiveDateTime) -> u64 {
        let passed = from - self.start;
        let units = match self.rule.freq {
            Freq::Yearly => i64::from(from.year() - self.start.year()),
            Freq::Monthly => {
                i64::from(from.year() - self.start.year()) * 12 + i64::from(from.month())
                    - i64::from(self.start.month())
            }
            Freq::Weekly => passed.num_weeks(),
            Freq::Daily => passed.num_days(),
            Freq::Hourly => passed.num_hours(),
        };
        let periods = u64::try_from(units).unwrap_or(0) / u64::from(self.rule.interval);
        periods.saturating_sub(2)
    }
}

impl fmt::Display for Rrule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The slots of one period after the other.
struct Periods<'r> {
    rrule: &'r Rrule,
    next: u64,
    /// A period that begins later and comes after none with slots is the end.
    horizon: NaiveDate,
}

impl<'r> Periods<'r> {
    fn new(rrule: &'r Rrule, first: u64, from: NaiveDateTime) -> Self {
        let mut periods = Self {
            rrule,
            next: first,
            horizon: NaiveDate::MIN,
        };
        periods.look_on_from(from.date());
        periods
    }

    fn look_on_from(&mut self, day: NaiveDate) {
        // An interval of many years makes the wait longer.
        let years = YEARS_AHEAD + 8 * i32::try_from(self.rrule.rule.interval).unwrap_or(0);
        self.horizon = day
            .with_day(1)
            .and_then(|day| day.with_year(day.year() + years))
            .unwrap_or(NaiveDate::MAX);
    }
}

impl Iterator for Periods<'_> {
    type Item = Vec<NaiveDateTime>;

    fn next(&mut self) -> Option<Vec<NaiveDateTime>> {
        let Rrule { rule, start, .. } = self.rrule;
        loop {
            let units = self.next.checked_mul(u64::from(rule.interval))?;
            let begins = begin(rule, *start, units)?;
            if begins.date() > self.horizon {
                return None;
            }
            self.next += 1;
            let mut slots = slots_of(rule, *start, begins);
            if slots.is_empty() && rule.freq == Freq::Hourly && !rule.days.allow(begins.date()) {
                // No hour of this day will do.
                let left = u64::from(23 - begins.hour()) / u64::from(rule.interval);
                self.next += left;
                continue;
            }
            if !rule.positions.is_empty() {
                slots = at_positions(&slots, &rule.positions);
            }
            if let Some(last) = slots.last() {
                self.look_on_from(last.date());
                return Some(slots);
            }
        }
    }
}

/// Where the period begins that lies this many years, months, weeks, days or hours after that of the start.
fn begin(rule: &Rule, start: NaiveDateTime, units: u64) -> Option<NaiveDateTime> {
    let units = i64::try_from(units).ok()?;
    let day = start.date();
    let of = |day: NaiveDate| Some(day.and_time(NaiveTime::MIN));
    match rule.freq {
        Freq::Yearly => {
            let year = day.year().checked_add(i32::try_from(units).ok()?)?;
            of(NaiveDate::from_ymd_opt(year, 1, 1)?)
        }
        Freq::Monthly => {
            let months = i64::from(day.year()) * 12 + i64::from(day.month0()) + units;
            let year = i32::try_from(months.div_euclid(12)).ok()?;
            let month = u32::try_from(months.rem_euclid(12)).ok()? + 1;
            of(NaiveDate::from_ymd_opt(year, month, 1)?)
        }
        Freq::Weekly => {
            let back = day.weekday().days_since(rule.week_start);
            let days = units.checked_mul(7)? - i64::from(back);
            of(day.checked_add_signed(Duration::try_days(days)?)?)
        }
        Freq::Daily => of(day.checked_add_signed(Duration::try_days(units)?)?),
        Freq::Hourly => day
            .and_hms_opt(start.hour(), 0, 0)?
            .checked_add_signed(Duration::try_hours(units)?),
    }
}

/// All slots of the period, ascending.
fn slots_of(rule: &Rule, start: NaiveDateTime, begins: NaiveDateTime) -> Vec<NaiveDateTime> {
    let own = |given: &[u32], of_start: u32| {
        if given.is_empty() {
            vec![of_start]
        } else {
            given.to_vec()
        }
    };
    let minutes = own(&rule.minutes, start.minute());
    let hours = match rule.freq {
        Freq::Hourly if rule.hours.is_empty() || rule.hours.contains(&begins.hour()) => {
            vec![begins.hour()]
        }
        Freq::Hourly => Vec::new(),
        _ => own(&rule.hours, start.hour()),
    };
    let (day, of_start) = (begins.date(), start.date());
    let days = rule
        .days
        .of_period(rule.freq, day, of_start, rule.week_start);
    let mut slots = Vec::with_capacity(days.len() * hours.len() * minutes.len());
    for day in days {
        for hour in &hours {
            slots.extend(
                minutes
                    .iter()
                    .filter_map(|minute| day.and_hms_opt(*hour, *minute, 0)),
            );
        }
    }
    slots
}

fn at_positions(slots: &[NaiveDateTime], positions: &[i32]) -> Vec<NaiveDateTime> {
    let mut chosen: Vec<_> = positions
        .iter()
        .filter_map(|position| {
            let from_end = position.unsigned_abs() as usize;
            let at = if *position > 0 {
                from_end.checked_sub(1)
            } else {
                slots.len().checked_sub(from_end)
            };
            slots.get(at?).copied()
        })
        .collect();
    chosen.sort();
    chosen.dedup();
    chosen
}

#[cfg(test)]
#[path = "rrule_tests.rs"]
mod tests;
