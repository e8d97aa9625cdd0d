//! How much of a slot is kept in hand. What would wait for long is given back to the campaign until shortly before
//! its turn, so that slow lanes hold neither memory nor the places of others.

use std::time::Duration;

use chassis::Failure;
use contract::chunk::{Outcome, OutcomeGroup, SlotRef, Text};
use contract::{Reason, UnixMillis};

use super::away::sized;
use super::level::Ask;
use super::metered;
use super::scheduler::Told;
use super::turn::{Leave, Traffic};
use crate::hand_over::Chunk;
use crate::legs::Way;
use crate::outcomes::Outcomes;

/// Texts that would wait for longer are given back.
pub const KEPT_FOR: Duration = Duration::from_secs(20);
/// Texts come back this long before their turn.
const EARLY: Duration = Duration::from_secs(8);
/// The least that a text given back stays away.
const SOONEST_MS: i64 = 2_000;
/// Segments in hand for one limit, shared among the campaigns that line up for it.
pub(super) const IN_HAND: u64 = 8192;

/// Segments in line for their limits, until they have left or the guard is dropped.
#[derive(Debug)]
pub struct Lined {
    traffic: Traffic,
    ask: Ask,
    pools: Vec<usize>,
    segments: u64,
}

impl Lined {
    /// So many have had their turn.
    pub fn less(&mut self, segments: u32) {
        let gone = u64::from(segments).min(self.segments);
        self.segments -= gone;
        let campaign = (self.ask.tenant, self.ask.campaign);
        let mut scheduler = self.traffic.lock();
        for at in &self.pools {
            let Some(pool) = scheduler.pool_at(*at) else {
                continue;
            };
            if let Some(lined_up) = pool.lined_up.get_mut(&campaign) {
                *lined_up = lined_up.saturating_sub(gone);
                if *lined_up == 0 {
                    pool.lined_up.remove(&campaign);
                }
            }
        }
    }
}

impl Drop for Lined {
    fn drop(&mut self) {
        if self.segments > 0 {
            self.less(u32::try_from(self.segments).unwrap_or(u32::MAX));
        }
    }
}

/// How a leg is begun.
#[derive(Debug)]
pub struct Begun {
    pub lined: Lined,
    /// So many of its texts are kept, from the first on.
    pub kept: usize,
    /// When the rest comes back.
    pub rest_until: UnixMillis,
    /// Segments that may leave at once, where there is a limit.
    pub largest: Option<u32>,
}

impl Traffic {
    /// Lines up as many of a slot's texts as have their turn soon; none where they are not `wanted`.
    pub fn line_up(&self, ask: Ask, slot: SlotRef, texts: &[Text], wanted: bool) -> Begun {
        let now = self.now();
        let campaign = (ask.tenant, ask.campaign);
        let mut scheduler = self.lock();
        let pools = scheduler.pools_of(&ask, now);
        let (dispatchers, shared) = (scheduler.dispatchers as u64, scheduler.is_shared());
        let (mut room, mut largest, mut slowest) = (u64::MAX, None::<u32>, None::<(usize, u64)>);
        for at in &pools {
            let Some(pool) = scheduler.pool_at(*at) else {
                continue;
            };
            // Each dispatcher may count on its part of what several share.
            let cost = pool.bucket.cost(dispatchers);
            if cost == 0 {
                continue;
            }
            let rate = pool.bucket.rate();
            // Small pieces, so that no two of them make a lump on the wire.
            let burst = if shared {
                metered::ahead(rate, dispatchers)
            } else {
                (rate.burst() / 2).max(1)
            };
            largest = Some(largest.map_or(burst, |largest| largest.min(burst)));
            let own = pool.lined_up.get(&campaign).copied().unwrap_or(0);
            let others = pool.lined_up.len() - usize::from(own > 0);
            let sharers = u64::try_from(others + 1).unwrap_or(u64::MAX);
            let soon = nanos(KEPT_FOR) / cost;
            // A slow lane keeps one text at least, or it would never move.
            let most = (soon.min(IN_HAND) / sharers).max(1);
            room = room.min(most.saturating_sub(own));
            if slowest.is_none_or(|(_, slowest)| cost > slowest) {
                slowest = Some((*at, cost));
            }
        }
        let (mut kept, mut segments) = (0, 0);
        for text in texts {
            if segments >= room || !wanted {
                break;
            }
            kept += 1;
            segments += u64::from(size(text));
        }
        for at in &pools {
            if let Some(pool) = scheduler.pool_at(*at)
                && segments > 0
            {
                *pool.lined_up.entry(campaign).or_default() += segments;
            }
        }
        let rest = texts.get(kept..).unwrap_or_default();
        if wanted
            && let Some((at, _)) = slowest
            && let Some(pool) = scheduler.pool_at(at)
        {
            let whose = (ask.tenant, ask.mode, ask.campaign);
            pool.gave_back(whose, slot, sized(rest));
        }
        let rest: u64 = rest.iter().map(|text| u64::from(size(text))).sum();
        let turn = slowest
            .filter(|_| rest > 0)
            .and_then(|(at, cost)| {
                let pool = scheduler.pool_at(at)?;
                let lined_up: u64 = pool.lined_up.values().sum();
                let after = now.nanos.saturating_add(lined_up.saturating_mul(cost));
                let turn = pool.promised.max(after);
                pool.promised = turn.saturating_add(rest.saturating_mul(cost));
                Some(turn)
            })
            .unwrap_or(now.nanos);
        let wait = turn.saturating_sub(now.nanos).saturating_sub(nanos(EARLY)) / 1_000_000;
        let wait = i64::try_from(wait).unwrap_or(i64::MAX).max(SOONEST_MS);
        drop(scheduler);
        Begun {
            lined: Lined {
                traffic: self.clone(),
                ask,
                pools,
                segments,
            },
            kept,
            rest_until: UnixMillis(now.wall.0.saturating_add(wait)),
            largest,
        }
    }
}

pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn size(text: &Text) -> u32 {
    u32::from(text.segments.max(1))
}

/// What `texts` ask for on their way.
pub fn ask(chunk: &Chunk<'_>, way: &Way, link: usize, texts: &[Text]) -> Ask {
    let head = chunk.head;
    let provider = chunk.app.links.get(link);
    Ask {
        tenant: chunk.tenant,
        mode: head.mode,
        class: head.class,
        campaign: head.campaign,
        sender: way.sender.clone(),
        provider: provider.map_or_else(|| "".into(), |link| link.name.clone()),
        link,
        segments: texts.iter().map(size).sum(),
    }
}

/// Begins a leg: says what becomes of the texts that are not kept in hand, and gives back the others.
pub async fn begin(
    chunk: &Chunk<'_>,
    way: &Way,
    slot: SlotRef,
    mut texts: Vec<Text>,
) -> Result<(Vec<Text>, Begun), Failure> {
    let traffic = &chunk.app.traffic;
    let ask = ask(chunk, way, way.link, &texts);
    if chunk.head.class.is_reply() {
        let kept = traffic.line_up(ask, slot, &[], true);
        return Ok((texts, kept));
    }
    let verdict = traffic.verdict(&ask, true);
    let begun = traffic.line_up(ask, slot, &texts, verdict == Told::Go);
    let rest = texts.split_off(begun.kept);
    if !rest.is_empty() {
        let leave = match verdict {
            Told::Go => Leave::Hold {
                until: begun.rest_until,
                reason: Reason::PACE_QUEUE,
            },
            Told::Hold { until, reason } => Leave::Hold { until, reason },
            Told::Cancel => Leave::Cancel,
        };
        give_back(chunk, slot, &rest, &leave).await?;
    }
    Ok((texts, begun))
}

/// Records what became of texts that got no permit.
pub async fn give_back(
    chunk: &Chunk<'_>,
    slot: SlotRef,
    texts: &[Text],
    leave: &Leave<'_>,
) -> Result<(), Failure> {
    let (outcome, reason, until) = match leave {
        Leave::Go(_) => return Ok(()),
        Leave::Hold { until, reason } => (Outcome::Held, reason.clone(), Some(*until)),
        Leave::Cancel => (Outcome::Cancelled, Reason::OPERATOR_PURGED, None),
    };
    let mut outcomes = Outcomes::new(slot, chunk.head.campaign, texts);
    outcomes.refused(vec![OutcomeGroup {
        outcome,
        reason,
        until,
        positions: texts.iter().map(|text| text.position).collect(),
        contacts: texts.iter().map(|text| text.contact).collect(),
        decisions: texts.iter().map(|text| text.decision).collect(),
    }]);
    let app = chunk.app;
    if let Some(outcome) = outcomes.finish(app.cx.clock.millis(), false) {
        app.recorder.settle(chunk.tenant, outcome, false).await?;
    }
    Ok(())
}
