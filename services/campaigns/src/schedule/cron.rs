//! Five-field Unix cron: minute, hour, day of the month, month, day of the week.
//!
//! Days of the week are 0 to 7, both ends Sunday, or names; where both the day of the month and the day of the week
//! are given, either is enough (POSIX, crontab). The slots are computed on the local clock as if it were
//! never changed; [`super::slots`] makes instants of them.

use std::str::FromStr;

use chrono::{Duration, NaiveDateTime, Utc};

use super::cron_fields::{Field, FieldKind};

/// The public codes of a [`CronError`].
pub const INVALID: &str = "cron.invalid";
pub const NEVER_FIRES: &str = "cron.never_fires";

/// A recurring time of the local clock.
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    /// By the day of the month, by the day of the week: a slot of either is a slot.
    by: Vec<cron::Schedule>,
}

/// What is wrong with an expression, where (`at` counts its characters from 0), and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at character {}). {hint}", at + 1)]
pub struct CronError {
    pub at: usize,
    pub what: String,
    pub hint: String,
    pub never_fires: bool,
}

impl CronError {
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

/// No expression needs more.
const LONGEST: usize = 256;

const FIELDS: [FieldKind; 5] = [
    FieldKind::Minute,
    FieldKind::Hour,
    FieldKind::DayOfMonth,
    FieldKind::Month,
    FieldKind::DayOfWeek,
];

impl Cron {
    /// As it was given, blanks made single.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The slots from a local time on, itself included, ascending, on a clock that is never changed.
    pub fn slots_from(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let before = from
            .checked_sub_signed(Duration::nanoseconds(1))
            .unwrap_or(from);
        let mut by: Vec<_> = self
            .by
            .iter()
            .map(|schedule| schedule.after(&before.and_utc()).peekable())
            .collect();
        std::iter::from_fn(move || {
            let next = by
                .iter_mut()
                .filter_map(|slots| slots.peek().copied())
                .min()?;
            for slots in &mut by {
                while slots.peek().is_some_and(|slot| *slot <= next) {
                    slots.next();
                }
            }
            Some(next.naive_utc())
        })
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let words = words(text)?;
        let mut fields = Vec::with_capacity(5);
        for ((at, word), kind) in words.iter().zip(FIELDS) {
            fields.push(Field::read(word, *at, kind)?);
        }
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronError::new(0, "An expression has five fields", MEANING));
        };
        if let Some(step) = [day, weekday].iter().find(|field| field.stepped_star)
            && !day.open
            && !weekday.open
        {
            return Err(CronError::new(
                step.at,
                "A step over * beside a second restriction of the day means different things to different crons",
                "Write the days out, as in 1-31/2: then either the day of the month or the day of the week is enough.",
            ));
        }
        let time = format!("0 {} {}", minute.list(), hour.list());
        let by_day = (!day.open || weekday.open)
            .then(|| format!("{time} {} {} *", day.list(), month.list()));
        let by_weekday =
            (!weekday.open).then(|| format!("{time} * {} {}", month.list(), weekday.list()));
        let by = [by_day, by_weekday]
            .into_iter()
            .flatten()
            .map(|quartz| {
                cron::Schedule::from_str(&quartz)
                    .map_err(|error| CronError::new(0, error.to_string(), MEANING))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let cron = Self {
            text: words
                .iter()
                .map(|(_, word)| *word)
                .collect::<Vec<_>>()
                .join(" "),
            by,
        };
        // Eight years hold a 29 February, which is the rarest day there is for the day of the month alone.
        let start = chrono::DateTime::<Utc>::UNIX_EPOCH.naive_utc() + Duration::days(365 * 50);
        if cron.slots_from(start).next().is_none() {
            return Err(CronError {
                never_fires: true,
                ..CronError::new(
                    day.at,
                    "No month named here has such a day, so this never fires",
                    "Name a day that the months have, such as 28 for every month.",
                )
            });
        }
        Ok(cron)
    }
}

const MEANING: &str = "Write minute, hour, day of the month, month and day of the week, as in `30 9 * * 1-5` for \
                       9:30 from Monday to Friday.";

/// The five words and where they begin.
fn words(text: &str) -> Result<Vec<(usize, &str)>, CronError> {
    if text.len() > LONGEST {
        let what = format!("An expression has at most {LONGEST} characters");
        return Err(CronError::new(LONGEST, what, MEANING));
    }
    if let Some(at) = text
        .chars()
        .position(|c| !(c.is_ascii_graphic() || c == ' ' || c == '\t'))
    {
        return Err(CronError::new(
            at,
            "This character has no meaning here",
            MEANING,
        ));
    }
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        words.push((text.len() - rest.len(), word));
        rest = after;
    }
    let first = words.first().map_or("", |(_, word)| word);
    if let Some(instead) = nickname(first) {
        let what = format!("`{first}` is a name of some crons");
        return Err(CronError::new(0, what, format!("Write `{instead}`.")));
    }
    match words.len() {
        5 => Ok(words),
        n @ (6 | 7) => {
            let what = format!("There are {n} fields where five are wanted");
            let hint = format!("Seconds and years are not taken. {MEANING}");
            Err(CronError::new(
                words.get(5).map_or(0, |(at, _)| *at),
                what,
                hint,
            ))
        }
        n => {
            let what = format!("There are {n} fields where five are wanted");
            let at = words.get(5).map_or(text.len(), |(at, _)| *at);
            Err(CronError::new(at, what, MEANING))
        }
    }
}

fn nickname(word: &str) -> Option<&'static str> {
    Some(match word {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "cron_tests.rs"]
mod tests;
