//! When a chunk is released, and with which of its positions.
//!
//! A released position that nobody reports on is released again after a while: that alone repairs every
//! loss on the way. Held positions come back when their instant has come.
//!
//! Where a run is throttled, or only its canary may go, a chunk is released part by part, from its first position
//! on. What was never released is not in flight. Parts that follow each other do not put off each other's return:
//! what left after the retry's instant was set comes with the next one.

use std::time::Duration;

use contract::UnixMillis;
use contract::chunk::Outcome;

use crate::fold::Marks;

/// What is to be done with a chunk next. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has to report on it, and some of it was never released.
    Waiting,
    /// Released, in part at least; somebody still has to report. Counts against the window.
    InFlight,
    /// Held positions are left, and perhaps some that were never released.
    Held,
    /// Every position is settled.
    Settled,
}

impl Stage {
    pub const fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::InFlight => 1,
            Self::Held => 2,
            Self::Settled => 3,
        }
    }
}

/// The release state of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Releases since something last settled.
    pub attempts: u32,
    pub released_at: Option<UnixMillis>,
    /// When positions that are in flight or held without an instant may be released again.
    pub retry_at: UnixMillis,
    /// Positions from here on were never released.
    pub released_to: u16,
    /// Positions in flight from here on left after `retry_at` was set, and wait for the next one.
    pub retry_below: u16,
}

impl Timing {
    /// Of a chunk that nobody has seen yet.
    pub const NEW: Self = Self {
        attempts: 0,
        released_at: None,
        retry_at: UnixMillis(0),
        released_to: 0,
        retry_below: 0,
    };
}

/// Positions of a chunk that go now, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    pub positions: Vec<u16>,
    /// The last so many of them were never released before.
    pub fresh: usize,
}

/// How long to wait for reports.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub timeout: Duration,
    pub longest: Duration,
    /// Before positions held "until the campaign resumes" are tried again in a running campaign.
    pub pause_echo: Duration,
}

impl Patience {
    /// Doubles with every release that brought nothing, up to `longest`.
    pub fn after(&self, attempts: u32) -> Duration {
        doubled(self.timeout, attempts.saturating_sub(1)).min(self.longest)
    }
}

fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1u32.checked_shl(times.min(16)).unwrap_or(u32::MAX))
}

/// `at` plus `wait`.
pub fn later(at: UnixMillis, wait: Duration) -> UnixMillis {
    UnixMillis(at.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
}

/// Positions to release now: those in flight whose time is up, those held until an instant that has come, and at
/// most `fresh` that were never released.
pub fn due(marks: &Marks, timing: &Timing, now: UnixMillis, fresh: u64) -> Due {
    let retry = timing.retry_at <= now;
    // Where nothing of the earlier parts is on its way any more, the instant is that of the later ones.
    let below = if on_their_way(marks, timing.retry_below) {
        timing.retry_below
    } else {
        timing.released_to
    };
    let mut due = Due::default();
    for (position, mark) in marks.iter() {
        let new = position >= timing.released_to;
        let goes = match (mark.outcome, mark.until) {
            (Outcome::Held, Some(until)) => until <= now,
            (Outcome::Held, None) => retry || new,
            (Outcome::Pending, _) => new || (retry && position < below),
            _ => false,
        };
        if !goes {
            continue;
        }
        if new {
            if due.fresh as u64 >= fresh {
                break;
            }
            due.fresh += 1;
        }
        due.positions.push(position);
    }
    due
}

/// Notes that these are released now.
pub fn release(
    marks: &mut Marks,
    timing: &mut Timing,
    due: &Due,
    now: UnixMillis,
    patience: &Patience,
) {
    let first = timing.released_at.is_none();
    let retried = first || (timing.retry_at <= now && due.positions.len() > due.fresh);
    let alone = !on_their_way(marks, timing.released_to);
    let in_parts = due.fresh > 0 || timing.retry_below < timing.released_to;
    marks.release(&due.positions);
    if due.fresh > 0 {
        let last = due.positions.last().map_or(0, |last| last + 1);
        timing.released_to = timing.released_to.max(last);
    }
    let len = u16::try_from(marks.len()).unwrap_or(u16::MAX);
    if !waits(marks, timing.released_to) {
        timing.released_to = len;
    }
    timing.released_at = Some(now);
    if retried || alone || !in_parts {
        if retried {
            timing.attempts = timing.attempts.saturating_add(1);
        } else if alone && due.fresh > 0 {
            timing.attempts = 1;
        }
        timing.retry_below = timing.released_to;
        timing.retry_at = later(now, patience.after(timing.attempts));
    }
}

/// Is any position below `to` pending?
fn on_their_way(marks: &Marks, to: u16) -> bool {
    let mut below = marks.iter().take(usize::from(to));
    below.any(|(_, mark)| mark.outcome == Outcome::Pending)
}

/// Is any position open from `from` on?
fn waits(marks: &Marks, from: u16) -> bool {
    let mut beyond = marks.iter().skip(usize::from(from));
    beyond.any(|(_, mark)| !mark.outcome.is_settled())
}

/// Notes that a report moved something: the chunk is being worked on, so it gets its full time again. One that is
/// released part by part is always being worked on, and keeps its instant.
pub fn heard(
    marks: &Marks,
    timing: &mut Timing,
    settled_more: bool,
    now: UnixMillis,
    patience: &Patience,
) {
    if settled_more {
        timing.attempts = timing.attempts.min(1);
    }
    if timing.retry_below < timing.released_to {
        if !on_their_way(marks, timing.retry_below) {
            timing.retry_below = timing.released_to;
            timing.retry_at = later(now, patience.timeout);
        }
    } else if settled_more {
        timing.retry_at = timing.retry_at.max(later(now, patience.timeout));
    }
    if marks
        .iter()
        .any(|(_, mark)| mark.outcome == Outcome::Held && mark.until.is_none())
    {
        let echo =
            doubled(patience.pause_echo, timing.attempts.saturating_sub(1)).min(patience.longest);
        timing.retry_at = timing.retry_at.min(later(now, echo));
    }
}

/// The chunk's stage, and when it next wants to be looked at.
pub fn next(marks: &Marks, timing: &Timing) -> (Stage, UnixMillis) {
    let mut in_flight = false;
    let mut held = false;
    let mut fresh = false;
    let mut at = UnixMillis(i64::MAX);
    for (position, mark) in marks.iter() {
        match (mark.outcome, mark.until) {
            (Outcome::Held, Some(until)) => {
                held = true;
                at = at.min(until);
            }
            (Outcome::Held, None) => {
                held = true;
                at = at.min(timing.retry_at);
            }
            (Outcome::Pending, _) if position >= timing.released_to => fresh = true,
            (Outcome::Pending, _) => {
                in_flight = true;
                at = at.min(timing.retry_at);
            }
            _ => {}
        }
    }
    if in_flight {
        (Stage::InFlight, at)
    } else if held && (timing.released_at.is_some() || !fresh) {
        (Stage::Held, at)
    } else if fresh {
        (Stage::Waiting, UnixMillis(0))
    } else {
        (Stage::Settled, UnixMillis(i64::MAX))
    }
}

#[cfg(test)]
mod tests;
