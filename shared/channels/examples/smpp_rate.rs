//! Submits a second over loopback against the simulated carrier in the same process:
//! `cargo run --release -p channels --example smpp_rate -- [texts] [receipts: yes|no]`

use std::time::{Duration, Instant};

use channels::simulator::{Delay, Smsc, SmscOptions};
use channels::smpp::{SmppConfig, SmppProvider};
use channels::{Provider, Submission, SubmitOutcome};
use contract::chunk::Encoding;
use contract::consent::Permit;
use contract::{DecisionId, MessageId, Phone};
use futures::StreamExt;
use futures::stream::FuturesUnordered;

const BATCH: u64 = 64;
const BATCHES_IN_FLIGHT: usize = 48;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let receipts = arguments.next().is_none_or(|text| text == "yes");
    // client and carrier on threads of their own, so that their CPU time can be told apart
    let carrier = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("carrier")
        .enable_all()
        .build()?;
    let smsc = carrier.block_on(async {
        let options = SmscOptions {
            receipt_delay_ms: Delay { min: 20, max: 70 },
            no_receipt_percent: if receipts { 0.0 } else { 100.0 },
            ..SmscOptions::default()
        };
        Smsc::start("127.0.0.1:0".parse()?, options)
    })?;
    let client = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("client")
        .enable_all()
        .build()?;
    let port = smsc.address().port();
    let task = client.spawn(client_side(port, count, if receipts { count } else { 0 }));
    let (submitting, all) = client.block_on(task)??;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let (per, of) = (
        |span: Duration| count as f64 / span.as_secs_f64(),
        count as f64,
    );
    println!("submits     {:>9.0}/s", per(submitting));
    println!("all in all  {:>9.0}/s", per(all));
    for name in ["client", "carrier"] {
        println!(
            "{name:<10} {:>9.2} µs CPU a text",
            cpu_nanos(name) / 1000.0 / of
        );
    }
    carrier.block_on(smsc.stop());
    Ok(())
}

async fn client_side(port: u16, count: u64, receipts: u64) -> anyhow::Result<(Duration, Duration)> {
    let (incoming, mut inbox) = tokio::sync::mpsc::channel(64);
    let config = SmppConfig {
        port,
        ..SmppConfig::default()
    };
    let provider = std::sync::Arc::new(SmppProvider::connect("simulator", config, incoming)?);
    provider.ready().await;
    let answering = std::sync::Arc::clone(&provider);
    let begun = Instant::now();
    let answers = tokio::spawn(async move {
        let mut seen = 0;
        while seen < receipts {
            let Some(batch) = inbox.recv().await else {
                break;
            };
            seen += batch.len() as u64;
            answering.answer(
                batch.into_iter().map(|incoming| incoming.token).collect(),
                true,
            );
        }
    });
    let mut flying = FuturesUnordered::new();
    let mut next = 0;
    let mut taken = 0u64;
    while next < count || !flying.is_empty() {
        while next < count && flying.len() < BATCHES_IN_FLIGHT {
            let end = (next + BATCH).min(count);
            let batch = (next..end).filter_map(text).collect();
            next = end;
            flying.push(provider.send(batch, Instant::now() + Duration::from_secs(30)));
        }
        let outcomes: Vec<SubmitOutcome> = flying.next().await.unwrap_or_default();
        let accepted = |outcome: &&SubmitOutcome| matches!(outcome, SubmitOutcome::Accepted { .. });
        taken += outcomes.iter().filter(accepted).count() as u64;
    }
    let submitting = begun.elapsed();
    answers.await?;
    let all = begun.elapsed();
    anyhow::ensure!(taken == count, "only {taken} of {count} were accepted");
    provider.close().await;
    Ok((submitting, all))
}

fn text(n: u64) -> Option<(Permit, Submission)> {
    let submission = Submission {
        to: Phone::from_digits(12_025_000_000 + n)?,
        from: "+15005550006".into(),
        encoding: Encoding::Gsm7,
        segments: 1,
        body: format!(
            "Hi number {n:07}, your order is on its way and will reach you on Tuesday between 9 and 11. Questions? Call us. Reply STOP to opt out."
        ),
        valid_for: None,
    };
    let permit = Permit::issue(
        MessageId::from_raw(u128::from(n)),
        DecisionId::from_raw(1),
        1,
    );
    Some((permit, submission))
}

/// CPU time of the threads with this name, as the scheduler counts it.
#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn cpu_nanos(name: &str) -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    let of_thread = |task: std::path::PathBuf| {
        let comm = std::fs::read_to_string(task.join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.join("schedstat")).ok()?;
        (comm.trim() == name).then(|| stat.split(' ').next()?.parse::<u64>().ok())?
    };
    tasks
        .flatten()
        .filter_map(|task| of_thread(task.path()))
        .sum::<u64>() as f64
}
