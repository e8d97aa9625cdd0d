//! Twilio's messaging API, and whatever speaks it.
//!
//! [`dialect`] writes requests and reads answers, [`look_up`] asks what became of a text, [`errors`] explains codes, [`webhook`] reads what Twilio
//! brings, once [`signature`] has shown that it is Twilio.

mod config;
mod dialect;
pub mod errors;
mod look_up;
pub mod signature;
mod webhook;

use std::time::Duration;

pub use config::TwilioConfig;
pub use dialect::TwilioDialect;
pub use webhook::TwilioWebhook;

use crate::tls;
use crate::web::{HttpProvider, Limits, Line};

pub type TwilioProvider = HttpProvider<TwilioDialect>;

/// An answer of the Messages API has about 1 KiB.
const LONGEST_ANSWER: usize = 64 * 1024;
/// One of a list of 100.
const LONGEST_LIST: usize = 1024 * 1024;

/// Opens an account; fails only on settings that cannot work.
pub fn open(name: &str, config: &TwilioConfig) -> anyhow::Result<TwilioProvider> {
    config.check()?;
    let endpoint = config.endpoint()?;
    let tls = match endpoint.tls {
        true => Some(tls::client(config.ca_file.as_deref())?),
        false => None,
    };
    let patience = Duration::from_secs(config.timeout_seconds);
    let asking = Line::new(endpoint.clone(), tls.clone(), patience, LONGEST_LIST)?;
    let line = Line::new(endpoint, tls, patience, LONGEST_ANSWER)?;
    let limits = Limits {
        at_once: config.connections,
        patience,
        longest_answer: LONGEST_ANSWER,
    };
    let dialect = TwilioDialect::new(name, config)?;
    Ok(HttpProvider::new(name, dialect, line, limits).asking(asking))
}
