//! Calls of webhooks that are to be made.

use std::collections::BTreeMap;

use chassis::{Engine, Tx};
use contract::{JourneyId, JourneyRunId, TenantId, UnixMillis};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::row::{self, sql};

/// Names a call: the run, how often it was begun, and the number of the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub run: JourneyRunId,
    pub epoch: u32,
    pub number: u32,
}

#[derive(Debug, Clone)]
pub struct Call {
    pub key: Key,
    pub tenant: TenantId,
    pub journey: JourneyId,
    pub step: String,
    pub request: Request,
    /// Tries, the one under way included.
    pub attempts: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub url: String,
    pub method: String,
    pub headers: BTreeMap<String, String>,
    /// `None`: the method has none.
    pub body: Option<Value>,
    pub timeout_ms: i64,
}

/// Writes calls; one that is there stays as it is.
pub async fn insert(
    tx: &Tx,
    engine: Engine,
    calls: &[Call],
    now: UnixMillis,
) -> anyhow::Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let hex = |id: sea_orm::prelude::Uuid| id.simple().to_string();
    let mut lines = Vec::with_capacity(calls.len());
    for call in calls {
        lines.push(json!([
            hex(call.key.run.uuid()),
            call.key.epoch,
            call.key.number,
            hex(call.tenant.uuid()),
            hex(call.journey.uuid()),
            call.step,
            serde_json::to_string(&call.request)?.replace("\\u0000", ""),
        ]));
    }
    let uuid = |at: u8| engine.uuid(&format!("r.value->>{at}"));
    let text = format!(
        "INSERT INTO journey_call (run, epoch, number, tenant, journey, step, request, attempts, due_at) \
         SELECT {}, CAST(r.value->>1 AS BIGINT), CAST(r.value->>2 AS BIGINT), {}, {}, r.value->>5, r.value->>6, 0, $2 \
         FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        uuid(0),
        uuid(3),
        uuid(4),
        engine.rows("$1")
    );
    let values = [serde_json::to_string(&lines)?.into(), now.0.into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Calls of a journey that is paused wait for its resume.
const GOES_ON: &str = "NOT EXISTS (SELECT 1 FROM journey AS j WHERE j.id = journey_call.journey AND j.state = 'paused')";

/// Whether a call is to be made now.
pub async fn any_due(conn: &impl ConnectionTrait, now: UnixMillis) -> anyhow::Result<bool> {
    let text =
        format!("SELECT 1 AS one FROM journey_call WHERE due_at <= $1 AND {GOES_ON} LIMIT 1");
    let row = conn.query_one_raw(sql(conn, text, [now.0.into()])).await?;
    Ok(row.is_some())
}

/// Takes calls that are due: they are taken for lost at `lost_at`.
pub async fn take(
    tx: &Tx,
    engine: Engine,
    now: UnixMillis,
    lost_at: UnixMillis,
    limit: usize,
) -> anyhow::Result<Vec<Call>> {
    let text = format!(
        "UPDATE journey_call SET due_at = $2, attempts = attempts + 1 WHERE (run, epoch, number) IN \
         (SELECT run, epoch, number FROM journey_call WHERE due_at <= $1 AND {GOES_ON} ORDER BY due_at LIMIT {limit}{}{}) RETURNING *",
        engine.for_update(),
        engine.skip_locked()
    );
    let rows = tx
        .query_all_raw(sql(tx, text, [now.0.into(), lost_at.0.into()]))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Call {
                key: Key {
                    run: row::id(row, "run")?,
                    epoch: row::number(row, "epoch")?,
                    number: row::number(row, "number")?,
                },
                tenant: row::id(row, "tenant")?,
                journey: row::id(row, "journey")?,
                step: row::text(row, "step")?,
                request: serde_json::from_str(&row::text(row, "request")?)?,
                attempts: row::number(row, "attempts")?,
            })
        })
        .collect()
}

fn of(key: Key) -> [sea_orm::Value; 3] {
    [
        key.run.uuid().into(),
        i64::from(key.epoch).into(),
        i64::from(key.number).into(),
    ]
}

/// It is tried again then.
pub async fn again(tx: &Tx, key: Key, at: UnixMillis) -> anyhow::Result<()> {
    let text = "UPDATE journey_call SET due_at = $4 WHERE run = $1 AND epoch = $2 AND number = $3";
    let values = of(key).into_iter().chain([at.0.into()]);
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// False where somebody else has brought its answer.
pub async fn remove(tx: &Tx, key: Key) -> anyhow::Result<bool> {
    let text = "DELETE FROM journey_call WHERE run = $1 AND epoch = $2 AND number = $3";
    Ok(tx
        .execute_raw(sql(tx, text, of(key)))
        .await?
        .rows_affected()
        == 1)
}
