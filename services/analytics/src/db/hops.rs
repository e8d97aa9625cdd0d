//! When a chunk passed a stage.

use chassis::{Db, Engine, Tx};
use contract::UnixMillis;
use sea_orm::{ConnectionTrait, Value};

use super::block;

/// A chunk's passage. A chunk that is released again passes again; the first time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    pub run_no: i64,
    pub chunk: u32,
    pub stage: &'static str,
    pub at: UnixMillis,
}

pub async fn put(tx: &Tx, engine: Engine, mut hops: Vec<Hop>) -> anyhow::Result<()> {
    // One statement must not meet the same row twice: the earliest of a batch stands for the others.
    hops.sort_unstable_by_key(|hop| (hop.run_no, hop.chunk, hop.stage, hop.at));
    hops.dedup_by_key(|hop| (hop.run_no, hop.chunk, hop.stage));
    let rows: Vec<[Value; 4]> = hops
        .into_iter()
        .map(|hop| {
            [
                hop.run_no.into(),
                i64::from(hop.chunk).into(),
                hop.stage.into(),
                hop.at.0.into(),
            ]
        })
        .collect();
    let tail = "on conflict (run_no, chunk, stage) do update set at = excluded.at where excluded.at < chunk_hop.at";
    block::insert(
        tx,
        engine,
        "insert into chunk_hop (run_no, chunk, stage, at)",
        rows,
        tail,
    )
    .await
}

pub async fn of_chunk(
    db: &Db,
    run_no: i64,
    chunk: u32,
) -> anyhow::Result<Vec<(String, UnixMillis)>> {
    let sql = "select stage, at from chunk_hop where run_no = $1 and chunk = $2 order by at";
    let values = [run_no.into(), i64::from(chunk).into()];
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get("", "stage")?,
                UnixMillis(row.try_get("", "at")?),
            ))
        })
        .collect()
}
