//! `traffic_dispatcher`: who is alive, by the database's own clock, so that no two clocks are compared.

use std::time::Duration;

use chassis::{Db, Engine};
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// Not seen for so long, a dispatcher counts as gone.
const GONE_AFTER: Duration = Duration::from_secs(5);

/// Milliseconds of the database's clock.
const fn now(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        Engine::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    }
}

/// Says that `name` is alive.
pub async fn say(db: &Db, name: String) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = format!(
                "INSERT INTO traffic_dispatcher (name, seen_at) VALUES ($1, {}) \
                 ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at",
                now(engine)
            );
            tx.execute_raw(engine.sql(sql, [name.into()])).await?;
            Ok(())
        })
    })
    .await
}

/// How many others are alive.
pub async fn others(engine: Engine, db: &DatabaseConnection, name: &str) -> anyhow::Result<usize> {
    let sql = format!(
        "SELECT COUNT(*) AS n FROM traffic_dispatcher WHERE name <> $1 AND seen_at > {} - {}",
        now(engine),
        GONE_AFTER.as_millis()
    );
    let row = db.query_one_raw(engine.sql(sql, [name.into()])).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(usize::try_from(count)?)
}

/// Names under which attempts from before `before` wait for their permits to come back, though nobody of that name was
/// seen for `gone_ms`; never `own`.
pub async fn gone_with_attempts(
    engine: Engine,
    db: &DatabaseConnection,
    own: &str,
    (before, gone_ms): (i64, i64),
) -> anyhow::Result<Vec<String>> {
    let sql = format!(
        "SELECT DISTINCT dispatcher FROM attempt WHERE returned = 0 AND dispatcher <> $1 AND at <= $2 \
         AND dispatcher NOT IN (SELECT name FROM traffic_dispatcher WHERE seen_at > {} - $3)",
        now(engine)
    );
    let values = [own.into(), before.into(), gone_ms.into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let names = rows.iter().map(|row| row.try_get("", "dispatcher"));
    Ok(names.collect::<Result<_, _>>()?)
}

/// Takes leave, so that nobody counts on `name` any more.
pub async fn leave(db: &Db, name: String) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "DELETE FROM traffic_dispatcher WHERE name = $1";
            tx.execute_raw(engine.sql(sql, [name.into()])).await?;
            Ok(())
        })
    })
    .await
}
