//! Every service a process of its own, on one nats-server, with one carrier.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Client, NatsOptions, NatsServer, binary};

use super::carrier::Carrier;
use super::desk;

const SERVICES: [&str; 8] = [
    "accounts",
    "contacts",
    "consent",
    "renderer",
    "inbound",
    "campaigns",
    "dispatch",
    "analytics",
];

/// Processes by the service they run.
pub struct Fleet {
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    running: BTreeMap<&'static str, (Child, SocketAddr)>,
    key: String,
    pub carrier: Carrier,
    nats: Option<NatsServer>,
}

impl Fleet {
    /// Starts everything; `ways` of the carrier and settings of the processes.
    pub async fn launch(ways: &[&str], settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let nats = NatsServer::start(NatsOptions {
            binary: testkit::nats_server().await,
            store_dir: folder.path().join("nats"),
            port: None,
        })
        .await
        .unwrap();
        let carrier = Carrier::start(&folder.path().join("smsc.jsonl"), ways);
        let mut all = vec![
            ("NATS__URL", nats.url()),
            (
                "DATA__DIR",
                folder.path().join("data").display().to_string(),
            ),
            ("HTTP__LISTEN", "127.0.0.1:0".to_string()),
            ("LOG__LEVEL", "warn".to_string()),
            ("DISPATCH__SIMULATOR__ADDRESS", carrier.address.clone()),
        ];
        all.extend(testkit::database_url().map(|url| ("DATABASE__URL", url)));
        all.extend(
            settings
                .iter()
                .map(|(key, value)| (*key, value.to_string())),
        );
        let mut fleet = Self {
            settings: all
                .into_iter()
                .map(|(key, value)| (format!("HAILMAST_{key}"), value))
                .collect(),
            running: BTreeMap::new(),
            key: String::new(),
            carrier,
            nats: Some(nats),
            folder,
        };
        for service in SERVICES {
            fleet.start(service);
        }
        fleet
    }

    /// Starts a process and waits until it serves. Of accounts, the first time, it takes the key.
    pub fn start(&mut self, service: &'static str) {
        let log = self.folder.path().join(format!("{service}.log"));
        let log = std::fs::File::options().create(true).append(true).open(log);
        let mut child = Command::new(binary())
            .args(["run", service])
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let log = self.folder.path().join(format!("{service}.log"));
        let mut next = || match lines.next() {
            Some(line) => line.unwrap(),
            None => panic!("{}", std::fs::read_to_string(&log).unwrap_or_default()),
        };
        let first = next();
        let address = first.rsplit("http://").next().unwrap().parse();
        let address = address.unwrap_or_else(|_| panic!("no address: {first}"));
        while service == "accounts" && self.key.is_empty() {
            if let Some((_, key)) = next().split_once("test key: ") {
                self.key = key.trim().to_string();
            }
        }
        // Read on, or what it prints next would break its pipe.
        std::thread::spawn(move || lines.count());
        self.running.insert(service, (child, address));
    }

    pub fn log(&self, service: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{service}.log")))
            .unwrap_or_default()
    }

    pub fn client(&self, service: &str) -> Client {
        Client::new(self.running[service].1, self.key.clone())
    }

    pub fn kill(&mut self, service: &str) {
        let (mut child, _) = self.running.remove(service).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Takes a process out, to be dealt with by its caller; another may be started in its place.
    pub fn take(&mut self, service: &str) -> Child {
        self.running.remove(service).unwrap().0
    }

    /// A campaign to these people, launched; its path.
    pub async fn campaign(&self, people: &[String]) -> String {
        let list = desk::import(&self.client("contacts"), desk::csv(people, "Ana")).await;
        desk::opt_in(&self.client("consent"), people).await;
        let template = desk::published(&self.client("renderer"), desk::TEXT).await;
        let campaigns = self.client("campaigns");
        let campaign = desk::draft(&campaigns, &template, &list).await;
        let launch = format!("/v1/campaigns/{campaign}/launch");
        campaigns
            .post(&launch, &serde_json::json!({}))
            .await
            .unwrap();
        campaign
    }

    /// Texts (and parts) that the carrier took.
    pub fn submits(&mut self) -> u64 {
        self.carrier.command("stats")["submits"].as_u64().unwrap()
    }

    /// Waits until the campaign has completed; its last progress.
    pub async fn completed(&self, campaign: &str, within: Duration) -> Value {
        let (campaigns, begun) = (self.client("campaigns"), Instant::now());
        loop {
            let path = format!("/v1/campaigns/{campaign}/progress");
            let seen = campaigns.get(&path).await.unwrap();
            if seen["state"] == "completed" {
                return seen;
            }
            let logs: String = SERVICES.map(|service| self.log(service)).concat();
            assert!(
                begun.elapsed() < within,
                "it did not complete: {seen}\n{logs}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Stops everything in order and wants a clean end of every process.
    pub async fn stop(&mut self) {
        for (service, code) in self.terminate() {
            let log = self.log(service);
            assert_eq!(code, Some(0), "{service}:\n{log}");
            assert!(!log.contains("panicked"), "{service}:\n{log}");
        }
        if let Some(nats) = self.nats.take() {
            nats.stop().await.unwrap();
        }
    }

    /// Where the carrier's log is, and others may be.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// SIGTERM to all at once; the exit codes.
    fn terminate(&mut self) -> Vec<(&'static str, Option<i32>)> {
        for (child, _) in self.running.values() {
            let id = child.id().to_string();
            Command::new("kill").args(["-TERM", &id]).status().unwrap();
        }
        let running = std::mem::take(&mut self.running).into_iter();
        running
            .map(|(service, (mut child, _))| (service, child.wait().unwrap().code()))
            .collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for (child, _) in self.running.values_mut() {
            let _killed = child.kill();
            let _reaped = child.wait();
        }
    }
}
