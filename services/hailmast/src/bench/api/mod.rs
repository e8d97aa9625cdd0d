//! `hailmast bench api`: single texts over the API at a steady rate, from the request to the carrier's wire.
//!
//! The platform is a process of its own on SQLite, the carrier another; requests leave on a clock and not when
//! the one before has been answered, so a stall shows in every request behind it.

mod load;
mod report;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::carrier::Carrier;
use super::stop::Running;
use report::Report;

#[derive(Args)]
pub struct Options {
    /// Requests a second.
    #[arg(long, default_value_t = 100)]
    rate: u32,
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    #[arg(long)]
    json: bool,
}

/// Texts before the measured ones: connections, caches and files are there then.
const WARM_UP: u32 = 100;

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("hailmast-bench-")
        .tempdir()?;
    let log = folder.path().join("smsc.jsonl");
    let carrier = Carrier::start(&log, "20-70").await?;
    let running = Running::single(config, folder.path(), carrier.address).await?;
    let outcome = async {
        let client = running.client();
        load::people(&client).await?;
        load::run(&client, 0, WARM_UP, options.rate).await?;
        let texts = options.rate.saturating_mul(options.seconds);
        let requests = load::run(&client, WARM_UP, texts, options.rate).await?;
        // The last ones are on their way yet.
        tokio::time::sleep(Duration::from_secs(1)).await;
        anyhow::Ok(requests)
    }
    .await;
    let stopped = running.stop().await;
    let requests = match outcome {
        Ok(requests) => requests,
        Err(error) => return Err(error.context(running.last_words())),
    };
    stopped?;
    carrier.stop().await?;
    let report = Report::new(options.rate, &requests, &report::submits(&log)?);
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        report.print();
    }
    Ok(if report.reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
