//! `hailmast bench stop`: people text STOP while campaigns to them run at full rate and things are killed.
//! Two logs tell how it went, the carrier's and the STOP client's; [`channels::simulator::judge_stops`] reads
//! both and nothing else.

mod campaigns;
pub mod chance;
mod kills;
mod report;
mod rival;
mod running;
mod texter;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use channels::simulator::judge_stops;
use clap::{Args, ValueEnum};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::carrier::Carrier;
use crate::demo::CONFIRMATION;
use campaigns::Campaigns;
pub use campaigns::{daytime_zone, load as import_people};
use kills::Kills;
use report::Report;
pub use running::Running;
use texter::Texter;
pub use texter::micros;

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
    /// The carrier throws every so many submits back, so that permits stay open for longer.
    #[arg(long)]
    throttle_every: Option<u32>,
    /// Runs a second process of this service beside the first, on one PostgreSQL database: of consent, to share
    /// its questions; of dispatch, a rival of the same name while the first is frozen. Goes with `--kills 0`.
    #[arg(long, value_enum)]
    second: Option<Second>,
    /// Folder for both logs and the databases, which are kept then.
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Second {
    Consent,
    Dispatch,
}

pub type SharedCarrier = Arc<Mutex<Carrier>>;

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("hailmast-bench-")
        .tempdir()?;
    let folder = options.data.as_deref().unwrap_or(folder.path());
    std::fs::create_dir_all(folder)?;
    let (log, stops) = (folder.join("smsc.jsonl"), folder.join("stops.jsonl"));
    let carrier = Carrier::start_throttling(&log, "20-70", options.throttle_every).await?;
    let running = Running::start(&options, config, folder, carrier.address).await?;
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
    let list = campaigns::load(
        &running.client(),
        "bench",
        &people,
        &campaigns::daytime_zone(),
    )
    .await?;
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
    let during = Duration::from_secs(seconds);
    let outcome = match options.second {
        Some(Second::Dispatch) => rival::take_over(running, &kills, during).await,
        _ => kills.run(options.kills, during).await,
    };
    killed.cancel();
    let texter = texting.await??;
    outcome?;
    enough.cancel();
    campaigns.await??;
    texter.confirmations(&running.client()).await?;
    silence(carrier).await
}

/// Waits until nothing more reaches the carrier: the last confirmation texts are on their way yet.
async fn silence(carrier: &SharedCarrier) -> anyhow::Result<()> {
    let (mut last, mut looks) = (None, 0);
    while looks < 20 {
        let seen = carrier.lock().await.command("stats").await?["submits"].as_u64();
        looks = if seen == last { looks + 1 } else { 0 };
        last = seen;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
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
