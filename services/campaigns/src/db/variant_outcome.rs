//! Texts whose people did what a winner is looked for by: each text once.

use std::collections::BTreeMap;

use chassis::{Engine, Tx};
use contract::{MessageId, RunId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::fold::Marks;
use crate::variants::{Metric, Part};

/// Notes these texts, as far as they carry a variant of a run whose winner by this metric is still looked for. What is
/// noted stays.
pub async fn insert(
    tx: &Tx,
    engine: Engine,
    metric: Metric,
    texts: &[(MessageId, UnixMillis)],
) -> anyhow::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, u32, u16, i64)> = texts
        .iter()
        .map(|(message, at)| {
            let run = message.run().uuid().simple().to_string();
            (run, message.chunk(), message.position(), at.0)
        })
        .collect();
    let big = |at: u8| format!("CAST(r.value->>{at} AS BIGINT)");
    let text = format!(
        "insert into variant_outcome (run, chunk, position, at) select p.run, p.chunk, {}, {} from {} as r \
         cross join run_partition q cross join chunk_part p where q.run = {} and q.metric = $2 and q.decided_at is null \
         and p.run = q.run and p.chunk = {} and p.part = {} on conflict do nothing",
        big(2),
        big(3),
        engine.rows("$1"),
        engine.uuid("r.value->>0"),
        big(1),
        Part::Goes.number()
    );
    let values = [serde_json::to_string(&rows)?.into(), metric.as_str().into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// How many of them stand where a text was handed over, by variant.
pub async fn hits(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<BTreeMap<u8, u64>> {
    let text = "select o.chunk, o.position, p.variant from variant_outcome o \
                join chunk_part p on p.run = o.run and p.chunk = o.chunk \
                where o.run = $1 and p.variant is not null";
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    let read = |row: &QueryResult| -> anyhow::Result<(u32, u16, u8)> {
        Ok((
            row::number(row, "chunk")?,
            row::number(row, "position")?,
            row::number(row, "variant")?,
        ))
    };
    let places = rows.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let left = handed_over(conn, run).await?;
    let mut hits = BTreeMap::new();
    for (chunk, position, variant) in places {
        let of_chunk = left
            .get(&chunk)
            .and_then(|left| left.get(usize::from(position)));
        if of_chunk == Some(&true) {
            *hits.entry(variant).or_default() += 1;
        }
    }
    Ok(hits)
}

/// Which positions of the chunks with outcomes were handed over.
async fn handed_over(
    conn: &impl ConnectionTrait,
    run: RunId,
) -> anyhow::Result<BTreeMap<u32, Vec<bool>>> {
    let text = "select chunk, n, marks from chunk where run = $1 \
                and chunk in (select distinct chunk from variant_outcome where run = $1)";
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    let read = |row: &QueryResult| {
        let bytes: Vec<u8> = row.try_get("", "marks")?;
        let marks = Marks::decode(row::number(row, "n")?, &bytes)?;
        let left = marks.iter().map(|(_, mark)| mark.outcome.is_handed_over());
        Ok((row::number(row, "chunk")?, left.collect()))
    };
    rows.iter().map(read).collect()
}
