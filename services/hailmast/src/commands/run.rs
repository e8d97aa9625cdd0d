//! `hailmast run SERVICE…`: chosen services on the engines that the settings name.

use std::path::Path;
use std::process::ExitCode;

use chassis::host::{Host, HostOptions};
use chassis::{Clock, Settings, telemetry};
use clap::Args;

use crate::registry::choose;

#[derive(Args)]
pub struct Options {
    /// Names of the services, such as `consent dispatch`.
    #[arg(required = true)]
    services: Vec<String>,
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let services = choose(&options.services)?;
    let settings = Settings::load(&services, config)?;
    let common = settings.common()?;
    telemetry::init_logs(&common.log)?;
    anyhow::ensure!(
        !common.nats.url.is_empty(),
        "nats.url is not set: set HAILMAST_NATS__URL (nats://user:password@host:4222), or use `hailmast up`"
    );
    let names = options.services.join(", ");
    let clock = Clock::system();
    let host = Host::start(HostOptions {
        services,
        settings,
        clock: clock.clone(),
    })
    .await?;
    tracing::info!(services = names, address = %host.address, "running");
    crate::say!("Running {names}: http://{}", host.address);
    if let Some(cx) = host.cx("accounts")
        && let Some(new) = accounts::bootstrap(&cx.db, &cx.bus, &clock, "default").await?
    {
        crate::say!("A tenant was created: {}", new.tenant);
        crate::say!(
            "  test key: {}\n  live key: {}\n  These keys are shown once.",
            new.test_key,
            new.live_key
        );
    }
    host.run_until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}
