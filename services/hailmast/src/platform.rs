//! Services with a managed NATS server: what `up`, `demo` and `bench` run on.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chassis::host::{Host, HostOptions};
use chassis::managed::{FindOptions, NatsOptions, NatsServer, find};
use chassis::{Clock, Service, Settings};

/// A managed server (if no NATS URL was given) and the services on it.
pub struct Platform {
    pub host: Host,
    /// `None` when the settings name a server of their own.
    pub nats: Option<NatsServer>,
}

impl Platform {
    pub async fn start(
        services: Vec<Service>,
        settings: Settings,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let common = settings.common()?;
        let (nats, settings) = if common.nats.url.is_empty() {
            let server = start_nats(&common.nats.server, &common.data.dir).await?;
            // The server's folder is locked by whoever runs on it, so no dispatcher before us is alive.
            let settings = settings
                .with("nats.url", server.url())
                .with("dispatch.takeover_wait_ms", 0);
            (Some(server), settings)
        } else {
            (None, settings)
        };
        let host = Host::start(HostOptions {
            services,
            settings,
            clock,
        })
        .await?;
        Ok(Self { host, nats })
    }

    /// Services first, then the server they talk over.
    pub async fn stop(self) -> anyhow::Result<()> {
        let stopped = self.host.stop().await;
        if let Some(nats) = self.nats {
            nats.stop().await?;
        }
        stopped
    }
}

/// A managed server below the data folder; `configured` is its binary, empty where it is to be found.
pub async fn start_nats(configured: &str, data_dir: &Path) -> anyhow::Result<NatsServer> {
    let given = (!configured.is_empty()).then(|| PathBuf::from(configured));
    let binary = find(&FindOptions::of_this_user(given)).await?.binary;
    let store_dir = data_dir.join("nats");
    std::fs::create_dir_all(&store_dir)
        .with_context(|| format!("cannot create {}", store_dir.display()))?;
    NatsServer::start(NatsOptions {
        binary,
        store_dir,
        port: None,
    })
    .await
}
