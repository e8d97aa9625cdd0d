//! Number and words of texts, kept while they may be redriven.

use chassis::{Engine, Tx};
use contract::Phone;
use contract::dispatch::SendChunk;
use contract::ids::{ContactId, MessageId, TenantId};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::db::ledger::hex;

/// Number and words of these texts, where they are still kept.
pub async fn works(
    engine: Engine,
    db: &DatabaseConnection,
    ids: &[MessageId],
) -> anyhow::Result<Vec<SendChunk>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lines: Vec<_> = ids.iter().map(|id| [hex(id.bytes())]).collect();
    let sql = format!(
        "SELECT work FROM api_message WHERE work IS NOT NULL AND id IN (SELECT {} FROM {} AS r)",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let values = [serde_json::to_string(&lines)?.into()];
    let mut works = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let work: Vec<u8> = row.try_get("", "work")?;
        works.push(serde_json::from_slice(&work)?);
    }
    Ok(works)
}

/// Lets number and words go of texts that may be redriven no more.
pub async fn forget_works(engine: Engine, tx: &Tx, now: i64) -> anyhow::Result<()> {
    let sql = "UPDATE api_message SET work = NULL, work_until = NULL WHERE work_until <= $1";
    tx.execute_raw(engine.sql(sql, [now.into()])).await?;
    Ok(())
}

/// Lets number and words go of a person's texts that are settled and might have been redriven. `people`: whom they may
/// be to; the number decides.
pub async fn forget_person(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    people: [ContactId; 2],
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "SELECT id, work FROM api_message WHERE tenant = $1 AND contact IN ($2, $3) \
               AND work_until IS NOT NULL AND work IS NOT NULL";
    let [one, other] = people;
    let values = [tenant.uuid().into(), one.uuid().into(), other.uuid().into()];
    for row in tx.query_all_raw(engine.sql(sql, values)).await? {
        let work: Vec<u8> = row.try_get("", "work")?;
        let work: SendChunk = serde_json::from_slice(&work)?;
        if work.texts.iter().any(|text| text.phone == phone) {
            let id: Uuid = row.try_get("", "id")?;
            let sql = "UPDATE api_message SET work = NULL, work_until = NULL WHERE id = $1";
            tx.execute_raw(engine.sql(sql, [id.into()])).await?;
        }
    }
    Ok(())
}
