//! Lost streams: noticed by when they were made, and filled again from the outbox rows kept.

use std::collections::HashSet;

use async_nats::jetstream;
use async_nats::jetstream::context::GetStreamErrorKind;
use sea_orm::ConnectionTrait;

use super::{Bus, streams};

/// The streams whose making this process has compared with what the database knows.
#[derive(Default)]
pub(super) struct Noted(HashSet<String>);

impl Noted {
    /// Compares every stream we fill.
    pub(super) async fn check(&mut self, bus: &Bus) -> anyhow::Result<()> {
        let db = &bus.inner.db;
        let sql = "SELECT DISTINCT stream FROM outbox";
        let known = db.read().query_all_raw(db.engine().sql(sql, [])).await?;
        for row in known {
            self.check_one(bus, row.try_get("", "stream")?).await?;
        }
        Ok(())
    }

    /// Notes a stream before its first row goes out, since a stream that was never noted cannot be missed.
    /// True if it had been lost: there are older rows to publish first.
    pub(super) async fn before_publishing(
        &mut self,
        bus: &Bus,
        stream: &str,
    ) -> anyhow::Result<bool> {
        if self.0.contains(stream) {
            return Ok(false);
        }
        self.check_one(bus, stream.to_string()).await
    }

    async fn check_one(&mut self, bus: &Bus, stream: String) -> anyhow::Result<bool> {
        let lost = refill_if_lost(bus, stream.clone()).await?;
        self.0.insert(stream);
        Ok(lost)
    }
}

/// Compares a stream with the one filled last. A new one (its folder was lost, or a server was replaced) is
/// filled again with every row kept; consumers recognise what they have handled.
async fn refill_if_lost(bus: &Bus, stream: String) -> anyhow::Result<bool> {
    let db = &bus.inner.db;
    let engine = db.engine();
    let created = created(bus, &stream).await?;
    let sql = "SELECT created FROM filled_stream WHERE stream = $1";
    let filled = db
        .read()
        .query_one_raw(engine.sql(sql, [stream.clone().into()]))
        .await?;
    let filled: Option<String> = filled.map(|row| row.try_get("", "created")).transpose()?;
    if filled.as_deref() == Some(&created) {
        return Ok(false);
    }
    let lost = filled.is_some();
    if lost {
        tracing::warn!(
            stream,
            "the stream was lost; it is filled again from the outbox"
        );
    }
    db.write(move |tx| {
        Box::pin(async move {
            let upsert = "INSERT INTO filled_stream (stream, created) VALUES ($1, $2) \
                          ON CONFLICT (stream) DO UPDATE SET created = excluded.created";
            tx.execute_raw(engine.sql(upsert, [stream.clone().into(), created.into()]))
                .await?;
            if lost {
                let again = "UPDATE outbox SET published_at = NULL WHERE stream = $1";
                tx.execute_raw(engine.sql(again, [stream.into()])).await?;
            }
            Ok(())
        })
    })
    .await?;
    Ok(lost)
}

/// When the stream was made; made now if it is gone.
async fn created(bus: &Bus, stream: &str) -> anyhow::Result<String> {
    let js: &jetstream::Context = &bus.inner.jetstream;
    let found = match js.get_stream(stream).await {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), GetStreamErrorKind::JetStream(_)) => {
            streams::ensure(js, bus.inner.settings.replicas).await?;
            js.get_stream(stream).await?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(found
        .cached_info()
        .created
        .unix_timestamp_nanos()
        .to_string())
}
