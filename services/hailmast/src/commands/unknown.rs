//! `hailmast unknown`: texts of which nobody can say what became of them.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::server::{Server, encoded, text};
use crate::say;

#[derive(Args)]
pub struct Options {
    /// Texts shown at most; all of them are counted.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Goes on where the last list ended.
    #[arg(long)]
    cursor: Option<String>,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let mut path = format!("/v1/unknown?limit={}", options.limit);
    if let Some(cursor) = &options.cursor {
        path.push_str(&format!("&cursor={}", encoded(cursor)));
    }
    let told = options.server.get(&path).await?;
    if options.json {
        say!("{told}");
    } else {
        say!("{}", in_words(&told));
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(told: &Value) -> String {
    let list = |field: &str| told[field].as_array().cloned().unwrap_or_default();
    let (groups, texts) = (list("groups"), list("data"));
    if groups.is_empty() && texts.is_empty() {
        return "Of every text it is known what became of it.".to_string();
    }
    let mut lines: Vec<String> = groups.iter().map(group).collect();
    lines.push(String::new());
    lines.extend(texts.iter().map(one));
    let cursor = text(&told["next_cursor"]);
    if !cursor.is_empty() {
        lines.push(format!("more: --cursor {cursor}"));
    }
    lines.join("\n")
}

fn group(group: &Value) -> String {
    let goes_on = match group["goes_on"].as_bool() {
        Some(true) => "looked up",
        _ => "not looked up any more",
    };
    format!(
        "{:>6}  {:<12} {:<12} {:<11} {:<13} {goes_on}",
        text(&group["texts"]),
        provider(group),
        text(&group["cause"]),
        text(&group["outcome"]),
        text(&group["age"]).replace('_', " "),
    )
}

fn one(one: &Value) -> String {
    let mut words = format!(
        "{}  {:<12} {:<12} {:<11} {}  {} tries",
        text(&one["id"]),
        provider(one),
        text(&one["cause"]),
        text(&one["outcome"]),
        text(&one["at"]),
        text(&one["tries"]),
    );
    for (before, field) in [(": ", "last_result"), (", next ", "next_try_at")] {
        let said = text(&one[field]);
        if !said.is_empty() {
            words.push_str(before);
            words.push_str(&said);
        }
    }
    words
}

fn provider(of: &Value) -> String {
    let name = text(&of["provider"]);
    if name.is_empty() {
        "any".to_string()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_counts_and_tells_what_was_tried_and_when_it_goes_on() {
        let told = json!({
            "groups": [{"provider": "tw", "cause": "no_answer", "outcome": "unknown", "age": "under_an_hour",
                "goes_on": true, "texts": 2}],
            "data": [{"id": "msg_1", "provider": "", "cause": "process_died", "outcome": "unknown",
                "at": "2026-03-02T10:00:00Z", "tries": 3, "last_result": "not there, which proves nothing",
                "next_try_at": "2026-03-02T10:09:00Z"}],
            "next_cursor": "msg_1", "has_more": true,
        });
        let words = in_words(&told);
        let lines: Vec<&str> = words.lines().collect();
        assert_eq!(
            lines[0].split_whitespace().collect::<Vec<_>>(),
            [
                "2",
                "tw",
                "no_answer",
                "unknown",
                "under",
                "an",
                "hour",
                "looked",
                "up"
            ]
        );
        assert!(
            lines[2].contains("any") && lines[2].ends_with("next 2026-03-02T10:09:00Z"),
            "{words}"
        );
        assert!(lines[2].contains("3 tries: not there"), "{words}");
        assert_eq!(lines[3], "more: --cursor msg_1");
    }

    #[test]
    fn nothing_in_doubt_is_said_so() {
        let told = json!({"groups": [], "data": [], "next_cursor": null, "has_more": false});
        assert!(in_words(&told).contains("every text"));
    }
}
