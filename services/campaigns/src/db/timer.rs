//! Timers that have not fired yet. Whoever sets some wakes the scheduler after the commit.

use chassis::{Engine, Tx};
use contract::UnixMillis;
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::timers::Timer;

fn read(row: &QueryResult) -> anyhow::Result<Timer> {
    Ok(Timer {
        id: row.try_get("", "id")?,
        kind: row::text(row, "kind")?,
        owner: row.try_get("", "owner")?,
        due_at: row::millis(row, "due_at")?,
    })
}

/// Sets timers; one whose id is set already stays as it is.
pub async fn set(tx: &Tx, engine: Engine, timers: &[Timer]) -> anyhow::Result<()> {
    if timers.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, &str, String, i64)> = timers
        .iter()
        .map(|timer| {
            let (id, owner) = (timer.id.simple(), timer.owner.simple());
            (
                id.to_string(),
                timer.kind.as_str(),
                owner.to_string(),
                timer.due_at.0,
            )
        })
        .collect();
    let text = format!(
        "insert into timer (id, kind, owner, due_at, look_at, attempts, paused) \
         select {}, r.value->>1, {}, CAST(r.value->>3 AS BIGINT), CAST(r.value->>3 AS BIGINT), 0, false \
         from {} as r where true on conflict (id) do nothing",
        engine.uuid("r.value->>0"),
        engine.uuid("r.value->>2"),
        engine.rows("$1")
    );
    tx.execute_raw(sql(tx, text, [serde_json::to_string(&rows)?.into()]))
        .await?;
    Ok(())
}

/// Takes back every timer of an owner. How many there were.
pub async fn cancel(tx: &Tx, owner: Uuid) -> anyhow::Result<u64> {
    let text = "delete from timer where owner = $1";
    Ok(tx
        .execute_raw(sql(tx, text, [owner.into()]))
        .await?
        .rows_affected())
}

/// Nobody fires the owner's timers until the transaction ends. Whoever changes an owner beside its timers asks for this
/// first: a timer that fires is locked before its owner is.
pub async fn hold(tx: &Tx, engine: Engine, owner: Uuid) -> anyhow::Result<()> {
    let text = format!(
        "select id from timer where owner = $1 order by id{}",
        engine.for_update()
    );
    tx.query_all_raw(sql(tx, text, [owner.into()])).await?;
    Ok(())
}

/// None of the owner's timers fires until it is resumed. Those set later are not paused.
pub async fn pause(tx: &Tx, owner: Uuid) -> anyhow::Result<()> {
    set_paused(tx, owner, true).await
}

/// What has become due in the meantime fires at once; an owner that does not want that sets anew.
pub async fn resume(tx: &Tx, owner: Uuid) -> anyhow::Result<()> {
    set_paused(tx, owner, false).await
}

async fn set_paused(tx: &Tx, owner: Uuid, paused: bool) -> anyhow::Result<()> {
    let text = "update timer set paused = $2 where owner = $1";
    tx.execute_raw(sql(tx, text, [owner.into(), paused.into()]))
        .await?;
    Ok(())
}

/// The owner's timers, earliest first, paused ones too.
pub async fn of_owner(conn: &impl ConnectionTrait, owner: Uuid) -> anyhow::Result<Vec<Timer>> {
    let text = "select id, kind, owner, due_at from timer where owner = $1 order by due_at";
    let rows = conn.query_all_raw(sql(conn, text, [owner.into()])).await?;
    rows.iter().map(read).collect()
}

/// Whose timers of a kind there are.
pub async fn owners(conn: &impl ConnectionTrait, kind: &str) -> anyhow::Result<Vec<Uuid>> {
    let text = "select distinct owner from timer where kind = $1";
    let rows = conn.query_all_raw(sql(conn, text, [kind.into()])).await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "owner")?))
        .collect()
}

/// When the scheduler has to look again.
pub async fn next_due(conn: &impl ConnectionTrait) -> anyhow::Result<Option<UnixMillis>> {
    let text = "select look_at from timer where paused = false order by look_at limit 1";
    let row = conn.query_one_raw(sql(conn, text, [])).await?;
    row.map(|row| row::millis(&row, "look_at")).transpose()
}

/// How many timers there are.
pub async fn pending(conn: &impl ConnectionTrait) -> anyhow::Result<u64> {
    let row = conn
        .query_one_raw(sql(conn, "select count(*) as n from timer", []))
        .await?;
    row.map_or(Ok(0), |row| row::number(&row, "n"))
}

/// Timers that are due, the longest waiting first.
pub async fn due(
    conn: &impl ConnectionTrait,
    now: UnixMillis,
    limit: usize,
) -> anyhow::Result<Vec<Uuid>> {
    let text = format!(
        "select id from timer where paused = false and look_at <= $1 order by look_at limit {limit}"
    );
    let rows = conn.query_all_raw(sql(conn, text, [now.0.into()])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

/// Ends those of these timers that are still due, and gives them back in the order in which they were due.
pub async fn take(
    tx: &Tx,
    engine: Engine,
    ids: &[Uuid],
    now: UnixMillis,
) -> anyhow::Result<Vec<Timer>> {
    let ids: Vec<[String; 1]> = ids.iter().map(|id| [id.simple().to_string()]).collect();
    let text = format!(
        "delete from timer where id in (select {} from {} as r) and paused = false and look_at <= $2 \
         returning id, kind, owner, due_at",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let rows = tx
        .query_all_raw(sql(
            tx,
            text,
            [serde_json::to_string(&ids)?.into(), now.0.into()],
        ))
        .await?;
    let mut taken = rows.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    taken.sort_by_key(|timer| (timer.due_at, timer.id));
    Ok(taken)
}

/// How often a timer was tried in vain.
pub async fn attempts(tx: &Tx, id: Uuid) -> anyhow::Result<u32> {
    let text = "select attempts from timer where id = $1";
    let row = tx.query_one_raw(sql(tx, text, [id.into()])).await?;
    row.map_or(Ok(0), |row| row::number(&row, "attempts"))
}

/// It is tried again then.
pub async fn postpone(tx: &Tx, id: Uuid, look_at: UnixMillis) -> anyhow::Result<()> {
    let text = "update timer set attempts = attempts + 1, look_at = $2 where id = $1";
    tx.execute_raw(sql(tx, text, [id.into(), look_at.0.into()]))
        .await?;
    Ok(())
}
