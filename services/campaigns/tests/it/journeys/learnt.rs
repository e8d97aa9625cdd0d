//! What runs learn of people is written through to contacts; splits are decided by what runs come to.

use contract::contacts::FieldChange;

use super::*;

const TAGS: &str = "journey: v1\nname: tags\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\nsteps:\n  \
    - {id: learn, update: {contact.tags: \"+engaged\", contact.attrs.last_order: \"{{ event.order }}\"}}\n  - {id: rest, wait: {for: P1D}}\n";

const SPLIT: &str = "journey: v1\nname: split\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\ngoal: {event: order.paid}\n\
    steps:\n  - id: part\n    split:\n      variants: [{name: a, weight: 50, steps: [{id: wa, wait: {for: P30D}}]}, {name: b, weight: 50, steps: [{id: wb, wait: {for: P30D}}]}]\n      \
    winner: {metric: goal_rate, after: P2D, min_sample: 20}\n";

#[tokio::test]
async fn what_a_run_learns_of_a_person_is_told_to_contacts_once() {
    let kit = kit(10).await;
    let id = published(&kit, TAGS).await;
    let placed = event("o1", "order.placed", 1, &json!({"order": "o1"}));
    tell(&kit, std::slice::from_ref(&placed)).await;
    until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["at"] == json!(["rest"])
    })
    .await;
    tell(&kit, &[placed]).await;
    crate::appointments::until("contacts is told", async || {
        fake::world(kit.tenant).contact_changes.len() == 2
    })
    .await;
    let changes = fake::world(kit.tenant).contact_changes.clone();
    let seen: Vec<(&str, &FieldChange)> = changes
        .iter()
        .map(|change| (change.field.as_str(), &change.value))
        .collect();
    let order = FieldChange::Set("o1".into());
    let tag = FieldChange::AddTag("engaged".into());
    assert!(seen.contains(&("last_order", &order)) && seen.contains(&("tags", &tag)));
    assert!(
        changes
            .iter()
            .all(|change| change.contact == fake::contact(1))
    );
    kit.stop().await;
}

#[tokio::test]
async fn the_better_variant_gets_everybody_who_comes_after_the_decision() {
    let kit = kit(400).await;
    let id = published(&kit, SPLIT).await;
    let place = |from: u32, to: u32| -> Vec<Value> {
        (from..to)
            .map(|n| {
                event(
                    &format!("o{n}"),
                    "order.placed",
                    n,
                    &json!({"order": format!("o{n}")}),
                )
            })
            .collect()
    };
    tell(&kit, &place(0, 120)).await;
    let begun = until_runs(&kit, &id, |runs| runs.len() == 120).await;
    let in_b: Vec<&Value> = begun
        .iter()
        .filter(|run| run["at"] == json!(["wb"]))
        .collect();
    assert!((30..90).contains(&in_b.len()), "{}", in_b.len());
    let paid: Vec<Value> = in_b
        .iter()
        .map(|run| {
            json!({"id": format!("paid-{}", run["id"]), "name": "order.paid", "contact": {"id": run["contact"]}, "data": {}})
        })
        .collect();
    tell(&kit, &paid).await;
    let reached = |runs: &[Value]| runs.iter().filter(|run| !run["goal_at"].is_null()).count();
    until_runs(&kit, &id, |runs| reached(runs) == paid.len()).await;
    kit.clock
        .advance(chrono::Duration::days(2) + chrono::Duration::minutes(1));
    crate::appointments::until("the split is decided", async || {
        let (_, journey) = kit.get(&format!("/v1/journeys/{id}")).await;
        journey["winners"] == json!({"part": "b"})
    })
    .await;
    tell(&kit, &place(200, 240)).await;
    crate::appointments::until("forty more", async || {
        kit.get(&format!("/v1/journeys/{id}")).await.1["live_runs"]["1"] == 160
    })
    .await;
    let later = runs(&kit, &id).await;
    let late = later
        .iter()
        .filter(|run| run["key"].as_str().unwrap()[1..].parse::<u32>().unwrap() >= 200);
    assert!(late.clone().count() == 40 && late.clone().all(|run| run["at"] == json!(["wb"])));
    kit.stop().await;
}
