//! Settings of this service; each is explained in `defaults.toml`.

use serde::Deserialize;

use crate::template::Limits;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub max_segments: usize,
    pub max_body_chars: usize,
    pub fuel: u64,
    pub concurrency: usize,
    pub cached_templates: usize,
    pub link_scheme: String,
    pub link_days: u16,
}

impl Config {
    pub const fn limits(&self) -> Limits {
        Limits {
            max_body_chars: self.max_body_chars,
            max_segments: self.max_segments,
            fuel: self.fuel,
        }
    }

    /// What stands before the token of a short link.
    pub fn before(&self, domain: &str) -> String {
        format!("{}://{domain}/l/", self.link_scheme)
    }
}
