//! The relay: publishes what waits in the outbox, oldest first, in atomic batches. Lost streams are
//! noticed by [`super::refill`].

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use contract::{EventId, TenantId, UnixMillis};
use futures::future::{join_all, try_join_all};
use sea_orm::{ConnectionTrait, QueryResult};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::refill::Noted;
use super::{Bus, query, wire};

/// Rows looked at in one round.
const ROUND: u64 = 256;
/// From this many rows of one stream on, an atomic batch (one fsync) beats single publishes.
const ATOMIC_FROM: usize = 4;
/// Bytes of one atomic batch at most.
const ATOMIC_BYTES: usize = 8 * 1024 * 1024;

struct Row {
    seq: i64,
    stream: String,
    subject: String,
    headers: async_nats::HeaderMap,
    body: Bytes,
}

pub(super) async fn run(bus: &Bus, closing: CancellationToken) -> anyhow::Result<()> {
    let settings = &bus.inner.settings;
    let poll = Duration::from_millis(settings.outbox_poll_ms);
    let check = Duration::from_secs(settings.stream_check_seconds);
    let mut noted = Noted::default();
    let (mut checked, mut cleaned) = (None::<Instant>, None::<Instant>);
    loop {
        if checked.is_none_or(|at| at.elapsed() >= check) {
            match noted.check(bus).await {
                Ok(()) => checked = Some(Instant::now()),
                Err(error) => tracing::debug!(
                    error = format!("{error:#}"),
                    "streams cannot be checked now"
                ),
            }
        }
        if cleaned.is_none_or(|at| at.elapsed() >= Duration::from_secs(600)) {
            if let Err(error) = clean(bus).await {
                tracing::debug!(
                    error = format!("{error:#}"),
                    "old outbox rows cannot be removed now"
                );
            }
            cleaned = Some(Instant::now());
        }
        // An acknowledgement that went down with a connection never comes: what is published again is
        // recognised by its id.
        let round = tokio::select! {
            round = relay_round(bus, &mut noted) => round,
            () = query::lost(bus) => Err(anyhow::anyhow!("the connection to NATS was lost")),
        };
        match round {
            Ok(0) => tokio::select! {
                () = bus.inner.db.outbox_committed() => {}
                // Rows of other processes of the service, and of a writer that died after its commit.
                () = tokio::time::sleep(poll) => {}
                () = closing.cancelled() => {
                    let _last = relay_round(bus, &mut noted).await;
                    return Ok(());
                }
            },
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(
                    service = bus.inner.service,
                    error = format!("{error:#}"),
                    "the outbox waits"
                );
                checked = None;
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(200)) => {}
                    () = closing.cancelled() => return Ok(()),
                }
            }
        }
    }
}

async fn relay_round(bus: &Bus, noted: &mut Noted) -> anyhow::Result<usize> {
    let rows = waiting(bus).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let count = rows.len();
    let mut by_stream: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        by_stream.entry(row.stream.clone()).or_default().push(row);
    }
    for stream in by_stream.keys() {
        if noted.before_publishing(bus, stream).await? {
            return Ok(count);
        }
    }
    // Streams are of no order among each other. What one has taken is noted even if another took nothing.
    let published = by_stream.into_values().map(|rows| async move {
        let seqs: Vec<[i64; 1]> = rows.iter().map(|row| [row.seq]).collect();
        publish(bus, rows).await.map(|()| seqs)
    });
    let (mut taken, mut failed) = (Vec::new(), None);
    for outcome in join_all(published).await {
        match outcome {
            Ok(seqs) => taken.extend(seqs),
            Err(error) => failed = Some(error),
        }
    }
    if !taken.is_empty() {
        mark(bus, &taken).await?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    metrics::counter!("outbox_published_total", "service" => bus.inner.service)
        .increment(count as u64);
    Ok(count)
}

async fn waiting(bus: &Bus) -> anyhow::Result<Vec<Row>> {
    let db = &bus.inner.db;
    let sql = "SELECT seq, id, stream, subject, type, tenant, at, trace, body FROM outbox \
               WHERE published_at IS NULL ORDER BY seq LIMIT $1";
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, [ROUND.into()]))
        .await?;
    rows.iter().map(read_row).collect()
}

