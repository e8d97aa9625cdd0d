//! `hailmast bench pace`: the dispatcher's own turns in real time, at four rates side by side on one carrier; then two
//! tenants with unequal backlogs behind one limit.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chassis::Clock;
use clap::Args;
use contract::{CampaignId, Class, Mode, TenantId};
use dispatch::pace::Rate;
use dispatch::traffic::{Ask, Level, Limit, Name, Traffic};
use serde::Serialize;

use crate::table;

#[derive(Args)]
pub struct Options {
    /// How long to measure the rates.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How long to measure the shares of two tenants.
    #[arg(long, default_value_t = 10)]
    share_seconds: u64,
    #[arg(long)]
    json: bool,
}

const RATES: [u32; 4] = [1, 10, 100, 1000];
/// Most that the sent count may differ from the allowance, and that one of two equal shares may from a half.
const RATE_TOLERANCE: f64 = 0.01;
const SHARE_TOLERANCE: f64 = 0.05;
/// Texts of one piece, in segments.
const TEXTS: [u32; 5] = [1, 2, 1, 3, 1];
/// Pieces in line at once, as slots of chunks in hand are.
const WORKERS: usize = 16;
const SHARED_RATE: f64 = 400.0;

#[derive(Debug, Serialize)]
struct Lane {
    segments_per_second: u32,
    burst: u32,
    /// Segments that the rate allows in the time.
    allowed: f64,
    sent: u64,
    most_in_a_second: u64,
    /// Rate and burst (or the largest piece).
    most_wanted: u64,
    reached: bool,
}

#[derive(Debug, Serialize)]
struct Figures {
    seconds: u64,
    lanes: Vec<Lane>,
    /// Of the tenant with many texts in line, while the other has few.
    share_of_the_larger: f64,
    share_wanted: f64,
    reached: bool,
}

/// When pieces got their turn, and their segments.
type Sent = Arc<Mutex<Vec<(Duration, u32)>>>;

pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let lanes = rates(Duration::from_secs(options.seconds.max(1))).await;
    let share = shares(Duration::from_secs(options.share_seconds.max(1))).await;
    let reached =
        lanes.iter().all(|lane| lane.reached) && (share - 0.5).abs() <= SHARE_TOLERANCE / 2.0;
    let figures = Figures {
        seconds: options.seconds,
        lanes,
        share_of_the_larger: share,
        share_wanted: 0.5,
        reached,
    };
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        print(&figures);
    }
    Ok(if figures.reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn per_second(rate: f64) -> Limit {
    Limit {
        segments_per_second: Some(rate),
        ..Limit::default()
    }
}

fn ask(tenant: u128, sender: &str, segments: u32) -> Ask {
    Ask {
        tenant: TenantId::from_raw(tenant),
        mode: Mode::Test,
        class: Class::Marketing,
        campaign: CampaignId::from_raw(tenant),
        sender: sender.to_string(),
        provider: "simulator".into(),
        link: 0,
        segments,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn rates(lasts: Duration) -> Vec<Lane> {
    let tenant = TenantId::from_raw(1);
    let traffic = Traffic::new(Rate::default(), Clock::system());
    let limits = RATES.map(|rate| {
        let name = Name::new(Level::Lane, tenant, Mode::Test, &rate.to_string());
        (name, per_second(f64::from(rate)))
    });
    traffic.install(limits.into(), Vec::new());
    let sent: Vec<Sent> = RATES.map(|_| Sent::default()).into();
    let begun = Instant::now();
    let mut work = tokio::task::JoinSet::new();
    for (rate, sent) in RATES.into_iter().zip(&sent) {
        // A lane of one segment a second sends texts of one; the others mix.
        let texts: &'static [u32] = if rate == 1 { &[1] } else { &TEXTS };
        for worker in 0..WORKERS {
            let (traffic, sent) = (traffic.clone(), sent.clone());
            work.spawn(async move {
                for piece in worker.. {
                    let segments = texts[piece % texts.len()];
                    let turn = traffic.turn(ask(1, &rate.to_string(), segments)).await;
                    let at = begun.elapsed();
                    drop(turn);
                    lock(&sent).push((at, segments));
                }
            });
        }
    }
    let driver = traffic.clone();
    let _over = tokio::time::timeout(lasts, driver.drive()).await;
    work.shutdown().await;
    let lanes = RATES.into_iter().zip(sent);
    lanes
        .map(|(rate, sent)| seen(rate, &mut lock(&sent), lasts))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn seen(rate: u32, sent: &mut [(Duration, u32)], lasts: Duration) -> Lane {
    sent.sort_unstable();
    let total: u64 = sent.iter().map(|(_, segments)| u64::from(*segments)).sum();
    let burst = Rate {
        per_second: f64::from(rate),
        burst: 0,
    }
    .burst();
    let largest = sent.iter().map(|(_, segments)| *segments).max();
    let bound = burst.max(largest.unwrap_or(1));
    let allowed = f64::from(rate) * lasts.as_secs_f64();
    let most_in_a_second = most_in_a_second(sent);
    let most_wanted = u64::from(rate) + u64::from(bound);
    // What the burst lends at the start is no pace; in ten minutes it is far below a percent.
    let off = (total as f64 - allowed).abs() - f64::from(bound);
    Lane {
        segments_per_second: rate,
        burst,
        allowed,
        sent: total,
        most_in_a_second,
        most_wanted,
        reached: off <= allowed * RATE_TOLERANCE && most_in_a_second <= most_wanted,
    }
}

fn most_in_a_second(sent: &[(Duration, u32)]) -> u64 {
    let (mut first, mut held, mut most) = (0, 0, 0);
    for (at, segments) in sent {
        held += u64::from(*segments);
        while sent[first].0 + Duration::from_secs(1) <= *at {
            held -= u64::from(sent[first].1);
            first += 1;
        }
        most = most.max(held);
    }
    most
}

/// Share of a tenant with eight times the backlog of the other, larger pieces among it.
#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
async fn shares(lasts: Duration) -> f64 {
    let traffic = Traffic::new(Rate::default(), Clock::system());
    let name = Name::new(
        Level::Provider,
        TenantId::from_raw(1),
        Mode::Test,
        "simulator",
    );
    traffic.install(vec![(name, per_second(SHARED_RATE))], Vec::new());
    let sent = [Sent::default(), Sent::default()];
    let mut work = tokio::task::JoinSet::new();
    for (tenant, workers, segments, sent) in [(1, 64, 10, &sent[0]), (2, 8, 3, &sent[1])] {
        for _ in 0..workers {
            let (traffic, sent) = (traffic.clone(), sent.clone());
            work.spawn(async move {
                loop {
                    let turn = traffic.turn(ask(tenant, "S", segments)).await;
                    drop(turn);
                    lock(&sent).push((Duration::ZERO, segments));
                }
            });
        }
    }
    let driver = traffic.clone();
    let _over = tokio::time::timeout(lasts, driver.drive()).await;
    work.shutdown().await;
    let total = |sent: &Sent| -> u64 {
        lock(sent)
            .iter()
            .map(|(_, segments)| u64::from(*segments))
            .sum()
    };
    let (one, two) = (total(&sent[0]), total(&sent[1]));
    one as f64 / (one + two).max(1) as f64
}

fn print(figures: &Figures) {
    let mut rows: Vec<(String, String)> = figures
        .lanes
        .iter()
        .map(|lane| {
            let verdict = if lane.reached { "" } else { "  MISSED" };
            (
                format!(
                    "{} segments/s (wanted: {:.0} ± 1 %)",
                    lane.segments_per_second, lane.allowed
                ),
                format!(
                    "{}; at most {} in a second (wanted: {}){verdict}",
                    lane.sent, lane.most_in_a_second, lane.most_wanted
                ),
            )
        })
        .collect();
    rows.push((
        "share of the larger of two tenants (wanted: 50 % ± 5 % of it)".to_string(),
        format!("{:.1} %", figures.share_of_the_larger * 100.0),
    ));
    let verdict = if figures.reached { "yes" } else { "no" };
    rows.push(("reached".to_string(), verdict.to_string()));
    table::print("bench pace", &rows);
}
