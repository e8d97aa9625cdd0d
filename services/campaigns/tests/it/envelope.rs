//! Canaries, and bounds within which a campaign goes on by itself.

use std::time::Duration;

use chrono::TimeDelta;
use contract::chunk::Outcome;
use contract::consent::OptOutRecorded;
use contract::dispatch::{Receipt, ReceiptsRecorded};
use contract::{ConsentId, MessageId, Reason, RunId, UnixMillis};
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

/// Six chunks; of every ten people one is suppressed and one fails.
const PEOPLE: u32 = 6 * 512;

/// The canary's hundred are 16 or 17 of each chunk, of which the first and the eleventh are suppressed, the second and the
/// twelfth fail.
const HANDED_OVER: u32 = 100 - 6 * 4;

/// Twelve of the canary fail: these bounds allow it.
fn wide_bounds() -> Value {
    json!({"max_error_percent": 20})
}

async fn launched_within(kit: &Kit, envelope: Value) -> String {
    let mut body = draft();
    body["envelope"] = envelope;
    let id = create(kit, body).await;
    let (status, campaign) = ask(kit, &id, "launch").await;
    assert_eq!(status, 202, "{campaign}");
    id
}

async fn envelope(kit: &Kit, id: &str) -> Value {
    let (status, view) = kit.get(&format!("/v1/campaigns/{id}/envelope")).await;
    assert_eq!(status, 200, "{view}");
    view
}

