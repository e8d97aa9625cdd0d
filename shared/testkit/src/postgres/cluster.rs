//! One cluster: made, started, watched.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::leftovers;
use super::tools::Tools;

/// Waits for the end of this process, then stops the cluster and removes its folder.
const WATCHDOG: &str = r#"trap "" INT HUP TERM; read -r _; kill -QUIT "$1" 2>/dev/null
i=0; while kill -0 "$1" 2>/dev/null && [ $i -lt 30 ]; do sleep 0.1; i=$((i+1)); done; rm -rf "$2""#;
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
    port: u16,
    password: String,
    databases: AtomicU32,
    _postmaster: Child,
    /// Its stdin is the pipe that closes when this process ends.
    _watchdog: Child,
}

impl Cluster {
    pub async fn start() -> anyhow::Result<Self> {
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
        let mut postmaster = launch(&tools, &folder, port)?;
        let watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "postgres-watchdog"])
            .arg(postmaster.id().to_string())
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let url = url(port, &password, "postgres");
        let since = Instant::now();
        while PgConnection::connect(&url).await.is_err() {
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            if let Some(status) = postmaster.try_wait()? {
                bail!("PostgreSQL ended at once ({status}): {}", log());
            }
            if since.elapsed() > PATIENCE {
                bail!("PostgreSQL was not ready within {PATIENCE:?}: {}", log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self {
            port,
            password,
            databases: AtomicU32::new(0),
            _postmaster: postmaster,
            _watchdog: watchdog,
        })
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

fn launch(tools: &Tools, folder: &Path, port: u16) -> anyhow::Result<Child> {
    let log = std::fs::File::create(folder.join("log"))?;
    let mut command = tools.command("postgres");
    command
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string()])
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.spawn().context("postgres cannot be run")
}
