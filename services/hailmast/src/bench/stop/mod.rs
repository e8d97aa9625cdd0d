//! `hailmast bench stop`: people text STOP while campaigns to them run at full rate and things are killed.
//! Two logs tell how it went, the carrier's and the STOP client's; [`channels::simulator::judge_stops`] reads
//! both and nothing else.

mod campaigns;
mod chance;
mod kills;
mod report;
mod running;
mod texter;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use channels::simulator::judge_stops;
use clap::Args;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::carrier::Carrier;
use crate::demo::CONFIRMATION;
use campaigns::Campaigns;
use kills::Kills;
use report::Report;
use running::Running;
use texter::Texter;

#[derive(Args)]
pub struct Options {
    /// STOPs to be texted, at least.
    #[arg(long, default_value_t = 5000)]
    stops: usize,
    /// Times that something is killed with SIGKILL: two of three times the process, else its nats-server.
    #[arg(long, default_value_t = 50)]
    kills: usize,
    /// People that the campaigns go to.
    #[arg(long, default_value_t = 40_000)]
    contacts: usize,
    /// STOPs a second.
    #[arg(long, default_value_t = 30)]
    stops_per_second: u32,
    /// Segments a second that the campaigns may send; 0 means flat out.
    #[arg(long, default_value_t = 0)]
    rate: u32,
    /// `sqlite`, or the URL of an empty PostgreSQL database. Default: what HAILMAST_DATABASE__URL says.
    #[arg(long)]
    database: Option<String>,
    /// Equal seeds choose equal people and equal waits.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long)]
    json: bool,
}

pub type SharedCarrier = Arc<Mutex<Carrier>>;

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("hailmast-bench-")
        .tempdir()?;
    let (log, stops) = (
        folder.path().join("smsc.jsonl"),
        folder.path().join("stops.jsonl"),
    );
    let carrier = Carrier::start(&log, "20-70").await?;
    let running = Running::start(&options, config, folder.path(), carrier.address).await?;
    let running = Arc::new(running);
    let carrier = Arc::new(Mutex::new(carrier));
    let outcome = drive(&options, &running, &carrier, &stops).await;
    let stopped = running.stop().await;
    if let Err(error) = outcome.and(stopped) {
        return Err(error.context(running.last_words()));
    }
    let carrier = Arc::into_inner(carrier).context("the carrier is still in use")?;
    carrier.into_inner().stop().await?;
    let (verdict, figures) = judge_stops(&log, &stops, CONFIRMATION)?;
    let report = Report::new(&options, running.kills(), verdict, figures);
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        report.print();
    }
    Ok(if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn drive(
    options: &Options,
    running: &Arc<Running>,
    carrier: &SharedCarrier,
    stops: &Path,
) -> anyhow::Result<()> {
    let people = campaigns::people(options.contacts);
    let list = campaigns::load(&running.client(), &people).await?;
    let enough = CancellationToken::new();
    let campaigns = Campaigns::new(running.clone(), list);
    let campaigns = tokio::spawn(campaigns.keep_running(enough.clone()));
    flowing(carrier).await?;
    let texter = Texter::create(stops, carrier.clone(), people, options.seed)?;
    let log = texter.log();
    let kills = Kills::new(running.clone(), carrier.clone(), log, options.seed);
    let killed = CancellationToken::new();
    let texting = tokio::spawn(texter.run(options.stops, options.stops_per_second, killed.clone()));
    let seconds = options.stops as u64 / u64::from(options.stops_per_second.max(1));
    let outcome = kills.run(options.kills, Duration::from_secs(seconds)).await;
    killed.cancel();
    let texter = texting.await??;
    outcome?;
    enough.cancel();
    campaigns.await??;
    texter.confirmations(&running.client()).await
}

/// Waits for the first texts.
async fn flowing(carrier: &SharedCarrier) -> anyhow::Result<()> {
    for _ in 0..1200 {
        if carrier.lock().await.command("stats").await?["submits"].as_u64() > Some(1000) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("the campaigns do not begin")
}
