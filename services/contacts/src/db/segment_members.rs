//! The table `segment_member`: who is in which segment.

use std::collections::{HashMap, HashSet};

use chassis::{Engine, Tx};
use contract::{ContactId, SegmentId, TenantId};
use sea_orm::ConnectionTrait;

fn hex(contacts: &[ContactId]) -> anyhow::Result<String> {
    let ids: Vec<[String; 1]> = contacts
        .iter()
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    Ok(serde_json::to_string(&ids)?)
}

/// Which of these contacts are in which of these segments.
pub async fn of(
    tx: &Tx,
    engine: Engine,
    segments: &[SegmentId],
    contacts: &[ContactId],
) -> anyhow::Result<HashMap<SegmentId, HashSet<ContactId>>> {
    let ids: Vec<[String; 1]> = segments
        .iter()
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    // As CROSS JOINs, so that SQLite looks each pair up.
    let sql = format!(
        "SELECT m.segment, m.contact FROM {} AS s CROSS JOIN {} AS c CROSS JOIN segment_member AS m \
         WHERE m.segment = {} AND m.contact = {}",
        engine.rows("$1"),
        engine.rows("$2"),
        engine.uuid("s.value->>0"),
        engine.uuid("c.value->>0"),
    );
    let values = [serde_json::to_string(&ids)?.into(), hex(contacts)?.into()];
    let mut members: HashMap<SegmentId, HashSet<ContactId>> = HashMap::new();
    for row in tx.query_all_raw(engine.sql(sql, values)).await? {
        let segment = SegmentId::from_uuid(row.try_get("", "segment")?);
        let contact = ContactId::from_uuid(row.try_get("", "contact")?);
        members.entry(segment).or_default().insert(contact);
    }
    Ok(members)
}

pub async fn add(
    tx: &Tx,
    engine: Engine,
    segment: SegmentId,
    contacts: &[ContactId],
) -> anyhow::Result<()> {
    let (id, rows) = (engine.uuid("value->>0"), engine.rows("$2"));
    let sql = format!(
        "INSERT INTO segment_member (segment, contact) SELECT $1, {id} FROM {rows} AS r WHERE true ON CONFLICT DO NOTHING"
    );
    write(tx, engine, sql, segment, contacts).await
}

pub async fn remove(
    tx: &Tx,
    engine: Engine,
    segment: SegmentId,
    contacts: &[ContactId],
) -> anyhow::Result<()> {
    let (id, rows) = (engine.uuid("r.value->>0"), engine.rows("$2"));
    let sql = format!(
        "DELETE FROM segment_member WHERE segment = $1 AND contact IN (SELECT {id} FROM {rows} AS r)"
    );
    write(tx, engine, sql, segment, contacts).await
}

async fn write(
    tx: &Tx,
    engine: Engine,
    sql: String,
    segment: SegmentId,
    contacts: &[ContactId],
) -> anyhow::Result<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let values = [segment.uuid().into(), hex(contacts)?.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// A contact that is gone is in no segment.
pub async fn forget(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    contact: ContactId,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM segment_member WHERE contact = $2 \
               AND segment IN (SELECT id FROM segment WHERE tenant = $1)";
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), contact.uuid().into()]))
        .await?;
    Ok(())
}

pub async fn count(
    db: &impl ConnectionTrait,
    engine: Engine,
    segment: SegmentId,
) -> anyhow::Result<i64> {
    let sql = "SELECT COUNT(*) AS members FROM segment_member WHERE segment = $1";
    let row = db
        .query_one_raw(engine.sql(sql, [segment.uuid().into()]))
        .await?;
    let count = row.map(|row| row.try_get("", "members")).transpose()?;
    Ok(count.unwrap_or(0))
}
