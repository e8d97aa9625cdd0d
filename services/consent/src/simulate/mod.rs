//! What would another policy set change? Pure: two policy sets and the same situations in, the difference out.

mod again;
mod sends;

use ahash::AHashMap;
use contract::Reason;

pub use again::again;
pub use sends::{Send, Sends, replay};

use crate::decision::{Effect, Verdict};

/// Samples kept of each change.
const SAMPLES: usize = 10;

/// How many came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub allow: u64,
    pub deny: u64,
    pub defer: u64,
}

impl Totals {
    const fn add(&mut self, effect: Effect, count: u64) {
        match effect {
            Effect::Allow => self.allow += count,
            Effect::Deny => self.deny += count,
            Effect::Defer => self.defer += count,
        }
    }
}

/// An effect with its weightiest reason.
pub type Outcome = (Effect, Reason);

/// What came out of a verdict.
pub fn outcome(verdict: &Verdict) -> Outcome {
    (verdict.effect, verdict.reason.clone())
}

/// Those that changed in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub before: Outcome,
    pub after: Outcome,
    pub count: u64,
    /// Ids of some of them.
    pub samples: Vec<String>,
}

/// The comparison so far.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub evaluated: u64,
    pub before: Totals,
    pub after: Totals,
    changes: AHashMap<(Outcome, Outcome), (u64, Vec<String>)>,
}

impl Tally {
    /// Counts one situation; `sample` names it if a sample is wanted.
    pub fn add(&mut self, before: &Outcome, after: &Outcome, sample: impl FnOnce() -> String) {
        self.evaluated += 1;
        self.before.add(before.0, 1);
        self.after.add(after.0, 1);
        if before == after {
            return;
        }
        let key = (before.clone(), after.clone());
        let (count, samples) = self.changes.entry(key).or_default();
        *count += 1;
        if samples.len() < SAMPLES {
            samples.push(sample());
        }
    }

    /// The changes, the most frequent first.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = self
            .changes
            .iter()
            .map(|((before, after), (count, samples))| Change {
                before: before.clone(),
                after: after.clone(),
                count: *count,
                samples: samples.clone(),
            })
            .collect();
        changes.sort_by(|a, b| {
            (b.count, &a.before.1, &a.after.1).cmp(&(a.count, &b.before.1, &b.after.1))
        });
        changes
    }
}

#[cfg(test)]
mod tests;
