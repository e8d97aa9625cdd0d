use super::*;

const NOW: i64 = 1_781_103_600_000;

fn checked(json: serde_json::Value) -> Result<NewEntry, &'static str> {
    let new: NewConsent = serde_json::from_value(json).unwrap();
    check(&new, &AHashMap::new(), Mode::Test, NOW, |_, _| None).map_err(|fault| fault.code)
}

#[test]
fn an_opt_in_needs_a_method_and_evidence() {
    let phone = "+15005550006";
    for (body, code) in [
        (
            serde_json::json!({"phone": phone, "action": "opt_in"}),
            "consent.evidence_missing",
        ),
        (
            serde_json::json!({"phone": phone, "action": "opt_in", "method": "web_form"}),
            "consent.evidence_missing",
        ),
        (
            serde_json::json!({"phone": phone, "action": "opt_in", "method": "web_form", "evidence": {"ip": "::1"}}),
            "consent.evidence_missing",
        ),
        (serde_json::json!({"action": "opt_out"}), "field.required"),
        (
            serde_json::json!({"phone": "12", "action": "opt_out"}),
            "phone.no_region",
        ),
        (
            serde_json::json!({"phone": phone, "action": "opt_out", "programme": "Big Sale"}),
            "field.invalid",
        ),
        (
            serde_json::json!({"phone": phone, "action": "opt_out", "at": "2030-01-01T00:00:00Z"}),
            "consent.in_future",
        ),
        (
            serde_json::json!({"contact": "con_01ARZ3NDEKTSV4RRFFQ69G5FAV", "action": "opt_out"}),
            "contact.unknown",
        ),
    ] {
        assert_eq!(checked(body.clone()).err(), Some(code), "{body}");
    }
    let good = serde_json::json!({"phone": phone, "action": "opt_in", "method": "web_form", "evidence": {"source": "shop"}});
    assert_eq!(
        checked(good).unwrap().evidence.to_string(),
        r#"{"source":"shop"}"#
    );
    assert_eq!(
        checked(serde_json::json!({"phone": phone, "action": "opt_out"}))
            .unwrap()
            .method,
        "api"
    );
}
