//! Runs that ended long ago go; what entry and splits ask about for longer is known after that.

use chrono::Duration as Span;

use super::schedules::count;
use super::*;

async fn until_no_runs(kit: &Kit) {
    crate::appointments::until("old runs are gone", async || {
        count(kit, "journey_run").await == 0
    })
    .await;
}

#[tokio::test]
async fn runs_that_ended_long_ago_are_gone_and_whoever_may_enter_once_may_not_again() {
    let kit = kit(10).await;
    let once = "journey: v1\nname: once\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\n\
        entry: {reentry: never}\nsteps:\n  - {id: pause, wait: {for: PT1H}}\n";
    let id = published(&kit, once).await;
    let order = |nth: u32, person| {
        let told = format!("o{nth}");
        event(&told, "order.placed", person, &json!({"order": told}))
    };
    tell(&kit, &[order(1, 1)]).await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    kit.clock.advance(Span::days(2));
    until_runs(&kit, &id, |runs| runs[0]["state"] == "completed").await;
    // Not yet.
    kit.clock.advance(Span::days(390));
    tell(&kit, &[order(2, 2)]).await;
    until_runs(&kit, &id, |runs| runs.len() == 2).await;
    kit.clock.advance(Span::days(20));
    until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["contact"] == json!(fake::contact(2))
    })
    .await;
    // Somebody who was never there enters, and they do not.
    tell(&kit, &[order(3, 1), order(4, 3)]).await;
    let entered = until_runs(&kit, &id, |runs| runs.len() >= 2).await;
    super::schedules::until_none_waits(&kit).await;
    assert_eq!(entered[0]["contact"], json!(fake::contact(3)));
    assert_eq!(runs(&kit, &id).await.len(), 2);
    kit.stop().await;
}

#[tokio::test]
async fn a_split_is_decided_by_runs_whose_rows_are_gone_too() {
    let kit = kit(200).await;
    let split = "journey: v1\nname: split\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\n\
        goal: {event: order.paid}\nsteps:\n  - id: part\n    split:\n      \
        variants: [{name: a, weight: 50, steps: [{id: wa, wait: {for: P1D}}]}, {name: b, weight: 50, steps: [{id: wb, wait: {for: P1D}}]}]\n      \
        winner: {metric: goal_rate, after: P2D, min_sample: 60}\n";
    let id = published(&kit, split).await;
    let told = |name: &'static str, prefix: &'static str| {
        move |n: u32| {
            let order = json!({"order": format!("o{n}")});
            event(&format!("{prefix}{n}"), name, n, &order)
        }
    };
    let placed: Vec<Value> = (0..100).map(told("order.placed", "o")).collect();
    tell(&kit, &placed).await;
    let all = until_runs(&kit, &id, |runs| runs.len() == 100).await;
    // Whoever fell to b pays.
    let mut paid = Vec::new();
    for person in 0..100 {
        let contact = json!(fake::contact(person));
        let of = all.iter().find(|run| run["contact"] == contact).unwrap();
        if of["at"] == json!(["wb"]) {
            paid.push(told("order.paid", "p")(person));
        }
    }
    assert!((20..=80).contains(&paid.len()), "{}", paid.len());
    tell(&kit, &paid).await;
    super::schedules::until_none_waits(&kit).await;
    kit.clock.advance(Span::days(2));
    until_runs(&kit, &id, |runs| {
        runs.iter().all(|run| run["state"] == "completed")
    })
    .await;
    kit.clock.advance(Span::days(410));
    until_no_runs(&kit).await;
    let path = format!("/v1/journeys/{id}");
    // Neither of the two halves has enough runs by itself.
    let undecided = kit.get(&path).await.1["winners"].clone();
    assert_ne!(undecided, json!({"part": "b"}));
    let placed: Vec<Value> = (100..200).map(told("order.placed", "o")).collect();
    tell(&kit, &placed).await;
    until_runs(&kit, &id, |runs| runs.len() == 100).await;
    kit.clock.advance(Span::hours(2));
    crate::appointments::until("the split is decided", async || {
        kit.get(&path).await.1["winners"] == json!({"part": "b"})
    })
    .await;
    kit.stop().await;
}