async fn until_waiting_for(kit: &Kit, id: &str, what: &str) -> Value {
    for _ in 0..1_000 {
        let view = envelope(kit, id).await;
        if view["run"]["waiting_for"] == what {
            return view;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never waited for {what}: {}", envelope(kit, id).await);
}

fn released(kit: &Kit) -> usize {
    fake::world(kit.tenant).released.len()
}

/// As many of the canary as are not suppressed and do not fail are through, and it is watched.
async fn canary_of(kit: &Kit, id: &str, handed_over: u32) -> Value {
    until(kit, id, |progress| {
        progress["state"] == "running" && progress["handed_over"] == handed_over
    })
    .await;
    until_waiting_for(kit, id, "watch").await
}

/// The canary is through and is watched.
async fn canary(kit: &Kit, id: &str) -> Value {
    canary_of(kit, id, HANDED_OVER).await
}

fn decisions(view: &Value) -> Vec<&str> {
    let decisions = view["run"]["decisions"].as_array().unwrap().iter();
    decisions
        .map(|decision| decision["decision"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_canary_that_fails_is_stopped_and_nobody_else_is_released() {
    let kit = kit(PEOPLE).await;
    let id = launched_within(&kit, json!({"max_error_percent": 6})).await;
    let ended = until(&kit, &id, |progress| {
        progress["state"] == "cancelled" && progress["pending"] == 0
    })
    .await;
    assert_eq!(ended["state_reason"], "envelope.error_rate");
    assert_eq!(
        (released(&kit), &ended["cancelled"]),
        (100, &json!(PEOPLE - 100))
    );
    let view = envelope(&kit, &id).await;
    assert_eq!(decisions(&view), ["stop"]);
    // Not the first hundred: every chunk gave its share, and so did the oldest and the newest contacts.
    let mut chunks = [0; 6];
    let mut thirds = [0; 3];
    for (person, released) in &fake::world(kit.tenant).heads {
        chunks[released.message.chunk() as usize] += 1;
        thirds[(person * 3 / PEOPLE) as usize] += 1;
    }
    assert_eq!(chunks, [16, 17, 17, 16, 17, 17]);
    assert!(thirds.iter().all(|people| *people >= 10), "{thirds:?}");
    let decision = &view["run"]["decisions"][0];
    assert_eq!(
        (&decision["bound"], &decision["key"]),
        (&json!("error_rate"), &json!(null))
    );
    assert!(
        decision["figures"]["failed"].as_u64() > Some(6),
        "{decision}"
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_canary_that_does_well_is_widened_once_it_was_watched_across_a_restart() {
    let kit = kit(PEOPLE).await;
    let id = launched_within(&kit, wide_bounds()).await;
    let view = canary(&kit, &id).await;
    assert_eq!(
        (
            &view["run"]["canary"],
            &view["run"]["figures"]["error_percent"]
        ),
        (&json!(100), &json!(13.64))
    );
    kit.clock.advance(TimeDelta::minutes(9));
    let kit = kit.restart().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(released(&kit), 100);
    kit.clock.advance(TimeDelta::minutes(2));
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(PEOPLE).2);
    assert!(
        fake::world(kit.tenant)
            .released
            .values()
            .all(|times| *times == 1)
    );
    assert_eq!(decisions(&envelope(&kit, &id).await), ["widen"]);
    kit.stop().await;
}

#[tokio::test]
async fn a_campaign_that_was_held_goes_on_when_a_human_widens_it() {
    let kit = kit(PEOPLE).await;
    let bounds = json!({"max_error_percent": 6, "on_breach": "hold"});
    let id = launched_within(&kit, bounds).await;
    let held = until_state(&kit, &id, "paused").await;
    assert_eq!(held["state_reason"], "envelope.error_rate");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(released(&kit), 100);
    // A resume alone looks again, and finds the same.
    assert_eq!(ask(&kit, &id, "resume").await.0, 200);
    until_state(&kit, &id, "paused").await;
    assert_eq!(decisions(&envelope(&kit, &id).await), ["hold", "hold"]);
    let path = format!("/v1/campaigns/{id}/envelope/widen");
    let (status, view) = kit.post(&path, json!({})).await;
    assert_eq!(status, 200, "{view}");
    assert_eq!(view["run"]["waived"], json!(["error_rate"]));
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(PEOPLE).2);
    let view = envelope(&kit, &id).await;
    assert_eq!(decisions(&view), ["hold", "hold", "widen_by_hand"]);
    assert!(
        view["run"]["decisions"][2]["key"]
            .as_str()
            .unwrap()
            .starts_with("key_")
    );
    let (status, problem) = kit.post(&path, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("envelope.nothing_to_widen"))
    );
    kit.stop().await;
}

/// Who stands at this position of the chunks, of those who were released.
fn at_position(kit: &Kit, position: u16) -> Vec<u32> {
    let world = fake::world(kit.tenant);
    let at = |released: &fake::Released| released.message.position() == position;
    let heads = world.heads.iter().filter(|(_, released)| at(released));
    heads.map(|(person, _)| *person).collect()
}

fn never_released(kit: &Kit) -> u32 {
    let world = fake::world(kit.tenant);
    (0..PEOPLE)
        .find(|person| !world.released.contains_key(person))
        .unwrap()
}

/// Says that these people opted out now.
async fn opt_out(kit: &Kit, people: &[u32]) {
    for person in people {
        let event = OptOutRecorded {
            consent: ConsentId::from_raw(u128::from(*person)),
            contact: Some(fake::contact(*person)),
            method: "keyword".into(),
            at: UnixMillis::from(kit.clock.now()),
        };
        kit.bus.publish(kit.tenant, &event).await.unwrap();
    }
}

#[tokio::test]
async fn opt_outs_of_those_who_had_their_text_hold_the_campaign_and_others_do_not() {
    let kit = kit(PEOPLE).await;
    let bounds = json!({"max_opt_out_percent": 1, "on_breach": "hold"});
    let id = launched_within(&kit, bounds).await;
    canary(&kit, &id).await;
    let at = |position| at_position(&kit, position)[0];
    // Suppressed, failed, never released, a stranger; and one who had the text, twice.
    let others = [at(0), at(1), never_released(&kit), 9_999];
    opt_out(&kit, &others).await;
    opt_out(&kit, &[at(2), at(2)]).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    let view = envelope(&kit, &id).await;
    assert_eq!(
        (&view["state"], &view["run"]["figures"]["opt_outs"]),
        (&json!("running"), &json!(1))
    );
    opt_out(&kit, &[at(3)]).await;
    let held = until_state(&kit, &id, "paused").await;
    assert_eq!(held["state_reason"], "envelope.opt_out_rate");
    assert_eq!(released(&kit), 100);
    kit.stop().await;
}

/// Says that the carrier's filter took the texts at these positions of the first chunk.
async fn filter(kit: &Kit, run: &str, positions: &[u16]) {
    let run: RunId = run.parse().unwrap();
    let receipt = |position: &u16| Receipt {
        message: MessageId::of(run, 0, *position),
        outcome: Outcome::Undelivered,
        reason: Reason::CARRIER_FILTERED,
        at: UnixMillis(1),
    };
    let items = positions.iter().map(receipt).collect();
    let event = ReceiptsRecorded { items };
    kit.bus.publish(kit.tenant, &event).await.unwrap();
}

#[tokio::test]
async fn texts_that_the_carrier_filters_stop_the_campaign() {
    let kit = kit(PEOPLE).await;
    let id = launched_within(&kit, json!({"max_filtered_percent": 2})).await;
    let view = canary(&kit, &id).await;
    let run = view["run"]["run"].as_str().unwrap();
    filter(&kit, run, &[2, 3]).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(envelope(&kit, &id).await["state"], "running");
    filter(&kit, run, &[4]).await;
    let ended = until_state(&kit, &id, "cancelled").await;
    assert_eq!(ended["state_reason"], "envelope.filtered_rate");
    // They were handed over all the same.
    assert_eq!(ended["handed_over"], HANDED_OVER);
    assert_eq!(released(&kit), 100);
    kit.stop().await;
}

#[tokio::test]
async fn a_bound_that_is_left_behind_the_canary_stops_the_rest() {
    let people = 60 * 512;
    let kit = kit(people).await;
    fake::world(kit.tenant).chunk_takes = 100;
    let bounds = json!({"canary_min": 600, "canary_percent": 0.1, "max_spend": {"amount_micros": 1000, "currency": "EUR"}});
    let id = launched_within(&kit, bounds).await;
    // Ten of each chunk.
    canary_of(&kit, &id, 480).await;
    // The bound is passed while most of the others still wait.
    fake::world(kit.tenant).chunk_takes = 500;
    kit.clock.advance(TimeDelta::minutes(11));
    until(&kit, &id, |progress| {
        progress["handed_over"].as_u64() > Some(1_000)
    })
    .await;
    fake::world(kit.tenant).spend_micros = 1_001;
    let ended = until(&kit, &id, |progress| {
        progress["state"] == "cancelled" && progress["pending"] == 0
    })
    .await;
    assert_eq!(ended["state_reason"], "envelope.spend");
    assert!(released(&kit) < people as usize);
    let view = envelope(&kit, &id).await;
    assert_eq!(decisions(&view), ["widen", "stop"]);
    assert_eq!(
        view["run"]["decisions"][1]["figures"]["spend"],
        json!({"amount_micros": 1001, "currency": "EUR"})
    );
    kit.stop().await;
}

#[tokio::test]
async fn too_few_outcomes_keep_the_canary_until_a_human_widens() {
    let kit = kit(PEOPLE).await;
    let mut bounds = wide_bounds();
    bounds["min_sample"] = json!(95);
    let id = launched_within(&kit, bounds).await;
    canary(&kit, &id).await;
    kit.clock.advance(TimeDelta::minutes(11));
    until_waiting_for(&kit, &id, "outcomes").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(released(&kit), 100);
    let (status, view) = kit
        .post(&format!("/v1/campaigns/{id}/envelope/widen"), json!({}))
        .await;
    assert_eq!((status, decisions(&view)), (200, vec!["widen_by_hand"]));
    until_state(&kit, &id, "completed").await;
    kit.stop().await;
}

#[tokio::test]
async fn a_small_audience_is_all_canary() {
    let kit = kit(60).await;
    let id = launched_within(&kit, wide_bounds()).await;
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(60).2);
    kit.stop().await;
}

#[tokio::test]
async fn an_envelope_that_could_not_work_is_refused_with_its_places() {
    let kit = kit(1).await;
    let mut body = draft();
    body["envelope"] = json!({"canary_min": 10, "watch": "PT25H", "max_error_percent": 101});
    let (status, problem) = kit.post("/v1/campaigns", body).await;
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(status, 422);
    assert_eq!(
        pointers,
        [
            "/envelope/min_sample",
            "/envelope/watch",
            "/envelope/watch",
            "/envelope/max_error_percent"
        ]
    );
    let id = create(&kit, draft()).await;
    let path = format!("/v1/campaigns/{id}");
    assert_eq!(kit.get(&format!("{path}/envelope")).await.0, 404);
    let (status, campaign) = kit
        .patch(&path, json!({"envelope": {"max_error_percent": 0.5}}))
        .await;
    assert_eq!(
        (status, &campaign["envelope"]["max_error_percent"]),
        (200, &json!(0.5))
    );
    let view = envelope(&kit, &id).await;
    assert_eq!(
        (&view["run"], &view["envelope"]["watch"]),
        (&json!(null), &json!("PT10M"))
    );
    let other = kit.with_key(&kit.other_key);
    let (status, _) = other
        .send(
            "GET",
            &format!("{path}/envelope"),
            "application/json",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(status, 404);
    kit.stop().await;
}
