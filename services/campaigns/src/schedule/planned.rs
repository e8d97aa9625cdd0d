//! How a campaign keeps what its schedule says beyond an instant.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::recurrence::Recurrence;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planned {
    /// Once, when the clocks of a zone show a time. The instant follows from it by the zone data of a release.
    Local {
        local: NaiveDateTime,
        timezone: String,
        zone_data: String,
    },
    Recurring(Recurrence),
}

impl Planned {
    pub fn recurrence(&self) -> Option<&Recurrence> {
        match self {
            Self::Recurring(recurrence) => Some(recurrence),
            Self::Local { .. } => None,
        }
    }
}
