//! `ledger_state`: ranks by place, rewritten as receipts come.

use chassis::{Engine, Tx};
use sea_orm::ConnectionTrait;

use super::ledger::hex;
use crate::book::StateRow;

/// The rows as the JSON that [`write`] takes.
pub fn to_json(rows: &[StateRow]) -> anyhow::Result<String> {
    let lines: Vec<_> = rows
        .iter()
        .map(|row| {
            let slot = row.key.slot;
            (
                hex(slot.run.bytes()),
                slot.chunk,
                slot.slot,
                row.key.part,
                hex::encode(row.states),
                row.awaiting,
            )
        })
        .collect();
    Ok(serde_json::to_string(&lines)?)
}

pub async fn write(engine: Engine, tx: &Tx, json: String) -> anyhow::Result<()> {
    let (run, states, rows) = (
        engine.uuid("value->>0"),
        engine.bytes("value->>4"),
        engine.rows("$1"),
    );
    let sql = format!(
        "INSERT INTO ledger_state (run, chunk, slot, part, states, awaiting) \
         SELECT {run}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), \
         {states}, CAST(value->>5 AS BIGINT) FROM {rows} AS r WHERE true \
         ON CONFLICT (run, chunk, slot, part) DO UPDATE SET states = excluded.states, awaiting = excluded.awaiting"
    );
    tx.execute_raw(engine.sql(sql, [json.into()])).await?;
    Ok(())
}
