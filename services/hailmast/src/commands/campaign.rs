//! `hailmast campaign`: looks at what a campaign would do, and launches it.

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::server::{Server, text};
use crate::say;

/// How often a preflight under way is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// From so many texts on their number is typed back.
const MANY: u64 = 1000;

#[derive(Subcommand)]
pub enum Action {
    /// Says whom it would text, what that costs and how long it takes. Nothing is sent.
    Preflight {
        #[command(flatten)]
        which: Which,
    },
    /// Shows the preflight, asks, and launches what was shown.
    Launch {
        #[command(flatten)]
        which: Which,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub struct Which {
    /// cmp_…
    id: String,
    /// As the API says it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Preflight { which } => {
            let found = preflight(&which).await?;
            show(&which, &found);
            Ok(of_state(&found))
        }
        Action::Launch { which, yes } => launch(&which, yes).await,
    }
}

fn of_state(found: &Value) -> ExitCode {
    if found["state"] == "succeeded" {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn show(which: &Which, found: &Value) {
    if which.json {
        say!("{found}");
    } else {
        say!("{}", in_words(found));
    }
}

/// Asks for one and waits for its end.
async fn preflight(which: &Which) -> anyhow::Result<Value> {
    let path = format!("/v1/campaigns/{}/preflight", which.id);
    let mut found = which.server.post(&path, &json!({})).await?;
    let one = format!(
        "/v1/campaigns/{}/preflights/{}",
        which.id,
        text(&found["id"])
    );
    while found["state"] == "running" {
        tokio::time::sleep(LOOK_EVERY).await;
        found = which.server.get(&one).await?;
    }
    Ok(found)
}

async fn launch(which: &Which, yes: bool) -> anyhow::Result<ExitCode> {
    let found = preflight(which).await?;
    if !yes || !which.json {
        show(which, &found);
    }
    if found["state"] != "succeeded" {
        return Ok(ExitCode::FAILURE);
    }
    let texts = found["report"]["would_send"].as_u64().unwrap_or(0);
    if !yes && !agreed(texts)? {
        say!("not launched");
        return Ok(ExitCode::FAILURE);
    }
    let path = format!("/v1/campaigns/{}/launch", which.id);
    let body = json!({"preflight": found["id"]});
    let launched = which.server.post(&path, &body).await?;
    if which.json {
        say!("{launched}");
    } else {
        say!("{} is {}", which.id, text(&launched["state"]));
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks on standard error and reads the answer.
fn agreed(texts: u64) -> anyhow::Result<bool> {
    let wanted = wanted(texts);
    eprint!("Type {wanted} to launch: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == wanted)
}

fn wanted(texts: u64) -> String {
    if texts >= MANY {
        texts.to_string()
    } else {
        "yes".to_string()
    }
}

fn in_words(found: &Value) -> String {
    let report = &found["report"];
    if report.is_null() {
        return format!("{} {}", text(&found["state"]), text(&found["reason"]));
    }
    let mut lines = vec![format!(
        "{} of {} people would be texted, from {} to {}",
        report["would_send"],
        report["recipients"],
        text(&report["start"]),
        match text(&report["finish"]) {
            finish if finish.is_empty() => "never".to_string(),
            finish => finish,
        }
    )];
    for (what, key) in [
        ("suppressed", "suppressed"),
        ("failed", "failed"),
        ("waits", "held"),
    ] {
        for one in report[key].as_array().into_iter().flatten() {
            lines.push(format!(
                "  {what} {} {}",
                one["count"],
                text(&one["reason"])
            ));
        }
    }
    let segments = report["segments"].as_object().into_iter().flatten();
    let segments: Vec<String> = segments
        .map(|(segments, texts)| format!("{texts} of {segments}"))
        .collect();
    lines.push(format!(
        "segments {}: {}",
        report["segments_total"],
        segments.join(", ")
    ));
    for (currency, micros) in report["cost"]["total_micros"]
        .as_object()
        .into_iter()
        .flatten()
    {
        lines.push(format!("cost {} {currency}", amount(micros)));
    }
    for warning in report["warnings"].as_array().into_iter().flatten() {
        lines.push(format!("! {}", text(&warning["detail"])));
    }
    for sample in found["samples"].as_array().into_iter().flatten() {
        lines.push(format!("  \"{}\"", text(&sample["text"])));
    }
    lines.join("\n")
}

/// Millionths as a decimal.
fn amount(micros: &Value) -> String {
    let micros = micros.as_i64().unwrap_or(0);
    let text = format!("{}.{:06}", micros / 1_000_000, (micros % 1_000_000).abs());
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    let places = places.trim_end_matches('0');
    format!("{whole}.{places:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preflight_is_told_in_words() {
        let found = json!({"state": "succeeded", "report": {
            "recipients": 10, "would_send": 8, "start": "2026-06-10T15:00:00Z", "finish": "2026-06-10T15:01:00Z",
            "suppressed": [{"reason": "NO_CONSENT", "count": 2}], "failed": [], "held": [],
            "segments": {"1": 7, "2": 1}, "segments_total": 9,
            "cost": {"total_micros": {"USD": 67_500}}, "warnings": [{"code": "x", "detail": "Take care."}]},
            "samples": [{"text": "Hi Ana"}]});
        let words = in_words(&found);
        assert_eq!(
            words.lines().collect::<Vec<_>>(),
            [
                "8 of 10 people would be texted, from 2026-06-10T15:00:00Z to 2026-06-10T15:01:00Z",
                "  suppressed 2 NO_CONSENT",
                "segments 9: 7 of 1, 1 of 2",
                "cost 0.0675 USD",
                "! Take care.",
                "  \"Hi Ana\"",
            ]
        );
    }

    #[test]
    fn a_large_launch_is_agreed_to_by_its_number() {
        assert_eq!((wanted(999), wanted(1000)), ("yes".into(), "1000".into()));
    }
}
