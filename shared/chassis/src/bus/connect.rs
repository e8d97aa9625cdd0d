//! Connecting to NATS, with endless reconnects.

use std::time::Duration;

use anyhow::Context;
use async_nats::{Client, ConnectOptions, Event};
use tokio::sync::watch;

/// Connects as `service`. Fails only if the first connection cannot be made within ten seconds; later
/// losses are repaired in the background, and counted in the returned receiver.
pub async fn connect(url: &str, service: &str) -> anyhow::Result<(Client, watch::Receiver<u64>)> {
    let (connected, connections) = watch::channel(0);
    let options = ConnectOptions::new()
        .name(format!("hailmast {service}"))
        .ping_interval(Duration::from_secs(10))
        .request_timeout(Some(Duration::from_secs(10)))
        .subscription_capacity(16 * 1024)
        .client_capacity(4096)
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(match attempts {
                0..=1 => 20,
                2..=10 => 100,
                _ => 1000,
            })
        })
        .event_callback(move |event| {
            match &event {
                Event::Connected => connected.send_modify(|count| *count += 1),
                Event::Disconnected => {
                    tracing::warn!("the connection to NATS is lost; reconnecting");
                }
                Event::SlowConsumer(_) => tracing::warn!("a NATS subscription is slow"),
                _ => tracing::debug!(%event, "nats"),
            }
            async {}
        });
    let first = tokio::time::timeout(Duration::from_secs(10), options.connect(url)).await;
    let client = first
        .context("NATS did not answer within ten seconds")?
        .context("cannot connect to NATS")?;
    Ok((client, connections))
}
