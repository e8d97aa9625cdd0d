//! Which routes texts took.

use contract::TenantId;
use contract::dispatch::TextsRouted;

use super::Ledger;
use crate::db::routes;
use crate::db::runs::message_key;

impl Ledger {
    pub async fn routes(&self, batch: Vec<(TenantId, TextsRouted)>) -> anyhow::Result<()> {
        let ledger = self.clone();
        let fresh = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let groups = || {
                        batch.iter().flat_map(|(tenant, event)| {
                            event.groups.iter().map(move |group| (tenant, group))
                        })
                    };
                    let mut named: Vec<_> = groups()
                        .map(|(tenant, group)| (group.slot.run, *tenant, Some(group.campaign)))
                        .collect();
                    named.dedup();
                    let numbers = ledger.runs(tx, &named).await?;
                    let mut rows = Vec::new();
                    for (_, group) in groups() {
                        let Some(&run_no) = numbers.by_run.get(&group.slot.run) else {
                            continue;
                        };
                        let routed = serde_json::to_string(&group.routed)?;
                        rows.extend(group.positions.iter().map(|position| {
                            let mid = message_key(run_no, group.slot.chunk, *position);
                            (mid, routed.clone())
                        }));
                    }
                    routes::put(tx, ledger.engine, rows).await?;
                    Ok(numbers.fresh)
                })
            })
            .await?;
        self.remember(fresh);
        Ok(())
    }
}
