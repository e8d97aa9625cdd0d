//! `hailmast explain`: why somebody may be texted or not, and the smallest change.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::server::{Server, encoded, text};
use crate::say;

#[derive(Args)]
pub struct Options {
    /// A number in E.164, a contact (con_…) or a message (msg_…).
    who: String,
    /// The class of text, such as marketing or informational.
    #[arg(long)]
    class: Option<String>,
    #[arg(long)]
    programme: Option<String>,
    #[arg(long)]
    campaign: Option<String>,
    #[arg(long)]
    sender: Option<String>,
    /// An instant, past or future, such as 2026-12-24T22:00:00Z; now if absent.
    #[arg(long)]
    at: Option<String>,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let told = options.server.get(&path(&options)).await?;
    if options.json {
        say!("{told}");
    } else {
        say!("{}", in_words(&told));
    }
    Ok(ExitCode::SUCCESS)
}

fn path(options: &Options) -> String {
    let kind = match options.who.split_once('_') {
        Some(("msg", _)) => "message",
        Some(("con", _)) => "contact",
        _ => "phone",
    };
    let mut path = format!("/v1/explain?{kind}={}", encoded(&options.who));
    for (name, value) in [
        ("class", &options.class),
        ("programme", &options.programme),
        ("campaign", &options.campaign),
        ("sender", &options.sender),
        ("at", &options.at),
    ] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    path
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn in_words(told: &Value) -> String {
    let mut lines = vec![format!(
        "{} {} to {}, {}, {}",
        text(&told["effect"]).to_uppercase(),
        text(&told["reason"]),
        text(&told["phone"]),
        text(&told["class"]),
        text(&told["at"]),
    )];
    if let Some(until) = told["defer_until"].as_str() {
        lines.push(format!("It may leave at {until}."));
    }
    for note in list(&told["notes"]) {
        lines.push(format!("Note: {}", text(note)));
    }
    lines.push(String::new());
    for gate in list(&told["gates"]) {
        let passed = gate["passed"] == true;
        let mark = if passed { "pass" } else { "FAIL" };
        let reasons: Vec<String> = list(&gate["reasons"]).map(text).collect();
        let head = format!("{:<13} {mark}  {}", text(&gate["gate"]), reasons.join(", "));
        lines.push(head.trim_end().to_string());
        for fact in list(&gate["facts"]) {
            let (name, value) = (text(&fact["fact"]), text(&fact["value"]));
            lines.push(format!("{:20}{name}: {value}", ""));
        }
        for row in list(&gate["law"]) {
            let against = if row["against"] == true {
                "against it"
            } else {
                "allows it"
            };
            let doubt = if row["verified"] == false {
                ", not verified"
            } else {
                ""
            };
            lines.push(format!(
                "{:20}{} asks for {} ({}{doubt}): {against}",
                "",
                text(&row["id"]),
                text(&row["asks"]),
                text(&row["source"]),
            ));
        }
        for policy in list(&gate["policies"]) {
            let (id, source) = (text(&policy["id"]), text(&policy["source"]));
            lines.push(format!("{:20}policy {id} ({source})", ""));
        }
    }
    lines.push(String::new());
    lines.extend(changes(told));
    lines.join("\n")
}

/// The smallest change, then the others.
fn changes(told: &Value) -> Vec<String> {
    let lists: Vec<&Value> = list(&told["smallest_changes"]).collect();
    if told["effect"] == "allow" {
        return vec!["Nothing stands in the way.".to_string()];
    }
    if lists.is_empty() {
        return vec!["No change that is known of here would let it leave.".to_string()];
    }
    let mut lines = Vec::new();
    for (index, remedy) in lists.into_iter().enumerate() {
        let head = if index == 0 {
            "Smallest change:"
        } else {
            "Or:"
        };
        let steps = list(&remedy["changes"]).map(|change| {
            let until = change["until"].as_str().map(|until| format!(" ({until})"));
            format!("{}{}", text(&change["what"]), until.unwrap_or_default())
        });
        let steps: Vec<String> = steps.collect();
        lines.push(format!("{head:<17}{}", steps.join("; and ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_gate_fact_and_the_smallest_change() {
        let told = serde_json::json!({
            "effect": "deny", "reason": "NO_CONSENT", "phone": "+15005550006", "class": "marketing",
            "at": "2026-06-10T15:00:00Z", "notes": [], "defer_until": null,
            "gates": [{"gate": "consent", "passed": false, "reasons": ["NO_CONSENT"],
                       "facts": [{"fact": "level required", "value": "written"}],
                       "law": [], "policies": [{"id": "consent.none", "source": "platform"}]}],
            "smallest_changes": [{"changes": [{"code": "opt_in", "what": "obtain written consent", "until": null}]}],
        });
        let words = in_words(&told);
        for part in [
            "DENY NO_CONSENT",
            "consent       FAIL  NO_CONSENT",
            "level required: written",
            "policy consent.none (platform)",
            "Smallest change: obtain written consent",
        ] {
            assert!(words.contains(part), "{part} is not in\n{words}");
        }
    }
}
