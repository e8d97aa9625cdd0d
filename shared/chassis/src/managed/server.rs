//! The managed nats-server: started, restarted after a crash, stopped.

use std::fs::{File, TryLockError};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;

use super::child::Running;
use super::conf::{Door, Folder};
use super::stale;

const RESTART_AFTER: Duration = Duration::from_millis(200);
/// A server that fails this often in a row will not come back by trying again.
const RESTARTS: u32 = 10;
/// A free port may be taken by another between the look and the start.
const PORT_TRIES: u32 = 5;

#[derive(Debug, Clone)]
pub struct NatsOptions {
    pub binary: PathBuf,
    /// Configuration, log, pid and JetStream's files. One server a folder.
    pub store_dir: PathBuf,
    /// `None`: any free one.
    pub port: Option<u16>,
}

/// A running server. Dropping it kills it; so does the end of this process, however it ends.
pub struct NatsServer {
    binary: PathBuf,
    folder: Folder,
    door: Door,
    running: Running,
    _lock: File,
}

impl NatsServer {
    pub async fn start(options: NatsOptions) -> anyhow::Result<Self> {
        let folder = Folder::open(&options.store_dir)?;
        let lock = lock(&folder)?;
        stale::kill_left_over(&folder).await?;
        let mut tries = 0;
        loop {
            tries += 1;
            let (port, monitor) = free_ports(options.port)?;
            let door = Door::new(port, monitor);
            match Running::start(&options.binary, &folder, &door).await {
                Ok(running) => {
                    return Ok(Self {
                        binary: options.binary,
                        folder,
                        door,
                        running,
                        _lock: lock,
                    });
                }
                Err(error)
                    if tries >= PORT_TRIES
                        || !error.to_string().contains("address already in use") =>
                {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
    }

    /// With user and password: never to be logged.
    pub fn url(&self) -> String {
        self.door.url()
    }

    pub fn port(&self) -> u16 {
        self.door.port
    }

    /// The HTTP monitoring door, on loopback.
    pub fn monitor_url(&self) -> String {
        self.door.monitor_url()
    }

    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Where its log, its pid file and JetStream's own folder lie.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Resolves when the process ends by itself.
    pub async fn wait_exit(&mut self) -> anyhow::Result<ExitStatus> {
        self.running.wait().await
    }

    /// Ends it as a crash would.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.running.kill().await
    }

    /// Starts it again after its end, on the same ports and with the same credentials.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.running = Running::start(&self.binary, &self.folder, &self.door).await?;
        Ok(())
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.running.stop().await
    }

    /// Leaves the process running and gives the folder's lock back, as the end of this process would.
    #[cfg(test)]
    fn abandon(self) {
        self.running.abandon();
    }

    /// Keeps it running until the token is cancelled, then stops it. Fails when it will not come back.
    pub async fn supervise(mut self, stopping: CancellationToken) -> anyhow::Result<()> {
        loop {
            let ended = tokio::select! {
                () = stopping.cancelled() => return self.stop().await,
                ended = self.wait_exit() => ended?,
            };
            tracing::warn!(status = %ended, "nats-server ended; starting it again");
            let mut failures = 0;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return Ok(()),
                    () = tokio::time::sleep(RESTART_AFTER) => {}
                }
                match self.restart().await {
                    Ok(()) => break,
                    Err(error) => {
                        failures += 1;
                        if failures >= RESTARTS {
                            return Err(error.context("nats-server does not come back"));
                        }
                        tracing::warn!(%error, "nats-server did not start");
                    }
                }
            }
        }
    }
}

/// Held as long as this process lives, so a second one cannot share or clear away a folder in use.
fn lock(folder: &Folder) -> anyhow::Result<File> {
    let path = folder.lock();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "{} is in use by another running Hailmast",
            folder.path().display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

fn free_ports(port: Option<u16>) -> anyhow::Result<(u16, u16)> {
    // Both held at once, or the second could be the first again.
    let wanted = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).with_context(|| {
        format!(
            "port {} on 127.0.0.1 cannot be had for nats-server",
            port.unwrap_or(0)
        )
    })?;
    let monitor = TcpListener::bind(("127.0.0.1", 0))?;
    Ok((wanted.local_addr()?.port(), monitor.local_addr()?.port()))
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
