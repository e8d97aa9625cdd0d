//! How a carrier does: its circuit breaker and its figures, shared by all who hand over to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use channels::SubmitOutcome;
use channels::fault::Fault;

use crate::route::breaker::{Breaker, Pass, Rules, Standing};
use crate::route::tally::{Figures, Tally};

#[derive(Debug)]
pub struct LinkHealth {
    since: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    breaker: Breaker,
    tally: Tally,
}

impl LinkHealth {
    pub fn new(rules: Rules) -> Self {
        Self {
            since: Instant::now(),
            inner: Mutex::new(Inner {
                breaker: Breaker::new(rules),
                tally: Tally::default(),
            }),
        }
    }

    pub fn standing(&self) -> Standing {
        self.lock().breaker.standing(self.since.elapsed())
    }

    /// Times the breaker has opened, and the figures of the last minutes.
    pub fn figures(&self) -> (u64, Figures) {
        let now = self.since.elapsed();
        let mut inner = self.lock();
        (inner.breaker.opened(), inner.tally.figures(now))
    }

    /// Leave to hand over, if the breaker gives it.
    pub fn pass(&self) -> Option<Passing<'_>> {
        let pass = self.lock().breaker.pass(self.since.elapsed())?;
        Some(Passing {
            health: self,
            pass: Some(pass),
        })
    }

    /// Leave whatever the breaker says.
    pub const fn pass_anyway(&self) -> Passing<'_> {
        Passing {
            health: self,
            pass: Some(Breaker::pass_anyway()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to hand over once. Dropped unused, it makes room for another.
#[derive(Debug)]
pub struct Passing<'h> {
    health: &'h LinkHealth,
    pass: Option<Pass>,
}

impl Passing<'_> {
    /// Says how it went.
    pub fn went<'o>(
        mut self,
        took: Duration,
        outcomes: impl Iterator<Item = &'o SubmitOutcome>,
    ) -> Standing {
        let (mut texts, mut taken, mut faults) = (0_u32, 0, Vec::new());
        for outcome in outcomes {
            texts += 1;
            match outcome.fault() {
                Some(fault) => faults.push(fault),
                None => taken += 1,
            }
        }
        let of_the_carrier = faults.iter().filter(|fault| counts(**fault)).count();
        let of_the_carrier = u32::try_from(of_the_carrier).unwrap_or(u32::MAX);
        let now = self.health.since.elapsed();
        let mut inner = self.health.lock();
        inner.tally.add(now, took, taken, faults);
        if let Some(pass) = self.pass.take() {
            inner.breaker.went(&pass, now, texts, of_the_carrier);
        }
        inner.breaker.standing(now)
    }
}

/// Throttling is the pace's affair: a carrier that is asked too fast is not ill. What expired waited for a carrier
/// that did not take it.
const fn counts(fault: Fault) -> bool {
    match fault {
        Fault::Throttled => false,
        Fault::Expired => true,
        other => other.is_of_the_route(),
    }
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            self.health.lock().breaker.unused(&pass);
        }
    }
}
