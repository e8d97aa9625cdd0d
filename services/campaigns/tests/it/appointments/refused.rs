//! What cannot be agreed, and how that is told.

use serde_json::{Value, json};

use super::*;

fn faults(problem: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let fault = |fault: &Value| (text(&fault["pointer"]), text(&fault["code"]));
    problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(fault)
        .collect()
}

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.into(), code.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_an_appointment_is_told_at_once_and_nothing_is_kept() {
    let kit = kit().await;
    let path = "/v1/appointments/ext:a";
    let (status, problem) = kit
        .put(
            path,
            json!({"starts_at": {"local": "2026-06-15T14:00"}, "duration": "1h"}),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("appointment.invalid"))
    );
    assert_eq!(
        faults(&problem),
        [
            fault("/contact", "field.required"),
            fault("/starts_at/timezone", "timezone.missing"),
            fault("/duration", "duration.invalid"),
        ]
    );
    let (_, problem) = kit.put(path, booking(1, "2027-03-14T02:30")).await;
    assert_eq!(
        faults(&problem),
        [fault("/starts_at/local", "time.nonexistent")]
    );
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("2027-03-14T03:30"), "{detail}");
    let (_, problem) = kit.put(path, booking(1, "2026-06-10T10:59")).await;
    assert_eq!(
        faults(&problem),
        [fault("/starts_at/local", "appointment.in_past")]
    );
    let mut unknown = booking(5_000, "2026-06-15T14:00");
    unknown["reminder_plan"] = json!("nowhere");
    unknown["replaces"] = json!("ext:nothing");
    let (_, problem) = kit.put(path, unknown).await;
    assert_eq!(
        faults(&problem),
        [
            fault("/contact", "contact.unknown"),
            fault("/reminder_plan", "reminder_plan.unknown"),
            fault("/replaces", "appointment.unknown"),
        ]
    );
    let (status, problem) = kit.put(path, json!({"starts": "now"})).await;
    assert_eq!((status, &problem["code"]), (400, &json!("field.unknown")));
    let (status, _) = kit
        .put("/v1/appointments/nonsense", booking(1, "2026-06-15T14:00"))
        .await;
    assert_eq!(status, 400);
    let nobody = "/v1/appointments/apt_01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let (status, _) = kit.put(nobody, booking(1, "2026-06-15T14:00")).await;
    assert_eq!(status, 404);
    let (status, _) = kit.get(path).await;
    assert_eq!(status, 404);
    let (status, problem) = kit.get("/v1/appointments?state=asleep").await;
    assert_eq!((status, &problem["code"]), (400, &json!("query.invalid")));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_leaves_the_appointment_and_its_plan_as_they_were() {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    let before = plan(&kit, "a").await;
    let (status, _) = kit
        .put("/v1/appointments/ext:a", booking(1, "2027-03-14T02:30"))
        .await;
    assert_eq!(status, 422);
    assert_eq!(plan(&kit, "a").await, before);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_follow_the_start_and_their_figures_tell_who_comes() {
    let kit = kit().await;
    for (id, person) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        put(&kit, id, booking(person, "2026-06-15T14:00")).await;
    }
    let (status, problem) = kit
        .post(
            "/v1/appointments/ext:a/outcome",
            json!({"outcome": "no_show"}),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("appointment.state"))
    );
    go_to(&kit, "2026-06-13T14:00");
    until("all were told", async || offered(&kit).len() == 4).await;
    for id in ["a", "b", "c", "d"] {
        until_told(&kit, id).await;
    }
    for id in ["a", "b"] {
        let (status, of) = kit
            .post(&format!("/v1/appointments/ext:{id}/confirm"), json!({}))
            .await;
        assert_eq!((status, &of["confirmation"]), (200, &json!("confirmed")));
    }
    go_to(&kit, "2026-06-15T15:00");
    for (id, outcome) in [
        ("a", "completed"),
        ("b", "completed"),
        ("c", "no_show"),
        ("d", "completed"),
    ] {
        let path = format!("/v1/appointments/ext:{id}/outcome");
        let (status, of) = kit.post(&path, json!({"outcome": outcome})).await;
        assert_eq!((status, &of["status"]), (200, &json!(outcome)));
    }
    let (_, figures) = kit.get("/v1/appointment-figures").await;
    assert_eq!(figures["confirm_rate"], 0.5, "{figures}");
    assert_eq!(figures["no_show_rate_confirmed"], 0.0);
    assert_eq!(figures["no_show_rate_unconfirmed"], 0.5);
    let (_, by_hour) = kit.get("/v1/appointment-figures?by=hour").await;
    assert_eq!(by_hour["groups"][0]["key"], "14", "{by_hour}");
    assert_eq!(by_hour["groups"][0]["completed"], 3);
    for (by, key) in [
        ("location", "Elm St"),
        ("weekday", "Mon"),
        ("lead_time", "under_a_week"),
    ] {
        let (_, grouped) = kit.get(&format!("/v1/appointment-figures?by={by}")).await;
        assert_eq!(grouped["groups"][0]["key"], key, "{grouped}");
        assert_eq!(grouped["groups"].as_array().unwrap().len(), 1);
    }
    let (status, _) = kit.get("/v1/appointment-figures?by=moon").await;
    assert_eq!(status, 400);
    let (status, problem) = kit.post("/v1/appointments/ext:a/confirm", json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("appointment.state"))
    );
    kit.stop().await;
}
