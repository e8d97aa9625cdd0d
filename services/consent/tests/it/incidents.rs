//! Texts that left though they must not have: each is kept once, and nothing else is.

use contract::chunk::{Encoding, Outcome, SlotRef};
use contract::consent::OptOutConfirmed;
use contract::dispatch::{HandOver, HandOversRecorded, SlotOutcome};
use contract::{CampaignId, Class, DecisionId, MessageId, Reason, UnixMillis};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use testkit::eventually;

use crate::Kit;
use crate::support::{
    ask, close, contact, grant, listen, next, opt_in_all, phone, register, run, text_back,
};

fn slot(n: u128) -> SlotRef {
    SlotRef {
        run: run(n),
        chunk: 0,
        slot: 0,
    }
}

/// What dispatch says of the people at these positions, noted at `at`.
fn outcome(slot: SlotRef, at: UnixMillis, outcome: Outcome, people: &[(u16, u64)]) -> SlotOutcome {
    let item = |(position, n): &(u16, u64)| HandOver {
        position: *position,
        contact: contact(*n),
        decision: DecisionId::from_raw(1),
        outcome,
        reason: Reason::OK,
        until: None,
        segments: 1,
        encoding: Encoding::Gsm7,
        provider_message_id: "1a".to_string(),
    };
    SlotOutcome {
        slot,
        campaign: CampaignId::from_raw(1),
        provider: "simulator".to_string(),
        at,
        items: people.iter().map(item).collect(),
    }
}

async fn say(kit: &Kit, slots: Vec<SlotOutcome>) {
    let said = HandOversRecorded { slots };
    kit.bus.publish(kit.tenant, &said).await.unwrap();
}

async fn say_handed_over(kit: &Kit, slot: SlotRef, at: UnixMillis, people: &[(u16, u64)]) {
    say(kit, vec![outcome(slot, at, Outcome::HandedOver, people)]).await;
}

/// Everything that was said before has been looked at once a text of its own kind has been found: one that
/// nobody permitted, of a run of its own. Returns all the others.
async fn incidents(kit: &Kit, marker: u128) -> Vec<Value> {
    say_handed_over(kit, slot(marker), kit.clock.millis(), &[(9, 0)]).await;
    let mark = run(marker).to_string();
    let found = eventually("the marker is found", || async {
        let (status, list) = kit.get("/v1/incidents?limit=200").await;
        assert_eq!(status, 200, "{list}");
        let all = list["data"].as_array().unwrap().clone();
        all.iter().any(|one| one["run"] == mark).then_some(all)
    });
    let all = found.await;
    all.into_iter().filter(|one| one["run"] != mark).collect()
}

fn later(kit: &Kit, millis: i64) -> UnixMillis {
    UnixMillis(kit.clock.millis().0 + millis)
}

/// STOP of one person, confirmed; when it was.
async fn stop(kit: &Kit, n: u64, inbound: u128, slots: &[SlotRef], epoch: u64) -> OptOutConfirmed {
    let mut confirmed = listen::<OptOutConfirmed>(kit).await;
    text_back(kit, n, inbound, "STOP").await;
    close(kit, epoch, slots).await;
    next(&mut confirmed).await
}

