//! `hailmast journey`: checks a journey, plays it, prints the schema of the format. Nothing else has to run.

mod simulate;
mod validate;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use campaigns::journey::fault::Fault;
use campaigns::journey::model::Definition;
use campaigns::journey::source::{Format, read};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::Value;

use crate::say;

#[derive(Subcommand)]
pub enum Action {
    /// Tells everything that is wrong with a journey, with line and column.
    Validate(validate::Options),
    /// Plays a journey for one contact and prints what would happen when, in local time and UTC.
    Simulate(simulate::Options),
    /// Prints the JSON Schema of the format.
    Schema,
}

pub fn run(action: &Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Validate(options) => validate::run(options),
        Action::Simulate(options) => simulate::run(options),
        Action::Schema => {
            say!("{}", campaigns::journey::shape::published().trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A journey from a file. `now`: when it would begin; `None` where it is only played.
fn load(file: &Path, now: Option<DateTime<Utc>>) -> anyhow::Result<Result<Definition, Vec<Fault>>> {
    let text = text(file)?;
    let format = Format::of_file(&file.to_string_lossy());
    Ok(campaigns::journey::validate_at(&text, format, now))
}

fn text(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// A value from a file, JSON or YAML.
fn value(file: &Path) -> anyhow::Result<Value> {
    let text = text(file)?;
    match read(&text, Format::of_file(&file.to_string_lossy())) {
        Ok((node, faults)) if faults.is_empty() => Ok(node.to_json()),
        Ok((_, faults)) | Err(faults) => {
            let lines: Vec<String> = faults.iter().map(|fault| line(file, fault)).collect();
            anyhow::bail!("{}", lines.join("\n"))
        }
    }
}

/// `file:line:column: code at pointer: what. Hint`
fn line(file: &Path, fault: &Fault) -> String {
    let pointer = if fault.pointer.is_empty() {
        "/"
    } else {
        &fault.pointer
    };
    format!(
        "{}:{}:{}: {} at {pointer}: {}",
        file.display(),
        fault.line,
        fault.column,
        fault.code,
        fault.detail()
    )
}
