//! `opt_out_pending`: opt-outs recorded and not yet confirmed.

use ahash::AHashSet;
use anyhow::Context;
use chassis::Engine;
use contract::{ConsentId, ContactId, EventId, Mode, Phone, TenantId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{digits, hex};

#[derive(Debug, Clone)]
pub struct Pending {
    pub consent: ConsentId,
    pub tenant: TenantId,
    pub phone: Phone,
    pub contact: Option<ContactId>,
    pub recorded_at: i64,
    /// Asks whose permits for this person were open when the opt-out was recorded.
    pub waits: Vec<EventId>,
    /// Where a confirmation text comes from; `None` when none is wanted.
    pub sender: Option<String>,
    pub mode: Mode,
}

/// Opt-outs looked at in one round.
const ROUND: i64 = 10_000;

pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    pending: &Pending,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO opt_out_pending (consent, tenant, phone, contact, recorded_at, waits, sender, mode) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        pending.consent.uuid().into(),
        pending.tenant.uuid().into(),
        digits(pending.phone).into(),
        pending.contact.map(ContactId::uuid).into(),
        pending.recorded_at.into(),
        postcard::to_stdvec(&pending.waits)?.into(),
        pending.sender.clone().into(),
        pending.mode.as_str().into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// The oldest ones.
pub async fn oldest(db: &impl ConnectionTrait, engine: Engine) -> anyhow::Result<Vec<Pending>> {
    let sql = "SELECT consent, tenant, phone, contact, recorded_at, waits, sender, mode FROM opt_out_pending \
               ORDER BY consent LIMIT $1";
    let rows = db.query_all_raw(engine.sql(sql, [ROUND.into()])).await?;
    rows.iter()
        .map(|row| {
            let (phone, waits): (i64, Vec<u8>) =
                (row.try_get("", "phone")?, row.try_get("", "waits")?);
            let mode: String = row.try_get("", "mode")?;
            Ok(Pending {
                consent: ConsentId::from_uuid(row.try_get("", "consent")?),
                tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
                phone: u64::try_from(phone)
                    .ok()
                    .and_then(Phone::from_digits)
                    .context("a stored number is none")?,
                contact: row
                    .try_get::<Option<Uuid>>("", "contact")?
                    .map(ContactId::from_uuid),
                recorded_at: row.try_get("", "recorded_at")?,
                waits: postcard::from_bytes(&waits)?,
                sender: row.try_get("", "sender")?,
                mode: Mode::parse(&mode).unwrap_or(Mode::Test),
            })
        })
        .collect()
}

/// Takes these out; returns those that were still there, so that each is confirmed once.
pub async fn take(
    tx: &impl ConnectionTrait,
    engine: Engine,
    consents: &[ConsentId],
) -> anyhow::Result<AHashSet<ConsentId>> {
    let rows: Vec<[String; 1]> = consents.iter().map(|id| [hex(*id)]).collect();
    let sql = format!(
        "DELETE FROM opt_out_pending WHERE consent IN (SELECT {} FROM {} AS r) RETURNING consent",
        engine.uuid("value->>0"),
        engine.rows("$1")
    );
    let taken = tx
        .query_all_raw(engine.sql(sql, [serde_json::to_string(&rows)?.into()]))
        .await?;
    taken
        .iter()
        .map(|row| Ok(ConsentId::from_uuid(row.try_get_by_index::<Uuid>(0)?)))
        .collect()
}
