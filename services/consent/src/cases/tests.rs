use super::*;

#[test]
fn every_shipped_case_comes_to_what_the_law_says() {
    let ran = Bench::shipped().unwrap().run_all(SHIPPED).unwrap();
    let failed: Vec<String> = ran
        .iter()
        .filter(|(case, outcome)| !case.passes(outcome))
        .map(|(case, outcome)| {
            let wanted = (&case.expected, &case.also, case.until);
            format!(
                "{} ({}): expected {wanted:?}, got {outcome:?}",
                case.id, case.note
            )
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {}:\n{}",
        failed.len(),
        ran.len(),
        failed.join("\n")
    );
    assert!(ran.len() >= 134, "{} cases", ran.len());
}

#[test]
fn every_case_has_an_id_of_its_own() {
    let mut ids: Vec<String> = read(SHIPPED)
        .unwrap()
        .into_iter()
        .map(|case| case.id)
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn every_policy_of_the_pack_decides_some_case() {
    let bench = Bench::shipped().unwrap();
    let ran = bench.run_all(SHIPPED).unwrap();
    let used = |id: &str| {
        ran.iter()
            .any(|(_, outcome)| outcome.policies.iter().any(|one| one == id))
    };
    let idle: Vec<String> = bench
        .by_state
        .listed()
        .into_iter()
        .map(|(id, _)| id)
        .filter(|id| !id.starts_with("eu.") && !used(id))
        .collect();
    assert_eq!(
        idle,
        ["au.spam_act.consent", "ca.casl.consent"],
        "policies without a case"
    );
}

const CASE: &str = r#"{"id": "T", "exp": ["DENY", "NO_CONSENT"], "regions": ["US"], "zones": ["America/New_York"],
    "utc": "2026-12-01T19:00:00Z", "cls": "marketing""#;

#[test]
fn a_word_that_is_unknown_is_told_with_its_place() {
    let bad = |more: &str| {
        let json = format!("[{CASE}, {more}}}]");
        Bench::shipped().unwrap().run_all(&json).unwrap_err()
    };
    assert!(bad(r#""colour": 1"#).contains("colour"));
    assert!(bad(r#""consent": "much""#).starts_with("[0].consent"));
    assert_eq!(bad(r#""suppr": "some""#), "case T: no such suppr: some");
}

#[test]
fn a_case_that_expects_something_else_fails() {
    let json = format!("[{CASE}, \"consent\": \"written\"}}]");
    let ran = Bench::shipped().unwrap().run_all(&json).unwrap();
    let (case, outcome) = &ran[0];
    assert!(!case.passes(outcome));
    assert_eq!(
        (outcome.effect.as_str(), outcome.reason.as_str()),
        ("ALLOW", "OK")
    );
}
