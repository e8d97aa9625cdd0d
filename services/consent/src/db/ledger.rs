//! `ledger`: every opt-in and opt-out with its evidence, append-only.

use ahash::AHashMap;
use chassis::Engine;
use contract::{ConsentId, ContactId, InboundId, Phone, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::{digits, hex};

/// One entry as it is written.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: ConsentId,
    pub phone: Phone,
    pub contact: Option<ContactId>,
    pub programme: Option<String>,
    pub action: &'static str,
    pub method: String,
    /// JSON text.
    pub evidence: String,
    pub inbound: Option<InboundId>,
    /// When the person acted.
    pub acted_at: i64,
    pub revision: i64,
}

pub async fn append(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    recorded_at: i64,
    rows: &[Row],
) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let (contact, inbound) = (row.contact.map(hex), row.inbound.map(hex));
            let head = (
                hex(row.id),
                digits(row.phone),
                contact,
                &row.programme,
                row.action,
            );
            (
                head.0,
                head.1,
                head.2,
                head.3,
                head.4,
                &row.method,
                &row.evidence,
                inbound,
                row.acted_at,
                row.revision,
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO ledger (tenant, recorded_at, id, phone, contact, programme, action, method, evidence, inbound, \
         acted_at, revision) \
         SELECT $1, CAST($2 AS BIGINT), {}, CAST(value->>1 AS BIGINT), {}, value->>3, value->>4, value->>5, value->>6, {}, \
         CAST(value->>8 AS BIGINT), CAST(value->>9 AS BIGINT) FROM {} AS r WHERE true",
        engine.uuid("value->>0"),
        engine.uuid("value->>2"),
        engine.uuid("value->>7"),
        engine.rows("$3")
    );
    let values = [
        tenant.uuid().into(),
        recorded_at.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Entries already made for these replies.
pub async fn by_inbound(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    inbound: &[InboundId],
) -> anyhow::Result<AHashMap<InboundId, ConsentId>> {
    if inbound.is_empty() {
        return Ok(AHashMap::new());
    }
    let rows: Vec<[String; 1]> = inbound.iter().map(|id| [hex(*id)]).collect();
    let sql = format!(
        "SELECT inbound, id FROM ledger WHERE tenant = $1 AND inbound IN (SELECT {} FROM {} AS r)",
        engine.uuid("value->>0"),
        engine.rows("$2")
    );
    let found = tx
        .query_all_raw(engine.sql(
            sql,
            [tenant.uuid().into(), serde_json::to_string(&rows)?.into()],
        ))
        .await?;
    found
        .iter()
        .map(|row| {
            let (inbound, id): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok((InboundId::from_uuid(inbound), ConsentId::from_uuid(id)))
        })
        .collect()
}

/// One entry as it is read.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: ConsentId,
    pub contact: Option<ContactId>,
    pub programme: Option<String>,
    pub action: String,
    pub method: String,
    pub evidence: String,
    pub acted_at: i64,
    pub recorded_at: i64,
    pub revision: i64,
}

/// A person's entries, oldest first, after the one that made revision `after`.
pub async fn history(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    after: i64,
    limit: u32,
) -> anyhow::Result<Vec<Entry>> {
    let sql = "SELECT id, contact, programme, action, method, evidence, acted_at, recorded_at, revision FROM ledger \
               WHERE tenant = $1 AND phone = $2 AND revision > $3 ORDER BY revision LIMIT $4";
    let values = [
        tenant.uuid().into(),
        digits(phone).into(),
        after.into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &QueryResult) -> anyhow::Result<Entry> {
    Ok(Entry {
        id: ConsentId::from_uuid(row.try_get("", "id")?),
        contact: row
            .try_get::<Option<Uuid>>("", "contact")?
            .map(ContactId::from_uuid),
        programme: row.try_get("", "programme")?,
        action: row.try_get("", "action")?,
        method: row.try_get("", "method")?,
        evidence: row.try_get("", "evidence")?,
        acted_at: row.try_get("", "acted_at")?,
        recorded_at: row.try_get("", "recorded_at")?,
        revision: row.try_get("", "revision")?,
    })
}
