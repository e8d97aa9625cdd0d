//! How the simulated carrier behaves.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything a carrier can do to us. Percentages lie between 0 and 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmscOptions {
    pub receipt_delay_ms: Delay,
    /// Texts whose receipt says undelivered.
    pub failed_percent: f64,
    /// `None` lets anybody in.
    pub password: Option<String>,
    /// Where everything seen is written, as JSON lines.
    pub log: Option<PathBuf>,
    /// Every so many submits one is thrown back with ESME_RTHROTTLED.
    pub throttle_every: Option<u32>,
    pub refuse_bind: bool,
    /// Breaks the connection once, without a word, after so many submits.
    pub drop_connection_after: Option<u32>,
    /// Sends bytes that are not SMPP once, after so many submits.
    pub garbage_after: Option<u32>,
    pub no_receipt_percent: f64,
    pub duplicate_receipt_percent: f64,
    /// Texts that somebody answers with small talk.
    pub reply_percent: f64,
    /// Recipients who text STOP right after their first text.
    pub stop_percent: f64,
    /// Equal seeds, numbers and texts meet equal fates.
    pub seed: u64,
}

/// Evenly spread between both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    pub min: u32,
    pub max: u32,
}

impl Default for SmscOptions {
    fn default() -> Self {
        Self {
            receipt_delay_ms: Delay { min: 20, max: 70 },
            failed_percent: 2.0,
            password: None,
            log: None,
            throttle_every: None,
            refuse_bind: false,
            drop_connection_after: None,
            garbage_after: None,
            no_receipt_percent: 0.0,
            duplicate_receipt_percent: 0.0,
            reply_percent: 0.0,
            stop_percent: 0.0,
            seed: 1,
        }
    }
}
