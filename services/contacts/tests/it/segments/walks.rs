//! All contacts are looked at, when a segment is defined and when the time says so.

use std::sync::Arc;

use serde_json::json;
use testkit::eventually;

use super::*;
use crate::upload::{import, people};

#[tokio::test]
async fn a_new_condition_counts_for_everybody_and_tells_of_nobody() {
    let kit = kit().await;
    import(&kit, "list_name=a", people(0, 1_300).as_bytes()).await;
    let id = segment(&kit, "All", "contact.phone[:2] == '+1'").await;
    assert_eq!(until_ready(&kit, &id).await["contacts"], 1_300);

    let path = format!("/v1/segments/{id}");
    let body = json!({"name": "None", "expression": "contact.phone[:2] == '+4'"});
    let (status, changed) = kit.patch(&path, body).await;
    assert_eq!((status, &changed["state"]), (200, &json!("computing")));
    // Not ready: neither the API nor a campaign takes half of it for the whole.
    let (status, problem) = kit.get(&format!("{path}/contacts")).await;
    if status != 200 {
        assert_eq!(
            (status, &problem["code"]),
            (409, &json!("segment.computing"))
        );
    }
    let kit = kit.restart().await;
    assert_eq!(until_ready(&kit, &id).await["contacts"], 0);
    assert_eq!(said(&kit), (vec![], vec![]));
    kit.stop().await;
}

#[tokio::test]
async fn time_alone_moves_people() {
    let kit = kit().await;
    let one = person(&kit, 1, "a").await;
    let today = kit.clock.now().format("%Y-%m-%d").to_string();
    let visit = json!({"attributes": {"last_visit": today}});
    kit.patch(&format!("/v1/contacts/{one}"), visit).await;
    let never = person(&kit, 2, "a").await;
    let id = segment(&kit, "Lapsed", "days_since(contact.last_visit) > 30").await;
    assert_eq!(members(&kit, &id).await, []);
    kit.clock.advance(chrono::Duration::days(32));
    eventually("the time has come", async || {
        (members(&kit, &id).await == [one]).then_some(())
    })
    .await;
    until_said(&kit, &[one], &[]).await;

    let body = json!({"expression": "days_since(contact.last_visit) > 30"});
    let (status, preview) = kit.post("/v1/segments/preview", body).await;
    assert_eq!(status, 200, "{preview}");
    for (field, value) in [
        ("contacts", json!(2)),
        ("judged", json!(2)),
        ("matching", json!(1)),
        ("estimate", json!(1)),
        ("exact", json!(true)),
        ("not_judged", json!(1)),
    ] {
        assert_eq!(preview[field], value, "{field}: {preview}");
    }
    assert_eq!(preview["sample"][0]["id"], json!(one));
    assert!(preview["first_fault"].is_string(), "{preview}");
    let visit = json!({"attributes": {"last_visit": "not a day"}});
    let (status, _) = kit.patch(&format!("/v1/contacts/{never}"), visit).await;
    assert_eq!(
        status, 200,
        "a value that cannot be judged is taken all the same"
    );
    kit.stop().await;
}

/// People are made and changed while segments are defined again and again: in the end everybody is where they belong.
#[tokio::test]
async fn whoever_changes_while_a_segment_is_defined_is_not_forgotten() {
    let kit = Arc::new(kit().await);
    import(&kit, "list_name=a", people(0, 2_000).as_bytes()).await;
    let mut tasks = Vec::new();
    for lane in 0..4_u32 {
        let kit = kit.clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..30 {
                let tier = if n % 2 == 0 { "gold" } else { "silver" };
                let id = person(&kit, 5_000 + lane * 100 + n % 20, tier).await;
                let body = json!({"attributes": {"tier": "gold"}});
                kit.patch(&format!("/v1/contacts/{id}"), body).await;
            }
        }));
    }
    let mut ids = Vec::new();
    for n in 0..6 {
        let body = json!({"name": format!("Gold {n}"), "expression": "contact.tier == 'gold'"});
        let (_, made) = kit.post("/v1/segments", body).await;
        ids.push(made["id"].as_str().unwrap().to_string());
    }
    for task in tasks {
        task.await.unwrap();
    }
    for id in ids {
        assert_eq!(until_ready(&kit, &id).await["contacts"], 80);
    }
    Arc::into_inner(kit).unwrap().stop().await;
}
