//! The sums of a run, read in one statement and so in one snapshot.

use chassis::Tx;
use contract::{CampaignId, RunId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::fold::Count;
use crate::lifecycle::State;
use crate::progress::{ChunkSums, Progress, Stated, Sums};
use crate::release::Stage;

/// `None`: the tenant has no such campaign.
pub async fn of_campaign(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    id: CampaignId,
) -> anyhow::Result<Option<Progress>> {
    let text = "select p.state, p.state_reason, p.run, r.retry_of, r.closed_at, r.revision, r.restated_at, \
                c.stage, c.released_at, c.tally \
                from campaign p left join run r on r.id = p.run left join chunk c on c.run = p.run \
                where p.id = $1 and p.tenant = $2";
    let rows = conn
        .query_all_raw(sql(conn, text, [id.uuid().into(), tenant.uuid().into()]))
        .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut progress = Progress {
        state: row::named(first, "state", State::parse)?,
        state_reason: first.try_get("", "state_reason")?,
        run: row::maybe_id(first, "run")?,
        retry_of: row::maybe_id(first, "retry_of")?,
        stated: stated(first)?,
        sums: Sums::default(),
        chunks: ChunkSums::default(),
    };
    for row in &rows {
        let Some(tally) = row.try_get::<Option<String>>("", "tally")? else {
            continue;
        };
        progress.sums.add(&serde_json::from_str::<Vec<_>>(&tally)?);
        progress.chunks.total += 1;
        progress.chunks.released += u64::from(row::maybe_millis(row, "released_at")?.is_some());
        progress.chunks.settled +=
            u64::from(row.try_get::<i64>("", "stage")? == Stage::Settled.number());
    }
    Ok(Some(progress))
}

/// Nothing of it while the run is open.
fn stated(row: &QueryResult) -> anyhow::Result<Stated> {
    let revision: Option<i64> = row.try_get("", "revision")?;
    Ok(Stated {
        closed_at: row::maybe_millis(row, "closed_at")?.map(UnixMillis::to_utc),
        revision: revision
            .map(u32::try_from)
            .transpose()?
            .filter(|revision| *revision > 0),
        restated_at: row::maybe_millis(row, "restated_at")?.map(UnixMillis::to_utc),
    })
}

/// The sums of a run, inside a transaction.
pub async fn of_run(tx: &Tx, run: RunId) -> anyhow::Result<Sums> {
    sums(tx, run).await
}

/// The sums of a run.
pub async fn sums(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<Sums> {
    let mut sums = Sums::default();
    for counts in tallies(conn, run).await? {
        sums.add(&counts);
    }
    Ok(sums)
}

/// What each chunk of a run counts.
pub async fn tallies(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<Vec<Vec<Count>>> {
    let text = "select tally from chunk where run = $1";
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    rows.iter().map(tally).collect()
}

fn tally(row: &QueryResult) -> anyhow::Result<Vec<Count>> {
    Ok(serde_json::from_str(&row::text(row, "tally")?)?)
}
