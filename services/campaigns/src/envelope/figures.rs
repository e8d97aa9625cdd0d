//! What is known of a run when its envelope is judged.

use contract::Reason;
use contract::chunk::Outcome;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fold::Count;
use crate::percent::Percent;

/// An amount in millionths of the currency's unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    pub amount_micros: u64,
    /// ISO 4217, such as `EUR`.
    pub currency: String,
}

impl Money {
    pub fn is_well_formed(&self) -> bool {
        let letters = self.currency.as_bytes();
        letters.len() == 3 && letters.iter().all(u8::is_ascii_uppercase)
    }
}

/// Counts of people of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Released at least once.
    pub released: u64,
    /// Taken by the carrier, whatever became of it.
    pub handed_over: u64,
    /// Never taken by a carrier.
    pub failed: u64,
    /// Taken, and then not delivered.
    pub undelivered: u64,
    /// Failed or undelivered because a carrier's filter took it.
    pub filtered: u64,
    pub unknown: u64,
    pub opt_outs: u64,
    /// `None`: not known, or nobody needs to know.
    pub spend_micros: Option<u64>,
}

impl Figures {
    /// What the marks of a run say.
    pub fn add(&mut self, counts: &[Count]) {
        for Count {
            outcome,
            reason,
            count,
        } in counts
        {
            match outcome {
                Outcome::Failed => self.failed += count,
                Outcome::Unknown => self.unknown += count,
                Outcome::Undelivered => {
                    self.handed_over += count;
                    self.undelivered += count;
                }
                Outcome::HandedOver | Outcome::Delivered => self.handed_over += count,
                Outcome::Pending
                | Outcome::Held
                | Outcome::Expired
                | Outcome::Cancelled
                | Outcome::Suppressed => {}
            }
            let refused = matches!(outcome, Outcome::Failed | Outcome::Undelivered);
            if refused && *reason == Reason::CARRIER_FILTERED {
                self.filtered += count;
            }
        }
    }

    /// Texts with an outcome: those that consent stopped, or that were never due, are none.
    pub fn sample(&self) -> u64 {
        self.handed_over + self.failed + self.unknown
    }

    pub fn errors(&self) -> u64 {
        self.failed + self.undelivered
    }

    pub fn error_percent(&self) -> Percent {
        Percent::share(self.errors(), self.sample())
    }

    pub fn filtered_percent(&self) -> Percent {
        Percent::share(self.filtered, self.sample())
    }

    pub fn opt_out_percent(&self) -> Percent {
        Percent::share(self.opt_outs, self.handed_over)
    }
}
