//! The STOP client: people of the campaigns text STOP through the carrier, and a log is kept of it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use channels::simulator::StopEntry;
use chassis::http::client::Client;
use chrono::DateTime;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::SharedCarrier;
use super::chance::Chance;
use crate::demo::SENDER;

/// How long opt-outs that were recorded may take to be confirmed at the end.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(60);

/// The client's log. Clones write to the same file.
#[derive(Clone)]
pub struct StopLog(Arc<Mutex<File>>);

impl StopLog {
    pub fn add(&self, entry: &StopEntry) -> anyhow::Result<()> {
        let line = serde_json::to_string(entry)?;
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{line}")?;
        Ok(())
    }
}

/// Unix microseconds, as the carrier's log counts them.
pub fn micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

pub struct Texter {
    log: StopLog,
    carrier: SharedCarrier,
    /// In the order in which they will text.
    people: Vec<String>,
    sent: usize,
    chance: Chance,
}

impl Texter {
    pub fn create(
        log: &Path,
        carrier: SharedCarrier,
        mut people: Vec<String>,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut chance = Chance::new(seed);
        chance.shuffle(&mut people);
        Ok(Self {
            log: StopLog(Arc::new(Mutex::new(File::create(log)?))),
            carrier,
            people,
            sent: 0,
            chance,
        })
    }

    pub fn log(&self) -> StopLog {
        self.log.clone()
    }

    /// Texts until it has texted `least` times and the kills are over, or everybody has.
    pub async fn run(
        mut self,
        least: usize,
        per_second: u32,
        killed: CancellationToken,
    ) -> anyhow::Result<Self> {
        let mean = 1_000_000 / u64::from(per_second.max(1));
        while self.sent < self.people.len() && (self.sent < least || !killed.is_cancelled()) {
            let number = self.people[self.sent].clone();
            let mut carrier = self.carrier.lock().await;
            let t = micros();
            carrier
                .command(&format!("reply {number} {SENDER} STOP"))
                .await?;
            drop(carrier);
            self.log.add(&StopEntry::Sent { t, number })?;
            self.sent += 1;
            let pause = self.chance.between(0, 2 * mean);
            tokio::time::sleep(Duration::from_micros(pause)).await;
        }
        Ok(self)
    }

    /// Notes for everybody who texted when the platform, by its own record, confirmed it.
    pub async fn confirmations(&self, client: &Client) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + CONFIRMED_WITHIN;
        let record = loop {
            let record = confirmed(client).await?;
            if record.len() >= self.sent || tokio::time::Instant::now() > deadline {
                break record;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        };
        for number in &self.people[..self.sent] {
            let path = format!("/v1/consents?phone=%2B{}", number.trim_start_matches('+'));
            let history = client.get(&path).await?;
            let entries = history["data"].as_array().into_iter().flatten();
            let opt_out = entries
                .filter(|entry| entry["action"] == "opt_out")
                .find_map(|entry| record.get(entry["id"].as_str()?));
            if let Some(t) = opt_out {
                let (t, number) = (*t, number.clone());
                self.log.add(&StopEntry::Confirmed { t, number })?;
            }
        }
        Ok(())
    }
}

/// When opt-outs were confirmed, by the id of their entry in the ledger.
async fn confirmed(client: &Client) -> anyhow::Result<HashMap<String, u64>> {
    let (mut record, mut cursor) = (HashMap::new(), String::new());
    loop {
        let page = client
            .get(&format!("/v1/opt-outs?limit=200{cursor}"))
            .await?;
        let rows = page["data"].as_array().context("the list has no data")?;
        record.extend(rows.iter().filter_map(read));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(record),
        }
    }
}

fn read(row: &Value) -> Option<(String, u64)> {
    let at = DateTime::parse_from_rfc3339(row["confirmed_at"].as_str()?).ok()?;
    let at = u64::try_from(at.timestamp_micros()).ok()?;
    Some((row["consent"].as_str()?.to_string(), at))
}
