//! `hailmast migrate`: schemas up to date, then the end.

use std::path::Path;
use std::process::ExitCode;

use chassis::Settings;
use chassis::db::{Location, open};
use chassis::lifecycle::Lifecycle;
use clap::Args;

use crate::registry::{SERVICES, choose};

#[derive(Args)]
pub struct Options {
    /// Services whose schema to migrate; all of them if none is named.
    services: Vec<String>,
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let services = if options.services.is_empty() {
        SERVICES.to_vec()
    } else {
        choose(&options.services)?
    };
    let common = Settings::load(&services, config)?.common()?;
    let location = Location::from_settings(&common.database, &common.data)?;
    let lifecycle = Lifecycle::default();
    for service in &services {
        open(&location, service.name, service.migrations, 1, &lifecycle).await?;
        println!("{}: up to date", service.name);
    }
    lifecycle.stop(std::time::Duration::from_secs(5)).await;
    Ok(ExitCode::SUCCESS)
}
