//! What has its permits and goes on the wire: lumps that came to be on the way there are spread again, and what does
//! not leave after all is free for others.

use super::level::Ask;
use super::scheduler::{Now, Scheduler};
use crate::pace::Rate;

/// The rate of what leaves, with half the burst: the way to the carrier makes lumps of its own.
pub fn rate(rate: Rate) -> Rate {
    Rate {
        per_second: rate.per_second,
        burst: (rate.burst() / 2).max(1),
    }
}

impl Scheduler {
    /// When `segments` of a piece that has its permits may go on the wire; they are taken.
    pub fn on_the_wire(&mut self, ask: &Ask, segments: u32, at_once: bool, now: Now) -> u64 {
        let pools = self.pools_of(ask, now);
        let mut at = now.nanos;
        for pool in pools.iter().filter(|_| !at_once) {
            if let Some(pool) = self.pool_at(*pool) {
                at = at.max(pool.wire.ready_at(segments));
            }
        }
        for pool in pools {
            if let Some(pool) = self.pool_at(pool) {
                pool.wire.take(segments, at);
            }
        }
        at
    }

    /// Segments that had their turn and did not leave may be used by others.
    pub fn unused(&mut self, ask: &Ask, segments: u32, now: Now) {
        let shared = self.is_shared();
        for at in self.pools_of(ask, now) {
            let Some(pool) = self.pool_at(at) else {
                continue;
            };
            pool.bucket.give_back(segments);
            if shared && pool.bucket.rate().is_limited() {
                pool.drawn.ready += i64::from(segments);
            }
            if pool.per_day.is_some() {
                let segments = u64::from(segments).min(pool.unsaved);
                pool.used.segments = pool.used.segments.saturating_sub(segments);
                pool.unsaved -= segments;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::{CampaignId, Class, Mode, TenantId, UnixMillis};

    use super::super::control::Controls;
    use super::super::level::{Level, Name};
    use super::super::limits::{Limit, Limits};
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ms: u64) -> Now {
        Now {
            nanos: ms * MS,
            wall: UnixMillis(0),
        }
    }

    #[test]
    fn a_lump_is_spread_and_an_answer_passes_it() {
        let tenant = TenantId::from_raw(1);
        let ask = Ask {
            tenant,
            mode: Mode::Test,
            class: Class::Marketing,
            campaign: CampaignId::from_raw(5),
            sender: "S".to_string(),
            provider: "acme".into(),
            link: 0,
            segments: 5,
        };
        let limit = Limit {
            segments_per_second: Some(100.0),
            ..Limit::default()
        };
        let lane = Name::new(Level::Lane, tenant, Mode::Test, "S");
        let mut scheduler = Scheduler::default();
        let limits = Limits::new(Rate::default(), vec![(lane, limit)]);
        scheduler.install(limits, Controls::default(), at(0));
        // Three pieces that were held up together: the first is at once, the others at the rate.
        let mut wire = |at_once| scheduler.on_the_wire(&ask, 5, at_once, at(1000)) / MS;
        assert_eq!([wire(false), wire(false), wire(false)], [1000, 1041, 1091]);
        assert_eq!((wire(true), wire(false)), (1000, 1191));
    }
}
