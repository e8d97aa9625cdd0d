//! `screen`: which decision each recipient got when a chunk was screened.

use chassis::Engine;
use contract::chunk::ChunkHead;
use contract::{DecisionId, MessageId};
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

/// The decision that a message got when it was last screened, and when that was.
pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    message: MessageId,
) -> anyhow::Result<Option<(DecisionId, i64)>> {
    let sql =
        "SELECT decisions, at FROM screen WHERE run = $1 AND chunk = $2 ORDER BY released_at DESC";
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
    ];
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let decisions: Vec<u8> = row.try_get_by_index(0)?;
        let screening: Screening = postcard::from_bytes(&decisions)?;
        let found = screening
            .into_iter()
            .find(|(_, positions)| positions.contains(&message.position()));
        if let Some((decision, _)) = found {
            return Ok(Some((decision, row.try_get_by_index(1)?)));
        }
    }
    Ok(None)
}
