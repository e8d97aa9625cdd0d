//! Outcomes that stages report by position: suppressed, expired, cancelled, failed.

use contract::campaigns::ChunkSettled;
use contract::chunk::OutcomeGroup;
use contract::consent::ChunkScreened;
use contract::renderer::ChunkRendered;
use contract::{CampaignId, RunId, TenantId, UnixMillis};

use super::Ledger;
use crate::db::hops::{self, Hop};
use crate::db::messages::Handed;
use crate::db::runs::message_key;
use crate::fold::Step;

/// What one stage said of one chunk.
#[derive(Debug, Clone)]
pub struct Groups {
    pub tenant: TenantId,
    pub run: RunId,
    pub campaign: CampaignId,
    pub chunk: u32,
    pub stage: &'static str,
    pub at: UnixMillis,
    pub groups: Vec<OutcomeGroup>,
}

impl Groups {
    pub fn screened(tenant: TenantId, event: ChunkScreened) -> Self {
        let ChunkScreened {
            run,
            campaign,
            chunk,
            at,
            groups,
            ..
        } = event;
        Self {
            tenant,
            run,
            campaign,
            chunk,
            stage: "screened",
            at,
            groups,
        }
    }

    pub fn rendered(tenant: TenantId, event: ChunkRendered) -> Self {
        let ChunkRendered {
            run,
            campaign,
            chunk,
            at,
            groups,
            ..
        } = event;
        Self {
            tenant,
            run,
            campaign,
            chunk,
            stage: "rendered",
            at,
            groups,
        }
    }

    pub fn settled(tenant: TenantId, event: ChunkSettled) -> Self {
        let ChunkSettled {
            run,
            campaign,
            chunk,
            at,
            groups,
        } = event;
        Self {
            tenant,
            run,
            campaign,
            chunk,
            stage: "settled",
            at,
            groups,
        }
    }
}

impl Ledger {
    pub async fn groups(&self, batch: Vec<Groups>) -> anyhow::Result<()> {
        let ledger = self.clone();
        let fresh = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let named: Vec<_> = batch
                        .iter()
                        .map(|one| (one.run, one.tenant, Some(one.campaign)))
                        .collect();
                    let numbers = ledger.runs(tx, &named).await?;
                    let (mut rows, mut passed) = (Vec::new(), Vec::with_capacity(batch.len()));
                    for one in batch {
                        let Some(&run_no) = numbers.by_run.get(&one.run) else {
                            continue;
                        };
                        passed.push(Hop {
                            run_no,
                            chunk: one.chunk,
                            stage: one.stage,
                            at: one.at,
                        });
                        for group in &one.groups {
                            spread(run_no, one.chunk, one.at, group, &mut rows);
                        }
                    }
                    hops::put(tx, ledger.engine, passed).await?;
                    if !rows.is_empty() {
                        ledger.put_handed(tx, rows).await?;
                    }
                    Ok(numbers.fresh)
                })
            })
            .await?;
        self.remember(fresh);
        Ok(())
    }
}

/// Held and pending positions come back; only what is settled becomes a row.
fn spread(
    run_no: i64,
    chunk: u32,
    at: UnixMillis,
    group: &OutcomeGroup,
    rows: &mut Vec<(i64, Handed)>,
) {
    if !group.outcome.is_settled() {
        return;
    }
    let people = group.contacts.iter().zip(&group.decisions);
    for (position, (contact, decision)) in group.positions.iter().zip(people) {
        let handed = Handed {
            step: Step {
                rank: group.outcome.rank(),
                at: at.0,
                reason: group.reason.clone(),
            },
            segments: 0,
            contact: *contact,
            decision: *decision,
            provider: None,
            provider_message_id: None,
        };
        rows.push((message_key(run_no, chunk, *position), handed));
    }
}
