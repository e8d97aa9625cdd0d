//! Published versions. A version is never changed, so a running campaign keeps its text.

use chassis::{Db, Engine, Tx};
use contract::{TemplateId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::templates::{self, Template};
use crate::content::Content;

/// What publishing came to.
#[derive(Debug)]
pub enum Publishing {
    /// The template as it is afterwards. An unchanged draft keeps its version.
    Done(Box<Template>),
    /// The draft is another one than that which was checked.
    Changed,
    Gone,
}

/// A draft that was checked, with its fragments as they are now.
#[derive(Debug, Clone)]
pub struct Checked {
    pub draft: Template,
    pub content: Content,
    /// Fields that must be loaded for a person.
    pub fields: Vec<String>,
}

pub async fn publish(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    checked: &Checked,
    now: UnixMillis,
) -> anyhow::Result<Publishing> {
    let id = checked.draft.id;
    let Some(mut template) = templates::lock(tx, engine, tenant, id).await? else {
        return Ok(Publishing::Gone);
    };
    if template.content() != checked.draft.content() {
        return Ok(Publishing::Changed);
    }
    let current =
        format!("select {COLUMNS} from template_version where template = $1 and version = $2");
    let values = [id.uuid().into(), template.published_version.into()];
    if let Some(row) = tx.query_one_raw(engine.sql(current, values)).await?
        && read(&row)? == checked.content
    {
        return Ok(Publishing::Done(Box::new(template)));
    }
    template.published_version += 1;
    let insert = format!(
        "insert into template_version (template, version, fields, created_at, {COLUMNS}) \
         values ($1, $2, $3, $4, $5, $6, $7)"
    );
    let values = [
        id.uuid().into(),
        template.published_version.into(),
        serde_json::to_string(&checked.fields)?.into(),
        now.0.into(),
        checked.content.language.clone().into(),
        checked.content.body.clone().into(),
        serde_json::to_string(&checked.content.more)?.into(),
    ];
    tx.execute_raw(engine.sql(insert, values)).await?;
    let update = "update template set published_version = $3 where tenant = $1 and id = $2";
    let values = [
        tenant.uuid().into(),
        id.uuid().into(),
        template.published_version.into(),
    ];
    tx.execute_raw(engine.sql(update, values)).await?;
    Ok(Publishing::Done(Box::new(template)))
}

const COLUMNS: &str = "language, body, more";

fn read(row: &QueryResult) -> anyhow::Result<Content> {
    Ok(Content {
        language: row.try_get("", "language")?,
        body: row.try_get("", "body")?,
        more: serde_json::from_str(&row.try_get::<String>("", "more")?)?,
    })
}

pub async fn content(
    db: &Db,
    tenant: TenantId,
    id: TemplateId,
    version: u32,
) -> anyhow::Result<Option<Content>> {
    let sql = "select v.language as language, v.body as body, v.more as more \
               from template_version v join template t on t.id = v.template \
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
    row.as_ref().map(read).transpose()
}

/// The published version, its merge fields and what it says.
pub async fn latest(
    db: &Db,
    tenant: TenantId,
    id: TemplateId,
) -> anyhow::Result<Option<(u32, Vec<String>, Content)>> {
    let sql = "select v.version as version, v.fields as fields, v.language as language, \
               v.body as body, v.more as more from template t \
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
        read(&row)?,
    )))
}

/// A published version.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub version: u32,
    pub content: Content,
    pub created_at: UnixMillis,
}

/// Newest first, those below `before`. The caller has made sure whose template it is.
pub async fn page(
    db: &Db,
    id: TemplateId,
    before: Option<u32>,
    limit: u64,
) -> anyhow::Result<Vec<Row>> {
    let sql = format!(
        "select version, created_at, {COLUMNS} from template_version \
         where template = $1 and version < $2 order by version desc limit $3"
    );
    let values = [
        id.uuid().into(),
        before.map_or(i64::MAX, i64::from).into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Row {
                version: u32::try_from(row.try_get::<i64>("", "version")?)?,
                content: read(row)?,
                created_at: UnixMillis(row.try_get("", "created_at")?),
            })
        })
        .collect()
}
