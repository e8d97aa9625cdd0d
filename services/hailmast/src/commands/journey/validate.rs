//! `hailmast journey validate`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{line, load};
use crate::say;

#[derive(Args)]
pub struct Options {
    /// YAML, or JSON where its name ends in .json.
    file: PathBuf,
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let checked = load(&options.file, Some(chassis::Clock::system().now()))?;
    if options.json {
        let answer = match &checked {
            Ok(definition) => {
                json!({"valid": true, "hash": campaigns::journey::hash(definition), "definition": definition})
            }
            Err(faults) => json!({"valid": false, "faults": faults}),
        };
        say!("{answer}");
    } else {
        match &checked {
            Ok(definition) => {
                let hash = campaigns::journey::hash(definition);
                say!(
                    "{} is a good journey: {} ({})",
                    options.file.display(),
                    definition.name,
                    &hash[..12]
                );
            }
            Err(faults) => {
                for fault in faults {
                    say!("{}", line(&options.file, fault));
                }
                let plural = if faults.len() == 1 { "fault" } else { "faults" };
                say!("{} {plural}", faults.len());
            }
        }
    }
    Ok(if checked.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
