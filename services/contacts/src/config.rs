//! The section `[contacts]`; every key is described in `defaults.toml`.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub import_max_bytes: u64,
    pub import_batch_rows: usize,
    pub segment_again_minutes: u32,
    pub segment_preview_contacts: u32,
}
