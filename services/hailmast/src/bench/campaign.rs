//! `hailmast bench campaign`: import, opt-ins, one campaign, every receipt folded.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use channels::simulator::judge;
use chassis::db::Location;
use chassis::{Clock, Settings, telemetry};
use clap::Args;
use serde_json::{Value, json};

use super::carrier::Carrier;
use super::ceilings;
use super::figures::{Ceilings, CpuPer1000, Figures, PeakRss, Ratios};
use crate::demo::{CONFIRMATION, number, opening, prepare};
use crate::generate;
use crate::platform::Platform;
use crate::process::Usage;
use crate::registry::SERVICES;
use chassis::http::client::Client;

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 100_000)]
    contacts: usize,
    /// Receipts come this many milliseconds after the submit: MIN-MAX. Quick: 20-70; spread: 100-30000.
    #[arg(long, default_value = "20-70")]
    receipt_delay_ms: String,
    /// Segments per second; 0 means flat out.
    #[arg(long, default_value_t = 0)]
    rate: u32,
    /// Messages of the SMPP ceiling and rows of the insert ceiling.
    #[arg(long, default_value_t = 100_000)]
    ceiling: usize,
    #[arg(long)]
    json: bool,
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("hailmast-bench-")
        .tempdir()?;
    let log = folder.path().join("smsc.jsonl");
    let carrier = Carrier::start(&log, &options.receipt_delay_ms).await?;
    let settings = Settings::load(&SERVICES, config)?
        .with("data.dir", folder.path())
        .with("http.listen", "127.0.0.1:0")
        .with("dispatch.simulator.address", carrier.address.to_string())
        .with("dispatch.lane.segments_per_second", options.rate);
    let common = settings.common()?;
    telemetry::init_logs(&chassis::config::Log {
        level: "warn".to_string(),
        ..common.log.clone()
    })?;
    let location = Location::from_settings(&common.database, &common.data)?;
    let clock = Clock::starting_at(opening());
    let platform = Platform::start(SERVICES.to_vec(), settings, clock.clone()).await?;
    let cx = platform
        .host
        .cx("accounts")
        .context("accounts does not run")?;
    let tenant = accounts::bootstrap(&cx.db, &cx.bus, &clock, "bench")
        .await?
        .context("not a fresh database")?;
    let client = Client::new(platform.host.address, tenant.test_key);
    let mut figures = Figures {
        contacts: options.contacts as u64,
        receipt_delay_ms: options.receipt_delay_ms.clone(),
        database: format!("{:?}", location.engine()),
        ..Figures::default()
    };
    let list = load(&client, &options, &mut figures).await?;
    let pids = (platform.nats.as_ref().map(|nats| nats.pid()), carrier.pid());
    send(&client, &list, &options, pids, &mut figures).await?;
    figures.commits_per_1000 = commits(options.contacts);
    platform.stop().await?;
    carrier.stop().await?;
    let verdict = judge(&log, CONFIRMATION)?;
    figures.carrier_texts = verdict.texts;
    figures.texts_twice = verdict.texts_twice;
    figures.sums_equal = verdict.texts == figures.handed_over
        && figures.handed_over + figures.suppressed + figures.failed + figures.unknown
            == figures.contacts;
    measure_ceilings(&options, &location, folder.path(), &mut figures).await?;
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        figures.print();
    }
    let good = figures.sums_equal && figures.texts_twice == 0;
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Imports made-up people, all in zones where it is day, and records their opt-ins.
async fn load(client: &Client, options: &Options, figures: &mut Figures) -> anyhow::Result<String> {
    let mut people = generate::people(options.contacts);
    for person in &mut people {
        person.zone = "America/New_York";
    }
    let csv = generate::csv(&people, 0).into_bytes();
    let begun = Instant::now();
    let job = client.post_csv("/v1/imports?list_name=bench", csv).await?;
    let id = job["id"]
        .as_str()
        .context("the import has no id")?
        .to_string();
    let list = loop {
        let job = client.get(&format!("/v1/imports/{id}")).await?;
        match job["state"].as_str().unwrap_or_default() {
            "succeeded" => break job["list"].as_str().context("no list")?.to_string(),
            "queued" | "running" => tokio::time::sleep(Duration::from_millis(10)).await,
            other => anyhow::bail!("the import ended as {other}: {job}"),
        }
    };
    figures.import_rows_per_second = options.contacts as f64 / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    for page in people.chunks(1000) {
        let items: Vec<Value> = page
            .iter()
            .map(|person| {
                json!({ "phone": person.phone, "action": "opt_in", "method": "web_form",
                        "evidence": { "disclosure_text": "I agree to get offers by text.", "source": "bench" } })
            })
            .collect();
        client
            .post("/v1/consents/batch", &json!({ "items": items }))
            .await?;
    }
    figures.opt_ins_per_second = options.contacts as f64 / begun.elapsed().as_secs_f64();
    Ok(list)
}

