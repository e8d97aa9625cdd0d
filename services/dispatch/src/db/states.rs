//! `ledger_state`: ranks by place, rewritten as receipts come.

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::dispatch::UndeliveredChunk;
use contract::ids::{RunId, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::ledger::hex;
use crate::book::StateRow;
use crate::slots;

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

/// Texts of these chunks of a run (`first` to `last`) that were taken and not delivered.
pub async fn undelivered(
    engine: Engine,
    db: &DatabaseConnection,
    tenant: TenantId,
    run: RunId,
    (first, last): (u32, u32),
) -> anyhow::Result<Vec<UndeliveredChunk>> {
    let sql = "SELECT s.chunk, s.slot, s.states FROM ledger_state s JOIN ledger l ON l.run = s.run \
               AND l.chunk = s.chunk AND l.slot = s.slot AND l.part = s.part \
               WHERE s.run = $1 AND s.chunk >= $2 AND s.chunk <= $3 AND l.tenant = $4 ORDER BY s.chunk, s.slot, s.part";
    let values = [
        run.uuid().into(),
        i64::from(first).into(),
        i64::from(last).into(),
        tenant.uuid().into(),
    ];
    let mut chunks: Vec<UndeliveredChunk> = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let (chunk, slot): (i64, i64) = (row.try_get("", "chunk")?, row.try_get("", "slot")?);
        let (chunk, slot) = (u32::try_from(chunk)?, u8::try_from(slot)?);
        let states: Vec<u8> = row.try_get("", "states")?;
        let lost = (0u8..)
            .zip(&states)
            .filter(|(_, state)| **state == Outcome::Undelivered.rank());
        let lost: Vec<u16> = lost
            .map(|(place, _)| slots::position(slot, place))
            .collect();
        if lost.is_empty() {
            continue;
        }
        match chunks.last_mut().filter(|last| last.chunk == chunk) {
            Some(last) => last.positions.extend(lost),
            None => chunks.push(UndeliveredChunk {
                chunk,
                positions: lost,
            }),
        }
    }
    Ok(chunks)
}
