//! A dossier with every kind of thing in it, and what becomes of it.

mod contradictions;
mod reading;
mod tampering;

use chrono::DateTime;
use serde_json::{Value, json};

use super::manifest::{MANIFEST, Manifest, SIGNATURE, Sum};
use super::*;
use crate::chain::{self, Head, tests::link};

fn key() -> SigningKey {
    signing_key(&[7; 32])
}

const SHOWN: [i64; 5] = [1, 2, 4, 5, 9];

/// One person's rows, 1, 2, 4, 5 and 9 of a chain of 9; the personal data of row 4 is erased.
fn ledger() -> (Vec<ChainedEntry>, Head) {
    let mut prev_hash = chain::GENESIS;
    let mut entries = Vec::new();
    for seq in 1..=9 {
        let text = json!({"disclosure_text": "I agree to texts from Example Ltd.", "ip": "203.0.113.9", "seq": seq});
        let (text, salt) = (text.to_string(), [seq as u8; 16]);
        let mut link = link(seq);
        if let Some(at) = SHOWN.iter().position(|shown| *shown == seq) {
            (link.person, link.revision) = ([200; 32], at as i64 + 1);
        }
        link.sealed = chain::seal(&salt, &text);
        let hash = chain::hash(&prev_hash, &link);
        let personal = (seq != 4).then_some(Personal { text, salt });
        entries.push(ChainedEntry {
            link,
            prev_hash,
            hash,
            personal,
        });
        prev_hash = hash;
    }
    let head = Head {
        seq: 9,
        hash: prev_hash,
    };
    entries.retain(|entry| SHOWN.contains(&entry.link.seq));
    (entries, head)
}

fn dossier() -> Dossier {
    let (ledger, head) = ledger();
    Dossier {
        tenant: "ten_1".into(),
        subject: "person +15005550006".into(),
        generated_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        generated_by: "hailmast 0.1.0".into(),
        ledger,
        messages: vec![
            json!({"message": "msg_1", "campaign": "cmp_1", "class": "marketing", "granted_at": 1_800_000_000_000_i64, "decision": "dec_1"}),
            json!({"message": "msg_2", "campaign": "cmp_1", "class": "marketing", "decision": "dec_2", "ledger_revision": 3}),
            json!({"message": "msg_3", "decision": null}),
        ],
        decisions: vec![
            json!({"id": "dec_1", "effect": "allow", "reason": "OK", "policies": ["us.base"], "facts": {"opted_in": true}, "policy_set": "aa"}),
            json!({"id": "dec_2", "effect": "deny", "reason": "OPTED_OUT_GLOBAL", "policies": ["us.opt_out"], "facts": {"opted_out": true}, "policy_set": "bb"}),
        ],
        policy_sets: vec![
            json!({"hash": "aa", "texts": {"opt_in.cedar": "permit (principal, action, resource);"}}),
            json!({"hash": "bb", "texts": {"opt_out.cedar": "forbid (principal, action, resource);"}}),
        ],
        chain_head: Some(head),
    }
}

fn packed() -> Vec<u8> {
    pack(&dossier(), &key()).unwrap()
}

fn fault(bytes: &[u8]) -> ArchiveError {
    verify(bytes, Some(&key().verifying_key())).err().unwrap()
}

/// The archive with one file changed and everything signed again with the right key.
fn signed_again(name: &str, change: impl Fn(&mut Value)) -> Vec<u8> {
    let bytes = packed();
    let mut files: Vec<(&str, Vec<u8>)> = container::read(&bytes)
        .unwrap()
        .into_iter()
        .filter(|(name, _)| ![MANIFEST, SIGNATURE].contains(name))
        .map(|(name, bytes)| (name, bytes.to_vec()))
        .collect();
    let manifest = container::read(&bytes).unwrap()[5].1;
    let mut manifest: Manifest = serde_json::from_slice(manifest).unwrap();
    if let Some((_, bytes)) = files.iter_mut().find(|(file, _)| *file == name) {
        let mut value = serde_json::from_slice(bytes).unwrap();
        change(&mut value);
        *bytes = serde_json::to_vec(&value).unwrap();
        manifest.files.insert(name.to_string(), Sum::of(bytes));
    }
    let mut manifest = serde_json::to_value(&manifest).unwrap();
    if name == MANIFEST {
        change(&mut manifest);
    }
    files.push((MANIFEST, serde_json::to_vec(&manifest).unwrap()));
    let signature = ed25519_dalek::Signer::sign(&key(), &files[5].1);
    files.push((SIGNATURE, hex::encode(signature.to_bytes()).into_bytes()));
    written(&files)
}

fn written(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let files: Vec<container::File> = files
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect();
    container::write(&files).unwrap()
}

#[test]
fn an_archive_verifies_and_tells_what_it_holds() {
    let report = verify(&packed(), Some(&key().verifying_key()))
        .ok()
        .unwrap();
    assert_eq!(report.subject, "person +15005550006");
    assert_eq!(report.generated_at, dossier().generated_at);
    assert_eq!(
        (
            report.entries,
            report.erased,
            report.messages,
            report.decisions
        ),
        (5, 1, 3, 2)
    );
    assert_eq!(report.key, public_hex(&key().verifying_key()));
    assert!(report.trusted);
}

#[test]
fn an_entry_left_out_shows_by_the_numbers_of_the_others() {
    for at in 0..4 {
        let mut dossier = dossier();
        dossier.ledger.remove(at);
        let bytes = pack(&dossier, &key()).unwrap();
        assert_eq!(verify(&bytes, None).ok().unwrap().left_out, 1, "{at}");
    }
    assert_eq!(verify(&packed(), None).ok().unwrap().left_out, 0);
}

#[test]
fn a_key_that_came_with_the_archive_is_not_called_trusted() {
    let report = verify(&packed(), None).ok().unwrap();
    assert!(!report.trusted);
    assert_eq!(report.fingerprint, fingerprint(&key().verifying_key()));
}

#[test]
fn equal_dossiers_make_equal_bytes() {
    assert_eq!(packed(), packed());
}

#[test]
fn an_empty_dossier_makes_an_archive_that_verifies() {
    let empty = Dossier {
        ledger: Vec::new(),
        messages: Vec::new(),
        decisions: Vec::new(),
        policy_sets: Vec::new(),
        chain_head: None,
        ..dossier()
    };
    let report = verify(&pack(&empty, &key()).unwrap(), None).ok().unwrap();
    assert_eq!((report.entries, report.messages), (0, 0));
}

#[test]
fn a_dossier_that_would_not_verify_is_not_packed() {
    let mut dossier = dossier();
    dossier.ledger[1].link.action = "opt_out".into();
    assert_eq!(
        pack(&dossier, &key()).unwrap_err(),
        ArchiveError::EntryAltered { seq: 2 }
    );
}

#[test]
fn a_public_key_is_read_from_hex_only_when_it_is_one() {
    let right = key().verifying_key();
    assert_eq!(public_key(&public_hex(&right)).unwrap(), right);
    let weak = format!("01{}", "00".repeat(31));
    for wrong in ["", "zz", &"ab".repeat(31), &weak] {
        assert_eq!(
            public_key(wrong).unwrap_err(),
            ArchiveError::BadKey,
            "{wrong}"
        );
    }
    assert_eq!(fingerprint(&right).len(), 39);
}

#[test]
fn personal_data_stays_out_of_debug_output() {
    let (entries, _) = ledger();
    assert!(!format!("{entries:?}").contains("203.0.113.9"));
}
