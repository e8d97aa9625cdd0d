//! How many people a run may release for the first time, by its throttle and by its envelope.

use contract::{RunId, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::envelope::{Bound, Envelope, Phase};
use crate::throttle::{Bucket, Throttle};

/// What a campaign says about its pace. Every run of it begins with this.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Envelope>,
}

/// Pointer, code and detail of a fault.
pub type Fault = (String, &'static str, String);

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.throttle.is_none() && self.envelope.is_none()
    }

    /// All that is wrong with it in a campaign that may keep trying for `valid_for_ms`.
    pub fn faults(&self, valid_for_ms: i64) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (pointer, code, detail) in self.throttle.iter().flat_map(Throttle::faults) {
            faults.push((format!("/throttle{pointer}"), code, detail.to_string()));
        }
        if let Some(envelope) = &self.envelope {
            for (pointer, code, detail) in envelope.faults(valid_for_ms) {
                faults.push((format!("/envelope{pointer}"), code, detail.to_string()));
            }
        }
        faults
    }
}

/// Where the pace of a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    pub run: RunId,
    pub tenant: TenantId,
    pub started_at: UnixMillis,
    pub throttle: Option<Throttle>,
    pub bucket: Bucket,
    /// People released for the first time.
    pub released: u64,
    /// No chunk before this one has anybody left who was never released.
    pub frontier: u32,
    pub envelope: Option<Envelope>,
    pub phase: Phase,
    /// When the last of the canary was released.
    pub canary_done_at: Option<UnixMillis>,
    /// Bounds that a human has set aside.
    pub waived: Vec<Bound>,
}

impl Pace {
    pub fn new(run: RunId, tenant: TenantId, plan: &Plan, now: UnixMillis) -> Self {
        Self {
            run,
            tenant,
            started_at: now,
            throttle: plan.throttle,
            bucket: Bucket::new(now),
            released: 0,
            frontier: 0,
            phase: if plan.envelope.is_some() {
                Phase::Canary
            } else {
                Phase::Wide
            },
            envelope: plan.envelope.clone(),
            canary_done_at: None,
            waived: Vec::new(),
        }
    }

    /// People of the canary in a run of `recipients`; `None` where there is no canary (any more).
    pub fn canary(&self, recipients: u64) -> Option<u64> {
        let envelope = self.envelope.as_ref()?;
        (self.phase == Phase::Canary).then(|| envelope.canary(recipients))
    }

    /// How many people may be released for the first time now. `recipients`: in the run so far; `frozen`: nobody joins
    /// any more. A canary is a sample of everybody, so it waits until everybody is known.
    pub fn allows(&self, recipients: u64, frozen: bool, now: UnixMillis) -> u64 {
        let most = match self.canary(recipients) {
            Some(canary) if frozen => canary,
            Some(_) => 0,
            None => recipients,
        };
        let wanted = most.saturating_sub(self.released);
        match &self.throttle {
            None => wanted,
            Some(throttle) => {
                let per_hour = throttle.per_hour(recipients);
                self.bucket.refilled(per_hour, now).allows(per_hour, wanted)
            }
        }
    }

    /// Notes that `people` were released for the first time.
    pub fn took(&mut self, people: u64, recipients: u64, now: UnixMillis) {
        self.released = self.released.saturating_add(people);
        if let Some(throttle) = &self.throttle {
            let bucket = self.bucket.refilled(throttle.per_hour(recipients), now);
            self.bucket = bucket.without(people);
        }
    }

    /// Another throttle from now on. What was saved up by the old one stays, within a second of the new one.
    pub fn set_throttle(&mut self, throttle: Option<Throttle>, recipients: u64, now: UnixMillis) {
        self.bucket = match &self.throttle {
            Some(old) => self.bucket.refilled(old.per_hour(recipients), now),
            None => Bucket::new(now),
        };
        self.throttle = throttle;
    }

    /// The whole canary of a run whose audience is complete is on its way.
    pub fn canary_is_out(&self, recipients: u64, frozen: bool) -> bool {
        let canary = self.canary(recipients);
        frozen && canary.is_some_and(|canary| self.released >= canary)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::envelope::tests::envelope;
    use crate::percent::Percent;

    fn pace(canary_percent: u32, canary_min: u32, throttle: Option<Throttle>) -> Pace {
        let plan = Plan {
            throttle,
            envelope: Some(Envelope {
                canary_percent: Percent(canary_percent),
                canary_min,
                ..envelope()
            }),
        };
        Pace::new(
            RunId::from_raw(1),
            TenantId::from_raw(2),
            &plan,
            UnixMillis(0),
        )
    }

    proptest! {
        #[test]
        fn before_the_widening_never_more_than_the_canary_is_released(
            percent in 1u32..=10_000,
            least in 1u32..2_000,
            throttle in prop::option::of(1u32..100_000),
            pages in prop::collection::vec(0u64..20_000, 1..8),
            looks in prop::collection::vec((0i64..2_000, 0u64..600), 1..200),
        ) {
            let throttle = throttle.map(|people| Throttle { per_minute: Some(people), percent_per_hour: None });
            let mut pace = pace(percent, least, throttle);
            let whole: u64 = pages.iter().sum();
            let (mut recipients, mut now) = (0, 0);
            let mut pages = pages.into_iter();
            for (wait, at_once) in looks {
                let page = pages.next();
                let frozen = page.is_none();
                recipients += page.unwrap_or(0);
                now += wait;
                let people = pace.allows(recipients, frozen, UnixMillis(now)).min(at_once);
                prop_assert!(frozen || people == 0);
                pace.took(people, recipients, UnixMillis(now));
                prop_assert!(pace.released <= pace.canary(whole).unwrap());
                prop_assert!(pace.released <= recipients);
            }
        }
    }

    #[test]
    fn a_small_audience_is_all_canary() {
        assert_eq!(pace(100, 100, None).allows(40, true, UnixMillis(0)), 40);
        assert_eq!(pace(100, 100, None).allows(1_000, true, UnixMillis(0)), 100);
        assert_eq!(
            pace(100, 100, None).allows(50_001, true, UnixMillis(0)),
            501
        );
    }

    #[test]
    fn the_canary_is_out_once_all_of_it_is_released_and_nobody_joins_any_more() {
        let mut pace = pace(1_000, 10, None);
        pace.took(10, 100, UnixMillis(0));
        assert!(!pace.canary_is_out(100, false));
        assert!(pace.canary_is_out(100, true));
        assert!(!pace.canary_is_out(200, true));
    }

    #[test]
    fn a_new_throttle_does_not_begin_with_a_burst() {
        let fast = Throttle {
            per_minute: Some(60_000),
            percent_per_hour: None,
        };
        let mut pace = pace(10_000, 1, None);
        pace.set_throttle(Some(fast), 1_000_000, UnixMillis(5_000));
        assert_eq!(pace.allows(1_000_000, true, UnixMillis(5_000)), 0);
        assert_eq!(pace.allows(1_000_000, true, UnixMillis(6_000)), 1_000);
        pace.set_throttle(None, 1_000_000, UnixMillis(6_000));
        assert_eq!(pace.allows(1_000_000, true, UnixMillis(6_000)), 1_000_000);
    }
}
