//! `hailmast bench journeys`: how long an event takes to its run while many runs are in flight.
//!
//! The platform is a process of its own on SQLite. Runs are started by events over the API; then events for single runs
//! leave on a clock, and each run is looked at until it has moved.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use channels::simulator::Spread;
use chassis::http::client::Client;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::carrier::Carrier;
use super::stop::{Running, daytime_zone, import_people};
use crate::table;

#[derive(Args)]
pub struct Options {
    /// Runs in flight.
    #[arg(long, default_value_t = 100_000)]
    runs: u32,
    /// Events a second.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    #[arg(long)]
    json: bool,
}

/// From the first byte of the request until the run has moved for everybody to see.
const WANTED_P99_US: u64 = 100_000;
/// Events in one request while runs are started.
const BATCH: u32 = 1_000;
const STARTED_WITHIN: Duration = Duration::from_secs(600);
const MOVED_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A run that is late for the mark anyway is looked at less often: looking must not be what makes others late.
const LOOK_LATER: Duration = Duration::from_millis(100);
const JOURNEY: &str = "journey: v1\nname: bench\npurpose: informational\ntrigger: {event: bench.begun}\nsteps:\n  \
    - {id: ask, await: {event: bench.told, timeout: P7D, then: [{id: mark, update: {run.told: true}}]}}\n  - {id: rest, wait: {for: P7D}}\n";

#[derive(Debug, Serialize)]
struct Report {
    runs_in_flight: u64,
    runs_started_per_second: f64,
    rate: u32,
    events: usize,
    /// From the request to the run that has moved.
    reach: Spread,
    /// From the request to its answer: the event is durable.
    answer: Spread,
    wanted_p99_us: u64,
    reached: bool,
}

