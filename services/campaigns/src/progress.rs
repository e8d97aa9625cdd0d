//! Sums over the chunks of a run. They always add up to its recipients.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::RunId;
use contract::chunk::Outcome;
use serde::Serialize;

use crate::fold::Count;
use crate::lifecycle::State;

/// How many recipients stand where.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct Sums {
    pub recipients: u64,
    pub pending: u64,
    /// Wait for an instant (quiet hours) or for a resume.
    pub held: u64,
    /// By reason code.
    pub suppressed: BTreeMap<String, u64>,
    pub cancelled: u64,
    pub expired: u64,
    /// By reason code.
    pub failed: BTreeMap<String, u64>,
    /// Nobody can say whether they were handed over; never resent.
    pub unknown: u64,
    pub handed_over: u64,
}

impl Sums {
    pub fn add(&mut self, counts: &[Count]) {
        for Count {
            outcome,
            reason,
            count,
        } in counts
        {
            self.recipients += count;
            *match outcome {
                Outcome::Pending => &mut self.pending,
                Outcome::Held => &mut self.held,
                Outcome::Expired => &mut self.expired,
                Outcome::Cancelled => &mut self.cancelled,
                Outcome::Suppressed => self.suppressed.entry(reason.to_string()).or_default(),
                Outcome::Failed => self.failed.entry(reason.to_string()).or_default(),
                Outcome::Unknown => &mut self.unknown,
                Outcome::HandedOver | Outcome::Undelivered | Outcome::Delivered => {
                    &mut self.handed_over
                }
            } += count;
        }
    }

    /// The sums of these counts alone.
    pub fn of(counts: &[Count]) -> Self {
        let mut sums = Self::default();
        sums.add(counts);
        sums
    }

    pub fn open(&self) -> u64 {
        self.pending + self.held
    }

    pub fn suppressed_total(&self) -> u64 {
        self.suppressed.values().sum()
    }

    pub fn failed_total(&self) -> u64 {
        self.failed.values().sum()
    }

    /// How a run that has nothing open ends, and why if that needs saying.
    pub fn ending(&self) -> (State, Option<&'static str>) {
        if self.recipients == 0 {
            (State::Completed, Some("audience.empty"))
        } else if self.expired == self.recipients {
            (State::Expired, Some("validity.ended"))
        } else {
            (State::Completed, None)
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct ChunkSums {
    pub total: u64,
    /// Released at least once.
    pub released: u64,
    pub settled: u64,
}

/// Which statement of a run's sums this is. All `null` until the run closes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct Stated {
    /// When nothing was pending any more, and the sums were stated as final.
    pub closed_at: Option<DateTime<Utc>>,
    /// 1 when the run closes; one more each time a late report changes the sums.
    pub revision: Option<u32>,
    /// When the sums last changed after they had been stated.
    pub restated_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Progress {
    pub state: State,
    pub state_reason: Option<String>,
    /// The run that the sums are of: the last one. `GET /v1/campaigns/{id}/runs` has them all.
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    /// The run whose failed recipients it texts again.
    #[schema(value_type = Option<String>)]
    pub retry_of: Option<RunId>,
    #[serde(flatten)]
    pub stated: Stated,
    #[serde(flatten)]
    pub sums: Sums,
    pub chunks: ChunkSums,
}

#[cfg(test)]
mod tests {
    use contract::Reason;

    use super::*;

    fn count(outcome: Outcome, reason: Reason, count: u64) -> Count {
        Count {
            outcome,
            reason,
            count,
        }
    }

    #[test]
    fn every_outcome_is_counted_exactly_once() {
        let mut sums = Sums::default();
        let counts: Vec<Count> = Outcome::ALL
            .into_iter()
            .map(|outcome| count(outcome, Reason::OK, 1))
            .collect();
        sums.add(&counts);
        let by_state = sums.open()
            + sums.suppressed_total()
            + sums.failed_total()
            + sums.cancelled
            + sums.expired
            + sums.unknown
            + sums.handed_over;
        assert_eq!((sums.recipients, by_state), (10, 10));
    }

    #[test]
    fn a_run_ends_completed_unless_everybody_expired() {
        let mut sums = Sums::default();
        assert_eq!(sums.ending(), (State::Completed, Some("audience.empty")));
        sums.add(&[count(Outcome::Expired, Reason::MESSAGE_EXPIRED, 3)]);
        assert_eq!(sums.ending(), (State::Expired, Some("validity.ended")));
        sums.add(&[count(Outcome::HandedOver, Reason::OK, 1)]);
        assert_eq!(sums.ending(), (State::Completed, None));
    }
}
