//! ISO 8601 durations with a sign, in two parts that mean different things: `P2D` is the same time on the clock
//! two days away, `PT48H` is 48 hours of elapsed time. They differ when the clocks change in between.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::zone;

/// The most a duration may hold, in days: ten years, each of its parts alone.
pub const LONGEST_DAYS: u32 = 3_660;
const LONGEST_SECONDS: u32 = LONGEST_DAYS * 86_400;

/// A duration such as `P2D`, `-PT2H30M` or `P1DT2H`: calendar days first, then elapsed time.
///
/// It is written without weeks (`P1W` becomes `P7D`), without needless parts, and hours never become days:
/// `PT48H` stays what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IsoDuration {
    negative: bool,
    days: u32,
    seconds: u32,
}

/// What is wrong with the text of a duration. `at` counts its characters from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at character {}).", at + 1)]
pub struct DurationError {
    pub at: usize,
    pub what: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("A duration begins with P, as in P2D or -PT2H")]
    NoP,
    #[error("A duration names at least one part, as in P2D or PT2H")]
    Empty,
    #[error("A whole number is wanted before the unit; for half an hour write PT30M")]
    NoNumber,
    #[error("A unit is wanted after the number: W or D, and after a T also H, M or S")]
    NoUnit,
    #[error(
        "Months and years have no fixed length; count in weeks (W) or days (D), and write minutes after a T: PT5M"
    )]
    Month,
    #[error("Hours, minutes and seconds stand after a T, as in PT2H")]
    TimeWithoutT,
    #[error("Weeks and days stand before the T, as in P1DT2H")]
    DayAfterT,
    #[error("Each unit comes once, and the larger before the smaller")]
    Order,
    #[error("A duration may be ten years (P3660D) at most")]
    TooLong,
}

impl IsoDuration {
    pub const ZERO: Self = Self {
        negative: false,
        days: 0,
        seconds: 0,
    };

    /// Days on the calendar, negative into the past. `None` beyond the limit.
    pub fn of_days(days: i32) -> Option<Self> {
        let count = days.unsigned_abs();
        (count <= LONGEST_DAYS).then_some(Self {
            negative: days < 0,
            days: count,
            seconds: 0,
        })
    }

    /// Elapsed seconds, negative into the past. `None` beyond the limit.
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        let count = u32::try_from(seconds.unsigned_abs()).ok()?;
        (count <= LONGEST_SECONDS).then_some(Self {
            negative: seconds < 0,
            days: 0,
            seconds: count,
        })
    }

    /// Days on the calendar, with the sign.
    pub fn calendar_days(self) -> i64 {
        self.signed(self.days)
    }

    /// The elapsed part, with the sign.
    pub fn elapsed(self) -> Duration {
        Duration::seconds(self.signed(self.seconds))
    }

    pub fn is_negative(self) -> bool {
        self.negative && !self.is_zero()
    }

    pub fn is_zero(self) -> bool {
        self.days == 0 && self.seconds == 0
    }

    /// Its length where a day has 24 hours: for comparing and for limits, never for planning.
    pub fn nominal(self) -> Duration {
        Duration::days(self.calendar_days()) + self.elapsed()
    }

    /// The instant this far from `at`: the same time on the zone's clock some days away, then the elapsed part.
    /// At the ends of the calendar it stays at the end.
    pub fn from_instant(self, at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        if self.days == 0 {
            return self.add_elapsed(at);
        }
        self.from_local(zone::local(at, zone), zone)
    }

    /// The instant this far from a local time. The days are counted from the local time as it is written, even where
    /// the clocks skip it that day.
    pub fn from_local(self, local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
        self.add_elapsed(zone::instant(self.days_away(local), zone))
    }

    /// The calendar part alone: the same time of day, some days away.
    pub fn days_away(self, local: NaiveDateTime) -> NaiveDateTime {
        let end = if self.negative {
            NaiveDateTime::MIN
        } else {
            NaiveDateTime::MAX
        };
        local
            .checked_add_signed(Duration::days(self.calendar_days()))
            .unwrap_or(end)
    }

    fn add_elapsed(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let end = if self.negative {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        };
        at.checked_add_signed(self.elapsed()).unwrap_or(end)
    }

    fn signed(self, count: u32) -> i64 {
        let count = i64::from(count);
        if self.negative { -count } else { count }
    }
}

