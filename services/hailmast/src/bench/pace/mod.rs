//! `hailmast bench pace`: campaigns on four senders at 1 to 1,000 segments a second side by side, from the release of
//! their chunks to a carrier in a second process; then two tenants with unequal backlogs behind one limit. The carrier's
//! own log is the judge.

mod judge;
mod load;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chassis::http::client::Client;
use chassis::{Clock, Settings, telemetry};
use clap::Args;
use serde_json::json;

use super::carrier::Carrier;
use crate::demo::opening;
use crate::platform::Platform;
use crate::registry::SERVICES;
use judge::{Arrivals, Stretch};
use load::{Backlog, Lists};
use report::{Lane, Report};

#[derive(Args)]
pub struct Options {
    /// How long to measure the rates; 600 for the figure in the documentation.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// How long to measure the shares of two tenants.
    #[arg(long, default_value_t = 20)]
    share_seconds: u32,
    /// Only the senders with these segments a second, such as `10,100`.
    #[arg(long, value_delimiter = ',')]
    rates: Vec<u32>,
    /// Where the carrier's log is kept, for a closer look.
    #[arg(long)]
    keep_log: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

/// Segments a second, and the sender that has them.
pub const LANES: [(u32, &str); 4] = [
    (1, "+15005550101"),
    (10, "+15005550102"),
    (100, "+15005550103"),
    (1000, "+15005550104"),
];
/// Senders of the two tenants, the one with the larger backlog first.
const SHARING: [&str; 2] = ["+15005550111", "+15005550112"];
/// Segments a second of the carrier while two tenants share it.
const SHARED_RATE: u32 = 400;
/// What comes before is the campaigns' beginning.
const WARM_UP: Duration = Duration::from_secs(10);
/// More is lined up than can leave, or the last seconds would measure an end.
const SPARE: f64 = 1.3;

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("hailmast-bench-")
        .tempdir()?;
    let log = options.keep_log.clone();
    let log = log.unwrap_or_else(|| folder.path().join("smsc.jsonl"));
    let carrier = Carrier::start(&log, "20-70").await?;
    let settings = Settings::load(&SERVICES, config)?
        .with("data.dir", folder.path())
        .with("http.listen", "127.0.0.1:0")
        .with("dispatch.simulator.address", carrier.address.to_string());
    telemetry::init_logs(&chassis::config::Log {
        level: "warn".to_string(),
        ..settings.common()?.log
    })?;
    let clock = Clock::starting_at(opening());
    let platform = Platform::start(SERVICES.to_vec(), settings, clock.clone()).await?;
    let outcome = measure(&options, &platform, &clock).await;
    let stopped = platform.stop().await;
    carrier.stop().await?;
    let (rates, shares) = outcome?;
    stopped?;
    let arrivals = Arrivals::read(&log)?;
    let lanes =
        chosen(&options).map(|(rate, sender)| Lane::judge(rate, arrivals.of(sender, rates)));
    let shared = SHARING.map(|sender| arrivals.of(sender, shares).len());
    let report = Report::new(options.seconds, lanes.collect(), shared);
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

/// The senders that are asked for.
fn chosen(options: &Options) -> impl Iterator<Item = (u32, &'static str)> {
    let rates = &options.rates;
    let all = LANES.into_iter();
    all.filter(move |(rate, _)| rates.is_empty() || rates.contains(rate))
}

/// Runs both loads; the stretches of time in which the carrier's log counts.
async fn measure(
    options: &Options,
    platform: &Platform,
    clock: &Clock,
) -> anyhow::Result<(Stretch, Stretch)> {
    let cx = platform.host.cx("accounts");
    let cx = cx.context("accounts does not run")?;
    let one = accounts::bootstrap(&cx.db, &cx.bus, clock, "larger")
        .await?
        .context("not a fresh database")?;
    let two = accounts::create_tenant(&cx.db, clock, "smaller").await?;
    let one = Client::new(platform.host.address, one.test_key);
    let two = Client::new(platform.host.address, two.test_key);

    let lasts = Duration::from_secs(u64::from(options.seconds.max(1)));
    let segments = |rate: u32, lasts: Duration| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "minutes of at most a thousand a second"
        )]
        let segments = (f64::from(rate) * (lasts + WARM_UP).as_secs_f64() * SPARE) as usize;
        segments
    };
    let fastest = chosen(options).map(|(rate, _)| rate).max().unwrap_or(1);
    let lists = Lists::import(&one, segments(fastest, lasts)).await?;
    let mut lanes = Backlog::new(&one);
    for (rate, sender) in chosen(options) {
        limit(&one, &format!("lane/{sender}"), rate).await?;
        // A lane of one segment a second sends texts of one; the others mix.
        let longest = if rate == 1 { 1 } else { report::LONGEST };
        lanes
            .launch(&lists, sender, segments(rate, lasts), longest)
            .await?;
    }
    let rates = Stretch::after(WARM_UP, lasts).await;
    lanes.cancel().await?;

    let lasts = Duration::from_secs(u64::from(options.share_seconds.max(1)));
    // Set while only one tenant has sent: its key is the operator's then.
    limit(&one, "provider/simulator", SHARED_RATE).await?;
    let wanted = segments(SHARED_RATE, lasts);
    let theirs = Lists::import(&two, wanted).await?;
    let (mut larger, mut smaller) = (Backlog::new(&one), Backlog::new(&two));
    larger
        .launch(&lists, SHARING[0], wanted * 4, report::LONGEST)
        .await?;
    smaller.launch(&theirs, SHARING[1], wanted / 2, 1).await?;
    let shares = Stretch::after(WARM_UP, lasts).await;
    larger.cancel().await?;
    smaller.cancel().await?;
    Ok((rates, shares))
}

async fn limit(client: &Client, what: &str, rate: u32) -> anyhow::Result<()> {
    let body = json!({ "segments_per_second": rate }).to_string();
    let path = format!("/v1/limits/{what}");
    let sent = client.send("PUT", &path, "application/json", body.into_bytes());
    let (status, told) = sent.await?;
    anyhow::ensure!(status == 200, "the limit was refused: {told}");
    Ok(())
}
