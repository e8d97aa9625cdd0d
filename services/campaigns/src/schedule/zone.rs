//! IANA zones: their names, and what a local time is as an instant.

use chrono::{DateTime, Duration, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

/// The release of the IANA zone data that is compiled in, such as `2025b`. Noted with everything that was
/// computed from it: an instant computed by other rules may be another one.
pub const DATA_VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

/// The public code of [`UnknownZone`].
pub const UNKNOWN: &str = "timezone.unknown";

/// A name that is no zone, and the zone that was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone {
    pub given: String,
    pub suggestion: Option<&'static str>,
}

impl std::fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given: String = self.given.chars().take(64).collect();
        match self.suggestion {
            Some(name) => write!(
                f,
                "`{given}` is not the IANA name of a time zone; did you mean `{name}`?"
            ),
            None => write!(
                f,
                "`{given}` is not the IANA name of a time zone, such as `America/New_York` or `UTC`."
            ),
        }
    }
}

impl std::error::Error for UnknownZone {}

/// Letters people use for a clock. Some are names in the IANA data too, but stand there for one offset all
/// year, which is not what somebody in New York means by EST.
const LETTERS: &[(&str, &str)] = &[
    ("ACDT", "Australia/Adelaide"),
    ("ACST", "Australia/Adelaide"),
    ("ADT", "America/Halifax"),
    ("AEDT", "Australia/Sydney"),
    ("AEST", "Australia/Sydney"),
    ("AKDT", "America/Anchorage"),
    ("AKST", "America/Anchorage"),
    ("AST", "America/Halifax"),
    ("AWST", "Australia/Perth"),
    ("BRT", "America/Sao_Paulo"),
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CENTRAL", "America/Chicago"),
    ("CEST", "Europe/Berlin"),
    ("CET", "Europe/Berlin"),
    ("CST", "America/Chicago"),
    ("CST6CDT", "America/Chicago"),
    ("CT", "America/Chicago"),
    ("EASTERN", "America/New_York"),
    ("EDT", "America/New_York"),
    ("EEST", "Europe/Athens"),
    ("EET", "Europe/Athens"),
    ("EST", "America/New_York"),
    ("EST5EDT", "America/New_York"),
    ("ET", "America/New_York"),
    ("HKT", "Asia/Hong_Kong"),
    ("HST", "Pacific/Honolulu"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("KST", "Asia/Seoul"),
    ("MDT", "America/Denver"),
    ("MET", "Europe/Berlin"),
    ("MEZ", "Europe/Berlin"),
    ("MOUNTAIN", "America/Denver"),
    ("MSK", "Europe/Moscow"),
    ("MST", "America/Denver"),
    ("MST7MDT", "America/Denver"),
    ("MT", "America/Denver"),
    ("NDT", "America/St_Johns"),
    ("NST", "America/St_Johns"),
    ("NZDT", "Pacific/Auckland"),
    ("NZST", "Pacific/Auckland"),
    ("PACIFIC", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
    ("PST8PDT", "America/Los_Angeles"),
    ("PT", "America/Los_Angeles"),
    ("SAST", "Africa/Johannesburg"),
    ("SGT", "Asia/Singapore"),
    ("WEST", "Europe/Lisbon"),
    ("WET", "Europe/Lisbon"),
    ("Z", "UTC"),
];

/// Reads the IANA name of a zone, letter case included.
pub fn parse(name: &str) -> Result<Tz, UnknownZone> {
    let refused = |suggestion| UnknownZone {
        given: name.to_string(),
        suggestion,
    };
    let letters = name.trim().to_ascii_uppercase();
    if let Ok(at) = LETTERS.binary_search_by_key(&letters.as_str(), |(letters, _)| letters) {
        return Err(refused(LETTERS.get(at).map(|(_, zone)| *zone)));
    }
    name.parse::<Tz>().map_err(|_| refused(nearest(name)))
}

/// The zone whose name differs least: by letter case and blanks, by its region, or by a slip of two letters.
fn nearest(name: &str) -> Option<&'static str> {
    // A longer one is no slip of the hand, and would cost time to compare.
    if name.len() > 40 {
        return None;
    }
    let plain = |text: &str| text.trim().replace([' ', '-'], "_").to_ascii_lowercase();
    let given = plain(name);
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let same = || names().find(|name| plain(name) == given);
    let city = || names().find(|name| plain(name).rsplit('/').next() == Some(&given));
    let slip = || {
        names()
            .map(|name| (distance(&plain(name), &given), name))
            .filter(|(distance, name)| *distance <= 2 && name.len() > 4)
            .min()
            .map(|(_, name)| name)
    };
    same().or_else(city).or_else(slip)
}

/// How many letters must be changed, added or dropped to come from one to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (to, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let cost = corner + usize::from(from != *to);
            corner = *above;
            left = cost.min(left + 1).min(*above + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// A local time as an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    pub at: DateTime<Utc>,
    pub fit: Fit,
}

/// How often the clocks of a zone show a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Once,
    /// They skip it. `instead` is what they show at the instant that was taken: as long after the gap's end as the
    /// time asked for lies after its start.
    Never {
        instead: NaiveDateTime,
    },
    /// They show it twice, because they were turned back. The first was taken.
    Twice {
        second: DateTime<Utc>,
    },
}

