//! What an archive holds, gathered and as plain values.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chain::{Head, Link};

/// Everything about one subject. Holds personal data, hence no `Debug`.
#[derive(Clone)]
pub struct Dossier {
    pub tenant: String,
    /// `person +1…`, `campaign cmp_…` or `message msg_…`.
    pub subject: String,
    pub generated_at: DateTime<Utc>,
    /// Program and version.
    pub generated_by: String,
    /// The subject's entries of the tenant's ledger, oldest first.
    pub ledger: Vec<ChainedEntry>,
    /// One object per message. `decision` is the id of a decision below, or null for a message nobody
    /// judged; `message`, `campaign`, `class`, `granted_at` and `text` have their own place on the page.
    pub messages: Vec<Value>,
    /// `{id, effect, reason, policies, facts, policy_set, first_seen}`; `policy_set` is a hash below.
    pub decisions: Vec<Value>,
    /// `{hash, texts: {file: text}, …}`.
    pub policy_sets: Vec<Value>,
    /// The newest row of the tenant's whole chain at `generated_at`.
    pub chain_head: Option<Head>,
}

/// A ledger entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainedEntry {
    pub link: Link,
    #[serde(with = "crate::hexed")]
    pub prev_hash: [u8; 32],
    #[serde(with = "crate::hexed")]
    pub hash: [u8; 32],
    /// `None` once erased.
    pub personal: Option<Personal>,
}

/// What the entry's seal covers; shown together, because either alone proves nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// The exact JSON text that was sealed: read and written again it would have another hash.
    pub text: String,
    #[serde(with = "crate::hexed")]
    pub salt: [u8; 16],
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(..)")
    }
}
