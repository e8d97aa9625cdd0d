//! Slots that are left out of a recurrence (RFC 5545, 3.8.5.1).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::rrule::RruleError;

/// A slot that is left out, or all of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Except {
    At(NaiveDateTime),
    Day(NaiveDate),
}

impl Except {
    pub fn is(self, slot: NaiveDateTime) -> bool {
        match self {
            Self::At(at) => at == slot,
            Self::Day(day) => day == slot.date(),
        }
    }
}

/// A line of slots that are left out, on the clock of the rule: `EXDATE:20261224T090000,20261225`.
pub fn exceptions(line: &str, begins: usize) -> Result<Vec<Except>, RruleError> {
    let hint = "Write EXDATE:20261224T090000 on the clock of the rule, or EXDATE:20261225 for all of that day.";
    let text = line.trim_end();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let Some((name, values)) = text.split_once(':') else {
        return Err(RruleError::new(begins, "A line of EXDATE is wanted", hint));
    };
    let named = ["EXDATE", "EXDATE;VALUE=DATE", "EXDATE;VALUE=DATE-TIME"];
    if !named.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        let what = "Only lines of EXDATE, without a zone, stand behind a rule";
        return Err(RruleError::new(begins, what, hint));
    }
    let mut at = begins + name.len() + 1;
    let mut except = Vec::new();
    for value in values.split(',') {
        let read = match value.split_once(['T', 't']) {
            Some((day, time)) => date(day)
                .zip(time_of_day(time))
                .map(|(day, time)| Except::At(NaiveDateTime::new(day, time))),
            None => date(value).map(Except::Day),
        };
        except.push(read.ok_or_else(|| RruleError::new(at, "This is no date", hint))?);
        at += value.len() + 1;
    }
    Ok(except)
}

/// `20271231`
pub fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y%m%d")
        .ok()
        .filter(|_| text.len() == 8)
}

/// `235900`
pub fn time_of_day(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H%M%S")
        .ok()
        .filter(|_| text.len() == 6)
}
