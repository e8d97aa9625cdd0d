//! `traffic_control`, `traffic_limit` and `traffic_day`.

use chassis::{Db, Engine};
use contract::{TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Value};

use crate::traffic::level::{Level, Name};
use crate::traffic::{Action, Control, Limit};

fn key(name: &Name) -> [Value; 4] {
    [
        name.level.as_str().into(),
        name.tenant.uuid().into(),
        name.mode.into(),
        name.name.clone().into(),
    ]
}

/// `None` for a level that a newer release wrote.
fn name(row: &QueryResult) -> anyhow::Result<Option<Name>> {
    let level: String = row.try_get("", "level")?;
    let mode: String = row.try_get("", "mode")?;
    let (Some(level), Some(mode)) = (Level::parse(&level), contract::Mode::parse(&mode)) else {
        return Ok(None);
    };
    Ok(Some(Name {
        level,
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        mode: mode.as_str(),
        name: row.try_get("", "name")?,
    }))
}

/// Every control that is not over.
pub async fn controls(
    engine: Engine,
    db: &DatabaseConnection,
    now: UnixMillis,
) -> anyhow::Result<Vec<Control>> {
    let sql = "SELECT level, tenant, mode, name, action, target, reason, set_at, until_at FROM traffic_control \
               WHERE until_at IS NULL OR until_at > $1 ORDER BY set_at";
    let rows = db.query_all_raw(engine.sql(sql, [now.0.into()])).await?;
    let mut controls = Vec::with_capacity(rows.len());
    for row in rows {
        let action: String = row.try_get("", "action")?;
        let (Some(name), Some(action)) = (name(&row)?, Action::parse(&action)) else {
            continue;
        };
        let until: Option<i64> = row.try_get("", "until_at")?;
        controls.push(Control {
            name,
            action,
            target: row.try_get("", "target")?,
            reason: row.try_get("", "reason")?,
            set_at: UnixMillis(row.try_get("", "set_at")?),
            until: until.map(UnixMillis),
        });
    }
    Ok(controls)
}

/// Puts a control in the place of what was in force there.
pub async fn set_control(db: &Db, control: Control) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO traffic_control (level, tenant, mode, name, action, target, reason, set_at, until_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (level, tenant, mode, name) DO UPDATE \
                       SET action = excluded.action, target = excluded.target, reason = excluded.reason, \
                       set_at = excluded.set_at, until_at = excluded.until_at";
            let mut values = Vec::from(key(&control.name));
            values.extend([
                control.action.as_str().into(),
                control.target.into(),
                control.reason.into(),
                control.set_at.0.into(),
                control.until.map(|until| until.0).into(),
            ]);
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

/// False if nothing was in force.
pub async fn remove_control(db: &Db, name: Name) -> anyhow::Result<bool> {
    remove(db, "DELETE FROM traffic_control", name).await
}

pub async fn remove_limit(db: &Db, name: Name) -> anyhow::Result<bool> {
    remove(db, "DELETE FROM traffic_limit", name).await
}

async fn remove(db: &Db, delete: &'static str, name: Name) -> anyhow::Result<bool> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql =
                format!("{delete} WHERE level = $1 AND tenant = $2 AND mode = $3 AND name = $4");
            let done = tx.execute_raw(engine.sql(sql, key(&name))).await?;
            Ok(done.rows_affected() > 0)
        })
    })
    .await
}

pub async fn limits(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<Vec<(Name, Limit)>> {
    let sql = "SELECT level, tenant, mode, name, settings FROM traffic_limit ORDER BY level, name";
    let rows = db.query_all_raw(engine.sql(sql, [])).await?;
    let mut limits = Vec::with_capacity(rows.len());
    for row in rows {
        let settings: String = row.try_get("", "settings")?;
        if let Some(name) = name(&row)? {
            limits.push((name, serde_json::from_str(&settings)?));
        }
    }
    Ok(limits)
}

pub async fn set_limit(db: &Db, name: Name, limit: &Limit) -> anyhow::Result<()> {
    let (engine, settings) = (db.engine(), serde_json::to_string(limit)?);
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO traffic_limit (level, tenant, mode, name, settings) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (level, tenant, mode, name) DO UPDATE SET settings = excluded.settings";
            let mut values = Vec::from(key(&name));
            values.push(settings.into());
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

/// Segments of a day by name.
pub async fn day(
    engine: Engine,
    db: &DatabaseConnection,
    day: &str,
) -> anyhow::Result<Vec<(Name, u64)>> {
    let sql = "SELECT level, tenant, mode, name, segments FROM traffic_day WHERE day = $1";
    let rows = db.query_all_raw(engine.sql(sql, [day.into()])).await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        let segments: i64 = row.try_get("", "segments")?;
        if let Some(name) = name(&row)? {
            counts.push((name, segments.cast_unsigned()));
        }
    }
    Ok(counts)
}

/// Adds what left since the last time, and forgets days before `day`.
pub async fn add_to_day(db: &Db, day: String, counts: Vec<(Name, u64)>) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            for (name, segments) in counts {
                let sql = "INSERT INTO traffic_day (level, tenant, mode, name, day, segments) VALUES ($1, $2, $3, $4, $5, $6) \
                           ON CONFLICT (level, tenant, mode, name, day) DO UPDATE \
                           SET segments = traffic_day.segments + excluded.segments";
                let mut values = Vec::from(key(&name));
                values.extend([day.clone().into(), segments.cast_signed().into()]);
                tx.execute_raw(engine.sql(sql, values)).await?;
            }
            let sql = "DELETE FROM traffic_day WHERE day < $1";
            tx.execute_raw(engine.sql(sql, [day.into()])).await?;
            Ok(())
        })
    })
    .await
}
