//! One run of the nats-server process, with a watchdog that ends it when this process is killed.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::conf::{Door, Folder, write};
use super::monitor;

/// Reads until this process's end of the pipe is gone, however it went, then ends the server.
const WATCHDOG: &str = r#"trap "" INT HUP TERM; read -r _; kill -9 "$1" 2>/dev/null"#;
/// JetStream reads its whole store back before it answers: seconds after a long run was killed.
const PATIENCE: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(10);

pub struct Running {
    server: Child,
    watchdog: Option<Child>,
    pid: u32,
}

impl Running {
    /// Starts the process and waits until it answers.
    pub async fn start(binary: &Path, folder: &Folder, door: &Door) -> anyhow::Result<Self> {
        write(folder, door)?;
        let errors = std::fs::File::create(folder.stderr())?;
        let server = Command::new(binary)
            .arg("--config")
            .arg(folder.conf())
            .env("GOMEMLIMIT", "128MiB")
            .env("GOGC", "50")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            // Its own group: Ctrl-C on the terminal reaches us only, and we stop it last.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let pid = server.id().context("nats-server ended at once")?;
        std::fs::write(folder.pid(), pid.to_string())?;
        let mut running = Self {
            server,
            watchdog: watch(pid),
            pid,
        };
        running.wait_until_ready(folder, door).await?;
        Ok(running)
    }

    async fn wait_until_ready(&mut self, folder: &Folder, door: &Door) -> anyhow::Result<()> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.server.try_wait()? {
                bail!(
                    "nats-server ended at once ({status}): {}",
                    last_words(folder)
                );
            }
            if monitor::get(&door.monitor_url(), "/healthz").await.is_ok()
                && accepts(door.port).await
            {
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                bail!(
                    "nats-server was not ready within {PATIENCE:?}: {}",
                    last_words(folder)
                );
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.server.wait().await?;
        self.dismiss_watchdog();
        Ok(status)
    }

    /// SIGTERM, and SIGKILL when that is not heeded.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if self.server.try_wait()?.is_none() {
            signal(self.pid, Signal::TERM);
            if tokio::time::timeout(GRACE, self.server.wait())
                .await
                .is_err()
            {
                self.server.kill().await?;
            }
        }
        self.dismiss_watchdog();
        Ok(())
    }

    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.server.kill().await?;
        self.dismiss_watchdog();
        Ok(())
    }

    /// Leaves the process running, as when ours is killed and the watchdog with it.
    #[cfg(test)]
    pub fn abandon(mut self) {
        self.dismiss_watchdog();
        std::mem::forget(self);
    }

    fn dismiss_watchdog(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            // Killed before its pipe closes: the number it watches may be another's by now.
            let _ = watchdog.start_kill();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Before the server goes, lest the watchdog signals a number that has been given to another.
        self.dismiss_watchdog();
        let _ = self.server.start_kill();
    }
}

fn watch(pid: u32) -> Option<Child> {
    let started = Command::new("/bin/sh")
        .args(["-c", WATCHDOG, "nats-watchdog", &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    started.inspect_err(|error| tracing::warn!(%error, "no watchdog: after a kill -9 nats-server runs on until the next start")).ok()
}

pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

async fn accepts(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_ok()
}

/// The last error in its log, for a message that says more than "it did not start".
fn last_words(folder: &Folder) -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (errors, log) = (read(folder.stderr()), read(folder.log()));
    let fatal = log
        .lines()
        .rev()
        .find(|line| line.contains("[FTL]") || line.contains("[ERR]"));
    let said = errors
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .or(fatal);
    said.map_or_else(|| format!("see {}", folder.log().display()), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_server_ends_when_the_process_that_started_it_is_gone() {
        let mut server = Command::new("sleep")
            .arg("600")
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut watchdog = watch(server.id().unwrap()).unwrap();
        // What the kernel does with our pipes when we are killed.
        drop(watchdog.stdin.take());
        let ended = tokio::time::timeout(Duration::from_secs(5), server.wait()).await;
        assert!(!ended.unwrap().unwrap().success());
    }
}
