//! Texts to go on with: which are due, and when.

use chassis::{Db, Engine, Tx};
use contract::campaigns::BringBack;
use contract::chunk::Outcome;
use contract::dispatch::SendChunk;
use contract::ids::TenantId;
use contract::{Mode, UnixMillis};
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// A text to go on with.
pub type Due = (TenantId, SendChunk);

/// Takes texts that are due, or that `owner` accepted in an earlier life: nobody else does before `lease`.
pub async fn take_due(
    engine: Engine,
    tx: &Tx,
    owner: Option<&str>,
    (now, lease): (i64, i64),
    limit: u64,
) -> anyhow::Result<Vec<Due>> {
    let sql = format!(
        "UPDATE api_message SET due_at = $1 WHERE id IN (SELECT id FROM api_message WHERE due_at IS NOT NULL \
         AND (due_at <= $2 OR (owner = $3 AND state = 0)) ORDER BY due_at LIMIT $4{}{}) RETURNING tenant, work",
        engine.for_update(),
        engine.skip_locked()
    );
    let values = [
        lease.into(),
        now.into(),
        owner.unwrap_or_default().into(),
        i64::try_from(limit)?.into(),
    ];
    let mut due = Vec::new();
    for row in tx.query_all_raw(engine.sql(sql, values)).await? {
        let tenant = TenantId::from_uuid(row.try_get("", "tenant")?);
        let work: Option<Vec<u8>> = row.try_get("", "work")?;
        if let Some(work) = work {
            due.push((tenant, serde_json::from_slice(&work)?));
        }
    }
    Ok(due)
}

/// Makes texts of a tenant, or of everybody, due that are held for a reason until later.
pub async fn bring_back(
    db: &Db,
    tenant: TenantId,
    wish: BringBack,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let everybody = tenant == crate::app::EVERYONE;
            let sql = "UPDATE api_message SET due_at = $1, held_until = $1 WHERE id IN (SELECT id FROM api_message \
                       WHERE due_at > $1 AND state = $2 AND reason = $3 AND ($4 OR tenant = $5) \
                       AND ($6 = '' OR mode = $6) ORDER BY due_at LIMIT $7)";
            let values = [
                now.0.into(),
                i64::from(Outcome::Held.rank()).into(),
                wish.reason.to_string().into(),
                everybody.into(),
                tenant.uuid().into(),
                wish.mode.map_or("", Mode::as_str).into(),
                wish.at_most.map_or(i64::MAX, i64::from).into(),
            ];
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

/// When the next text is due.
pub async fn next_due(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<Option<i64>> {
    let sql = "SELECT MIN(due_at) AS due FROM api_message WHERE due_at IS NOT NULL";
    let row = db.query_one_raw(engine.sql(sql, [])).await?;
    Ok(row.and_then(|row| row.try_get::<Option<i64>>("", "due").ok().flatten()))
}
