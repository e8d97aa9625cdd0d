//! `traffic_meter`: buckets that several dispatchers draw from. The arithmetic is that of [`crate::pace::Bucket`], by
//! the database's own clock.

use std::time::Duration;

use chassis::{Db, Engine, Tx};
use sea_orm::{ConnectionTrait, Value};

use crate::pace::Bucket;
use crate::traffic::level::Name;
use crate::traffic::metered::Wish;

/// Microseconds of the database's clock.
const fn now(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        Engine::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
    }
}

fn key(name: &Name) -> Vec<Value> {
    vec![
        name.level.as_str().into(),
        name.tenant.uuid().into(),
        name.mode.into(),
        name.name.clone().into(),
    ]
}

fn micros(nanos: u64) -> i64 {
    i64::try_from(nanos / 1000).unwrap_or(i64::MAX / 4)
}

/// A draw that was promised: usable after so long, from the moment this is known.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub name: Name,
    pub segments: u32,
    pub after: Duration,
}

/// Carries the wishes out, all in one transaction and always in the order of names, so that no two wait for each other.
pub async fn draw(db: &Db, mut wishes: Vec<(Name, Wish)>) -> anyhow::Result<Vec<Drawn>> {
    let engine = db.engine();
    wishes.sort_by(|a, b| a.0.cmp(&b.0));
    db.write(move |tx| {
        Box::pin(async move {
            let mut drawn = Vec::with_capacity(wishes.len());
            for (name, wish) in wishes {
                match wish {
                    Wish::Draw { segments, bucket } => {
                        let after = take(engine, tx, &name, segments, &bucket).await?;
                        drawn.push(Drawn {
                            name,
                            segments,
                            after,
                        });
                    }
                    Wish::Return { segments, bucket } => {
                        let back = micros(bucket.cost(u64::from(segments)));
                        give_back(engine, tx, &name, back).await?;
                    }
                    Wish::Owed { nanos } => owe(engine, tx, &name, micros(nanos)).await?,
                }
            }
            Ok(drawn)
        })
    })
    .await
}

/// Takes `segments` whenever they are allowed; how long until they are.
async fn take(
    engine: Engine,
    tx: &Tx,
    name: &Name,
    segments: u32,
    bucket: &Bucket,
) -> anyhow::Result<Duration> {
    let now = now(engine);
    let sql = format!(
        "INSERT INTO traffic_meter (level, tenant, mode, name, paid_at) VALUES ($1, $2, $3, $4, {now} + $5) \
         ON CONFLICT (level, tenant, mode, name) DO UPDATE SET paid_at = $5 + \
         CASE WHEN traffic_meter.paid_at > {now} - $6 THEN traffic_meter.paid_at ELSE {now} - $6 END \
         RETURNING paid_at - {now} AS owed"
    );
    let mut values = key(name);
    values.push(micros(bucket.cost(u64::from(segments))).into());
    values.push(micros(bucket.late()).into());
    let row = tx.query_one_raw(engine.sql(sql, values)).await?;
    let owed: i64 = row.map_or(Ok(0), |row| row.try_get("", "owed"))?;
    // The same as `Bucket::ready_at`: what fits into the burst may be owed.
    let may_be_owed = u64::from(bucket.rate().burst().max(segments));
    let wait = owed.saturating_sub(micros(bucket.cost(may_be_owed)));
    Ok(Duration::from_micros(u64::try_from(wait).unwrap_or(0)))
}

async fn give_back(engine: Engine, tx: &Tx, name: &Name, micros: i64) -> anyhow::Result<()> {
    let sql = "UPDATE traffic_meter SET paid_at = paid_at - $5 \
               WHERE level = $1 AND tenant = $2 AND mode = $3 AND name = $4";
    let mut values = key(name);
    values.push(micros.into());
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Notes what was sent before anybody drew from here.
async fn owe(engine: Engine, tx: &Tx, name: &Name, micros: i64) -> anyhow::Result<()> {
    let now = now(engine);
    let sql = format!(
        "INSERT INTO traffic_meter (level, tenant, mode, name, paid_at) VALUES ($1, $2, $3, $4, {now} + $5) \
         ON CONFLICT (level, tenant, mode, name) DO UPDATE SET paid_at = \
         CASE WHEN traffic_meter.paid_at > {now} + $5 THEN traffic_meter.paid_at ELSE {now} + $5 END"
    );
    let mut values = key(name);
    values.push(micros.into());
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
