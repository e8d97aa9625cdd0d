//! `spend` and `ledger_cost`: what was spent. Both are written with the ledger's rows, so they always say the same.

use std::collections::BTreeMap;

use chassis::{Engine, Tx};
use contract::dispatch::Spent as RunSpent;
use contract::ids::{CampaignId, RunId, TenantId};
use contract::time::UnixMillis;
use sea_orm::{ConnectionTrait, DatabaseConnection, Value};

use super::super::account::Account;
use super::super::budget::{Held, Spent};
use super::super::charge::{Charge, CostRow, HoldKey, row};
use super::super::currency::Currency;
use super::super::period::Period;
use super::{WHOLE, holds, of, of_stored, stored};
use crate::book::PartKey;
use crate::db::ledger::{LedgerRow, hex};

/// What one commit of the recorder writes about money.
#[derive(Debug, Default, Clone)]
pub struct SpendWork {
    rows: Vec<CostRow>,
    holds: Vec<HoldKey>,
}

impl SpendWork {
    /// `ledger`: the rows of the slot's outcome, if it has any.
    pub fn add(&mut self, ledger: &[LedgerRow], charge: Charge) {
        self.rows
            .extend(ledger.iter().filter_map(|ledger| row(ledger, &charge)));
        self.holds.extend(charge.holds);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.holds.is_empty()
    }
}

/// Counts what was spent and gives back what is left of the budget taken for it. Rows that are there already are
/// not counted again, so a repeated write is harmless.
pub async fn write(
    engine: Engine,
    tx: &Tx,
    dispatcher: &str,
    work: &SpendWork,
) -> anyhow::Result<()> {
    if !work.rows.is_empty() {
        count(engine, tx, &work.rows).await?;
        insert(engine, tx, &work.rows).await?;
    }
    if !work.holds.is_empty() {
        holds::remove(engine, tx, dispatcher, &work.holds).await?;
    }
    Ok(())
}

/// Where a row of costs is counted: the account's day, month and whole, the campaign's day and whole.
fn counters(costs: &CostRow) -> [(CampaignId, &str); 5] {
    let (day, campaign) = (costs.costs.day.as_str(), costs.costs.campaign);
    let month = day.get(..7).unwrap_or(day);
    [
        (WHOLE, day),
        (WHOLE, month),
        (WHOLE, "all"),
        (campaign, day),
        (campaign, "all"),
    ]
}

