//! Limits of a journey count over all runs of a contact.

use super::*;

const LIMITED: &str = "journey: v1\nname: limited\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\n\
    limits: {per_contact: [{max: 2, per: P1D}]}\nsteps:\n  - {id: hello, send: {template: greeting}}\n  - {id: pause, wait: {for: PT1H}}\n";

/// Texts of all runs of this journey that came of an order of this person.
async fn sent_to(kit: &Kit, journey: &str, person: u32) -> usize {
    let mut sent = 0;
    for some in runs(kit, journey).await {
        if some["contact"] == json!(fake::contact(person).to_string()) {
            sent += texts(&run(kit, &some["id"]).await);
        }
    }
    sent
}

async fn order(kit: &Kit, nth: u32, person: u32) {
    let placed = event(
        &format!("e{nth}"),
        "order.placed",
        person,
        &json!({"order": format!("o{nth}")}),
    );
    assert_eq!(tell(kit, &[placed]).await["accepted"], 1);
}

#[tokio::test]
async fn a_limit_holds_over_runs_versions_and_restarts_and_is_forgotten_when_its_span_is_over() {
    let kit = kit(10).await;
    let id = published(&kit, LIMITED).await;
    // Two keys at once, and somebody else.
    for (nth, person) in [(1, 1), (2, 1), (3, 1), (4, 2)] {
        order(&kit, nth, person).await;
    }
    until_runs(&kit, &id, |runs| runs.len() == 4).await;
    assert_eq!(
        (sent_to(&kit, &id, 1).await, sent_to(&kit, &id, 2).await),
        (2, 1)
    );
    // All of them are over, another version is published, and the process begins anew.
    kit.clock.advance(chrono::Duration::hours(2));
    until_runs(&kit, &id, |runs| {
        runs.iter().all(|run| run["state"] == "completed")
    })
    .await;
    let longer = LIMITED.replace("PT1H", "PT2H");
    let path = format!("/v1/journeys/{id}");
    assert_eq!(kit.put(&path, written(&longer)).await.0, 200);
    let publish = format!("{path}/publish");
    assert_eq!(kit.post(&publish, json!({})).await.0, 200);
    let kit = kit.restart().await;
    order(&kit, 5, 1).await;
    order(&kit, 6, 2).await;
    until_runs(&kit, &id, |runs| runs.len() == 6).await;
    assert_eq!(
        (sent_to(&kit, &id, 1).await, sent_to(&kit, &id, 2).await),
        (2, 2)
    );
    // A day after the first texts there is room again.
    kit.clock.advance(chrono::Duration::hours(23));
    order(&kit, 7, 1).await;
    until_runs(&kit, &id, |runs| runs.len() == 7).await;
    assert_eq!(sent_to(&kit, &id, 1).await, 3);
    kit.stop().await;
}

#[tokio::test]
async fn many_orders_of_one_person_in_one_batch_stay_within_the_limit() {
    let kit = kit(10).await;
    let id = published(&kit, LIMITED).await;
    let orders: Vec<Value> = (0..40)
        .map(|nth| {
            event(
                &format!("e{nth}"),
                "order.placed",
                3,
                &json!({"order": format!("o{nth}")}),
            )
        })
        .collect();
    assert_eq!(tell(&kit, &orders).await["accepted"], 40);
    until_runs(&kit, &id, |runs| runs.len() == 40).await;
    assert_eq!(sent_to(&kit, &id, 3).await, 2);
    kit.stop().await;
}
