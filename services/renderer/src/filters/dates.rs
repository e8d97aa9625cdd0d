//! Dates and times of day in the recipient's zone and the text's language.

use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use chrono_tz::Tz;

use super::FilterError;
use crate::locale::Words;

/// A day, and a time of that day where the value names one.
struct Moment {
    day: NaiveDate,
    time: Option<chrono::NaiveTime>,
}

/// `form` is `short` (14.03.2026), `long` (14. März 2026), `full` (Samstag, 14. März 2026), `weekday`
/// (Samstag), `month` (März), or a pattern such as `%A %-d. %B`.
pub fn date(value: &str, form: &str, zone: Tz, words: &Words) -> Result<String, FilterError> {
    let moment = read(value, zone)?;
    let full;
    let pattern = match form {
        "short" => words.short_date.as_str(),
        "long" => words.long_date,
        "full" => {
            full = full_date(words);
            &full
        }
        "weekday" => "%A",
        "month" => "%B",
        pattern if pattern.contains('%') => pattern,
        _ => {
            return Err(FilterError::Usage(
                "date takes 'short', 'long', 'full', 'weekday', 'month' or a pattern such as '%-d %B'"
                    .into(),
            ));
        }
    };
    write_out(&moment, pattern, words)
}

/// The time of day: `2:30 PM` or `14:30`, as the language has it.
pub fn time(value: &str, zone: Tz, words: &Words) -> Result<String, FilterError> {
    write_out(&read(value, zone)?, words.time, words)
}

fn full_date(words: &Words) -> String {
    let long = words.long_date;
    match crate::language::base(&words.language) {
        "ja" | "zh" | "ko" | "hu" => format!("{long} %A"),
        "es" | "de" | "pt" | "en" => format!("%A, {long}"),
        _ => format!("%A {long}"),
    }
}

/// A day (`2026-03-14`), an instant (`2026-03-14T14:30:00Z`, shown in `zone`) or a time on somebody's own
/// clock (`2026-03-14T14:30`, `2026-03-14 14:30`, shown as it is).
fn read(value: &str, zone: Tz) -> Result<Moment, FilterError> {
    let value = value.trim();
    if let Ok(day) = value.parse::<NaiveDate>() {
        return Ok(Moment { day, time: None });
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(value) {
        let local = instant.with_timezone(&zone).naive_local();
        return Ok(Moment {
            day: local.date(),
            time: Some(local.time()),
        });
    }
    let forms = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    let local = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(value, form).ok());
    local
        .map(|local| Moment {
            day: local.date(),
            time: Some(local.time()),
        })
        .ok_or_else(|| {
            FilterError::Value(
                "the value is no date: 2026-03-14, 2026-03-14T14:30 or 2026-03-14T14:30:00Z is"
                    .into(),
            )
        })
}

fn write_out(moment: &Moment, pattern: &str, words: &Words) -> Result<String, FilterError> {
    let mut text = String::with_capacity(24);
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let next = rest.next();
        let (bare, letter) = match next {
            Some('-') => (true, rest.next()),
            other => (false, other),
        };
        place(&mut text, moment, words, bare, letter.unwrap_or(' '))?;
    }
    Ok(text)
}

fn place(
    text: &mut String,
    moment: &Moment,
    words: &Words,
    bare: bool,
    letter: char,
) -> Result<(), FilterError> {
    let day = moment.day;
    let clock = || {
        moment
            .time
            .ok_or_else(|| FilterError::Value("the value has no time of day".into()))
    };
    let named = |names: &[&str], at: u32| {
        let name = usize::try_from(at)
            .ok()
            .and_then(|at| names.get(at).copied());
        name.unwrap_or_default().to_string()
    };
    let number = |value: u32| match bare {
        true => value.to_string(),
        false => format!("{value:02}"),
    };
    let weekday = day.weekday().num_days_from_sunday();
    let written = match letter {
        'Y' => day.year().to_string(),
        'y' => format!("{:02}", day.year().rem_euclid(100)),
        'm' => number(day.month()),
        'd' => number(day.day()),
        'e' => day.day().to_string(),
        'B' => named(words.months, day.month0()),
        'b' => named(words.months_short, day.month0()),
        'A' => named(words.days, weekday),
        'a' => named(words.days_short, weekday),
        'H' => number(clock()?.hour()),
        'I' => number(clock()?.hour12().1),
        'M' => number(clock()?.minute()),
        'p' => words.halves[usize::from(clock()?.hour12().0)].to_string(),
        '%' => "%".to_string(),
        other => {
            return Err(FilterError::Usage(format!(
                "%{other} is not available in a date; these are: %Y %m %d %-d %B %b %A %a %H %I %M %p"
            )));
        }
    };
    // Writing to a String cannot fail.
    let _written = text.write_str(&written);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(value: &str, form: &str, language: &str) -> String {
        date(value, form, Tz::UTC, &Words::of(language)).unwrap()
    }

    #[test]
    fn dates_are_written_as_their_language_does() {
        for (language, form, wanted) in [
            ("en", "long", "March 14, 2026"),
            ("en-GB", "long", "14 March 2026"),
            ("en", "short", "03/14/2026"),
            ("en-GB", "short", "14/03/2026"),
            ("de", "full", "Samstag, 14. März 2026"),
            ("es", "long", "14 de marzo de 2026"),
            ("pl", "long", "14 marca 2026"),
            ("cs", "long", "14. března 2026"),
            ("ja", "long", "2026年3月14日"),
            ("fr", "full", "samedi 14 mars 2026"),
            ("nb", "short", "14.03.2026"),
            ("ru", "weekday", "суббота"),
            ("it", "%a %-d %b", "sab 14 mar"),
            ("tlh", "long", "2026-03-14"),
        ] {
            let written = on("2026-03-14", form, language);
            assert_eq!(
                written.to_lowercase(),
                wanted.to_lowercase(),
                "{language} {form}"
            );
        }
    }

    #[test]
    fn an_instant_is_shown_in_the_zone_and_a_local_time_as_it_is() {
        let (zone, words) = (Tz::America__New_York, Words::of("en"));
        let at = |value| {
            let day = date(value, "long", zone, &words).unwrap();
            (day, time(value, zone, &words).unwrap())
        };
        let evening = ("March 13, 2026".to_string(), "10:30 PM".to_string());
        assert_eq!(at("2026-03-14T02:30:00Z"), evening);
        assert_eq!(at("2026-03-13T22:30"), evening);
        assert_eq!(at("2026-03-13 22:30:00"), evening);
        let german = time("2026-03-14T02:30:00Z", Tz::Europe__Berlin, &Words::of("de"));
        assert_eq!(german.unwrap(), "03:30");
    }

    #[test]
    fn what_is_no_date_is_the_values_fault_and_a_bad_form_the_templates() {
        let words = Words::of("en");
        let fault = |value, form| date(value, form, Tz::UTC, &words).unwrap_err();
        assert!(matches!(fault("14.03.2026", "long"), FilterError::Value(_)));
        assert!(matches!(
            fault("2026-03-14", "%H:%M"),
            FilterError::Value(_)
        ));
        assert!(matches!(
            fault("2026-03-14", "longish"),
            FilterError::Usage(_)
        ));
        assert!(matches!(fault("2026-03-14", "%Q"), FilterError::Usage(_)));
    }
}
