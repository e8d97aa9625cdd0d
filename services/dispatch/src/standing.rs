//! Where a text stands by the ledger, receipts and look-ups included.

use channels::Fault;
use chassis::Db;
use contract::Reason;
use contract::chunk::Outcome;
use contract::ids::{MessageId, TenantId};

use crate::db::carrier_code::{self, CarrierCode};
use crate::db::items::Item;
use crate::db::ledger::{self, LedgerRow};
use crate::db::receipt_log;
use crate::{receipt_fold, slots};

/// A text that had a permit.
#[derive(Debug)]
pub struct Standing {
    pub row: LedgerRow,
    pub place: u8,
    pub outcome: Outcome,
    pub said: Vec<CarrierCode>,
}

impl Standing {
    pub fn item(&self) -> Option<&Item> {
        self.row
            .items
            .items
            .iter()
            .find(|item| item.place == self.place)
    }

    /// Why it stands there.
    pub fn reason(&self) -> Reason {
        let at_hand_over = || {
            let item = self.item();
            item.map_or(Reason::OUTCOME_UNKNOWN, |item| self.row.items.reason(item))
        };
        let handed = self.item().map(Item::outcome);
        match self.outcome {
            Outcome::Delivered | Outcome::HandedOver => Reason::OK,
            Outcome::Undelivered => {
                let said = self
                    .said
                    .iter()
                    .find(|one| one.outcome == Outcome::Undelivered);
                Fault::receipt_reason(said.and_then(|one| one.fault))
            }
            Outcome::Failed if handed == Some(Outcome::Unknown) => Reason::NOT_TAKEN,
            _ => at_hand_over(),
        }
    }
}

/// `None`: it had no permit, or is somebody else's.
pub async fn of(db: &Db, tenant: TenantId, id: MessageId) -> anyhow::Result<Option<Standing>> {
    let (engine, read) = (db.engine(), db.read());
    // The log first: what is folded between the two reads is then seen twice, not never.
    let logged = receipt_log::all(engine, read).await?;
    let Some((row, states)) = ledger::find(engine, read, tenant, id).await? else {
        return Ok(None);
    };
    let place = slots::place(id.position());
    let Some(handed) = row
        .items
        .items
        .iter()
        .find(|item| item.place == place)
        .map(Item::outcome)
    else {
        return Ok(None);
    };
    let folded = states
        .and_then(|states| states.get(usize::from(place)).copied())
        .and_then(Outcome::from_rank);
    let own = logged
        .into_iter()
        .filter(|(key, at, _)| *key == row.key && *at == place);
    let outcome = own.fold(folded.unwrap_or(handed), |state, (_, _, receipt)| {
        receipt_fold::fold(handed, state, receipt).unwrap_or(state)
    });
    let said = carrier_code::of_text(engine, read, id).await?;
    Ok(Some(Standing {
        row,
        place,
        outcome,
        said,
    }))
}
