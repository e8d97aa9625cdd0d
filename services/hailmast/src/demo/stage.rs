//! The demo's surroundings: a clock of its own, a simulated carrier, the platform and a key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use channels::simulator::{Delay, Smsc, SmscOptions};
use chassis::{Clock, Settings, telemetry};
use chrono::{DateTime, TimeZone, Utc};

use super::Options;
use crate::platform::Platform;
use crate::registry::SERVICES;
use chassis::http::client::Client;

/// The sender that the demo's texts come from.
pub const SENDER: &str = "+15005550100";

pub struct Stage {
    pub platform: Platform,
    pub smsc: Smsc,
    pub clock: Clock,
    pub client: Client,
    pub log: PathBuf,
    // Removed with everything in it when the demo ends.
    _folder: Option<tempfile::TempDir>,
}

/// A Wednesday in June, 17:00 UTC: day in America and Europe, before eight in Hawaii, night in Japan. The
/// demo's outcome is therefore the same at any hour and date.
pub fn opening() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 6, 10, 17, 0, 0)
        .single()
        .unwrap_or(DateTime::UNIX_EPOCH)
}

pub async fn set(options: &Options, config: Option<&Path>) -> anyhow::Result<Stage> {
    let (data, folder) = match &options.data {
        Some(data) => (data.clone(), None),
        None => {
            let folder = tempfile::Builder::new()
                .prefix("hailmast-demo-")
                .tempdir()?;
            (folder.path().to_path_buf(), Some(folder))
        }
    };
    std::fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;
    let log = data.join("smsc.jsonl");
    let smsc = Smsc::start(
        ([127, 0, 0, 1], 0).into(),
        SmscOptions {
            receipt_delay_ms: Delay { min: 20, max: 70 },
            failed_percent: 2.0,
            reply_percent: 1.0,
            log: Some(log.clone()),
            ..SmscOptions::default()
        },
    )?;
    let settings = Settings::load(&SERVICES, config)?
        .with("data.dir", &data)
        .with("http.listen", "127.0.0.1:0")
        .with("dispatch.simulator.address", smsc.address().to_string())
        .with("dispatch.lane.segments_per_second", options.rate);
    let quiet = chassis::config::Log {
        level: "error".to_string(),
        ..settings.common()?.log
    };
    telemetry::init_logs(&quiet)?;
    let clock = Clock::starting_at(opening());
    let platform = Platform::start(SERVICES.to_vec(), settings, clock.clone()).await?;
    let cx = platform
        .host
        .cx("accounts")
        .context("accounts does not run")?;
    let tenant = accounts::bootstrap(&cx.db, &cx.bus, &clock, "demo")
        .await?
        .context("the data folder belongs to an earlier run: choose an empty one")?;
    let client = Client::new(platform.host.address, tenant.test_key);
    Ok(Stage {
        platform,
        smsc,
        clock,
        client,
        log,
        _folder: folder,
    })
}

impl Stage {
    /// Stops everything; gives the carrier's log, moved out of the folder that is removed.
    pub async fn strike(self) -> anyhow::Result<tempfile::NamedTempFile> {
        let stopped = tokio::time::timeout(Duration::from_secs(40), self.platform.stop()).await;
        self.smsc.stop().await;
        let kept = tempfile::NamedTempFile::new()?;
        std::fs::copy(&self.log, kept.path()).context("the carrier's log cannot be read")?;
        stopped.context("the platform did not stop in time")??;
        Ok(kept)
    }
}
