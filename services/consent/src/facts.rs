//! What a decision is made from. Small, flat and hashable: it is also the key of the memo and, written
//! down, the evidence of why somebody was or was not texted.

use contract::{Class, DecisionId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::standing::Standing;

/// Seconds after which the age of an opt-out makes no difference any more.
const OPT_OUT_SECONDS_CAP: u16 = 301;

/// The facts of one person and one text at one minute. Facts that cannot matter for a class are left at
/// their zero, so that equal situations share one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Facts {
    pub class: Class,
    pub opted_in: bool,
    pub programme_out: bool,
    pub opted_out: bool,
    pub opt_out_seconds: u16,
    pub zone_known: bool,
    pub min_local_minute: u16,
    pub max_local_minute: u16,
}

impl Facts {
    /// The facts at `now_millis`; `minutes` are the earliest and latest local minute over the candidate
    /// zones, `None` where no zone is known.
    pub fn of(
        class: Class,
        programme: &str,
        standing: &Standing,
        minutes: Option<(u16, u16)>,
        now_millis: i64,
    ) -> Self {
        let timed = class == Class::Marketing;
        let consent = if timed {
            standing.programme(programme)
        } else {
            None
        };
        let (min, max) = if timed {
            minutes.unwrap_or((0, 0))
        } else {
            (0, 0)
        };
        let opt_out_seconds = match (class, standing.opted_out_at) {
            (Class::OptOutConfirmation, Some(at)) => u16::try_from((now_millis - at).max(0) / 1000)
                .map_or(OPT_OUT_SECONDS_CAP, |s| s.min(OPT_OUT_SECONDS_CAP)),
            _ => 0,
        };
        Self {
            class,
            opted_in: consent == Some(true),
            programme_out: consent == Some(false),
            opted_out: standing.opted_out_at.is_some(),
            opt_out_seconds,
            zone_known: timed && minutes.is_some(),
            min_local_minute: min,
            max_local_minute: max,
        }
    }

    /// The one way these facts are written: field order as declared.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Equal facts judged by equal policies are one decision.
    pub fn decision_id(&self, policy_set: &[u8; 32]) -> DecisionId {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(policy_set)
            .chain_update(self.canonical())
            .finalize()
            .into();
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        DecisionId::from_bytes(first)
    }
}
