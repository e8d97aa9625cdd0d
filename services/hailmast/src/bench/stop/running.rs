//! The platform under test: `hailmast up`, a process of its own that is killed and started again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use chassis::http::client::Client;
use chassis::managed::NatsServer;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::{Options, Second};
use crate::platform::start_nats;
use crate::registry::SERVICES;

/// Redeliveries that wait for half a minute would only make the runs longer.
const SETTINGS: [(&str, &str); 6] = [
    ("HAILMAST_LOG__LEVEL", "warn"),
    ("HAILMAST_BUS__ACK_WAIT_MS", "2000"),
    ("HAILMAST_CAMPAIGNS__RELEASE_TIMEOUT_MS", "3000"),
    ("HAILMAST_CAMPAIGNS__RESTART_GRACE_MS", "1500"),
    ("HAILMAST_NATS__URL", ""),
    ("HAILMAST_HTTP__LISTEN", "127.0.0.1:0"),
];
const STOP_WITHIN: Duration = Duration::from_secs(60);

pub struct Running {
    settings: Vec<(String, String)>,
    config: Option<PathBuf>,
    folder: PathBuf,
    child: tokio::sync::Mutex<Option<Child>>,
    /// Where the services are processes of their own: the server they share.
    nats: tokio::sync::Mutex<Option<NatsServer>>,
    second: Option<Second>,
    beside: tokio::sync::Mutex<Vec<Child>>,
    client: Mutex<Option<(SocketAddr, String)>>,
    of_process: AtomicUsize,
    of_nats: AtomicUsize,
}

impl Running {
    pub async fn start(
        options: &Options,
        config: Option<&Path>,
        folder: &Path,
        carrier: SocketAddr,
    ) -> anyhow::Result<Self> {
        let mut settings: Vec<(String, String)> = SETTINGS
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        settings.push((
            "HAILMAST_DISPATCH__SIMULATOR__ADDRESS".into(),
            carrier.to_string(),
        ));
        settings.push((
            "HAILMAST_DISPATCH__LANE__SEGMENTS_PER_SECOND".into(),
            options.rate.to_string(),
        ));
        if let Some(database) = &options.database {
            let url = if database == "sqlite" { "" } else { database };
            settings.push(("HAILMAST_DATABASE__URL".into(), url.into()));
        }
        let data = folder.join("data");
        settings.push(("HAILMAST_DATA__DIR".into(), data.display().to_string()));
        let nats = match options.second {
            Some(_) => Some(start_nats("", &data).await?),
            None => None,
        };
        settings.extend(
            nats.iter()
                .map(|nats| ("HAILMAST_NATS__URL".into(), nats.url())),
        );
        let running = Self {
            settings,
            config: config.map(Path::to_path_buf),
            folder: folder.to_path_buf(),
            child: tokio::sync::Mutex::new(None),
            nats: tokio::sync::Mutex::new(nats),
            second: options.second,
            beside: tokio::sync::Mutex::new(Vec::new()),
            client: Mutex::new(None),
            of_process: AtomicUsize::new(0),
            of_nats: AtomicUsize::new(0),
        };
        running.boot(true).await?;
        match options.second {
            Some(Second::Consent) => running.start_beside("consent").await?,
            Some(Second::Dispatch) => running.start_beside("dispatch").await?,
            None => {}
        }
        Ok(running)
    }

    /// One process on SQLite, for benches that kill nothing.
    pub async fn single(
        config: Option<&Path>,
        folder: &Path,
        carrier: SocketAddr,
    ) -> anyhow::Result<Self> {
        let options = Options {
            stops: 0,
            kills: 0,
            contacts: 0,
            stops_per_second: 1,
            rate: 0,
            database: Some("sqlite".into()),
            seed: 1,
            throttle_every: None,
            second: None,
            data: None,
            json: false,
        };
        Self::start(&options, config, folder, carrier).await
    }

