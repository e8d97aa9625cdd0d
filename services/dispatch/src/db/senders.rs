//! `sender` and `orphan_reply`: whose number a reply came to.

use chassis::{Db, Engine, Tx};
use contract::inbound::ReceiveReply;
use contract::{Mode, Phone, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection};

pub async fn all(
    engine: Engine,
    db: &DatabaseConnection,
) -> anyhow::Result<Vec<(String, Mode, TenantId)>> {
    let rows = db
        .query_all_raw(engine.sql("SELECT sender, mode, tenant FROM sender", []))
        .await?;
    let mut senders = Vec::with_capacity(rows.len());
    for row in rows {
        let mode: String = row.try_get("", "mode")?;
        let tenant = TenantId::from_uuid(row.try_get("", "tenant")?);
        senders.push((
            row.try_get("", "sender")?,
            Mode::parse(&mode).unwrap_or(Mode::Test),
            tenant,
        ));
    }
    Ok(senders)
}

/// Remembers who sent as `sender` last.
pub async fn remember(
    db: &Db,
    sender: String,
    mode: Mode,
    tenant: TenantId,
    now: i64,
) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO sender (sender, mode, tenant, seen_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (sender, mode) DO UPDATE SET tenant = excluded.tenant, seen_at = excluded.seen_at";
            let values = [sender.into(), mode.as_str().into(), tenant.uuid().into(), now.into()];
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

/// Keeps a reply to a sender nobody has used.
pub async fn park_reply(db: &Db, reply: ReceiveReply) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO orphan_reply (provider, provider_message_id, from_phone, to_sender, body, received_at) \
                       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
            let values = [
                reply.provider.into(),
                reply.provider_message_id.into(),
                reply.from.digits().cast_signed().into(),
                reply.to.into(),
                reply.text.into(),
                reply.received_at.0.into(),
            ];
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

/// Replies of a person to the tenant's senders that came before anybody had used them.
pub async fn forget_replies(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    from: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM orphan_reply WHERE from_phone = $1 \
               AND to_sender IN (SELECT sender FROM sender WHERE tenant = $2)";
    let values = [from.digits().cast_signed().into(), tenant.uuid().into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
