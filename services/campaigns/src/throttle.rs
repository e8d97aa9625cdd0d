//! How many people a run may release for the first time: a token bucket in whole numbers.
//!
//! Credit is counted in 3,600,000ths of a person, so a rate per hour adds itself every millisecond and nothing is
//! lost to rounding. The bucket holds one second's worth, or one person where that is more: after a downtime
//! nobody is sent in a burst, and ten a minute are ten a minute.

use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::percent::Percent;

/// The most people a minute.
pub const MOST_PER_MINUTE: u32 = 1_000_000;

/// Limits of how fast a run goes; of two the tighter binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// People a minute, 1 to 1,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Share of the run's recipients an hour, above 0 and at most 100, with two decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub percent_per_hour: Option<Percent>,
}

impl Throttle {
    /// People an hour in a run of `recipients`: at least one, so that every run ends.
    pub fn per_hour(&self, recipients: u64) -> u64 {
        let by_minute = self.per_minute.map(|people| u64::from(people) * 60);
        let by_share = self.percent_per_hour.map(|share| share.of(recipients));
        let tighter = by_minute.into_iter().chain(by_share).min();
        tighter.unwrap_or(u64::MAX).max(1)
    }

    /// What is wrong with it: pointer below the throttle, code, detail.
    pub fn faults(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut faults = Vec::new();
        if self.per_minute.is_none() && self.percent_per_hour.is_none() {
            let detail = "Name per_minute, percent_per_hour, or both.";
            faults.push(("", "field.required", detail));
        }
        if self
            .per_minute
            .is_some_and(|people| !(1..=MOST_PER_MINUTE).contains(&people))
        {
            faults.push((
                "/per_minute",
                "field.range",
                "1 to 1,000,000 people a minute.",
            ));
        }
        if self
            .percent_per_hour
            .is_some_and(|share| share.0 == 0 || share > Percent::ALL)
        {
            faults.push((
                "/percent_per_hour",
                "field.range",
                "Above 0 and at most 100 percent an hour.",
            ));
        }
        faults
    }
}

/// One person, in the bucket's unit.
const PERSON: i64 = 3_600_000;

/// What a run has saved up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// In 3,600,000ths of a person; never negative.
    pub credit: i64,
    pub at: UnixMillis,
}

impl Bucket {
    /// The first person may go at once.
    pub const fn new(now: UnixMillis) -> Self {
        Self {
            credit: PERSON,
            at: now,
        }
    }

    /// With what has come in since. A clock that goes back brings nothing and takes nothing.
    pub fn refilled(self, per_hour: u64, now: UnixMillis) -> Self {
        let rate = i64::try_from(per_hour).unwrap_or(i64::MAX);
        let elapsed = now.0.saturating_sub(self.at.0).max(0);
        // A second's worth, and less than one person more: whoever looks a little late loses nothing of the rate.
        let most = rate.saturating_mul(1_000).saturating_add(PERSON - 1);
        let credit = self.credit.saturating_add(rate.saturating_mul(elapsed));
        Self {
            credit: credit.min(most),
            at: self.at.max(now),
        }
    }

    /// How many of `wanted` people may go now. A fast throttle lets them go a quarter of a second's worth at a time,
    /// so that not everybody travels alone.
    pub fn allows(self, per_hour: u64, wanted: u64) -> u64 {
        let people = u64::try_from(self.credit / PERSON).unwrap_or(0);
        let portion = (per_hour / 3_600 / 4).max(1);
        if people >= portion.min(wanted) {
            people.min(wanted)
        } else {
            0
        }
    }

