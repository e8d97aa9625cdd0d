//! `spend_hold`: budget taken for texts in flight.

use chassis::{Engine, Tx};
use contract::Mode;
use contract::chunk::SlotRef;
use contract::ids::{CampaignId, RunId, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::super::account::Account;
use super::super::budget::Held;
use super::super::charge::{Costs, HoldKey};
use super::super::currency::Currency;
use super::of;
use crate::book::PartKey;
use crate::db::ledger::hex;

/// Takes budget. The same piece asked for once more takes the place of the first.
pub async fn insert(
    engine: Engine,
    tx: &Tx,
    dispatcher: &str,
    key: HoldKey,
    costs: &Costs,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO spend_hold (dispatcher, run, chunk, slot, part, tenant, mode, campaign, day, currency, micros, costs) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
               ON CONFLICT (dispatcher, run, chunk, slot, part) DO UPDATE SET tenant = excluded.tenant, \
               mode = excluded.mode, campaign = excluded.campaign, day = excluded.day, currency = excluded.currency, \
               micros = excluded.micros, costs = excluded.costs";
    let micros: i64 = costs.places.iter().map(|(_, micros)| micros).sum();
    let values = [
        dispatcher.into(),
        key.slot.run.uuid().into(),
        i64::from(key.slot.chunk).into(),
        i64::from(key.slot.slot).into(),
        i64::from(key.part).into(),
        costs.account.tenant.uuid().into(),
        costs.account.mode.as_str().into(),
        costs.campaign.uuid().into(),
        costs.day.as_str().into(),
        costs.currency.as_str().into(),
        micros.into(),
        postcard::to_allocvec(&costs.places)?.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn remove(
    engine: Engine,
    tx: &Tx,
    dispatcher: &str,
    keys: &[HoldKey],
) -> anyhow::Result<()> {
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                hex(key.slot.run.bytes()),
                key.slot.chunk,
                key.slot.slot,
                key.part,
            )
        })
        .collect();
    let sql = format!(
        "DELETE FROM spend_hold WHERE dispatcher = $1 AND (run, chunk, slot, part) IN \
         (SELECT {}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT) FROM {} AS r)",
        engine.uuid("value->>0"),
        engine.rows("$2")
    );
    let values = [dispatcher.into(), serde_json::to_string(&rows)?.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// All that a dispatcher holds.
pub async fn held_by(
    engine: Engine,
    db: &DatabaseConnection,
    dispatcher: &str,
) -> anyhow::Result<Vec<(HoldKey, Costs)>> {
    let sql = "SELECT run, chunk, slot, part, tenant, mode, campaign, day, currency, costs FROM spend_hold \
               WHERE dispatcher = $1 ORDER BY run, chunk, slot, part";
    let mut held = Vec::new();
    for row in db
        .query_all_raw(engine.sql(sql, [dispatcher.into()]))
        .await?
    {
        let (chunk, slot, part): (i64, i64, i64) = (
            row.try_get("", "chunk")?,
            row.try_get("", "slot")?,
            row.try_get("", "part")?,
        );
        let (mode, currency): (String, String) =
            (row.try_get("", "mode")?, row.try_get("", "currency")?);
        let places: Vec<u8> = row.try_get("", "costs")?;
        let Some(currency) = Currency::parse(&currency) else {
            continue;
        };
        let key = PartKey {
            slot: SlotRef {
                run: RunId::from_uuid(row.try_get("", "run")?),
                chunk: u32::try_from(chunk)?,
                slot: u8::try_from(slot)?,
            },
            part: u8::try_from(part)?,
        };
        let costs = Costs {
            account: Account {
                tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
                mode: Mode::parse(&mode).unwrap_or(Mode::Test),
            },
            campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
            day: row.try_get("", "day")?,
            currency,
            places: postcard::from_bytes(&places)?,
        };
        held.push((key, costs));
    }
    Ok(held)
}

/// What an account's texts in flight may cost, by campaign and day.
pub async fn of_account(
    engine: Engine,
    db: &impl ConnectionTrait,
    account: Account,
) -> anyhow::Result<Vec<Held>> {
    let sql = "SELECT campaign, day, CAST(SUM(micros) AS BIGINT) AS micros FROM spend_hold \
               WHERE tenant = $1 AND mode = $2 GROUP BY campaign, day";
    let mut held = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, of(account))).await? {
        held.push(Held {
            campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
            day: row.try_get("", "day")?,
            micros: row.try_get("", "micros")?,
        });
    }
    Ok(held)
}
