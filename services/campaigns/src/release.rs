//! When a chunk is released, and with which of its positions.
//!
//! A released position that nobody reports on is released again after a while: that alone repairs every
//! loss on the way. Held positions come back when their instant has come.

use std::time::Duration;

use contract::UnixMillis;
use contract::chunk::Outcome;

use crate::fold::Marks;

/// What is to be done with a chunk next. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Frozen, never released.
    Waiting,
    /// Released; somebody still has to report. Counts against the window.
    InFlight,
    /// Only held positions are left.
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

/// Positions to release now: those in flight whose time is up (all of them where the chunk was never
/// released) and those held until an instant that has come.
pub fn due(marks: &Marks, timing: &Timing, now: UnixMillis) -> Vec<u16> {
    let retry = timing.released_at.is_none() || timing.retry_at <= now;
    marks
        .iter()
        .filter(|(_, mark)| match (mark.outcome, mark.until) {
            (Outcome::Held, Some(until)) => until <= now,
            (Outcome::Pending | Outcome::Held, _) => retry,
            _ => false,
        })
        .map(|(position, _)| position)
        .collect()
}

/// Notes that `positions` are released now.
pub fn release(
    marks: &mut Marks,
    timing: &mut Timing,
    positions: &[u16],
    now: UnixMillis,
    patience: &Patience,
) {
    let retried = timing.released_at.is_none() || timing.retry_at <= now;
    marks.release(positions);
    if retried {
        timing.attempts = timing.attempts.saturating_add(1);
    }
    timing.released_at = Some(now);
    timing.retry_at = later(now, patience.after(timing.attempts));
}

/// Notes that a report moved something: the chunk is being worked on, so it gets its full time again.
pub fn heard(
    marks: &Marks,
    timing: &mut Timing,
    settled_more: bool,
    now: UnixMillis,
    patience: &Patience,
) {
    if settled_more {
        timing.attempts = timing.attempts.min(1);
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
    let mut at = UnixMillis(i64::MAX);
    for (_, mark) in marks.iter() {
        match (mark.outcome, mark.until) {
            (Outcome::Held, Some(until)) => {
                held = true;
                at = at.min(until);
            }
            (Outcome::Held, None) => {
                held = true;
                at = at.min(timing.retry_at);
            }
            (Outcome::Pending, _) => {
                in_flight = true;
                at = at.min(timing.retry_at);
            }
            _ => {}
        }
    }
    match (in_flight || held, timing.released_at) {
        (false, _) => (Stage::Settled, UnixMillis(i64::MAX)),
        // Frozen with an instant of its own, which is still to come.
        (true, None) if !in_flight => (Stage::Held, at),
        (true, None) => (Stage::Waiting, UnixMillis(0)),
        (true, Some(_)) if in_flight => (Stage::InFlight, at),
        (true, Some(_)) => (Stage::Held, at),
    }
}

#[cfg(test)]
mod tests {
    use contract::Reason;

    use super::*;
    use crate::fold::Mark;

    const PATIENCE: Patience = Patience {
        timeout: Duration::from_secs(30),
        longest: Duration::from_secs(300),
        pause_echo: Duration::from_secs(2),
    };
    const NEW: Timing = Timing {
        attempts: 0,
        released_at: None,
        retry_at: UnixMillis(0),
    };

    fn held(until: Option<i64>) -> Mark {
        Mark::new(Outcome::Held, Reason::QUIET_HOURS, until.map(UnixMillis))
    }

    #[test]
    fn a_chunk_nobody_reports_on_is_released_again_at_growing_distances() {
        let mut marks = Marks::pending(3);
        let mut timing = NEW;
        let mut now = UnixMillis(1_000);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let positions = due(&marks, &timing, now);
            assert_eq!(positions, [0, 1, 2]);
            release(&mut marks, &mut timing, &positions, now, &PATIENCE);
            assert!(due(&marks, &timing, UnixMillis(timing.retry_at.0 - 1)).is_empty());
            waits.push((timing.retry_at.0 - now.0) / 1000);
            now = timing.retry_at;
        }
        assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
    }

    #[test]
    fn only_unsettled_positions_are_released_again() {
        let mut marks = Marks::pending(3);
        let mut timing = NEW;
        release(
            &mut marks,
            &mut timing,
            &[0, 1, 2],
            UnixMillis(0),
            &PATIENCE,
        );
        marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[1]);
        assert_eq!(due(&marks, &timing, timing.retry_at), [0, 2]);
    }

    #[test]
    fn held_positions_come_back_at_their_instant_and_not_before() {
        let mut marks = Marks::pending(3);
        let mut timing = NEW;
        release(
            &mut marks,
            &mut timing,
            &[0, 1, 2],
            UnixMillis(0),
            &PATIENCE,
        );
        marks.fold(&held(Some(50_000)), &[0]);
        marks.fold(&held(Some(90_000)), &[1]);
        marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[2]);
        assert_eq!(next(&marks, &timing), (Stage::Held, UnixMillis(50_000)));
        assert!(due(&marks, &timing, UnixMillis(49_999)).is_empty());
        assert_eq!(due(&marks, &timing, UnixMillis(50_000)), [0]);
        release(&mut marks, &mut timing, &[0], UnixMillis(50_000), &PATIENCE);
        assert_eq!(next(&marks, &timing).0, Stage::InFlight);
        marks.fold(
            &Mark::new(Outcome::Suppressed, Reason::NO_CONSENT, None),
            &[0, 1],
        );
        assert_eq!(next(&marks, &timing).0, Stage::Settled);
    }

    #[test]
    fn a_chunk_that_was_frozen_for_later_waits_for_its_instant_alone() {
        let marks = Marks::all(3, held(Some(50_000)));
        assert_eq!(next(&marks, &NEW), (Stage::Held, UnixMillis(50_000)));
        assert!(due(&marks, &NEW, UnixMillis(49_999)).is_empty());
        assert_eq!(due(&marks, &NEW, UnixMillis(50_000)), [0, 1, 2]);
    }

    #[test]
    fn positions_held_until_a_resume_are_tried_again_soon() {
        let mut marks = Marks::pending(1);
        let mut timing = NEW;
        release(&mut marks, &mut timing, &[0], UnixMillis(0), &PATIENCE);
        marks.fold(
            &Mark::new(Outcome::Held, Reason::CAMPAIGN_PAUSED, None),
            &[0],
        );
        heard(&marks, &mut timing, false, UnixMillis(100), &PATIENCE);
        assert_eq!(next(&marks, &timing), (Stage::Held, UnixMillis(2_100)));
        assert_eq!(due(&marks, &timing, UnixMillis(2_100)), [0]);
    }

    #[test]
    fn a_chunk_that_makes_headway_gets_its_full_time_again() {
        let mut marks = Marks::pending(2);
        let mut timing = Timing {
            attempts: 3,
            released_at: Some(UnixMillis(0)),
            retry_at: UnixMillis(120_000),
        };
        marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[1]);
        heard(&marks, &mut timing, true, UnixMillis(100_000), &PATIENCE);
        assert_eq!((timing.attempts, timing.retry_at), (1, UnixMillis(130_000)));
    }
}
