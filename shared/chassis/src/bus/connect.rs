//! Connecting to NATS, with endless reconnects.

use std::time::Duration;

use anyhow::Context;
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use tokio::sync::watch;

/// A client, and how often it has connected so far.
pub type Connection = (Client, watch::Receiver<u64>);

/// Connects as `service`. Fails only if the first connection cannot be made within ten seconds; later
/// losses are repaired in the background, and counted in the returned receiver.
pub async fn connect(url: &str, service: &str) -> anyhow::Result<Connection> {
    let (connected, connections) = watch::channel(0);
    let servers = addresses(url)?;
    let options = with_credentials(ConnectOptions::new(), &servers)?
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
    let first = tokio::time::timeout(Duration::from_secs(10), options.connect(servers)).await;
    let client = first
        .context("NATS did not answer within ten seconds")?
        .context("cannot connect to NATS")?;
    Ok((client, connections))
}

/// One address, or several of one cluster with commas between them.
fn addresses(url: &str) -> anyhow::Result<Vec<ServerAddr>> {
    url.split(',')
        .map(|one| {
            one.trim()
                .parse()
                .context("nats.url must look like nats://user:password@host:4222")
        })
        .collect()
}

/// The client does not take the user and password out of the address by itself.
fn with_credentials(
    options: ConnectOptions,
    servers: &[ServerAddr],
) -> anyhow::Result<ConnectOptions> {
    let Some((user, password)) = servers
        .iter()
        .find_map(|server| Some((server.username()?, server.password()?)))
    else {
        return Ok(options);
    };
    anyhow::ensure!(
        !user.contains('%') && !password.contains('%'),
        "the user and password in nats.url must do without characters that need escaping in an address"
    );
    Ok(options.user_and_password(user.to_string(), password.to_string()))
}
