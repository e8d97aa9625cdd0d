//! Buckets that several dispatchers share. While others are alive, a piece leaves only with segments drawn from the
//! bucket in the table; each dispatcher asks for what it has in line and no more, so that whoever has nothing to send
//! takes nothing, and promises are given first come first served.
//!
//! Drawn segments may be used a little after they were allowed (another limit was slower). The shared bucket therefore
//! has half the burst, and what the dispatchers draw ahead together is the other half at most, so that no second sees
//! more than the rate and the burst.

use std::collections::HashMap;

use super::level::Name;
use super::pool::{LEAD_NANOS, Pool};
use super::scheduler::{Now, Scheduler};
use crate::pace::{Bucket, Rate};

/// What a dispatcher wants of a shared bucket.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Segments, as soon as they are allowed.
    Draw { segments: u32, bucket: Bucket },
    /// Drawn and not needed after all.
    Return { segments: u32, bucket: Bucket },
    /// Sent before the bucket was shared, and paid for in so many nanoseconds.
    Owed { nanos: u64 },
}

/// Segments drawn from a shared bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drawn {
    /// That may leave now; below 0: answers left without asking.
    pub ready: i64,
    /// Promised: from when on (nanoseconds), and how many.
    pub promised: Option<(u64, u32)>,
    /// Asked for, and not answered yet.
    pub asked: bool,
}

impl Drawn {
    /// Counts what was promised for now as ready.
    pub fn ripen(&mut self, now: u64) {
        if let Some((at, segments)) = self.promised
            && at <= now
        {
            self.ready += i64::from(segments);
            self.promised = None;
        }
    }

    pub fn allows(&self, segments: u32) -> bool {
        self.ready >= i64::from(segments)
    }
}

/// The bucket in the table: the rate whole, the burst halved.
pub fn shared(rate: Rate) -> Bucket {
    Bucket::new(Rate {
        per_second: rate.per_second,
        burst: (rate.burst() / 2).max(1),
    })
}

/// Segments that one dispatcher may have drawn ahead, and the most that one piece has.
pub fn ahead(rate: Rate, dispatchers: u64) -> u32 {
    let each = u64::from(rate.burst()) / (2 * dispatchers.max(1));
    u32::try_from(each).unwrap_or(u32::MAX).max(1)
}

impl Scheduler {
    /// How many dispatchers are alive, this one among them. What was sent by a bucket of one's own is to be noted in
    /// the shared one before others draw from it.
    pub fn share_with(&mut self, dispatchers: usize, now: Now) -> Vec<(Name, Wish)> {
        let were = std::mem::replace(&mut self.dispatchers, dispatchers.max(1));
        if (were > 1) == (self.dispatchers > 1) {
            return Vec::new();
        }
        let shared = self.is_shared();
        let mut owed = Vec::new();
        for pool in self.pools_mut() {
            pool.drawn = Drawn::default();
            if !pool.bucket.rate().is_limited() {
                continue;
            }
            if shared {
                let nanos = pool.bucket.paid_at().saturating_sub(now.nanos);
                if nanos > 0 {
                    owed.push((pool.name.clone(), Wish::Owed { nanos }));
                }
            } else {
                // Nobody knows any more what the others have just sent.
                pool.bucket.spend_burst(now.nanos + LEAD_NANOS);
                pool.wire.spend_burst(now.nanos);
            }
        }
        owed
    }

    pub const fn is_shared(&self) -> bool {
        self.dispatchers > 1
    }

    /// What is to be asked of the shared buckets now.
    pub fn wishes(&mut self, now: Now) -> Vec<(Name, Wish)> {
        if !self.is_shared() {
            return Vec::new();
        }
        let (waiting, dispatchers) = (self.waiting(), self.dispatchers as u64);
        let mut wishes = Vec::new();
        for (at, pool) in self.pools_mut().iter_mut().enumerate() {
            let demand = waiting.get(&at).copied().unwrap_or_default();
            if let Some(wish) = wish(pool, demand, dispatchers, now) {
                wishes.push((pool.name.clone(), wish));
            }
        }
        wishes
    }

    /// Segments in line for each pool, and the largest piece among them.
    fn waiting(&self) -> HashMap<usize, (u64, u32)> {
        let mut waiting: HashMap<usize, (u64, u32)> = HashMap::new();
        for (segments, pools) in self.in_line() {
            for at in pools {
                let (sum, largest) = waiting.entry(*at).or_default();
                *sum += u64::from(segments);
                *largest = (*largest).max(segments);
            }
        }
        waiting
    }

    /// What was asked for is promised from `at` on; `None`: nobody could be asked.
    pub fn promised(&mut self, name: &Name, promise: Option<(u64, u32)>) {
        if let Some(pool) = self.pool_mut(name) {
            pool.drawn.asked = false;
            if promise.is_some() {
                pool.drawn.promised = promise;
            }
        }
    }
}

fn wish(
    pool: &mut Pool,
    (waiting, largest): (u64, u32),
    dispatchers: u64,
    now: Now,
) -> Option<Wish> {
    let rate = pool.bucket.rate();
    if !rate.is_limited() {
        return None;
    }
    let drawn = &mut pool.drawn;
    drawn.ripen(now.nanos);
    if drawn.asked || drawn.promised.is_some() {
        return None;
    }
    let bucket = shared(rate);
    if waiting == 0 && drawn.ready > 0 {
        let segments = u32::try_from(drawn.ready).unwrap_or(u32::MAX);
        drawn.ready = 0;
        return Some(Wish::Return { segments, bucket });
    }
    if waiting > 0 && drawn.allows(largest) {
        return None;
    }
    let ahead = u64::from(ahead(rate, dispatchers)).min(waiting);
    let most = i64::try_from(ahead.max(u64::from(largest))).unwrap_or(i64::MAX);
    let segments = u32::try_from(most - drawn.ready).unwrap_or(0);
    if segments == 0 {
        return None;
    }
    drawn.asked = true;
    Some(Wish::Draw { segments, bucket })
}

#[cfg(test)]
#[path = "metered_tests.rs"]
mod tests;
