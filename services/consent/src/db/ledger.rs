//! `ledger`: every opt-in and opt-out with its evidence; append-only and chained.

use ahash::AHashMap;
use chassis::Engine;
use contract::{ConsentId, ContactId, InboundId, Phone, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::{digits, hex};
use crate::chain::{self, Link};

/// One entry as it is written.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: ConsentId,
    pub phone: Phone,
    pub contact: Option<ContactId>,
    pub inbound: Option<InboundId>,
    /// [`crate::standing::Change`] as JSON.
    pub detail: String,
    /// What is personal, as JSON text; sealed with `salt`.
    pub evidence: String,
    pub salt: [u8; 16],
    pub link: Link,
    pub hash: [u8; 32],
}

/// What a link's `detail` covers: the fold's input and the ids that stand in columns of their own.
pub fn bound(detail: &str, contact: Option<ContactId>, inbound: Option<InboundId>) -> String {
    let (contact, inbound) = (contact.map(hex), inbound.map(hex));
    format!(
        "{detail}|{}|{}",
        contact.as_deref().unwrap_or("-"),
        inbound.as_deref().unwrap_or("-")
    )
}

pub async fn append(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    rows: &[Row],
) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<serde_json::Value>> = rows
        .iter()
        .map(|row| {
            let link = &row.link;
            vec![
                hex(row.id).into(),
                digits(row.phone).into(),
                row.contact.map(hex).into(),
                link.programme.clone().into(),
                link.action.clone().into(),
                link.method.clone().into(),
                row.evidence.clone().into(),
                row.inbound.map(hex).into(),
                link.acted_at.into(),
                link.recorded_at.into(),
                link.revision.into(),
                link.seq.into(),
                hex::encode(link.person).into(),
                row.detail.clone().into(),
                hex::encode(row.salt).into(),
                hex::encode(link.sealed).into(),
                hex::encode(row.hash).into(),
            ]
        })
        .collect();
    let big = |place: u8| format!("CAST(value->>{place} AS BIGINT)");
    let sql = format!(
        "INSERT INTO ledger (tenant, id, phone, contact, programme, action, method, evidence, inbound, acted_at, \
         recorded_at, revision, seq, person, detail, salt, sealed, hash) \
         SELECT $1, {}, {}, {}, value->>3, value->>4, value->>5, value->>6, {}, {}, {}, {}, {}, {}, value->>13, {}, {}, {} \
         FROM {} AS r WHERE true",
        engine.uuid("value->>0"),
        big(1),
        engine.uuid("value->>2"),
        engine.uuid("value->>7"),
        big(8),
        big(9),
        big(10),
        big(11),
        engine.bytes("value->>12"),
        engine.bytes("value->>14"),
        engine.bytes("value->>15"),
        engine.bytes("value->>16"),
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
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

/// What people wrote, of entries made for replies; without those that came some other way.
pub async fn reply_texts(
    db: &impl ConnectionTrait,
    engine: Engine,
    entries: &[ConsentId],
) -> anyhow::Result<AHashMap<ConsentId, String>> {
    if entries.is_empty() {
        return Ok(AHashMap::new());
    }
    let rows: Vec<[String; 1]> = entries.iter().map(|id| [hex(*id)]).collect();
    let sql = format!(
        "SELECT id, evidence FROM ledger WHERE inbound IS NOT NULL AND id IN (SELECT {} FROM {} AS r)",
        engine.uuid("value->>0"),
        engine.rows("$1")
    );
    let found = db
        .query_all_raw(engine.sql(sql, [serde_json::to_string(&rows)?.into()]))
        .await?;
    let mut texts = AHashMap::with_capacity(found.len());
    for row in &found {
        let (id, evidence): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let evidence: serde_json::Value = serde_json::from_str(&evidence)?;
        if let Some(text) = evidence["evidence"]["text"].as_str() {
            texts.insert(ConsentId::from_uuid(id), text.to_string());
        }
    }
    Ok(texts)
}

/// One entry as it is read.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: ConsentId,
    pub contact: Option<ContactId>,
    pub inbound: Option<InboundId>,
    /// 0 after an erasure.
    pub phone: i64,
    pub programme: Option<String>,
    pub action: String,
    pub method: String,
    pub evidence: String,
    pub acted_at: i64,
    pub recorded_at: i64,
    pub revision: i64,
    /// `None` for entries from before the chain.
    pub chained: Option<Chained>,
}

/// The chain's part of an entry.
#[derive(Debug, Clone)]
pub struct Chained {
    pub seq: i64,
    pub person: [u8; 32],
    pub detail: String,
    /// `None` after an erasure.
    pub salt: Option<[u8; 16]>,
    pub sealed: [u8; 32],
    pub hash: [u8; 32],
}

pub(super) const COLUMNS: &str = "id, contact, inbound, phone, programme, action, method, evidence, acted_at, recorded_at, revision, \
                       seq, person, detail, salt, sealed, hash";

/// A person's entries by number, oldest first, after the one that made revision `after`.
pub async fn history(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    after: i64,
    limit: u32,
) -> anyhow::Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ledger WHERE tenant = $1 AND phone = $2 AND revision > $3 ORDER BY revision LIMIT $4"
    );
    let values = [
        tenant.uuid().into(),
        digits(phone).into(),
        after.into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(entry).collect()
}

