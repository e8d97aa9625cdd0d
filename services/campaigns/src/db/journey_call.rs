//! Calls of webhooks that are to be made.

use std::collections::BTreeMap;

use chassis::{Engine, Tx};
use contract::{JourneyId, JourneyRunId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::row::{self, sql};
use super::stored;

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
            stored::json(&call.request)?,
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

/// How many calls of each tenant are to be made now, counted up to `most`.
pub async fn waiting(
    conn: &impl ConnectionTrait,
    now: UnixMillis,
    most: usize,
) -> anyhow::Result<BTreeMap<TenantId, usize>> {
    // From tenant to tenant by the index, so that many calls of one are not walked through.
    let first = "SELECT tenant FROM journey_call WHERE set_aside_at IS NULL";
    let text = format!(
        "WITH RECURSIVE of (tenant) AS (SELECT * FROM ({first} ORDER BY tenant LIMIT 1) AS least UNION ALL \
         SELECT ({first} AND tenant > of.tenant ORDER BY tenant LIMIT 1) FROM of WHERE of.tenant IS NOT NULL) \
         SELECT of.tenant, (SELECT count(*) FROM (SELECT 1 AS one FROM journey_call WHERE set_aside_at IS NULL \
         AND tenant = of.tenant AND due_at <= $1 AND {GOES_ON} LIMIT {most}) AS due) AS many FROM of WHERE of.tenant IS NOT NULL"
    );
    let rows = conn.query_all_raw(sql(conn, text, [now.0.into()])).await?;
    let counts = rows
        .iter()
        .map(|row| Ok((row::id(row, "tenant")?, row::number(row, "many")?)));
    let mut counts = counts.collect::<anyhow::Result<BTreeMap<_, usize>>>()?;
    counts.retain(|_, many| *many > 0);
    Ok(counts)
}

/// Calls that were taken.
#[derive(Debug, Default)]
pub struct Taken {
    pub calls: Vec<Call>,
    /// Whose request cannot be read: they are set aside.
    pub unread: Vec<(TenantId, Key)>,
}

/// Takes calls of a tenant that are due: they are taken for lost at `lost_at`.
pub async fn take(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    limit: usize,
    (now, lost_at): (UnixMillis, UnixMillis),
) -> anyhow::Result<Taken> {
    let text = format!(
        "UPDATE journey_call SET due_at = $2, attempts = attempts + 1 WHERE (run, epoch, number) IN \
         (SELECT run, epoch, number FROM journey_call WHERE set_aside_at IS NULL AND tenant = $3 AND due_at <= $1 AND {GOES_ON} \
         ORDER BY due_at LIMIT {limit}{}{}) RETURNING *",
        engine.for_update(),
        engine.skip_locked()
    );
    let values = [now.0.into(), lost_at.0.into(), tenant.uuid().into()];
    let mut taken = Taken::default();
    for row in tx.query_all_raw(sql(tx, text, values)).await? {
        let key = Key {
            run: row::id(&row, "run")?,
            epoch: row::number(&row, "epoch")?,
            number: row::number(&row, "number")?,
        };
        match read(&row, key) {
            Ok(call) => taken.calls.push(call),
            // Why is not told: the reason may hold what was read.
            Err(_) => {
                set_aside(tx, key, now).await?;
                taken.unread.push((tenant, key));
            }
        }
    }
    Ok(taken)
}

fn read(row: &QueryResult, key: Key) -> anyhow::Result<Call> {
    Ok(Call {
        key,
        tenant: row::id(row, "tenant")?,
        journey: row::id(row, "journey")?,
        step: row::text(row, "step")?,
        request: serde_json::from_str(&row::text(row, "request")?)?,
        attempts: row::number(row, "attempts")?,
    })
}

async fn set_aside(tx: &Tx, key: Key, now: UnixMillis) -> anyhow::Result<()> {
    let text =
        "UPDATE journey_call SET set_aside_at = $4 WHERE run = $1 AND epoch = $2 AND number = $3";
    let values = of(key).into_iter().chain([now.0.into()]);
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Forgets what was set aside before `before`.
pub async fn forget_aside(tx: &Tx, before: UnixMillis) -> anyhow::Result<()> {
    let text = "DELETE FROM journey_call WHERE set_aside_at < $1";
    tx.execute_raw(sql(tx, text, [before.0.into()])).await?;
    Ok(())
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
