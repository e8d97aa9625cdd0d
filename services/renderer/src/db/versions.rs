//! Published versions. A version is never changed, so a running campaign keeps its text.

use chassis::{Db, Engine, Tx};
use contract::{TemplateId, TenantId, UnixMillis};
use sea_orm::ConnectionTrait;

use super::templates::{self, Template};

/// Publishes the draft and returns the template as it is afterwards. An unchanged draft keeps its version.
pub async fn publish(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    id: TemplateId,
    now: UnixMillis,
) -> anyhow::Result<Option<Template>> {
    let Some(mut template) = templates::lock(tx, engine, tenant, id).await? else {
        return Ok(None);
    };
    let current = "select body from template_version where template = $1 and version = $2";
    let values = [id.uuid().into(), template.published_version.into()];
    if let Some(row) = tx.query_one_raw(engine.sql(current, values)).await?
        && row.try_get::<String>("", "body")? == template.body
    {
        return Ok(Some(template));
    }
    template.published_version += 1;
    let insert = "insert into template_version (template, version, body, fields, created_at) values ($1, $2, $3, $4, $5)";
    let values = [
        id.uuid().into(),
        template.published_version.into(),
        template.body.clone().into(),
        serde_json::to_string(&template.fields)?.into(),
        now.0.into(),
    ];
    tx.execute_raw(engine.sql(insert, values)).await?;
    let update = "update template set published_version = $3 where tenant = $1 and id = $2";
    let values = [
        tenant.uuid().into(),
        id.uuid().into(),
        template.published_version.into(),
    ];
    tx.execute_raw(engine.sql(update, values)).await?;
    Ok(Some(template))
}

pub async fn body(
    db: &Db,
    tenant: TenantId,
    id: TemplateId,
    version: u32,
) -> anyhow::Result<Option<String>> {
    let sql = "select v.body as body from template_version v join template t on t.id = v.template \
               where t.tenant = $1 and v.template = $2 and v.version = $3";
    let values = [
        tenant.uuid().into(),
        id.uuid().into(),
        i64::from(version).into(),
    ];
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?;
    Ok(row.map(|row| row.try_get("", "body")).transpose()?)
}

/// The published version and its merge fields.
pub async fn latest(
    db: &Db,
    tenant: TenantId,
    id: TemplateId,
) -> anyhow::Result<Option<(u32, Vec<String>)>> {
    let sql = "select v.version as version, v.fields as fields from template t \
               join template_version v on v.template = t.id and v.version = t.published_version \
               where t.tenant = $1 and t.id = $2";
    let values = [tenant.uuid().into(), id.uuid().into()];
    let Some(row) = db
        .read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?
    else {
        return Ok(None);
    };
    let fields: String = row.try_get("", "fields")?;
    Ok(Some((
        u32::try_from(row.try_get::<i64>("", "version")?)?,
        serde_json::from_str(&fields)?,
    )))
}
