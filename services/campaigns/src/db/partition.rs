//! How the audiences of runs are cut, and which variant won.

use chassis::{Engine, Tx};
use contract::{CampaignId, RunId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use super::run::Run;
use crate::variants::{Decision, Metric, Partition};

/// Kept in the commit of its run.
pub async fn insert(tx: &Tx, run: &Run, partition: &Partition) -> anyhow::Result<()> {
    let winner = partition.winner.as_ref();
    let text = "insert into run_partition (run, tenant, campaign, cut, metric, decide_at) \
                values ($1, $2, $3, $4, $5, $6)";
    let values = [
        run.id.uuid().into(),
        run.tenant.uuid().into(),
        run.campaign.uuid().into(),
        serde_json::to_string(partition)?.into(),
        winner
            .map(|winner| winner.metric.as_str().to_string())
            .into(),
        winner.map(|winner| winner.decide_at.0).into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Those of these runs that have one.
pub async fn of_runs(
    conn: &impl ConnectionTrait,
    engine: Engine,
    runs: &[RunId],
) -> anyhow::Result<Vec<(RunId, Partition)>> {
    let rows: Vec<[String; 1]> = runs
        .iter()
        .map(|run| [run.uuid().simple().to_string()])
        .collect();
    let text = format!(
        "select p.run, p.cut from {} as r cross join run_partition p where p.run = {}",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [serde_json::to_string(&rows)?.into()]))
        .await?;
    let read = |row: &QueryResult| {
        let cut = serde_json::from_str(&row::text(row, "cut")?)?;
        Ok((row::id(row, "run")?, cut))
    };
    rows.iter().map(read).collect()
}

/// What was decided about a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The winner's place; `None`: the rest gets nothing.
    pub winner: Option<u8>,
    pub decision: Decision,
}

fn decided(row: &QueryResult) -> anyhow::Result<Option<Decided>> {
    let Some(decision) = row.try_get::<Option<String>>("", "decision")? else {
        return Ok(None);
    };
    let winner: Option<i64> = row.try_get("", "winner")?;
    Ok(Some(Decided {
        winner: winner.map(u8::try_from).transpose()?,
        decision: serde_json::from_str(&decision)?,
    }))
}

/// `None`: nothing was decided yet.
pub async fn decision(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<Option<Decided>> {
    let text = "select winner, decision from run_partition where run = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    Ok(row.as_ref().map(decided).transpose()?.flatten())
}

/// The same, locked until the transaction ends.
pub async fn decision_for_update(
    tx: &Tx,
    engine: Engine,
    run: RunId,
) -> anyhow::Result<Option<Decided>> {
    let text = format!(
        "select winner, decision from run_partition where run = $1{}",
        engine.for_update()
    );
    let row = tx.query_one_raw(sql(tx, text, [run.uuid().into()])).await?;
    Ok(row.as_ref().map(decided).transpose()?.flatten())
}

/// Decides, unless it was decided before.
pub async fn decide(
    tx: &Tx,
    run: RunId,
    decided: &Decided,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let text = "update run_partition set decided_at = $2, winner = $3, decision = $4 \
                where run = $1 and decided_at is null";
    let values = [
        run.uuid().into(),
        now.0.into(),
        decided.winner.map(i64::from).into(),
        serde_json::to_string(&decided.decision)?.into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

/// A run that looks for its winner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub run: RunId,
    pub tenant: TenantId,
    pub campaign: CampaignId,
}

/// Runs that still look for a winner by a metric.
pub async fn open(conn: &impl ConnectionTrait, metric: Metric) -> anyhow::Result<Vec<Open>> {
    let text = "select p.run, p.tenant, p.campaign from run_partition p join run r on r.id = p.run \
                where p.metric is not null and p.decided_at is null and p.metric = $1 and r.state <> 'closed'";
    let rows = conn
        .query_all_raw(sql(conn, text, [metric.as_str().into()]))
        .await?;
    let read = |row: &QueryResult| {
        Ok(Open {
            run: row::id(row, "run")?,
            tenant: row::id(row, "tenant")?,
            campaign: row::id(row, "campaign")?,
        })
    };
    rows.iter().map(read).collect()
}
