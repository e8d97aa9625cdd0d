//! `attempt`: hand-overs that surely sent nothing and are tried again, and whether their permits are back.

use std::collections::BTreeMap;

use chassis::{Engine, Tx};
use contract::chunk::SlotRef;
use contract::consent::ReturnedPermit;
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId, RunId, TenantId};
use contract::{Reason, UnixMillis};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use super::ledger::hex;
use crate::slots;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub slot: SlotRef,
    pub position: u16,
    /// From 1.
    pub number: u32,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub contact: ContactId,
    pub decision: DecisionId,
    pub at: UnixMillis,
    /// When it is tried again.
    pub until: UnixMillis,
    pub provider: String,
    pub reason: Reason,
    /// In the carrier's own words; empty where it said nothing.
    pub code: String,
}

impl Attempt {
    /// The permit that it did not use.
    pub const fn permit(&self) -> ReturnedPermit {
        ReturnedPermit {
            slot: self.slot,
            position: self.position,
            attempt: self.number,
        }
    }
}

const COLUMNS: &str = "run, chunk, position, number, tenant, campaign, contact, decision, at, until, provider, reason, code";

/// Writes attempts whose permits are still to be returned; a repeated write is harmless.
pub async fn insert(
    engine: Engine,
    tx: &Tx,
    dispatcher: &str,
    attempts: &[Attempt],
) -> anyhow::Result<()> {
    let lines: Vec<_> = attempts
        .iter()
        .map(|one| {
            (
                (
                    hex(one.slot.run.bytes()),
                    one.slot.chunk,
                    one.position,
                    one.number,
                ),
                [
                    hex(one.tenant.bytes()),
                    hex(one.campaign.bytes()),
                    hex(one.contact.bytes()),
                    hex(one.decision.bytes()),
                ],
                (one.at.0, one.until.0),
                (&one.provider, one.reason.as_str(), &one.code),
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO attempt ({COLUMNS}, dispatcher, returned) \
         SELECT {}, CAST(value->0->>1 AS BIGINT), CAST(value->0->>2 AS BIGINT), CAST(value->0->>3 AS BIGINT), \
         {}, {}, {}, {}, CAST(value->2->>0 AS BIGINT), CAST(value->2->>1 AS BIGINT), \
         value->3->>0, value->3->>1, value->3->>2, $2, 0 FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->0->>0"),
        engine.uuid("value->1->>0"),
        engine.uuid("value->1->>1"),
        engine.uuid("value->1->>2"),
        engine.uuid("value->1->>3"),
        engine.rows("$1")
    );
    let values = [serde_json::to_string(&lines)?.into(), dispatcher.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// The permits are back at consent.
pub async fn mark_returned(
    engine: Engine,
    tx: &Tx,
    returned: &[ReturnedPermit],
) -> anyhow::Result<()> {
    let lines: Vec<_> = returned
        .iter()
        .map(|one| {
            (
                hex(one.slot.run.bytes()),
                one.slot.chunk,
                one.position,
                one.attempt,
            )
        })
        .collect();
    let sql = format!(
        "UPDATE attempt SET returned = 1 WHERE (run, chunk, position, number) IN \
         (SELECT {}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT) FROM {} AS r)",
        engine.uuid("value->>0"),
        engine.rows("$1")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Those of this name whose slots consent has closed, and whose permits it thus took back with them.
pub async fn mark_all_returned(engine: Engine, tx: &Tx, dispatcher: &str) -> anyhow::Result<()> {
    let sql = "UPDATE attempt SET returned = 1 WHERE dispatcher = $1 AND returned = 0";
    tx.execute_raw(engine.sql(sql, [dispatcher.into()])).await?;
    Ok(())
}

/// Forgets attempts from before `before` whose permits are back.
pub async fn forget(engine: Engine, tx: &Tx, before: i64) -> anyhow::Result<()> {
    let sql = "DELETE FROM attempt WHERE at < $1 AND returned = 1";
    tx.execute_raw(engine.sql(sql, [before.into()])).await?;
    Ok(())
}

/// Attempts of this name whose permits may still be out.
pub async fn pending(
    engine: Engine,
    db: &DatabaseConnection,
    dispatcher: &str,
) -> anyhow::Result<Vec<Attempt>> {
    let sql = format!("SELECT {COLUMNS} FROM attempt WHERE dispatcher = $1 AND returned = 0");
    let rows = db
        .query_all_raw(engine.sql(sql, [dispatcher.into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// What is known of a slot's texts that were tried before: the last number, and whether that permit is back.
pub async fn of_slot(
    engine: Engine,
    db: &DatabaseConnection,
    slot: SlotRef,
) -> anyhow::Result<BTreeMap<u16, (u32, bool)>> {
    let sql = "SELECT position, number, returned FROM attempt WHERE run = $1 AND chunk = $2 \
               AND position BETWEEN $3 AND $4 ORDER BY position, number";
    let values = [
        slot.run.uuid().into(),
        i64::from(slot.chunk).into(),
        i64::from(slots::position(slot.slot, 0)).into(),
        i64::from(slots::position(slot.slot, 63)).into(),
    ];
    let mut last = BTreeMap::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let position = u16::try_from(row.try_get::<i64>("", "position")?)?;
        let number = u32::try_from(row.try_get::<i64>("", "number")?)?;
        let returned = row.try_get::<i64>("", "returned")? != 0;
        last.insert(position, (number, returned));
    }
    Ok(last)
}

/// Those of a text, in order.
pub async fn of_text(
    engine: Engine,
    db: &DatabaseConnection,
    tenant: TenantId,
    message: MessageId,
) -> anyhow::Result<Vec<Attempt>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM attempt WHERE run = $1 AND chunk = $2 AND position = $3 AND tenant = $4 ORDER BY number"
    );
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(message.position()).into(),
        tenant.uuid().into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> anyhow::Result<Attempt> {
    let (chunk, position): (i64, i64) = (row.try_get("", "chunk")?, row.try_get("", "position")?);
    let position = u16::try_from(position)?;
    let Some(slot) = slots::slot_of(position) else {
        anyhow::bail!("an attempt of a text beyond the largest chunk");
    };
    Ok(Attempt {
        slot: SlotRef {
            run: RunId::from_uuid(row.try_get("", "run")?),
            chunk: u32::try_from(chunk)?,
            slot,
        },
        position,
        number: u32::try_from(row.try_get::<i64>("", "number")?)?,
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
        contact: ContactId::from_uuid(row.try_get("", "contact")?),
        decision: DecisionId::from_uuid(row.try_get("", "decision")?),
        at: UnixMillis(row.try_get("", "at")?),
        until: UnixMillis(row.try_get("", "until")?),
        provider: row.try_get("", "provider")?,
        reason: Reason::from(row.try_get::<String>("", "reason")?),
        code: row.try_get("", "code")?,
    })
}
