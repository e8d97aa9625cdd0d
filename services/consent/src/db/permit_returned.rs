//! `permit_returned`: how many permits of a text have come back unused.

use chassis::Engine;
use contract::MessageId;
use sea_orm::ConnectionTrait;

/// Counts the return number `attempt` (from 1). False, and nothing counted, unless exactly those before it
/// have been: then it was counted already, or is not the next.
pub async fn count(
    tx: &impl ConnectionTrait,
    engine: Engine,
    message: MessageId,
    attempt: u32,
    now: i64,
) -> anyhow::Result<bool> {
    let sql = if attempt == 1 {
        "INSERT INTO permit_returned (run, chunk, position, times, returned_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING"
    } else {
        "UPDATE permit_returned SET times = $4, returned_at = $5 \
         WHERE run = $1 AND chunk = $2 AND position = $3 AND times = $4 - 1"
    };
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(message.position()).into(),
        i64::from(attempt).into(),
        now.into(),
    ];
    Ok(tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected()
        == 1)
}

/// Takes the permit itself away, so that the text may be permitted again.
pub async fn remove_permit(
    tx: &impl ConnectionTrait,
    engine: Engine,
    message: MessageId,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM permit WHERE run = $1 AND chunk = $2 AND position = $3";
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(message.position()).into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