/// The instant of a local time: in a gap moved forward by the gap's length, in a fold the earlier of the two.
pub fn resolve(local: NaiveDateTime, zone: Tz) -> Resolved {
    use chrono::offset::LocalResult::{Ambiguous, None, Single};
    match zone.offset_from_local_datetime(&local) {
        Single(offset) => Resolved {
            at: utc(local, seconds(&offset)),
            fit: Fit::Once,
        },
        Ambiguous(one, other) => {
            let (one, other) = (utc(local, seconds(&one)), utc(local, seconds(&other)));
            Resolved {
                at: one.min(other),
                fit: Fit::Twice {
                    second: one.max(other),
                },
            }
        }
        None => {
            let at = utc(local, before_the_gap(local, zone));
            Resolved {
                at,
                fit: Fit::Never {
                    instead: self::local(at, zone),
                },
            }
        }
    }
}

/// The instant of a local time, see [`resolve`].
pub fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    resolve(local, zone).at
}

/// What the clocks of a zone show at an instant.
pub fn local(at: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    let off = Duration::seconds(i64::from(offset(at, zone)));
    at.naive_utc()
        .checked_add_signed(off)
        .unwrap_or(at.naive_utc())
}

/// Seconds by which the clocks of a zone are ahead of UTC at an instant.
pub fn offset(at: DateTime<Utc>, zone: Tz) -> i32 {
    seconds(&zone.offset_from_utc_datetime(&at.naive_utc()))
}

/// The first instant after `from` and not after `to` at which the zone's offset is a new one.
pub fn first_change(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let step = Duration::days(1);
    let here = offset(from, zone);
    let mut low = from;
    while low < to {
        let high = low.checked_add_signed(step).map_or(to, |next| next.min(to));
        if offset(high, zone) != here {
            return Some(change_within(zone, here, low, high));
        }
        low = high;
    }
    None
}

/// The last instant after `from` and not after `to` at which the zone's offset became what it is at `to`.
pub fn last_change(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let step = Duration::days(1);
    let here = offset(to, zone);
    let mut high = to;
    while high > from {
        let low = high
            .checked_sub_signed(step)
            .map_or(from, |past| past.max(from));
        let there = offset(low, zone);
        if there != here {
            return Some(change_within(zone, there, low, high));
        }
        high = low;
    }
    None
}