    /// Starts it (again) on the same data; returns once it listens.
    async fn boot(&self, first: bool) -> anyhow::Result<()> {
        let mut command = self.command()?;
        if let Some(second) = self.second {
            let all = SERVICES.iter().map(|service| service.name);
            let apart = |name: &&str| second != Second::Dispatch || *name != "dispatch";
            // Slowed down by sabotage is the second process alone.
            command.env_remove("HAILMAST_SABOTAGE_DELAY_MS");
            command.arg("run").args(all.filter(apart));
        } else {
            command.arg("up");
        }
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("hailmast cannot be started")?;
        let out = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let (mut address, mut key) = (None, self.key());
        while address.is_none() || (first && key.is_none()) {
            let line = lines.next_line().await?;
            let line = line.context("hailmast did not come up on a fresh database")?;
            if let Some((_, rest)) = line.split_once("http://") {
                let text = rest.split_whitespace().next().unwrap_or_default();
                address = Some(text.parse().context("no address was printed")?);
            }
            if line.contains("test key") {
                key = line.split_whitespace().last().map(str::to_string);
            }
        }
        // Read on, or what it prints next would break its pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let known = address.zip(key);
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = known;
        *self.child.lock().await = Some(child);
        Ok(())
    }

    fn command(&self) -> anyhow::Result<Command> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())?;
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        Ok(command)
    }

    /// One more process, of one service.
    pub async fn start_beside(&self, service: &str) -> anyhow::Result<()> {
        let child = self.command()?.args(["run", service]).spawn();
        let child = child.with_context(|| format!("{service} cannot be started"))?;
        self.beside.lock().await.push(child);
        Ok(())
    }

    /// Sends a signal to the first process beside.
    pub async fn signal_beside(&self, signal: &str) -> anyhow::Result<()> {
        let beside = self.beside.lock().await;
        let pid = beside.first().and_then(Child::id);
        let pid = pid.context("no process runs beside")?.to_string();
        Command::new("kill").args([signal, &pid]).status().await?;
        Ok(())
    }

    fn key(&self) -> Option<String> {
        let known = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|(_, key)| key.clone())
    }

    /// To be taken anew for every call: the address changes with every start.
    pub fn client(&self) -> Client {
        let known = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let nowhere = || (SocketAddr::from(([127, 0, 0, 1], 1)), String::new());
        let (address, key) = known.clone().unwrap_or_else(nowhere);
        Client::new(address, key)
    }

    /// kill -9 of the process (its nats-server goes with it), and a new start.
    pub async fn kill_process(&self) -> anyhow::Result<()> {
        self.of_process.fetch_add(1, Ordering::Relaxed);
        let child = self.child.lock().await.take();
        child.context("nothing runs")?.kill().await?;
        self.boot(false).await
    }

    /// kill -9 of the managed nats-server; resolves once another one runs.
    pub async fn kill_nats(&self) -> anyhow::Result<()> {
        self.of_nats.fetch_add(1, Ordering::Relaxed);
        let before = self.nats_pid().context("no nats-server runs")?;
        Command::new("kill").args(["-9", &before]).status().await?;
        for _ in 0..3000 {
            if self.nats_pid().is_some_and(|pid| pid != before) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("nats-server was not started again")
    }

    fn nats_pid(&self) -> Option<String> {
        let pid = std::fs::read_to_string(self.folder.join("data/nats/nats.pid")).ok()?;
        Some(pid.trim().to_string()).filter(|pid| !pid.is_empty())
    }

    pub async fn ready(&self) -> bool {
        self.client().get("/ready").await.is_ok()
    }

    /// Times that the process and its nats-server were killed.
    pub fn kills(&self) -> (usize, usize) {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (read(&self.of_process), read(&self.of_nats))
    }

    /// SIGTERM, and an error if it does not heed it.
    pub async fn stop(&self) -> anyhow::Result<()> {
        // Some of them may have been fenced, and ended as they should.
        for mut child in self.beside.lock().await.drain(..) {
            child.kill().await?;
        }
        let stopped = self.stop_main().await;
        if let Some(nats) = self.nats.lock().await.take() {
            nats.stop().await?;
        }
        stopped
    }

    async fn stop_main(&self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.lock().await.take() else {
            return Ok(());
        };
        let pid = child.id().context("hailmast ended by itself")?;
        Command::new("kill")
            .args(["-TERM", &pid.to_string()])
            .status()
            .await?;
        let ended = tokio::time::timeout(STOP_WITHIN, child.wait()).await;
        let status = ended.context("hailmast did not stop in time")??;
        anyhow::ensure!(status.success(), "hailmast stopped with {status}");
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("hailmast.log")
    }

    /// The end of its log, for an error.
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let mut last: Vec<&str> = log.lines().rev().take(10).collect();
        last.reverse();
        last.join("\n")
    }
}
