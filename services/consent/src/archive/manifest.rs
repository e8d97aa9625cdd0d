//! `manifest.json`: what the signature covers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ArchiveError;
use crate::chain::Head;

/// Goes up when an older program could misread a newer archive.
pub const FORMAT: u32 = 1;

pub const MANIFEST: &str = "manifest.json";
pub const SIGNATURE: &str = "manifest.sig";
pub const INDEX: &str = "index.html";
pub const LEDGER: &str = "ledger.json";
pub const MESSAGES: &str = "messages.json";
pub const DECISIONS: &str = "decisions.json";
pub const POLICIES: &str = "policies.json";

/// The files the manifest lists, in their order in the archive; the manifest and its signature follow.
pub const LISTED: [&str; 5] = [INDEX, LEDGER, MESSAGES, DECISIONS, POLICIES];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub tenant: String,
    pub subject: String,
    pub generated_at: DateTime<Utc>,
    pub generated_by: String,
    pub chain_head: Option<Head>,
    /// 64 hex digits.
    pub public_key: String,
    pub files: BTreeMap<String, Sum>,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    #[serde(with = "crate::hexed")]
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
}

impl Sum {
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Sha256::digest(bytes).into(),
            size: bytes.len() as u64,
        }
    }
}

/// Read on its own, so that a later format is named as such.
#[derive(Deserialize)]
struct Versioned {
    format: u32,
}

impl Manifest {
    pub fn read(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let Versioned { format } = read(MANIFEST, bytes)?;
        if format != FORMAT {
            return Err(ArchiveError::UnknownFormat(format));
        }
        read(MANIFEST, bytes)
    }
}

/// Reads a JSON file. The error names the place only: what stands there may be personal.
pub fn read<'a, T: Deserialize<'a>>(
    file: &'static str,
    bytes: &'a [u8],
) -> Result<T, ArchiveError> {
    serde_json::from_slice(bytes).map_err(|error| ArchiveError::Unreadable {
        file,
        line: error.line(),
        column: error.column(),
    })
}

/// Writes a JSON file, indented for people.
pub fn write(file: &'static str, value: &impl Serialize) -> Result<Vec<u8>, ArchiveError> {
    serde_json::to_vec_pretty(value).map_err(|_| ArchiveError::Unwritable(file))
}
