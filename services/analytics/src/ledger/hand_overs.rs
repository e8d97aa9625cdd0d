//! What dispatch made of slots.

use std::sync::Arc;

use contract::TenantId;
use contract::dispatch::{HandOversRecorded, SlotOutcome};

use super::Ledger;
use crate::db::messages::Handed;
use crate::db::runs::message_key;
use crate::fold::Step;

impl Ledger {
    pub async fn hand_overs(
        &self,
        batch: Vec<(TenantId, HandOversRecorded)>,
    ) -> anyhow::Result<()> {
        let ledger = self.clone();
        let fresh = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let slots = || {
                        batch.iter().flat_map(|(tenant, event)| {
                            event.slots.iter().map(move |slot| (tenant, slot))
                        })
                    };
                    let mut named: Vec<_> = slots()
                        .map(|(tenant, slot)| (slot.slot.run, *tenant, Some(slot.campaign)))
                        .collect();
                    named.dedup();
                    let numbers = ledger.runs(tx, &named).await?;
                    let mut rows =
                        Vec::with_capacity(slots().map(|(_, slot)| slot.items.len()).sum());
                    for slot in batch.into_iter().flat_map(|(_, event)| event.slots) {
                        if let Some(&run_no) = numbers.by_run.get(&slot.slot.run) {
                            spread(run_no, slot, &mut rows);
                        }
                    }
                    ledger.put_handed(tx, rows).await?;
                    Ok(numbers.fresh)
                })
            })
            .await?;
        self.remember(fresh);
        Ok(())
    }
}

fn spread(run_no: i64, slot: SlotOutcome, rows: &mut Vec<(i64, Handed)>) {
    let provider: Option<Arc<str>> = (!slot.provider.is_empty()).then(|| slot.provider.into());
    for item in slot.items {
        if !item.outcome.is_settled() {
            continue;
        }
        let id = item.provider_message_id;
        let handed = Handed {
            step: Step {
                rank: item.outcome.rank(),
                at: slot.at.0,
                reason: item.reason,
            },
            segments: item.segments,
            contact: item.contact,
            decision: item.decision,
            provider: provider.clone(),
            provider_message_id: (!id.is_empty()).then_some(id),
        };
        rows.push((message_key(run_no, slot.slot.chunk, item.position), handed));
    }
}