fn read_row(row: &QueryResult) -> anyhow::Result<Row> {
    let trace: Option<String> = row.try_get("", "trace")?;
    let kind: String = row.try_get("", "type")?;
    let body: Vec<u8> = row.try_get("", "body")?;
    let headers = wire::to_headers(&wire::Context {
        id: EventId::from_uuid(row.try_get::<Uuid>("", "id")?),
        tenant: TenantId::from_uuid(row.try_get::<Uuid>("", "tenant")?),
        at: UnixMillis(row.try_get("", "at")?),
        kind: &kind,
        trace: trace.as_deref(),
    });
    Ok(Row {
        seq: row.try_get("", "seq")?,
        stream: row.try_get("", "stream")?,
        subject: row.try_get("", "subject")?,
        headers,
        body: body.into(),
    })
}

async fn publish(bus: &Bus, rows: Vec<Row>) -> anyhow::Result<()> {
    let bytes: usize = rows.iter().map(|row| row.body.len()).sum();
    if rows.len() >= ATOMIC_FROM && bytes <= ATOMIC_BYTES {
        match publish_atomically(bus, &rows).await {
            Ok(()) => return Ok(()),
            // A batch that holds a row published before is refused as a whole; one by one, the server drops
            // just the repetition.
            Err(error) => {
                tracing::debug!(error = format!("{error:#}"), "an atomic batch was refused");
            }
        }
    }
    let js = &bus.inner.jetstream;
    let sent = rows.into_iter().map(|row| async move {
        let ack = js
            .publish_with_headers(row.subject, row.headers, row.body)
            .await?;
        ack.await
    });
    try_join_all(sent)
        .await
        .context("JetStream did not take an outbox row")?;
    Ok(())
}

/// ADR-50 atomic batch publish: all rows become visible together, with one fsync of the stream.
async fn publish_atomically(bus: &Bus, rows: &[Row]) -> anyhow::Result<()> {
    let client = &bus.inner.client;
    let batch = format!("{:032x}", rand::random::<u128>());
    for (index, row) in rows.iter().enumerate() {
        let mut headers = row.headers.clone();
        headers.insert("Nats-Batch-Id", batch.as_str());
        headers.insert("Nats-Batch-Sequence", (index + 1).to_string().as_str());
        let (last, first) = (index + 1 == rows.len(), index == 0);
        if last {
            headers.insert("Nats-Batch-Commit", "1");
        }
        if first || last {
            let answer = client
                .request_with_headers(row.subject.clone(), headers, row.body.clone())
                .await?;
            let expected_empty = first && !last;
            anyhow::ensure!(
                expected_empty == answer.payload.is_empty(),
                "the batch was refused"
            );
            if last {
                let ack: serde_json::Value = serde_json::from_slice(&answer.payload)?;
                anyhow::ensure!(ack.get("error").is_none(), "the batch was refused: {ack}");
            }
        } else {
            client
                .publish_with_headers(row.subject.clone(), headers, row.body.clone())
                .await?;
        }
    }
    Ok(())
}

async fn mark(bus: &Bus, seqs: &[[i64; 1]]) -> anyhow::Result<()> {
    let engine = bus.inner.db.engine();
    let (now, seqs) = (bus.inner.clock.millis().0, serde_json::to_string(seqs)?);
    let sql = format!(
        "UPDATE outbox SET published_at = $1 WHERE seq IN (SELECT CAST(value->>0 AS BIGINT) FROM {} AS r)",
        engine.rows("$2")
    );
    bus.inner
        .db
        .write(move |tx| {
            Box::pin(async move {
                tx.execute_raw(engine.sql(sql, [now.into(), seqs.into()]))
                    .await?;
                Ok(())
            })
        })
        .await
}

async fn clean(bus: &Bus) -> anyhow::Result<()> {
    let engine = bus.inner.db.engine();
    let now = bus.inner.clock.millis().0;
    let published_before = now - bus.inner.settings.outbox_keep_hours * 3_600_000;
    // Streams keep events for a week; an envelope older than that cannot come again.
    let handled_before = now - 8 * 24 * 3_600_000;
    bus.inner
        .db
        .write(move |tx| {
            Box::pin(async move {
                let outbox =
                    "DELETE FROM outbox WHERE published_at IS NOT NULL AND published_at < $1";
                tx.execute_raw(engine.sql(outbox, [published_before.into()]))
                    .await?;
                tx.execute_raw(
                    engine.sql("DELETE FROM inbox WHERE at < $1", [handled_before.into()]),
                )
                .await?;
                Ok(())
            })
        })
        .await
}
