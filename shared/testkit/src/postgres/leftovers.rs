//! Clears away clusters whose test process was killed together with its watchdog.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// Folder names carry the number of the process they belong to.
pub const PREFIX: &str = "hailmast-pg-";

pub fn clear(temp: &Path) {
    for entry in std::fs::read_dir(temp).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok())
            .and_then(Pid::from_raw);
        let Some(owner) = owner else { continue };
        if test_kill_process(owner).is_ok() {
            continue;
        }
        if let Some(postmaster) = postmaster(&entry.path().join("data")) {
            let _ = kill_process(postmaster, Signal::QUIT);
        }
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// Only while its lock file is there; the folder's name in it guards against a number given away since.
fn postmaster(data: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    (lines.next()? == data.to_str()?).then(|| Pid::from_raw(pid))?
}
