//! Texts that were given back for want of room, and when to bring them back: before the lane runs dry.
//!
//! What is known here a restart forgets. Who is forgotten comes back by the instant it was given.

use std::collections::HashMap;

use contract::chunk::{SlotRef, Text};
use contract::{CampaignId, Mode, TenantId};

use super::line::{IN_HAND, KEPT_FOR, nanos};
use super::pool::Pool;
use super::scheduler::{Now, Scheduler};
use super::turn::Traffic;
use crate::slots;

/// Whose texts.
pub type Whose = (TenantId, Mode, CampaignId);

/// After so long without an answer it is asked again, …
const ASK_EVERY_NANOS: u64 = 1_000_000_000;
/// … so often; then more rarely, …
const OFTEN: u32 = 5;
const ASK_RARELY_NANOS: u64 = 20_000_000_000;
/// … and no more after this: the campaign may be paused, or over.
const IN_VAIN: u32 = 20;

/// Texts of one campaign that wait elsewhere for one limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Away {
    /// Their places. A text that comes twice, as it does when it has waited here for long, is counted once.
    places: HashMap<SlotRef, u64>,
    texts: u64,
    segments: u64,
    /// Segments that have come and wait for others of their slot to leave.
    arriving: u64,
    asked_at: Option<u64>,
    /// Times asked since something came.
    in_vain: u32,
}

/// One text: the bit of its place in its slot, and its segments.
pub type Sized = (u64, u32);

/// What [`Away`] counts of texts.
pub fn sized(texts: &[Text]) -> impl Iterator<Item = Sized> {
    let bit = |text: &Text| 1 << slots::place(text.position);
    texts
        .iter()
        .map(move |text| (bit(text), u32::from(text.segments.max(1))))
}

impl Away {
    /// True if nothing is known of anybody.
    const fn is_over(&self) -> bool {
        self.texts == 0 && self.arriving == 0
    }
}

/// Texts to be brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    pub tenant: TenantId,
    pub mode: Mode,
    pub campaign: CampaignId,
    pub texts: u32,
}

impl Pool {
    /// These texts of a slot have come; the segments of those that were away.
    pub fn came(&mut self, whose: Whose, slot: SlotRef, texts: impl Iterator<Item = Sized>) -> u64 {
        let Some(away) = self.away.get_mut(&whose) else {
            return 0;
        };
        // Whoever else of it comes shows that it answers, too.
        away.in_vain = 0;
        let Some(places) = away.places.get_mut(&slot) else {
            return 0;
        };
        let (mut came, mut segments) = (0, 0);
        for (bit, size) in texts {
            if *places & bit != 0 {
                *places &= !bit;
                came += 1;
                segments += u64::from(size);
            }
        }
        if *places == 0 {
            away.places.remove(&slot);
        }
        away.texts = away.texts.saturating_sub(came);
        away.segments = away.segments.saturating_sub(segments);
        away.arriving += segments;
        segments
    }

    /// Segments that had come are in line, or are given back.
    pub fn arrived(&mut self, whose: Whose, segments: u64) {
        if let Some(away) = self.away.get_mut(&whose) {
            away.arriving = away.arriving.saturating_sub(segments);
            if away.is_over() {
                self.away.remove(&whose);
            }
        }
    }

    /// These texts of a slot were given back.
    pub fn gave_back(&mut self, whose: Whose, slot: SlotRef, texts: impl Iterator<Item = Sized>) {
        let mut texts = texts.peekable();
        if texts.peek().is_none() {
            return;
        }
        let away = self.away.entry(whose).or_default();
        let places = away.places.entry(slot).or_default();
        for (bit, size) in texts {
            if *places & bit == 0 {
                *places |= bit;
                away.texts += 1;
                away.segments += u64::from(size);
            }
        }
    }

    /// What is to be brought back now.
    fn wants(&mut self, dispatchers: u64, now: Now, wants: &mut Vec<Want>) {
        let cost = self.bucket.cost(dispatchers);
        if cost == 0 {
            // No limit any more: whoever is away may come.
            wants.extend(
                self.away
                    .drain()
                    .filter(|(_, away)| away.texts > 0)
                    .map(|(whose, away)| want(whose, away.texts)),
            );
            return;
        }
        let lined_up = &self.lined_up;
        let only_away = self
            .away
            .keys()
            .filter(|(tenant, _, campaign)| !lined_up.contains_key(&(*tenant, *campaign)))
            .count();
        let sharers = (lined_up.len() + only_away).max(1) as u64;
        let share = ((nanos(KEPT_FOR) / cost).min(IN_HAND) / sharers).max(1);
        self.away.retain(|whose, away| {
            let (tenant, _, campaign) = *whose;
            let own = lined_up.get(&(tenant, campaign)).copied().unwrap_or(0) + away.arriving;
            let wait = if away.in_vain < OFTEN {
                ASK_EVERY_NANOS
            } else {
                ASK_RARELY_NANOS
            };
            let asked = away.asked_at.is_some_and(|at| now.nanos < at + wait);
            if own > share / 2 || asked || away.texts == 0 {
                return true;
            }
            if away.in_vain >= IN_VAIN {
                return false;
            }
            let texts = (share - own) * away.texts / away.segments.max(1);
            wants.push(want(*whose, texts.clamp(1, away.texts)));
            away.asked_at = Some(now.nanos);
            away.in_vain += 1;
            true
        });
    }
}

fn want((tenant, mode, campaign): Whose, texts: u64) -> Want {
    Want {
        tenant,
        mode,
        campaign,
        texts: u32::try_from(texts).unwrap_or(u32::MAX),
    }
}

impl Scheduler {
    /// Texts for which there is room.
    pub fn wants(&mut self, now: Now) -> Vec<Want> {
        let (dispatchers, mut wants) = (self.dispatchers as u64, Vec::new());
        for pool in self.pools_mut() {
            if !pool.away.is_empty() {
                pool.wants(dispatchers, now, &mut wants);
            }
        }
        wants
    }
}

/// Texts that have come back and wait for others of their slot. They count as in line, so that no more are asked for.
#[derive(Debug)]
pub struct Arriving {
    traffic: Traffic,
    whose: Whose,
    /// Segments by pool.
    pools: Vec<(usize, u64)>,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if self.pools.is_empty() {
            return;
        }
        let mut scheduler = self.traffic.lock();
        for (at, segments) in &self.pools {
            if let Some(pool) = scheduler.pool_at(*at) {
                pool.arrived(self.whose, *segments);
            }
        }
    }
}

impl Traffic {
    /// Texts of a slot have come. To be dropped once they are in line.
    pub fn arrive(&self, whose: Whose, slot: SlotRef, texts: &[Text]) -> Arriving {
        let mut pools = Vec::new();
        for (at, pool) in self.lock().pools_mut().iter_mut().enumerate() {
            let segments = pool.came(whose, slot, sized(texts));
            if segments > 0 {
                pools.push((at, segments));
            }
        }
        Arriving {
            traffic: self.clone(),
            whose,
            pools,
        }
    }
}

#[cfg(test)]
#[path = "away_tests.rs"]
mod tests;