async fn counted(kit: &Kit, name: &str) -> u64 {
    let (_, page) = kit.get("/metrics").await;
    let page = page.as_str().unwrap().to_string();
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")));
    let line = line.unwrap_or_else(|| panic!("{name} is not exported"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_hand_over_said_after_the_confirmation_is_kept_once_and_counted() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let epoch = register(&kit).await;
    let told = grant(&kit, &ask(&kit, slot(1), epoch, &[0, 1, 2])).await;
    assert_eq!(told.granted, [0, 1, 2]);
    let before = counted(&kit, "texts_after_opt_out_total").await;
    let confirmed = stop(&kit, 1, 1, &[slot(1)], epoch).await;
    let at = UnixMillis(confirmed.confirmed_at.0 + 1);
    for _ in 0..3 {
        say_handed_over(&kit, slot(1), at, &[(0, 0), (1, 1), (2, 2)]).await;
    }
    let found = incidents(&kit, 100).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let one = &found[0];
    let path = format!("/v1/consents?phone={}", phone(1).digits());
    let stop_entry = kit.get(&path).await.1["data"][1].clone();
    let message = MessageId::of(run(1), 0, 1);
    for (field, expected) in [
        ("kind", json!("after_confirmation")),
        ("message", json!(message)),
        ("run", json!(run(1))),
        ("chunk", json!(0)),
        ("position", json!(1)),
        ("campaign", json!(CampaignId::from_raw(1))),
        ("contact", json!(contact(1))),
        ("opt_out", json!(confirmed.consent)),
        ("opt_out_recorded_at", stop_entry["recorded_at"].clone()),
        (
            "opt_out_confirmed_at",
            json!(confirmed.confirmed_at.to_utc()),
        ),
        ("handed_over_at", json!(at.to_utc())),
    ] {
        assert_eq!(one[field], expected, "{field} of {one}");
    }
    assert!(one["permit_granted_at"].is_string() && one["found_at"].is_string());
    assert_eq!(one["person"].as_str().map(str::len), Some(64));
    let digits = phone(1).digits().to_string();
    assert!(!one.to_string().contains(&digits));
    assert!(counted(&kit, "texts_after_opt_out_total").await > before);
    // The row itself names nobody either, and the others' permits are of no interest.
    let db = kit.db("consent");
    let rows = "SELECT COUNT(*) FROM incident WHERE person IS NOT NULL";
    let rows = db.read().query_one_raw(db.engine().sql(rows, [])).await;
    let rows: i64 = rows.unwrap().unwrap().try_get_by_index(0).unwrap();
    assert_eq!(rows, 1);
    let path = format!("/v1/incidents/{}", one["id"].as_str().unwrap());
    assert_eq!(kit.get(&path).await, (200, one.clone()));
    let kit = kit.restart().await;
    assert_eq!(kit.get(&path).await, (200, one.clone()), "it is durable");
    kit.stop().await;
}

#[tokio::test]
async fn a_hand_over_noted_before_the_confirmation_is_none_however_late_it_is_heard() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    grant(&kit, &ask(&kit, slot(1), epoch, &[0, 1])).await;
    let begun = kit.clock.millis();
    let confirmed = stop(&kit, 1, 1, &[slot(1)], epoch).await;
    for at in [begun, confirmed.recorded_at, confirmed.confirmed_at] {
        say_handed_over(&kit, slot(1), at, &[(1, 1)]).await;
    }
    // Nobody says that these left.
    let late = UnixMillis(confirmed.confirmed_at.0 + 5);
    let unknown = outcome(slot(1), late, Outcome::Unknown, &[(1, 1)]);
    let failed = outcome(slot(1), late, Outcome::Failed, &[(1, 1)]);
    say(&kit, vec![unknown, failed]).await;
    assert_eq!(incidents(&kit, 100).await, Vec::<Value>::new());
    kit.stop().await;
}

#[tokio::test]
async fn a_late_note_of_a_permit_that_had_run_out_before_the_confirmation_is_none_here() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..1).await;
    let epoch = register(&kit).await;
    grant(&kit, &ask(&kit, slot(1), epoch, &[0])).await;
    // A frozen dispatcher: its successor closes what has run out, and the frozen one wakes up.
    text_back(&kit, 0, 1, "STOP").await;
    let mut confirmed = listen::<OptOutConfirmed>(&kit).await;
    kit.clock.advance(chrono::Duration::seconds(11));
    close(&kit, epoch, &[slot(1)]).await;
    let confirmed = next(&mut confirmed).await;
    let woken = UnixMillis(confirmed.confirmed_at.0 + 1_000);
    say_handed_over(&kit, slot(1), woken, &[(0, 0)]).await;
    assert_eq!(incidents(&kit, 100).await, Vec::<Value>::new());
    kit.stop().await;
}

