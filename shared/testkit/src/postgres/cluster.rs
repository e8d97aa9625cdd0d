//! One cluster: made, started, watched.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::leftovers;
use super::tools::Tools;

/// Waits for the end of this process, then stops the cluster and removes its folder.
const WATCHDOG: &str = r#"trap "" INT HUP TERM; read -r _; p=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$p" ]; then kill -QUIT "$p" 2>/dev/null; i=0
while kill -0 "$p" 2>/dev/null && [ $i -lt 30 ]; do sleep 0.1; i=$((i+1)); done; fi; rm -rf "$1""#;
const PATIENCE: Duration = Duration::from_secs(30);

/// Nothing in it is meant to outlive a crash, so nothing is synced.
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=400",
    "shared_buffers=64MB",
    "logging_collector=off",
];

#[derive(Debug)]
pub struct Cluster {
    tools: Tools,
    folder: PathBuf,
    own: &'static [&'static str],
    port: u16,
    password: String,
    databases: AtomicU32,
    postmaster: Child,
    /// Its stdin is the pipe that closes when this process ends.
    _watchdog: Child,
}

impl Cluster {
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(&[]).await
    }

    /// One that keeps what it has committed when it is halted.
    pub async fn lasting() -> anyhow::Result<Self> {
        Self::with(&["synchronous_commit=on"]).await
    }

    /// With these settings on top of the others.
    async fn with(own: &'static [&'static str]) -> anyhow::Result<Self> {
        let tools = Tools::find()?;
        let temp = std::env::temp_dir().canonicalize()?;
        leftovers::clear(&temp);
        let folder = tempfile::Builder::new()
            .prefix(&format!("{}{}-", leftovers::PREFIX, std::process::id()))
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(&temp)?
            .keep();
        tools.hand_over(&folder)?;
        let password = format!("{:032x}", rand::random::<u128>());
        make(&tools, &folder, &password)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let postmaster = launch(&tools, (&folder, own), port)?;
        let watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "postgres-watchdog"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let mut cluster = Self {
            tools,
            folder,
            own,
            port,
            password,
            databases: AtomicU32::new(0),
            postmaster,
            _watchdog: watchdog,
        };
        cluster.ready().await?;
        Ok(cluster)
    }

    /// Ends the server as a crash of its machine would: at once, whoever is connected. For a cluster of one's own.
    pub fn halt(&mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.postmaster), Signal::QUIT)?;
        self.postmaster.wait()?;
        Ok(())
    }

    /// Starts it again on the same data and port, and waits until it takes connections.
    pub async fn resume(&mut self) -> anyhow::Result<()> {
        self.postmaster = launch(&self.tools, (&self.folder, self.own), self.port)?;
        self.ready().await
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let (url, since) = (self.url("postgres"), Instant::now());
        while PgConnection::connect(&url).await.is_err() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            if let Some(status) = self.postmaster.try_wait()? {
                bail!("PostgreSQL ended at once ({status}): {}", log());
            }
            if since.elapsed() > PATIENCE {
                bail!("PostgreSQL was not ready within {PATIENCE:?}: {}", log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub fn url(&self, database: &str) -> String {
        url(self.port, &self.password, database)
    }

    /// An empty database with a name of its own.
    pub async fn create_database(&self) -> anyhow::Result<String> {
        let name = format!("kit_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // template0: nobody is ever connected to it, so it can always be copied.
        self.run(format!("create database {name} template template0"))
            .await?;
        Ok(name)
    }

    pub async fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        self.run(format!("drop database if exists {name} with (force)"))
            .await
    }

    async fn run(&self, statement: String) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await?;
        Ok(connection.close().await?)
    }
}

fn url(port: u16, password: &str, database: &str) -> String {
    format!("postgres://postgres:{password}@127.0.0.1:{port}/{database}")
}

fn make(tools: &Tools, folder: &Path, password: &str) -> anyhow::Result<()> {
    let secret = folder.join("password");
    std::fs::write(&secret, password)?;
    tools.hand_over(&secret)?;
    let text = |path: &Path| path.to_str().map(str::to_string).context("not UTF-8");
    // Passwords in clear: over loopback they are as safe, and hashing them costs each connection of a
    // debug build many milliseconds.
    let (data, secret) = (text(&folder.join("data"))?, text(&secret)?);
    let pwfile = format!("--pwfile={secret}");
    let args = [
        "-D",
        &data,
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
        "--auth=password",
        &pwfile,
        "--no-sync",
    ];
    tools.run("initdb", &args)
}

fn launch(tools: &Tools, (folder, own): (&Path, &[&str]), port: u16) -> anyhow::Result<Child> {
    let log = std::fs::File::create(folder.join("log"))?;
    let mut command = tools.command("postgres");
    command
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string()])
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0);
    for setting in SETTINGS.iter().chain(own) {
        command.args(["-c", setting]);
    }
    command.spawn().context("postgres cannot be run")
}
