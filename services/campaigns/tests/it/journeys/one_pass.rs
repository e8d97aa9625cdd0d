//! Inputs that one pass works in together: a text and what takes it back.

use super::*;

const VISIT: &str = "journey: v1\nname: visit\npurpose: appointment\ntrigger: {event: appointment.scheduled, key: appointment.id}\n\
    exit: [{event: appointment.cancelled}]\nsteps:\n  - {id: hello, send: {template: greeting}}\n  \
    - {id: before, wait: {until: appointment.starts_at, offset: -PT2H}}\n  - {id: again, send: {template: greeting}}\n";

/// What dispatch was offered once a text of somebody else, who came after, is there.
async fn offered_before_the_next(kit: &Kit, next: Value) -> Vec<contract::ContactId> {
    tell(kit, &[next]).await;
    crate::appointments::until("the next one's text", async || {
        let texts = fake::world(kit.tenant).flow_texts.clone();
        texts.iter().any(|text| text.contact == fake::contact(2))
    })
    .await;
    let texts = fake::world(kit.tenant).flow_texts.clone();
    let theirs = texts.iter().map(|text| text.contact);
    theirs.filter(|of| *of != fake::contact(2)).collect()
}

#[tokio::test]
async fn an_order_that_is_returned_in_the_same_batch_is_not_texted_about() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let order = json!({"order": "o1"});
    let both = [
        event("e1", "order.placed", 1, &order),
        event("e2", "order.returned", 1, &order),
    ];
    tell(&kit, &both).await;
    let ended = until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["state"] == "cancelled"
    })
    .await;
    let full = run(&kit, &ended[0]["id"]).await;
    assert_eq!(full["texts"][0]["state"], "withdrawn", "{full}");
    let next = event("e3", "order.placed", 2, &json!({"order": "o2"}));
    assert_eq!(offered_before_the_next(&kit, next).await, []);
    kit.stop().await;
}

#[tokio::test]
async fn an_appointment_that_is_called_off_in_the_same_batch_is_not_texted_about() {
    let kit = kit(10).await;
    let id = published(&kit, VISIT).await;
    let visit = |id: &str| json!({"id": id, "starts_at": "2126-06-25T14:00:00Z"});
    let both = [
        event("e1", "appointment.scheduled", 1, &visit("v1")),
        event("e2", "appointment.cancelled", 1, &visit("v1")),
    ];
    tell(&kit, &both).await;
    until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["state"] == "cancelled"
    })
    .await;
    let next = event("e3", "appointment.scheduled", 2, &visit("v2"));
    assert_eq!(offered_before_the_next(&kit, next).await, []);
    kit.stop().await;
}

#[tokio::test]
async fn an_order_that_is_placed_twice_in_the_same_batch_is_texted_about_once() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let order = json!({"order": "o1"});
    let both = [
        event("e1", "order.placed", 1, &order),
        event("e2", "order.placed", 1, &order),
    ];
    tell(&kit, &both).await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let next = event("e3", "order.placed", 2, &json!({"order": "o2"}));
    let offered = offered_before_the_next(&kit, next).await;
    assert_eq!(offered, [fake::contact(1)]);
    kit.stop().await;
}