#[tokio::test]
async fn an_opt_out_of_another_topic_or_class_gives_no_incident() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    grant(&kit, &ask(&kit, slot(1), epoch, &[0])).await;
    let mut reminder = ask(&kit, slot(2), epoch, &[1]);
    reminder.class = Class::Appointment;
    assert_eq!(grant(&kit, &reminder).await.granted, [0]);
    let mut confirmed = listen::<OptOutConfirmed>(&kit).await;
    let body =
        json!({"phone": phone(0).to_string(), "action": "opt_out", "scope": "programme:sale"});
    let (status, answer) = kit.post("/v1/consents", body).await;
    assert_eq!(status, 201, "{answer}");
    let body =
        json!({"phone": phone(1).to_string(), "action": "opt_out", "scope": "class:marketing"});
    let (status, answer) = kit.post("/v1/consents", body).await;
    assert_eq!(status, 201, "{answer}");
    close(&kit, epoch, &[slot(1), slot(2)]).await;
    next(&mut confirmed).await;
    next(&mut confirmed).await;
    say_handed_over(&kit, slot(1), later(&kit, 100), &[(0, 0)]).await;
    say_handed_over(&kit, slot(2), later(&kit, 100), &[(0, 1)]).await;
    assert_eq!(incidents(&kit, 100).await, Vec::<Value>::new());
    kit.stop().await;
}

#[tokio::test]
async fn a_text_after_stop_and_start_is_none_and_so_is_the_stops_own_confirmation() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..1).await;
    let epoch = register(&kit).await;
    let stopped = stop(&kit, 0, 1, &[], epoch).await;
    let mut question = ask(&kit, slot(5), epoch, &[0]);
    question.class = Class::OptOutConfirmation;
    assert_eq!(grant(&kit, &question).await.granted, [0]);
    text_back(&kit, 0, 2, "START").await;
    let told = grant(&kit, &ask(&kit, slot(1), epoch, &[0])).await;
    assert_eq!(told.granted, [0], "{told:?}");
    assert!(kit.clock.millis() >= stopped.confirmed_at);
    say_handed_over(&kit, slot(5), later(&kit, 50), &[(0, 0)]).await;
    say_handed_over(&kit, slot(1), later(&kit, 50), &[(0, 0)]).await;
    assert_eq!(incidents(&kit, 100).await, Vec::<Value>::new());
    kit.stop().await;
}

#[tokio::test]
async fn a_permit_granted_against_an_opt_out_is_an_incident_with_its_hand_over() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    let stopped = stop(&kit, 1, 1, &[], epoch).await;
    // The gate would refuse it, so the row is put there by hand: granted at a revision with the STOP in it.
    grant(&kit, &ask(&kit, slot(1), epoch, &[0])).await;
    let db = kit.db("consent");
    let sql = "INSERT INTO permit (run, chunk, position, decision, revision, phone, granted_at) \
               SELECT run, chunk, 1, decision, 2, $1, granted_at FROM permit WHERE run = $2";
    let values = [
        i64::try_from(phone(1).digits()).unwrap().into(),
        run(1).uuid().into(),
    ];
    let sql = db.engine().sql(sql, values);
    db.write(move |tx| {
        Box::pin(async move {
            tx.execute_raw(sql).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    // Even a note from before the confirmation: no such permit could have been waited for.
    say_handed_over(&kit, slot(1), stopped.recorded_at, &[(0, 0), (1, 1)]).await;
    let found = incidents(&kit, 100).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (
            &found[0]["kind"],
            &found[0]["opt_out"],
            &found[0]["position"]
        ),
        (
            &json!("permitted_after_opt_out"),
            &json!(stopped.consent),
            &json!(1)
        )
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_hand_over_without_a_permit_is_an_incident_at_every_place_of_a_slot() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..64).await;
    let epoch = register(&kit).await;
    let others: Vec<u64> = (0..64).collect();
    let mut question = ask(&kit, slot(1), epoch, &others);
    question.asks.retain(|one| one.position % 9 != 0);
    grant(&kit, &question).await;
    let before = counted(&kit, "texts_without_permit_total").await;
    let everybody: Vec<(u16, u64)> = (0..64).map(|n| (n, u64::from(n))).collect();
    for _ in 0..2 {
        say_handed_over(&kit, slot(1), kit.clock.millis(), &everybody).await;
    }
    let found = incidents(&kit, 100).await;
    let mut positions: Vec<u64> = found
        .iter()
        .map(|one| one["position"].as_u64().unwrap())
        .collect();
    positions.sort_unstable();
    assert_eq!(positions, [0, 9, 18, 27, 36, 45, 54, 63]);
    for one in &found {
        assert_eq!(
            (&one["kind"], &one["opt_out"], &one["permit_granted_at"]),
            (&json!("no_permit"), &json!(null), &json!(null))
        );
    }
    assert!(counted(&kit, "texts_without_permit_total").await >= before + 8);
    kit.stop().await;
}

#[tokio::test]
async fn the_last_place_of_a_full_slot_is_looked_at_like_every_other() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..64).await;
    let epoch = register(&kit).await;
    let people: Vec<u64> = (0..64).collect();
    let told = grant(&kit, &ask(&kit, slot(1), epoch, &people)).await;
    assert_eq!(told.granted.len(), 64);
    let confirmed = stop(&kit, 63, 1, &[slot(1)], epoch).await;
    let everybody: Vec<(u16, u64)> = (0..64).map(|n| (n, u64::from(n))).collect();
    let at = UnixMillis(confirmed.confirmed_at.0 + 1);
    say_handed_over(&kit, slot(1), at, &everybody).await;
    let found = incidents(&kit, 100).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["kind"], &found[0]["position"]),
        (&json!("after_confirmation"), &json!(63))
    );
    assert_eq!(kit.dead_letters().await, 0);
    kit.stop().await;
}

