//! Every service a process of its own, on one nats-server.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use testkit::{Client, NatsOptions, NatsServer, binary};

use super::carrier::Carrier;
use super::desk;
use super::sums::{assert_sums, sum, wait_for};

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
struct Fleet {
    folder: PathBuf,
    settings: Vec<(String, String)>,
    running: BTreeMap<&'static str, (Child, std::net::SocketAddr)>,
    key: String,
}

impl Fleet {
    /// Starts a process and waits until it serves. Of accounts, the first time, it takes the key.
    fn start(&mut self, service: &'static str) {
        let log = self.folder.join(format!("{service}.log"));
        let log = std::fs::File::options().create(true).append(true).open(log);
        let mut child = Command::new(binary())
            .args(["run", service])
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let log = self.folder.join(format!("{service}.log"));
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

    fn log(&self, service: &str) -> String {
        std::fs::read_to_string(self.folder.join(format!("{service}.log"))).unwrap_or_default()
    }

    fn client(&self, service: &str) -> Client {
        Client::new(self.running[service].1, self.key.clone())
    }

    fn kill(&mut self, service: &str) {
        let (mut child, _) = self.running.remove(service).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_run_a_campaign_and_survive_the_loss_of_the_dispatcher() {
    let folder = tempfile::tempdir().unwrap();
    let nats = NatsServer::start(NatsOptions {
        binary: testkit::nats_server().await,
        store_dir: folder.path().join("nats"),
        port: None,
    })
    .await
    .unwrap();
    let mut carrier = Carrier::start(&folder.path().join("smsc.jsonl"), &[]);
    let data = folder.path().join("data").display().to_string();
    let mut settings = vec![
        ("NATS__URL", nats.url()),
        ("DATA__DIR", data),
        ("HTTP__LISTEN", "127.0.0.1:0".to_string()),
        ("LOG__LEVEL", "warn".to_string()),
        ("BUS__ACK_WAIT_MS", "2000".to_string()),
        ("CAMPAIGNS__RELEASE_TIMEOUT_MS", "3000".to_string()),
        ("DISPATCH__LANE__SEGMENTS_PER_SECOND", "150".to_string()),
        // The predecessor is killed, never frozen.
        ("DISPATCH__TAKEOVER_WAIT_MS", "0".to_string()),
        ("DISPATCH__SIMULATOR__ADDRESS", carrier.address.clone()),
    ];
    settings.extend(testkit::database_url().map(|url| ("DATABASE__URL", url)));
    let mut fleet = Fleet {
        folder: folder.path().to_path_buf(),
        settings: settings
            .into_iter()
            .map(|(key, value)| (format!("HAILMAST_{key}"), value))
            .collect(),
        running: BTreeMap::new(),
        key: String::new(),
    };
    for service in SERVICES {
        fleet.start(service);
    }

    let people = desk::people(500);
    let list = desk::import(&fleet.client("contacts"), desk::csv(&people, "Ana")).await;
    desk::opt_in(&fleet.client("consent"), &people).await;
    let template = desk::published(&fleet.client("renderer"), desk::TEXT).await;
    let campaigns = fleet.client("campaigns");
    let campaign = desk::draft(&campaigns, &template, &list).await;
    let path = format!("/v1/campaigns/{campaign}");
    campaigns
        .post(&format!("{path}/launch"), &serde_json::json!({}))
        .await
        .unwrap();
    wait_for("a hundred texts", Duration::from_secs(30), async || {
        (carrier.command("stats")["submits"].as_u64()? >= 100).then_some(())
    })
    .await;
    fleet.kill("dispatch");
    let before = carrier.command("stats")["submits"].as_u64().unwrap();
    assert!(before < 500, "it was killed too late: {before}");
    fleet.start("dispatch");

    let deadline = Instant::now() + Duration::from_secs(90);
    let progress = loop {
        let seen = campaigns.get(&format!("{path}/progress")).await.unwrap();
        if seen["state"] == "completed" {
            break seen;
        }
        let logs: String = SERVICES.map(|service| fleet.log(service)).concat();
        assert!(
            Instant::now() < deadline,
            "it did not complete: {seen}\n{logs}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_sums(&progress);
    let (handed_over, unknown) = (sum(&progress["handed_over"]), sum(&progress["unknown"]));
    let funnel = format!("/v1/analytics/campaigns/{campaign}/funnel");
    let analytics = fleet.client("analytics");
    let funnel = wait_for("the receipts", Duration::from_secs(30), async || {
        let seen = analytics.get(&funnel).await.ok()?;
        (seen["awaiting_receipt"] == 0 && seen["pending"] == 0).then_some(seen)
    })
    .await;
    assert_eq!(
        (sum(&funnel["handed_over"]), sum(&funnel["unknown"])),
        (handed_over, unknown),
        "{funnel}"
    );

    for (service, code) in fleet.terminate() {
        let log = fleet.log(service);
        assert_eq!(code, Some(0), "{service}:\n{log}");
        assert!(!log.contains("panicked"), "{service}:\n{log}");
    }
    nats.stop().await.unwrap();
    let verdict = carrier.verdict();
    println!("{handed_over} handed over, {unknown} unknown: {verdict:?}");
    assert_eq!(verdict.texts_twice, 0, "{verdict:?}");
    assert_eq!(handed_over + unknown, 500, "{progress}");
    assert!(
        (handed_over..=handed_over + unknown).contains(&verdict.texts),
        "{progress} {verdict:?}"
    );
}
