//! What is still open, by text and in numbers.

use chassis::Engine;
use contract::Mode;
use contract::chunk::Outcome;
use contract::ids::{MessageId, RunId, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{Open, outcome, read};

/// Open texts of a tenant in ascending order of id, those after `after`.
pub async fn page(
    engine: Engine,
    db: &DatabaseConnection,
    (tenant, mode): (TenantId, Mode),
    after: Option<MessageId>,
    limit: u64,
) -> anyhow::Result<Vec<Open>> {
    let after = after.map_or((RunId::from_raw(0), -1, -1), |message| {
        let (chunk, position) = (i64::from(message.chunk()), i64::from(message.position()));
        (message.run(), chunk, position)
    });
    let sql = "SELECT * FROM look_up WHERE tenant = $1 AND mode = $2 AND open = 1 AND (run, chunk, position) > ($3, $4, $5) \
               ORDER BY run, chunk, position LIMIT $6";
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        after.0.uuid().into(),
        after.1.into(),
        after.2.into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// How many open texts there are of a kind.
#[derive(Debug)]
pub struct Count {
    pub provider: String,
    pub cause: String,
    pub outcome: Outcome,
    /// 0: under an hour old, 1: under a day, 2: older.
    pub age: i64,
    /// Whether they are still looked up.
    pub goes_on: bool,
    pub texts: i64,
}

pub async fn counts(
    engine: Engine,
    db: &DatabaseConnection,
    (tenant, mode): (TenantId, Mode),
    now: i64,
) -> anyhow::Result<Vec<Count>> {
    let sql = "SELECT provider, cause, outcome, CAST(CASE WHEN at > $3 THEN 0 WHEN at > $4 THEN 1 ELSE 2 END AS BIGINT) AS age, \
               CAST(CASE WHEN due_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS goes_on, COUNT(*) AS texts \
               FROM look_up WHERE tenant = $1 AND mode = $2 AND open = 1 \
               GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5";
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        (now - 3_600_000).into(),
        (now - 86_400_000).into(),
    ];
    let mut counts = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        counts.push(Count {
            provider: row.try_get("", "provider")?,
            cause: row.try_get("", "cause")?,
            outcome: outcome(&row)?,
            age: row.try_get("", "age")?,
            goes_on: row.try_get::<i64>("", "goes_on")? != 0,
            texts: row.try_get("", "texts")?,
        });
    }
    Ok(counts)
}
