//! One limit's bucket, with everything that is known of it.

use std::collections::HashMap;

use contract::{CampaignId, TenantId, UnixMillis};

use super::away::{Away, Whose};
use super::day::Used;
use super::level::Name;
use super::limits::Draw;
use super::metered::Drawn;
use super::wire;
use crate::pace::Bucket;

/// Turns are given so much ahead of the wire, which alone is strict: a way to the carrier that is sometimes slower than
/// usual then costs nothing of the rate.
pub const LEAD_NANOS: u64 = 300_000_000;

/// A bucket with its daily cap, and who lines up for it.
#[derive(Debug)]
pub struct Pool {
    pub name: Name,
    pub bucket: Bucket,
    pub per_day: Option<u64>,
    pub used: Used,
    /// Segments of the day that are not stored yet.
    pub unsaved: u64,
    /// Segments in hand by campaign, sent or not.
    pub lined_up: HashMap<(TenantId, CampaignId), u64>,
    /// What leaves the process: permits take their time, and pieces that come out of them together would be a lump.
    pub wire: Bucket,
    /// Up to when turns are promised to texts that were given back, …
    pub promised: u64,
    /// … and how many there are.
    pub away: HashMap<Whose, Away>,
    /// What this dispatcher may send of a bucket that others share.
    pub drawn: Drawn,
}

impl Pool {
    pub fn new(draw: Draw, now: UnixMillis) -> Self {
        let Draw {
            name,
            rate,
            per_day,
        } = draw;
        Self {
            name,
            bucket: Bucket::new(rate),
            per_day,
            used: Used::nothing(now),
            unsaved: 0,
            lined_up: HashMap::new(),
            wire: Bucket::new(wire::rate(rate)),
            promised: 0,
            away: HashMap::new(),
            drawn: Drawn::default(),
        }
    }

    /// From when on it allows `segments`; `None`: not before more is drawn, or it is known again who else is alive.
    pub(super) fn ready_at(
        &mut self,
        segments: u32,
        shared: bool,
        (sure_until, now): (u64, u64),
    ) -> Option<u64> {
        if !self.bucket.rate().is_limited() {
            return Some(0);
        }
        if !shared {
            let ready = self.bucket.ready_at(segments).saturating_sub(LEAD_NANOS);
            return (now <= sure_until).then_some(ready);
        }
        self.drawn.ripen(now);
        if self.drawn.allows(segments) {
            return Some(now);
        }
        self.drawn.promised.map(|(at, _)| at)
    }
}
