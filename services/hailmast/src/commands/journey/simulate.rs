//! `hailmast journey simulate`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use campaigns::journey::simulate::{Line, Play, Scene, end, person, scenes, simulate};
use campaigns::journey::version::{Start, Version};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use super::{line, load, value};
use crate::say;

#[derive(Args)]
pub struct Options {
    /// The journey: YAML, or JSON where its name ends in .json.
    file: PathBuf,
    /// The contact: a file, or JSON such as {"timezone": "America/New_York", "first_name": "Ana"}.
    #[arg(long)]
    contact: Option<String>,
    /// Events: a file with a list of {at, event, data} and {at, reply}; `at` is an instant or a duration from the start.
    /// Absent: one event that starts the journey.
    #[arg(long)]
    events: Option<PathBuf>,
    /// When the play begins.
    #[arg(long)]
    from: DateTime<Utc>,
    /// When it ends; 90 days later where absent.
    #[arg(long)]
    until: Option<DateTime<Utc>>,
    /// Channels that are set up.
    #[arg(long, value_delimiter = ',', default_value = "sms")]
    channels: Vec<String>,
    /// The carrier never tells what became of a text, and webhooks do not answer.
    #[arg(long)]
    silent: bool,
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let definition = match load(&options.file, None)? {
        Ok(definition) => definition,
        Err(faults) => {
            for fault in &faults {
                eprintln!("{}", line(&options.file, fault));
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    let version = Version::compile(&definition)?;
    let contact = person(&contact(options.contact.as_deref())?)
        .map_err(|fault| anyhow::anyhow!("--contact: {fault}"))?;
    let scenes = match &options.events {
        Some(file) => scenes(&value(file)?, options.from)
            .map_err(|faults| anyhow::anyhow!("{}: {}", file.display(), faults.join("\n")))?,
        None => first_event(&version, options.from)?,
    };
    let until = end(options.from, options.until)
        .map_err(|(of, fault)| anyhow::anyhow!("--{}: {fault}", &of[1..]))?;
    let channels: Vec<&str> = options.channels.iter().map(String::as_str).collect();
    let lines = simulate(&Play {
        version: &version,
        person: &contact,
        scenes,
        from: options.from,
        until,
        delivers: !options.silent,
        channels: &channels,
    });
    if options.json {
        say!("{}", serde_json::to_string(&lines)?);
    } else {
        print(&lines);
    }
    Ok(ExitCode::SUCCESS)
}

fn contact(given: Option<&str>) -> anyhow::Result<Value> {
    match given {
        None => Ok(json!({})),
        Some(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).map_err(|error| anyhow::anyhow!("--contact: {error}"))
        }
        Some(file) => value(Path::new(file)),
    }
}

fn first_event(version: &Version, from: DateTime<Utc>) -> anyhow::Result<Vec<Scene>> {
    let Start::Event { event, .. } = &version.trigger else {
        // Its schedule is played by itself.
        return Ok(Vec::new());
    };
    let list = json!([{"event": event, "data": {}}]);
    scenes(&list, from).map_err(|faults| anyhow::anyhow!("{}", faults.join("\n")))
}

fn print(lines: &[Line]) {
    let width = |of: fn(&Line) -> &str| {
        lines
            .iter()
            .map(|line| of(line).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (kind, step) = (width(|line| line.kind), width(|line| &line.step));
    say!(
        "{:<29} {:<20}  {:kind$}  {:step$}  what",
        "local",
        "UTC",
        "kind",
        "step"
    );
    for line in lines {
        let utc = line.at.format("%Y-%m-%dT%H:%M:%SZ");
        say!(
            "{:<29} {utc:<20}  {:kind$}  {:step$}  {}",
            line.local,
            line.kind,
            line.step,
            line.what
        );
    }
}
