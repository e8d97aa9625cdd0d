//! `hailmast bench http`: one request a text over kept connections, to a simulated Twilio in a thread of its own.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use channels::Provider;
use channels::simulator::{SmscOptions, TwilioApi, TwilioOptions};
use channels::twilio::{TwilioConfig, open};
use clap::Args;
use serde::Serialize;

use super::channel;
use crate::table;

#[derive(Args)]
pub struct Options {
    /// Texts in each pass.
    #[arg(long, default_value_t = 40_000)]
    texts: u32,
    /// Connections.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Passes; the best counts.
    #[arg(long, default_value_t = 3)]
    passes: usize,
    #[arg(long)]
    json: bool,
}

/// Requests a second that one core of ours must make.
const WANTED_PER_CORE: f64 = 8000.0;

#[derive(Debug, Default, Serialize)]
struct Figures {
    texts: u32,
    connections: usize,
    requests_per_second: f64,
    requests_per_core_second: f64,
    cpu_micros: f64,
    wanted_per_core_second: f64,
    reached: bool,
}

pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let reached = tokio::task::spawn_blocking(move || {
        let figures = measure(&options)?;
        print(&figures, options.json)?;
        anyhow::Ok(figures.reached)
    });
    Ok(if reached.await?? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measure(options: &Options) -> anyhow::Result<Figures> {
    let carrier = channel::one_thread("carrier")?;
    let account = TwilioOptions {
        carrier: SmscOptions {
            no_receipt_percent: 100.0,
            ..SmscOptions::default()
        },
        ..TwilioOptions::default()
    };
    let (sid, token) = (account.account_sid.clone(), account.auth_token.clone());
    let api = carrier
        .block_on(async { TwilioApi::start(SocketAddr::from(([127, 0, 0, 1], 0)), account) })?;
    let config = TwilioConfig {
        base_url: api.url(),
        account_sid: sid,
        auth_token: token,
        connections: options.connections,
        ..TwilioConfig::default()
    };
    let mut best = Figures {
        texts: options.texts,
        connections: options.connections,
        cpu_micros: f64::INFINITY,
        wanted_per_core_second: WANTED_PER_CORE,
        ..Figures::default()
    };
    let texts = f64::from(options.texts);
    for _ in 0..options.passes.max(1) {
        let runtime = channel::one_thread("channel")?;
        let task = runtime.spawn(drive(config.clone(), u64::from(options.texts)));
        let took = runtime.block_on(task)??;
        let cpu = channel::cpu_seconds("channel");
        best.requests_per_second = best.requests_per_second.max(texts / took);
        best.requests_per_core_second = best.requests_per_core_second.max(texts / cpu);
        best.cpu_micros = best.cpu_micros.min(cpu * 1e6 / texts);
    }
    carrier.block_on(api.stop());
    best.reached = best.requests_per_core_second >= WANTED_PER_CORE;
    Ok(best)
}

async fn drive(config: TwilioConfig, texts: u64) -> anyhow::Result<f64> {
    let provider = open("bench", &config)?;
    let begun = Instant::now();
    let accepted = channel::send_all(&provider, texts, 8).await;
    let took = begun.elapsed().as_secs_f64();
    provider.close().await;
    anyhow::ensure!(
        accepted == texts,
        "of {texts} texts {accepted} were accepted"
    );
    Ok(took)
}

fn print(figures: &Figures, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(figures)?);
        return Ok(());
    }
    let verdict = if figures.reached { "yes" } else { "no" };
    let rows = [
        ("requests", format!("{:.0}/s", figures.requests_per_second)),
        (
            "requests a core of ours (wanted: 8,000/s or more)",
            format!("{:.0}/s", figures.requests_per_core_second),
        ),
        (
            "CPU a request, our side",
            format!("{:.1} µs", figures.cpu_micros),
        ),
        ("reached", verdict.to_string()),
    ];
    let rows: Vec<(String, String)> = rows.map(|(name, value)| (name.to_string(), value)).into();
    table::print("bench http", &rows);
    Ok(())
}
