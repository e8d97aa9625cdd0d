//! Settings; `defaults.toml` explains each.

use std::time::Duration;

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub permit_good_for_ms: u32,
    pub screen_concurrency: usize,
    pub confirmation_text: String,
    pub appointment_stands_wait_ms: u64,
    pub help_text: String,
    pub double_opt_in_text: String,
    pub extra_policies: String,
    pub keep_consent_days: u32,
    pub keep_decisions_days: u32,
    pub keep_reviews_days: u32,
    pub keep_reply_texts_days: u32,
}

impl Config {
    /// How long campaigns may take to say what still stands.
    pub fn appointment_stands_wait(&self) -> Duration {
        Duration::from_millis(self.appointment_stands_wait_ms)
    }
}
