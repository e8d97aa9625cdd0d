//! A world for one story: a carrier and a Hailmast, each a process of its own, in a folder of its own.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use channels::simulator::{Verdict, judge};
use serde_json::{Value, json};
use testkit::{Client, binary};

pub const SENDER: &str = "+15005550100";
const CONFIRMATION: &str = "You are unsubscribed";

pub struct World {
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    carrier: Carrier,
    hailmast: Option<Child>,
    address: Option<SocketAddr>,
    key: String,
}

struct Carrier {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl World {
    /// Starts the carrier and, on it, the platform with these settings.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("hailmast-story-")
            .tempdir()
            .unwrap();
        let carrier = Carrier::start(&folder.path().join("smsc.jsonl"));
        let mut settings: Vec<(String, String)> = settings
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        settings.push((
            "HAILMAST_DISPATCH__SIMULATOR__ADDRESS".into(),
            carrier.address.clone(),
        ));
        settings.push(("HAILMAST_LOG__LEVEL".into(), "warn".into()));
        if let Some(url) = testkit::database_url() {
            settings.push(("HAILMAST_DATABASE__URL".into(), url));
        }
        let mut world = Self {
            folder,
            settings,
            carrier,
            hailmast: None,
            address: None,
            key: String::new(),
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
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.hailmast = Some(child);
        self.address = None;
        for line in lines {
            let line = line.unwrap();
            if let Some(rest) = line.split("http://").nth(1) {
                self.address = rest.split_whitespace().next().unwrap().parse().ok();
            }
            if let Some(key) = line.split("test key").nth(1) {
                self.key = key.split_whitespace().last().unwrap().to_string();
            }
            if self.address.is_some() && !self.key.is_empty() {
                break;
            }
        }
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

    pub fn client(&self) -> Client {
        Client::new(self.address.unwrap(), self.key.clone())
    }

    /// A person texts.
    pub fn text_in(&mut self, phone: &str, text: &str) {
        self.carrier
            .command(&format!("reply {phone} {SENDER} {text}"));
    }

    pub fn carrier_stats(&mut self) -> Value {
        self.carrier.command("stats")
    }

    /// Imports `count` people, opts them in, publishes a template; the id of a draft campaign.
    pub async fn prepare(&self, people: &[String]) -> String {
        let client = self.client();
        let zone = daytime_zone();
        let mut csv = "phone,first_name,timezone\n".to_string();
        for phone in people {
            csv.push_str(&format!("{phone},Ana,{zone}\n"));
        }
        let job = client
            .post_csv("/v1/imports?list_name=story", csv.into_bytes())
            .await
            .unwrap();
        let import = format!("/v1/imports/{}", job["id"].as_str().unwrap());
        let list = wait_for("the import", Duration::from_secs(60), async || {
            let job = client.get(&import).await.ok()?;
            (job["state"] == "succeeded").then(|| job["list"].as_str().unwrap().to_string())
        })
        .await;
        for page in people.chunks(1000) {
            let items: Vec<Value> = page
                .iter()
                .map(|phone| {
                    json!({ "phone": phone, "action": "opt_in", "method": "web_form",
                            "evidence": { "disclosure_text": "I agree to get offers by text.", "source": "story" } })
                })
                .collect();
            client
                .post("/v1/consents/batch", &json!({ "items": items }))
                .await
                .unwrap();
        }
        let body = "Hi {{ contact.first_name }}, the sale is on. Reply STOP to opt out.";
        let template = json!({ "name": "sale", "language": "en", "body": body });
        let template = client.post("/v1/templates", &template).await.unwrap();
        let template = template["id"].as_str().unwrap();
        client
            .post(&format!("/v1/templates/{template}/publish"), &json!({}))
            .await
            .unwrap();
        let campaign = json!({ "name": "Sale", "class": "marketing", "template": template, "sender": SENDER,
                               "audience": { "include": [list] } });
        let campaign = client.post("/v1/campaigns", &campaign).await.unwrap();
        campaign["id"].as_str().unwrap().to_string()
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
        self.carrier.stop();
        judge(&self.folder.path().join("smsc.jsonl"), CONFIRMATION).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
        self.kill_nats();
    }
}

impl Carrier {
    fn start(log: &Path) -> Self {
        let mut child = Command::new(binary())
            .args(["smsc", "--listen", "127.0.0.1:0", "--log"])
            .arg(log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        let address = first["listening"].as_str().unwrap().to_string();
        Self {
            child,
            commands,
            answers,
            address,
        }
    }

    fn command(&mut self, line: &str) -> Value {
        writeln!(self.commands, "{line}").unwrap();
        self.commands.flush().unwrap();
        serde_json::from_str(&self.answers.next().unwrap().unwrap()).unwrap()
    }

    fn stop(&mut self) {
        let _said = writeln!(self.commands, "stop");
        let _flushed = self.commands.flush();
        let _ended = self.child.wait();
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn nats_pid(data: &Path) -> Option<String> {
    let pid = std::fs::read_to_string(data.join("nats/nats.pid")).ok()?;
    Some(pid.split_whitespace().next()?.to_string())
}

/// `count` valid numbers.
pub fn people(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| format!("+1212{:07}", 2_200_000 + index))
        .collect()
}

/// A zone in which it is about one in the afternoon, whenever the story is told.
fn daytime_zone() -> String {
    let hour = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / 3600
        % 24;
    let offset = 13 - i64::try_from(hour).unwrap();
    // POSIX signs: Etc/GMT-5 is five hours ahead of UTC.
    match offset {
        0 => "Etc/GMT".to_string(),
        ahead if ahead > 0 => format!("Etc/GMT-{ahead}"),
        behind => format!("Etc/GMT+{}", -behind),
    }
}

pub async fn wait_for<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A count that is a number, or numbers by reason.
pub fn sum(value: &Value) -> u64 {
    match value {
        Value::Object(map) => map.values().map(sum).sum(),
        other => other.as_u64().unwrap_or(0),
    }
}

/// G5: every recipient stands in exactly one state.
pub fn assert_sums(progress: &Value) {
    let states = [
        "suppressed",
        "cancelled",
        "expired",
        "failed",
        "unknown",
        "handed_over",
        "pending",
        "held",
    ];
    let total: u64 = states.iter().map(|state| sum(&progress[*state])).sum();
    assert_eq!(
        total,
        progress["recipients"].as_u64().unwrap(),
        "{progress}"
    );
}
