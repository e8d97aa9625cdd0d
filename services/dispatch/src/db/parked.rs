//! `parked_receipt`: receipts that overtook the commit of their own submit, or belong to nothing we know.

use channels::Fault;
use chassis::{Engine, Tx};
use contract::Phone;
use contract::chunk::Outcome;
use contract::ids::MessageId;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use crate::book::{CarrierReceipt, Parked};

/// Our own id of a text as it stands in a column; empty for none.
fn named(message: Option<MessageId>) -> String {
    message.map_or_else(String::new, |message| message.to_string())
}

fn to_json(parked: &[Parked]) -> anyhow::Result<String> {
    let lines: Vec<_> = parked
        .iter()
        .map(|one| {
            let receipt = &one.receipt;
            let block = receipt.block.as_ref();
            (
                (
                    &one.provider,
                    &receipt.provider_message_id,
                    named(receipt.reference),
                    receipt.outcome.rank(),
                ),
                (&receipt.code, receipt.fault.map(Fault::as_str)),
                (
                    block.map(|(phone, _)| phone.digits()),
                    block.map(|(_, sender)| sender),
                ),
                (receipt.at, one.received_at),
                named(one.foreign_to),
            )
        })
        .collect();
    Ok(serde_json::to_string(&lines)?)
}

pub async fn insert(engine: Engine, tx: &Tx, parked: &[Parked]) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO parked_receipt (provider, provider_message_id, reference, outcome, code, fault, block_phone, \
         block_sender, at, received_at, foreign_to, judged) \
         SELECT value->0->>0, value->0->>1, value->0->>2, CAST(value->0->>3 AS BIGINT), value->1->>0, value->1->>1, \
         CAST(value->2->>0 AS BIGINT), value->2->>1, CAST(value->3->>0 AS BIGINT), CAST(value->3->>1 AS BIGINT), \
         value->>4, CASE WHEN value->0->>2 = '' AND value->>4 = '' THEN 1 ELSE 0 END \
         FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.rows("$1")
    );
    tx.execute_raw(engine.sql(sql, [to_json(parked)?.into()]))
        .await?;
    Ok(())
}

/// Removes receipts that found their text.
pub async fn remove(engine: Engine, tx: &Tx, matched: &[Parked]) -> anyhow::Result<()> {
    let sql = format!(
        "DELETE FROM parked_receipt WHERE (provider, provider_message_id, reference) IN \
         (SELECT value->0->>0, value->0->>1, value->0->>2 FROM {} AS r)",
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
    let sql = "SELECT * FROM parked_receipt WHERE received_at >= $1";
    let rows = db.query_all_raw(engine.sql(sql, [since.into()])).await?;
    let read = rows.iter().map(read);
    Ok(read
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// Whether there are receipts to be judged.
pub async fn is_unjudged(
    engine: Engine,
    db: &DatabaseConnection,
    until: i64,
) -> anyhow::Result<bool> {
    let sql = "SELECT 1 AS one FROM parked_receipt WHERE judged = 0 AND received_at <= $1 LIMIT 1";
    let row = db.query_one_raw(engine.sql(sql, [until.into()])).await?;
    Ok(row.is_some())
}

/// Receipts that wait since before `until` and are to be judged: nobody else gets them.
pub async fn take_unjudged(
    engine: Engine,
    tx: &Tx,
    until: i64,
    limit: i64,
) -> anyhow::Result<Vec<Parked>> {
    let sql = format!(
        "UPDATE parked_receipt SET judged = 1 WHERE (provider, provider_message_id, reference, outcome) IN \
         (SELECT provider, provider_message_id, reference, outcome FROM parked_receipt \
         WHERE judged = 0 AND received_at <= $1 ORDER BY received_at LIMIT $2{}{}) RETURNING *",
        engine.for_update(),
        engine.skip_locked()
    );
    let values = [until.into(), limit.into()];
    let rows = tx.query_all_raw(engine.sql(sql, values)).await?;
    let read = rows.iter().map(read);
    Ok(read
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// `None` for an outcome that nobody knows.
fn read(row: &QueryResult) -> anyhow::Result<Option<Parked>> {
    let rank: i64 = row.try_get("", "outcome")?;
    let Some(outcome) = u8::try_from(rank).ok().and_then(Outcome::from_rank) else {
        return Ok(None);
    };
    let fault: Option<String> = row.try_get("", "fault")?;
    let phone: Option<i64> = row.try_get("", "block_phone")?;
    let phone = phone.and_then(|digits| Phone::from_digits(u64::try_from(digits).ok()?));
    let sender: Option<String> = row.try_get("", "block_sender")?;
    let message = |column: &str| -> anyhow::Result<Option<MessageId>> {
        let text: String = row.try_get("", column)?;
        Ok(text.parse().ok())
    };
    Ok(Some(Parked {
        provider: row.try_get("", "provider")?,
        receipt: CarrierReceipt {
            provider_message_id: row.try_get("", "provider_message_id")?,
            reference: message("reference")?,
            outcome,
            code: row.try_get("", "code")?,
            fault: fault.as_deref().and_then(Fault::parse),
            block: phone.zip(sender),
            at: row.try_get("", "at")?,
        },
        received_at: row.try_get("", "received_at")?,
        foreign_to: message("foreign_to")?,
    }))
}
