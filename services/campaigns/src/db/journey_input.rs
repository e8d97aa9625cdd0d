//! What has arrived for runs and is not worked in yet, and the ids of events that have been taken.

use std::collections::HashSet;

use chassis::{Engine, Tx};
use contract::{ContactId, JourneyId, JourneyRunId, Mode, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::row::{self, sql};
use super::stored;
use crate::journey::run::{Answer, Fate, Happening};

/// One thing that has arrived, for a contact or for one run.
#[derive(Debug, Clone)]
pub struct NewInput {
    pub tenant: TenantId,
    pub mode: Mode,
    pub contact: Option<ContactId>,
    pub run: Option<JourneyRunId>,
    /// It waits until this journey goes on.
    pub held_by: Option<JourneyId>,
    pub body: Body,
    /// How many journeys said one another's events up to this one.
    pub hops: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    Event(Happening),
    Reply {
        id: String,
        text: String,
    },
    Outcome {
        epoch: u32,
        text: u32,
        fate: Fate,
    },
    /// What came of a call.
    Called {
        epoch: u32,
        answer: Answer,
    },
    /// A slot of this journey's schedule, or an event that waited for the end of its pause.
    Enter {
        journey: JourneyId,
        by: Happening,
    },
    Stop {
        why: String,
    },
}

#[derive(Debug, Clone)]
pub struct Waiting {
    pub seq: i64,
    pub input: NewInput,
}

/// Notes ids of events; answers which of them are new.
pub async fn take(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    mode: Mode,
    ids: &[String],
    now: UnixMillis,
) -> anyhow::Result<HashSet<String>> {
    let lines: Vec<[&String; 1]> = ids.iter().map(|id| [id]).collect();
    let text = format!(
        "INSERT INTO journey_event (tenant, mode, id, received_at) SELECT $2, $3, r.value->>0, $4 FROM {} AS r WHERE true ON CONFLICT DO NOTHING RETURNING id",
        engine.rows("$1")
    );
    let values = [
        serde_json::to_string(&lines)?.into(),
        tenant.uuid().into(),
        mode.as_str().into(),
        now.0.into(),
    ];
    let rows = tx.query_all_raw(sql(tx, text, values)).await?;
    rows.iter().map(|row| row::text(row, "id")).collect()
}

pub async fn insert(tx: &Tx, engine: Engine, inputs: &[NewInput]) -> anyhow::Result<()> {
    if inputs.is_empty() {
        return Ok(());
    }
    let hex = |id: sea_orm::prelude::Uuid| id.simple().to_string();
    let mut lines = Vec::with_capacity(inputs.len());
    for input in inputs {
        lines.push(json!([
            hex(input.tenant.uuid()),
            input.mode.as_str(),
            input.contact.map(|id| hex(id.uuid())),
            input.run.map(|id| hex(id.uuid())),
            input.held_by.map(|id| hex(id.uuid())),
            stored::json(&input.body)?,
            input.hops,
        ]));
    }
    let uuid = |at: u8| engine.uuid(&format!("r.value->>{at}"));
    let text = format!(
        "INSERT INTO journey_input (tenant, mode, contact, run, held_by, body, hops) SELECT {}, r.value->>1, {}, {}, {}, r.value->>5, \
         CAST(r.value->>6 AS BIGINT) FROM {} AS r",
        uuid(0),
        uuid(2),
        uuid(3),
        uuid(4),
        engine.rows("$1")
    );
    tx.execute_raw(sql(tx, text, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// The oldest that wait, in the order they came.
#[derive(Debug, Default)]
pub struct Next {
    pub waiting: Vec<Waiting>,
    /// Those of them that cannot be read.
    pub unread: Vec<i64>,
}

pub async fn next(conn: &impl ConnectionTrait, limit: u64) -> anyhow::Result<Next> {
    let text = format!(
        "SELECT * FROM journey_input WHERE held_by IS NULL AND set_aside_at IS NULL ORDER BY seq LIMIT {limit}"
    );
    let mut next = Next::default();
    for row in conn.query_all_raw(sql(conn, text, [])).await? {
        let seq = row.try_get("", "seq")?;
        match read(&row) {
            Ok(input) => next.waiting.push(Waiting { seq, input }),
            // Why is not told: the reason may hold what was read.
            Err(_) => next.unread.push(seq),
        }
    }
    Ok(next)
}

fn read(row: &QueryResult) -> anyhow::Result<NewInput> {
    Ok(NewInput {
        tenant: row::id(row, "tenant")?,
        mode: row::mode(row)?,
        contact: row::maybe_id(row, "contact")?,
        run: row::maybe_id(row, "run")?,
        held_by: None,
        body: serde_json::from_str(&row::text(row, "body")?)?,
        hops: row::number(row, "hops")?,
    })
}

/// Lets the others go on without these.
pub async fn set_aside(
    tx: &Tx,
    engine: Engine,
    seqs: &[i64],
    now: UnixMillis,
) -> anyhow::Result<()> {
    let text = format!(
        "UPDATE journey_input SET set_aside_at = $2 WHERE seq IN (SELECT CAST(r.value->>0 AS BIGINT) FROM {} AS r)",
        engine.rows("$1")
    );
    tx.execute_raw(sql(tx, text, [list(seqs)?, now.0.into()]))
        .await?;
    Ok(())
}

fn list(seqs: &[i64]) -> anyhow::Result<sea_orm::Value> {
    let lines: Vec<[i64; 1]> = seqs.iter().map(|seq| [*seq]).collect();
    Ok(serde_json::to_string(&lines)?.into())
}

/// Whether at least so many wait.
pub async fn crowded(conn: &impl ConnectionTrait, many: u64) -> anyhow::Result<bool> {
    let text = format!(
        "SELECT count(*) AS n FROM (SELECT 1 AS one FROM journey_input WHERE held_by IS NULL AND set_aside_at IS NULL LIMIT {many}) AS w"
    );
    let row = conn.query_one_raw(sql(conn, text, [])).await?;
    let waiting: Option<u64> = row.map(|row| row::number(&row, "n")).transpose()?;
    Ok(waiting.unwrap_or(0) >= many)
}

/// Takes these away; answers which were there: what another process took is not ours. In one order, so that two
/// processes that take the same never wait for each other in a circle.
pub async fn remove(tx: &Tx, engine: Engine, seqs: &[i64]) -> anyhow::Result<HashSet<i64>> {
    let text = format!(
        "WITH mine AS (SELECT seq FROM journey_input WHERE seq IN (SELECT CAST(r.value->>0 AS BIGINT) FROM {} AS r) ORDER BY seq{}) \
         DELETE FROM journey_input WHERE seq IN (SELECT seq FROM mine) RETURNING seq",
        engine.rows("$1"),
        engine.for_update()
    );
    let rows = tx.query_all_raw(sql(tx, text, [list(seqs)?])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "seq")?)).collect()
}

/// Lets go what waited for a journey.
pub async fn release(tx: &Tx, journey: JourneyId) -> anyhow::Result<()> {
    let text = "UPDATE journey_input SET held_by = NULL WHERE held_by = $1";
    tx.execute_raw(sql(tx, text, [journey.uuid().into()]))
        .await?;
    Ok(())
}

/// Forgets what was set aside before `before`.
pub async fn forget_aside(tx: &Tx, before: UnixMillis) -> anyhow::Result<()> {
    let text = "DELETE FROM journey_input WHERE set_aside_at < $1";
    tx.execute_raw(sql(tx, text, [before.0.into()])).await?;
    Ok(())
}

/// Forgets ids of events that were taken before `before`.
pub async fn forget(tx: &Tx, before: UnixMillis) -> anyhow::Result<u64> {
    let text = "DELETE FROM journey_event WHERE received_at < $1";
    Ok(tx
        .execute_raw(sql(tx, text, [before.0.into()]))
        .await?
        .rows_affected())
}
