//! What the platform itself tells journeys: clicks, and what happens to appointments.

use contract::inbound::LinkClicked;
use contract::{CampaignId, ClickId, MessageId};

use super::*;
use crate::appointments;

const CLICKS: &str = "journey: v1\nname: clicks\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\nsteps:\n  \
    - {id: hello, send: {template: greeting}}\n  - {id: click, await: {event: link.clicked, if: \"event.template == 'greeting'\", timeout: P1D}}\n  \
    - {id: seen, if: \"contact.has_event('link.clicked', within='P1D')\", send: {template: greeting}}\n  - {id: rest, wait: {for: P1D}}\n";

const VISITS: &str = "journey: v1\nname: visits\npurpose: appointment\ntrigger: {event: appointment.scheduled, key: appointment.id}\n\
    exit: [{event: appointment.cancelled}]\nsteps:\n  - {id: hello, send: {template: greeting}}\n  - id: ask\n    await:\n      \
    until: appointment.starts_at\n      replies: {fine: {match: [\"FINE\"], steps: [{id: ok, update: {appointment.confirmation: confirmed}}]}}\n  \
    - {id: rest, wait: {for: P1D}}\n";

#[tokio::test]
async fn a_click_of_a_person_reaches_the_run_whose_text_had_the_link() {
    let kit = kit(10).await;
    let id = published(&kit, CLICKS).await;
    tell(
        &kit,
        &[event("o1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    let started = until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let full = run(&kit, &started[0]["id"]).await;
    let message: MessageId = full["texts"][0]["message"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let click = |n: u128, by: &str| LinkClicked {
        click: ClickId::from_raw(n),
        message,
        campaign: CampaignId::from_raw(0),
        link: 0,
        by: by.into(),
        at: kit.clock.millis(),
    };
    kit.bus.publish(kit.tenant, &click(1, "bot")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await[0]["at"], json!(["click"]));
    for _ in 0..2 {
        kit.bus
            .publish(kit.tenant, &click(2, "person"))
            .await
            .unwrap();
    }
    let moved = until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["rest"])).await;
    assert_eq!(texts(&run(&kit, &moved[0]["id"]).await), 2);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_starts_a_run_whose_answer_confirms_it_and_its_end_ends_the_run() {
    let kit = appointments::kit().await;
    let id = published(&kit, VISITS).await;
    for (n, name) in [(1, "a"), (2, "b")] {
        appointments::put(&kit, name, appointments::booking(n, "2026-06-25T14:00")).await;
    }
    let started = until_runs(&kit, &id, |runs| {
        runs.len() == 2 && runs.iter().all(|run| run["at"] == json!(["ask"]))
    })
    .await;
    assert!(started[0]["key"].as_str().unwrap().starts_with("apt_"));
    super::answers::texted(&kit, 1, appointments::SENDER, "fine").await;
    appointments::until("the appointment is confirmed", async || {
        appointments::get(&kit, "a").await["confirmation"] == "confirmed"
    })
    .await;
    assert_eq!(
        appointments::get(&kit, "b").await["confirmation"],
        "unconfirmed"
    );
    let (status, answer) = kit.post("/v1/appointments/ext:b/cancel", json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let ended = until_runs(&kit, &id, |runs| {
        runs.iter()
            .filter(|run| run["state"] == "cancelled")
            .count()
            == 1
    })
    .await;
    let live = ended.iter().find(|run| run["state"] == "active").unwrap();
    assert_eq!(live["at"], json!(["rest"]));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_appointment_and_a_journey_each_gets_the_words_it_knows() {
    let kit = appointments::kit().await;
    let id = published(&kit, super::answers::ASKS).await;
    appointments::put(&kit, "a", appointments::booking(1, "2026-06-15T14:00")).await;
    appointments::go_to(&kit, "2026-06-13T14:00");
    appointments::until("the reminder", async || {
        appointments::offered(&kit).len() == 1
    })
    .await;
    appointments::until_told(&kit, "a").await;
    kit.clock.advance(chrono::Duration::minutes(5));
    let placed = event("o1", "order.placed", 1, &json!({"order": "o1"}));
    tell(&kit, &[placed]).await;
    until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["at"] == json!(["ask"])
    })
    .await;
    // The journey asked last, but only the appointment knows what C means.
    super::answers::texted(&kit, 1, appointments::SENDER, "C").await;
    appointments::until("the appointment is confirmed", async || {
        appointments::get(&kit, "a").await["confirmation"] == "confirmed"
    })
    .await;
    assert_eq!(runs(&kit, &id).await[0]["at"], json!(["ask"]));
    super::answers::texted(&kit, 1, appointments::SENDER, "MORE").await;
    until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["go_on"])).await;
    let of = appointments::get(&kit, "a").await;
    assert_eq!(of["attention"], Value::Null);
    kit.stop().await;
}
