//! Layered settings: embedded commented defaults, then a file, then `HAILMAST_…` environment variables.

use std::path::{Path, PathBuf};

use anyhow::Context;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::service::Service;

/// The defaults of the sections that every process shares.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// All settings of a process.
#[derive(Debug, Clone)]
pub struct Settings {
    figment: Figment,
}

impl Settings {
    /// Defaults of the chassis and of these services, then `file`, then the environment.
    pub fn load(services: &[Service], file: Option<&Path>) -> anyhow::Result<Self> {
        let mut figment = Self::defaults(services).figment;
        if let Some(path) = file {
            anyhow::ensure!(
                path.is_file(),
                "the settings file {} does not exist",
                path.display()
            );
            figment = figment.merge(Toml::file_exact(path));
        }
        Ok(Self {
            figment: figment.merge(Env::prefixed("HAILMAST_").split("__")),
        })
    }

    /// The embedded defaults alone; what tests and the demo start from.
    pub fn defaults(services: &[Service]) -> Self {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        for service in services {
            figment = figment.merge(Toml::string(&sectioned(service.name, service.defaults)));
        }
        Self { figment }
    }

    /// The same settings with one key (`nats.url`) replaced.
    #[must_use]
    pub fn with(self, key: &str, value: impl serde::Serialize) -> Self {
        Self {
            figment: self.figment.merge(Serialized::default(key, value)),
        }
    }

    /// One section as a type. Unknown keys and wrong types are errors that name the key and its source.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        self.figment
            .extract_inner(name)
            .with_context(|| format!("the settings section [{name}] cannot be used"))
    }

    pub fn common(&self) -> anyhow::Result<Common> {
        Ok(Common {
            data: self.section("data")?,
            nats: self.section("nats")?,
            database: self.section("database")?,
            http: self.section("http")?,
            log: self.section("log")?,
            bus: self.section("bus")?,
            shutdown: self.section("shutdown")?,
        })
    }
}

/// A service's defaults as a TOML section; its sub-tables become sub-sections.
pub fn sectioned(name: &str, defaults: &str) -> String {
    let mut text = format!("[{name}]\n");
    for line in defaults.lines() {
        match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((table, _)) => text.push_str(&format!("[{name}.{table}]\n")),
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// The sections of [`DEFAULTS`].
#[derive(Debug, Clone)]
pub struct Common {
    pub data: Data,
    pub nats: Nats,
    pub database: Database,
    pub http: Http,
    pub log: Log,
    pub bus: BusSettings,
    pub shutdown: Shutdown,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub dir: PathBuf,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nats {
    pub url: String,
    pub server: String,
    pub monitor: String,
}

impl std::fmt::Debug for Nats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nats")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    pub readers: u32,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: String,
    pub body_limit: usize,
    pub timeout_seconds: u64,
    pub upload_timeout_seconds: u64,
    pub key_cache_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: String,
    pub level: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusSettings {
    pub replicas: usize,
    pub ack_wait_ms: u64,
    pub max_tries: i64,
    pub outbox_poll_ms: u64,
    pub outbox_keep_hours: i64,
    pub stream_check_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    pub grace_seconds: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_defaults_fill_every_section() {
        let common = Settings::defaults(&[]).common().unwrap();
        assert_eq!(common.bus.replicas, 1);
        assert!(common.nats.url.is_empty());
    }

    #[test]
    fn an_unknown_key_is_named() {
        let settings = Settings::defaults(&[]).with("http.lisen", "x");
        let error = format!("{:#}", settings.common().unwrap_err());
        assert!(error.contains("lisen"), "{error}");
    }

    #[test]
    fn a_services_tables_become_sub_sections() {
        assert_eq!(
            sectioned("dispatch", "a = 1\n[lane]\nb = 2\n"),
            "[dispatch]\na = 1\n[dispatch.lane]\nb = 2\n"
        );
    }
}
