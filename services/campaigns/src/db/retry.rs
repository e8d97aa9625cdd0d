//! `run_retry`: where a retry takes its people from, and how far it has read.

use chassis::Tx;
use contract::RunId;
use sea_orm::ConnectionTrait;

use super::row::{self, sql};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Runs, the earliest first.
    pub sources: Vec<RunId>,
    /// Also those whose text was not delivered.
    pub undelivered: bool,
    /// Which of the sources is read, and its chunk that comes next.
    pub source: usize,
    pub chunk: u32,
}

pub async fn by_run(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<Option<Retry>> {
    let text = "select * from run_retry where run = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Retry {
        sources: serde_json::from_str(&row::text(&row, "sources")?)?,
        undelivered: row.try_get("", "undelivered")?,
        source: row::number(&row, "source")?,
        chunk: row::number(&row, "chunk")?,
    }))
}

pub async fn save(tx: &Tx, run: RunId, retry: &Retry) -> anyhow::Result<()> {
    let text = "insert into run_retry (run, sources, undelivered, source, chunk) values ($1, $2, $3, $4, $5) \
                on conflict (run) do update set source = excluded.source, chunk = excluded.chunk";
    let values = [
        run.uuid().into(),
        serde_json::to_string(&retry.sources)?.into(),
        retry.undelivered.into(),
        i64::try_from(retry.source)?.into(),
        i64::from(retry.chunk).into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}
