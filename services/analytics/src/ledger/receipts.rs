//! What carriers said.

use contract::TenantId;
use contract::dispatch::ReceiptsRecorded;

use super::Ledger;
use crate::db::messages;
use crate::db::runs::{message_key, run_no_of};
use crate::fold::{Message, Moves, Step};

impl Ledger {
    /// A receipt may come before the hand-over it belongs to: its row then waits for the other half.
    pub async fn receipts(&self, batch: Vec<(TenantId, ReceiptsRecorded)>) -> anyhow::Result<()> {
        let ledger = self.clone();
        let fresh = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let items = || {
                        batch.iter().flat_map(|(tenant, event)| {
                            event.items.iter().map(move |item| (tenant, item))
                        })
                    };
                    let mut named: Vec<_> = items()
                        .map(|(tenant, item)| (item.message.run(), *tenant, None))
                        .collect();
                    named.dedup();
                    let numbers = ledger.runs(tx, &named).await?;
                    let mut rows = Vec::with_capacity(items().count());
                    for (_, item) in items() {
                        let message = item.message;
                        let Some(&run_no) = numbers.by_run.get(&message.run()) else {
                            continue;
                        };
                        let step = Step {
                            rank: item.outcome.rank(),
                            at: item.at.0,
                            reason: item.reason.clone(),
                        };
                        rows.push((
                            message_key(run_no, message.chunk(), message.position()),
                            step,
                        ));
                    }
                    ledger.put_receipts(tx, rows).await?;
                    Ok(numbers.fresh)
                })
            })
            .await?;
        self.remember(fresh);
        Ok(())
    }

    async fn put_receipts(
        &self,
        tx: &chassis::Tx,
        mut rows: Vec<(i64, Step)>,
    ) -> anyhow::Result<()> {
        rows.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| other.order().cmp(&one.order())));
        rows.dedup_by_key(|(mid, _)| *mid);
        let keys: Vec<i64> = rows.iter().map(|(mid, _)| *mid).collect();
        let mut before = messages::load(tx, self.engine, &keys).await?;
        let mut moves = Moves::default();
        rows.retain(|(mid, step)| {
            let before = before.remove(mid).unwrap_or_default();
            let rises = step.beats_all(before.receipt.as_ref());
            if rises {
                let after = Message {
                    receipt: Some(step.clone()),
                    ..before.clone()
                };
                moves.add(run_no_of(*mid), &before, &after);
            }
            rises
        });
        messages::put_receipts(tx, self.engine, rows).await?;
        self.apply(tx, moves).await
    }
}
