//! Who waits, for which buckets, and who may go now. Values in, values out; [`super::turn`] gives it clocks and locks.

use std::collections::{BTreeMap, HashMap, HashSet};

use contract::{Reason, UnixMillis};
use tokio::sync::oneshot;

use super::control::{Controls, Verdict};
use super::day::{self, Used};
use super::fair::{Fair, Size};
use super::level::{Ask, Name};
use super::limits::{Draw, Limits};
use super::pool::Pool;
use super::wire;
use crate::pace::Rate;

/// What a waiting piece is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It is its turn; its segments are taken.
    Go,
    Hold {
        until: UnixMillis,
        reason: Reason,
    },
    Cancel,
}

/// Both clocks: nanoseconds since the process began, and the instant people see.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub nanos: u64,
    pub wall: UnixMillis,
}

/// Somebody to be told, and the link whose turn it is.
#[derive(Debug)]
pub struct Tell {
    pub link: usize,
    pub whom: oneshot::Sender<Told>,
    pub what: Told,
}

impl Tell {
    fn to(waiter: Waiter, what: Told) -> Self {
        Self {
            link: waiter.ask.link,
            whom: waiter.tell,
            what,
        }
    }
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    ask: Ask,
    pools: Vec<usize>,
    tell: oneshot::Sender<Told>,
}

/// One carrier's waiting pieces. One piece at a time stands between its turn and the carrier's gate.
#[derive(Debug, Default)]
struct Queue {
    fair: Fair<Waiter>,
    busy: bool,
}

#[derive(Debug)]
pub struct Scheduler {
    limits: Limits,
    controls: Controls,
    pools: Vec<Pool>,
    by_name: HashMap<Name, usize>,
    queues: BTreeMap<usize, Queue>,
    next_id: u64,
    /// Alive, this one among them; several share every bucket.
    pub(super) dispatchers: usize,
    /// Up to when (nanoseconds) it is known that there are no more.
    pub(super) sure_until: u64,
    /// Somebody waits for segments that nobody has asked the shared bucket for.
    lacks: bool,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            controls: Controls::default(),
            pools: Vec::new(),
            by_name: HashMap::new(),
            queues: BTreeMap::new(),
            next_id: 0,
            dispatchers: 1,
            sure_until: u64::MAX,
            lacks: false,
        }
    }
}

impl Scheduler {
    pub const fn controls(&self) -> &Controls {
        &self.controls
    }

    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn pools_mut(&mut self) -> &mut [Pool] {
        &mut self.pools
    }

    pub fn pool(&self, name: &Name) -> Option<&Pool> {
        self.by_name.get(name).and_then(|at| self.pools.get(*at))
    }

    pub fn pool_mut(&mut self, name: &Name) -> Option<&mut Pool> {
        let at = self.by_name.get(name).copied()?;
        self.pools.get_mut(at)
    }

    /// The day's count of something that has not sent in this process yet.
    pub fn remember_day(&mut self, name: Name, segments: u64, now: UnixMillis) {
        let draw = Draw {
            name,
            rate: Rate::default(),
            per_day: None,
        };
        let at = self.pool_for(draw, now);
        if let Some(pool) = self.pools.get_mut(at) {
            pool.used = Used {
                day: day::of(now),
                segments,
            };
        }
    }

    pub fn pool_at(&mut self, at: usize) -> Option<&mut Pool> {
        self.pools.get_mut(at)
    }

    /// Other limits and controls, at once, also for those who wait.
    pub fn install(&mut self, limits: Limits, controls: Controls, now: Now) -> Vec<Tell> {
        self.limits = limits;
        self.controls = controls;
        for pool in &mut self.pools {
            pool.bucket.change(Rate::default());
            pool.wire.change(Rate::default());
            pool.per_day = None;
        }
        let mut queues = std::mem::take(&mut self.queues);
        let mut tells = Vec::new();
        for queue in queues.values_mut() {
            for waiter in queue.fair.each_mut() {
                waiter.pools = self.pools_of(&waiter.ask, now);
            }
            let stopped = queue.fair.remove(|waiter| {
                self.controls.verdict(&waiter.ask, now.wall, false) == Verdict::Go
            });
            for waiter in stopped {
                let verdict = self.controls.verdict(&waiter.ask, now.wall, false);
                tells.push(Tell::to(waiter, told(verdict)));
            }
        }
        self.queues = queues;
        tells
    }

    /// The pools that a text draws from, made where they are missing.
    pub fn pools_of(&mut self, ask: &Ask, now: Now) -> Vec<usize> {
        let draws = self.limits.of(ask);
        draws
            .into_iter()
            .map(|draw| self.pool_for(draw, now.wall))
            .collect()
    }

    pub(super) fn pool_for(&mut self, draw: Draw, now: UnixMillis) -> usize {
        let Draw {
            name,
            rate,
            per_day,
        } = draw;
        if let Some(at) = self.by_name.get(&name).copied() {
            if let Some(pool) = self.pools.get_mut(at) {
                if pool.bucket.rate() != rate {
                    pool.bucket.change(rate);
                    pool.wire.change(wire::rate(rate));
                }
                pool.per_day = per_day;
            }
            return at;
        }
        let at = self.pools.len();
        self.by_name.insert(name.clone(), at);
        let draw = Draw {
            name,
            rate,
            per_day,
        };
        self.pools.push(Pool::new(draw, now));
        at
    }

