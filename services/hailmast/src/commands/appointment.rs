//! `hailmast appointment`: lists and imports appointments, and explains their reminders.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::server::{Server, encoded, text};
use crate::say;

#[derive(Subcommand)]
pub enum Action {
    /// Explains each reminder of an appointment: when it is planned, what became of it, and why.
    Plan {
        /// apt_…, or ext: and your own id.
        id: String,
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Makes, moves and cancels appointments from a CSV file. Lines that cannot be taken are told, and the exit code is 1
    /// then.
    Import {
        /// With the columns external_id, contact, starts_at, timezone, and if wanted duration, subject, location,
        /// for_person, source_version, replaces, rescheduled_from, reminder_plan, status.
        file: PathBuf,
        /// If a line cannot be taken, none is.
        #[arg(long)]
        strict: bool,
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Lists appointments by their start, from now on unless said otherwise.
    List(List),
}

#[derive(Args)]
pub struct List {
    /// A status, a confirmation, or what a human is wanted for, such as unconfirmed or needs_call.
    #[arg(long)]
    state: Option<String>,
    /// Beginning at or after this instant, such as 2026-12-01T00:00:00Z.
    #[arg(long)]
    from: Option<String>,
    /// Beginning before this instant.
    #[arg(long)]
    to: Option<String>,
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

pub async fn run(action: Action) -> anyhow::Result<ExitCode> {
    let (told, json, words): (Value, bool, fn(&Value) -> String) = match action {
        Action::Plan { id, json, server } => {
            let path = format!("/v1/appointments/{}/plan", encoded(&id));
            (server.get(&path).await?, json, plan_in_words)
        }
        Action::Import {
            file,
            strict,
            json,
            server,
        } => {
            let bytes =
                std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let path = format!("/v1/appointments/import?strict={strict}");
            let told = server.post_csv(&path, bytes).await?;
            (told, json, import_in_words)
        }
        Action::List(list) => {
            let told = list.server.get(&list.path()).await?;
            (told, list.json, list_in_words)
        }
    };
    if json {
        say!("{told}");
    } else {
        say!("{}", words(&told));
    }
    // Of an import; nothing else has such a field.
    let rejected = told["rejected"].as_u64().unwrap_or(0);
    Ok(if rejected > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

impl List {
    fn path(&self) -> String {
        let mut path = format!("/v1/appointments?limit={}", self.limit);
        for (name, value) in [
            ("state", &self.state),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", &self.cursor),
        ] {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={}", encoded(value)));
            }
        }
        path
    }
}

fn plan_in_words(told: &Value) -> String {
    let mut lines = vec![format!(
        "{} version {}, {}",
        text(&told["id"]),
        text(&told["version"]),
        local(&told["starts_at"])
    )];
    for (title, field) in [("reminders", "reminders"), ("of versions before", "former")] {
        let rows: Vec<Vec<String>> = list(&told[field]).iter().map(reminder).collect();
        if !rows.is_empty() {
            lines.push(format!("\n{title}"));
            lines.extend(columns(&rows));
        }
    }
    let told: Vec<Vec<String>> = list(&told["told"]).iter().map(said).collect();
    if !told.is_empty() {
        lines.push("\nwhat the person was told".to_string());
        lines.extend(columns(&told));
    }
    lines.join("\n")
}

fn reminder(of: &Value) -> Vec<String> {
    let (reason, with) = (text(&of["reason"]), text(&of["combined_with"]));
    let why = if with.is_empty() {
        format!("{reason}: {}", explained(&reason))
    } else {
        format!("{reason}: one text with {with}")
    };
    let due = match &of["at"] {
        Value::Null => "-".to_string(),
        at => format!("{} ({})", local(&of["local"]), text(at)),
    };
    vec![
        format!("v{}", text(&of["version"])),
        text(&of["step"]),
        text(&of["state"]),
        due,
        why,
        text(&of["message"]),
    ]
}

/// A reason in words.
fn explained(reason: &str) -> &'static str {
    match reason {
        "on_time" => "due when its offset says",
        "send_now" => "its time had passed; sent as soon as it may",
        "quiet_later" => "outside the window, waits until it opens",
        "quiet_earlier" => "outside the window, goes before",
        "late_booking" => "its time had passed when it was planned",
        "late" => "found after its time, after a downtime",
        "quiet_hours" => "outside the window, and the step is left out then",
        "no_window" => "no allowed time is left before the start",
        "too_close" => "too short before the start",
        "collapsed" => "another text comes too near",
        "duplicate" => "the same appointment under another id was reminded of",
        "superseded" => "the appointment changed first",
        "cancelled" => "the appointment ended first",
        "OK" => "it has left",
        _ => "see docs/reasons.md",
    }
}

fn said(of: &Value) -> Vec<String> {
    vec![
        format!("v{}", text(&of["version"])),
        text(&of["kind"]),
        text(&of["state"]),
        local(&of["starts_at"]),
        text(&of["message"]),
    ]
}

fn import_in_words(told: &Value) -> String {
    let mut lines = vec![format!("{} lines", text(&told["lines"]))];
    for effect in [
        "scheduled",
        "rescheduled",
        "updated",
        "cancelled",
        "unchanged",
        "ignored_stale",
        "repeated",
        "rejected",
    ] {
        let count = text(&told[effect]);
        if count != "0" && !count.is_empty() {
            lines.push(format!("{count:>6}  {}", effect.replace('_', ", ")));
        }
    }
    let faults: Vec<Vec<String>> = list(&told["errors"]).iter().map(fault).collect();
    if !faults.is_empty() {
        lines.push("\nnot taken".to_string());
        lines.extend(columns(&faults));
    }
    lines.join("\n")
}

fn fault(of: &Value) -> Vec<String> {
    vec![
        format!("line {}", text(&of["line"])),
        text(&of["column"]),
        text(&of["code"]),
        text(&of["detail"]),
    ]
}

fn list_in_words(told: &Value) -> String {
    let rows = list(&told["data"]);
    if rows.is_empty() {
        return "No appointments.".to_string();
    }
    let row = |of: &Value| {
        let id = match &of["external_id"] {
            Value::Null => text(&of["id"]),
            own => format!("ext:{}", text(own)),
        };
        let wanted = [text(&of["attention"]), text(&of["attention_reason"])];
        let words = [
            text(&of["subject"]),
            text(&of["for_person"]),
            text(&of["location"]),
        ];
        vec![
            local(&of["starts_at"]),
            id,
            text(&of["status"]),
            text(&of["confirmation"]),
            joined(&wanted, ": "),
            joined(&words, ", "),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    let mut lines = columns(&rows);
    let cursor = text(&told["next_cursor"]);
    if !cursor.is_empty() {
        lines.push(format!("more: --cursor {cursor}"));
    }
    lines.join("\n")
}

fn joined(words: &[String], between: &str) -> String {
    let said: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !word.is_empty())
        .collect();
    said.join(between)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn local(of: &Value) -> String {
    joined(&[text(&of["local"]), text(&of["timezone"])], " ")
}

/// Rows with their cells below one another.
fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let cells = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |n: usize| {
        let of = |row: &Vec<String>| row.get(n).map_or(0, |cell| cell.chars().count());
        rows.iter().map(of).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..cells).map(width).collect();
    rows.iter()
        .map(|row| {
            let line: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            line.join("  ").trim_end().to_string()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_tells_when_each_reminder_is_due_and_why() {
        let at = |local: &str| json!({"local": local, "timezone": "America/New_York"});
        let words = plan_in_words(&json!({
            "id": "apt_1", "version": 2, "starts_at": at("2026-12-01T08:30"),
            "reminders": [
                {"step": "r2h", "version": 2, "at": "2026-11-30T23:00:00Z", "local": at("2026-11-30T18:00"),
                 "state": "planned", "reason": "quiet_earlier", "message": null, "combined_with": null},
                {"step": "r2d", "version": 2, "at": null, "local": null, "state": "skipped", "reason": "late_booking",
                 "message": null, "combined_with": null},
            ],
            "former": [],
            "told": [{"message": "msg_1", "kind": "reminder", "state": "left", "version": 1,
                      "starts_at": at("2026-12-01T14:00")}],
        }));
        let lines: Vec<&str> = words.lines().collect();
        assert_eq!(
            lines[0],
            "apt_1 version 2, 2026-12-01T08:30 America/New_York"
        );
        assert!(
            lines[3].contains("2026-11-30T18:00 America/New_York (2026-11-30T23:00:00Z)")
                && lines[3].ends_with("outside the window, goes before"),
            "{words}"
        );
        assert!(
            lines[4].contains("skipped") && lines[4].contains("late_booking"),
            "{words}"
        );
        assert!(!words.contains("versions before"), "{words}");
        assert!(lines.last().unwrap().ends_with("msg_1"), "{words}");
    }

    #[test]
    fn a_list_names_what_a_human_is_wanted_for_and_how_to_go_on() {
        let words = list_in_words(&json!({
            "data": [{"id": "apt_1", "external_id": "pms-1", "status": "scheduled", "confirmation": "unconfirmed",
                "starts_at": {"local": "2026-12-01T14:00", "timezone": "UTC"}, "attention": "needs_call",
                "attention_reason": "no_template", "subject": "Cleaning", "for_person": "", "location": "Elm St"}],
            "next_cursor": "1.apt_1",
        }));
        assert!(
            words.contains("ext:pms-1") && words.contains("needs_call: no_template"),
            "{words}"
        );
        assert!(words.contains("Cleaning, Elm St"), "{words}");
        assert!(words.ends_with("more: --cursor 1.apt_1"), "{words}");
        assert_eq!(list_in_words(&json!({"data": []})), "No appointments.");
    }

    #[test]
    fn an_import_counts_what_it_did() {
        let words = import_in_words(
            &json!({"lines": 3, "scheduled": 2, "rescheduled": 0, "updated": 0, "cancelled": 0,
            "unchanged": 0, "ignored_stale": 1}),
        );
        let lines: Vec<&str> = words.lines().map(str::trim).collect();
        assert_eq!(lines, ["3 lines", "2  scheduled", "1  ignored, stale"]);
        let words = import_in_words(
            &json!({"lines": 3, "scheduled": 1, "repeated": 1, "rejected": 1, "errors": [
                {"line": 3, "column": "timezone", "code": "timezone.unknown", "detail": "Write America/New_York."},
            ]}),
        );
        assert!(
            words.contains("1  rejected")
                && words.ends_with("line 3  timezone  timezone.unknown  Write America/New_York."),
            "{words}"
        );
    }
}
