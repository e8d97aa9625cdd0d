//! Settings of this service; `defaults.toml` says what each means.

use std::time::Duration;

use serde::Deserialize;

use crate::appointment::put::Waits;
use crate::release::Patience;
use crate::timers::Pace;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub window: usize,
    pub release_parallel: usize,
    pub release_timeout_ms: u64,
    pub release_timeout_longest_ms: u64,
    pub restart_grace_ms: u64,
    pub poll_ms: u64,
    pub gate_wait_ms: u64,
    pub valid_for_hours: f64,
    pub batch: usize,
    pub recurring_late_minutes: u32,
    pub recurring_shortest_minutes_marketing: u32,
    pub recurring_shortest_minutes: u32,
    pub timer_batch: usize,
    pub timer_lease_ms: u64,
    pub event_ids_days: u16,
    pub webhook_private_addresses: bool,
    pub appointment_notice_seconds: u32,
    pub preflight_from: u64,
    pub approval_from: u64,
    pub preflight_minutes: u32,
    pub approval_drift_percent: f64,
    pub preflight_wait_ms: u64,
    pub appointment_join_minutes: u32,
    pub appointment_stands_text: String,
    pub keep_texts_days: u32,
    pub journey_run_days: u32,
    pub appointment_days: u32,
    pub occurrence_days: u32,
    pub preflight_days: u32,
    pub variant_outcome_days: u32,
}

impl Config {
    pub fn patience(&self) -> Patience {
        Patience {
            timeout: Duration::from_millis(self.release_timeout_ms),
            longest: Duration::from_millis(self.release_timeout_longest_ms),
            pause_echo: self.restart_grace(),
        }
    }

    pub fn restart_grace(&self) -> Duration {
        Duration::from_millis(self.restart_grace_ms)
    }

    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    /// How fast timers are fired.
    pub fn timers(&self) -> Pace {
        Pace {
            batch: self.timer_batch.max(1),
            lease: Duration::from_millis(self.timer_lease_ms),
            poll: self.poll(),
        }
    }

    /// How long changes of appointments are waited for.
    pub fn waits(&self) -> Waits {
        Waits {
            debounce: chrono::Duration::seconds(i64::from(self.appointment_notice_seconds)),
            join: chrono::Duration::minutes(i64::from(self.appointment_join_minutes)),
        }
    }

    /// How long rows of settled texts are kept; `None`: for ever.
    pub fn keep_texts(&self) -> Option<chrono::Duration> {
        let days = i64::from(self.keep_texts_days);
        (days > 0).then(|| chrono::Duration::days(days))
    }

    /// How long the question for a preflight waits for its end.
    pub fn preflight_wait(&self) -> Duration {
        Duration::from_millis(self.preflight_wait_ms)
    }

    pub fn gate_wait(&self) -> Duration {
        Duration::from_millis(self.gate_wait_ms)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_default_validity_is_one_that_a_campaign_may_have() {
        let hours: f64 = include_str!("defaults.toml")
            .lines()
            .find_map(|line| line.strip_prefix("valid_for_hours = "))
            .and_then(|hours| hours.parse().ok())
            .unwrap();
        assert!(contract::validity::hours(hours).is_ok());
    }
}