/// All entries of a person by the keyed hash of their number; found after an erasure too.
pub async fn of_person(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    person: &[u8; 32],
) -> anyhow::Result<Vec<Entry>> {
    let sql =
        format!("SELECT {COLUMNS} FROM ledger WHERE tenant = $1 AND person = $2 ORDER BY revision");
    let values = [tenant.uuid().into(), person.to_vec().into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(entry).collect()
}

/// A stretch of the chain after `after`, in its order.
pub async fn stretch(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    after: i64,
    limit: u32,
) -> anyhow::Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ledger WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    );
    let values = [tenant.uuid().into(), after.into(), i64::from(limit).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(entry).collect()
}

/// The same, with what cannot be read told entry by entry; from below 1 too, where nothing belongs.
pub async fn page(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    after: i64,
    limit: u32,
) -> anyhow::Result<Vec<anyhow::Result<Entry>>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ledger WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    );
    // What stands before the first entry must not hide.
    let after = if after == 0 { i64::MIN } else { after };
    let values = [tenant.uuid().into(), after.into(), i64::from(limit).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    Ok(rows.iter().map(entry).collect())
}

/// Entries from before the chain: when the newest was recorded, and how many there are.
pub async fn unchained(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<(Option<i64>, u64)> {
    let sql = "SELECT MAX(recorded_at), COUNT(*) FROM ledger WHERE tenant = $1 AND seq IS NULL";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    match row {
        Some(row) => Ok((
            row.try_get_by_index(0)?,
            u64::try_from(row.try_get_by_index::<i64>(1)?)?,
        )),
        None => Ok((None, 0)),
    }
}

/// The hash of the entry with this sequence number.
pub async fn hash_at(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    seq: i64,
) -> anyhow::Result<[u8; 32]> {
    if seq <= 0 {
        return Ok(chain::GENESIS);
    }
    let sql = "SELECT hash FROM ledger WHERE tenant = $1 AND seq = $2";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), seq.into()]))
        .await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("the ledger lacks row {seq}"))?;
    super::book::bytes(&row, "hash")
}

/// How many entries there are of a person; the newest one's revision.
pub async fn revision(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    person: &[u8; 32],
) -> anyhow::Result<i64> {
    let sql = "SELECT MAX(revision) FROM ledger WHERE tenant = $1 AND person = $2";
    let values = [tenant.uuid().into(), person.to_vec().into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    let newest: Option<Option<i64>> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(newest.flatten().unwrap_or(0))
}

/// Removes what is personal from a person's entries; the chain still verifies.
pub async fn erase(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    person: &[u8; 32],
) -> anyhow::Result<u64> {
    let sql = "UPDATE ledger SET phone = 0, evidence = '{}', salt = NULL WHERE tenant = $1 AND person = $2";
    let values = [tenant.uuid().into(), person.to_vec().into()];
    Ok(tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected())
}

impl Entry {
    /// The link of a chained entry, from its columns as they stand now.
    pub fn link(&self, tenant: TenantId) -> Option<Link> {
        let chained = self.chained.as_ref()?;
        Some(Link {
            seq: chained.seq,
            id: self.id.bytes(),
            tenant: tenant.to_string(),
            person: chained.person,
            channel: crate::standing::SMS.to_string(),
            programme: self.programme.clone(),
            class: None,
            action: self.action.clone(),
            level: None,
            method: self.method.clone(),
            acted_at: self.acted_at,
            recorded_at: self.recorded_at,
            expires_at: None,
            revision: self.revision,
            detail: bound(&chained.detail, self.contact, self.inbound),
            sealed: chained.sealed,
        })
    }
}

pub(super) fn entry(row: &QueryResult) -> anyhow::Result<Entry> {
    let chained = match row.try_get::<Option<i64>>("", "seq")? {
        None => None,
        Some(seq) => Some(Chained {
            seq,
            person: super::book::bytes(row, "person")?,
            detail: row.try_get("", "detail")?,
            salt: match row.try_get::<Option<Vec<u8>>>("", "salt")? {
                None => None,
                Some(_) => Some(super::book::bytes(row, "salt")?),
            },
            sealed: super::book::bytes(row, "sealed")?,
            hash: super::book::bytes(row, "hash")?,
        }),
    };
    Ok(Entry {
        id: ConsentId::from_uuid(row.try_get("", "id")?),
        contact: row
            .try_get::<Option<Uuid>>("", "contact")?
            .map(ContactId::from_uuid),
        inbound: row
            .try_get::<Option<Uuid>>("", "inbound")?
            .map(InboundId::from_uuid),
        phone: row.try_get("", "phone")?,
        programme: row.try_get("", "programme")?,
        action: row.try_get("", "action")?,
        method: row.try_get("", "method")?,
        evidence: row.try_get("", "evidence")?,
        acted_at: row.try_get("", "acted_at")?,
        recorded_at: row.try_get("", "recorded_at")?,
        revision: row.try_get("", "revision")?,
        chained,
    })
}
