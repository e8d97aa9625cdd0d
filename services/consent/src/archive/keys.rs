//! Signing keys: Ed25519 (RFC 8032), from a seed of 32 bytes the operator keeps secret.

use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::ArchiveError;

/// The key of a seed.
pub fn signing_key(seed: &[u8; 32]) -> SigningKey {
    SigningKey::from_bytes(seed)
}

/// Reads a public key from 64 hex digits. Keys of small order, with which anybody could sign, are refused.
pub fn public_key(hex: &str) -> Result<VerifyingKey, ArchiveError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(hex.trim(), &mut bytes).map_err(|_| ArchiveError::BadKey)?;
    match VerifyingKey::from_bytes(&bytes) {
        Ok(key) if !key.is_weak() => Ok(key),
        _ => Err(ArchiveError::BadKey),
    }
}

/// 64 hex digits.
pub fn public_hex(key: &VerifyingKey) -> String {
    hex::encode(key.as_bytes())
}

/// The first 16 bytes of the key's SHA-256 in groups of four digits, short enough to compare by eye.
pub fn fingerprint(key: &VerifyingKey) -> String {
    let digits = hex::encode(Sha256::digest(key.as_bytes()));
    let groups: Vec<&str> = (0..32)
        .step_by(4)
        .filter_map(|at| digits.get(at..at + 4))
        .collect();
    groups.join(" ")
}
