//! How long a campaign or a text may keep trying: `"PT36H"`, `"P2D"`, or a number of hours.

use std::time::Duration;

/// The shortest and longest validity, in hours: commands live 72 hours on the bus, held positions wait in the database.
pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
pub const SHORTEST: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidityError {
    #[error(
        "not an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT36H or P2D"
    )]
    Malformed,
    #[error("must be between one minute and 30 days")]
    OutOfRange,
}

/// Reads an ISO 8601 duration without years and months (whose length depends on the calendar).
pub fn parse(text: &str) -> Result<Duration, ValidityError> {
    let mut rest = text
        .trim()
        .strip_prefix('P')
        .ok_or(ValidityError::Malformed)?;
    let mut seconds = 0u64;
    let mut in_time = false;
    let mut parts = 0;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            if in_time || after.is_empty() {
                return Err(ValidityError::Malformed);
            }
            in_time = true;
            rest = after;
            continue;
        }
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or(ValidityError::Malformed)?;
        let (number, tail) = rest.split_at(digits);
        let amount: u64 = number.parse().map_err(|_| ValidityError::Malformed)?;
        let mut tail_chars = tail.chars();
        let unit = match (tail_chars.next(), in_time) {
            (Some('W'), false) => 7 * 86_400,
            (Some('D'), false) => 86_400,
            (Some('H'), true) => 3_600,
            (Some('M'), true) => 60,
            (Some('S'), true) => 1,
            _ => return Err(ValidityError::Malformed),
        };
        seconds = amount
            .checked_mul(unit)
            .and_then(|s| s.checked_add(seconds))
            .ok_or(ValidityError::OutOfRange)?;
        parts += 1;
        rest = tail_chars.as_str();
    }
    if parts == 0 {
        return Err(ValidityError::Malformed);
    }
    checked(Duration::from_secs(seconds))
}

/// A number of hours, fractions allowed.
pub fn hours(hours: f64) -> Result<Duration, ValidityError> {
    checked(Duration::try_from_secs_f64(hours * 3600.0).map_err(|_| ValidityError::OutOfRange)?)
}

fn checked(validity: Duration) -> Result<Duration, ValidityError> {
    if (SHORTEST..=LONGEST).contains(&validity) {
        Ok(validity)
    } else {
        Err(ValidityError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read() {
        assert_eq!(parse("PT36H"), Ok(Duration::from_secs(36 * 3600)));
        assert_eq!(
            parse("P1DT2H30M5S"),
            Ok(Duration::from_secs(86_400 + 2 * 3600 + 30 * 60 + 5))
        );
        assert_eq!(parse("P1W"), Ok(Duration::from_secs(7 * 86_400)));
        assert_eq!(hours(1.5), Ok(Duration::from_secs(5_400)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "", "P", "PT", "36H", "P1H", "PT1D", "P1M", "PTT1H", "PT-1H", "P1.5D",
        ] {
            assert_eq!(parse(text), Err(ValidityError::Malformed), "{text}");
        }
        assert_eq!(parse("PT1S"), Err(ValidityError::OutOfRange));
        assert_eq!(parse("P99999999999999W"), Err(ValidityError::OutOfRange));
        assert_eq!(hours(f64::NAN), Err(ValidityError::OutOfRange));
        assert_eq!(hours(-1.0), Err(ValidityError::OutOfRange));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,24}") {
            let _ = parse(&text);
        }
    }
}
