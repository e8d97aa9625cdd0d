//! States that receipts raised within one batch, and what follows from them.

use channels::Fault;
use contract::chunk::Outcome;
use contract::consent::RecordProviderBlock;
use contract::dispatch::{Receipt, ReceiptsRecorded};
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
    rises: Vec<Rise>,
    /// Lines up with the rises, which stay as small as they are logged.
    reasons: Vec<Reason>,
}

impl Rising {
    pub const fn new(now: UnixMillis) -> Self {
        Self {
            now,
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
        self.reasons.push(match rise.outcome {
            Outcome::Delivered => Reason::OK,
            _ => Fault::receipt_reason(receipt.fault),
        });
        self.rises.push(rise);
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
            said_to(&mut work.receipts, rise.tenant, || ReceiptsRecorded {
                items: Vec::new(),
            })
            .items
            .push(receipt);
        }
        self.rises
    }
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
