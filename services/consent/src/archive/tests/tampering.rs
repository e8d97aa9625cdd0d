//! Archives changed by somebody without the key.

use super::*;
use crate::chain::tests::Dice;

/// Applies a change to the files and writes a sound container around them.
fn repacked(change: impl Fn(&mut Vec<(&str, Vec<u8>)>)) -> Vec<u8> {
    let bytes = packed();
    let mut files: Vec<(&str, Vec<u8>)> = container::read(&bytes)
        .unwrap()
        .into_iter()
        .map(|(name, bytes)| (name, bytes.to_vec()))
        .collect();
    change(&mut files);
    written(&files)
}

#[test]
fn random_changes_of_single_bytes_are_all_found() {
    let (good, mut dice) = (packed(), Dice(42));
    for round in 0..300 {
        let mut bytes = good.clone();
        let at = dice.below(bytes.len());
        let flip = u8::try_from(dice.below(255)).unwrap() + 1;
        bytes[at] ^= flip;
        assert!(verify(&bytes, None).is_err(), "round {round}, byte {at}");
    }
}

#[test]
fn random_removals_and_reorderings_of_bytes_are_all_found() {
    let (good, mut dice) = (packed(), Dice(43));
    for round in 0..300 {
        let mut bytes = good.clone();
        let (at, len) = (dice.below(good.len()), dice.below(100) + 1);
        let end = (at + len).min(good.len());
        match round % 4 {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => bytes[at..end].reverse(),
            _ => bytes.insert(at, 0),
        }
        if bytes != good {
            assert!(verify(&bytes, None).is_err(), "round {round}, byte {at}");
        }
    }
}

#[test]
fn changes_inside_files_are_found_even_in_a_sound_container() {
    let (good, mut dice) = (packed(), Dice(44));
    let lengths: Vec<usize> = container::read(&good)
        .unwrap()
        .iter()
        .map(|(_, bytes)| bytes.len())
        .collect();
    for round in 0..300 {
        let file = round % lengths.len();
        let (at, bit) = (dice.below(lengths[file]), 1 << dice.below(8));
        let bytes = repacked(|files| files[file].1[at] ^= bit);
        assert!(verify(&bytes, None).is_err(), "file {file}, byte {at}");
    }
}

#[test]
fn a_removed_added_doubled_or_moved_file_is_found() {
    for at in 0..7 {
        let bytes = repacked(|files| drop(files.remove(at)));
        assert!(
            matches!(fault(&bytes), ArchiveError::MissingFile(_)),
            "{at}"
        );
        let bytes = repacked(|files| files.push(files[at].clone()));
        assert!(
            matches!(fault(&bytes), ArchiveError::DuplicateFile(_)),
            "{at}"
        );
        for other in 0..at {
            let bytes = repacked(|files| files.swap(at, other));
            assert!(matches!(fault(&bytes), ArchiveError::Container(_)), "{at}");
        }
    }
    let bytes = repacked(|files| files.push(("more.txt", b"x".to_vec())));
    assert_eq!(fault(&bytes), ArchiveError::ExtraFile("more.txt".into()));
}

#[test]
fn each_changed_file_is_named() {
    for (at, name) in super::super::manifest::LISTED.iter().enumerate() {
        let bytes = repacked(|files| files[at].1.push(b' '));
        assert_eq!(fault(&bytes), ArchiveError::FileAltered(name));
    }
    for at in [5, 6] {
        let bytes = repacked(|files| files[at].1.push(b' '));
        assert_eq!(fault(&bytes), ArchiveError::BadSignature);
    }
}

#[test]
fn the_signature_has_one_spelling() {
    let bytes = repacked(|files| files[6].1.make_ascii_uppercase());
    assert_eq!(fault(&bytes), ArchiveError::BadSignature);
}

#[test]
fn an_archive_signed_by_somebody_else_is_not_the_trusted_ones() {
    let theirs = signing_key(&[8; 32]);
    let bytes = pack(&dossier(), &theirs).unwrap();
    assert_eq!(
        fault(&bytes),
        ArchiveError::WrongKey {
            found: fingerprint(&theirs.verifying_key()),
            trusted: fingerprint(&key().verifying_key()),
        }
    );
    assert!(verify(&bytes, None).is_ok_and(|report| !report.trusted));
}

#[test]
fn random_bytes_behind_a_right_start_are_refused() {
    let mut dice = Dice(45);
    for _ in 0..2000 {
        let mut bytes = b"PK\x03\x04".to_vec();
        let len = dice.below(200);
        bytes.extend((0..len).map(|_| u8::try_from(dice.below(256)).unwrap()));
        assert!(verify(&bytes, None).is_err());
    }
}
