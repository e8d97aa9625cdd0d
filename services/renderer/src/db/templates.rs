//! Templates as their authors see them.

use chassis::{Db, Engine, Tx};
use contract::{TemplateId, TenantId, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use crate::content::{Content, More};

/// A template with its draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub id: TemplateId,
    pub name: String,
    pub language: Option<String>,
    pub body: String,
    pub more: More,
    pub fields: Vec<String>,
    /// 0: never published.
    pub published_version: i64,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

impl Template {
    /// The draft.
    pub fn content(&self) -> Content {
        Content {
            language: self.language.clone(),
            body: self.body.clone(),
            more: self.more.clone(),
        }
    }
}

const COLUMNS: &str =
    "id, name, language, body, more, fields, published_version, created_at, updated_at";

fn read(row: &QueryResult) -> Result<Template, DbErr> {
    let fields: String = row.try_get("", "fields")?;
    let more: String = row.try_get("", "more")?;
    let json = |error: serde_json::Error| DbErr::Json(error.to_string());
    Ok(Template {
        id: TemplateId::from_uuid(row.try_get::<Uuid>("", "id")?),
        name: row.try_get("", "name")?,
        language: row.try_get("", "language")?,
        body: row.try_get("", "body")?,
        more: serde_json::from_str(&more).map_err(json)?,
        fields: serde_json::from_str(&fields).map_err(json)?,
        published_version: row.try_get("", "published_version")?,
        created_at: UnixMillis(row.try_get("", "created_at")?),
        updated_at: UnixMillis(row.try_get("", "updated_at")?),
    })
}

pub async fn insert(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    new: &Template,
) -> anyhow::Result<()> {
    let sql = format!(
        "insert into template (tenant, {COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let values = [
        tenant.uuid().into(),
        new.id.uuid().into(),
        new.name.clone().into(),
        new.language.clone().into(),
        new.body.clone().into(),
        serde_json::to_string(&new.more)?.into(),
        serde_json::to_string(&new.fields)?.into(),
        new.published_version.into(),
        new.created_at.0.into(),
        new.updated_at.0.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Replaces name, language and draft.
pub async fn update(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    changed: &Template,
) -> anyhow::Result<()> {
    let sql = "update template set name = $3, language = $4, body = $5, more = $6, fields = $7, updated_at = $8 \
               where tenant = $1 and id = $2";
    let values = [
        tenant.uuid().into(),
        changed.id.uuid().into(),
        changed.name.clone().into(),
        changed.language.clone().into(),
        changed.body.clone().into(),
        serde_json::to_string(&changed.more)?.into(),
        serde_json::to_string(&changed.fields)?.into(),
        changed.updated_at.0.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn find(db: &Db, tenant: TenantId, id: TemplateId) -> anyhow::Result<Option<Template>> {
    let sql = format!("select {COLUMNS} from template where tenant = $1 and id = $2");
    let row = db
        .read()
        .query_one_raw(
            db.engine()
                .sql(sql, [tenant.uuid().into(), id.uuid().into()]),
        )
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The same inside a write, so that it cannot change until the write ends.
pub async fn lock(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    id: TemplateId,
) -> anyhow::Result<Option<Template>> {
    let sql = format!(
        "select {COLUMNS} from template where tenant = $1 and id = $2{}",
        engine.for_update()
    );
    let row = tx
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Newest first, those older than `before`.
pub async fn page(
    db: &Db,
    tenant: TenantId,
    before: Option<TemplateId>,
    limit: u64,
) -> anyhow::Result<Vec<Template>> {
    let before = before.unwrap_or(TemplateId::from_raw(u128::MAX));
    let sql = format!(
        "select {COLUMNS} from template where tenant = $1 and id < $2 order by id desc limit $3"
    );
    let values = [
        tenant.uuid().into(),
        before.uuid().into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}
