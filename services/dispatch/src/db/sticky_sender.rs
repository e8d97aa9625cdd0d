//! `sticky_sender`: which sender of a pool a person is texted from.

use std::collections::HashMap;

use chassis::{Db, Engine, Tx};
use contract::UnixMillis;
use contract::ids::{ContactId, SenderPoolId};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::ledger::hex;

/// The senders of these people, those who have one.
pub async fn of(
    engine: Engine,
    db: &DatabaseConnection,
    pool: SenderPoolId,
    people: &[ContactId],
) -> anyhow::Result<HashMap<ContactId, String>> {
    let asked: Vec<_> = people.iter().map(|one| (hex(one.bytes()),)).collect();
    let sql = format!(
        "SELECT s.contact AS contact, s.sender AS sender FROM {} AS r JOIN sticky_sender s \
         ON s.pool = $2 AND s.contact = {}",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let values = [serde_json::to_string(&asked)?.into(), pool.uuid().into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let mut known = HashMap::with_capacity(rows.len());
    for row in rows {
        let contact: Uuid = row.try_get("", "contact")?;
        known.insert(ContactId::from_uuid(contact), row.try_get("", "sender")?);
    }
    Ok(known)
}

/// Remembers who is texted from where.
pub async fn remember(
    db: &Db,
    pool: SenderPoolId,
    chosen: &[(ContactId, String)],
    since: UnixMillis,
) -> anyhow::Result<()> {
    let engine = db.engine();
    let lines: Vec<_> = chosen
        .iter()
        .map(|(contact, sender)| (hex(contact.bytes()), sender))
        .collect();
    let json = serde_json::to_string(&lines)?;
    db.write(move |tx| {
        Box::pin(async move {
            let sql = format!(
                "INSERT INTO sticky_sender (pool, contact, sender, since) \
                 SELECT $2, {}, value->>1, $3 FROM {} AS r WHERE true \
                 ON CONFLICT (pool, contact) DO UPDATE SET sender = excluded.sender, since = excluded.since",
                engine.uuid("value->>0"),
                engine.rows("$1")
            );
            let values = [json.into(), pool.uuid().into(), since.0.into()];
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

/// A person is gone: the next text to whoever comes by this id chooses anew.
pub async fn forget(engine: Engine, tx: &Tx, contact: ContactId) -> anyhow::Result<()> {
    let sql = "DELETE FROM sticky_sender WHERE contact = $1";
    tx.execute_raw(engine.sql(sql, [contact.uuid().into()]))
        .await?;
    Ok(())
}
