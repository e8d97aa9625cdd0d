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
}

impl Config {
    pub const fn limits(&self) -> Limits {
        Limits {
            max_body_chars: self.max_body_chars,
            max_segments: self.max_segments,
            fuel: self.fuel,
        }
    }
}
