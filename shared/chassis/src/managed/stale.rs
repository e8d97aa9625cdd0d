//! Clears away a server that outlived the process that started it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::conf::Folder;

const PATIENCE: Duration = Duration::from_secs(5);

/// Two servers on one JetStream folder would corrupt it. The caller holds the folder's lock, so whoever
/// started the server in the pid file is gone. The process is ours only if its command line names our file:
/// its number may have been given to another since.
pub async fn kill_left_over(folder: &Folder) -> anyhow::Result<()> {
    let Some(pid) = read(&folder.pid()) else {
        return Ok(());
    };
    if !command_line(pid)
        .await
        .contains(&folder.conf().to_string_lossy().into_owned())
    {
        return Ok(());
    }
    tracing::warn!(
        pid = pid.as_raw_nonzero().get(),
        "stopping a nats-server left over from an earlier run"
    );
    // It may end between the look and the signal.
    let _ = kill_process(pid, Signal::KILL);
    let since = Instant::now();
    while test_kill_process(pid).is_ok() && command_line(pid).await.contains("nats") {
        if since.elapsed() > PATIENCE {
            bail!(
                "an earlier nats-server (pid {}) does not end",
                pid.as_raw_nonzero()
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn read(path: &Path) -> Option<Pid> {
    Pid::from_raw(std::fs::read_to_string(path).ok()?.trim().parse().ok()?)
}

/// Empty when there is no such process (or it is a zombie).
async fn command_line(pid: Pid) -> String {
    let number = pid.as_raw_nonzero().to_string();
    if Path::new("/proc/self/cmdline").exists() {
        let bytes = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        return String::from_utf8_lossy(&bytes).replace('\0', " ");
    }
    let output = tokio::process::Command::new("ps")
        .args(["-o", "command=", "-p", &number])
        .output()
        .await;
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}
