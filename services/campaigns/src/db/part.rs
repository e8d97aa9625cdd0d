//! What the chunks of a partitioned run are for. Written once, when they are frozen.

use std::collections::HashMap;

use anyhow::Context;
use chassis::Tx;
use contract::{ContactId, RunId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::row::{self, sql};
use crate::audience;
use crate::fold::Count;
use crate::release::Stage;
use crate::variants::{Part, Piece};

/// What one chunk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkPart {
    pub part: Part,
    pub variant: Option<u8>,
    pub valid_until: UnixMillis,
}

fn variant(row: &QueryResult) -> anyhow::Result<Option<u8>> {
    let number: Option<i64> = row.try_get("", "variant")?;
    Ok(number.map(u8::try_from).transpose()?)
}

fn part(row: &QueryResult) -> anyhow::Result<Part> {
    Part::from_number(row.try_get("", "part")?).context("a chunk has no known part")
}

/// Adds parts for chunks numbered from `first`.
pub async fn append(tx: &Tx, run: RunId, first: u32, pieces: &[Piece]) -> anyhow::Result<()> {
    if pieces.is_empty() {
        return Ok(());
    }
    let mut values: Vec<Value> = Vec::with_capacity(pieces.len() * 8);
    let mut places = Vec::with_capacity(pieces.len());
    for (number, piece) in (first..).zip(pieces) {
        let (Some(lowest), Some(highest)) = (piece.people.iter().min(), piece.people.iter().max())
        else {
            continue;
        };
        let at = values.len();
        let row: Vec<String> = (1..=8).map(|column| format!("${}", at + column)).collect();
        places.push(format!("({})", row.join(", ")));
        values.extend([
            run.uuid().into(),
            i64::from(number).into(),
            piece.part.number().into(),
            piece.variant.map(i64::from).into(),
            lowest.uuid().into(),
            highest.uuid().into(),
            piece.leaves_at.0.into(),
            piece.valid_until.0.into(),
        ]);
    }
    let text = format!(
        "insert into chunk_part (run, chunk, part, variant, first_contact, last_contact, leaves_at, valid_until) \
         values {}",
        places.join(", ")
    );
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// What these chunks are for, by their numbers.
pub async fn of_chunks(
    conn: &impl ConnectionTrait,
    run: RunId,
    chunks: &[u32],
) -> anyhow::Result<HashMap<u32, ChunkPart>> {
    if chunks.is_empty() {
        return Ok(HashMap::new());
    }
    let numbers: Vec<String> = chunks.iter().map(u32::to_string).collect();
    let text = format!(
        "select chunk, part, variant, valid_until from chunk_part where run = $1 and chunk in ({})",
        numbers.join(", ")
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    let read = |row: &QueryResult| {
        let read = ChunkPart {
            part: part(row)?,
            variant: variant(row)?,
            valid_until: row::millis(row, "valid_until")?,
        };
        Ok((row::number(row, "chunk")?, read))
    };
    rows.iter().map(read).collect()
}

/// Where the people of each chunk of a run stand, in one snapshot.
pub async fn tallies(
    conn: &impl ConnectionTrait,
    run: RunId,
) -> anyhow::Result<Vec<(Part, Option<u8>, Vec<Count>)>> {
    let text = "select p.part, p.variant, c.tally from chunk_part p \
                join chunk c on c.run = p.run and c.chunk = p.chunk where p.run = $1";
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    let read = |row: &QueryResult| {
        let tally = serde_json::from_str(&row::text(row, "tally")?)?;
        Ok((part(row)?, variant(row)?, tally))
    };
    rows.iter().map(read).collect()
}

/// Chunks that were never released and whose time is over.
pub async fn expired(
    conn: &impl ConnectionTrait,
    run: RunId,
    now: UnixMillis,
    limit: usize,
) -> anyhow::Result<Vec<u32>> {
    let text = format!(
        "select p.chunk from chunk_part p join chunk c on c.run = p.run and c.chunk = p.chunk \
         where p.run = $1 and p.valid_until <= $2 and c.stage in ({}, {}) and c.released_at is null \
         order by p.chunk limit {limit}",
        Stage::Waiting.number(),
        Stage::Held.number()
    );
    numbers(conn, text, vec![run.uuid().into(), now.0.into()]).await
}

/// Chunks of the rest that are open.
pub async fn open_rest(
    conn: &impl ConnectionTrait,
    run: RunId,
    limit: usize,
) -> anyhow::Result<Vec<u32>> {
    let text = format!(
        "select p.chunk from chunk_part p join chunk c on c.run = p.run and c.chunk = p.chunk \
         where p.run = $1 and p.part = {} and c.stage < {} order by p.chunk limit {limit}",
        Part::Rest.number(),
        Stage::Settled.number()
    );
    numbers(conn, text, vec![run.uuid().into()]).await
}

async fn numbers(
    conn: &impl ConnectionTrait,
    text: String,
    values: Vec<Value>,
) -> anyhow::Result<Vec<u32>> {
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(|row| row::number(row, "chunk")).collect()
}

/// Chunk and position of somebody who got a variant in a run, once their chunk was released.
pub async fn place_of(
    conn: &impl ConnectionTrait,
    run: RunId,
    variant: u8,
    contact: ContactId,
) -> anyhow::Result<Option<(u32, u16)>> {
    let text = format!(
        "select p.chunk, i.ids from chunk_part p join chunk_ids i on i.run = p.run and i.chunk = p.chunk \
         join chunk c on c.run = p.run and c.chunk = p.chunk \
         where p.run = $1 and p.part = {} and p.variant = $2 and p.first_contact <= $3 and p.last_contact >= $3 \
         and c.released_at is not null",
        Part::Goes.number()
    );
    let values = [
        run.uuid().into(),
        i64::from(variant).into(),
        contact.uuid().into(),
    ];
    for row in conn.query_all_raw(sql(conn, text, values)).await? {
        let ids: Vec<u8> = row.try_get("", "ids")?;
        let place = audience::unpack(&ids).iter().position(|id| *id == contact);
        if let Some(place) = place {
            return Ok(Some((row::number(&row, "chunk")?, u16::try_from(place)?)));
        }
    }
    Ok(None)
}
