use serde_json::json;

use super::*;

fn check(body: serde_json::Value) -> Result<Wanted, Vec<(String, &'static str)>> {
    let body: Body = serde_json::from_value(body).unwrap();
    let now = "2026-06-10T15:00:00Z".parse().unwrap();
    let told = |faults: Faults| {
        faults
            .0
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
    };
    body.check(false, now)
        .map_err(|faults| told(faults).collect())
}

fn start(local: &str, timezone: &str) -> serde_json::Value {
    json!({"contact": "ext:crm-81", "starts_at": {"local": local, "timezone": timezone}})
}

#[test]
fn bad_starts_are_told_with_place_and_code() {
    for (body, place, code) in [
        (json!({"contact": "ext:a"}), "/starts_at", "field.required"),
        (
            json!({"contact": "ext:a", "starts_at": {"local": "2026-12-01T14:00"}}),
            "/starts_at/timezone",
            "timezone.missing",
        ),
        (
            start("2026-12-01T14:00", "EST"),
            "/starts_at/timezone",
            "timezone.unknown",
        ),
        (
            start("2027-03-14T02:30", "America/New_York"),
            "/starts_at/local",
            "time.nonexistent",
        ),
        (
            start("2026-12-01T14:00Z", "America/New_York"),
            "/starts_at/local",
            "time.malformed",
        ),
        (
            start("2026-06-10T10:59", "America/New_York"),
            "/starts_at/local",
            "appointment.in_past",
        ),
        (
            start("2036-06-10T10:59", "America/New_York"),
            "/starts_at/local",
            "field.range",
        ),
    ] {
        assert_eq!(check(body), Err(vec![(place.to_string(), code)]));
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let faults = check(json!({
        "contact": "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV", "starts_at": {"local": "tomorrow", "timezone": "Mars/Base"},
        "duration": "45", "source_version": -1, "replaces": "con_1", "reminder_plan": "rpl_1",
        "subject": "x".repeat(201),
    }))
    .unwrap_err();
    let places: Vec<&str> = faults.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(
        places,
        [
            "/contact",
            "/starts_at/local",
            "/starts_at/timezone",
            "/duration",
            "/subject",
            "/source_version",
            "/replaces",
            "/reminder_plan",
        ]
    );
}

#[test]
fn a_skipped_time_is_taken_as_the_clocks_show_it_where_that_is_wanted() {
    let wanted = check(json!({
        "contact": "con_01ARZ3NDEKTSV4RRFFQ69G5FAV", "duration": "PT45M", "subject": " Cleaning\n",
        "starts_at": {"local": "2027-03-14 02:30", "timezone": "America/New_York", "resolve": "compatible"},
    }))
    .unwrap();
    assert_eq!(wanted.local, local_time("2027-03-14T03:30").unwrap());
    assert_eq!(wanted.minutes, Some(45));
    assert_eq!(wanted.subject.as_deref(), Some("Cleaning"));
}

#[test]
fn calendars_name_what_a_booking_replaces_as_it_stands() {
    let named = |field: &str, text: &str| {
        let mut body = start("2026-12-01T14:00", "America/New_York");
        body[field] = json!(text);
        check(body).map(|wanted| wanted.replaces)
    };
    let uid = Some(Ref::ExternalId("bXk-1".into()));
    assert_eq!(named("rescheduledFrom", "bXk-1"), Ok(uid.clone()));
    assert_eq!(named("rescheduled_from", "ext:bXk-1"), Ok(uid.clone()));
    assert_eq!(named("replaces", "ext:bXk-1"), Ok(uid));
    let mut both = start("2026-12-01T14:00", "America/New_York");
    both["replaces"] = json!("ext:a");
    both["rescheduled_from"] = json!("b");
    assert_eq!(
        check(both),
        Err(vec![("/rescheduled_from".to_string(), "field.invalid")])
    );
}

#[test]
fn what_is_known_may_be_moved_into_the_past() {
    let body: Body = serde_json::from_value(start("2026-06-10T10:59", "America/New_York")).unwrap();
    let now = "2026-06-10T15:00:00Z".parse().unwrap();
    assert!(body.check(true, now).is_ok());
    assert!(body.check(false, now).is_err());
}
