//! `hailmast ledger verify`: is the consent ledger as it was written?

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use super::server::Server;
use crate::say;

#[derive(Subcommand)]
pub enum Action {
    /// Walks a tenant's whole ledger; ends with 1 where something is wrong.
    Verify {
        #[command(flatten)]
        server: Server,
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    let Action::Verify { server, json } = action;
    let answer = server.get("/v1/ledger/verify").await?;
    if json {
        say!("{answer}");
    } else {
        say!("{}", in_words(&answer));
    }
    Ok(if answer["verified"] == Value::Bool(true) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn in_words(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_string();
    let mut words = match &answer["fault"] {
        Value::Null => format!("VERIFIED: {} entries", answer["rows"]),
        fault => format!(
            "NOT VERIFIED: entry {}: {}",
            fault["seq"],
            text(&fault["what"])
        ),
    };
    let head = &answer["head"];
    words.push_str(&format!("\nHead: {} {}", head["seq"], text(&head["hash"])));
    if let Some(unchained @ 1..) = answer["unchained"].as_u64() {
        words.push_str(&format!(
            "\n{unchained} entries are from before the ledger was chained; nothing proves them"
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fault_is_told_with_its_place() {
        let head = json!({"seq": 9, "hash": "ab"});
        let good = json!({"verified": true, "rows": 9, "unchained": 0, "head": head});
        assert_eq!(in_words(&good), "VERIFIED: 9 entries\nHead: 9 ab");
        let bad = json!({"verified": false, "rows": 3, "head": head, "fault": {"seq": 4, "what": "it is missing"}});
        assert_eq!(
            in_words(&bad),
            "NOT VERIFIED: entry 4: it is missing\nHead: 9 ab"
        );
    }
}
