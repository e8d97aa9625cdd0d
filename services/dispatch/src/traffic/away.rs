//! Texts that were given back for want of room, and when to bring them back: before the lane runs dry.
//!
//! What is counted here is a guess that a restart forgets. Who is forgotten comes back by the instant it was given.

use contract::{CampaignId, Mode, TenantId};

use super::line::{IN_HAND, KEPT_FOR, nanos};
use super::pool::Pool;
use super::scheduler::{Now, Scheduler};

/// Whose texts.
pub type Whose = (TenantId, Mode, CampaignId);

/// After so long without an answer it is asked again, …
const ASK_EVERY_NANOS: u64 = 1_000_000_000;
/// … but not more often than this.
const IN_VAIN: u32 = 5;

/// Texts of one campaign that wait elsewhere for one limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Away {
    texts: u64,
    segments: u64,
    asked_at: Option<u64>,
    /// Times asked since something came.
    in_vain: u32,
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
    /// Texts of these sizes have come, the first time or again.
    pub fn came(&mut self, whose: Whose, sizes: &[u32]) {
        let Some(away) = self.away.get_mut(&whose) else {
            return;
        };
        away.texts = away.texts.saturating_sub(sizes.len() as u64);
        away.segments = away.segments.saturating_sub(sum(sizes));
        away.in_vain = 0;
        if away.texts == 0 || away.segments == 0 {
            self.away.remove(&whose);
        }
    }

    /// Texts of these sizes were given back.
    pub fn gave_back(&mut self, whose: Whose, sizes: &[u32]) {
        if sizes.is_empty() {
            return;
        }
        let away = self.away.entry(whose).or_default();
        away.texts += sizes.len() as u64;
        away.segments += sum(sizes);
    }

    /// What is to be brought back now.
    fn wants(&mut self, dispatchers: u64, now: Now, wants: &mut Vec<Want>) {
        let cost = self.bucket.cost(dispatchers);
        if cost == 0 {
            // No limit any more: whoever is away may come.
            wants.extend(
                self.away
                    .drain()
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
            let own = lined_up.get(&(tenant, campaign)).copied().unwrap_or(0);
            let asked = away
                .asked_at
                .is_some_and(|at| now.nanos < at + ASK_EVERY_NANOS);
            if own > share / 2 || asked {
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

fn sum(sizes: &[u32]) -> u64 {
    sizes.iter().map(|size| u64::from(*size)).sum()
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

#[cfg(test)]
#[path = "away_tests.rs"]
mod tests;
