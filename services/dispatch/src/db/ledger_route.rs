//! `ledger_route`: how the carrier of a ledger row was chosen, where there was a choice. Written once.

use chassis::{Engine, Tx};
use contract::chunk::SlotRef;
use contract::dispatch::Routed;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::ledger::hex;
use crate::book::PartKey;

/// Writes rows; those that are there already stay as they are, so a repeated write is harmless.
pub async fn insert(engine: Engine, tx: &Tx, rows: &[(PartKey, Routed)]) -> anyhow::Result<()> {
    let mut lines = Vec::with_capacity(rows.len());
    for (PartKey { slot, part }, routed) in rows {
        lines.push((
            hex(slot.run.bytes()),
            slot.chunk,
            slot.slot,
            part,
            serde_json::to_string(routed)?,
        ));
    }
    let sql = format!(
        "INSERT INTO ledger_route (run, chunk, slot, part, routed) \
         SELECT {}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), value->>4 \
         FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->>0"),
        engine.rows("$1")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

pub async fn find(
    engine: Engine,
    db: &DatabaseConnection,
    PartKey { slot, part }: PartKey,
) -> anyhow::Result<Option<Routed>> {
    let SlotRef { run, chunk, slot } = slot;
    let sql =
        "SELECT routed FROM ledger_route WHERE run = $1 AND chunk = $2 AND slot = $3 AND part = $4";
    let values = [
        run.uuid().into(),
        i64::from(chunk).into(),
        i64::from(slot).into(),
        i64::from(part).into(),
    ];
    match db.query_one_raw(engine.sql(sql, values)).await? {
        Some(row) => {
            let routed: String = row.try_get("", "routed")?;
            Ok(Some(serde_json::from_str(&routed)?))
        }
        None => Ok(None),
    }
}
