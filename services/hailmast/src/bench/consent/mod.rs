//! `hailmast bench consent`: decisions and permits a second, with the wanted figures beside them.

mod decisions;
mod permits;
mod report;

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use self::decisions::decide;
use self::permits::permit;
use self::report::{Figures, WANTED_COLD_MICROS, WANTED_WARM, print};

#[derive(Args)]
pub struct Options {
    /// People decided about and permitted.
    #[arg(long, default_value_t = 200_000)]
    people: usize,
    /// Slots of 64 asked for at the same time.
    #[arg(long, default_value_t = 64)]
    in_flight: usize,
    #[arg(long)]
    json: bool,
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut figures = Figures {
        people: options.people,
        warm_wanted: WANTED_WARM,
        cold_wanted_us: WANTED_COLD_MICROS,
        ..Figures::default()
    };
    decide(&options, &mut figures)?;
    permit(&options, config, &mut figures).await?;
    figures.good = figures.warm_decisions_per_second >= WANTED_WARM
        && figures.cold_decision_us < WANTED_COLD_MICROS
        && figures.permits_per_second >= figures.permits_wanted;
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        print(&figures);
    }
    Ok(if figures.good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
