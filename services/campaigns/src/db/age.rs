//! Rows that are past their time, of tables where nothing has to stay of them. Runs of journeys and texts of flows have
//! modules of their own.

use chassis::{Engine, Tx};
use contract::{AppointmentId, RunId, UnixMillis};
use sea_orm::ConnectionTrait;

use super::row::{self, sql};

/// Chunks whose outcomes go in one transaction: of each up to 512.
const CHUNKS: u32 = 4;

/// Appointments that were made, and began, before an instant; after an id: ids ascend with the time at which they were
/// made. One of long ago that a calendar tells us only now is as new as any other.
pub async fn appointments(
    conn: &impl ConnectionTrait,
    before: UnixMillis,
    after: AppointmentId,
    limit: u64,
) -> anyhow::Result<Vec<AppointmentId>> {
    let text = format!(
        "SELECT id FROM appointment WHERE id > $1 AND id < $2 AND starts_at < $3 ORDER BY id LIMIT {limit}"
    );
    let newest = AppointmentId::from_raw(u128::from(before.0.max(0).unsigned_abs()) << 80);
    let values = [after.uuid().into(), newest.uuid().into(), before.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

/// Takes appointments away, with their reminders and what was told of them.
pub async fn forget_appointments(
    tx: &Tx,
    engine: Engine,
    ids: &[AppointmentId],
) -> anyhow::Result<u64> {
    let lines: Vec<[String; 1]> = ids
        .iter()
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    let lines = serde_json::to_string(&lines)?;
    let mut gone = 0;
    for (table, column) in [
        ("telling", "appointment"),
        ("reminder", "appointment"),
        ("appointment", "id"),
    ] {
        let text = format!(
            "DELETE FROM {table} WHERE {column} IN (SELECT {} FROM {} AS r)",
            engine.uuid("r.value->>0"),
            engine.rows("$1")
        );
        let done = tx
            .execute_raw(sql(tx, text, [lines.clone().into()]))
            .await?;
        gone = done.rows_affected();
    }
    Ok(gone)
}

/// Slots of recurring campaigns from before an instant. The last one of a campaign stays: the next is counted from it.
pub async fn forget_occurrences(tx: &Tx, before: UnixMillis, limit: u64) -> anyhow::Result<u64> {
    let text = format!(
        "DELETE FROM occurrence WHERE id IN (SELECT o.id FROM occurrence AS o WHERE o.state <> 'due' AND o.slot_at < $1 \
         AND EXISTS (SELECT 1 FROM occurrence AS n WHERE n.campaign = o.campaign AND n.slot_at > o.slot_at) LIMIT {limit})"
    );
    let done = tx.execute_raw(sql(tx, text, [before.0.into()])).await?;
    Ok(done.rows_affected())
}

/// Looks at campaigns that were finished before an instant. One that an approval stands on stays as long as that.
pub async fn forget_preflights(tx: &Tx, before: UnixMillis, limit: u64) -> anyhow::Result<u64> {
    let text = format!(
        "DELETE FROM preflight WHERE id IN (SELECT p.id FROM preflight AS p WHERE p.state <> 'running' AND p.finished_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM approval AS a WHERE a.campaign = p.campaign AND a.preflight = p.id) LIMIT {limit})"
    );
    let done = tx.execute_raw(sql(tx, text, [before.0.into()])).await?;
    Ok(done.rows_affected())
}

/// Runs whose winner was decided, or which ended without one, before an instant, and whose outcomes are still there.
pub async fn decided_runs(
    conn: &impl ConnectionTrait,
    before: UnixMillis,
) -> anyhow::Result<Vec<RunId>> {
    let text = "SELECT p.run FROM run_partition AS p JOIN run AS r ON r.id = p.run \
                WHERE p.metric IS NOT NULL AND (p.decided_at < $1 OR r.closed_at < $1) \
                AND EXISTS (SELECT 1 FROM variant_outcome AS o WHERE o.run = p.run)";
    let rows = conn
        .query_all_raw(sql(conn, text, [before.0.into()]))
        .await?;
    rows.iter().map(|row| row::id(row, "run")).collect()
}

/// Some outcomes of a run's variants.
pub async fn forget_outcomes(tx: &Tx, run: RunId) -> anyhow::Result<u64> {
    let text = format!(
        "DELETE FROM variant_outcome WHERE run = $1 AND chunk IN \
         (SELECT DISTINCT chunk FROM variant_outcome WHERE run = $1 ORDER BY chunk LIMIT {CHUNKS})"
    );
    let done = tx.execute_raw(sql(tx, text, [run.uuid().into()])).await?;
    Ok(done.rows_affected())
}
