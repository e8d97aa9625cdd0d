//! One field of a cron expression: which of its values are meant.

use super::cron::CronError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl FieldKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of the month",
            Self::Month => "month",
            Self::DayOfWeek => "day of the week",
        }
    }

    /// The least and the greatest value that may be written.
    const fn bounds(self) -> (u8, u8) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 7),
        }
    }

    fn named(self, word: &str) -> Option<u8> {
        let (names, first): (&[&str], u8) = match self {
            Self::Month => (&MONTHS, 1),
            Self::DayOfWeek => (&WEEKDAYS, 0),
            _ => return None,
        };
        let at = names
            .iter()
            .position(|name| word.eq_ignore_ascii_case(name))?;
        Some(first + u8::try_from(at).ok()?)
    }

    fn range(self) -> String {
        let (least, most) = self.bounds();
        let names = match self {
            Self::Month => ", or jan to dec",
            Self::DayOfWeek => ", both ends Sunday, or sun to sat",
            _ => "",
        };
        format!("A {} is {least} to {most}{names}.", self.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub at: usize,
    kind: FieldKind,
    /// One bit for each value that is meant; Sunday is bit 0.
    values: u64,
    /// It is `*`: every value, and no restriction of the day.
    pub open: bool,
    /// It steps over `*`, as in `*/2`.
    pub stepped_star: bool,
}

impl Field {
    /// Reads a list of values, ranges and steps. `at` is where the word begins in the expression.
    pub fn read(word: &str, at: usize, kind: FieldKind) -> Result<Self, CronError> {
        let mut field = Self {
            at,
            kind,
            values: 0,
            open: word == "*",
            stepped_star: false,
        };
        let mut begins = at;
        for item in word.split(',') {
            field.add(item, begins)?;
            begins += item.len() + 1;
        }
        Ok(field)
    }

    fn add(&mut self, item: &str, at: usize) -> Result<(), CronError> {
        let kind = self.kind;
        let (span, step) = match item.split_once('/') {
            Some((span, step)) => (span, Some(step)),
            None => (item, None),
        };
        let (least, most) = kind.bounds();
        let (low, high) = if span == "*" {
            self.stepped_star |= step.is_some();
            // Sunday stands at 0 already.
            (
                least,
                if kind == FieldKind::DayOfWeek {
                    6
                } else {
                    most
                },
            )
        } else if let Some((low, high)) = span.split_once('-') {
            let behind = at + low.len() + 1;
            let (low, high) = (value(low, at, kind)?, value(high, behind, kind)?);
            if low > high {
                let what = format!("The range `{span}` ends before it begins");
                let last = if kind == FieldKind::DayOfWeek {
                    6
                } else {
                    most
                };
                let hint = format!(
                    "Write it as two, separated by a comma: `{low}-{last}` and `{least}-{high}`."
                );
                return Err(CronError::new(at, what, hint));
            }
            (low, high)
        } else {
            let one = value(span, at, kind)?;
            if step.is_some() {
                let what = format!("`{item}` has a step but no range");
                let hint = format!("Write `{one}-{most}/{}`.", step.unwrap_or_default());
                return Err(CronError::new(at, what, hint));
            }
            (one, one)
        };
        let by = step.map_or(Ok(1), |step| step_of(step, at + span.len() + 1, most))?;
        for value in (low..=high).step_by(by) {
            let bit = if kind == FieldKind::DayOfWeek {
                value % 7
            } else {
                value
            };
            self.values |= 1 << bit;
        }
        Ok(())
    }

    /// The values as the `cron` crate wants them: it counts the days of the week from Sunday as 1.
    pub fn list(&self) -> String {
        if self.open {
            return "*".to_string();
        }
        let shift = u8::from(self.kind == FieldKind::DayOfWeek);
        let values: Vec<String> = (0u8..60)
            .filter(|value| self.values & (1 << value) != 0)
            .map(|value| (value + shift).to_string())
            .collect();
        values.join(",")
    }
}

fn value(word: &str, at: usize, kind: FieldKind) -> Result<u8, CronError> {
    if let Some(value) = kind.named(word) {
        return Ok(value);
    }
    let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let (least, most) = kind.bounds();
    match word.parse::<u8>() {
        Ok(value) if digits && (least..=most).contains(&value) => Ok(value),
        _ if word.is_empty() => {
            let what = format!("A value of the {} is missing", kind.name());
            Err(CronError::new(at, what, kind.range()))
        }
        _ if digits => {
            let what = format!("`{word}` is out of range");
            Err(CronError::new(at, what, kind.range()))
        }
        _ if word.contains(['L', 'W', '#', '?', 'l', 'w']) && kind.named(word).is_none() => {
            let what = format!("`{word}` is no part of Unix cron");
            let hint = "For the last day of a month or the second Tuesday write an `rrule`, such as \
                        `FREQ=MONTHLY;BYDAY=2TU`.";
            Err(CronError::new(at, what, hint))
        }
        _ => {
            let what = format!("`{word}` is no {}", kind.name());
            Err(CronError::new(at, what, kind.range()))
        }
    }
}

fn step_of(step: &str, at: usize, most: u8) -> Result<usize, CronError> {
    let digits = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    match step.parse::<u8>() {
        Ok(step) if digits && (1..=most).contains(&step) => Ok(usize::from(step)),
        _ => {
            let what = format!("`{step}` is no step");
            Err(CronError::new(
                at,
                what,
                format!("A step is 1 to {most}, as in `*/5`."),
            ))
        }
    }
}
