//! `parked_receipt`: receipts that overtook the commit of their own submit, or belong to nothing we know.

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::book::{CarrierReceipt, Parked};

fn to_json(parked: &[Parked]) -> anyhow::Result<String> {
    let lines: Vec<_> = parked
        .iter()
        .map(|one| {
            let receipt = &one.receipt;
            let rank = receipt.outcome.rank();
            (
                &one.provider,
                &receipt.provider_message_id,
                rank,
                &receipt.code,
                receipt.at,
                one.received_at,
            )
        })
        .collect();
    Ok(serde_json::to_string(&lines)?)
}

pub async fn insert(engine: Engine, tx: &Tx, parked: &[Parked]) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO parked_receipt (provider, provider_message_id, outcome, code, at, received_at) \
         SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3, CAST(value->>4 AS BIGINT), \
         CAST(value->>5 AS BIGINT) FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.rows("$1")
    );
    tx.execute_raw(engine.sql(sql, [to_json(parked)?.into()]))
        .await?;
    Ok(())
}

/// Removes receipts that found their text.
pub async fn remove(engine: Engine, tx: &Tx, matched: &[Parked]) -> anyhow::Result<()> {
    let sql = format!(
        "DELETE FROM parked_receipt WHERE (provider, provider_message_id) IN (SELECT value->>0, value->>1 FROM {} AS r)",
        engine.rows("$1")
    );
    tx.execute_raw(engine.sql(sql, [to_json(matched)?.into()]))
        .await?;
    Ok(())
}

pub async fn remove_before(engine: Engine, tx: &Tx, received_before: i64) -> anyhow::Result<()> {
    let sql = "DELETE FROM parked_receipt WHERE received_at < $1";
    tx.execute_raw(engine.sql(sql, [received_before.into()]))
        .await?;
    Ok(())
}

/// Receipts that came at or after `since`.
pub async fn since(
    engine: Engine,
    db: &DatabaseConnection,
    since: i64,
) -> anyhow::Result<Vec<Parked>> {
    let sql = "SELECT provider, provider_message_id, outcome, code, at, received_at FROM parked_receipt \
               WHERE received_at >= $1";
    let mut parked = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, [since.into()])).await? {
        let rank: i64 = row.try_get("", "outcome")?;
        let Some(outcome) = u8::try_from(rank).ok().and_then(Outcome::from_rank) else {
            continue;
        };
        parked.push(Parked {
            provider: row.try_get("", "provider")?,
            receipt: CarrierReceipt {
                provider_message_id: row.try_get("", "provider_message_id")?,
                outcome,
                // What only our own id, a fault or a block tells is not kept over a restart.
                reference: None,
                code: row.try_get("", "code")?,
                fault: None,
                block: None,
                at: row.try_get("", "at")?,
            },
            received_at: row.try_get("", "received_at")?,
        });
    }
    Ok(parked)
}
