//! `odd_receipt`: receipts that should not be, by the text that they are about.

use chassis::{Engine, Tx};
use contract::ids::MessageId;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::look_up::key;
use crate::odd::Odd;

/// Writes them down; what is there already stays, so a repetition is harmless.
pub async fn insert(engine: Engine, tx: &Tx, odd: &[Odd]) -> anyhow::Result<()> {
    let lines: Vec<_> = odd
        .iter()
        .map(|one| {
            (
                key(one.message),
                one.kind.as_str(),
                &one.provider,
                &one.provider_message_id,
                one.at,
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO odd_receipt (run, chunk, position, kind, provider, provider_message_id, at) \
         SELECT {}, CAST(value->0->>1 AS BIGINT), CAST(value->0->>2 AS BIGINT), value->>1, value->>2, value->>3, \
         CAST(value->>4 AS BIGINT) FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->0->>0"),
        engine.rows("$1")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Kind, provider, its id and when, of those about a text.
pub async fn of_text(
    engine: Engine,
    db: &DatabaseConnection,
    message: MessageId,
) -> anyhow::Result<Vec<(String, String, String, i64)>> {
    let sql = "SELECT kind, provider, provider_message_id, at FROM odd_receipt \
               WHERE run = $1 AND chunk = $2 AND position = $3 ORDER BY at, provider_message_id";
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(message.position()).into(),
    ];
    let mut odd = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        odd.push((
            row.try_get("", "kind")?,
            row.try_get("", "provider")?,
            row.try_get("", "provider_message_id")?,
            row.try_get("", "at")?,
        ));
    }
    Ok(odd)
}