#[tokio::test]
async fn incidents_are_paged_filtered_and_seen_by_their_tenant_only() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let people: Vec<(u16, u64)> = (0..5).map(|n| (n, u64::from(n))).collect();
    say_handed_over(&kit, slot(1), kit.clock.millis(), &people).await;
    assert_eq!(incidents(&kit, 100).await.len(), 5);
    let (mut path, mut seen) = ("/v1/incidents?limit=2".to_string(), Vec::new());
    loop {
        let (status, page) = kit.get(&path).await;
        assert_eq!(status, 200, "{page}");
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/incidents?limit=2&cursor={cursor}");
    }
    let ids: Vec<&str> = seen.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 6);
    assert!(ids.is_sorted() && ids.iter().all(|id| id.starts_with("inc_")));

    for (query, expected) in [
        ("kind=no_permit", 6),
        ("kind=after_confirmation", 0),
        ("since=2026-06-10T00:00:00Z", 6),
        ("since=2027-01-01T00:00:00Z", 0),
    ] {
        let (status, list) = kit.get(&format!("/v1/incidents?{query}")).await;
        let count = list["data"].as_array().map(Vec::len);
        assert_eq!((status, count), (200, Some(expected)), "{query}: {list}");
    }
    for (path, status, code) in [
        ("/v1/incidents?cursor=page2", 400, "cursor.invalid"),
        ("/v1/incidents?kind=all", 422, "field.invalid"),
        ("/v1/incidents?since=yesterday", 400, "query.invalid"),
        ("/v1/incidents?phone=1", 400, "field.unknown"),
        (
            "/v1/incidents/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV",
            400,
            "id.wrong_type",
        ),
        (
            "/v1/incidents/inc_01ARZ3NDEKTSV4RRFFQ69G5FAV",
            404,
            "not_found",
        ),
    ] {
        let (got, problem) = kit.get(path).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{path}");
    }
    let stranger = kit.with_key(&kit.other_key);
    let list = stranger.get("/v1/incidents").await.unwrap();
    assert_eq!(list["data"], json!([]));
    let path = format!("/v1/incidents/{}", ids[0]);
    let one = stranger
        .send("GET", &path, "application/json", Vec::new())
        .await
        .unwrap();
    assert_eq!(one.0, 404, "{}", one.1);
    kit.stop().await;
}
