//! Reminder plans.

use serde_json::json;

use super::booking::step;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn plans_are_versioned_and_appointments_keep_theirs_until_they_change() {
    let kit = kit().await;
    let made = put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    let id = made["appointment"]["reminder_plan"]
        .as_str()
        .unwrap()
        .to_string();
    let path = format!("/v1/reminder-plans/{id}");
    let mut body = plan_body();
    body["steps"] = json!([{"id": "r1d", "offset": "-P1D", "template": template(TWO_DAYS)}]);
    let (status, plan_v2) = kit.put(&path, &body).await;
    assert_eq!((status, &plan_v2["version"]), (200, &json!(2)));
    let (_, same) = kit.put(&path, &body).await;
    assert_eq!(same["version"], 2);
    assert_eq!(steps(&plan(&kit, "a").await["reminders"])[0].0, "r2d");
    let moved = put(&kit, "a", booking(1, "2026-06-16T14:00")).await;
    assert_eq!(moved["appointment"]["reminder_plan_version"], 2);
    assert_eq!(steps(&moved["plan"])[0].0, "r1d");
    let (status, problem) = kit.delete(&path).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("reminder_plan.in_use"))
    );
    kit.delete("/v1/appointments/ext:a").await;
    let (status, _) = kit.delete(&path).await;
    assert_eq!(status, 204);
    let (status, _) = kit.get(&path).await;
    assert_eq!(status, 404);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_with_faults_are_refused_and_an_invalid_version_replaces_none() {
    let kit = kit().await;
    let (status, problem) = kit.post("/v1/reminder-plans", plan_body()).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("reminder_plan.name_taken"))
    );
    let (_, list) = kit.get("/v1/reminder-plans").await;
    let plan = list["data"][0].clone();
    let path = format!("/v1/reminder-plans/{}", plan["id"].as_str().unwrap());
    let mut body = plan_body();
    body["steps"][0]["offset"] = json!("PT2H");
    body["window"] = json!({"from": "8", "to": "21:00"});
    let (status, problem) = kit.put(&path, &body).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("reminder_plan.invalid"))
    );
    let errors = problem["errors"].as_array().unwrap();
    let places: Vec<&str> = errors
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["/window/from", "/steps/0/offset"]);
    let (_, kept) = kit.get(&path).await;
    assert_eq!(kept, plan);
    let stranger = kit.with_key(&kit.other_key);
    assert!(stranger.get(&path).await.is_err());
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plan_is_a_change_by_itself_and_tells_nobody_anything_twice() {
    let kit = told().await;
    let default = get(&kit, "a").await["reminder_plan"].clone();
    let mut urgent = plan_body();
    urgent["name"] = json!("urgent");
    urgent["steps"] = json!([
        // Its time has passed, and something has been told since.
        {"id": "three-days", "offset": "-P3D", "late": "send_now", "template": template(WHICH)},
        // This has been told.
        {"id": "two-days", "offset": "-P2D", "late": "send_now", "template": template(CONFIRMED)},
        {"id": "hours", "offset": "-PT3H", "min_lead": "PT45M", "template": template(TWO_HOURS)},
    ]);
    let (status, urgent) = kit.post("/v1/reminder-plans", urgent).await;
    assert_eq!(status, 201, "{urgent}");
    let mut body = booking(1, "2026-06-15T14:00");
    body["reminder_plan"] = json!("default");
    assert_eq!(put(&kit, "a", body.clone()).await["effect"], "unchanged");
    body["reminder_plan"] = json!("urgent");
    let updated = put(&kit, "a", body.clone()).await;
    assert_eq!(
        (&updated["effect"], &updated["notice"]),
        (&json!("updated"), &json!("not_needed")),
        "{updated}"
    );
    assert_eq!(updated["appointment"]["reminder_plan"], urgent["id"]);
    assert_eq!(
        steps(&updated["plan"]),
        [
            step("three-days", "-", "skipped", "late_booking"),
            step("hours", "2026-06-15T11:00", "planned", "on_time"),
        ]
    );
    assert_eq!(put(&kit, "a", body).await["effect"], "unchanged");
    let path = format!("/v1/reminder-plans/{}", default.as_str().unwrap());
    assert_eq!(kit.delete(&path).await.0, 204);
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    go_to(&kit, "2026-06-15T11:00");
    until_offered(&kit, &[TWO_DAYS, TWO_HOURS]).await;
    go_to(&kit, "2026-06-15T12:00");
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS, TWO_HOURS]);
    kit.stop().await;
}