/// Launches the campaign and waits for the last receipt.
async fn send(
    client: &Client,
    list: &str,
    options: &Options,
    (nats, carrier): (Option<u32>, Option<u32>),
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let campaign = prepare(client, list, true).await?;
    let before = [
        Usage::of(None),
        Usage::of(nats.or(Some(0))),
        Usage::of(carrier.or(Some(0))),
    ];
    let begun = Instant::now();
    client
        .post(&format!("/v1/campaigns/{campaign}/launch"), &json!({}))
        .await?;
    let progress = loop {
        let seen = client
            .get(&format!("/v1/campaigns/{campaign}/progress"))
            .await?;
        match seen["state"].as_str().unwrap_or_default() {
            "completed" => break seen,
            "cancelled" | "failed" | "expired" => anyhow::bail!("the campaign ended early: {seen}"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    figures.seconds_to_closed = begun.elapsed().as_secs_f64();
    let path = format!("/v1/analytics/campaigns/{campaign}/funnel");
    let (mut last, mut since) = (u64::MAX, Instant::now());
    let folded = loop {
        let seen = client.get(&path).await?;
        let waiting = number(&seen, "awaiting_receipt") + number(&seen, "pending");
        if waiting == 0 || (waiting == last && since.elapsed() > Duration::from_secs(40)) {
            break begun.elapsed();
        }
        if waiting != last {
            (last, since) = (waiting, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let after = [
        Usage::of(None),
        Usage::of(nats.or(Some(0))),
        Usage::of(carrier.or(Some(0))),
    ];
    let messages = options.contacts as f64;
    let cpu = |index: usize| after[index].cpu_since(before[index]);
    let sum = |value: &Value| {
        value
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(_, n)| n.as_u64())
            .sum()
    };
    figures.handed_over = number(&progress, "handed_over");
    figures.suppressed = sum(&progress["suppressed"]);
    figures.failed = sum(&progress["failed"]);
    figures.unknown = number(&progress, "unknown");
    figures.seconds_to_last_receipt = folded.as_secs_f64();
    figures.messages_per_second = messages / folded.as_secs_f64();
    let longest = options
        .receipt_delay_ms
        .rsplit('-')
        .next()
        .and_then(|text| text.parse::<f64>().ok())
        .unwrap_or(0.0);
    let without_wait = (folded.as_secs_f64() - longest / 1000.0)
        .max(figures.seconds_to_closed.min(folded.as_secs_f64()));
    figures.messages_per_second_without_receipt_wait = messages / without_wait;
    figures.cpu_us_per_message = (cpu(0) + cpu(1)) / messages * 1e6;
    figures.cpu_seconds_per_1000 = CpuPer1000 {
        hailmast: cpu(0) / messages * 1000.0,
        nats_server: cpu(1) / messages * 1000.0,
        carrier_not_counted: cpu(2) / messages * 1000.0,
    };
    let (ours, theirs) = (after[0].peak_rss_mib, after[1].peak_rss_mib);
    figures.peak_rss_mib = PeakRss {
        hailmast: ours,
        nats_server: theirs,
        sum: ours + theirs,
    };
    Ok(())
}

/// From the process's own metrics: `db_commits_total{service="consent"} 123`.
fn commits(contacts: usize) -> std::collections::BTreeMap<String, f64> {
    let text = telemetry::metrics()
        .map(|handle| handle.render())
        .unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("db_commits_total{service=\""));
    lines
        .filter_map(|rest| {
            let (service, count) = rest.split_once("\"}")?;
            Some((
                service.to_string(),
                count.trim().parse::<f64>().ok()? / contacts as f64 * 1000.0,
            ))
        })
        .collect()
}

async fn measure_ceilings(
    options: &Options,
    location: &Location,
    folder: &Path,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let carrier = Carrier::start(&folder.join("ceiling.jsonl"), "20-70").await?;
    let smpp = ceilings::smpp(carrier.address, options.ceiling).await?;
    carrier.stop().await?;
    let rows = ceilings::row_inserts(location, folder, options.ceiling).await?;
    figures.ceilings = Ceilings {
        smpp_messages_per_second: smpp,
        row_inserts_per_second: rows,
    };
    let rate = figures.messages_per_second;
    figures.ratios = Ratios {
        of_smpp: rate / smpp,
        of_row_inserts: rate / rows,
    };
    Ok(())
}
