//! Signed evidence: why a person was, or was not, texted, in one ZIP file that verifies offline.
//!
//! | file | holds |
//! |---|---|
//! | `index.html` | all of it for people |
//! | `ledger.json` | what the person agreed to and took back, each entry with its place in the hash chain |
//! | `messages.json`, `decisions.json`, `policies.json` | what was sent or not, by which decision, by which rules |
//! | `manifest.json` | SHA-256 and size of the files above, the chain's head, the public key |
//! | `manifest.sig` | Ed25519 over the exact bytes of `manifest.json`, in hex |
//!
//! Pure: bytes in, bytes out. [`pack`] refuses what [`verify`] would not accept.

mod container;
mod contents;
mod dossier;
mod error;
mod html;
mod keys;
mod manifest;
mod pack;
mod page;
mod verify;
mod words;

#[cfg(test)]
mod tests;

pub use container::{MAX_BYTES, MAX_FILES};
pub use dossier::{ChainedEntry, Dossier, Personal};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use error::ArchiveError;
pub use keys::{fingerprint, public_hex, public_key, signing_key};
pub use manifest::FORMAT;
pub use pack::pack;
pub use verify::{Report, verify};
