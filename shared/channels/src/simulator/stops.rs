//! The log of a client that texts STOP through the carrier, and what it says together with the carrier's.

use std::io::BufRead;

use ahash::AHashMap;
use anyhow::Context;
use serde::{Deserialize, Serialize};

/// A STOP that waits longer has nobody but a fault to blame, whatever else happened later.
const LIFETIME_US: u64 = 10_000_000;

/// A line of the client's log: instants in Unix microseconds, of the clock that the carrier's log shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "e", rename_all = "snake_case")]
pub enum StopEntry {
    /// A person texted STOP; once a person.
    Sent { t: u64, number: String },
    /// The platform's own record says that this person's opt-out was confirmed then.
    Confirmed { t: u64, number: String },
    /// Something was killed …
    Down { t: u64 },
    /// … and everything was up again.
    Up { t: u64 },
}

/// Spread of a latency, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub count: u64,
    pub p50_us: u64,
    pub p99_us: u64,
    pub max_us: u64,
}

/// How long STOPs took. *Recorded*: from the person's text to our OK for it. *Confirmed*: to the confirmation
/// text at the carrier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StopFigures {
    pub sent: u64,
    /// Never answered with OK.
    pub unrecorded: u64,
    /// Confirmed by the platform's own record.
    pub confirmed_on_record: u64,
    /// Neither on record nor by a text.
    pub unconfirmed: u64,
    /// Of those in whose lifetime nothing was down.
    pub recorded: Spread,
    /// To the instant of confirmation on the platform's own record: from then on no text begins to leave.
    pub final_on_record: Spread,
    pub confirmed: Spread,
    /// Nothing was down, and no confirmation text came.
    pub confirmation_missing: u64,
    /// Of all that came, kills included.
    pub recorded_overall: Spread,
    pub confirmed_overall: Spread,
}

/// The client's log, read.
#[derive(Debug, Default)]
pub(super) struct StopLog {
    sent: Vec<(Box<str>, u64)>,
    /// Instants of confirmation by number, on the platform's record.
    pub(super) confirmed: AHashMap<Box<str>, u64>,
    /// From a kill until everything was up again.
    down: Vec<(u64, u64)>,
}

/// What the carrier saw of one person's STOP.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) recorded: Option<u64>,
    pub(super) confirmed: Option<u64>,
}

impl StopLog {
    pub(super) fn read(lines: impl BufRead) -> anyhow::Result<Self> {
        let mut log = Self::default();
        for (number, line) in lines.lines().enumerate() {
            let line = line?;
            let entry = serde_json::from_str(&line)
                .with_context(|| format!("line {} of the STOP client's log", number + 1))?;
            match entry {
                StopEntry::Sent { t, number } => log.sent.push((number.into(), t)),
                StopEntry::Confirmed { t, number } => {
                    log.confirmed.entry(number.into()).or_insert(t);
                }
                StopEntry::Down { t } => log.down.push((t, u64::MAX)),
                StopEntry::Up { t } => {
                    for open in log.down.iter_mut().filter(|(_, until)| *until == u64::MAX) {
                        open.1 = t;
                    }
                }
            }
        }
        Ok(log)
    }

    pub(super) fn figures(&self, seen: impl Fn(&str) -> Seen) -> StopFigures {
        let mut figures = StopFigures {
            sent: self.sent.len() as u64,
            ..StopFigures::default()
        };
        let (mut recorded, mut on_record_after, mut confirmed) =
            (Vec::new(), Vec::new(), Vec::new());
        let (mut recorded_overall, mut confirmed_overall) = (Vec::new(), Vec::new());
        for (number, sent) in &self.sent {
            let seen = seen(number);
            let took = |at: Option<u64>| at.map(|at| at.saturating_sub(*sent));
            let (to_record, to_confirm) = (took(seen.recorded), took(seen.confirmed));
            let on_record_at = self.confirmed.get(number).copied();
            let on_record = on_record_at.is_some();
            figures.unrecorded += u64::from(to_record.is_none());
            figures.confirmed_on_record += u64::from(on_record);
            figures.unconfirmed += u64::from(!on_record && to_confirm.is_none());
            recorded_overall.extend(to_record);
            confirmed_overall.extend(to_confirm);
            let until = sent + to_confirm.map_or(LIFETIME_US, |took| took.min(LIFETIME_US));
            let disturbed = |(down, up): &(u64, u64)| *down <= until && *sent <= *up;
            if self.down.iter().any(disturbed) {
                continue;
            }
            recorded.extend(to_record);
            on_record_after.extend(took(on_record_at));
            confirmed.extend(to_confirm);
            figures.confirmation_missing += u64::from(to_confirm.is_none());
        }
        figures.recorded = Spread::of(recorded);
        figures.final_on_record = Spread::of(on_record_after);
        figures.confirmed = Spread::of(confirmed);
        figures.recorded_overall = Spread::of(recorded_overall);
        figures.confirmed_overall = Spread::of(confirmed_overall);
        figures
    }
}

impl Spread {
    /// Of these, in any order; percentiles by nearest rank.
    pub fn of(mut took: Vec<u64>) -> Self {
        took.sort_unstable();
        let rank = |percent: usize| {
            let at = (took.len() * percent).div_ceil(100).max(1) - 1;
            took.get(at).copied().unwrap_or(0)
        };
        Self {
            count: took.len() as u64,
            p50_us: rank(50),
            p99_us: rank(99),
            max_us: rank(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_read_off_the_sorted_values() {
        let expected = Spread {
            count: 200,
            p50_us: 100,
            p99_us: 198,
            max_us: 200,
        };
        assert_eq!(Spread::of((1..=200).rev().collect()), expected);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
        assert_eq!(Spread::of(vec![7]).p99_us, 7);
    }
}
