//! Makes an archive.

use ed25519_dalek::{Signer, SigningKey};

use super::container;
use super::contents::Contents;
use super::manifest::{
    DECISIONS, FORMAT, INDEX, LEDGER, LISTED, MANIFEST, MESSAGES, Manifest, POLICIES, SIGNATURE,
    Sum, write,
};
use super::{ArchiveError, Dossier, keys, page};

/// The bytes of the archive; equal for equal input. Fails when the dossier would not verify: an altered
/// ledger entry, a message whose decision is missing.
pub fn pack(dossier: &Dossier, key: &SigningKey) -> Result<Vec<u8>, ArchiveError> {
    Contents {
        tenant: &dossier.tenant,
        ledger: &dossier.ledger,
        messages: &dossier.messages,
        decisions: &dossier.decisions,
        policy_sets: &dossier.policy_sets,
        chain_head: dossier.chain_head,
    }
    .check()?;

    let public = key.verifying_key();
    let listed: [(&str, Vec<u8>); LISTED.len()] = [
        (INDEX, page::page(dossier, &public).into_bytes()),
        (LEDGER, write(LEDGER, &dossier.ledger)?),
        (MESSAGES, write(MESSAGES, &dossier.messages)?),
        (DECISIONS, write(DECISIONS, &dossier.decisions)?),
        (POLICIES, write(POLICIES, &dossier.policy_sets)?),
    ];
    let manifest = Manifest {
        format: FORMAT,
        tenant: dossier.tenant.clone(),
        subject: dossier.subject.clone(),
        generated_at: dossier.generated_at,
        generated_by: dossier.generated_by.clone(),
        chain_head: dossier.chain_head,
        public_key: keys::public_hex(&public),
        files: listed
            .iter()
            .map(|(name, bytes)| ((*name).to_string(), Sum::of(bytes)))
            .collect(),
    };
    let manifest = write(MANIFEST, &manifest)?;
    let signature = hex::encode(key.sign(&manifest).to_bytes());

    let mut files: Vec<container::File> = listed
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect();
    files.push((MANIFEST, &manifest));
    files.push((SIGNATURE, signature.as_bytes()));
    container::write(&files)
}
