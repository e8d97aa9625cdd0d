//! `run_pace`: throttle and envelope of runs that have one.

use chassis::{Engine, Tx};
use contract::{RunId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::db::run::Run;
use crate::envelope::Phase;
use crate::pace::{Pace, Plan};
use crate::throttle::Bucket;

fn read(row: &QueryResult) -> anyhow::Result<Pace> {
    let json = |column: &str| row.try_get::<Option<String>>("", column);
    Ok(Pace {
        run: row::id(row, "run")?,
        tenant: row::id(row, "tenant")?,
        started_at: row::millis(row, "started_at")?,
        throttle: json("throttle")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        bucket: Bucket {
            credit: row::number(row, "credit")?,
            at: row::millis(row, "credit_at")?,
        },
        released: row::number(row, "released")?,
        frontier: row::number(row, "frontier")?,
        envelope: json("envelope")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        phase: row::named(row, "phase", Phase::parse)?,
        canary_done_at: row::maybe_millis(row, "canary_done_at")?,
        waived: serde_json::from_str(&row::text(row, "waived")?)?,
    })
}

pub async fn by_run(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<Option<Pace>> {
    let text = "select * from run_pace where run = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// The same, locked until the transaction ends.
pub async fn by_run_for_update(
    tx: &Tx,
    engine: Engine,
    run: RunId,
) -> anyhow::Result<Option<Pace>> {
    let text = format!(
        "select * from run_pace where run = $1{}",
        engine.for_update()
    );
    let row = tx.query_one_raw(sql(tx, text, [run.uuid().into()])).await?;
    row.as_ref().map(read).transpose()
}

/// Writes it as it is.
pub async fn save(tx: &Tx, pace: &Pace) -> anyhow::Result<()> {
    let text = "insert into run_pace (run, tenant, started_at, throttle, credit, credit_at, released, frontier, envelope, \
                phase, canary_done_at, waived) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                on conflict (run) do update set throttle = excluded.throttle, credit = excluded.credit, \
                credit_at = excluded.credit_at, released = excluded.released, frontier = excluded.frontier, \
                phase = excluded.phase, canary_done_at = excluded.canary_done_at, waived = excluded.waived";
    let throttle = pace.throttle.as_ref().map(serde_json::to_string);
    let envelope = pace.envelope.as_ref().map(serde_json::to_string);
    let values = [
        pace.run.uuid().into(),
        pace.tenant.uuid().into(),
        pace.started_at.0.into(),
        throttle.transpose()?.into(),
        pace.bucket.credit.into(),
        pace.bucket.at.0.into(),
        i64::try_from(pace.released)?.into(),
        i64::from(pace.frontier).into(),
        envelope.transpose()?.into(),
        pace.phase.as_str().into(),
        pace.canary_done_at.map(|at| at.0).into(),
        serde_json::to_string(&pace.waived)?.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// What the campaign of a run says about its pace now.
pub async fn plan(tx: &Tx, run: &Run) -> anyhow::Result<Plan> {
    let text = "select pace from campaign where id = $1";
    let row = tx
        .query_one_raw(sql(tx, text, [run.campaign.uuid().into()]))
        .await?;
    let plan = match row {
        Some(row) => row.try_get::<Option<String>>("", "pace")?,
        None => None,
    };
    Ok(plan
        .map(|text| serde_json::from_str(&text))
        .transpose()?
        .unwrap_or_default())
}

/// A run that began without a pace gets one; those it has released count.
pub async fn of_running(tx: &Tx, run: &Run, now: UnixMillis) -> anyhow::Result<Pace> {
    let text = "select CAST(coalesce(sum(released_to), 0) AS BIGINT) as released from chunk where run = $1";
    let row = tx
        .query_one_raw(sql(tx, text, [run.id.uuid().into()]))
        .await?;
    let released = row.map(|row| row::number(&row, "released")).transpose()?;
    let text = "update run set paced = true where id = $1";
    tx.execute_raw(sql(tx, text, [run.id.uuid().into()]))
        .await?;
    Ok(Pace {
        released: released.unwrap_or(0),
        ..Pace::new(run.id, run.tenant, &Plan::default(), now)
    })
}

/// Runs of a tenant whose opt-outs are counted, and when each began.
pub async fn watched(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    now: UnixMillis,
) -> anyhow::Result<Vec<(RunId, UnixMillis)>> {
    let text = "select run, started_at from run_pace where tenant = $1 and envelope is not null \
                and (watched_until is null or watched_until > $2)";
    let rows = conn
        .query_all_raw(sql(conn, text, [tenant.uuid().into(), now.0.into()]))
        .await?;
    rows.iter()
        .map(|row| Ok((row::id(row, "run")?, row::millis(row, "started_at")?)))
        .collect()
}

/// Which of these runs have an envelope.
pub async fn with_envelope(
    conn: &impl ConnectionTrait,
    runs: &[RunId],
) -> anyhow::Result<Vec<RunId>> {
    let places: Vec<String> = (1..=runs.len()).map(|place| format!("${place}")).collect();
    let text = format!(
        "select run from run_pace where envelope is not null and run in ({})",
        places.join(", ")
    );
    let rows = conn
        .query_all_raw(sql(conn, text, runs.iter().map(|run| run.uuid().into())))
        .await?;
    rows.iter().map(|row| row::id(row, "run")).collect()
}

/// The run is closed: opt-outs are counted until then.
pub async fn closed(tx: &Tx, run: RunId, watched_until: UnixMillis) -> anyhow::Result<()> {
    let text = "update run_pace set watched_until = $2 where run = $1";
    tx.execute_raw(sql(tx, text, [run.uuid().into(), watched_until.0.into()]))
        .await?;
    Ok(())
}
