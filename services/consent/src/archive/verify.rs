//! Verifies an archive with nothing but its bytes and, at best, a key known from elsewhere.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Serialize;
use serde_json::Value;

use super::container;
use super::contents::{Contents, left_out};
use super::manifest::{
    DECISIONS, LEDGER, LISTED, MANIFEST, MESSAGES, Manifest, POLICIES, SIGNATURE, Sum, read,
};
use super::{ArchiveError, ChainedEntry, keys};

/// What a verified archive says of itself. Holds the subject, hence no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub tenant: String,
    pub subject: String,
    pub generated_at: DateTime<Utc>,
    pub generated_by: String,
    /// Ledger entries.
    pub entries: usize,
    /// Of them, those whose personal data was erased.
    pub erased: usize,
    /// Entries that a person's numbers show to be missing below the latest one shown.
    pub left_out: u64,
    pub messages: usize,
    pub decisions: usize,
    /// The public key that signed it, in hex.
    pub key: String,
    pub fingerprint: String,
    /// Whether that key was given by the caller. If not, it came with the archive: then the archive is as it
    /// was signed, but anybody may have signed it.
    pub trusted: bool,
}

/// Checks signature, file list, hashes, ledger and cross-references, in this order, and tells the first
/// fault. Safe on hostile bytes: nothing expands, lengths are checked before use.
pub fn verify(bytes: &[u8], trusted: Option<&VerifyingKey>) -> Result<Report, ArchiveError> {
    let in_order = container::read(bytes)?;
    let files = by_name(&in_order)?;
    let file = |name: &str| {
        let found = files.get(name).copied();
        found.ok_or_else(|| ArchiveError::MissingFile(name.to_string()))
    };
    let manifest_bytes = file(MANIFEST)?;
    let (manifest, key) = signed(manifest_bytes, file(SIGNATURE)?, trusted)?;
    check_list(&files, &manifest)?;
    let order = LISTED.iter().chain(&[MANIFEST, SIGNATURE]);
    if !in_order.iter().map(|(name, _)| name).eq(order) {
        return Err(ArchiveError::Container("its files are in another order"));
    }
    for name in LISTED {
        if manifest.files.get(name) != Some(&Sum::of(file(name)?)) {
            return Err(ArchiveError::FileAltered(name));
        }
    }

    let ledger: Vec<ChainedEntry> = read(LEDGER, file(LEDGER)?)?;
    let messages: Vec<Value> = read(MESSAGES, file(MESSAGES)?)?;
    let decisions: Vec<Value> = read(DECISIONS, file(DECISIONS)?)?;
    let policy_sets: Vec<Value> = read(POLICIES, file(POLICIES)?)?;
    Contents {
        tenant: &manifest.tenant,
        ledger: &ledger,
        messages: &messages,
        decisions: &decisions,
        policy_sets: &policy_sets,
        chain_head: manifest.chain_head,
    }
    .check()?;

    Ok(Report {
        tenant: manifest.tenant,
        subject: manifest.subject,
        generated_at: manifest.generated_at,
        generated_by: manifest.generated_by,
        entries: ledger.len(),
        erased: ledger
            .iter()
            .filter(|entry| entry.personal.is_none())
            .count(),
        left_out: left_out(&ledger),
        messages: messages.len(),
        decisions: decisions.len(),
        key: keys::public_hex(&key),
        fingerprint: keys::fingerprint(&key),
        trusted: trusted.is_some(),
    })
}

fn by_name<'a>(files: &[container::File<'a>]) -> Result<BTreeMap<&'a str, &'a [u8]>, ArchiveError> {
    let mut named = BTreeMap::new();
    for (name, bytes) in files {
        if named.insert(*name, *bytes).is_some() {
            return Err(ArchiveError::DuplicateFile(shown(name)));
        }
    }
    Ok(named)
}

/// The manifest, once its signature holds, and the key that signed it.
fn signed(
    bytes: &[u8],
    signature: &[u8],
    trusted: Option<&VerifyingKey>,
) -> Result<(Manifest, VerifyingKey), ArchiveError> {
    let mut raw = [0; 64];
    hex::decode_to_slice(signature, &mut raw).map_err(|_| ArchiveError::BadSignature)?;
    // Capital digits would be the same signature in other bytes.
    if hex::encode(raw).as_bytes() != signature {
        return Err(ArchiveError::BadSignature);
    }
    let signature = Signature::from_bytes(&raw);
    let holds = |key: &VerifyingKey| key.verify_strict(bytes, &signature).is_ok();
    if let Some(key) = trusted
        && holds(key)
    {
        let manifest = Manifest::read(bytes)?;
        return Ok((manifest, *key));
    }
    let manifest = Manifest::read(bytes)?;
    let key = keys::public_key(&manifest.public_key)?;
    match trusted {
        _ if !holds(&key) => Err(ArchiveError::BadSignature),
        None => Ok((manifest, key)),
        Some(trusted) => Err(ArchiveError::WrongKey {
            found: keys::fingerprint(&key),
            trusted: keys::fingerprint(trusted),
        }),
    }
}

/// Exactly the known files, in the archive as in the manifest.
fn check_list(files: &BTreeMap<&str, &[u8]>, manifest: &Manifest) -> Result<(), ArchiveError> {
    let listed = manifest.files.keys().map(String::as_str);
    let inside = files
        .keys()
        .copied()
        .filter(|name| ![MANIFEST, SIGNATURE].contains(name));
    for name in listed.chain(inside) {
        if !LISTED.contains(&name) {
            return Err(ArchiveError::ExtraFile(shown(name)));
        }
    }
    let missing = LISTED
        .iter()
        .find(|name| !files.contains_key(*name) || !manifest.files.contains_key(**name));
    missing.map_or(Ok(()), |name| {
        Err(ArchiveError::MissingFile((*name).to_string()))
    })
}

/// A name from outside, short and without control characters.
fn shown(name: &str) -> String {
    name.escape_debug().take(64).collect()
}
