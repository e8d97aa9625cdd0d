//! What a tenant told us of a person that the law asks about. Kept beside the standing, not in the ledger:
//! these are facts that change, not what the person said.

use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::law::Region;
use crate::places::Whereabouts;

/// First byte of the column; a change of shape takes the next.
const VERSION: u8 = 1;

/// The answer of the reassigned numbers database (47 CFR 64.1200(m)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reassignment {
    /// Disconnected since the date asked about.
    Yes,
    No,
    NoData,
}

/// Facts of one person; every one may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonFacts {
    /// Five digits.
    pub zip: Option<u32>,
    /// State or country of the address.
    pub region: Option<String>,
    /// IANA name.
    pub zone: Option<String>,
    pub born: Option<NaiveDate>,
    pub purchased_on: Option<NaiveDate>,
    pub inquired_on: Option<NaiveDate>,
    /// The answer, and the day it was given.
    pub reassignment: Option<(Reassignment, NaiveDate)>,
}

impl PersonFacts {
    pub fn decode(column: Option<&[u8]>) -> Self {
        column
            .and_then(|bytes| bytes.split_first())
            .filter(|(version, _)| **version == VERSION)
            .and_then(|(_, body)| postcard::from_bytes(body).ok())
            .unwrap_or_default()
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_stdvec(self).unwrap_or_default());
        bytes
    }

    /// Where they are; `contact_zone` is the zone on the contact and wins over an older one here.
    pub fn whereabouts(&self, contact_zone: Option<Tz>) -> Whereabouts {
        let own = || {
            self.zone
                .as_deref()
                .and_then(|name| Tz::from_str(name).ok())
        };
        Whereabouts {
            zone: contact_zone.or_else(own),
            zip: self.zip,
            region: self.region.as_deref().and_then(Region::parse),
        }
    }

    /// Full years on `day`.
    pub fn age_on(&self, day: NaiveDate) -> Option<u8> {
        let born = self.born?;
        let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
        let years = day.year() - born.year() - i32::from(!had_birthday);
        u8::try_from(years).ok()
    }

    /// A purchase or an inquiry recent enough (47 CFR 64.1200(f)(5)).
    pub fn has_relationship(&self, day: NaiveDate, (purchase, inquiry): (u32, u32)) -> bool {
        let within = |at: Option<NaiveDate>, months: u32| {
            at.is_some_and(|at| {
                at <= day
                    && at
                        .checked_add_months(Months::new(months))
                        .is_some_and(|until| day <= until)
            })
        };
        within(self.purchased_on, purchase) || within(self.inquired_on, inquiry)
    }

    /// The number changed hands, and whether the check is older than `max_days` or was never made.
    pub fn reassignment_on(&self, now: DateTime<Utc>, max_days: Option<u16>) -> (bool, bool) {
        let changed = matches!(self.reassignment, Some((Reassignment::Yes, _)));
        let stale = max_days.is_some_and(|days| {
            self.reassignment
                .is_none_or(|(_, on)| (now.date_naive() - on).num_days() > i64::from(days))
        });
        (changed, stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn ages_count_full_years() {
        let person = PersonFacts {
            born: Some(day("2008-12-02")),
            ..PersonFacts::default()
        };
        assert_eq!(
            (
                person.age_on(day("2026-12-01")),
                person.age_on(day("2026-12-02"))
            ),
            (Some(17), Some(18))
        );
        assert_eq!(PersonFacts::default().age_on(day("2026-12-01")), None);
    }

    #[test]
    fn a_relationship_ends_after_eighteen_and_three_months() {
        let bought = PersonFacts {
            purchased_on: Some(day("2025-01-15")),
            ..PersonFacts::default()
        };
        assert!(bought.has_relationship(day("2026-07-15"), (18, 3)));
        assert!(!bought.has_relationship(day("2026-07-16"), (18, 3)));
        let asked = PersonFacts {
            inquired_on: Some(day("2026-01-15")),
            ..PersonFacts::default()
        };
        assert!(asked.has_relationship(day("2026-04-15"), (18, 3)));
        assert!(!asked.has_relationship(day("2026-04-16"), (18, 3)));
    }

    #[test]
    fn a_check_for_reassignment_grows_old() {
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let checked = |on| PersonFacts {
            reassignment: Some((Reassignment::No, day(on))),
            ..PersonFacts::default()
        };
        assert_eq!(
            checked("2026-11-01").reassignment_on(now, Some(30)),
            (false, false)
        );
        assert_eq!(
            checked("2026-10-31").reassignment_on(now, Some(30)),
            (false, true)
        );
        assert_eq!(
            PersonFacts::default().reassignment_on(now, Some(30)),
            (false, true)
        );
        assert_eq!(
            PersonFacts::default().reassignment_on(now, None),
            (false, false)
        );
    }

    #[test]
    fn the_column_reads_back() {
        let person = PersonFacts {
            zip: Some(32_501),
            zone: Some("America/Chicago".to_string()),
            ..PersonFacts::default()
        };
        assert_eq!(PersonFacts::decode(Some(&person.encode())), person);
        assert_eq!(PersonFacts::decode(None), PersonFacts::default());
    }
}
