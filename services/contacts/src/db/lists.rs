//! The table `list`.

use chassis::{Engine, Tx};
use contract::{ListId, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};

#[derive(Debug, Clone)]
pub struct List {
    pub id: ListId,
    pub name: String,
    pub created_at: i64,
}

fn read(row: &QueryResult) -> anyhow::Result<List> {
    Ok(List {
        id: ListId::from_uuid(row.try_get("", "id")?),
        name: row.try_get("", "name")?,
        created_at: row.try_get("", "created_at")?,
    })
}

/// Makes a list, or finds the one of that name. True if it is new.
pub async fn create(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    list: &List,
) -> anyhow::Result<(List, bool)> {
    let insert = "INSERT INTO list (id, tenant, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let values = [
        list.id.uuid().into(),
        tenant.uuid().into(),
        list.name.clone().into(),
        list.created_at.into(),
    ];
    if tx
        .execute_raw(engine.sql(insert, values))
        .await?
        .rows_affected()
        > 0
    {
        return Ok((list.clone(), true));
    }
    let find = "SELECT id, name, created_at FROM list WHERE tenant = $1 AND name = $2";
    let row = tx
        .query_one_raw(engine.sql(find, [tenant.uuid().into(), list.name.clone().into()]))
        .await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("a list of this name was just deleted"))?;
    Ok((read(&row)?, false))
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: ListId,
) -> anyhow::Result<Option<List>> {
    let sql = "SELECT id, name, created_at FROM list WHERE tenant = $1 AND id = $2";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Lists after a cursor, ascending by id.
pub async fn page(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    after: ListId,
    limit: i64,
) -> anyhow::Result<Vec<List>> {
    let sql =
        "SELECT id, name, created_at FROM list WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
    let values = [tenant.uuid().into(), after.uuid().into(), limit.into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Removes a list and its memberships, not its people; false if there was none.
pub async fn delete(tx: &Tx, engine: Engine, tenant: TenantId, id: ListId) -> anyhow::Result<bool> {
    let list = "DELETE FROM list WHERE tenant = $1 AND id = $2";
    let done = tx
        .execute_raw(engine.sql(list, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    tx.execute_raw(engine.sql(
        "DELETE FROM list_member WHERE list = $1",
        [id.uuid().into()],
    ))
    .await?;
    Ok(true)
}
