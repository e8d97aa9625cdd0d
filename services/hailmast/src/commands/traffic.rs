//! `hailmast traffic`: pause, drain, purge, move and resume what leaves.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::server::{Server, encoded, text};
use crate::say;

#[derive(Subcommand)]
pub enum Action {
    /// Nothing more leaves; what waits comes back after the resume.
    Pause(Stop),
    /// Takes nothing new; what is in hand may leave.
    Drain(Stop),
    /// Cancels what waits and what comes, for five minutes unless said otherwise.
    Purge(Stop),
    /// Sends from another sender, or instead of one provider through another.
    Move {
        level: Level,
        name: String,
        /// Where to: a sender, or for a provider a provider.
        to: String,
        #[command(flatten)]
        how: How,
    },
    /// Ends what is in force.
    Resume {
        level: Level,
        name: String,
        #[command(flatten)]
        server: Server,
    },
    /// Shows what is in force.
    List {
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Level {
    /// A sender.
    Lane,
    /// cmp_…
    Campaign,
    /// ten_…, or own.
    Tenant,
    Provider,
    /// The name is: all.
    Global,
}

#[derive(Args)]
pub struct Stop {
    level: Level,
    /// Sender, cmp_…, ten_… or own, provider, or all.
    name: String,
    #[command(flatten)]
    how: How,
}

#[derive(Args)]
pub struct How {
    /// Ends by itself after so long, such as 90s, 30m, 2h or 1d.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    ends_after: Option<Duration>,
    /// Why; kept and shown.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    server: Server,
}

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Pause(stop) => put("pause", (stop.level, &stop.name), None, &stop.how).await?,
        Action::Drain(stop) => put("drain", (stop.level, &stop.name), None, &stop.how).await?,
        Action::Purge(stop) => put("purge", (stop.level, &stop.name), None, &stop.how).await?,
        Action::Move {
            level,
            name,
            to,
            how,
        } => put("move", (level, &name), Some(&to), &how).await?,
        Action::Resume {
            level,
            name,
            server,
        } => {
            server.delete(&path(level, &name)).await?;
            say!("resumed");
        }
        Action::List { json, server } => {
            let told = server.get("/v1/traffic/controls").await?;
            if json {
                say!("{told}");
            } else {
                say!("{}", in_words(&told));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn path(level: Level, name: &str) -> String {
    let level = match level {
        Level::Lane => "lane",
        Level::Campaign => "campaign",
        Level::Tenant => "tenant",
        Level::Provider => "provider",
        Level::Global => "global",
    };
    format!("/v1/traffic/controls/{level}/{}", encoded(name))
}

async fn put(
    action: &str,
    (level, name): (Level, &str),
    to: Option<&str>,
    how: &How,
) -> anyhow::Result<()> {
    let body = json!({
        "action": action,
        "to": to,
        "reason": how.reason,
        "for_seconds": how.ends_after.map(|lasts| lasts.as_secs()),
    });
    let told = how.server.put(&path(level, name), &body).await?;
    say!("{}", line(&told));
    Ok(())
}

fn line(control: &Value) -> String {
    let mut words = format!(
        "{:<6} {:<9} {}",
        text(&control["action"]),
        text(&control["level"]),
        text(&control["name"]),
    );
    for (before, field) in [(" to ", "to"), (" until ", "until"), (": ", "reason")] {
        let said = text(&control[field]);
        if !said.is_empty() {
            words.push_str(before);
            words.push_str(&said);
        }
    }
    words
}

fn in_words(told: &Value) -> String {
    let controls: Vec<String> = told["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(line)
        .collect();
    if controls.is_empty() {
        return "Nothing is paused, drained, purged or moved.".to_string();
    }
    controls.join("\n")
}

/// `90s`, `30m`, `2h`, `1d`.
fn duration(words: &str) -> anyhow::Result<Duration> {
    let unit = words.chars().last().context("a duration, such as 30m")?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => anyhow::bail!("a duration ends in s, m, h or d"),
    };
    let count: u64 = words[..words.len() - 1].parse()?;
    Ok(Duration::from_secs(count * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("30m").unwrap(), Duration::from_secs(1800));
        assert_eq!(duration("1d").unwrap(), Duration::from_secs(86_400));
        for bad in ["", "30", "m", "5w", "ü"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_control_is_told_with_its_end_and_its_reason() {
        let control = json!({"action": "move", "level": "lane", "name": "+15005550006", "to": "+15005550007",
            "reason": "blocked", "until": null});
        assert_eq!(
            line(&control),
            "move   lane      +15005550006 to +15005550007: blocked"
        );
    }
}
