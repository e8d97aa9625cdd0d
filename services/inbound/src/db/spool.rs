//! Replies that came by webhook and are not recorded by their tenant yet.

use anyhow::Context;
use chassis::Db;
use contract::Phone;
use contract::dispatch::TakeReply;
use sea_orm::ConnectionTrait;

/// Keeps a reply; the same one twice is one.
pub async fn keep(db: &Db, reply: TakeReply, at: i64) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO webhook_reply \
                       (provider, provider_message_id, from_phone, to_sender, body, received_at) \
                       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
            let values = [
                reply.provider.into(),
                reply.provider_message_id.into(),
                reply.from.digits().cast_signed().into(),
                reply.to.into(),
                reply.text.into(),
                at.into(),
            ];
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

pub async fn remove(db: &Db, provider: String, id: String) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "DELETE FROM webhook_reply WHERE provider = $1 AND provider_message_id = $2";
            tx.execute_raw(engine.sql(sql, [provider.into(), id.into()]))
                .await?;
            Ok(())
        })
    })
    .await
}

/// The oldest that came before `before`.
pub async fn waiting(db: &Db, before: i64, limit: u32) -> anyhow::Result<Vec<TakeReply>> {
    let sql = "SELECT provider, provider_message_id, from_phone, to_sender, body FROM webhook_reply \
               WHERE received_at < $1 ORDER BY received_at LIMIT $2";
    let values = [before.into(), i64::from(limit).into()];
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    rows.iter()
        .map(|row| {
            let digits: i64 = row.try_get("", "from_phone")?;
            Ok(TakeReply {
                provider: row.try_get("", "provider")?,
                provider_message_id: row.try_get("", "provider_message_id")?,
                from: Phone::from_digits(digits.cast_unsigned())
                    .context("a kept number has a wrong length")?,
                to: row.try_get("", "to_sender")?,
                text: row.try_get("", "body")?,
            })
        })
        .collect()
}
