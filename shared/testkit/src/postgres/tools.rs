//! The PostgreSQL programs of this machine, run as somebody who may run them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// PostgreSQL refuses to run as root; so it runs as this user then.
const UNPRIVILEGED: &str = "nobody";

#[derive(Debug, Clone)]
pub struct Tools {
    bin: PathBuf,
    root: bool,
}

impl Tools {
    pub fn find() -> anyhow::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let mut packaged = Vec::new();
        for entry in std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
        {
            packaged.push(entry?.path().join("bin"));
        }
        packaged.sort();
        folders.extend(packaged.into_iter().rev());
        let complete = |folder: &PathBuf| {
            ["initdb", "postgres"]
                .iter()
                .all(|name| folder.join(name).is_file())
        };
        let bin = folders.into_iter().find(complete).context(
            "TEST_DB=postgres needs initdb and postgres, on PATH or below /usr/lib/postgresql",
        )?;
        Ok(Self {
            bin,
            root: rustix::process::geteuid().is_root(),
        })
    }

    /// A command that will run `name` as a user who may.
    pub fn command(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        let mut command = if self.root {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={UNPRIVILEGED}"))
                .args(["--regid=nogroup", "--clear-groups", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .current_dir("/")
            .env_remove("PGDATA")
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end; what it said is in the error.
    pub fn run(&self, name: &str, args: &[&str]) -> anyhow::Result<()> {
        let output = self
            .command(name)
            .args(args)
            .output()
            .with_context(|| format!("{name} cannot be run"))?;
        if !output.status.success() {
            bail!("{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// Gives a file or folder to the user the programs run as.
    pub fn hand_over(&self, path: &Path) -> anyhow::Result<()> {
        if !self.root {
            return Ok(());
        }
        let output = Command::new("id").args(["-u", UNPRIVILEGED]).output()?;
        let uid = String::from_utf8(output.stdout)?
            .trim()
            .parse()
            .with_context(|| format!("there is no user {UNPRIVILEGED}"))?;
        std::os::unix::fs::chown(path, Some(uid), None)
            .with_context(|| format!("{} cannot be given away", path.display()))
    }
}
