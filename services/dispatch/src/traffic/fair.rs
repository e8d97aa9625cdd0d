//! In which order pieces that wait for one carrier get their turn: what people wait for ahead of marketing, then
//! fair between tenants, then between a tenant's campaigns.
//!
//! Start-time fair queueing on three levels, counted in segments. Each waiting line has a virtual time that grows by
//! segments over weight with every piece that leaves; the smallest goes first. Who was idle starts at the time of
//! whoever was served last: idleness earns nothing, and an idle one's share goes to the others.

use std::collections::{BTreeMap, VecDeque};

use contract::{CampaignId, TenantId};

/// Marketing gets at least one segment in sixteen while more urgent texts wait.
const URGENT_WEIGHT: u32 = 15;
/// Segments by which a line that could not go (its own sender is slow) may stay behind.
const LONGEST_LAG: f64 = 512.0;

/// Whose a piece is, and how large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub urgent: bool,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub segments: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Turns {
    /// Virtual time.
    at: f64,
    /// When it was last served, counted in turns of the whole: of equals, whoever waits longest.
    served: u64,
}

#[derive(Debug)]
struct Lines<K, C> {
    children: BTreeMap<K, (Turns, C)>,
    /// Virtual time of the last one served.
    clock: f64,
}

impl<K, C> Default for Lines<K, C> {
    fn default() -> Self {
        Self {
            children: BTreeMap::new(),
            clock: 0.0,
        }
    }
}

impl<K: Ord + Copy, C: Default> Lines<K, C> {
    fn join(&mut self, key: K, was_empty: impl Fn(&C) -> bool) -> &mut C {
        let clock = self.clock;
        let (turns, child) = self.children.entry(key).or_default();
        if was_empty(child) {
            turns.at = turns.at.max(clock);
        }
        child
    }

    fn in_order(&self, is_empty: impl Fn(&C) -> bool) -> Vec<K> {
        let waiting = self
            .children
            .iter()
            .filter(|(_, (_, child))| !is_empty(child));
        let mut order: Vec<(f64, u64, K)> = waiting
            .map(|(key, (turns, _))| (turns.at, turns.served, *key))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        order.into_iter().map(|(_, _, key)| key).collect()
    }

    /// Notes that `key` was served; forgets idle ones that are not ahead of the rest.
    fn serve(
        &mut self,
        key: K,
        segments: u32,
        weight: u32,
        turn: u64,
        is_empty: impl Fn(&C) -> bool,
    ) {
        if let Some((turns, _)) = self.children.get_mut(&key) {
            self.clock = self.clock.max(turns.at);
            turns.at += f64::from(segments.max(1)) / f64::from(weight.max(1));
            turns.served = turn;
        }
        let clock = self.clock;
        self.children.retain(|_, (turns, child)| {
            turns.at = turns.at.max(clock - LONGEST_LAG);
            !is_empty(child) || turns.at > clock
        });
    }
}

type Campaign<T> = VecDeque<(Size, T)>;
type Tenant<T> = Lines<CampaignId, Campaign<T>>;
type Urgency<T> = Lines<TenantId, Tenant<T>>;

fn no_campaign<T>(tenant: &Tenant<T>) -> bool {
    tenant.children.values().all(|(_, line)| line.is_empty())
}

fn nobody<T>(urgency: &Urgency<T>) -> bool {
    urgency
        .children
        .values()
        .all(|(_, tenant)| no_campaign(tenant))
}

/// Pieces that wait, first come first served within a campaign.
#[derive(Debug)]
pub struct Fair<T> {
    /// By "can wait": false comes first among equals.
    urgencies: Lines<bool, Urgency<T>>,
    turn: u64,
    len: usize,
}

impl<T> Default for Fair<T> {
    fn default() -> Self {
        Self {
            urgencies: Lines::default(),
            turn: 0,
            len: 0,
        }
    }
}

impl<T> Fair<T> {
    pub const fn len(&self) -> usize {
        self.len
    }

    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn push(&mut self, size: Size, item: T) {
        let urgency = self.urgencies.join(!size.urgent, nobody);
        let tenant = urgency.join(size.tenant, no_campaign);
        tenant
            .join(size.campaign, VecDeque::is_empty)
            .push_back((size, item));
        self.len += 1;
    }

    /// Takes the first piece, in fair order, that `may_go`. A piece that may not go now keeps its place.
    ///
    /// `weight` of a tenant (no campaign given) or of one of its campaigns.
    pub fn pick(
        &mut self,
        weight: impl Fn(TenantId, Option<CampaignId>) -> u32,
        mut may_go: impl FnMut(Size, &T) -> bool,
    ) -> Option<T> {
        let (later, tenant, campaign, at) = self.first(&mut may_go)?;
        let (_, urgency) = self.urgencies.children.get_mut(&later)?;
        let (_, lines) = urgency.children.get_mut(&tenant)?;
        let (_, queue) = lines.children.get_mut(&campaign)?;
        let (size, item) = queue.remove(at)?;
        self.len -= 1;
        self.turn += 1;
        let (segments, turn) = (size.segments, self.turn);
        lines.serve(
            campaign,
            segments,
            weight(tenant, Some(campaign)),
            turn,
            VecDeque::is_empty,
        );
        urgency.serve(tenant, segments, weight(tenant, None), turn, no_campaign);
        let weight = if later { 1 } else { URGENT_WEIGHT };
        self.urgencies.serve(later, segments, weight, turn, nobody);
        Some(item)
    }

    fn first(
        &self,
        may_go: &mut impl FnMut(Size, &T) -> bool,
    ) -> Option<(bool, TenantId, CampaignId, usize)> {
        for later in self.urgencies.in_order(nobody) {
            let (_, urgency) = self.urgencies.children.get(&later)?;
            for tenant in urgency.in_order(no_campaign) {
                let (_, lines) = urgency.children.get(&tenant)?;
                for campaign in lines.in_order(VecDeque::is_empty) {
                    let (_, queue) = lines.children.get(&campaign)?;
                    let at = queue.iter().position(|(size, item)| may_go(*size, item));
                    if let Some(at) = at {
                        return Some((later, tenant, campaign, at));
                    }
                }
            }
        }
        None
    }

    /// Takes out every piece that is not to `stay`.
    pub fn remove(&mut self, mut stay: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut gone = Vec::new();
        let tenants = self.urgencies.children.values_mut();
        for (_, tenant) in tenants.flat_map(|(_, urgency)| urgency.children.values_mut()) {
            for (_, queue) in tenant.children.values_mut() {
                let (kept, out): (Campaign<T>, Campaign<T>) =
                    queue.drain(..).partition(|(_, item)| stay(item));
                *queue = kept;
                gone.extend(out.into_iter().map(|(_, item)| item));
            }
        }
        self.len -= gone.len();
        gone
    }

    pub fn each(&self) -> impl Iterator<Item = &T> {
        let urgencies = self.urgencies.children.values();
        urgencies
            .flat_map(|(_, urgency)| urgency.children.values())
            .flat_map(|(_, tenant)| tenant.children.values())
            .flat_map(|(_, queue)| queue.iter().map(|(_, item)| item))
    }

    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let urgencies = self.urgencies.children.values_mut();
        urgencies
            .flat_map(|(_, urgency)| urgency.children.values_mut())
            .flat_map(|(_, tenant)| tenant.children.values_mut())
            .flat_map(|(_, queue)| queue.iter_mut().map(|(_, item)| item))
    }
}

#[cfg(test)]
#[path = "fair_tests.rs"]
mod tests;
