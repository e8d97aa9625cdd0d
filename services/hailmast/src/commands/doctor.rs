//! `hailmast doctor`: each thing that must be right, whether it is, and how to mend it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use chassis::Settings;
use chassis::bus;
use chassis::config::Common;
use chassis::db::{Location, pending};
use chassis::managed::{FindOptions, OLDEST, find, last_started, verify_running};
use clap::Args;
use serde::Serialize;

use crate::registry::SERVICES;

#[derive(Args)]
pub struct Options {
    /// The findings as a JSON array.
    #[arg(long)]
    json: bool,
    /// Folder for databases, streams and imports.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warning,
    Wrong,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    found: String,
    /// How to mend it; empty where nothing is wrong.
    mend: String,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Ok,
            found: found.into(),
            mend: String::new(),
        }
    }

    fn wrong(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Wrong,
            found: found.into(),
            mend: mend.into(),
        }
    }

    fn warning(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Warning,
            found: found.into(),
            mend: mend.into(),
        }
    }
}

pub async fn run(options: Options, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::load(&SERVICES, config)?;
    if let Some(data) = options.data {
        settings = settings.with("data.dir", data);
    }
    let common = settings.common()?;
    let mut findings = vec![
        nats_binary(&common).await,
        port(&common),
        disk(&common.data.dir),
        clock(&common.data.dir),
    ];
    findings.extend(running_nats(&common).await);
    findings.extend(schemas(&common).await);
    let wrong = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Wrong);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        print(&findings);
    }
    Ok(if wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn print(findings: &[Finding]) {
    for finding in findings {
        let mark = match finding.verdict {
            Verdict::Ok => "ok     ",
            Verdict::Warning => "warning",
            Verdict::Wrong => "WRONG  ",
        };
        println!("{mark}  {:<12} {}", finding.check, finding.found);
        if !finding.mend.is_empty() {
            println!("         {:<12} mend: {}", "", finding.mend);
        }
    }
    let wrong = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Wrong)
        .count();
    println!(
        "{}",
        if wrong == 0 {
            "nothing is wrong".to_string()
        } else {
            format!("{wrong} wrong")
        }
    );
}

async fn nats_binary(common: &Common) -> Finding {
    const CHECK: &str = "nats-server";
    if !common.nats.url.is_empty() {
        return Finding::ok(CHECK, "not needed: nats.url names a server");
    }
    let given = (!common.nats.server.is_empty()).then(|| PathBuf::from(&common.nats.server));
    match find(&FindOptions::of_this_user(given)).await {
        Ok(found) => Finding::ok(
            CHECK,
            format!("{} at {}", found.version, found.binary.display()),
        ),
        Err(error) => Finding::wrong(
            CHECK,
            format!("{error:#}"),
            "install nats-server 2.14 or newer on PATH",
        ),
    }
}

fn port(common: &Common) -> Finding {
    const CHECK: &str = "port";
    match std::net::TcpListener::bind(&common.http.listen) {
        Ok(_) => Finding::ok(CHECK, format!("{} is free", common.http.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::warning(
            CHECK,
            format!(
                "{} is in use (by a running Hailmast, or by something else)",
                common.http.listen
            ),
            "set http.listen (HAILMAST_HTTP__LISTEN) to a free address, unless it is Hailmast",
        ),
        Err(error) => Finding::wrong(
            CHECK,
            format!("{}: {error}", common.http.listen),
            "set http.listen to HOST:PORT",
        ),
    }
}

/// `df` is asked, because the standard library does not tell free space.
fn disk(data: &Path) -> Finding {
    const CHECK: &str = "disk";
    let mut existing = data.to_path_buf();
    while !existing.exists() && existing.pop() {}
    let existing = if existing.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        existing
    };
    let output = Command::new("df").args(["-Pk"]).arg(&existing).output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).to_string())
        .unwrap_or_default();
    let free_kib = text
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().nth(3))
        .and_then(|t| t.parse::<u64>().ok());
    let probe = existing.join(format!(".hailmast-doctor-{}", std::process::id()));
    let writable = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    if let Err(error) = writable {
        return Finding::wrong(
            CHECK,
            format!("{}: {error}", existing.display()),
            "choose a writable data.dir",
        );
    }
    match free_kib {
        Some(kib) if kib < 256 * 1024 => Finding::wrong(
            CHECK,
            format!("{} MiB free", kib / 1024),
            "free space, or move data.dir to a larger disk",
        ),
        Some(kib) if kib < 2 * 1024 * 1024 => Finding::warning(
            CHECK,
            format!("{} MiB free", kib / 1024),
            "a million texts need about 1 GiB",
        ),
        Some(kib) => Finding::ok(
            CHECK,
            format!("{} GiB free in {}", kib / 1024 / 1024, existing.display()),
        ),
        None => Finding::warning(CHECK, "free space cannot be told", "install df (coreutils)"),
    }
}