struct Told {
    moved_us: u64,
    answered_us: u64,
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("hailmast-bench-")
        .tempdir()?;
    let carrier = Carrier::start(&folder.path().join("smsc.jsonl"), "20-70").await?;
    let running = Running::single(config, folder.path(), carrier.address).await?;
    let outcome = measure(&running.client(), &options).await;
    let stopped = running.stop().await;
    let report = match outcome {
        Ok(report) => report,
        Err(error) => return Err(error.context(running.last_words())),
    };
    stopped?;
    carrier.stop().await?;
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(if report.reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn measure(client: &Client, options: &Options) -> anyhow::Result<Report> {
    let people: Vec<String> = crate::generate::people(options.runs as usize)
        .into_iter()
        .map(|person| person.phone)
        .collect();
    import_people(client, "journeys", &people, &daytime_zone()).await?;
    let journey = client
        .post("/v1/journeys", &json!({"source": JOURNEY}))
        .await?;
    let journey = journey["id"]
        .as_str()
        .context("the journey has no id")?
        .to_string();
    client
        .post(&format!("/v1/journeys/{journey}/publish"), &json!({}))
        .await?;
    let begun = Instant::now();
    start(client, &people).await?;
    let runs_in_flight = all_live(client, &journey, u64::from(options.runs)).await?;
    let started = begun.elapsed();
    let events = options.rate.saturating_mul(options.seconds);
    let runs = some_runs(client, &journey, events as usize).await?;
    let told = tell(client, runs, options.rate).await?;
    let (reach, answer) = (
        Spread::of(told.iter().map(|one| one.moved_us).collect()),
        Spread::of(told.iter().map(|one| one.answered_us).collect()),
    );
    Ok(Report {
        runs_in_flight,
        runs_started_per_second: f64::from(options.runs) / started.as_secs_f64(),
        rate: options.rate,
        events: told.len(),
        reached: reach.p99_us < WANTED_P99_US
            && runs_in_flight >= u64::from(options.runs)
            && !told.is_empty(),
        reach,
        answer,
        wanted_p99_us: WANTED_P99_US,
    })
}

async fn start(client: &Client, people: &[String]) -> anyhow::Result<()> {
    for (batch, some) in people.chunks(BATCH as usize).enumerate() {
        let events: Vec<Value> = some
            .iter()
            .enumerate()
            .map(|(n, phone)| json!({"id": format!("begin-{batch}-{n}"), "name": "bench.begun", "contact": {"phone": phone}, "data": {}}))
            .collect();
        let taken = client
            .post("/v1/events", &json!({"events": events}))
            .await?;
        anyhow::ensure!(
            taken["accepted"] == some.len(),
            "not every event was taken: {taken}"
        );
    }
    Ok(())
}

async fn all_live(client: &Client, journey: &str, wanted: u64) -> anyhow::Result<u64> {
    let begun = Instant::now();
    loop {
        let view = client.get(&format!("/v1/journeys/{journey}")).await?;
        let live: u64 = view["live_runs"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(_, n)| n.as_u64())
            .sum();
        if live >= wanted {
            return Ok(live);
        }
        anyhow::ensure!(
            begun.elapsed() < STARTED_WITHIN,
            "only {live} of {wanted} runs have started"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Run and contact of as many runs.
async fn some_runs(
    client: &Client,
    journey: &str,
    wanted: usize,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut runs = Vec::with_capacity(wanted);
    let mut cursor = String::new();
    while runs.len() < wanted {
        let page = client
            .get(&format!(
                "/v1/journeys/{journey}/runs?limit=200&live=true{cursor}"
            ))
            .await?;
        for run in page["data"].as_array().into_iter().flatten() {
            let field = |name: &str| {
                run[name]
                    .as_str()
                    .map(str::to_string)
                    .context("a run lacks a field")
            };
            runs.push((field("id")?, field("contact")?));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    runs.truncate(wanted);
    Ok(runs)
}

async fn tell(
    client: &Client,
    runs: Vec<(String, String)>,
    rate: u32,
) -> anyhow::Result<Vec<Told>> {
    let mut ticks = tokio::time::interval_at(Instant::now(), Duration::from_secs(1) / rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut open = JoinSet::new();
    for (run, contact) in runs {
        ticks.tick().await;
        let client = client.clone();
        open.spawn(async move { one(&client, &run, &contact).await });
    }
    let mut told = Vec::new();
    while let Some(done) = open.join_next().await {
        told.push(done??);
    }
    Ok(told)
}

async fn one(client: &Client, run: &str, contact: &str) -> anyhow::Result<Told> {
    let begun = Instant::now();
    let micros = |since: Instant| u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
    let event = json!({"id": format!("tell-{run}"), "name": "bench.told", "contact": {"id": contact}, "data": {}});
    client
        .post("/v1/events", &json!({"events": [event]}))
        .await?;
    let answered_us = micros(begun);
    loop {
        let view = client.get(&format!("/v1/journey-runs/{run}")).await?;
        if view["at"] == json!(["rest"]) {
            return Ok(Told {
                moved_us: micros(begun),
                answered_us,
            });
        }
        anyhow::ensure!(
            begun.elapsed() < MOVED_WITHIN,
            "a run did not hear of its event: {view}"
        );
        let late = micros(begun) > WANTED_P99_US;
        tokio::time::sleep(if late { LOOK_LATER } else { LOOK_EVERY }).await;
    }
}

fn print(report: &Report) {
    let ms = |us: u64| format!("{:.1} ms", us as f64 / 1_000.0);
    let row = |name: &str, value: String| (name.to_string(), value);
    table::print(
        "Events and runs of journeys",
        &[
            row("runs in flight", table::thousands(report.runs_in_flight)),
            row(
                "runs started per second",
                table::thousands(report.runs_started_per_second as u64),
            ),
            row(
                "events",
                format!("{} at {} a second", report.events, report.rate),
            ),
            row("answer p50", ms(report.answer.p50_us)),
            row("answer p99", ms(report.answer.p99_us)),
            row("reaches its run p50", ms(report.reach.p50_us)),
            row("reaches its run p99", ms(report.reach.p99_us)),
            row("wanted p99", format!("< {}", ms(report.wanted_p99_us))),
            row(
                "reached",
                if report.reached {
                    "yes".to_string()
                } else {
                    "NO".to_string()
                },
            ),
        ],
    );
}
