//! Documents that must keep up with the source.

use std::collections::BTreeSet;

use crate::sources::production_text;
use crate::workspace::root;

/// Quoted words of the form `area.fault` behind something that makes a public code.
fn codes(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for maker in ["Problem::new(", "Fault::new(", "code: "] {
        for after in text.split(maker).skip(1) {
            let near: String = after.chars().take(140).collect();
            // A word that is cut off at the end of what is near is none.
            let closed = near.matches('"').count() >= 2;
            let quoted = near
                .split('"')
                .nth(1)
                .filter(|_| closed)
                .unwrap_or_default();
            let dotted = quoted.split_once('.').is_some_and(|(area, fault)| {
                [area, fault].iter().all(|part| {
                    !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                })
            });
            if dotted {
                found.insert(quoted.to_string());
            }
        }
    }
    found
}

#[test]
fn every_public_error_code_has_its_entry() {
    let pages = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let codes = codes(&production_text());
    assert!(codes.len() > 30, "only {} codes were found", codes.len());
    let missing: Vec<&String> = codes
        .iter()
        .filter(|code| !pages.contains(&format!("`{code}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "without an entry in docs/errors.md: {missing:?}"
    );
}

#[test]
fn every_reason_code_has_its_entry() {
    let pages = std::fs::read_to_string(root().join("docs/reasons.md")).unwrap();
    let source = std::fs::read_to_string(root().join("shared/contract/src/reason.rs")).unwrap();
    let mut reasons: Vec<&str> = source
        .split("Cow::Borrowed(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let mut policies = String::new();
    for entry in std::fs::read_dir(root().join("services/consent/policies")).unwrap() {
        policies.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    reasons.extend(
        policies
            .split("@reason(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next()),
    );
    assert!(reasons.len() > 20, "{reasons:?}");
    let missing: Vec<&&str> = reasons
        .iter()
        .filter(|reason| !pages.contains(&format!("`{reason}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "without an entry in docs/reasons.md: {missing:?}"
    );
}

#[test]
fn the_map_stays_readable_and_every_promise_names_a_test_that_exists() {
    let map = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    assert!(
        map.lines().count() <= 200,
        "docs/ARCHITECTURE.md has {} lines",
        map.lines().count()
    );
    let promises = std::fs::read_to_string(root().join("docs/guarantees.md")).unwrap();
    let tests = crate::sources::all_text();
    let named: Vec<&str> = promises
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.len() > 25 && word.contains('_') && !word.contains(' '))
        .collect();
    assert!(named.len() >= 10, "{named:?}");
    let missing: Vec<&&str> = named
        .iter()
        .filter(|name| !tests.contains(&format!("fn {name}")))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/guarantees.md names tests that do not exist: {missing:?}"
    );
}