/// Halves the span until it is one second: `before` holds at `low` and no longer at `high`.
fn change_within(zone: Tz, before: i32, low: DateTime<Utc>, high: DateTime<Utc>) -> DateTime<Utc> {
    // Changes fall on whole seconds.
    let (mut low, mut high) = (low.timestamp(), high.timestamp());
    while high - low > 1 {
        let middle = i64::midpoint(low, high);
        match DateTime::from_timestamp(middle, 0) {
            Some(at) if offset(at, zone) == before => low = middle,
            _ => high = middle,
        }
    }
    DateTime::from_timestamp(high, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn seconds(offset: &impl Offset) -> i32 {
    offset.fix().local_minus_utc()
}

fn utc(local: NaiveDateTime, offset: i32) -> DateTime<Utc> {
    local
        .checked_sub_signed(Duration::seconds(i64::from(offset)))
        .unwrap_or(local)
        .and_utc()
}

/// The offset in force just before the gap in which this local time lies.
fn before_the_gap(local: NaiveDateTime, zone: Tz) -> i32 {
    // The longest gap on record skipped a whole day.
    (1..=26 * 4)
        .filter_map(|quarters| local.checked_sub_signed(Duration::minutes(15 * quarters)))
        .find_map(|earlier| zone.offset_from_local_datetime(&earlier).latest())
        .map_or(0, |offset| seconds(&offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    const NEW_YORK: Tz = chrono_tz::America::New_York;

    #[test]
    fn letters_are_in_order_and_lead_to_zones() {
        assert!(LETTERS.is_sorted_by_key(|(letters, _)| letters));
        for (letters, zone) in LETTERS {
            assert!(parse(zone).is_ok());
            assert_eq!(parse(letters).unwrap_err().suggestion, Some(*zone));
        }
    }

    #[test]
    fn every_other_iana_name_is_read() {
        for zone in chrono_tz::TZ_VARIANTS {
            let refused = LETTERS.iter().any(|(letters, _)| *letters == zone.name());
            assert_eq!(parse(zone.name()).is_err(), refused, "{zone}");
        }
    }

    #[test]
    fn a_slip_gets_the_zone_that_was_meant() {
        for (given, meant) in [
            ("america/new_york", Some("America/New_York")),
            ("America/New York", Some("America/New_York")),
            ("Chicago", Some("America/Chicago")),
            ("Europe/Berln", Some("Europe/Berlin")),
            ("est", Some("America/New_York")),
            ("Mars/Base", None),
            ("", None),
            ("+02:00", None),
        ] {
            assert_eq!(parse(given).unwrap_err().suggestion, meant, "{given}");
        }
        let long = parse(&"x".repeat(100_000)).unwrap_err();
        assert!(long.to_string().len() < 200);
    }

    #[test]
    fn a_time_in_the_gap_moves_forward_by_the_gap() {
        let resolved = resolve(at("2027-03-14T02:30:00"), NEW_YORK);
        assert_eq!(resolved.at.to_rfc3339(), "2027-03-14T07:30:00+00:00");
        let instead = at("2027-03-14T03:30:00");
        assert_eq!(resolved.fit, Fit::Never { instead });
    }

    #[test]
    fn a_time_shown_twice_means_the_first() {
        let resolved = resolve(at("2026-11-01T01:30:00"), NEW_YORK);
        assert_eq!(resolved.at.to_rfc3339(), "2026-11-01T05:30:00+00:00");
        let second = resolved.at + Duration::hours(1);
        assert_eq!(resolved.fit, Fit::Twice { second });
    }

    #[test]
    fn a_whole_day_that_was_skipped_is_a_gap_too() {
        // Samoa had no 30 December 2011.
        let resolved = resolve(at("2011-12-30T12:00:00"), chrono_tz::Pacific::Apia);
        let instead = at("2011-12-31T12:00:00");
        assert_eq!(resolved.fit, Fit::Never { instead });
    }

    #[test]
    fn changes_are_found_from_both_sides() {
        let (from, to) = (
            at("2027-01-01T00:00:00").and_utc(),
            at("2028-01-01T00:00:00").and_utc(),
        );
        let spring = at("2027-03-14T07:00:00").and_utc();
        let autumn = at("2027-11-07T06:00:00").and_utc();
        assert_eq!(first_change(NEW_YORK, from, to), Some(spring));
        assert_eq!(last_change(NEW_YORK, from, to), Some(autumn));
        assert_eq!(first_change(NEW_YORK, from, spring), Some(spring));
        assert_eq!(
            first_change(NEW_YORK, spring, autumn - Duration::seconds(1)),
            None
        );
        assert_eq!(
            last_change(NEW_YORK, spring, autumn - Duration::seconds(1)),
            None
        );
        assert_eq!(first_change(chrono_tz::UTC, from, to), None);
    }
}
