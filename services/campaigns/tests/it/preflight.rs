//! What a campaign would do, before it does it.

use std::time::{Duration, Instant};

use chrono::Duration as Span;
use contract::UnixMillis;
use serde_json::{Value, json};
use testkit::{Kit, eventually};

use crate::fake;
use crate::story::*;

/// Asks for a preflight and waits for its end.
pub async fn looked(kit: &Kit, id: &str) -> Value {
    let (status, asked) = ask(kit, id, "preflight").await;
    assert_eq!(status, 202, "{asked}");
    done(kit, id, asked["id"].as_str().unwrap()).await
}

async fn done(kit: &Kit, id: &str, preflight: &str) -> Value {
    let started = Instant::now();
    loop {
        let path = format!("/v1/campaigns/{id}/preflights/{preflight}");
        let (status, found) = kit.get(&path).await;
        assert_eq!(status, 200, "{found}");
        if found["state"] != "running" {
            assert_eq!(found["state"], "succeeded", "{found}");
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(45), "still {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn count(groups: &Value, reason: &str) -> u64 {
    let mut groups = groups.as_array().unwrap().iter();
    let found = groups.find(|group| group["reason"] == reason);
    found.map_or(0, |group| group["count"].as_u64().unwrap())
}

#[tokio::test]
async fn a_preflight_says_what_the_launch_then_does() {
    let kit = kit(1200).await;
    {
        let mut world = fake::world(kit.tenant);
        world.gone = [5, 700].into();
        (world.looks.price, world.looks.pace) = (7_500, 10.0);
        world.quiet_until = Some(UnixMillis(kit.clock.millis().0 + 6 * 3_600_000));
    }
    let id = create(&kit, draft()).await;
    let (status, none) = kit.get(&format!("/v1/campaigns/{id}/preflight")).await;
    assert_eq!((status, &none["code"]), (404, &json!("not_found")));
    let found = looked(&kit, &id).await;
    let report = &found["report"];
    let (suppressed, failed, sent) = expected(1200);
    // Two are gone, who would have been texted.
    assert_eq!(report["recipients"], 1200, "{report}");
    assert_eq!(report["would_send"], sent - 2, "{report}");
    assert_eq!(count(&report["suppressed"], "NO_CONSENT"), suppressed);
    assert_eq!(count(&report["suppressed"], "CONTACT_GONE"), 2);
    assert_eq!(count(&report["failed"], "MERGE_FIELD_MISSING"), failed);
    let first = &report["suppressed"][0];
    assert_eq!(
        (
            &first["reason"],
            first["contacts"].as_array().unwrap().len()
        ),
        (&json!("NO_CONSENT"), 5)
    );
    assert_eq!(report["segments"], json!({"2": sent - 2}));
    assert_eq!(report["encodings"], json!({"GSM-7": sent - 2}));
    assert_eq!(
        report["cost"]["total_micros"],
        json!({"USD": (sent - 2) * 2 * 7_500})
    );
    assert_eq!(report["pace"]["limits"][0]["segments_per_second"], 10.0);
    let held = report["held_by_quiet_hours"].as_u64().unwrap();
    assert!(held > 400, "{report}");
    let hours = |key: &str| -> Vec<u64> {
        let hours = report[key].as_array().unwrap().iter();
        hours.map(|hour| hour["texts"].as_u64().unwrap()).collect()
    };
    assert_eq!(hours("hours"), [sent - 2 - held, held], "{report}");
    assert_eq!(hours("local_hours"), hours("hours"));
    assert_eq!(
        (
            &report["local_hours"][0]["local"],
            &report["at_risk"]["count"]
        ),
        (&json!("2026-06-10T11:00"), &json!(0))
    );
    let samples = found["samples"].as_array().unwrap();
    assert_eq!(
        (samples.len(), &samples[0]["text"]),
        (5, &json!("Hi P2")),
        "{found}"
    );
    let (_, latest) = kit.get(&format!("/v1/campaigns/{id}/preflight")).await;
    assert_eq!(latest["id"], found["id"]);

    // It had no effect: nobody was released or texted, and no run begun.
    {
        let world = fake::world(kit.tenant);
        assert!(world.released.is_empty() && world.texts.is_empty() && world.gates.is_empty());
    }
    kit.clock.advance(Span::hours(7));
    ask(&kit, &id, "launch").await;
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], report["would_send"], "{progress}");
    kit.stop().await;
}

