//! `hailmast dead-letters list|replay`: what could not be processed.

use std::path::Path;
use std::process::ExitCode;

use chassis::Settings;
use chassis::bus::{self, dead_letter};
use clap::Subcommand;

use crate::registry::SERVICES;

#[derive(Subcommand)]
pub enum Action {
    /// Shows dead letters, oldest first.
    List {
        #[arg(long, default_value_t = 100)]
        limit: usize,
        #[arg(long)]
        json: bool,
    },
    /// Says them again: all, or the one with this sequence.
    Replay {
        #[arg(long)]
        sequence: Option<u64>,
    },
}

pub async fn run(action: Action, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let common = Settings::load(&SERVICES, config)?.common()?;
    anyhow::ensure!(
        !common.nats.url.is_empty(),
        "nats.url is not set: set HAILMAST_NATS__URL"
    );
    let (client, _) = bus::connect(&common.nats.url, "dead-letters").await?;
    let js = async_nats::jetstream::new(client);
    match action {
        Action::List { limit, json } => {
            let letters = dead_letter::list(&js, limit).await?;
            if json {
                println!("{}", serde_json::to_string(&letters)?);
                return Ok(ExitCode::SUCCESS);
            }
            for letter in &letters {
                println!(
                    "{:>8}  {}  {}  {}",
                    letter.sequence, letter.durable, letter.code, letter.detail
                );
            }
            println!("{} dead letters", letters.len());
        }
        Action::Replay { sequence } => {
            let replayed = dead_letter::replay(&js, sequence).await?;
            println!("{replayed} replayed");
        }
    }
    Ok(ExitCode::SUCCESS)
}