async fn count(engine: Engine, tx: &Tx, rows: &[CostRow]) -> anyhow::Result<()> {
    let mut lines = Vec::with_capacity(rows.len() * 5);
    for row in rows {
        for (campaign, period) in counters(row) {
            lines.push((
                hex(row.key.slot.run.bytes()),
                row.key.slot.chunk,
                row.key.slot.slot,
                row.key.part,
                hex(row.costs.account.tenant.bytes()),
                row.costs.account.mode.as_str(),
                row.costs.currency.as_str(),
                hex(campaign.bytes()),
                period,
                row.micros(),
                row.costs.places.len(),
            ));
        }
    }
    // In one order for all processes, so that none waits for another in a circle.
    let sql = format!(
        "INSERT INTO spend (tenant, mode, currency, campaign, period, micros, texts) \
         SELECT {tenant} AS tenant, value->>5 AS mode, value->>6 AS currency, {campaign} AS campaign, value->>8 AS period, \
         CAST(SUM(CAST(value->>9 AS BIGINT)) AS BIGINT), CAST(SUM(CAST(value->>10 AS BIGINT)) AS BIGINT) \
         FROM {rows} AS r WHERE NOT EXISTS (SELECT 1 FROM ledger_cost c WHERE c.run = {run} \
         AND c.chunk = CAST(value->>1 AS BIGINT) AND c.slot = CAST(value->>2 AS BIGINT) \
         AND c.part = CAST(value->>3 AS BIGINT)) \
         GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 \
         ON CONFLICT (tenant, mode, currency, campaign, period) DO UPDATE \
         SET micros = spend.micros + excluded.micros, texts = spend.texts + excluded.texts",
        tenant = engine.uuid("value->>4"),
        campaign = engine.uuid("value->>7"),
        run = engine.uuid("value->>0"),
        rows = engine.rows("$1"),
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

async fn insert(engine: Engine, tx: &Tx, rows: &[CostRow]) -> anyhow::Result<()> {
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        lines.push((
            hex(row.key.slot.run.bytes()),
            row.key.slot.chunk,
            row.key.slot.slot,
            row.key.part,
            hex(row.costs.account.tenant.bytes()),
            row.costs.account.mode.as_str(),
            hex(row.costs.campaign.bytes()),
            row.costs.day.as_str(),
            row.costs.currency.as_str(),
            row.micros(),
            row.costs.places.len(),
            hex::encode(postcard::to_allocvec(&row.costs.places)?),
        ));
    }
    let sql = format!(
        "INSERT INTO ledger_cost (run, chunk, slot, part, tenant, mode, campaign, day, currency, micros, texts, costs) \
         SELECT {run}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), {tenant}, \
         value->>5, {campaign}, value->>7, value->>8, CAST(value->>9 AS BIGINT), CAST(value->>10 AS BIGINT), {costs} \
         FROM {rows} AS r WHERE true ON CONFLICT DO NOTHING",
        run = engine.uuid("value->>0"),
        tenant = engine.uuid("value->>4"),
        campaign = engine.uuid("value->>6"),
        costs = engine.bytes("value->>11"),
        rows = engine.rows("$1"),
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// What caps are held against: spent by the account in the day, month and since ever, spent by the campaign, and
/// what is in flight. One statement, since what leaves the one comes into the other.
pub async fn against(
    engine: Engine,
    db: &impl ConnectionTrait,
    account: Account,
    campaign: Option<CampaignId>,
    currency: Currency,
    now: UnixMillis,
) -> anyhow::Result<(Vec<Spent>, Vec<Held>)> {
    let sql = "SELECT CAST(0 AS BIGINT) AS kind, campaign, period, micros FROM spend \
               WHERE tenant = $1 AND mode = $2 AND currency = $3 \
               AND ((campaign = $4 AND period IN ($5, $6, 'all')) OR (campaign = $7 AND period = 'all')) \
               UNION ALL SELECT CAST(1 AS BIGINT), campaign, day, CAST(SUM(micros) AS BIGINT) FROM spend_hold \
               WHERE tenant = $1 AND mode = $2 GROUP BY campaign, day";
    let mut values: Vec<Value> = of(account).into();
    values.extend([
        currency.as_str().into(),
        WHOLE.uuid().into(),
        Period::Day.key(now).into(),
        Period::Month.key(now).into(),
        stored(campaign).uuid().into(),
    ]);
    let (mut spent, mut held) = (Vec::new(), Vec::new());
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let (kind, micros): (i64, i64) = (row.try_get("", "kind")?, row.try_get("", "micros")?);
        let campaign = CampaignId::from_uuid(row.try_get("", "campaign")?);
        let period: String = row.try_get("", "period")?;
        if kind == 0 {
            spent.push(Spent {
                campaign: of_stored(campaign),
                period,
                micros,
            });
        } else {
            held.push(Held {
                campaign,
                day: period,
                micros,
            });
        }
    }
    Ok((spent, held))
}

/// A counter as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    pub currency: String,
    /// `None`: the account as a whole.
    pub campaign: Option<CampaignId>,
    pub period: String,
    pub micros: i64,
    pub texts: i64,
}

/// Counters of days (`from` to `to`, both included), the newest first; of one campaign if one is named.
pub async fn days(
    engine: Engine,
    db: &DatabaseConnection,
    account: Account,
    campaign: Option<CampaignId>,
    (from, to): (&str, &str),
    most: u64,
) -> anyhow::Result<Vec<Counter>> {
    let only = if campaign.is_some() {
        "campaign = $3"
    } else {
        "campaign <> $3"
    };
    let sql = format!(
        "SELECT currency, campaign, period, micros, texts FROM spend WHERE tenant = $1 AND mode = $2 AND {only} \
         AND period >= $4 AND period <= $5 AND LENGTH(period) = 10 \
         ORDER BY period DESC, campaign, currency LIMIT {most}"
    );
    let mut values: Vec<Value> = of(account).into();
    values.extend([stored(campaign).uuid().into(), from.into(), to.into()]);
    read(db.query_all_raw(engine.sql(sql, values)).await?)
}

/// The account's counters of this day, this month and since ever.
pub async fn totals(
    engine: Engine,
    db: &DatabaseConnection,
    account: Account,
    now: UnixMillis,
) -> anyhow::Result<Vec<Counter>> {
    let sql = "SELECT currency, campaign, period, micros, texts FROM spend \
               WHERE tenant = $1 AND mode = $2 AND campaign = $3 AND period IN ($4, $5, 'all') \
               ORDER BY currency, period DESC";
    let mut values: Vec<Value> = of(account).into();
    values.extend([
        WHOLE.uuid().into(),
        Period::Day.key(now).into(),
        Period::Month.key(now).into(),
    ]);
    read(db.query_all_raw(engine.sql(sql, values)).await?)
}

fn read(rows: Vec<sea_orm::QueryResult>) -> anyhow::Result<Vec<Counter>> {
    let mut counters = Vec::with_capacity(rows.len());
    for row in rows {
        counters.push(Counter {
            currency: row.try_get("", "currency")?,
            campaign: of_stored(CampaignId::from_uuid(row.try_get("", "campaign")?)),
            period: row.try_get("", "period")?,
            micros: row.try_get("", "micros")?,
            texts: row.try_get("", "texts")?,
        });
    }
    Ok(counters)
}

/// Micros and currency of one text.
pub async fn of_text(
    engine: Engine,
    db: &DatabaseConnection,
    key: PartKey,
    place: u8,
) -> anyhow::Result<Option<(i64, String)>> {
    let sql = "SELECT currency, costs FROM ledger_cost WHERE run = $1 AND chunk = $2 AND slot = $3 AND part = $4";
    let values = [
        key.slot.run.uuid().into(),
        i64::from(key.slot.chunk).into(),
        i64::from(key.slot.slot).into(),
        i64::from(key.part).into(),
    ];
    let Some(row) = db.query_one_raw(engine.sql(sql, values)).await? else {
        return Ok(None);
    };
    let costs: Vec<u8> = row.try_get("", "costs")?;
    let places: Vec<(u8, i64)> = postcard::from_bytes(&costs)?;
    let micros = places.into_iter().find(|(of, _)| *of == place);
    let currency: String = row.try_get("", "currency")?;
    Ok(micros.map(|(_, micros)| (micros, currency)))
}

/// What the texts of a run have cost, by currency.
pub async fn of_run(
    engine: Engine,
    db: &DatabaseConnection,
    tenant: TenantId,
    run: RunId,
) -> anyhow::Result<Vec<RunSpent>> {
    let sql = "SELECT currency, CAST(SUM(micros) AS BIGINT) AS micros FROM ledger_cost \
               WHERE run = $1 AND tenant = $2 GROUP BY currency ORDER BY currency";
    let rows = db
        .query_all_raw(engine.sql(sql, [run.uuid().into(), tenant.uuid().into()]))
        .await?;
    let mut spent = Vec::with_capacity(rows.len());
    for row in rows {
        let micros: i64 = row.try_get("", "micros")?;
        spent.push(RunSpent {
            currency: row.try_get("", "currency")?,
            micros: u64::try_from(micros)?,
        });
    }
    Ok(spent)
}

/// A counter that does not say what the rows of costs say: key, what it says, what they say.
pub type Wrong = (String, i64, i64);

/// Counts everything once more from `ledger_cost` and names the counters that differ; there should be none.
pub async fn recount(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<Vec<Wrong>> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let sql = "SELECT tenant, mode, campaign, day, currency, CAST(SUM(micros) AS BIGINT) AS micros \
               FROM ledger_cost GROUP BY tenant, mode, campaign, day, currency";
    for row in db.query_all_raw(engine.sql(sql, [])).await? {
        let (tenant, campaign): (sea_orm::prelude::Uuid, sea_orm::prelude::Uuid) =
            (row.try_get("", "tenant")?, row.try_get("", "campaign")?);
        let (mode, day, currency): (String, String, String) = (
            row.try_get("", "mode")?,
            row.try_get("", "day")?,
            row.try_get("", "currency")?,
        );
        let micros: i64 = row.try_get("", "micros")?;
        let month = day.get(..7).unwrap_or(&day);
        let whole = WHOLE.uuid();
        let keys = [
            (whole, day.as_str()),
            (whole, month),
            (whole, "all"),
            (campaign, day.as_str()),
            (campaign, "all"),
        ];
        for (campaign, period) in keys {
            let key = format!("{tenant} {mode} {currency} {campaign} {period}");
            sums.entry(key).or_default().1 += micros;
        }
    }
    let sql = "SELECT tenant, mode, currency, campaign, period, micros FROM spend";
    for row in db.query_all_raw(engine.sql(sql, [])).await? {
        let (tenant, campaign): (sea_orm::prelude::Uuid, sea_orm::prelude::Uuid) =
            (row.try_get("", "tenant")?, row.try_get("", "campaign")?);
        let (mode, currency, period): (String, String, String) = (
            row.try_get("", "mode")?,
            row.try_get("", "currency")?,
            row.try_get("", "period")?,
        );
        let key = format!("{tenant} {mode} {currency} {campaign} {period}");
        sums.entry(key).or_default().0 += row.try_get::<i64>("", "micros")?;
    }
    let wrong = sums.into_iter().filter(|(_, (says, sum))| says != sum);
    Ok(wrong.map(|(key, (says, sum))| (key, says, sum)).collect())
}
