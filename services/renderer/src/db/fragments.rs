//! Fragments: parts that several templates share. Every change is a version; templates keep the one that was
//! newest when they were published.

use std::collections::BTreeMap;

use chassis::{Db, Engine, Tx};
use contract::{TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::content::Fragment;

const COLUMNS: &str = "name, version, body, language, variants, created_at";

/// A fragment with its name and when it was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub name: String,
    pub fragment: Fragment,
    pub created_at: UnixMillis,
}

fn read(row: &QueryResult) -> anyhow::Result<Row> {
    Ok(Row {
        name: row.try_get("", "name")?,
        fragment: Fragment {
            version: row.try_get("", "version")?,
            language: row.try_get("", "language")?,
            body: row.try_get("", "body")?,
            variants: serde_json::from_str(&row.try_get::<String>("", "variants")?)?,
        },
        created_at: UnixMillis(row.try_get("", "created_at")?),
    })
}

/// Stores a fragment as the next version of its name, unless it is what the newest says already.
pub async fn save(tx: &Tx, engine: Engine, tenant: TenantId, mut new: Row) -> anyhow::Result<Row> {
    let sql = format!(
        "select {COLUMNS} from fragment where tenant = $1 and name = $2 order by version desc limit 1{}",
        engine.for_update()
    );
    let values = [tenant.uuid().into(), new.name.clone().into()];
    let newest = tx.query_one_raw(engine.sql(sql, values)).await?;
    let newest = newest.as_ref().map(read).transpose()?;
    new.fragment.version = newest
        .as_ref()
        .map_or(1, |newest| newest.fragment.version + 1);
    if let Some(newest) = newest {
        let same = Fragment {
            version: newest.fragment.version,
            ..new.fragment.clone()
        };
        if same == newest.fragment {
            return Ok(newest);
        }
    }
    let sql =
        format!("insert into fragment (tenant, {COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)");
    let values = [
        tenant.uuid().into(),
        new.name.clone().into(),
        new.fragment.version.into(),
        new.fragment.body.clone().into(),
        new.fragment.language.clone().into(),
        serde_json::to_string(&new.fragment.variants)?.into(),
        new.created_at.0.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(new)
}

/// The newest version of every fragment behind `after`, by name.
pub async fn page(db: &Db, tenant: TenantId, after: &str, limit: u64) -> anyhow::Result<Vec<Row>> {
    let sql = format!(
        "select {COLUMNS} from fragment f where tenant = $1 and name > $2 and version = \
         (select max(n.version) from fragment n where n.tenant = f.tenant and n.name = f.name) \
         order by name limit $3"
    );
    let values = [
        tenant.uuid().into(),
        after.into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    rows.iter().map(read).collect()
}

/// The newest version of one.
pub async fn find(db: &Db, tenant: TenantId, name: &str) -> anyhow::Result<Option<Row>> {
    let sql = format!(
        "select {COLUMNS} from fragment where tenant = $1 and name = $2 order by version desc limit 1"
    );
    let values = [tenant.uuid().into(), name.into()];
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?;
    row.as_ref().map(read).transpose()
}

/// The newest versions of all, for a template that is checked or published.
pub async fn all(db: &Db, tenant: TenantId) -> anyhow::Result<BTreeMap<String, Fragment>> {
    let rows = page(db, tenant, "", 10_000).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.name, row.fragment))
        .collect())
}
