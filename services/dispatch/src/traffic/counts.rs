//! Counts of the carriers' day on their way to and from the tables, and what people are shown.

use contract::UnixMillis;

use super::control::Control;
use super::day::{self, Used};
use super::level::Name;
use super::turn::Traffic;
use crate::pace::Rate;

/// What stands in force on one thing, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce {
    pub rate: Rate,
    pub per_day: Option<u64>,
    /// Segments counted against the day's cap.
    pub used_today: u64,
    pub control: Option<Control>,
}

impl Traffic {
    /// Counts as the tables have them, from every process; what this one has not stored yet comes on top.
    pub fn set_day(&self, now: UnixMillis, counts: &[(Name, u64)]) {
        let mut scheduler = self.lock();
        for (name, segments) in counts {
            if let Some(pool) = scheduler.pool_mut(name) {
                let unsaved = pool.unsaved;
                pool.used = Used {
                    day: day::of(now),
                    segments: segments + unsaved,
                };
            } else {
                scheduler.remember_day(name.clone(), *segments, now);
            }
        }
    }

    /// Segments that left and are not stored yet, by name; they count as stored from now on.
    pub fn take_unsaved(&self) -> Vec<(Name, u64)> {
        let mut scheduler = self.lock();
        let pools = scheduler.pools_mut().iter_mut();
        pools
            .filter(|pool| pool.unsaved > 0)
            .map(|pool| (pool.name.clone(), std::mem::take(&mut pool.unsaved)))
            .collect()
    }

    /// Undoes [`Self::take_unsaved`].
    pub fn put_back(&self, counts: Vec<(Name, u64)>) {
        let mut scheduler = self.lock();
        for (name, segments) in counts {
            if let Some(pool) = scheduler.pool_mut(&name) {
                pool.unsaved += segments;
            }
        }
    }

    /// Limit and control of a lane.
    pub fn lane(&self, name: &Name) -> InForce {
        let now = self.now().wall;
        let scheduler = self.lock();
        let pool = scheduler.pool(name);
        InForce {
            rate: scheduler.limits().lane(name),
            per_day: pool.and_then(|pool| pool.per_day),
            used_today: pool.map_or(0, |pool| pool.used.segments),
            control: scheduler.controls().on(name, now).cloned(),
        }
    }
}
