//! `hailmast policy test`: cases against the shipped pack, or against a proposal, without a server.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use consent::cases::{Bench, Case, Outcome, SHIPPED};
use consent::law::Law;
use consent::parameters::Parameters;
use consent::rules::Own;
use serde_json::json;

use super::read;
use crate::say;

#[derive(Args)]
pub struct Options {
    /// Cases (JSON); the pack's own if absent.
    file: Option<PathBuf>,
    /// Forbids of your own (Cedar) beside the pack.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Parameters of your own (JSON). The profile is each case's own.
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let cases = match &options.file {
        Some(file) => read(file)?,
        None => SHIPPED.to_string(),
    };
    let law = Arc::new(Law::load()?);
    let bench = Bench::new(&law, "", &own(options)?)?;
    let results = bench
        .run_all(&cases)
        .map_err(|error| anyhow::anyhow!("the cases cannot be run: {error}"))?;
    let failing: Vec<&(Case, Outcome)> = results
        .iter()
        .filter(|(case, outcome)| !case.passes(outcome))
        .collect();
    if options.json {
        let told: Vec<_> = results.iter().map(as_json).collect();
        say!(
            "{}",
            json!({"passed": results.len() - failing.len(), "failed": failing.len(), "results": told})
        );
    } else {
        for (case, outcome) in &failing {
            say!("{}", in_words(case, outcome));
        }
        say!(
            "{} cases: {} passed, {} failed",
            results.len(),
            results.len() - failing.len(),
            failing.len()
        );
    }
    Ok(if failing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn own(options: &Options) -> anyhow::Result<Own> {
    let parameters = match &options.parameters {
        Some(file) => serde_json::from_str(&read(file)?)
            .with_context(|| format!("{} holds no parameters", file.display()))?,
        None => Parameters::default(),
    };
    let forbids = match &options.policy {
        Some(file) => read(file)?,
        None => String::new(),
    };
    Ok(Own {
        parameters,
        forbids,
    })
}

fn as_json((case, outcome): &(Case, Outcome)) -> serde_json::Value {
    json!({
        "id": case.id, "passed": case.passes(outcome),
        "expected": {"effect": case.expected.0, "reason": case.expected.1, "reasons": case.also, "until": case.until},
        "got": {"effect": outcome.effect, "reason": outcome.reason, "reasons": outcome.reasons, "until": outcome.until},
        "policies": outcome.policies,
    })
}

fn in_words(case: &Case, outcome: &Outcome) -> String {
    let until = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map(|at| format!(" until {at}")).unwrap_or_default()
    };
    let also = if case.also.is_empty() {
        String::new()
    } else {
        format!(" with {}", case.also.join(", "))
    };
    format!(
        "FAILED {}: {}\n  expected {} {}{}{also}\n  got      {} {}{} (all: {}; policies: {})",
        case.id,
        case.note,
        case.expected.0,
        case.expected.1,
        until(case.until),
        outcome.effect,
        outcome.reason,
        until(outcome.until),
        outcome.reasons.join(", "),
        outcome.policies.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn options(policy: Option<PathBuf>) -> Options {
        Options {
            file: None,
            policy,
            parameters: None,
            json: false,
        }
    }

    #[test]
    fn the_packs_own_cases_pass_and_a_forbid_of_everything_makes_some_fail() {
        assert_eq!(run(&options(None)).unwrap(), ExitCode::SUCCESS);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let never = r#"@id("own.never") @reason("OWN") @source("s") @effective_from("2020-01-01")
            forbid (principal, action, resource);"#;
        file.write_all(never.as_bytes()).unwrap();
        let with = options(Some(file.path().to_path_buf()));
        assert_eq!(run(&with).unwrap(), ExitCode::FAILURE);
        file.write_all(b"oops").unwrap();
        let fault = run(&options(Some(file.path().to_path_buf()))).unwrap_err();
        assert!(fault.to_string().contains("policy.syntax"), "{fault}");
    }
}
