//! Settings of the section `dispatch`; `defaults.toml` documents each.

use std::collections::BTreeMap;
use std::time::Duration;

use channels::account::AccountConfig;
use serde::Deserialize;

use crate::money::config::MoneyConfig;
use crate::pace::Rate;
use crate::reconcile;
use crate::retry;
use crate::route::breaker::Rules;
use crate::route::choose::Prefer;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub name: String,
    pub takeover_wait_ms: u64,
    pub chunks_at_once: usize,
    pub chunks_in_hand: usize,
    pub permit_batches_in_flight: usize,
    pub commit_every_ms: u64,
    pub commit_receipts_every_ms: u64,
    pub fold_every_ms: u64,
    pub receipts_for_hours: u32,
    pub lane: LaneConfig,
    pub routing: RoutingConfig,
    pub breaker: Rules,
    pub retry: retry::Rules,
    pub look_up: reconcile::Rules,
    /// Tenants whose keys control what all share.
    pub operators: Vec<String>,
    pub money: MoneyConfig,
    pub sends: SendsConfig,
    pub simulator: SimulatorConfig,
    pub providers: BTreeMap<String, AccountConfig>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneConfig {
    pub segments_per_second: u32,
    pub burst: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingConfig {
    pub prefer: Prefer,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendsConfig {
    pub valid_for_minutes: u32,
    pub answer_within_ms: u64,
    pub keep_days: u32,
    pub redrive_hours: u32,
}

impl SendsConfig {
    /// Milliseconds.
    pub fn valid_for_ms(&self) -> i64 {
        i64::from(self.valid_for_minutes) * 60_000
    }

    /// Milliseconds for which a text that failed may be redriven.
    pub fn redrive_ms(&self) -> i64 {
        i64::from(self.redrive_hours) * 3_600_000
    }

    pub fn answer_within(&self) -> Duration {
        Duration::from_millis(self.answer_within_ms)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatorConfig {
    pub address: String,
    pub log: String,
}

impl LaneConfig {
    pub fn rate(&self) -> Rate {
        Rate {
            per_second: f64::from(self.segments_per_second),
            burst: self.burst,
        }
    }
}

impl Config {
    pub fn commit_receipts_every(&self) -> Duration {
        Duration::from_millis(self.commit_receipts_every_ms)
    }

    pub fn commit_every(&self) -> Duration {
        Duration::from_millis(self.commit_every_ms)
    }

    pub fn fold_every(&self) -> Duration {
        Duration::from_millis(self.fold_every_ms)
    }

    /// Milliseconds for which a receipt is expected.
    pub fn receipts_for_ms(&self) -> i64 {
        i64::from(self.receipts_for_hours) * 3_600_000
    }
}
