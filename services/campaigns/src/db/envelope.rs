//! What envelopes decided, and who opted out of runs that have one.

use chassis::{Engine, Tx};
use contract::ids::KeyId;
use contract::{ContactId, RunId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::envelope::{Bound, Decision};

/// A decision as it was recorded.
#[derive(Debug, Clone)]
pub struct Decided {
    pub at: UnixMillis,
    pub decision: Decision,
    pub bound: Option<Bound>,
    /// The figures it was made by, as JSON.
    pub figures: String,
    /// Who decided by hand.
    pub by_key: Option<KeyId>,
}

fn read(row: &QueryResult) -> anyhow::Result<Decided> {
    let bound: Option<String> = row.try_get("", "bound")?;
    let by_key: Option<String> = row.try_get("", "by_key")?;
    Ok(Decided {
        at: row::millis(row, "at")?,
        decision: row::named(row, "decision", Decision::parse)?,
        bound: bound.as_deref().and_then(Bound::parse),
        figures: row::text(row, "figures")?,
        by_key: by_key.map(|key| key.parse()).transpose()?,
    })
}

/// Adds a decision. To be called with the run's pace locked.
pub async fn decide(tx: &Tx, run: RunId, decided: &Decided) -> anyhow::Result<()> {
    let text = "insert into envelope_decision (run, n, at, decision, bound, figures, by_key) \
                select $1, CAST(count(*) AS BIGINT), $2, $3, $4, $5, $6 from envelope_decision where run = $1";
    let values = [
        run.uuid().into(),
        decided.at.0.into(),
        decided.decision.as_str().into(),
        decided.bound.map(Bound::as_str).into(),
        decided.figures.clone().into(),
        decided.by_key.map(|key| key.to_string()).into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// The decisions about a run, the first first.
pub async fn decisions(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<Vec<Decided>> {
    let text = "select * from envelope_decision where run = $1 order by n";
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// Somebody of a run who opted out.
#[derive(Debug, Clone, Copy)]
pub struct OptOut {
    pub run: RunId,
    pub contact: ContactId,
    pub chunk: u32,
    pub place: u16,
    pub at: UnixMillis,
}

/// Notes opt-outs; those that are noted stay.
pub async fn note(tx: &Tx, engine: Engine, opt_outs: &[OptOut]) -> anyhow::Result<()> {
    if opt_outs.is_empty() {
        return Ok(());
    }
    let line = |of: &OptOut| {
        let (run, contact) = (of.run.uuid().simple(), of.contact.uuid().simple());
        (
            run.to_string(),
            contact.to_string(),
            of.chunk,
            of.place,
            of.at.0,
        )
    };
    let lines: Vec<_> = opt_outs.iter().map(line).collect();
    let big = |at: u8| format!("CAST(r.value->>{at} AS BIGINT)");
    let text = format!(
        "insert into envelope_opt_out (run, contact, chunk, place, at, texted) select {}, {}, {}, {}, {}, false \
         from {} as r where true on conflict (run, contact) do nothing",
        engine.uuid("r.value->>0"),
        engine.uuid("r.value->>1"),
        big(2),
        big(3),
        big(4),
        engine.rows("$1")
    );
    tx.execute_raw(sql(tx, text, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// How many people opted out who had got their text.
pub async fn opted_out(conn: &impl ConnectionTrait, run: RunId) -> anyhow::Result<u64> {
    let text = "select CAST(count(*) AS BIGINT) as n from envelope_opt_out where run = $1 and texted = true";
    let row = conn
        .query_one_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    row.map_or(Ok(0), |row| row::number(&row, "n"))
}

/// People who opted out and of whom it is not known that they had got their text: chunk and position.
pub async fn in_doubt(
    conn: &impl ConnectionTrait,
    run: RunId,
    limit: usize,
) -> anyhow::Result<Vec<(u32, u16)>> {
    let text = format!(
        "select chunk, place from envelope_opt_out where run = $1 and texted = false order by chunk, place limit {limit}"
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [run.uuid().into()]))
        .await?;
    rows.iter()
        .map(|row| Ok((row::number(row, "chunk")?, row::number(row, "place")?)))
        .collect()
}

/// These had got their text (`true`), or never will (`false`) and count no more.
pub async fn settle(
    tx: &Tx,
    run: RunId,
    (chunk, place): (u32, u16),
    texted: bool,
) -> anyhow::Result<()> {
    let text = if texted {
        "update envelope_opt_out set texted = true where run = $1 and chunk = $2 and place = $3"
    } else {
        "delete from envelope_opt_out where run = $1 and chunk = $2 and place = $3"
    };
    let values = [
        run.uuid().into(),
        i64::from(chunk).into(),
        i64::from(place).into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}
