//! `screen`: which decision each recipient got when a chunk was screened.

use chassis::Engine;
use contract::DecisionId;
use contract::chunk::ChunkHead;
use sea_orm::ConnectionTrait;

/// Positions by decision.
pub type Screening = Vec<(DecisionId, Vec<u16>)>;

/// Screening the same release again writes the newer result.
pub async fn store(
    tx: &impl ConnectionTrait,
    engine: Engine,
    head: &ChunkHead,
    screening: &Screening,
    now: i64,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO screen (run, chunk, released_at, decisions, at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (run, chunk, released_at) DO UPDATE SET decisions = excluded.decisions, at = excluded.at";
    let values = [
        head.run.uuid().into(),
        i64::from(head.chunk).into(),
        head.released_at.0.into(),
        postcard::to_stdvec(screening)?.into(),
        now.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
