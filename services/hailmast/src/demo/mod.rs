//! `hailmast demo`: the main job once, end to end, on a clock of its own, judged by the carrier's own log.

mod audience;
mod drive;
mod options;
mod progress;
mod report;
mod stage;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

pub use drive::{number, prepare};
pub use options::Options;
pub use report::CONFIRMATION;
pub use stage::{SENDER, opening};

/// Sets the stage, drives the platform through its API, prints the table; exit code 1 if the self-check fails.
pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let stage = stage::set(&options, config).await?;
    let outcome = drive::run(&stage, &options, begun).await;
    let stopped = stage.strike().await;
    let (outcome, log) = (outcome?, stopped?);
    let report = report::judge(&outcome, &log)?;
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
