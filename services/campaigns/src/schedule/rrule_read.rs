//! Reading the text of a recurrence rule, such as `FREQ=MONTHLY;BYDAY=2TU;BYHOUR=9`.

use chrono::{NaiveDateTime, Weekday};

use super::rrule::{Freq, RruleError, Rule, Until};
use super::rrule_days::Days;
use super::rrule_except::{date, exceptions, time_of_day};

const EXAMPLE: &str = "Write it like `FREQ=WEEKLY;INTERVAL=2;BYDAY=TU`.";
/// No rule needs more.
const LONGEST: usize = 2_000;
const MOST_COUNTED: u32 = 10_000;
const LONGEST_INTERVAL: u32 = 1_000;

/// One `NAME=VALUE`, with the places where both begin.
struct Part<'t> {
    at: usize,
    name: &'t str,
    value_at: usize,
    value: &'t str,
}

pub fn read(text: &str) -> Result<Rule, RruleError> {
    if text.len() > LONGEST {
        let what = format!("A rule has at most {LONGEST} characters");
        return Err(RruleError::new(LONGEST, what, EXAMPLE));
    }
    let plain = |c: char| c.is_ascii_graphic() || matches!(c, ' ' | '\n' | '\r');
    if let Some(at) = text.chars().position(|c| !plain(c)) {
        return Err(RruleError::new(
            at,
            "This character has no meaning here",
            EXAMPLE,
        ));
    }
    let mut rule = Rule {
        freq: Freq::Daily,
        interval: 1,
        count: None,
        until: None,
        days: Days::default(),
        hours: Vec::new(),
        minutes: Vec::new(),
        positions: Vec::new(),
        week_start: Weekday::Mon,
        except: Vec::new(),
    };
    let (text, others) = text.split_once('\n').unwrap_or((text, ""));
    let mut at = text.len() + 1;
    for line in others.split('\n') {
        rule.except.extend(exceptions(line, at)?);
        at += line.len() + 1;
    }
    let parts = parts(text)?;
    for part in &parts {
        take(&mut rule, part)?;
    }
    agree(&rule, &parts)?;
    Ok(rule)
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, RruleError> {
    let skipped = text.len() - text.trim_start().len();
    let rest = text.trim();
    let (rest, prefix) = match rest.get(..6) {
        Some(prefix) if prefix.eq_ignore_ascii_case("RRULE:") => (rest.get(6..).unwrap_or(""), 6),
        _ => (rest, 0),
    };
    let mut at = skipped + prefix;
    let mut parts: Vec<Part<'_>> = Vec::new();
    for piece in rest.split(';') {
        let Some((name, value)) = piece.split_once('=') else {
            return Err(RruleError::new(at, "A part NAME=VALUE is wanted", EXAMPLE));
        };
        if parts
            .iter()
            .any(|part| part.name.eq_ignore_ascii_case(name))
        {
            let what = format!("{name} is given twice");
            return Err(RruleError::new(
                at,
                what,
                "Give each part once; lists take commas.",
            ));
        }
        let value_at = at + name.len() + 1;
        parts.push(Part {
            at,
            name,
            value_at,
            value,
        });
        at += piece.len() + 1;
    }
    Ok(parts)
}

fn take(rule: &mut Rule, part: &Part<'_>) -> Result<(), RruleError> {
    match part.name.to_ascii_uppercase().as_str() {
        "FREQ" => rule.freq = freq(part)?,
        "INTERVAL" => rule.interval = one(part, 1, LONGEST_INTERVAL)?,
        "COUNT" => rule.count = Some(one(part, 1, MOST_COUNTED)?),
        "UNTIL" => rule.until = Some(until(part)?),
        "WKST" => {
            rule.week_start = weekday(part.value).ok_or_else(|| {
                fault(
                    part,
                    part.value_at,
                    "A week starts on MO, TU, WE, TH, FR, SA or SU.",
                )
            })?;
        }
        "BYMONTH" => rule.days.months = unsigned(part, 1, 12)?,
        "BYMONTHDAY" => rule.days.month_days = signed(part, 31)?,
        "BYYEARDAY" => rule.days.year_days = signed(part, 366)?,
        "BYWEEKNO" => rule.days.weeks = signed(part, 53)?,
        "BYDAY" => rule.days.weekdays = weekdays(part)?,
        "BYHOUR" => rule.hours = unsigned(part, 0, 23)?,
        "BYMINUTE" => rule.minutes = unsigned(part, 0, 59)?,
        "BYSETPOS" => rule.positions = signed(part, 366)?,
        "EXDATE" => {
            let hint = "Write it on a line of its own behind the rule, as in EXDATE:20261224T090000,20261225.";
            return Err(RruleError::new(
                part.at,
                "EXDATE is no part of a rule",
                hint,
            ));
        }
        "DTSTART" | "TZID" | "RDATE" => {
            let hint = "The start and the zone are fields beside the rule.";
            return Err(RruleError::new(
                part.at,
                format!("{} is no part of a rule", part.name),
                hint,
            ));
        }
        "BYSECOND" => {
            let hint = "Taken are FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, \
                        BYMINUTE, BYSETPOS and WKST.";
            return Err(RruleError::new(
                part.at,
                format!("{} is not taken", part.name),
                hint,
            ));
        }
        _ => {
            let what = format!("`{}` is no part of a rule", part.name);
            return Err(RruleError::new(part.at, what, EXAMPLE));
        }
    }
    Ok(())
}

/// What parts demand of each other.
fn agree(rule: &Rule, parts: &[Part<'_>]) -> Result<(), RruleError> {
    let find = |name: &str| {
        parts
            .iter()
            .find(|part| part.name.eq_ignore_ascii_case(name))
    };
    if find("FREQ").is_none() {
        return Err(RruleError::new(0, "FREQ is missing", EXAMPLE));
    }
    if let (Some(_), Some(until)) = (find("COUNT"), find("UNTIL")) {
        let hint = "Say how often or until when, not both.";
        return Err(RruleError::new(
            until.at,
            "COUNT and UNTIL exclude each other",
            hint,
        ));
    }
    let ordinals = rule
        .days
        .weekdays
        .iter()
        .any(|(ordinal, _)| ordinal.is_some());
    if let Some(part) = find("BYDAY").filter(|_| ordinals) {
        if !matches!(rule.freq, Freq::Monthly | Freq::Yearly) {
            let hint = "Count days such as 2TU with FREQ=MONTHLY or FREQ=YEARLY.";
            return Err(RruleError::new(
                part.value_at,
                "A counted day needs a month or a year",
                hint,
            ));
        }
        let in_month = rule.freq == Freq::Monthly || !rule.days.months.is_empty();
        let beyond = |(ordinal, _): &(Option<i32>, Weekday)| ordinal.is_some_and(|n| n.abs() > 5);
        if in_month && rule.days.weekdays.iter().any(beyond) {
            let hint = "A month has a day of the week five times at most.";
            return Err(RruleError::new(part.value_at, "No month has so many", hint));
        }
    }
    if let Some(part) = find("BYWEEKNO") {
        let what = if rule.freq != Freq::Yearly {
            Some("BYWEEKNO needs FREQ=YEARLY")
        } else if rule.days.weekdays.is_empty() {
            // Some readers take the whole week then, others the weekday of the start.
            Some("BYWEEKNO needs BYDAY")
        } else if ordinals {
            Some("BYWEEKNO does not go with counted days")
        } else {
            None
        };
        if let Some(what) = what {
            let hint = "Write it like FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO.";
            return Err(RruleError::new(part.at, what, hint));
        }
    }
    let counts_days = matches!(rule.freq, Freq::Monthly | Freq::Weekly | Freq::Daily);
    if let Some(part) = find("BYYEARDAY").filter(|_| counts_days) {
        let hint = "Use FREQ=YEARLY with it.";
        let what = "BYYEARDAY does not go with this FREQ";
        return Err(RruleError::new(part.at, what, hint));
    }
    if let Some(part) = find("BYMONTHDAY").filter(|_| rule.freq == Freq::Weekly) {
        let hint = "Use FREQ=DAILY or FREQ=MONTHLY with it.";
        return Err(RruleError::new(
            part.at,
            "BYMONTHDAY does not go with FREQ=WEEKLY",
            hint,
        ));
    }
    let other = parts.iter().any(|part| {
        let name = part.name.to_ascii_uppercase();
        name.starts_with("BY") && name != "BYSETPOS"
    });
    if let Some(part) = find("BYSETPOS").filter(|_| !other) {
        let hint = "Say what it chooses from, as in FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1.";
        return Err(RruleError::new(
            part.at,
            "BYSETPOS needs another BY part",
            hint,
        ));
    }
    Ok(())
}

fn fault(part: &Part<'_>, at: usize, hint: impl Into<String>) -> RruleError {
    RruleError::new(at, format!("{} does not take this", part.name), hint)
}

fn freq(part: &Part<'_>) -> Result<Freq, RruleError> {
    Ok(match part.value.to_ascii_uppercase().as_str() {
        "YEARLY" => Freq::Yearly,
        "MONTHLY" => Freq::Monthly,
        "WEEKLY" => Freq::Weekly,
        "DAILY" => Freq::Daily,
        "HOURLY" => Freq::Hourly,
        _ => {
            return Err(fault(
                part,
                part.value_at,
                "It is YEARLY, MONTHLY, WEEKLY, DAILY or HOURLY.",
            ));
        }
    })
}

/// Each value of a list, with where it begins.
fn items<'t>(part: &Part<'t>) -> impl Iterator<Item = (usize, &'t str)> {
    let mut at = part.value_at;
    part.value.split(',').map(move |item| {
        let begins = at;
        at += item.len() + 1;
        (begins, item)
    })
}

fn digits(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn one(part: &Part<'_>, least: u32, most: u32) -> Result<u32, RruleError> {
    digits(part.value)
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| fault(part, part.value_at, format!("It is {least} to {most}.")))
}

fn unsigned(part: &Part<'_>, least: u32, most: u32) -> Result<Vec<u32>, RruleError> {
    let mut numbers = items(part)
        .map(|(at, item)| {
            digits(item)
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| fault(part, at, format!("It is {least} to {most}.")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// A number from 1, or from -1, with or without a plus.
fn ordinal(text: &str, most: i32) -> Option<i32> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = i32::try_from(digits(number)?).ok()?;
    (1..=most).contains(&number).then_some(sign * number)
}

fn signed(part: &Part<'_>, most: i32) -> Result<Vec<i32>, RruleError> {
    items(part)
        .map(|(at, item)| {
            let hint = || format!("It is 1 to {most}, or -1 to -{most} counted from the end.");
            ordinal(item, most).ok_or_else(|| fault(part, at, hint()))
        })
        .collect()
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

fn weekdays(part: &Part<'_>) -> Result<Vec<(Option<i32>, Weekday)>, RruleError> {
    items(part)
        .map(|(at, item)| {
            let cut = item.len().saturating_sub(2);
            let (count, name) = item.split_at(cut);
            let counted = match count {
                "" => Some(None),
                count => ordinal(count, 53).map(Some),
            };
            counted.zip(weekday(name)).ok_or_else(|| {
                fault(
                    part,
                    at,
                    "It is MO, TU, WE, TH, FR, SA or SU, counted as in 2TU or -1FR.",
                )
            })
        })
        .collect()
}

/// `20271231T235900Z`, `20271231T235900` on the local clock, or `20271231` with the whole of that day.
fn until(part: &Part<'_>) -> Result<Until, RruleError> {
    let (text, utc) = match part.value.strip_suffix(['Z', 'z']) {
        Some(text) => (text, true),
        None => (part.value, false),
    };
    let read = match text.split_once(['T', 't']) {
        Some((day, time)) => date(day)
            .zip(time_of_day(time))
            .map(|(day, time)| NaiveDateTime::new(day, time)),
        None if !utc => date(text).and_then(|day| day.and_hms_opt(23, 59, 59)),
        None => None,
    };
    let at = read.ok_or_else(|| {
        fault(
            part,
            part.value_at,
            "Write 20271231T235900Z in UTC, or 20271231 for the whole of that day.",
        )
    })?;
    Ok(if utc {
        Until::Instant(at.and_utc())
    } else {
        Until::Local(at)
    })
}
