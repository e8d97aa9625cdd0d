//! `hailmast policy`: what is in force, and everything that becomes of a proposal.

mod prove;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::server::{Server, text};
use crate::say;

#[derive(Subcommand)]
pub enum Action {
    /// Shows every policy and row of law in force, and what is not verified.
    List(Asked),
    /// Says what is wrong with a Cedar text, with line and column; exit 1 if anything is.
    Validate {
        file: PathBuf,
        /// Parameters (JSON) that go with it.
        #[arg(long, value_name = "FILE")]
        parameters: Option<PathBuf>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Runs a file of cases without a server; exit 1 if one fails.
    Test(prove::Options),
    /// Says what a candidate would change, over an audience or over real sends.
    Simulate {
        #[command(flatten)]
        simulation: Simulation,
        #[command(flatten)]
        asked: Asked,
    },
    /// Stores a version; `activate` puts it in force.
    Store {
        file: PathBuf,
        #[arg(long, value_name = "FILE")]
        parameters: Option<PathBuf>,
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Puts a stored version in force; 0 is the pack alone.
    Activate {
        version: u64,
        #[command(flatten)]
        asked: Asked,
    },
    /// Puts back in force what was before.
    Rollback(Asked),
}

#[derive(Args)]
pub struct Asked {
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

#[derive(Args)]
pub struct Simulation {
    /// A stored version as the candidate.
    #[arg(long = "candidate", value_name = "VERSION", conflicts_with_all = ["policy", "parameters"])]
    version: Option<u64>,
    /// Cedar text as the candidate.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// Contacts on this list (lst_…); may be given again.
    #[arg(long = "list", value_name = "LIST")]
    lists: Vec<String>,
    /// A number in E.164; may be given again.
    #[arg(long = "phone", value_name = "NUMBER")]
    phones: Vec<String>,
    /// What really left in the last so many days.
    #[arg(long, value_name = "DAYS")]
    sent_days: Option<u16>,
    #[arg(long)]
    class: Option<String>,
    #[arg(long)]
    programme: Option<String>,
    #[arg(long)]
    at: Option<String>,
}

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Test(options) => prove::run(&options),
        Action::List(asked) => {
            let told = asked.server.get("/v1/policies").await?;
            shown(&asked, &told, listed)
        }
        Action::Validate {
            file,
            parameters,
            asked,
        } => {
            let body = proposal(Some(&file), parameters.as_deref())?;
            let told = asked.server.post("/v1/policies/validate", &body).await?;
            let valid = told["valid"] == true;
            shown(&asked, &told, |told| faults(&file, told))?;
            Ok(if valid {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        Action::Simulate { simulation, asked } => {
            let body = question(&simulation)?;
            let told = asked.server.post("/v1/policies/simulate", &body).await?;
            shown(&asked, &told, compared)
        }
        Action::Store {
            file,
            parameters,
            note,
            asked,
        } => {
            let mut body = proposal(Some(&file), parameters.as_deref())?;
            body["note"] = note.into();
            let told = asked.server.post("/v1/policies/versions", &body).await?;
            shown(&asked, &told, |told| {
                format!("version {} is stored, not in force", told["version"])
            })
        }
        Action::Activate { version, asked } => {
            let path = format!("/v1/policies/versions/{version}/activate");
            let told = asked.server.post(&path, &json!({})).await?;
            shown(&asked, &told, activated)
        }
        Action::Rollback(asked) => {
            let told = asked
                .server
                .post("/v1/policies/rollback", &json!({}))
                .await?;
            shown(&asked, &told, activated)
        }
    }
}

fn shown(
    asked: &Asked,
    told: &Value,
    words: impl FnOnce(&Value) -> String,
) -> anyhow::Result<ExitCode> {
    if asked.json {
        say!("{told}");
    } else {
        say!("{}", words(told));
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))
}

fn proposal(policy: Option<&Path>, parameters: Option<&Path>) -> anyhow::Result<Value> {
    let mut body = Map::new();
    if let Some(file) = policy {
        body.insert("forbids".to_string(), read(file)?.into());
    }
    if let Some(file) = parameters {
        let read: Value = serde_json::from_str(&read(file)?)
            .with_context(|| format!("{} is not JSON", file.display()))?;
        body.insert("parameters".to_string(), read);
    }
    Ok(Value::Object(body))
}

fn question(asked: &Simulation) -> anyhow::Result<Value> {
    let candidate = match asked.version {
        Some(version) => json!({ "version": version }),
        None => proposal(asked.policy.as_deref(), asked.parameters.as_deref())?,
    };
    let mut audience = Map::new();
    if !asked.lists.is_empty() {
        audience.insert("lists".to_string(), json!(asked.lists));
    }
    if !asked.phones.is_empty() {
        audience.insert("phones".to_string(), json!(asked.phones));
    }
    if let Some(days) = asked.sent_days {
        audience.insert("sent_days".to_string(), days.into());
    }
    Ok(
        json!({"candidate": candidate, "audience": audience, "class": asked.class,
              "programme": asked.programme, "at": asked.at}),
    )
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn listed(told: &Value) -> String {
    let mut lines = vec![format!(
        "version {}, policy set {}",
        told["version"],
        text(&told["hash"])
    )];
    for one in rows(&told["policies"]) {
        let doubt = if one["verified"] == false {
            "  NOT VERIFIED"
        } else {
            ""
        };
        lines.push(format!(
            "{:<26} {:<7} {:<32} {:<3} {}{doubt}",
            text(&one["id"]),
            text(&one["effect"]),
            text(&one["reason"]),
            text(&one["region"]),
            text(&one["source"]),
        ));
    }
    lines.push(String::new());
    for row in rows(&told["law"]) {
        let doubt = if row["verified"] == false {
            "  NOT VERIFIED"
        } else {
            ""
        };
        let until = row["effective_until"].as_str().unwrap_or("open");
        lines.push(format!(
            "{:<12} {:<34} {:<6} {} to {until}  {}{doubt}",
            text(&row["kind"]),
            text(&row["id"]),
            text(&row["region"]),
            text(&row["effective_from"]),
            text(&row["source"]),
        ));
    }
    lines.push(format!(
        "{} policies, {} rows of law, {} not verified",
        rows(&told["policies"]).count(),
        rows(&told["law"]).count(),
        told["unverified"]["count"]
    ));
    lines.join("\n")
}

fn faults(file: &Path, told: &Value) -> String {
    if told["valid"] == true {
        return format!("{} is valid", file.display());
    }
    let lines = rows(&told["faults"]).map(|fault| {
        let place = match (fault["line"].as_u64(), fault["column"].as_u64()) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}", file.display()),
            _ => file.display().to_string(),
        };
        format!(
            "{place}: {}: {}",
            text(&fault["code"]),
            text(&fault["detail"])
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn activated(told: &Value) -> String {
    format!(
        "version {} is in force, {} was before",
        told["version"], told["before"]
    )
}

fn compared(told: &Value) -> String {
    let totals = |of: &Value| {
        format!(
            "{} allowed, {} denied, {} deferred",
            of["allow"], of["deny"], of["defer"]
        )
    };
    let mut lines = vec![
        format!(
            "{} evaluated, {} unreadable",
            told["evaluated"], told["unreadable"]
        ),
        format!("now in force: {}", totals(&told["before"])),
        format!("candidate:    {}", totals(&told["after"])),
    ];
    for change in rows(&told["changes"]) {
        let side = |of: &Value| format!("{} {}", text(&of["effect"]), text(&of["reason"]));
        lines.push(format!(
            "{:>9}  {} -> {}",
            change["count"],
            side(&change["before"]),
            side(&change["after"])
        ));
        let samples: Vec<String> = rows(&change["samples"]).take(3).map(text).collect();
        lines.push(format!("           such as {}", samples.join(", ")));
    }
    lines.join("\n")
}
