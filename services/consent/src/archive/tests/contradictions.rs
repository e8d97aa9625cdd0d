//! Archives signed with the right key whose parts contradict each other.

use super::*;

#[test]
fn the_helper_signs_what_verifies() {
    let same = signed_again("ledger.json", |_| {});
    assert!(verify(&same, Some(&key().verifying_key())).is_ok());
}

#[test]
fn every_field_of_a_ledger_entry_is_checked() {
    let (entries, _) = ledger();
    let entry = serde_json::to_value(&entries[1].link).unwrap();
    for field in entry.as_object().unwrap().keys() {
        let bytes = signed_again("ledger.json", |ledger| {
            let value = &mut ledger[1]["link"][field];
            *value = match &*value {
                Value::String(text) if text.len() >= 32 && text.starts_with('f') => {
                    text.replacen('f', "0", 1).into()
                }
                Value::String(text) if text.len() >= 32 => format!("f{}", &text[1..]).into(),
                Value::String(text) => format!("{text}x").into(),
                Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
                _ if field == "expires_at" => 5.into(),
                _ => "x".into(),
            };
        });
        let found = fault(&bytes);
        let named = matches!(
            found,
            ArchiveError::EntryAltered { .. } | ArchiveError::ForeignEntry { .. }
        );
        assert!(named, "{field}: {found}");
    }
}

#[test]
fn neighbours_must_follow_from_each_other_and_the_first_from_nothing() {
    for at in [0_usize, 1, 3] {
        let (entries, _) = ledger();
        let seq = entries[at].link.seq;
        let bytes = signed_again("ledger.json", |ledger| {
            let hash = chain::hash(&[5; 32], &entries[at].link);
            ledger[at]["prev_hash"] = hex::encode([5; 32]).into();
            ledger[at]["hash"] = hex::encode(hash).into();
        });
        assert_eq!(fault(&bytes), ArchiveError::LinkBroken { seq });
    }
}

#[test]
fn entries_out_of_order_or_twice_are_found() {
    let swapped = signed_again("ledger.json", |ledger| {
        ledger.as_array_mut().unwrap().swap(2, 4);
    });
    assert_eq!(fault(&swapped), ArchiveError::EntryOutOfOrder { seq: 5 });
    let twice = signed_again("ledger.json", |ledger| {
        let copy = ledger[0].clone();
        ledger.as_array_mut().unwrap().insert(0, copy);
    });
    assert_eq!(fault(&twice), ArchiveError::EntryOutOfOrder { seq: 1 });
}

#[test]
fn personal_data_other_than_what_was_sealed_is_found() {
    let text = signed_again("ledger.json", |ledger| {
        ledger[3]["personal"]["text"] = "{}".into();
    });
    assert_eq!(fault(&text), ArchiveError::SealBroken { seq: 5 });
    let salt = signed_again("ledger.json", |ledger| {
        ledger[0]["personal"]["salt"] = "ff".repeat(16).into();
    });
    assert_eq!(fault(&salt), ArchiveError::SealBroken { seq: 1 });
}

#[test]
fn entries_must_agree_with_the_head_of_the_chain() {
    let other = signed_again("manifest.json", |manifest| {
        manifest["chain_head"]["hash"] = "00".repeat(32).into();
    });
    assert_eq!(fault(&other), ArchiveError::HeadContradicted { seq: 9 });
    let early = signed_again("manifest.json", |manifest| {
        manifest["chain_head"]["seq"] = 8.into();
    });
    assert_eq!(fault(&early), ArchiveError::HeadContradicted { seq: 9 });
}

#[test]
fn a_message_needs_its_decision_and_a_decision_its_policy_set() {
    let drop_last = |file| {
        fault(&signed_again(file, |list| {
            list.as_array_mut().unwrap().pop();
        }))
    };
    assert_eq!(
        drop_last("decisions.json"),
        ArchiveError::DecisionMissing { place: 2 }
    );
    assert_eq!(
        drop_last("policies.json"),
        ArchiveError::PolicySetMissing { place: 2 }
    );
    let change = |file, at: usize, field: &str, value: Value| {
        fault(&signed_again(file, |list| list[at][field] = value.clone()))
    };
    assert_eq!(
        change("messages.json", 0, "decision", 5.into()),
        ArchiveError::DecisionUnnamed { place: 1 }
    );
    assert_eq!(
        change("decisions.json", 1, "id", Value::Null),
        ArchiveError::DecisionIncomplete { place: 2 }
    );
    assert_eq!(
        change("decisions.json", 1, "id", "dec_1".into()),
        ArchiveError::DecisionTwice { place: 2 }
    );
    assert_eq!(
        change("policies.json", 1, "hash", "aa".into()),
        ArchiveError::PolicySetUnnamed { place: 2 }
    );
}

#[test]
fn a_later_format_is_named_as_such() {
    let later = signed_again("manifest.json", |manifest| {
        manifest["format"] = 2.into();
        manifest["something_new"] = true.into();
    });
    assert_eq!(fault(&later), ArchiveError::UnknownFormat(2));
}

#[test]
fn a_manifest_that_lists_other_files_is_refused() {
    let more = signed_again("manifest.json", |manifest| {
        manifest["files"]["extra.json"] = manifest["files"]["ledger.json"].clone();
    });
    assert_eq!(fault(&more), ArchiveError::ExtraFile("extra.json".into()));
    let fewer = signed_again("manifest.json", |manifest| {
        manifest["files"]
            .as_object_mut()
            .unwrap()
            .remove("ledger.json");
    });
    assert_eq!(
        fault(&fewer),
        ArchiveError::MissingFile("ledger.json".into())
    );
}
