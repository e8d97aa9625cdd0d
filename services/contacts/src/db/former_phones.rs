//! The table `former_phone`: numbers that contacts had until a moment ago. Somebody who answers from the old number
//! still answers what was asked there.

use chassis::{Engine, Tx};
use contract::{ContactId, Phone, TenantId};
use sea_orm::ConnectionTrait;

use super::contacts::digits;
use crate::import_plan::Contact;

/// How long an old number still leads to its contact, where nobody else has it.
const KEPT_MILLIS: i64 = 24 * 3_600_000;

/// Notes the numbers that these contacts are about to lose, and forgets what is past its time.
pub async fn note(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    contacts: &[Contact],
) -> anyhow::Result<()> {
    let row = |contact: &Contact| {
        (
            contact.id.uuid().simple().to_string(),
            digits(contact.person.phone),
            contact.updated_at + KEPT_MILLIS,
        )
    };
    let rows: Vec<(String, i64, i64)> = contacts.iter().map(row).collect();
    let Some(now) = contacts.iter().map(|contact| contact.updated_at).min() else {
        return Ok(());
    };
    let (id, rows_of) = (engine.uuid("r.value->>0"), engine.rows("$2"));
    // As a CROSS JOIN, so that SQLite looks each contact up.
    let sql = format!(
        "INSERT INTO former_phone (tenant, phone, contact, until) \
         SELECT $1, c.phone, c.id, CAST(r.value->>2 AS BIGINT) FROM {rows_of} AS r CROSS JOIN contact AS c \
         WHERE c.tenant = $1 AND c.id = {id} AND c.phone <> CAST(r.value->>1 AS BIGINT) \
         ON CONFLICT (tenant, phone) DO UPDATE SET contact = excluded.contact, until = excluded.until"
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
    let noted = tx.execute_raw(engine.sql(sql, values)).await?;
    if noted.rows_affected() > 0 {
        let sql = "DELETE FROM former_phone WHERE until < $1";
        tx.execute_raw(engine.sql(sql, [now.into()])).await?;
    }
    Ok(())
}

/// Who had a number until a moment ago.
pub async fn contact_of(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    now: i64,
) -> anyhow::Result<Option<ContactId>> {
    let sql = "SELECT contact FROM former_phone WHERE tenant = $1 AND phone = $2 AND until > $3";
    let values = [tenant.uuid().into(), digits(phone).into(), now.into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    row.map(|row| Ok(ContactId::from_uuid(row.try_get("", "contact")?)))
        .transpose()
}

/// Of a contact that is removed.
pub async fn forget(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    contact: ContactId,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM former_phone WHERE tenant = $1 AND contact = $2";
    let values = [tenant.uuid().into(), contact.uuid().into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
