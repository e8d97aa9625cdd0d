//! `run_about`: what a run is about; its permits name no class and no programme.

use anyhow::Context;
use chassis::Engine;
use contract::{CampaignId, Class, RunId, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub run: RunId,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub class: Class,
    pub programme: String,
    pub sender: String,
    pub started_at: i64,
}

/// Keeps the first word about a run.
pub async fn keep(tx: &impl ConnectionTrait, engine: Engine, about: &About) -> anyhow::Result<()> {
    let sql = "INSERT INTO run_about (run, tenant, campaign, class, programme, sender, started_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let values = [
        about.run.uuid().into(),
        about.tenant.uuid().into(),
        about.campaign.uuid().into(),
        about.class.as_str().into(),
        about.programme.clone().into(),
        about.sender.clone().into(),
        about.started_at.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

const COLUMNS: &str = "run, tenant, campaign, class, programme, sender, started_at";

pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    run: RunId,
) -> anyhow::Result<Option<About>> {
    let sql = format!("SELECT {COLUMNS} FROM run_about WHERE tenant = $1 AND run = $2");
    let values = [tenant.uuid().into(), run.uuid().into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    row.as_ref().map(read).transpose()
}

pub async fn of_campaign(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    campaign: CampaignId,
) -> anyhow::Result<Vec<About>> {
    let sql =
        format!("SELECT {COLUMNS} FROM run_about WHERE tenant = $1 AND campaign = $2 ORDER BY run");
    let values = [tenant.uuid().into(), campaign.uuid().into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Runs of a tenant that began at `since` or later.
pub async fn of_tenant(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    since: i64,
) -> anyhow::Result<Vec<About>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM run_about WHERE tenant = $1 AND started_at >= $2 ORDER BY run"
    );
    let rows = db
        .query_all_raw(engine.sql(sql, [tenant.uuid().into(), since.into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// Runs of every tenant that began at `since` or later.
pub async fn since(
    db: &impl ConnectionTrait,
    engine: Engine,
    since: i64,
) -> anyhow::Result<Vec<About>> {
    let sql = format!("SELECT {COLUMNS} FROM run_about WHERE started_at >= $1 ORDER BY run");
    let rows = db.query_all_raw(engine.sql(sql, [since.into()])).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> anyhow::Result<About> {
    let class: String = row.try_get("", "class")?;
    Ok(About {
        run: RunId::from_uuid(row.try_get("", "run")?),
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
        class: Class::parse(&class).context("a stored class is none")?,
        programme: row.try_get("", "programme")?,
        sender: row.try_get("", "sender")?,
        started_at: row.try_get("", "started_at")?,
    })
}
