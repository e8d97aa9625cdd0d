//! Chunks: who is in them (written once) and where they stand (rewritten whenever reports come).

use std::collections::BTreeSet;

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::{ContactId, RunId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::row::{self, sql};
use crate::audience;
use crate::fold::Marks;
use crate::release::{self, Stage, Timing};

#[derive(Debug, Clone)]
pub struct Chunk {
    pub run: RunId,
    pub number: u32,
    pub marks: Marks,
    pub timing: Timing,
}

fn read(row: &QueryResult) -> anyhow::Result<Chunk> {
    let marks: Vec<u8> = row.try_get("", "marks")?;
    Ok(Chunk {
        run: row::id(row, "run")?,
        number: row::number(row, "chunk")?,
        marks: Marks::decode(row::number(row, "n")?, &marks)?,
        timing: Timing {
            attempts: row::number(row, "attempts")?,
            released_at: row::maybe_millis(row, "released_at")?,
            retry_at: row::millis(row, "retry_at")?,
            released_to: row::number(row, "released_to")?,
            retry_below: row::number(row, "retry_below")?,
        },
    })
}

const COLUMNS: &str = "c.run, c.chunk, c.n, c.marks, c.attempts, c.released_at, c.retry_at, c.released_to, c.retry_below";

/// These chunks, locked until the transaction ends, in ascending order. Unknown ones are left out.
pub async fn load(
    tx: &Tx,
    engine: Engine,
    keys: &BTreeSet<(RunId, u32)>,
) -> anyhow::Result<Vec<Chunk>> {
    let keys: Vec<(String, u32)> = keys
        .iter()
        .map(|(run, chunk)| (run.uuid().simple().to_string(), *chunk))
        .collect();
    // CROSS JOIN, so that SQLite looks each key up and never walks the table.
    let text = format!(
        "select {COLUMNS} from {} as r cross join chunk c where c.run = {} and c.chunk = CAST(r.value->>1 AS BIGINT) \
         order by c.run, c.chunk{}",
        engine.rows("$1"),
        engine.uuid("r.value->>0"),
        engine.for_update()
    );
    let rows = tx
        .query_all_raw(sql(tx, text, [serde_json::to_string(&keys)?.into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// The first chunks at one of these stages, locked until the transaction ends.
pub async fn at_stages(
    tx: &Tx,
    engine: Engine,
    run: RunId,
    stages: &[Stage],
    limit: usize,
) -> anyhow::Result<Vec<Chunk>> {
    let stages: Vec<String> = stages
        .iter()
        .map(|stage| stage.number().to_string())
        .collect();
    let text = format!(
        "select {COLUMNS} from chunk c where c.run = $1 and c.stage in ({}) order by c.chunk limit {limit}{}",
        stages.join(", "),
        engine.for_update()
    );
    let rows = tx.query_all_raw(sql(tx, text, [run.uuid().into()])).await?;
    rows.iter().map(read).collect()
}

/// A page of the chunks that are on their way or held and not due by `now`, in ascending order behind `after`, locked
/// until the transaction ends.
pub async fn held_after(
    tx: &Tx,
    engine: Engine,
    run: RunId,
    (after, now): (Option<u32>, UnixMillis),
    limit: usize,
) -> anyhow::Result<Vec<Chunk>> {
    let text = format!(
        "select {COLUMNS} from chunk c where c.run = $1 and c.chunk > $2 and c.stage in ({}, {}) \
         and c.next_release_at > $3 order by c.chunk limit {limit}{}",
        Stage::InFlight.number(),
        Stage::Held.number(),
        engine.for_update()
    );
    let after = after.map_or(-1, i64::from);
    let values = [run.uuid().into(), after.into(), now.0.into()];
    let rows = tx.query_all_raw(sql(tx, text, values)).await?;
    rows.iter().map(read).collect()
}

/// Numbers of the chunks at a stage that want to be looked at by `now`, the longest waiting first.
pub async fn due(
    conn: &impl ConnectionTrait,
    run: RunId,
    stage: Stage,
    now: UnixMillis,
    limit: usize,
) -> anyhow::Result<Vec<u32>> {
    let text = format!(
        "select chunk from chunk where run = $1 and stage = {} and next_release_at <= $2 \
         order by next_release_at, chunk limit {limit}",
        stage.number()
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into(), now.0.into()]))
        .await?;
    rows.iter().map(|row| row::number(row, "chunk")).collect()
}

/// Chunks of which a part was released and a part never was, locked until the transaction ends.
pub async fn in_parts(
    tx: &Tx,
    engine: Engine,
    run: RunId,
    limit: usize,
) -> anyhow::Result<Vec<Chunk>> {
    let text = format!(
        "select {COLUMNS} from chunk c where c.run = $1 and c.released_to > 0 and c.released_to < c.n \
         and c.stage < {} order by c.chunk limit {limit}{}",
        Stage::Settled.number(),
        engine.for_update()
    );
    let rows = tx.query_all_raw(sql(tx, text, [run.uuid().into()])).await?;
    rows.iter().map(read).collect()
}

/// These chunks of a run as they stand, in ascending order.
pub async fn look_at(
    conn: &impl ConnectionTrait,
    run: RunId,
    chunks: &[u32],
) -> anyhow::Result<Vec<Chunk>> {
    if chunks.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<String> = chunks.iter().map(u32::to_string).collect();
    let text = format!(
        "select {COLUMNS} from chunk c where c.run = $1 and c.chunk in ({}) order by c.chunk",
        numbers.join(", ")
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// How many chunks are at a stage.
pub async fn count(conn: &impl ConnectionTrait, run: RunId, stage: Stage) -> anyhow::Result<usize> {
    let text = format!(
        "select count(*) as n from chunk where run = $1 and stage = {}",
        stage.number()
    );
    match conn
        .query_one_raw(sql(conn, text, [run.uuid().into()]))
        .await?
    {
        Some(row) => row::number(&row, "n"),
        None => Ok(0),
    }
}

/// Is any position of the run still open?
pub async fn any_open(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<bool> {
    let text = "select chunk from chunk where run = $1 and stage < 3 limit 1";
    Ok(conn
        .query_one_raw(sql(conn, text, [run.uuid().into()]))
        .await?
        .is_some())
}

/// Chunks in flight are looked at by `by`: after a restart or a resume, when less is known about them.
pub async fn hurry(tx: &Tx, run: RunId, by: UnixMillis) -> anyhow::Result<()> {
    let text = "update chunk set attempts = 1, retry_at = $2, retry_below = released_to, \
                next_release_at = case when next_release_at > $2 then $2 else next_release_at end \
                where run = $1 and stage = 1 and retry_at > $2";
    tx.execute_raw(sql(tx, text, [run.uuid().into(), by.0.into()]))
        .await?;
    Ok(())
}

/// Writes where these chunks stand, in one statement.
pub async fn save(tx: &Tx, chunks: &[Chunk]) -> anyhow::Result<()> {
    if chunks.is_empty() {
        return Ok(());
    }
    let mut values: Vec<Value> = Vec::with_capacity(chunks.len() * 12);
    for chunk in chunks {
        let (stage, next_release_at) = release::next(&chunk.marks, &chunk.timing);
        values.extend([
            chunk.run.uuid().into(),
            i64::from(chunk.number).into(),
            i64::try_from(chunk.marks.len())?.into(),
            chunk.marks.encode()?.into(),
            serde_json::to_string(&chunk.marks.tally())?.into(),
            stage.number().into(),
            i64::from(chunk.timing.attempts).into(),
            chunk.timing.released_at.map(|at| at.0).into(),
            chunk.timing.retry_at.0.into(),
            next_release_at.0.into(),
            i64::from(chunk.timing.released_to).into(),
            i64::from(chunk.timing.retry_below).into(),
        ]);
    }
    let text = format!(
        "insert into chunk (run, chunk, n, marks, tally, stage, attempts, released_at, retry_at, next_release_at, \
         released_to, retry_below) values {} on conflict (run, chunk) do update set marks = excluded.marks, tally = excluded.tally, \
         stage = excluded.stage, attempts = excluded.attempts, released_at = excluded.released_at, \
         retry_at = excluded.retry_at, next_release_at = excluded.next_release_at, \
         released_to = excluded.released_to, retry_below = excluded.retry_below",
        placeholders(chunks.len(), 12)
    );
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Adds chunks that nobody has seen yet, numbered from `first`.
pub async fn append(
    tx: &Tx,
    run: RunId,
    first: u32,
    audience: &[&[ContactId]],
) -> anyhow::Result<()> {
    let chunks: Vec<(&[ContactId], Marks)> = audience
        .iter()
        .map(|contacts| (*contacts, Marks::pending(contacts.len())))
        .collect();
    append_marked(tx, run, first, chunks).await
}

/// The same for people who stand somewhere already.
pub async fn append_marked(
    tx: &Tx,
    run: RunId,
    first: u32,
    audience: Vec<(&[ContactId], Marks)>,
) -> anyhow::Result<()> {
    if audience.is_empty() {
        return Ok(());
    }
    let rows = audience.len();
    let mut chunks = Vec::with_capacity(rows);
    let mut values: Vec<Value> = Vec::with_capacity(rows * 3);
    for (number, (contacts, marks)) in (first..).zip(audience) {
        values.extend([
            run.uuid().into(),
            i64::from(number).into(),
            audience::pack(contacts).into(),
        ]);
        chunks.push(Chunk {
            run,
            number,
            marks,
            timing: Timing::NEW,
        });
    }
    let text = format!(
        "insert into chunk_ids (run, chunk, ids) values {}",
        placeholders(rows, 3)
    );
    tx.execute_raw(sql(tx, text, values)).await?;
    save(tx, &chunks).await
}

/// Chunks of a run, from `first` on in ascending order, in which somebody stands at this outcome.
pub async fn with_outcome(
    conn: &impl ConnectionTrait,
    run: RunId,
    outcome: Outcome,
    first: u32,
    limit: usize,
) -> anyhow::Result<Vec<Chunk>> {
    let text = format!(
        "select {COLUMNS} from chunk c where c.run = $1 and c.chunk >= $2 and c.tally like $3 \
         order by c.chunk limit {limit}"
    );
    // As it stands in the tally.
    let outcome = format!("%\"outcome\":{}%", serde_json::to_string(&outcome)?);
    let values = [run.uuid().into(), i64::from(first).into(), outcome.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(read).collect()
}

/// Who is in these chunks of a run, by chunk number.
pub async fn contacts(
    conn: &impl ConnectionTrait,
    run: RunId,
    chunks: &[u32],
) -> anyhow::Result<Vec<(u32, Vec<ContactId>)>> {
    if chunks.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<String> = chunks.iter().map(u32::to_string).collect();
    let text = format!(
        "select chunk, ids from chunk_ids where run = $1 and chunk in ({})",
        numbers.join(", ")
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    rows.iter()
        .map(|row| {
            let ids: Vec<u8> = row.try_get("", "ids")?;
            Ok((row::number(row, "chunk")?, audience::unpack(&ids)))
        })
        .collect()
}

/// Who is in the chunks of a run from `first` on, in ascending order.
pub async fn contacts_from(
    conn: &impl ConnectionTrait,
    run: RunId,
    first: u32,
    limit: usize,
) -> anyhow::Result<Vec<(u32, Vec<ContactId>)>> {
    let text = format!(
        "select chunk, ids from chunk_ids where run = $1 and chunk >= $2 order by chunk limit {limit}"
    );
    let rows = conn
        .query_all_raw(sql(
            conn,
            text,
            [run.uuid().into(), i64::from(first).into()],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            let ids: Vec<u8> = row.try_get("", "ids")?;
            Ok((row::number(row, "chunk")?, audience::unpack(&ids)))
        })
        .collect()
}

fn placeholders(rows: usize, columns: usize) -> String {
    let row = |r: usize| {
        let places: Vec<String> = (1..=columns)
            .map(|c| format!("${}", r * columns + c))
            .collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}
