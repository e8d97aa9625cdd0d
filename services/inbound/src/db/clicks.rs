//! Clicks as they came. Neither an address nor a number of anybody is kept.

use anyhow::Context;
use chassis::{Db, Engine, Tx};
use contract::{CampaignId, ClickId, MessageId, Mode, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// One request for a short link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    pub id: ClickId,
    pub mode: Mode,
    pub campaign: CampaignId,
    pub message: MessageId,
    /// Number of the link in its template.
    pub link: u8,
    pub target: String,
    pub method: String,
    pub user_agent: String,
    /// What the request's headers say it is for.
    pub purpose: String,
    pub at: UnixMillis,
}

const COLUMNS: &str = "id, mode, campaign, message, link, target, method, user_agent, purpose, at";

fn read(row: &QueryResult) -> anyhow::Result<Click> {
    let mode: String = row.try_get("", "mode")?;
    Ok(Click {
        id: ClickId::from_uuid(row.try_get("", "id")?),
        mode: Mode::parse(&mode).context("a stored mode is unknown")?,
        campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
        message: MessageId::from_uuid(row.try_get("", "message")?),
        link: u8::try_from(row.try_get::<i64>("", "link")?)?,
        target: row.try_get("", "target")?,
        method: row.try_get("", "method")?,
        user_agent: row.try_get("", "user_agent")?,
        purpose: row.try_get("", "purpose")?,
        at: UnixMillis(row.try_get("", "at")?),
    })
}

pub async fn insert(tx: &Tx, engine: Engine, tenant: TenantId, new: &Click) -> anyhow::Result<()> {
    let sql = format!(
        "insert into click (tenant, {COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let values: [Value; 11] = [
        tenant.uuid().into(),
        new.id.uuid().into(),
        new.mode.as_str().into(),
        new.campaign.uuid().into(),
        new.message.uuid().into(),
        i64::from(new.link).into(),
        new.target.clone().into(),
        new.method.clone().into(),
        new.user_agent.clone().into(),
        new.purpose.clone().into(),
        new.at.0.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Newest first, those older than `before`.
pub async fn page(
    db: &Db,
    (tenant, mode): (TenantId, Mode),
    campaign: Option<CampaignId>,
    before: Option<ClickId>,
    limit: u64,
) -> anyhow::Result<Vec<Click>> {
    let before = before.unwrap_or(ClickId::from_raw(u128::MAX));
    let mut values: Vec<Value> = vec![
        tenant.uuid().into(),
        mode.as_str().into(),
        before.uuid().into(),
        i64::try_from(limit)?.into(),
    ];
    let mut of_campaign = "";
    if let Some(campaign) = campaign {
        of_campaign = " and campaign = $5";
        values.push(campaign.uuid().into());
    }
    let sql = format!(
        "select {COLUMNS} from click where tenant = $1 and mode = $2 and id < $3{of_campaign} order by id desc limit $4"
    );
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    rows.iter().map(read).collect()
}

/// Requests of one kind in a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    pub method: String,
    pub user_agent: String,
    pub purpose: String,
}

/// Every kind of request that a campaign's links have had.
pub async fn kinds(
    db: &Db,
    (tenant, mode): (TenantId, Mode),
    campaign: CampaignId,
) -> anyhow::Result<Vec<Kind>> {
    let sql = "select distinct method, user_agent, purpose from click \
               where tenant = $1 and mode = $2 and campaign = $3";
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        campaign.uuid().into(),
    ];
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Kind {
                method: row.try_get("", "method")?,
                user_agent: row.try_get("", "user_agent")?,
                purpose: row.try_get("", "purpose")?,
            })
        })
        .collect()
}

/// Clicks of one link, and texts it was followed from at least once. `None` stands for all links together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub link: Option<(u8, String)>,
    pub clicks: u64,
    pub messages: u64,
}

/// Counts requests of these kinds, link by link or over all.
pub async fn count(
    db: &Db,
    (tenant, mode): (TenantId, Mode),
    campaign: CampaignId,
    kinds: &[&Kind],
    by_link: bool,
) -> anyhow::Result<Vec<Count>> {
    let engine = db.engine();
    let rows: Vec<[&str; 3]> = kinds
        .iter()
        .map(|kind| {
            [
                kind.method.as_str(),
                kind.user_agent.as_str(),
                kind.purpose.as_str(),
            ]
        })
        .collect();
    let (columns, group) = if by_link {
        (
            "c.link as link, c.target as target, ",
            " group by c.link, c.target order by c.link",
        )
    } else {
        ("", "")
    };
    let sql = format!(
        "select {columns}count(*) as clicks, count(distinct c.message) as messages from click c \
         where c.tenant = $1 and c.mode = $2 and c.campaign = $3 and (c.method, c.user_agent, c.purpose) in \
         (select value->>0, value->>1, value->>2 from {} as r){group}",
        engine.rows("$4")
    );
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        campaign.uuid().into(),
        serde_json::to_string(&rows)?.into(),
    ];
    let found = db.read().query_all_raw(engine.sql(sql, values)).await?;
    found
        .iter()
        .map(|row| {
            let link = if by_link {
                let number = u8::try_from(row.try_get::<i64>("", "link")?)?;
                Some((number, row.try_get("", "target")?))
            } else {
                None
            };
            Ok(Count {
                link,
                clicks: u64::try_from(row.try_get::<i64>("", "clicks")?)?,
                messages: u64::try_from(row.try_get::<i64>("", "messages")?)?,
            })
        })
        .collect()
}
