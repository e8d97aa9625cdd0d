//! `permit`: one row per text that was ever allowed to leave.

use ahash::AHashSet;
use chassis::Engine;
use contract::chunk::SlotRef;
use contract::{DecisionId, Phone};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{digits, hex};

/// A permit about to be granted.
#[derive(Debug, Clone, Copy)]
pub struct New {
    pub position: u16,
    pub decision: DecisionId,
    pub revision: i64,
    pub phone: Phone,
}

/// Grants those that were never granted before; returns their positions.
pub async fn grant(
    tx: &impl ConnectionTrait,
    engine: Engine,
    slot: SlotRef,
    permits: &[New],
    now: i64,
) -> anyhow::Result<AHashSet<u16>> {
    if permits.is_empty() {
        return Ok(AHashSet::new());
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
         CAST(value->>3 AS BIGINT) FROM {} AS r WHERE true ON CONFLICT DO NOTHING RETURNING position",
        engine.uuid("value->>1"),
        engine.rows("$4")
    );
    let values = [
        slot.run.uuid().into(),
        i64::from(slot.chunk).into(),
        now.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    positions(&tx.query_all_raw(engine.sql(sql, values)).await?)
}

/// Which of these positions have a permit?
pub async fn granted(
    tx: &impl ConnectionTrait,
    engine: Engine,
    slot: SlotRef,
    asked: &[u16],
) -> anyhow::Result<AHashSet<u16>> {
    if asked.is_empty() {
        return Ok(AHashSet::new());
    }
    let rows: Vec<[u16; 1]> = asked.iter().map(|position| [*position]).collect();
    let sql = format!(
        "SELECT p.position FROM {} AS r JOIN permit p \
         ON p.run = $1 AND p.chunk = $2 AND p.position = CAST(r.value->>0 AS BIGINT)",
        engine.rows("$3")
    );
    let values = [
        slot.run.uuid().into(),
        i64::from(slot.chunk).into(),
        serde_json::to_string(&rows)?.into(),
    ];
    positions(&tx.query_all_raw(engine.sql(sql, values)).await?)
}

fn positions(rows: &[QueryResult]) -> anyhow::Result<AHashSet<u16>> {
    rows.iter()
        .map(|row| Ok(u16::try_from(row.try_get_by_index::<i64>(0)?)?))
        .collect()
}
