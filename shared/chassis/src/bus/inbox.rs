//! The inbox: which envelopes a durable has handled, written in the transaction of the effect.

use std::collections::HashSet;

use contract::EventId;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::Bus;
use crate::db::Tx;

pub(super) async fn first_time(
    bus: &Bus,
    tx: &Tx,
    durable: &str,
    ids: &[EventId],
) -> anyhow::Result<Vec<bool>> {
    let engine = bus.inner.db.engine();
    let rows: Vec<[String; 1]> = ids
        .iter()
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    let sql = format!(
        "INSERT INTO inbox (durable, id, at) SELECT $1, {}, CAST($2 AS BIGINT) FROM {} AS r WHERE true \
         ON CONFLICT DO NOTHING RETURNING id",
        engine.uuid("value->>0"),
        engine.rows("$3")
    );
    let values = [
        durable.into(),
        bus.inner.clock.millis().0.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    let fresh = tx.query_all_raw(engine.sql(sql, values)).await?;
    let mut fresh: HashSet<Uuid> = fresh
        .iter()
        .map(|row| row.try_get("", "id"))
        .collect::<Result<_, _>>()?;
    // `remove`, so that an id that stands twice in one batch counts once.
    Ok(ids.iter().map(|id| fresh.remove(&id.uuid())).collect())
}