/// A clock that is behind what was written before was set back.
fn clock(data: &Path) -> Finding {
    const CHECK: &str = "clock";
    let now = chassis::Clock::system().now();
    if now.timestamp() < 1_767_225_600 {
        return Finding::wrong(
            CHECK,
            format!("it shows {now}"),
            "set the clock (NTP): windows and expiry depend on it",
        );
    }
    let newest = std::fs::read_dir(data).ok().into_iter().flatten().flatten();
    let newest = newest
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max();
    match newest.map(chrono::DateTime::<chrono::Utc>::from) {
        Some(newest) if newest > now + chrono::Duration::seconds(5) => Finding::wrong(
            CHECK,
            format!("it shows {now}, but files were written at {newest}"),
            "the clock was set back: set it right (NTP) before starting",
        ),
        _ => Finding::ok(CHECK, format!("{}", now.format("%Y-%m-%d %H:%M:%S UTC"))),
    }
}

async fn running_nats(common: &Common) -> Vec<Finding> {
    let managed = common.nats.url.is_empty();
    let (url, monitor) = if managed {
        let not_running = "not running now; `up` starts it with sync_interval always";
        let Some((url, monitor)) = last_started(&common.data.dir.join("nats")) else {
            return vec![Finding::ok("nats sync", not_running)];
        };
        if bus::connect(&url, "doctor").await.is_err() {
            return vec![Finding::ok("nats sync", not_running)];
        }
        (url, monitor)
    } else {
        (common.nats.url.clone(), common.nats.monitor.clone())
    };
    let (client, _) = match bus::connect(&url, "doctor").await {
        Ok(connection) => connection,
        Err(error) => {
            return vec![Finding::wrong(
                "nats",
                format!("{error:#}"),
                "start the server, or correct nats.url",
            )];
        }
    };
    let monitor = (!monitor.is_empty()).then_some(monitor.as_str());
    match verify_running(&client, monitor).await {
        Err(error) => vec![Finding::wrong(
            "nats",
            format!("{error:#}"),
            "correct nats.monitor, or the server",
        )],
        Ok(facts) => vec![
            if facts.version >= OLDEST {
                Finding::ok("nats", format!("version {}", facts.version))
            } else {
                Finding::wrong(
                    "nats",
                    format!("version {}", facts.version),
                    "upgrade nats-server to 2.14 or newer",
                )
            },
            match facts.sync_always {
                Some(true) => Finding::ok("nats sync", "sync_interval is always"),
                Some(false) => Finding::wrong(
                    "nats sync",
                    "the server acknowledges before its disk has the data: a power cut loses it",
                    "set jetstream { sync_interval: always } in the server's configuration",
                ),
                None => Finding::warning(
                    "nats sync",
                    "cannot be told without the monitoring port",
                    "set nats.monitor (HAILMAST_NATS__MONITOR) to http://HOST:8222",
                ),
            },
        ],
    }
}

async fn schemas(common: &Common) -> Vec<Finding> {
    let location = match Location::from_settings(&common.database, &common.data) {
        Ok(location) => location,
        Err(error) => {
            return vec![Finding::wrong(
                "database",
                format!("{error:#}"),
                "correct database.url",
            )];
        }
    };
    if let Location::Folder(folder) = &location
        && !folder.join("consent.db").exists()
    {
        return vec![Finding::ok(
            "schema",
            "no database yet: the first start creates it",
        )];
    }
    let mut missing = Vec::new();
    for service in SERVICES {
        let steps = async {
            anyhow::Ok(
                pending(
                    &location.connect(service.name, 1).await?,
                    service.migrations,
                )
                .await?,
            )
        };
        match steps.await {
            Ok(steps) if steps.is_empty() => {}
            Ok(steps) => missing.push(format!("{}: {}", service.name, steps.join(", "))),
            Err(error) => {
                return vec![Finding::wrong(
                    "database",
                    format!("{error:#}"),
                    "start it, or correct database.url",
                )];
            }
        }
    }
    if missing.is_empty() {
        return vec![Finding::ok("schema", "up to date")];
    }
    vec![Finding::warning(
        "schema",
        format!("steps missing: {}", missing.join("; ")),
        "run `hailmast migrate`, or just start",
    )]
}
