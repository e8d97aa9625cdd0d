//! States that receipts raised within one batch, and what follows from them.

use channels::Fault;
use contract::chunk::Outcome;
use contract::consent::RecordProviderBlock;
use contract::dispatch::{Receipt, ReceiptsRecorded, UnknownSettled};
use contract::reason::Reason;
use contract::time::UnixMillis;
use contract::{Mode, TenantId};

use super::plan::{Work, said_to};
use crate::book::{CarrierReceipt, Rise};
use crate::db::carrier_code::CarrierCode;
use crate::route;

#[derive(Debug)]
pub struct Rising {
    now: UnixMillis,
    /// Milliseconds after which a text without a receipt is in doubt.
    silence_ms: Option<i64>,
    rises: Vec<Rise>,
    /// Lines up with the rises, which stay as small as they are logged.
    reasons: Vec<Reason>,
}

impl Rising {
    pub const fn new(now: UnixMillis, silence_ms: Option<i64>) -> Self {
        Self {
            now,
            silence_ms,
            rises: Vec::new(),
            reasons: Vec::new(),
        }
    }

    pub fn add(&mut self, work: &mut Work, provider: &str, receipt: &CarrierReceipt, rise: Rise) {
        work.blocks.extend(block(provider, receipt, rise, self.now));
        if rise.outcome == Outcome::Undelivered {
            work.codes.push(CarrierCode {
                message: rise.message(),
                outcome: rise.outcome,
                provider: provider.to_string(),
                code: receipt.code.clone(),
                fault: receipt.fault,
                at: receipt.at,
            });
        }
        let reason = match rise.outcome {
            Outcome::Delivered | Outcome::HandedOver => Reason::OK,
            Outcome::Failed => Reason::NOT_TAKEN,
            _ => Fault::receipt_reason(receipt.fault),
        };
        self.follow(work, rise, &reason);
        self.reasons.push(reason);
        self.rises.push(rise);
    }

    /// Who else has to know of a text that is in less doubt now.
    fn follow(&self, work: &mut Work, rise: Rise, reason: &Reason) {
        let message = rise.message();
        let was_unknown = was_unknown(rise);
        let silent = self
            .silence_ms
            .is_some_and(|ms| self.now.0 - rise.handed_at >= ms);
        if rise.handed == Outcome::Unknown || silent {
            work.risen.push((message, rise.outcome));
        }
        // Only these can be texts of the API.
        if (message.chunk(), message.position()) != (0, 0) {
            return;
        }
        if was_unknown {
            // The row tells of the hand-over alone.
            let (outcome, reason) = match rise.outcome {
                Outcome::Failed => (Outcome::Failed, reason.clone()),
                _ => (Outcome::HandedOver, Reason::OK),
            };
            work.restated.push((message, outcome, reason));
        }
        if rise.outcome == Outcome::Delivered {
            work.arrived.push(message);
        }
    }

    /// Tells the others; gives the rises back to be logged.
    pub fn say(self, work: &mut Work) -> Vec<Rise> {
        for (rise, reason) in self.rises.iter().zip(self.reasons) {
            let receipt = Receipt {
                message: rise.message(),
                outcome: rise.outcome,
                reason,
                at: self.now,
            };
            if was_unknown(*rise) {
                said_to(&mut work.settled, rise.tenant, || UnknownSettled {
                    items: Vec::new(),
                })
                .items
                .push(receipt.clone());
            }
            said_to(&mut work.receipts, rise.tenant, || ReceiptsRecorded {
                items: Vec::new(),
            })
            .items
            .push(receipt);
        }
        self.rises
    }
}

/// Only texts that were unknown fail behind their hand-over, so that those rise from what was unknown, too.
const fn was_unknown(rise: Rise) -> bool {
    matches!(rise.from, Outcome::Unknown | Outcome::Failed)
}

/// An opt-out that a receipt tells of, unless the carrier is the simulated one.
fn block(
    provider: &str,
    receipt: &CarrierReceipt,
    rise: Rise,
    at: UnixMillis,
) -> Option<(TenantId, RecordProviderBlock)> {
    let (phone, sender) = receipt.block.clone()?;
    let live = route::mode_of(provider) == Mode::Live;
    live.then(|| {
        let block = RecordProviderBlock {
            message: rise.message(),
            contact: None,
            phone,
            sender,
            provider: provider.to_string(),
            code: receipt.code.clone(),
            at,
        };
        (rise.tenant, block)
    })
}