#[tokio::test]
async fn the_same_audience_has_the_same_version_and_another_one_another() {
    let kit = kit(600).await;
    let id = create(&kit, draft()).await;
    let version = |found: &Value| found["report"]["audience"].clone();
    let first = looked(&kit, &id).await;
    let again = looked(&kit, &id).await;
    assert_ne!(first["id"], again["id"]);
    assert_eq!(version(&first), version(&again));
    assert_eq!(version(&first)["count"], 600);
    fake::world(kit.tenant).people = 601;
    assert_ne!(version(&looked(&kit, &id).await), version(&first));
    kit.stop().await;
}

#[tokio::test]
async fn one_preflight_of_a_campaign_runs_at_a_time_and_goes_on_after_a_restart() {
    let kit = Kit::start_with(&[campaigns::SERVICE, fake::SERVICE], |settings| {
        settings.with("campaigns.preflight_wait_ms", 0)
    })
    .await;
    // Two pages.
    fake::create(kit.tenant, 11_000);
    fake::world(kit.tenant).looks.forecast_takes = 400;
    let id = create(&kit, draft()).await;
    let (_, one) = ask(&kit, &id, "preflight").await;
    let (status, two) = ask(&kit, &id, "preflight").await;
    assert_eq!(
        (status, &two["id"], &two["state"]),
        (202, &one["id"], &json!("running"))
    );
    let preflight = one["id"].as_str().unwrap();
    let named = json!({"preflight": preflight});
    let (status, told) = kit
        .post(&format!("/v1/campaigns/{id}/launch"), named.clone())
        .await;
    assert_eq!(
        (status, &told["code"]),
        (409, &json!("campaign.preflight_unfinished")),
        "{told}"
    );
    let started = Instant::now();
    while kit
        .get(&format!("/v1/campaigns/{id}/preflights/{preflight}"))
        .await
        .1["looked_at"]
        == 0
    {
        assert!(started.elapsed() < Duration::from_secs(45));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let kit = kit.restart().await;
    let before = fake::world(kit.tenant).looks.forecasts;
    kit.clock.advance(Span::seconds(20));
    let found = done(&kit, &id, preflight).await;
    assert_eq!(found["report"]["recipients"], 11_000);
    assert_eq!(found["report"]["would_send"], expected(11_000).2);
    let asked = fake::world(kit.tenant).looks.forecasts - before;
    assert!(
        asked <= 3,
        "{asked} chunks after the restart: it began anew"
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_the_same_preflight_in_hand_count_everybody_once() {
    if testkit::database_url().is_none() {
        return;
    }
    let kit = Kit::start_with(&[campaigns::SERVICE, fake::SERVICE], |settings| {
        settings.with("campaigns.preflight_wait_ms", 0)
    })
    .await;
    // Four pages.
    fake::create(kit.tenant, 31_000);
    fake::world(kit.tenant).looks.forecast_takes = 50;
    let beside = kit.beside().await;
    let id = create(&kit, draft()).await;
    let (_, asked) = ask(&kit, &id, "preflight").await;
    let preflight = asked["id"].as_str().unwrap();
    let path = format!("/v1/campaigns/{id}/preflights/{preflight}");
    // Whoever has it in hand seems to be dead, again and again: others take it up beside them.
    for _ in 0..4 {
        kit.clock.advance(Span::seconds(16));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let found = done(&kit, &id, preflight).await;
    let report = &found["report"];
    let (suppressed, failed, sent) = expected(31_000);
    assert_eq!(report["recipients"], 31_000, "{report}");
    assert_eq!(report["would_send"], sent);
    assert_eq!(count(&report["suppressed"], "NO_CONSENT"), suppressed);
    assert_eq!(count(&report["failed"], "MERGE_FIELD_MISSING"), failed);
    assert_eq!(kit.get(&path).await.1, found);
    let chunks = 31_000_u32.div_ceil(512);
    let asked = fake::world(kit.tenant).looks.forecasts;
    assert!(asked > chunks, "it was never in two hands");
    beside.stop().await.unwrap();
    kit.stop().await;
}

#[tokio::test]
async fn texts_of_a_preflight_are_dropped_after_a_day() {
    let kit = kit(20).await;
    let id = create(&kit, draft()).await;
    let found = looked(&kit, &id).await;
    assert!(!found["samples"].as_array().unwrap().is_empty());
    kit.clock.advance(Span::hours(25));
    let started = Instant::now();
    loop {
        let (_, now) = kit.get(&format!("/v1/campaigns/{id}/preflight")).await;
        if now["samples"] == json!([]) {
            assert_eq!(now["report"], found["report"]);
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{now}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_launch_that_carries_a_preflight_is_refused_when_something_has_moved() {
    let kit = kit(40).await;
    let id = create(&kit, draft()).await;
    let path = format!("/v1/campaigns/{id}");
    let launch = async |preflight: &Value| {
        kit.post(&format!("{path}/launch"), json!({"preflight": preflight}))
            .await
    };
    let stale = |told: &(u16, Value), what: &str| {
        assert_eq!(
            (told.0, &told.1["code"], &told.1["errors"][0]["pointer"]),
            (422, &json!("campaign.preflight_stale"), &json!(what)),
            "{told:?}"
        );
        assert_eq!(told.1["errors"].as_array().unwrap().len(), 1, "{told:?}");
    };
    let found = looked(&kit, &id).await;
    assert_eq!(kit.patch(&path, json!({"valid_for": 5})).await.0, 200);
    stale(&launch(&found["id"]).await, "/content");
    let found = looked(&kit, &id).await;
    fake::world(kit.tenant).looks.newer_templates = 1;
    stale(&launch(&found["id"]).await, "/content");
    let found = looked(&kit, &id).await;
    fake::world(kit.tenant).people = 41;
    stale(&launch(&found["id"]).await, "/audience");
    let found = looked(&kit, &id).await;
    fake::world(kit.tenant).looks.newer_policies = 1;
    stale(&launch(&found["id"]).await, "/policy");
    let found = looked(&kit, &id).await;
    kit.clock.advance(Span::hours(25));
    stale(&launch(&found["id"]).await, "/age");
    let other = create(&kit, draft()).await;
    let (status, told) = kit
        .post(
            &format!("/v1/campaigns/{other}/launch"),
            json!({"preflight": found["id"]}),
        )
        .await;
    assert_eq!((status, &told["code"]), (404, &json!("not_found")));
    let found = looked(&kit, &id).await;
    let (status, told) = launch(&found["id"]).await;
    assert_eq!(status, 202, "{told}");
    until_state(&kit, &id, "completed").await;
    let (status, told) = ask(&kit, &id, "preflight").await;
    assert_eq!((status, &told["code"]), (409, &json!("campaign.state")));
    kit.stop().await;
}

#[tokio::test]
async fn from_the_size_that_a_tenant_sets_on_a_launch_carries_a_preflight() {
    let kit = kit(40).await;
    let (status, told) = kit
        .put("/v1/campaign-settings", json!({"preflight_from": 40}))
        .await;
    assert_eq!(
        (status, &told["in_force"]["preflight_from"]),
        (200, &json!(40)),
        "{told}"
    );
    let id = create(&kit, draft()).await;
    let (status, told) = ask(&kit, &id, "launch").await;
    assert_eq!(
        (status, &told["code"]),
        (403, &json!("campaign.preflight_required")),
        "{told}"
    );
    let found = looked(&kit, &id).await;
    // To have looked is not enough: the launch says at what.
    assert_eq!(ask(&kit, &id, "launch").await.0, 403);
    let path = format!("/v1/campaigns/{id}/launch");
    let (status, told) = kit.post(&path, json!({"preflight": found["id"]})).await;
    assert_eq!(status, 202, "{told}");
    fake::world(kit.tenant).people = 39;
    let small = create(&kit, draft()).await;
    assert_eq!(ask(&kit, &small, "launch").await.0, 202);
    // Live campaigns have settings of their own, which test keys do not reach.
    let live = kit.with_key(&kit.live_key);
    let shown = live.get("/v1/campaign-settings").await.unwrap();
    assert_eq!(shown["in_force"]["preflight_from"], json!(null));
    let bad = json!({"approval_from_cost": {"micros": 0, "currency": "usd"}});
    let (status, told) = kit.put("/v1/campaign-settings", bad).await;
    assert_eq!(
        (status, told["errors"].as_array().unwrap().len()),
        (422, 2),
        "{told}"
    );
    kit.stop().await;
}

#[tokio::test]
async fn another_tenant_sees_no_preflight_and_no_text_of_it() {
    let kit = kit(20).await;
    let id = create(&kit, draft()).await;
    let found = looked(&kit, &id).await;
    let other = kit.with_key(&kit.other_key);
    let preflight = found["id"].as_str().unwrap();
    for path in [
        format!("/v1/campaigns/{id}/preflight"),
        format!("/v1/campaigns/{id}/preflights/{preflight}"),
        format!("/v1/campaigns/{id}/approval"),
        format!("/v1/campaigns/{id}/history"),
    ] {
        let (status, _) = other
            .send("GET", &path, "application/json", Vec::new())
            .await
            .unwrap();
        assert_eq!(status, 404, "{path}");
    }
    for verb in ["preflight", "submit", "approve", "clone"] {
        let path = format!("/v1/campaigns/{id}/{verb}");
        let (status, _) = other
            .send("POST", &path, "application/json", Vec::new())
            .await
            .unwrap();
        assert_eq!(status, 404, "{path}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_preflight_that_nobody_answers_is_tried_again_and_given_up_in_the_end() {
    let kit = Kit::start_with(&[campaigns::SERVICE, fake::SERVICE], |settings| {
        settings.with("campaigns.preflight_wait_ms", 0)
    })
    .await;
    fake::create(kit.tenant, 20);
    fake::world(kit.tenant).looks.refuses = true;
    let id = create(&kit, draft()).await;
    let asked = async || {
        let (status, asked) = ask(&kit, &id, "preflight").await;
        assert_eq!(status, 202, "{asked}");
        asked["id"].as_str().unwrap().to_string()
    };
    let tried = || fake::world(kit.tenant).looks.forecasts;
    let first = asked().await;
    eventually("it is tried", || async { (tried() > 0).then_some(()) }).await;
    fake::world(kit.tenant).looks.refuses = false;
    kit.clock.advance(Span::seconds(20));
    let found = done(&kit, &id, &first).await;
    assert_eq!(found["report"]["recipients"], 20);

    fake::world(kit.tenant).looks.refuses = true;
    asked().await;
    let failed = eventually("it is given up", || async {
        kit.clock.advance(Span::seconds(2));
        let (_, found) = kit.get(&format!("/v1/campaigns/{id}/preflight")).await;
        (found["state"] == "failed").then_some(found)
    })
    .await;
    assert_eq!(
        (&failed["reason"], &failed["samples"]),
        (&json!("preflight.unavailable"), &json!([])),
        "{failed}"
    );
    // The one before still stands, and another may be asked for.
    fake::world(kit.tenant).looks.refuses = false;
    let next = asked().await;
    done(&kit, &id, &next).await;
    kit.stop().await;
}
