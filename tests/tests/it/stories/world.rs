//! A world for one story: a carrier and a Hailmast, each a process of its own, in a folder of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use channels::simulator::Verdict;
use serde_json::{Value, json};
use testkit::{Client, binary};

use super::carrier::Carrier;
use super::desk;

pub use super::desk::{SENDER, people};
pub use super::sums::{assert_sums, sum, wait_for};

pub struct World {
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    carrier: Carrier,
    hailmast: Option<Child>,
    address: Option<SocketAddr>,
    key: String,
    live_key: String,
}

impl World {
    /// Starts the carrier and, on it, the platform with these settings.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::with_carrier(&[], settings)
    }

    /// The same with a carrier that has its ways: options of `hailmast smsc`.
    pub fn with_carrier(ways: &[&str], settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("hailmast-story-")
            .tempdir()
            .unwrap();
        let carrier = Carrier::start(&folder.path().join("smsc.jsonl"), ways);
        let mut all = vec![
            ("HAILMAST_LOG__LEVEL".to_string(), "warn".to_string()),
            (
                "HAILMAST_DISPATCH__SIMULATOR__ADDRESS".to_string(),
                carrier.address.clone(),
            ),
        ];
        if let Some(url) = testkit::database_url() {
            all.push(("HAILMAST_DATABASE__URL".to_string(), url));
        }
        // The story's own come last, and win.
        all.extend(
            settings
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string())),
        );
        let mut world = Self {
            folder,
            settings: all,
            carrier,
            hailmast: None,
            address: None,
            key: String::new(),
            live_key: String::new(),
        };
        world.boot();
        world
    }

    /// Starts (again) on the same data.
    pub fn boot(&mut self) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("hailmast.log"));
        let mut child = Command::new(binary())
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data())
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.hailmast = Some(child);
        self.address = None;
        for line in lines.by_ref() {
            let line = line.unwrap();
            if let Some(rest) = line.split("http://").nth(1) {
                self.address = rest.split_whitespace().next().unwrap().parse().ok();
            }
            if let Some(key) = line.split("test key").nth(1) {
                self.key = key.split_whitespace().last().unwrap().to_string();
            }
            if let Some(key) = line.split("live key").nth(1) {
                self.live_key = key.split_whitespace().last().unwrap().to_string();
            }
            if self.address.is_some() && !self.live_key.is_empty() {
                break;
            }
        }
        // Read on, or what it prints next would break its pipe.
        std::thread::spawn(move || lines.count());
        assert!(
            self.address.is_some(),
            "hailmast did not come up:\n{}",
            self.log()
        );
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("hailmast.log")).unwrap_or_default()
    }

    /// kill -9 of the process; the server it manages ends with it or at the next start.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.hailmast.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// kill -9 of the managed nats-server alone.
    pub fn kill_nats(&self) {
        if let Some(pid) = nats_pid(&self.data()) {
            let _gone = Command::new("kill")
                .args(["-9", &pid])
                .stderr(Stdio::null())
                .status();
        }
    }

    /// SIGTERM; the exit code and the time it took.
    pub fn terminate(&mut self) -> (i32, Duration) {
        let mut child = self.hailmast.take().unwrap();
        let begun = Instant::now();
        Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        let status = child.wait().unwrap();
        (status.code().unwrap_or(-1), begun.elapsed())
    }

    pub fn is_up(&mut self) -> bool {
        self.hailmast
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Memory of the process in KiB, without the server that it manages.
    pub fn resident_kib(&self) -> u64 {
        let pid = self.hailmast.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let words = line.unwrap().split_whitespace().next();
        words.unwrap().parse().unwrap()
    }

    /// Whatever was done to it, it is up and nothing in it has panicked.
    pub fn assert_unharmed(&mut self) {
        assert!(self.is_up(), "the process ended:\n{}", self.log());
        assert!(!self.log().contains("panicked"), "{}", self.log());
    }

    pub fn address(&self) -> SocketAddr {
        self.address.unwrap()
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn client(&self) -> Client {
        Client::new(self.address.unwrap(), self.key.clone())
    }

    /// Somebody whose texts go over a real carrier.
    pub fn live_client(&self) -> Client {
        Client::new(self.address.unwrap(), self.live_key.clone())
    }

    /// A person texts.
    pub fn text_in(&mut self, phone: &str, text: &str) {
        self.carrier
            .command(&format!("reply {phone} {SENDER} {text}"));
    }

    /// An order to the carrier, such as `accept`.
    pub fn tell_carrier(&mut self, command: &str) -> Value {
        self.carrier.command(command)
    }

    /// What the carrier has written down so far.
    pub fn carrier_log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("smsc.jsonl")).unwrap_or_default()
    }

    pub fn carrier_stats(&mut self) -> Value {
        self.carrier.command("stats")
    }

    /// Imports people, opts them in, publishes a template; the id of a draft campaign.
    pub async fn prepare(&self, people: &[String]) -> String {
        let client = self.client();
        let list = desk::import(&client, desk::csv(people, "Ana")).await;
        desk::opt_in(&client, people).await;
        let template = desk::published(&client, desk::TEXT).await;
        desk::draft(&client, &template, &list).await
    }

    pub async fn launch(&self, campaign: &str) {
        self.client()
            .post(&format!("/v1/campaigns/{campaign}/launch"), &json!({}))
            .await
            .unwrap();
    }

    pub async fn progress(&self, campaign: &str) -> Option<Value> {
        self.client()
            .get(&format!("/v1/campaigns/{campaign}/progress"))
            .await
            .ok()
    }

    /// Waits until the campaign has completed; its last progress.
    pub async fn completed(&self, campaign: &str, within: Duration) -> Value {
        let log = || self.log();
        let deadline = Instant::now() + within;
        loop {
            let seen = self.progress(campaign).await.unwrap_or_default();
            if seen["state"] == "completed" {
                return seen;
            }
            assert!(
                Instant::now() < deadline,
                "the campaign did not complete: {seen}\n{}",
                log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until no receipt is awaited any more; the funnel of the analysts.
    pub async fn funnel(&self, campaign: &str, within: Duration) -> Value {
        let path = format!("/v1/analytics/campaigns/{campaign}/funnel");
        let deadline = Instant::now() + within;
        loop {
            let seen = self.client().get(&path).await.unwrap_or_default();
            if seen["awaiting_receipt"] == 0 && seen["pending"] == 0 || Instant::now() > deadline {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Stops everything and judges the carrier's log.
    pub fn verdict(mut self) -> Verdict {
        if self.hailmast.is_some() {
            let (code, _) = self.terminate();
            assert_eq!(
                code,
                0,
                "the platform did not stop cleanly:\n{}",
                self.log()
            );
        }
        self.carrier.verdict()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
        self.kill_nats();
    }
}

fn nats_pid(data: &Path) -> Option<String> {
    let pid = std::fs::read_to_string(data.join("nats/nats.pid")).ok()?;
    Some(pid.split_whitespace().next()?.to_string())
}
