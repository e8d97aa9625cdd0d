//! `review`: replies that may be an opt-out, for a human to look at.

use anyhow::Context;
use chassis::Engine;
use contract::{ContactId, Mode, Phone, ReviewId, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::digits;

#[derive(Clone)]
pub struct Review {
    pub id: ReviewId,
    pub tenant: TenantId,
    pub phone: Phone,
    pub contact: Option<ContactId>,
    pub text: String,
    /// Why it is not clear; see [`crate::keyword::Reading::Review`].
    pub why: String,
    pub sender: String,
    pub mode: Mode,
    pub received_at: i64,
    /// When it becomes an opt-out if nobody has decided.
    pub due_at: i64,
    pub decided_at: Option<i64>,
    /// `opt_out`, `none` or `lapsed`.
    pub decision: Option<String>,
}

pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    review: &Review,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO review (id, tenant, phone, contact, text, why, sender, mode, received_at, due_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    let values = [
        review.id.uuid().into(),
        review.tenant.uuid().into(),
        digits(review.phone).into(),
        review.contact.map(ContactId::uuid).into(),
        review.text.clone().into(),
        review.why.clone().into(),
        review.sender.clone().into(),
        review.mode.as_str().into(),
        review.received_at.into(),
        review.due_at.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

const COLUMNS: &str = "id, tenant, phone, contact, text, why, sender, mode, received_at, due_at, decided_at, decision";

pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: ReviewId,
) -> anyhow::Result<Option<Review>> {
    let sql = format!("SELECT {COLUMNS} FROM review WHERE tenant = $1 AND id = $2");
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Those still open, oldest first.
pub async fn open(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    after: Option<ReviewId>,
    limit: u32,
) -> anyhow::Result<Vec<Review>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM review WHERE tenant = $1 AND id > $2 AND decided_at IS NULL ORDER BY id LIMIT $3"
    );
    let after = after.unwrap_or(ReviewId::from_raw(0));
    let values = [
        tenant.uuid().into(),
        after.uuid().into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// What one person wrote, oldest first.
pub async fn of_person(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<Vec<Review>> {
    let sql = format!("SELECT {COLUMNS} FROM review WHERE tenant = $1 AND phone = $2 ORDER BY id");
    let values = [tenant.uuid().into(), digits(phone).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Those that nobody decided in time.
pub async fn due(
    db: &impl ConnectionTrait,
    engine: Engine,
    now: i64,
    limit: u32,
) -> anyhow::Result<Vec<Review>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM review WHERE decided_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2"
    );
    let rows = db
        .query_all_raw(engine.sql(sql, [now.into(), i64::from(limit).into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// False when somebody has decided it before.
pub async fn decide(
    tx: &impl ConnectionTrait,
    engine: Engine,
    id: ReviewId,
    decision: &str,
    now: i64,
) -> anyhow::Result<bool> {
    let sql =
        "UPDATE review SET decided_at = $2, decision = $3 WHERE id = $1 AND decided_at IS NULL";
    let values = [id.uuid().into(), now.into(), decision.into()];
    Ok(tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected()
        > 0)
}

/// Is any review of the person open?
pub async fn any_open(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<bool> {
    let sql =
        "SELECT id FROM review WHERE tenant = $1 AND phone = $2 AND decided_at IS NULL LIMIT 1";
    let found = db.query_one_raw(engine.sql(sql, [tenant.uuid().into(), digits(phone).into()]));
    Ok(found.await?.is_some())
}

/// Other open reviews of the person end with this one, or with an opt-out.
pub async fn settle(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    decision: &str,
    now: i64,
) -> anyhow::Result<()> {
    let sql = "UPDATE review SET decided_at = $3, decision = $4 \
               WHERE tenant = $1 AND phone = $2 AND decided_at IS NULL";
    let values = [
        tenant.uuid().into(),
        digits(phone).into(),
        now.into(),
        decision.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Forgets what one person wrote.
pub async fn erase(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM review WHERE tenant = $1 AND phone = $2";
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), digits(phone).into()]))
        .await?;
    Ok(())
}

fn read(row: &QueryResult) -> anyhow::Result<Review> {
    let mode: String = row.try_get("", "mode")?;
    Ok(Review {
        id: ReviewId::from_uuid(row.try_get("", "id")?),
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        phone: super::phone(row.try_get("", "phone")?).context("a stored number is none")?,
        contact: row
            .try_get::<Option<Uuid>>("", "contact")?
            .map(ContactId::from_uuid),
        text: row.try_get("", "text")?,
        why: row.try_get("", "why")?,
        sender: row.try_get("", "sender")?,
        mode: Mode::parse(&mode).unwrap_or(Mode::Test),
        received_at: row.try_get("", "received_at")?,
        due_at: row.try_get("", "due_at")?,
        decided_at: row.try_get("", "decided_at")?,
        decision: row.try_get("", "decision")?,
    })
}