impl FromStr for IsoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let mut reader = Reader {
            text: text.as_bytes(),
            at: 0,
        };
        let negative = reader.take(b'-');
        if !negative {
            reader.take(b'+');
        }
        if !reader.take(b'P') {
            return Err(reader.fault(Fault::NoP));
        }
        let (mut days, mut seconds) = (0u64, 0u64);
        let mut in_time = false;
        // Ranks of the units fall from weeks to seconds.
        let (mut rank, mut parts) = (6, 0);
        while reader.peek().is_some() {
            if !in_time && reader.take(b'T') {
                in_time = true;
                parts = 0;
                if reader.peek().is_none() {
                    return Err(reader.fault(Fault::Empty));
                }
                continue;
            }
            let start = reader.at;
            let number = reader.number()?;
            let (this_rank, amount) = reader.unit(in_time)?;
            if this_rank >= rank {
                return Err(DurationError {
                    at: start,
                    what: Fault::Order,
                });
            }
            rank = this_rank;
            parts += 1;
            let (sum, most) = if in_time {
                (&mut seconds, u64::from(LONGEST_SECONDS))
            } else {
                (&mut days, u64::from(LONGEST_DAYS))
            };
            *sum += number * amount;
            if *sum > most {
                return Err(DurationError {
                    at: start,
                    what: Fault::TooLong,
                });
            }
        }
        if parts == 0 {
            return Err(reader.fault(Fault::Empty));
        }
        let part = |sum| u32::try_from(sum).unwrap_or(LONGEST_SECONDS);
        let (days, seconds) = (part(days), part(seconds));
        // There is one zero.
        let negative = negative && (days, seconds) != (0, 0);
        Ok(Self {
            negative,
            days,
            seconds,
        })
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn fault(&self, what: Fault) -> DurationError {
        DurationError { at: self.at, what }
    }

    /// Digits; more of them than any limit has are refused as too long.
    fn number(&mut self) -> Result<u64, DurationError> {
        let start = self.at;
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        match self.at - start {
            0 => Err(self.fault(Fault::NoNumber)),
            _ if number > u64::from(LONGEST_SECONDS) => Err(DurationError {
                at: start,
                what: Fault::TooLong,
            }),
            _ => Ok(number),
        }
    }

    /// The rank of a unit, and how many days or seconds it stands for.
    fn unit(&mut self, in_time: bool) -> Result<(u8, u64), DurationError> {
        let unit = match (self.peek(), in_time) {
            (Some(b'W'), false) => (5, 7),
            (Some(b'D'), false) => (4, 1),
            (Some(b'H'), true) => (3, 3_600),
            (Some(b'M'), true) => (2, 60),
            (Some(b'S'), true) => (1, 1),
            (Some(b'M' | b'Y'), false) => return Err(self.fault(Fault::Month)),
            (Some(b'H' | b'S'), false) => return Err(self.fault(Fault::TimeWithoutT)),
            (Some(b'W' | b'D'), true) => return Err(self.fault(Fault::DayAfterT)),
            (Some(b'.' | b','), _) => return Err(self.fault(Fault::NoNumber)),
            _ => return Err(self.fault(Fault::NoUnit)),
        };
        self.at += 1;
        Ok(unit)
    }
}

impl fmt::Display for IsoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("PT0S");
        }
        f.write_str(if self.negative { "-P" } else { "P" })?;
        if self.days > 0 {
            write!(f, "{}D", self.days)?;
        }
        if self.seconds > 0 {
            f.write_str("T")?;
        }
        let (hours, minutes, seconds) = (
            self.seconds / 3_600,
            self.seconds / 60 % 60,
            self.seconds % 60,
        );
        for (count, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for IsoDuration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, DurationError> {
        text.parse()
    }
}

impl From<IsoDuration> for String {
    fn from(duration: IsoDuration) -> Self {
        duration.to_string()
    }
}

#[cfg(test)]
#[path = "duration_tests.rs"]
mod tests;
