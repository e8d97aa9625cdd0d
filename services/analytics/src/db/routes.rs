//! How the carriers of messages were chosen.

use chassis::{Db, Engine, Tx};
use contract::dispatch::Routed;
use sea_orm::{ConnectionTrait, Value};

use super::block;

/// A repetition changes nothing.
pub async fn put(tx: &Tx, engine: Engine, rows: Vec<(i64, String)>) -> anyhow::Result<()> {
    let rows: Vec<[Value; 2]> = rows
        .into_iter()
        .map(|(mid, routed)| [mid.into(), routed.into()])
        .collect();
    let head = "insert into message_route (mid, routed)";
    block::insert(tx, engine, head, rows, "on conflict do nothing").await
}

pub async fn find(db: &Db, mid: i64) -> anyhow::Result<Option<Routed>> {
    let sql = "select routed from message_route where mid = $1";
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, [mid.into()]))
        .await?;
    match row {
        Some(row) => {
            let routed: String = row.try_get("", "routed")?;
            Ok(Some(serde_json::from_str(&routed)?))
        }
        None => Ok(None),
    }
}
