//! `hailmast bench timers`: the due-table full, a minute full, and schedulers that are killed and frozen.

mod place;
mod report;
mod trials;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use place::Place;
use report::Figures;

#[derive(Args)]
pub struct Options {
    /// Timers that wait while the others fire.
    #[arg(long, default_value_t = 1_000_000)]
    pending: u32,
    /// Timers that are due at once, and again spread over the time of the kills.
    #[arg(long, default_value_t = 50_000)]
    due: u32,
    /// Times the scheduler is killed with SIGKILL while they fire.
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// Seconds over which the timers of the kills are due.
    #[arg(long, default_value_t = 60)]
    kill_seconds: u64,
    /// Slots for two schedulers that are stopped, frozen and killed in turns.
    #[arg(long, default_value_t = 1_000)]
    slots: u32,
    /// Seconds over which the slots are due.
    #[arg(long, default_value_t = 30)]
    slot_seconds: u64,
    #[arg(long)]
    json: bool,
    /// Fires the timers of this folder until it is killed.
    #[arg(long, hide = true)]
    worker: Option<PathBuf>,
}

pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    if let Some(folder) = options.worker {
        return worker::run(folder).await;
    }
    let empty = Place::new().await?;
    let base = trials::at_once(&empty, options.due / 10).await?;
    empty.close().await?;

    let place = Place::new().await?;
    let loaded_per_second = trials::fill(&place, options.pending).await?;
    let lookup = trials::lookups(&place).await?;
    let minute = trials::at_once(&place, options.due).await?;
    let time = Duration::from_secs(options.kill_seconds.max(1));
    let killed = trials::killed(&place, options.due, time, options.kills).await?;
    let pending_after = place.pending().await?;
    place.close().await?;

    let two = Place::new().await?;
    let time = Duration::from_secs(options.slot_seconds.max(1));
    let rivals = trials::rivals(&two, options.slots, time).await?;
    two.close().await?;

    let figures = Figures {
        pending: options.pending,
        pending_after,
        set_per_second: loaded_per_second,
        lookup,
        due: options.due,
        seconds_until_all_started: minute.seconds,
        started_per_second: f64::from(options.due) / minute.seconds.max(0.001),
        cpu_us_per_timer: minute.cpu_seconds * 1e6 / f64::from(options.due.max(1)),
        peak_rss_mib: minute.peak_rss_mib,
        peak_rss_mib_with_few: base.peak_rss_mib,
        killed,
        rivals,
    };
    let reached = figures.reached();
    if options.json {
        println!("{}", serde_json::to_string(&figures.with_verdict())?);
    } else {
        figures.print();
    }
    Ok(if reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
