//! `hailmast bench smpp`: submit and receipt over the SMPP channel alone, and over the bare codec against the
//! same carrier in the same run.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use channels::simulator::{Delay, Smsc, SmscOptions, bare};
use channels::smpp::{SmppConfig, SmppProvider};
use channels::{Incoming, Provider};
use clap::Args;
use serde::Serialize;
use tokio::sync::mpsc;

use super::channel::{self, TEXT};
use crate::table;

#[derive(Args)]
pub struct Options {
    /// Texts in each pass.
    #[arg(long, default_value_t = 300_000)]
    texts: u32,
    /// Texts in flight.
    #[arg(long, default_value_t = 100)]
    window: u32,
    /// Passes over both, one after the other; the best of each counts.
    #[arg(long, default_value_t = 3)]
    passes: usize,
    #[arg(long)]
    json: bool,
}

const WANTED_RATIO: f64 = 0.6;
const WANTED_MICROS: f64 = 10.0;

#[derive(Debug, Default, Serialize)]
struct Figures {
    texts: u32,
    window: u32,
    bare_per_second: f64,
    channel_per_second: f64,
    ratio: f64,
    bare_cpu_micros: f64,
    channel_cpu_micros: f64,
    wanted_ratio: f64,
    wanted_cpu_micros: f64,
    reached: bool,
}

pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let figures = tokio::task::spawn_blocking(move || {
        let figures = measure(&options)?;
        print(&figures, options.json)?;
        anyhow::Ok(figures.reached)
    });
    Ok(if figures.await?? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measure(options: &Options) -> anyhow::Result<Figures> {
    let carrier = channel::one_thread("carrier")?;
    let smsc = carrier.block_on(async {
        let options = SmscOptions {
            receipt_delay_ms: Delay { min: 20, max: 70 },
            failed_percent: 0.0,
            ..SmscOptions::default()
        };
        Smsc::start(SocketAddr::from(([127, 0, 0, 1], 0)), options)
    })?;
    let (address, texts, window) = (smsc.address(), options.texts, options.window);
    let mut best = Figures {
        texts,
        window,
        bare_cpu_micros: f64::INFINITY,
        channel_cpu_micros: f64::INFINITY,
        wanted_ratio: WANTED_RATIO,
        wanted_cpu_micros: WANTED_MICROS,
        ..Figures::default()
    };
    for _ in 0..options.passes.max(1) {
        let runtime = channel::one_thread("bare")?;
        let task =
            runtime.spawn(async move { bare::drive(address, TEXT, texts, window, true).await });
        let took = runtime.block_on(task)??.receipts.as_secs_f64();
        let cpu = channel::cpu_seconds("bare") * 1e6 / f64::from(texts);
        best.bare_per_second = best.bare_per_second.max(f64::from(texts) / took);
        best.bare_cpu_micros = best.bare_cpu_micros.min(cpu);
        drop(runtime);

        let runtime = channel::one_thread("channel")?;
        let took = runtime.block_on(runtime.spawn(drive(address, texts, window)))??;
        let cpu = channel::cpu_seconds("channel") * 1e6 / f64::from(texts);
        best.channel_per_second = best.channel_per_second.max(f64::from(texts) / took);
        best.channel_cpu_micros = best.channel_cpu_micros.min(cpu);
    }
    carrier.block_on(smsc.stop());
    best.ratio = best.channel_per_second / best.bare_per_second;
    best.reached = best.ratio >= WANTED_RATIO && best.channel_cpu_micros <= WANTED_MICROS;
    Ok(best)
}

/// Seconds from the first submit to the last receipt answered.
async fn drive(address: SocketAddr, texts: u32, window: u32) -> anyhow::Result<f64> {
    let (bring, mut brought) = mpsc::channel::<Vec<Incoming>>(256);
    let config = SmppConfig {
        host: address.ip().to_string(),
        port: address.port(),
        window: window as usize,
        ..SmppConfig::default()
    };
    let provider = Arc::new(SmppProvider::connect("bench", config, bring)?);
    provider.ready().await;
    let answering = Arc::clone(&provider);
    let begun = Instant::now();
    let receipts = tokio::spawn(async move {
        let mut seen = 0;
        while seen < texts as usize {
            let Some(batch) = brought.recv().await else {
                break;
            };
            seen += batch.len();
            answering.answer(batch.into_iter().map(|one| one.token).collect(), true);
        }
        seen
    });
    let accepted = channel::send_all(&*provider, u64::from(texts), 24).await;
    let seen = receipts.await?;
    let took = begun.elapsed().as_secs_f64();
    provider.close().await;
    anyhow::ensure!(
        accepted == u64::from(texts) && seen == texts as usize,
        "of {texts} texts {accepted} were accepted and {seen} receipts came"
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
        (
            "bare codec, submit and receipt",
            format!("{:.0}/s", figures.bare_per_second),
        ),
        (
            "SMPP channel, submit and receipt",
            format!("{:.0}/s", figures.channel_per_second),
        ),
        (
            "ratio (wanted: 0.60 or more)",
            format!("{:.2}", figures.ratio),
        ),
        (
            "CPU a text, bare codec",
            format!("{:.2} µs", figures.bare_cpu_micros),
        ),
        (
            "CPU a text, our side (wanted: 10 µs or less)",
            format!("{:.2} µs", figures.channel_cpu_micros),
        ),
        ("reached", verdict.to_string()),
    ];
    let rows: Vec<(String, String)> = rows.map(|(name, value)| (name.to_string(), value)).into();
    table::print("bench smpp", &rows);
    Ok(())
}