    /// Takes segments without asking: somebody waits for an answer, and what comes after it pays.
    pub fn take(&mut self, ask: &Ask, now: Now) {
        let pools = self.pools_of(ask, now);
        self.draw(&pools, ask.segments, now);
    }

    fn draw(&mut self, pools: &[usize], segments: u32, now: Now) {
        let shared = self.is_shared();
        for at in pools {
            if let Some(pool) = self.pools.get_mut(*at) {
                pool.bucket.take(segments, now.nanos);
                if shared && pool.bucket.rate().is_limited() {
                    pool.drawn.ready -= i64::from(segments);
                }
                if pool.per_day.is_some() {
                    pool.used.add(segments, now.wall);
                    pool.unsaved += u64::from(segments);
                }
            }
        }
    }

    /// Puts a piece in line. Whoever calls this calls [`Self::pump`] next.
    pub fn enqueue(&mut self, ask: Ask, tell: oneshot::Sender<Told>, now: Now) -> u64 {
        let pools = self.pools_of(&ask, now);
        self.next_id += 1;
        let (id, size) = (self.next_id, size_of(&ask));
        let waiter = Waiter {
            id,
            pools,
            tell,
            ask,
        };
        self.queues
            .entry(waiter.ask.link)
            .or_default()
            .fair
            .push(size, waiter);
        id
    }

    /// The pieces in line: their segments, and the pools they draw from.
    pub(super) fn in_line(&self) -> impl Iterator<Item = (u32, &[usize])> {
        let waiters = self.queues.values().flat_map(|queue| queue.fair.each());
        waiters.map(|waiter| (waiter.ask.segments, &waiter.pools[..]))
    }

    /// True once for pieces that wait for a shared bucket nobody has asked.
    pub fn take_lacks(&mut self) -> bool {
        std::mem::take(&mut self.lacks)
    }

    /// Forgets a piece that waits no longer.
    pub fn leave(&mut self, link: usize, id: u64) {
        if let Some(queue) = self.queues.get_mut(&link) {
            queue.fair.remove(|waiter| waiter.id != id);
        }
    }

    /// The piece whose turn it was has passed the gate.
    pub fn passed(&mut self, link: usize) {
        if let Some(queue) = self.queues.get_mut(&link) {
            queue.busy = false;
        }
    }

    /// Gives turns to whoever may go now; when to look again, if somebody waits for a bucket.
    pub fn pump(&mut self, now: Now) -> (Vec<Tell>, Option<u64>) {
        let (mut tells, mut wake) = (Vec::new(), None::<u64>);
        let links: Vec<usize> = self.queues.keys().copied().collect();
        for link in links {
            self.pump_one(link, now, &mut tells, &mut wake);
        }
        (tells, wake)
    }

    fn pump_one(&mut self, link: usize, now: Now, tells: &mut Vec<Tell>, wake: &mut Option<u64>) {
        let Self {
            queues,
            pools,
            limits,
            controls,
            dispatchers,
            sure_until,
            lacks,
            ..
        } = self;
        let shared = *dispatchers > 1;
        let Some(queue) = queues.get_mut(&link) else {
            return;
        };
        if queue.busy || queue.fair.is_empty() {
            return;
        }
        // A pool that somebody ahead waits for is not to be emptied by those behind.
        let (mut awaited, mut capped) = (HashSet::new(), HashSet::new());
        let chosen = queue.fair.pick(
            |tenant, campaign| limits.weight(tenant, campaign),
            |size, waiter: &Waiter| {
                let mut ready = controls.verdict(&waiter.ask, now.wall, false) == Verdict::Go;
                for at in &waiter.pools {
                    let Some(pool) = pools.get_mut(*at) else {
                        continue;
                    };
                    if let Some(cap) = pool.per_day
                        && !pool.used.has_room(size.segments, cap, now.wall)
                    {
                        capped.insert(waiter.id);
                        return false;
                    }
                    if awaited.contains(at) {
                        ready = false;
                        continue;
                    }
                    let from = pool.ready_at(size.segments, shared, (*sure_until, now.nanos));
                    if from.is_none_or(|from| from > now.nanos) {
                        awaited.insert(*at);
                        *lacks |= shared && from.is_none();
                        *wake = (*wake).into_iter().chain(from).min();
                        ready = false;
                    }
                }
                ready
            },
        );
        if !capped.is_empty() {
            let until = day::next(now.wall);
            let gone = queue.fair.remove(|waiter| !capped.contains(&waiter.id));
            for waiter in gone {
                let reason = Reason::CARRIER_DAILY_CAP;
                tells.push(Tell::to(waiter, Told::Hold { until, reason }));
            }
        }
        if let Some(waiter) = chosen {
            queue.busy = true;
            self.draw(&waiter.pools, waiter.ask.segments, now);
            tells.push(Tell::to(waiter, Told::Go));
        }
    }

    /// What the operator wants done with it.
    pub fn verdict(&self, ask: &Ask, now: UnixMillis, arriving: bool) -> Told {
        told(self.controls.verdict(ask, now, arriving))
    }
}

const fn size_of(ask: &Ask) -> Size {
    Size {
        urgent: ask.is_urgent(),
        tenant: ask.tenant,
        campaign: ask.campaign,
        segments: ask.segments,
    }
}

const fn told(verdict: Verdict) -> Told {
    match verdict {
        Verdict::Go => Told::Go,
        Verdict::Hold { until } => Told::Hold {
            until,
            reason: Reason::OPERATOR_PAUSED,
        },
        Verdict::Cancel => Told::Cancel,
    }
}
