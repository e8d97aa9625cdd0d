//! What a running nats-server says of itself: version, JetStream, sync mode.

use anyhow::Context;
use serde::Deserialize;

use super::monitor;
use super::version::{OLDEST, Version};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    pub version: Version,
    /// `None`: its monitoring door is not known or does not answer.
    pub sync_always: Option<bool>,
    pub jetstream: bool,
}

impl ServerFacts {
    /// What is wrong, in sentences; empty when nothing is.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.version < OLDEST {
            complaints.push(format!(
                "nats-server is {}; at least {OLDEST} is needed",
                self.version
            ));
        }
        if !self.jetstream {
            complaints
                .push("JetStream is off; switch it on in the server's configuration".to_string());
        }
        match self.sync_always {
            Some(true) => {}
            Some(false) => complaints.push(
                "JetStream does not sync every write: a power cut loses acknowledged messages; \
                 set `sync_interval: always` in its jetstream block"
                    .to_string(),
            ),
            None => complaints.push(
                "the sync mode could not be read: give the server's monitoring address as HAILMAST_NATS__MONITOR"
                    .to_string(),
            ),
        }
        complaints
    }
}

#[derive(Deserialize)]
struct Varz {
    #[serde(default)]
    jetstream: JetStream,
}

#[derive(Deserialize, Default)]
struct JetStream {
    config: Option<JetStreamConfig>,
}

#[derive(Deserialize)]
struct JetStreamConfig {
    #[serde(default)]
    sync_always: bool,
}

/// Asks through the client's connection, and the monitoring door for what only that tells.
pub async fn verify_running(
    client: &async_nats::Client,
    monitor_url: Option<&str>,
) -> anyhow::Result<ServerFacts> {
    let info = client.server_info();
    let version = Version::parse(&info.version)
        .with_context(|| format!("unknown version {:?}", info.version))?;
    let sync_always = match monitor_url {
        Some(url) => match sync_always(url).await {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%error, "the monitoring door does not answer");
                None
            }
        },
        None => None,
    };
    Ok(ServerFacts {
        version,
        sync_always,
        jetstream: info.jetstream,
    })
}

async fn sync_always(url: &str) -> anyhow::Result<Option<bool>> {
    let varz: Varz = serde_json::from_str(&monitor::get(url, "/varz").await?)
        .context("/varz is not what it was")?;
    Ok(varz.jetstream.config.map(|config| config.sync_always))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_may_lose_acknowledged_messages_is_named_so() {
        let facts = ServerFacts {
            version: OLDEST,
            sync_always: Some(false),
            jetstream: true,
        };
        assert!(facts.complaints()[0].contains("sync_interval: always"));
        assert!(
            ServerFacts {
                sync_always: Some(true),
                ..facts
            }
            .complaints()
            .is_empty()
        );
    }
}
