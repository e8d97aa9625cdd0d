//! A provider over HTTP that is described by settings alone: how a request is written, how an answer is read,
//! how receipts and replies arrive.
//!
//! [`template`] fills placeholders, [`config`] is checked as a whole at start, [`dialect`] reads answers, [`look_up`] asks what became of a text,
//! [`webhook`] reads what the provider brings.

mod config;
mod dialect;
mod look_up;
mod template;
mod webhook;

use std::time::Duration;

pub use config::{Basic, BodyFormat, CustomConfig, ResponseConfig};
pub use dialect::CustomDialect;
pub use look_up::LookUpConfig;
pub use webhook::CustomWebhook;

use crate::tls;
use crate::web::{Endpoint, HttpProvider, Limits, Line};

pub type CustomProvider = HttpProvider<CustomDialect>;

const LONGEST_ANSWER: usize = 64 * 1024;

/// Opens an account; fails only on settings that cannot work, and says which.
pub fn open(name: &str, config: &CustomConfig) -> anyhow::Result<CustomProvider> {
    config.check()?;
    let dialect = CustomDialect::new(config)?;
    let endpoint = Endpoint::parse(&config.origin()?, config.allow_plain_http)?;
    let tls = match endpoint.tls {
        true => Some(tls::client(config.ca_file.as_deref())?),
        false => None,
    };
    let patience = Duration::from_secs(config.timeout_seconds);
    let asking = Line::new(endpoint.clone(), tls.clone(), patience, LONGEST_ANSWER)?;
    let line = Line::new(endpoint, tls, patience, LONGEST_ANSWER)?;
    let limits = Limits {
        at_once: config.connections,
        patience,
        longest_answer: LONGEST_ANSWER,
    };
    Ok(HttpProvider::new(name, dialect, line, limits).asking(asking))
}
