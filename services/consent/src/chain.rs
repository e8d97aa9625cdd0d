//! The hash chain over a tenant's ledger: whoever edits, removes, inserts or reorders a row breaks it.
//!
//! Each row's hash covers the row and the hash before it. Personal data is not hashed itself but stands
//! behind a salted seal, so that it can be erased (GDPR art. 17) and the chain still verifies.
//! A chain alone cannot tell that its newest rows were cut off; a head kept elsewhere can.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Stands before the first row, which has sequence 1.
pub const GENESIS: [u8; 32] = [0; 32];

/// Keeps these hashes apart from any other use of SHA-256, and one encoding from the next.
const DOMAIN: &str = "hailmast.ledger.v1";

/// The parts of a ledger row that its hash covers. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Place in the tenant's chain: 1, 2, 3 …
    pub seq: i64,
    #[serde(with = "crate::hexed")]
    pub id: [u8; 16],
    pub tenant: String,
    /// Keyed hash of the number.
    #[serde(with = "crate::hexed")]
    pub person: [u8; 32],
    pub channel: String,
    pub programme: Option<String>,
    pub class: Option<String>,
    pub action: String,
    pub level: Option<String>,
    pub method: String,
    /// Unix milliseconds, as are the other times.
    pub acted_at: i64,
    pub recorded_at: i64,
    pub expires_at: Option<i64>,
    /// The person's standing after this row.
    pub revision: i64,
    /// Everything the fold looks at, as JSON: scope, purpose, proof. See [`crate::standing::Change`].
    pub detail: String,
    /// See [`seal`].
    #[serde(with = "crate::hexed")]
    pub sealed: [u8; 32],
}

/// The newest row of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub seq: i64,
    #[serde(with = "crate::hexed")]
    pub hash: [u8; 32],
}

/// The hash of a row that follows the row with hash `prev` ([`GENESIS`] for the first).
///
/// Encoding, all numbers big-endian: text is its length in bytes (u64) and its UTF-8 bytes; times, revision
/// and sequence are i64; ids and hashes are bare, for their length is fixed; what may be absent starts with
/// a byte 0 (absent, nothing follows) or 1. So no two rows share an encoding.
pub fn hash(prev: &[u8; 32], link: &Link) -> [u8; 32] {
    let mut sha = Sha256::new();
    text(&mut sha, DOMAIN);
    sha.update(prev);
    number(&mut sha, link.seq);
    sha.update(link.id);
    text(&mut sha, &link.tenant);
    sha.update(link.person);
    text(&mut sha, &link.channel);
    maybe(&mut sha, link.programme.as_deref(), text);
    maybe(&mut sha, link.class.as_deref(), text);
    text(&mut sha, &link.action);
    maybe(&mut sha, link.level.as_deref(), text);
    text(&mut sha, &link.method);
    number(&mut sha, link.acted_at);
    number(&mut sha, link.recorded_at);
    maybe(&mut sha, link.expires_at, number);
    number(&mut sha, link.revision);
    text(&mut sha, &link.detail);
    sha.update(link.sealed);
    sha.finalize().into()
}

/// SHA-256 of the salt and then the exact personal JSON text. The salt keeps a guessed number or text from
/// being confirmed once the personal data and the salt are erased.
pub fn seal(salt: &[u8; 16], personal: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(personal)
        .finalize()
        .into()
}

fn number(sha: &mut Sha256, number: i64) {
    sha.update(number.to_be_bytes());
}

fn text(sha: &mut Sha256, text: &str) {
    sha.update((text.len() as u64).to_be_bytes());
    sha.update(text);
}

fn maybe<T>(sha: &mut Sha256, value: Option<T>, put: impl Fn(&mut Sha256, T)) {
    match value {
        None => sha.update([0]),
        Some(value) => {
            sha.update([1]);
            put(sha, value);
        }
    }
}

/// The first thing wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChainFault {
    /// The row, its stored hash, or the row before it was changed.
    #[error("row {seq} does not match its hash: it or the row before it was changed")]
    Altered { seq: i64 },
    #[error("row {expected} is missing: row {found} stands in its place")]
    Gap { expected: i64, found: i64 },
    /// A row stands behind a later one, or twice.
    #[error("row {found} stands where row {expected} belongs")]
    OutOfOrder { expected: i64, found: i64 },
    #[error(
        "the chain ends at row {last}, but its head is row {head}: the newest rows are missing"
    )]
    CutShort { last: i64, head: i64 },
    #[error("the chain goes on to row {last}, but its head is row {head}")]
    BeyondHead { last: i64, head: i64 },
    #[error("row {seq} is the head, but has another hash than the head: the chain was rewritten")]
    WrongHead { seq: i64 },
}

/// A chain without a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many rows were walked.
    pub rows: u64,
    /// The last of them; where the next walk may go on.
    pub last: Head,
}

/// Walks a chain row by row; holds nothing but where it stands.
#[derive(Debug, Clone)]
pub struct Walk {
    last: Head,
    rows: u64,
}

impl Walk {
    /// From the first row.
    pub const fn new() -> Self {
        Self::after(Head {
            seq: 0,
            hash: GENESIS,
        })
    }

    /// From the row after one that was found good before.
    pub const fn after(last: Head) -> Self {
        Self { last, rows: 0 }
    }

    /// Takes the next row and the hash stored with it. After a fault the walk stands where it stood.
    pub fn step(&mut self, link: &Link, stored: &[u8; 32]) -> Result<(), ChainFault> {
        let (expected, found) = (self.last.seq.saturating_add(1), link.seq);
        if found > expected {
            return Err(ChainFault::Gap { expected, found });
        }
        if found < expected {
            return Err(ChainFault::OutOfOrder { expected, found });
        }
        if hash(&self.last.hash, link) != *stored {
            return Err(ChainFault::Altered { seq: found });
        }
        self.last = Head {
            seq: found,
            hash: *stored,
        };
        self.rows += 1;
        Ok(())
    }

    /// Compares the end with the head kept elsewhere. Without a head a cut-off end is not noticed.
    pub fn finish(self, head: Option<Head>) -> Result<Checked, ChainFault> {
        let last = self.last;
        if let Some(head) = head {
            if last.seq < head.seq {
                return Err(ChainFault::CutShort {
                    last: last.seq,
                    head: head.seq,
                });
            }
            if last.seq > head.seq {
                return Err(ChainFault::BeyondHead {
                    last: last.seq,
                    head: head.seq,
                });
            }
            if last.hash != head.hash {
                return Err(ChainFault::WrongHead { seq: last.seq });
            }
        }
        Ok(Checked {
            rows: self.rows,
            last,
        })
    }
}

impl Default for Walk {
    fn default() -> Self {
        Self::new()
    }
}

/// Walks a whole chain, oldest row first, and tells the first fault.
pub fn verify(
    rows: impl IntoIterator<Item = (Link, [u8; 32])>,
    head: Option<Head>,
) -> Result<Checked, ChainFault> {
    let mut walk = Walk::new();
    for (link, stored) in rows {
        walk.step(&link, &stored)?;
    }
    walk.finish(head)
}

#[cfg(test)]
pub(crate) mod tests;
