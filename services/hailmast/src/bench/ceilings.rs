//! What the pieces do alone: SMPP submit and receipt, and bulk row inserts.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use channels::smpp::{SmppConfig, SmppProvider};
use channels::{FromCarrier, Incoming, Provider, Submission};
use chassis::db::Location;
use contract::chunk::Encoding;
use contract::consent::Permit;
use contract::{DecisionId, MessageId, Phone, RunId};
use sea_orm::ConnectionTrait;
use tokio::sync::mpsc;

/// Texts per call, as dispatch does it.
const BATCH: usize = 64;

/// Messages per second from the first submit to the last receipt answered.
pub async fn smpp(address: SocketAddr, messages: usize) -> anyhow::Result<f64> {
    let (incoming, mut arrivals) = mpsc::channel::<Vec<Incoming>>(256);
    let config = SmppConfig {
        host: address.ip().to_string(),
        port: address.port(),
        ..SmppConfig::default()
    };
    let provider = Arc::new(SmppProvider::connect("ceiling", config, incoming)?);
    provider.ready().await;
    let begun = Instant::now();
    let receiver = provider.clone();
    let receipts = tokio::spawn(async move {
        let mut seen = 0;
        while seen < messages {
            let Some(batch) = arrivals.recv().await else {
                break;
            };
            let mut tokens = Vec::with_capacity(batch.len());
            for incoming in batch {
                seen += usize::from(matches!(incoming.item, FromCarrier::Receipt { .. }));
                tokens.push(incoming.token);
            }
            receiver.answer(tokens, true);
        }
        seen
    });
    let run = RunId::from_raw(1 << 100);
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut sends = Vec::new();
    for start in (0..messages).step_by(BATCH) {
        let batch: Vec<(Permit, Submission)> = (start..(start + BATCH).min(messages))
            .map(|index| submission(run, index))
            .collect();
        let provider = provider.clone();
        sends.push(tokio::spawn(async move {
            provider.send(batch, deadline).await.len()
        }));
        if sends.len() >= 24 {
            sends.remove(0).await?;
        }
    }
    for send in sends {
        send.await?;
    }
    let seen = tokio::time::timeout(Duration::from_secs(120), receipts).await??;
    let took = begun.elapsed().as_secs_f64();
    provider.close().await;
    Ok(seen as f64 / took)
}

fn submission(run: RunId, index: usize) -> (Permit, Submission) {
    let chunk = u32::try_from(index / 512).unwrap_or(0);
    let position = u16::try_from(index % 512).unwrap_or(0);
    let permit = Permit::issue(
        MessageId::of(run, chunk, position),
        DecisionId::from_raw(0),
        0,
    );
    let digits = 15_005_561_000 + index as u64;
    let to = Phone::from_digits(digits).unwrap_or_else(|| unreachable!("eleven digits"));
    let body = format!(
        "Hi Ana, our summer sale is on: 20 % off for gold members until Sunday. Reply STOP to opt out. {index}"
    );
    let submission = Submission {
        to,
        from: "+15005550100".to_string(),
        encoding: Encoding::Gsm7,
        segments: 1,
        body,
        valid_for: None,
    };
    (permit, submission)
}

/// Rows per second into a fresh table of the same kind of database, 500 a statement, one commit each.
pub async fn row_inserts(location: &Location, folder: &Path, rows: usize) -> anyhow::Result<f64> {
    let location = match location {
        Location::Folder(_) => Location::Folder(folder.to_path_buf()),
        Location::Postgres(url) => Location::Postgres(url.clone()),
    };
    let (db, engine) = (location.connect("public", 1).await?, location.engine());
    db.execute_unprepared("CREATE TABLE bench_row (mid BIGINT PRIMARY KEY, outcome BIGINT, reason TEXT, segments BIGINT, at BIGINT, provider TEXT)")
        .await?;
    let sql = format!(
        "INSERT INTO bench_row SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, \
         CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT), value->>5 FROM {} AS r",
        engine.rows("$1")
    );
    let begun = Instant::now();
    for start in (0..rows).step_by(500) {
        let page: Vec<_> = (start..(start + 500).min(rows))
            .map(|mid| (mid, 40, "OK", 1, 1_781_103_600_000_i64, "1a2b3c4d5e6f7081"))
            .collect();
        db.execute_raw(engine.sql(sql.clone(), [serde_json::to_string(&page)?.into()]))
            .await?;
    }
    let rate = rows as f64 / begun.elapsed().as_secs_f64();
    db.execute_unprepared("DROP TABLE bench_row").await?;
    db.close().await?;
    Ok(rate)
}
