//! A contact is deleted: their runs end, and nothing that was told of them stays.

use contract::contacts::ContactDeleted;

use super::schedules::count;
use super::*;

/// What their events say, where it waits.
const HELD: &str = "journey_input WHERE body LIKE '%secret%'";

#[tokio::test]
async fn runs_of_somebody_who_is_deleted_end_and_keep_nothing_that_was_told_of_them() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let of = |what: &str| format!("/v1/journeys/{id}/{what}");
    let order = |nth: u32, person| {
        let data = json!({"order": format!("secret-{nth}"), "note": "for Ana Secret"});
        event(&format!("e{nth}"), "order.placed", person, &data)
    };
    // One of theirs has ended, one is under way; and one of somebody else.
    tell(&kit, &[order(1, 1)]).await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let returned = event("e9", "order.returned", 1, &json!({}));
    tell(&kit, &[returned]).await;
    until_runs(&kit, &id, |runs| runs[0]["state"] == "cancelled").await;
    tell(&kit, &[order(2, 1), order(3, 2)]).await;
    until_runs(&kit, &id, |runs| {
        runs.len() == 3 && runs.iter().filter(|run| run["state"] == "active").count() == 2
    })
    .await;
    // What waits for the end of a pause goes, too.
    assert_eq!(kit.post(&of("pause"), json!({})).await.0, 200);
    tell(&kit, &[order(4, 1)]).await;
    crate::appointments::until("it is held", async || count(&kit, HELD).await > 0).await;
    fake::world(kit.tenant).gone.insert(1);
    let deleted = ContactDeleted {
        contact: fake::contact(1),
    };
    kit.bus.publish(kit.tenant, &deleted).await.unwrap();
    crate::appointments::until("they are forgotten", async || {
        let secret = "journey_run WHERE state LIKE '%secret%' OR key LIKE '%secret%' OR state LIKE '%Secret%'";
        count(&kit, secret).await == 1 && count(&kit, HELD).await == 0
    })
    .await;
    assert_eq!(kit.post(&of("resume"), json!({})).await.0, 200);
    let gone = json!(fake::contact(1));
    let theirs = |runs: &[Value], state: &str| {
        let of = runs
            .iter()
            .filter(|run| run["contact"] == gone && run["state"] == state);
        of.count()
    };
    let all = runs(&kit, &id).await;
    assert_eq!((theirs(&all, "stopped"), theirs(&all, "cancelled")), (1, 1));
    // The other one goes on.
    kit.clock.advance(chrono::Duration::hours(2));
    until_runs(&kit, &id, |runs| {
        runs.len() == 3
            && runs
                .iter()
                .any(|run| run["contact"] != gone && run["state"] == "completed")
    })
    .await;
    kit.stop().await;
}
