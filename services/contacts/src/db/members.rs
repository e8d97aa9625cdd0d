//! The table `list_member`: who is on which list. Callers have checked that the list is the tenant's.

use std::collections::HashMap;

use chassis::{Engine, Tx};
use contract::{ContactId, ListId, TenantId};
use sea_orm::{ConnectionTrait, Value};

fn ids(contacts: impl Iterator<Item = ContactId>) -> anyhow::Result<(Value, bool)> {
    let ids: Vec<[String; 1]> = contacts
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    Ok((serde_json::to_string(&ids)?.into(), ids.is_empty()))
}

/// Adds contacts that are known to be the tenant's.
pub async fn add(
    tx: &Tx,
    engine: Engine,
    list: ListId,
    contacts: impl Iterator<Item = ContactId>,
) -> anyhow::Result<()> {
    let (ids, none) = ids(contacts)?;
    if none {
        return Ok(());
    }
    let (id, rows) = (engine.uuid("value->>0"), engine.rows("$2"));
    let sql = format!(
        "INSERT INTO list_member (list, contact) SELECT $1, {id} FROM {rows} AS r WHERE true ON CONFLICT DO NOTHING"
    );
    tx.execute_raw(engine.sql(sql, [list.uuid().into(), ids]))
        .await?;
    Ok(())
}

/// Adds those contacts that are the tenant's; how many were not on the list before.
pub async fn add_existing(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    list: ListId,
    contacts: &[ContactId],
) -> anyhow::Result<u64> {
    let (ids, _) = ids(contacts.iter().copied())?;
    let (id, rows) = (engine.uuid("r.value->>0"), engine.rows("$3"));
    let sql = format!(
        "INSERT INTO list_member (list, contact) SELECT $1, c.id FROM {rows} AS r CROSS JOIN contact AS c \
         WHERE c.tenant = $2 AND c.id = {id} ON CONFLICT DO NOTHING"
    );
    let done = tx
        .execute_raw(engine.sql(sql, [list.uuid().into(), tenant.uuid().into(), ids]))
        .await?;
    Ok(done.rows_affected())
}

/// Takes contacts off the list; how many were on it.
pub async fn remove(
    tx: &Tx,
    engine: Engine,
    list: ListId,
    contacts: &[ContactId],
) -> anyhow::Result<u64> {
    let (ids, _) = ids(contacts.iter().copied())?;
    let (id, rows) = (engine.uuid("r.value->>0"), engine.rows("$2"));
    let sql = format!(
        "DELETE FROM list_member WHERE list = $1 AND contact IN (SELECT {id} FROM {rows} AS r)"
    );
    Ok(tx
        .execute_raw(engine.sql(sql, [list.uuid().into(), ids]))
        .await?
        .rows_affected())
}

pub async fn count(db: &impl ConnectionTrait, engine: Engine, list: ListId) -> anyhow::Result<i64> {
    let sql = "SELECT COUNT(*) AS members FROM list_member WHERE list = $1";
    let row = db
        .query_one_raw(engine.sql(sql, [list.uuid().into()]))
        .await?;
    Ok(row
        .map(|row| row.try_get("", "members"))
        .transpose()?
        .unwrap_or(0))
}

/// The lists that these contacts are on.
pub async fn lists_of(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    contacts: &[ContactId],
) -> anyhow::Result<HashMap<ContactId, Vec<ListId>>> {
    let (ids, _) = ids(contacts.iter().copied())?;
    // As CROSS JOINs, so that SQLite looks each contact up.
    let sql = format!(
        "SELECT m.list, m.contact FROM {} AS r CROSS JOIN list_member AS m CROSS JOIN list AS l \
         WHERE m.contact = {} AND l.id = m.list AND l.tenant = $1",
        engine.rows("$2"),
        engine.uuid("r.value->>0"),
    );
    let mut lists: HashMap<ContactId, Vec<ListId>> = HashMap::new();
    let values = [tenant.uuid().into(), ids];
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let list = ListId::from_uuid(row.try_get("", "list")?);
        let contact = ContactId::from_uuid(row.try_get("", "contact")?);
        lists.entry(contact).or_default().push(list);
    }
    Ok(lists)
}
