//! What became of texts, in the commit that says it.

use chassis::{Engine, Tx};
use contract::Reason;
use contract::chunk::Outcome;
use contract::dispatch::HandOversRecorded;
use contract::ids::{MessageId, TenantId};
use sea_orm::ConnectionTrait;

use crate::db::ledger::hex;
use crate::redrive;
use crate::sends::NO_CAMPAIGN;

/// When a text that is held without an instant is looked at again.
const HELD_AGAIN_MS: i64 = 60_000;

/// What became of texts at hand-over, in the commit that says it. Rows only rise, so a repetition is harmless;
/// texts of others find no row.
pub async fn settle(
    engine: Engine,
    tx: &Tx,
    hand_overs: &[(TenantId, HandOversRecorded)],
    work_until: i64,
) -> anyhow::Result<()> {
    let slots = hand_overs.iter().flat_map(|(_, event)| &event.slots);
    let own = slots.filter(|slot| slot.campaign == NO_CAMPAIGN && slot.slot.chunk == 0);
    let lines: Vec<_> = own
        .filter_map(|slot| Some((slot, slot.items.first()?)))
        .map(|(slot, item)| {
            let id = MessageId::of(slot.slot.run, 0, item.position);
            let until = (item.outcome == Outcome::Held).then(|| {
                item.until
                    .map_or(slot.at.0 + HELD_AGAIN_MS, |until| until.0)
            });
            let (rank, reason) = (item.outcome.rank(), item.reason.as_str());
            let kept = redrive::may_come(item.outcome, &item.reason) && slot.at.0 < work_until;
            (
                hex(id.bytes()),
                rank,
                reason,
                hex(item.decision.bytes()),
                until,
                kept.then_some(work_until),
            )
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE api_message SET state = CAST(r.value->>1 AS BIGINT), reason = r.value->>2, decision = {}, \
         held_until = CAST(r.value->>4 AS BIGINT), due_at = CAST(r.value->>4 AS BIGINT), \
         work = CASE WHEN r.value->>4 IS NULL AND r.value->>5 IS NULL THEN NULL ELSE work END, \
         work_until = CAST(r.value->>5 AS BIGINT) \
         FROM {} AS r WHERE api_message.id = {} AND api_message.state <= CAST(r.value->>1 AS BIGINT)",
        engine.uuid("r.value->>3"),
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(engine.sql(sql, [json.into()])).await?;
    Ok(())
}

/// Texts that were unknown and no longer are: taken, or surely not.
pub async fn restate(
    engine: Engine,
    tx: &Tx,
    restated: &[(MessageId, Outcome, Reason)],
) -> anyhow::Result<()> {
    let lines: Vec<_> = restated
        .iter()
        .map(|(id, outcome, reason)| (hex(id.bytes()), outcome.rank(), reason.as_str()))
        .collect();
    let sql = format!(
        "UPDATE api_message SET state = CAST(r.value->>1 AS BIGINT), reason = r.value->>2 FROM {} AS r \
         WHERE api_message.id = {} AND api_message.state IN ({}, {})",
        engine.rows("$1"),
        engine.uuid("r.value->>0"),
        Outcome::Unknown.rank(),
        Outcome::Failed.rank()
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(engine.sql(sql, [json.into()])).await?;
    Ok(())
}

/// Texts that have arrived: number and words are needed no more.
pub async fn arrived(engine: Engine, tx: &Tx, arrived: &[MessageId]) -> anyhow::Result<()> {
    let lines: Vec<_> = arrived.iter().map(|id| [hex(id.bytes())]).collect();
    let sql = format!(
        "UPDATE api_message SET work = NULL, work_until = NULL WHERE work_until IS NOT NULL \
         AND id IN (SELECT {} FROM {} AS r)",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(engine.sql(sql, [json.into()])).await?;
    Ok(())
}
