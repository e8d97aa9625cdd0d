//! `permit_open`: permits whose outcome is not durable at their dispatcher yet.

use ahash::AHashSet;
use chassis::Engine;
use contract::chunk::SlotRef;
use contract::{CampaignId, ContactId, DecisionId, EventId, Phone, RunId, TenantId};
use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hex;

/// One open permit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub position: u16,
    pub contact: ContactId,
    pub decision: DecisionId,
    pub phone: Phone,
}

/// The permits of one answer.
#[derive(Debug, Clone)]
pub struct Open {
    pub slot: SlotRef,
    pub ask: EventId,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub entries: Vec<Entry>,
}

/// One answer's permits, and who holds them.
#[derive(Debug, Clone)]
pub struct Opened {
    pub open: Open,
    pub dispatcher: String,
    pub epoch: i64,
}

/// Rows of one statement; bounds how many different statements there are.
const AT_ONCE: usize = 16;

pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    opened: &[Opened],
    now: i64,
) -> anyhow::Result<()> {
    for some in opened.chunks(AT_ONCE) {
        let rows: Vec<String> = (0..some.len()).map(placeholders).collect();
        let sql = format!(
            "INSERT INTO permit_open (granted_at, run, chunk, slot, ask, tenant, campaign, dispatcher, epoch, entries) VALUES {}",
            rows.join(", ")
        );
        let mut values: Vec<Value> = vec![now.into()];
        for one in some {
            let open = &one.open;
            values.extend([
                open.slot.run.uuid().into(),
                i64::from(open.slot.chunk).into(),
                i64::from(open.slot.slot).into(),
                open.ask.uuid().into(),
                open.tenant.uuid().into(),
                open.campaign.uuid().into(),
                one.dispatcher.as_str().into(),
                one.epoch.into(),
                postcard::to_stdvec(&open.entries)?.into(),
            ]);
        }
        tx.execute_raw(engine.sql(sql, values)).await?;
    }
    Ok(())
}

/// The values of one row; `$1` is the same in all of them.
fn placeholders(row: usize) -> String {
    let first = 2 + row * 9;
    let values: Vec<String> = (first..first + 9).map(|at| format!("${at}")).collect();
    format!("($1, {})", values.join(", "))
}

/// Closes every permit of these slots that the dispatcher, or a predecessor of its name, holds.
pub async fn close(
    tx: &impl ConnectionTrait,
    engine: Engine,
    dispatcher: &str,
    epoch: i64,
    slots: &[SlotRef],
) -> anyhow::Result<()> {
    let rows: Vec<_> = slots
        .iter()
        .map(|slot| (hex(slot.run), slot.chunk, slot.slot))
        .collect();
    let sql = format!(
        "DELETE FROM permit_open WHERE (run, chunk, slot) IN \
         (SELECT {}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT) FROM {} AS r) \
         AND dispatcher = $2 AND epoch <= $3",
        engine.uuid("value->>0"),
        engine.rows("$1")
    );
    let values = [
        serde_json::to_string(&rows)?.into(),
        dispatcher.into(),
        epoch.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// What earlier holders of this name left open.
pub async fn of_dispatcher(
    tx: &impl ConnectionTrait,
    engine: Engine,
    dispatcher: &str,
) -> anyhow::Result<Vec<Open>> {
    select(tx, engine, "dispatcher = $1", [dispatcher.into()]).await
}

/// What this dispatcher, or a predecessor of its name, holds open.
pub async fn held_by(
    tx: &impl ConnectionTrait,
    engine: Engine,
    dispatcher: &str,
    epoch: i64,
) -> anyhow::Result<Vec<Open>> {
    let values = [dispatcher.into(), epoch.into()];
    select(tx, engine, "dispatcher = $1 AND epoch <= $2", values).await
}

/// Everything open of one tenant; at most a few dozen rows.
pub async fn of_tenant(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<Vec<Open>> {
    select(tx, engine, "tenant = $1", [tenant.uuid().into()]).await
}

async fn select(
    tx: &impl ConnectionTrait,
    engine: Engine,
    condition: &str,
    values: impl IntoIterator<Item = Value>,
) -> anyhow::Result<Vec<Open>> {
    let sql = format!(
        "SELECT run, chunk, slot, ask, tenant, campaign, entries FROM permit_open WHERE {condition} ORDER BY run, chunk, slot"
    );
    let rows = tx.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter()
        .map(|row| {
            let entries: Vec<u8> = row.try_get("", "entries")?;
            Ok(Open {
                slot: SlotRef {
                    run: RunId::from_uuid(row.try_get("", "run")?),
                    chunk: u32::try_from(row.try_get::<i64>("", "chunk")?)?,
                    slot: u8::try_from(row.try_get::<i64>("", "slot")?)?,
                },
                ask: EventId::from_uuid(row.try_get("", "ask")?),
                tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
                campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
                entries: postcard::from_bytes(&entries)?,
            })
        })
        .collect()
}

/// The asks that are still open.
pub async fn asks(db: &impl ConnectionTrait, engine: Engine) -> anyhow::Result<AHashSet<EventId>> {
    let rows = db
        .query_all_raw(engine.sql("SELECT ask FROM permit_open", []))
        .await?;
    rows.iter()
        .map(|row| Ok(EventId::from_uuid(row.try_get_by_index::<Uuid>(0)?)))
        .collect()
}

/// Is any permit of the run open?
pub async fn any_of_run(
    db: &impl ConnectionTrait,
    engine: Engine,
    run: RunId,
) -> anyhow::Result<bool> {
    let sql = "SELECT chunk FROM permit_open WHERE run = $1 LIMIT 1";
    Ok(db
        .query_one_raw(engine.sql(sql, [run.uuid().into()]))
        .await?
        .is_some())
}
