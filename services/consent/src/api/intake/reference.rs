//! A caller's own name for an act.

use contract::InboundId;
use sha2::{Digest, Sha256};

/// An id for a caller's reference, so that it is recorded once.
pub fn once(reference: &str) -> InboundId {
    let hash: [u8; 32] = Sha256::new()
        .chain_update("hailmast.reference")
        .chain_update(reference)
        .finalize()
        .into();
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    InboundId::from_bytes(first)
}
