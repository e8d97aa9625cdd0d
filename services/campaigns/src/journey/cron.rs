//! The schedule of a trigger.

use crate::schedule::cron::{Cron, CronError};

/// Why this is no schedule: code, words, hint.
pub fn fault(text: &str) -> Option<(&'static str, String, String)> {
    let error: CronError = text.parse::<Cron>().err()?;
    let said = format!("`{text}`: {} (at character {}).", error.what, error.at + 1);
    Some((error.code(), said, error.hint.clone()))
}
