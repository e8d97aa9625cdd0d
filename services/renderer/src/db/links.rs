//! Short links: the key of their tokens, the tenants' domains, and one row per run and text that holds links.

use anyhow::Context;
use chassis::{Db, Engine, Tx};
use contract::{CampaignId, Mode, RunId, TemplateId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::links::token::Seal;

/// The installation's key, made now if there is none.
pub async fn seal(db: &Db, fresh: [u8; 32]) -> anyhow::Result<Seal> {
    let engine = db.engine();
    let stored = db
        .write(move |tx| {
            Box::pin(async move {
                let insert = "insert into link_key (id, key) values (1, $1) on conflict do nothing";
                let values = [hex::encode(fresh).into()];
                tx.execute_raw(engine.sql(insert, values)).await?;
                let row = tx
                    .query_one_raw(engine.sql("select key from link_key where id = 1", []))
                    .await?;
                let row = row.context("the key of the links is gone")?;
                Ok(row.try_get::<String>("", "key")?)
            })
        })
        .await?;
    let mut key = [0; 32];
    hex::decode_to_slice(stored, &mut key).context("the key of the links is damaged")?;
    Ok(Seal::new(key))
}

/// Takes a domain for a tenant. `false` where somebody else has it.
pub async fn add_domain(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    domain: &str,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let sql = "insert into link_domain (domain, tenant, created_at) values ($1, $2, $3) on conflict do nothing";
    let values = [domain.into(), tenant.uuid().into(), now.0.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    let sql = "select 1 as one from link_domain where domain = $1 and tenant = $2";
    let values = [domain.into(), tenant.uuid().into()];
    Ok(tx.query_one_raw(engine.sql(sql, values)).await?.is_some())
}

/// Oldest first; new links stand on the first.
pub async fn domains(db: &Db, tenant: TenantId) -> anyhow::Result<Vec<(String, UnixMillis)>> {
    let sql =
        "select domain, created_at from link_domain where tenant = $1 order by created_at, domain";
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, [tenant.uuid().into()]))
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get("", "domain")?,
                UnixMillis(row.try_get("", "created_at")?),
            ))
        })
        .collect()
}

pub async fn remove_domain(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    domain: &str,
) -> anyhow::Result<bool> {
    let sql = "delete from link_domain where domain = $1 and tenant = $2";
    let values = [domain.into(), tenant.uuid().into()];
    let done = tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(done.rows_affected() > 0)
}

/// A run and one of its texts, which holds links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRun {
    pub run: RunId,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub template: TemplateId,
    pub version: u32,
    pub domain: String,
    pub mode: Mode,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

const COLUMNS: &str =
    "run, tenant, campaign, template, version, domain, mode, created_at, expires_at";

fn read(row: &QueryResult) -> anyhow::Result<LinkRun> {
    let mode: String = row.try_get("", "mode")?;
    Ok(LinkRun {
        run: RunId::from_uuid(row.try_get("", "run")?),
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
        template: TemplateId::from_uuid(row.try_get("", "template")?),
        version: u32::try_from(row.try_get::<i64>("", "version")?)?,
        domain: row.try_get("", "domain")?,
        mode: Mode::parse(&mode).context("a stored mode is unknown")?,
        created_at: UnixMillis(row.try_get("", "created_at")?),
        expires_at: UnixMillis(row.try_get("", "expires_at")?),
    })
}

/// Number and row of a text of a run; the first word about it stays, so that a text rendered again is the same.
pub async fn ensure_run(tx: &Tx, engine: Engine, new: &LinkRun) -> anyhow::Result<(u32, LinkRun)> {
    let sql = format!(
        "insert into link_text (number, {COLUMNS}) \
         select coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9 from link_text \
         where true on conflict (run, template, version) do nothing"
    );
    let values = [
        new.run.uuid().into(),
        new.tenant.uuid().into(),
        new.campaign.uuid().into(),
        new.template.uuid().into(),
        i64::from(new.version).into(),
        new.domain.clone().into(),
        new.mode.as_str().into(),
        new.created_at.0.into(),
        new.expires_at.0.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    let sql = format!(
        "select number, {COLUMNS} from link_text where run = $1 and template = $2 and version = $3"
    );
    let text = [
        new.run.uuid().into(),
        new.template.uuid().into(),
        i64::from(new.version).into(),
    ];
    let row = tx
        .query_one_raw(engine.sql(sql, text))
        .await?
        .context("a run with links is gone")?;
    Ok((
        u32::try_from(row.try_get::<i64>("", "number")?)?,
        read(&row)?,
    ))
}

/// The run of a token, if the host it is asked of belongs to the same tenant.
pub async fn find_run(db: &Db, number: u32, host: &str) -> anyhow::Result<Option<LinkRun>> {
    let sql = "select r.run as run, r.tenant as tenant, r.campaign as campaign, r.template as template, \
               r.version as version, r.domain as domain, r.mode as mode, r.created_at as created_at, \
               r.expires_at as expires_at from link_text r join link_domain d on d.tenant = r.tenant \
               where r.number = $1 and d.domain = $2";
    let values = [i64::from(number).into(), host.into()];
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?;
    row.as_ref().map(read).transpose()
}
