//! How a carrier has done lately: how long hand-overs took, and what went wrong. The time is an argument.

use std::time::Duration;

use channels::Fault;

/// Four buckets to a doubling, from a microsecond to about an hour.
const BUCKETS: usize = 128;
/// Figures are of the current stretch and the one before it.
const STRETCH: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
struct Stretch {
    took: [u32; BUCKETS],
    taken: u64,
    faults: [u64; Fault::ALL.len()],
}

impl Default for Stretch {
    fn default() -> Self {
        Self {
            took: [0; BUCKETS],
            taken: 0,
            faults: [0; Fault::ALL.len()],
        }
    }
}

#[derive(Debug, Default)]
pub struct Tally {
    now: Stretch,
    before: Stretch,
    number: u64,
}

/// What [`Tally`] says of the last five to ten minutes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// `None` before the first hand-over.
    pub p50: Option<Duration>,
    pub p99: Option<Duration>,
    /// Texts that the carrier took.
    pub taken: u64,
    /// Texts by fault, those of which there were any.
    pub faults: Vec<(Fault, u64)>,
}

impl Tally {
    /// A hand-over has ended.
    pub fn add(
        &mut self,
        now: Duration,
        took: Duration,
        taken: u64,
        faults: impl IntoIterator<Item = Fault>,
    ) {
        self.turn(now);
        let count = &mut self.now.took[bucket(took)];
        *count = count.saturating_add(1);
        self.now.taken += taken;
        for fault in faults {
            if let Some(at) = Fault::ALL.iter().position(|one| *one == fault) {
                self.now.faults[at] += 1;
            }
        }
    }

    pub fn figures(&mut self, now: Duration) -> Figures {
        self.turn(now);
        let both = |at: usize| u64::from(self.now.took[at]) + u64::from(self.before.took[at]);
        let all: u64 = (0..BUCKETS).map(both).sum();
        let quantile = |percent: u64| {
            let rank = (all * percent).div_ceil(100).max(1);
            let mut seen = 0;
            (0..BUCKETS)
                .find(|at| {
                    seen += both(*at);
                    seen >= rank
                })
                .map(upper)
        };
        let faults = Fault::ALL.iter().enumerate().map(|(at, fault)| {
            let count = self.now.faults[at] + self.before.faults[at];
            (*fault, count)
        });
        Figures {
            p50: quantile(50).filter(|_| all > 0),
            p99: quantile(99).filter(|_| all > 0),
            taken: self.now.taken + self.before.taken,
            faults: faults.filter(|(_, count)| *count > 0).collect(),
        }
    }

    fn turn(&mut self, now: Duration) {
        let number = now.as_secs() / STRETCH.as_secs();
        match number.saturating_sub(self.number) {
            0 => return,
            1 => self.before = std::mem::take(&mut self.now),
            _ => (self.now, self.before) = (Stretch::default(), Stretch::default()),
        }
        self.number = number;
    }
}

/// The bucket of a duration: its highest bit and the two below it.
fn bucket(took: Duration) -> usize {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(4);
    let top = micros.ilog2();
    let quarter = (micros >> (top - 2)) & 3;
    let at = u64::from(top - 2) * 4 + quarter;
    usize::try_from(at).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// Where a bucket ends.
fn upper(at: usize) -> Duration {
    let (octave, quarter) = (at / 4, at as u64 % 4);
    Duration::from_micros((5 + quarter) << octave)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_and_faults_are_of_the_last_two_stretches() {
        let mut tally = Tally::default();
        assert_eq!(tally.figures(Duration::ZERO), Figures::default());
        for n in 0..99 {
            tally.add(Duration::from_secs(n), Duration::from_millis(2), 1, []);
        }
        let faults = [Fault::Throttled, Fault::Throttled, Fault::Account];
        tally.add(Duration::from_secs(100), Duration::from_secs(3), 0, faults);
        let figures = tally.figures(Duration::from_secs(350));
        assert_eq!(figures.taken, 99);
        assert_eq!(figures.faults, [(Fault::Throttled, 2), (Fault::Account, 1)]);
        let (p50, p99) = (figures.p50.unwrap(), figures.p99.unwrap());
        assert!(
            p50 >= Duration::from_millis(2) && p50 < Duration::from_micros(2600),
            "{p50:?}"
        );
        assert_eq!(p50, p99);
        tally.add(Duration::from_secs(351), Duration::from_secs(3), 0, []);
        let p99 = tally.figures(Duration::from_secs(352)).p99.unwrap();
        assert!(p99 >= Duration::from_secs(3), "{p99:?}");
        assert_eq!(tally.figures(Duration::from_secs(1200)), Figures::default());
    }

    proptest! {
        #[test]
        fn a_bucket_ends_at_most_a_quarter_above_what_falls_into_it(micros in 4_u64..3_000_000_000) {
            let end = upper(bucket(Duration::from_micros(micros))).as_micros();
            prop_assert!(end > u128::from(micros), "{end}");
            prop_assert!(end <= u128::from(micros) * 5 / 4 + 1, "{end}");
        }
    }
}
