//! `permit`: one row per text that was ever allowed to leave.

use ahash::AHashSet;
use chassis::Engine;
use contract::chunk::{SLOT_SIZE, SlotRef};
use contract::{DecisionId, Phone};
use sea_orm::ConnectionTrait;

use super::{digits, hex};
use crate::sabotage::{self, Mechanism};

/// A permit about to be granted.
#[derive(Debug, Clone, Copy)]
pub struct New {
    pub position: u16,
    pub decision: DecisionId,
    pub revision: i64,
    pub phone: Phone,
}

/// Grants these, of which none was granted before.
pub async fn grant(
    tx: &impl ConnectionTrait,
    engine: Engine,
    slot: SlotRef,
    permits: &[New],
    now: i64,
) -> anyhow::Result<()> {
    if permits.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = permits
        .iter()
        .map(|new| {
            (
                new.position,
                hex(new.decision),
                new.revision,
                digits(new.phone),
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO permit (run, chunk, granted_at, position, decision, revision, phone) \
         SELECT $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST(value->>0 AS BIGINT), {}, CAST(value->>2 AS BIGINT), \
         CAST(value->>3 AS BIGINT) FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->>1"),
        engine.rows("$4")
    );
    let values = [
        slot.run.uuid().into(),
        i64::from(slot.chunk).into(),
        now.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    let granted = tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected();
    // Another process granted some of them since we looked: nothing of this answer may stand.
    anyhow::ensure!(
        granted == permits.len() as u64 || sabotage::removed(Mechanism::PrimaryKey),
        "the slot is being asked for elsewhere; ask again"
    );
    Ok(())
}

/// Positions of the slot that have a permit.
pub async fn granted(
    tx: &impl ConnectionTrait,
    engine: Engine,
    slot: SlotRef,
) -> anyhow::Result<AHashSet<u16>> {
    if sabotage::removed(Mechanism::PrimaryKey) {
        return Ok(AHashSet::new());
    }
    let first = usize::from(slot.slot) * SLOT_SIZE;
    let sql = "SELECT position FROM permit WHERE run = $1 AND chunk = $2 AND position >= $3 AND position < $4";
    let values = [
        slot.run.uuid().into(),
        i64::from(slot.chunk).into(),
        i64::try_from(first)?.into(),
        i64::try_from(first + SLOT_SIZE)?.into(),
    ];
    let rows = tx.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter()
        .map(|row| Ok(u16::try_from(row.try_get_by_index::<i64>(0)?)?))
        .collect()
}
