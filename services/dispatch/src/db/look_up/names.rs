//! Names of texts that came after their hand-over.

use chassis::{Engine, Tx};
use contract::ids::MessageId;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{key, message, named_by};
use crate::book::Learned;
use crate::doubt::Cause;

/// Names that came after the hand-over.
pub async fn learned(engine: Engine, tx: &Tx, learned: &[Learned]) -> anyhow::Result<()> {
    let lines: Vec<_> = learned
        .iter()
        .map(|one| (key(one.message), &one.provider, &one.provider_message_id))
        .collect();
    let sql = format!(
        "UPDATE look_up SET provider = r.value->>1, provider_message_id = r.value->>2 FROM {} AS r \
         WHERE {} AND provider_message_id = ''",
        engine.rows("$1"),
        named_by(engine, "r.value->0")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Names of open texts that came after their hand-over.
pub async fn names(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<Vec<Learned>> {
    let sql = "SELECT run, chunk, position, provider, provider_message_id FROM look_up \
               WHERE open = 1 AND provider_message_id <> '' AND cause <> $1";
    let values = [Cause::NoReceipt.as_str().into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let read = rows.iter().map(|row| {
        Ok(Learned {
            message: message(row)?,
            provider: row.try_get("", "provider")?,
            provider_message_id: row.try_get("", "provider_message_id")?,
        })
    });
    read.collect()
}

/// Whether another text in doubt was found under this name.
pub async fn is_named(
    engine: Engine,
    db: &DatabaseConnection,
    (provider, id): (&str, &str),
    except: MessageId,
) -> anyhow::Result<bool> {
    let sql = "SELECT run, chunk, position FROM look_up WHERE provider = $1 AND provider_message_id = $2 \
               AND provider_message_id <> ''";
    let rows = db
        .query_all_raw(engine.sql(sql, [provider.into(), id.into()]))
        .await?;
    for row in &rows {
        if message(row)? != except {
            return Ok(true);
        }
    }
    Ok(false)
}
