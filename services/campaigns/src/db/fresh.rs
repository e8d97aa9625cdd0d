//! Chunks with people who were never released, for runs that release them at a pace.

use contract::{RunId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::release::Stage;

/// A chunk with people who were never released.
#[derive(Debug, Clone, Copy)]
pub struct Fresh {
    pub number: u32,
    pub in_flight: bool,
    /// How many of them there are, at most.
    pub left: u64,
}

/// The first chunks from `first` on with people who were never released, and whose time has come by `now`.
pub async fn first(
    conn: &impl ConnectionTrait,
    run: RunId,
    (first, now): (u32, UnixMillis),
    limit: usize,
) -> anyhow::Result<Vec<Fresh>> {
    // The sum keeps SQLite from walking by stage: chunks are wanted in their order, and few are looked at.
    let text = format!(
        "select chunk, stage, n - released_to as fresh from chunk where run = $1 and chunk >= $2 \
         and released_to < n and stage + 0 < {} \
         and not (stage + 0 = {} and released_to = 0 and next_release_at > $3) order by chunk limit {limit}",
        Stage::Settled.number(),
        Stage::Held.number()
    );
    let values = [run.uuid().into(), i64::from(first).into(), now.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    let read = |row: &QueryResult| {
        Ok(Fresh {
            number: row::number(row, "chunk")?,
            in_flight: row.try_get::<i64>("", "stage")? == Stage::InFlight.number(),
            left: row::number(row, "fresh")?,
        })
    };
    rows.iter().map(read).collect()
}

/// A chunk of which people were released, or may be by now.
#[derive(Debug, Clone, Copy)]
pub struct Reachable {
    pub number: u32,
    pub people: u64,
    /// Positions below this one were released.
    pub released_to: u64,
    pub in_flight: bool,
}

/// The chunks of a run that its canary is taken from, in ascending order.
pub async fn reachable(
    conn: &impl ConnectionTrait,
    run: RunId,
    now: UnixMillis,
) -> anyhow::Result<Vec<Reachable>> {
    let text = format!(
        "select chunk, stage, n, released_to from chunk where run = $1 and (released_to > 0 or stage in ({}, {}) \
         or (stage = {} and next_release_at <= $2)) order by chunk",
        Stage::Waiting.number(),
        Stage::InFlight.number(),
        Stage::Held.number()
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into(), now.0.into()]))
        .await?;
    let read = |row: &QueryResult| {
        Ok(Reachable {
            number: row::number(row, "chunk")?,
            people: row::number(row, "n")?,
            released_to: row::number(row, "released_to")?,
            in_flight: row.try_get::<i64>("", "stage")? == Stage::InFlight.number(),
        })
    };
    rows.iter().map(read).collect()
}
