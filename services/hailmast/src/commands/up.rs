//! `hailmast up`: everything in one process, on a managed NATS server and SQLite.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chassis::{Clock, Settings, telemetry};
use clap::Args;

use crate::platform::Platform;
use crate::registry::SERVICES;

#[derive(Args)]
pub struct Options {
    /// Folder for databases, streams and imports.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address of the HTTP APIs.
    #[arg(long)]
    listen: Option<String>,
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::load(&SERVICES, config)?;
    if let Some(data) = options.data {
        settings = settings.with("data.dir", data);
    }
    if let Some(listen) = options.listen {
        settings = settings.with("http.listen", listen);
    }
    let common = settings.common()?;
    telemetry::init_logs(&common.log)?;
    let clock = Clock::system();
    let platform = Platform::start(SERVICES.to_vec(), settings, clock.clone()).await?;
    announce(&platform, &clock).await?;
    let Platform { host, nats } = platform;
    let supervised = nats.map(|server| server.supervise(host.lifecycle().ending()));
    let supervisor = supervised.map(tokio::spawn);
    let outcome = host.run_until_stopped().await;
    if let Some(supervisor) = supervisor {
        supervisor.await??;
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Tells where the API is and, the first time, the keys.
async fn announce(platform: &Platform, clock: &Clock) -> anyhow::Result<()> {
    crate::say!(
        "Hailmast is up: http://{}  (API: /openapi.json, health: /health)",
        platform.host.address
    );
    let Some(cx) = platform.host.cx("accounts") else {
        return Ok(());
    };
    if let Some(new) = accounts::bootstrap(&cx.db, &cx.bus, clock, "default").await? {
        crate::say!("A tenant was created: {}", new.tenant);
        crate::say!("  test key (simulated carrier only): {}", new.test_key);
        crate::say!("  live key:                          {}", new.live_key);
        crate::say!("  These keys are shown once; keep them now.");
    }
    Ok(())
}