    /// After `people` have gone.
    pub fn without(self, people: u64) -> Self {
        let spent = i64::try_from(people)
            .unwrap_or(i64::MAX)
            .saturating_mul(PERSON);
        Self {
            credit: self.credit.saturating_sub(spent).max(0),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn per_minute(people: u32) -> Throttle {
        Throttle {
            per_minute: Some(people),
            percent_per_hour: None,
        }
    }

    /// When people go, if the bucket is asked after each of these waits.
    fn releases(per_hour: u64, waits: &[i64]) -> Vec<(i64, u64)> {
        let (mut bucket, mut now) = (Bucket::new(UnixMillis(0)), 0);
        let mut went = Vec::new();
        for wait in waits {
            now += wait;
            bucket = bucket.refilled(per_hour, UnixMillis(now));
            let people = bucket.allows(per_hour, u64::MAX);
            bucket = bucket.without(people);
            went.push((now, people));
        }
        went
    }

    fn most_in_a_minute(went: &[(i64, u64)]) -> u64 {
        let within = |from: i64| {
            went.iter()
                .filter(move |(at, _)| (from..from + 60_000).contains(at))
        };
        let minutes = went
            .iter()
            .map(|(from, _)| within(*from).map(|(_, people)| people).sum());
        minutes.max().unwrap_or(0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_minute_has_more_than_the_throttle_and_a_second_or_one_person(
            people in 1u32..20_000,
            waits in prop::collection::vec(prop_oneof![0i64..400, 400i64..900, 900i64..90_000], 1..600),
        ) {
            let went = releases(per_minute(people).per_hour(0), &waits);
            let burst = u64::from(people.div_ceil(60)).max(1);
            prop_assert!(most_in_a_minute(&went) <= u64::from(people) + burst);
        }

        #[test]
        fn an_hour_that_is_looked_at_often_enough_has_what_it_should(
            people in 2u32..20_000,
            waits in prop::collection::vec(1i64..500, 14_000..15_000),
        ) {
            let per_hour = per_minute(people).per_hour(0);
            let went = releases(per_hour, &waits);
            let lasted: i64 = waits.iter().sum();
            let hours: u64 = went.iter().map(|(_, people)| people).sum();
            let wanted = i128::from(per_hour) * i128::from(lasted) / 3_600_000;
            let off = (i128::from(hours) - wanted).abs();
            // One person is more than a hundredth of what a slow throttle lets go.
            prop_assert!(off * 100 <= wanted.max(100), "{hours} of {wanted}");
        }
    }

    #[test]
    fn the_tighter_of_two_limits_binds() {
        let both = Throttle {
            per_minute: Some(10),
            percent_per_hour: Some(Percent(1_000)),
        };
        assert_eq!((both.per_hour(1_000), both.per_hour(100_000)), (100, 600));
        let share = Throttle {
            per_minute: None,
            percent_per_hour: Some(Percent(1)),
        };
        assert_eq!((share.per_hour(10), share.per_hour(0)), (1, 1));
    }

    #[test]
    fn a_long_pause_saves_up_one_second_and_no_more() {
        let per_hour = per_minute(6_000).per_hour(0);
        let bucket = Bucket::new(UnixMillis(0)).refilled(per_hour, UnixMillis(3_600_000));
        assert_eq!(bucket.allows(per_hour, u64::MAX), 100);
        let back = bucket.refilled(per_hour, UnixMillis(0));
        assert_eq!(back, bucket);
    }

    #[test]
    fn people_of_a_fast_throttle_travel_together_and_the_last_ones_are_not_kept() {
        let per_hour = per_minute(6_000).per_hour(0);
        let bucket = Bucket::new(UnixMillis(0)).refilled(per_hour, UnixMillis(100));
        assert_eq!(bucket.allows(per_hour, u64::MAX), 0);
        assert_eq!(bucket.allows(per_hour, 5), 5);
    }

    #[test]
    fn a_throttle_of_nothing_is_refused() {
        let codes = |throttle: Throttle| {
            let faults = throttle.faults().into_iter();
            faults.map(|(_, code, _)| code).collect::<Vec<_>>()
        };
        assert_eq!(codes(per_minute(0)), ["field.range"]);
        assert_eq!(codes(per_minute(1_000_001)), ["field.range"]);
        assert!(codes(per_minute(3_000)).is_empty());
        let none = Throttle {
            per_minute: None,
            percent_per_hour: None,
        };
        assert_eq!(codes(none), ["field.required"]);
    }
}
