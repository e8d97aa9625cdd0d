//! The generated configuration of the managed nats-server.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rand::Rng;
use rand::distr::Alphanumeric;

/// Everything of ours in the server's folder. JetStream keeps its own `jetstream/` beside it.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes the folder where needed. The path is made absolute, since the server resolves it on its own.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(path)
            .with_context(|| format!("{} cannot be made", path.display()))?;
        let path = path
            .canonicalize()
            .with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
    pub fn conf(&self) -> PathBuf {
        self.0.join("nats.conf")
    }
    pub fn log(&self) -> PathBuf {
        self.0.join("nats.log")
    }
    /// What the server writes when it cannot even open its log.
    pub fn stderr(&self) -> PathBuf {
        self.0.join("nats.err")
    }
    pub fn pid(&self) -> PathBuf {
        self.0.join("nats.pid")
    }
    pub fn lock(&self) -> PathBuf {
        self.0.join("nats.lock")
    }
}

/// Where the server listens and who may enter. Kept through restarts within one process.
#[derive(Clone)]
pub struct Door {
    pub port: u16,
    pub monitor: u16,
    pub user: String,
    pub password: String,
}

impl Door {
    pub fn new(port: u16, monitor: u16) -> Self {
        let password = rand::rng()
            .sample_iter(Alphanumeric)
            .take(32)
            .map(char::from)
            .collect();
        Self {
            port,
            monitor,
            user: "hailmast".to_string(),
            password,
        }
    }

    pub fn url(&self) -> String {
        format!(
            "nats://{}:{}@127.0.0.1:{}",
            self.user, self.password, self.port
        )
    }

    pub fn monitor_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitor)
    }
}

/// Client URL (a secret) and monitoring URL of the server that was last started in `store_dir`, as its
/// configuration has them. It may have ended since.
pub fn last_started(store_dir: &Path) -> Option<(String, String)> {
    let text = std::fs::read_to_string(Folder(store_dir.to_path_buf()).conf()).ok()?;
    let quoted = |line: &str, nth: usize| {
        let line = text.lines().find(|found| found.starts_with(line))?;
        line.split('"').nth(nth)
    };
    let port = |line: &str| quoted(line, 1)?.rsplit(':').next()?.parse().ok();
    let door = Door {
        port: port("listen:")?,
        monitor: port("http:")?,
        user: quoted("authorization", 1)?.to_string(),
        password: quoted("authorization", 3)?.to_string(),
    };
    Some((door.url(), door.monitor_url()))
}

/// `sync_interval: always` makes an acknowledged message a durable one: with the default of two minutes
/// a power cut loses everything acknowledged since.
pub fn text(folder: &Folder, door: &Door) -> anyhow::Result<String> {
    let store = quoted(folder.path())?;
    let log = quoted(&folder.log())?;
    let Door {
        port,
        monitor,
        user,
        password,
    } = door;
    Ok(format!(
        r#"# Written at every start.
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
server_name: "hailmast"
max_payload: 4MB
authorization {{ user: "{user}", password: "{password}" }}
jetstream {{ store_dir: {store}, sync_interval: always }}
log_file: {log}
logfile_size_limit: 8MB
logfile_max_num: 3
"#
    ))
}

fn quoted(path: &Path) -> anyhow::Result<String> {
    let text = path
        .to_str()
        .context("the data folder's name is not UTF-8")?;
    anyhow::ensure!(
        !text.contains(['"', '\\', '\n']),
        "the data folder's name has a quote, a backslash or a line break: {text}"
    );
    Ok(format!("\"{text}\""))
}

/// Only the owner may read it: the password stands in it.
pub fn write(folder: &Folder, door: &Door) -> anyhow::Result<()> {
    let path = folder.conf();
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} cannot be replaced", path.display()));
        }
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(text(folder, door)?.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_configuration_is_readable_by_its_owner_only() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::open(temp.path()).unwrap();
        std::fs::write(folder.conf(), "left over").unwrap();
        write(&folder, &Door::new(4222, 8222)).unwrap();
        assert_eq!(
            std::fs::metadata(folder.conf())
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
    }

    #[test]
    fn every_door_has_its_own_password() {
        assert_ne!(Door::new(1, 2).password, Door::new(1, 2).password);
    }

    #[test]
    fn a_folder_name_that_would_break_out_of_its_quotes_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::open(&temp.path().join("a\"b")).unwrap();
        assert!(text(&folder, &Door::new(1, 2)).is_err());
    }
}
