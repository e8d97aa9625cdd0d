//! What somebody changes while a launch, a question for approval or an approval is being checked.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Kit;

use crate::approving::{refused, second};
use crate::fake;
use crate::preflight::looked;
use crate::recurring::{daily, occurrences};
use crate::story::*;

/// Asks for it with `key`, and changes the campaign while its audience is read for that.
async fn changed_meanwhile(kit: &Kit, id: &str, verb: &str, patch: Value) -> (u16, Value) {
    fake::world(kit.tenant).hold_pages = true;
    let before = fake::world(kit.tenant).held_pages;
    let asked = async {
        match verb {
            "approve" => second(kit, "POST", id, verb, json!({})).await,
            _ => ask(kit, id, verb).await,
        }
    };
    let change = async {
        let started = std::time::Instant::now();
        while fake::world(kit.tenant).held_pages == before {
            assert!(started.elapsed() < Duration::from_secs(45));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let changed = kit.patch(&format!("/v1/campaigns/{id}"), patch).await;
        fake::world(kit.tenant).hold_pages = false;
        changed
    };
    let (told, changed) = tokio::join!(asked, change);
    assert_eq!(changed.0, 200, "{}", changed.1);
    told
}

#[tokio::test]
async fn a_launch_is_refused_where_the_campaign_was_changed_while_it_was_checked() {
    let kit = kit(10).await;
    // So that launches read the whole audience.
    let own = json!({"approval_from": 1000});
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    let mut later = draft();
    later["schedule"] = json!({"at": "2026-06-10T18:00:00Z"});
    for body in [draft(), later, daily()] {
        let id = create(&kit, body).await;
        let patch = json!({"programme": "newsletter"});
        let told = changed_meanwhile(&kit, &id, "launch", patch).await;
        refused(&told, 409, "campaign.changed");
        assert_eq!(progress(&kit, &id).await["state"], "draft");
        let (status, told) = ask(&kit, &id, "launch").await;
        assert_eq!(status, 202, "{told}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn the_slots_of_a_rule_that_was_replaced_during_its_launch_do_not_come() {
    let kit = kit(10).await;
    let own = json!({"approval_from": 1000});
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    let id = create(&kit, daily()).await;
    let rule = json!({"schedule": {"cron": "0 9 * * *", "timezone": "America/New_York"}});
    let told = changed_meanwhile(&kit, &id, "launch", rule).await;
    refused(&told, 409, "campaign.changed");
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    // Noon, by the rule before.
    kit.clock.advance(chrono::Duration::minutes(61));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(occurrences(&kit, &id).await["past"], json!([]));
    kit.stop().await;
}

#[tokio::test]
async fn a_campaign_that_was_changed_while_it_was_submitted_or_approved_is_neither() {
    let kit = kit(10).await;
    let id = create(&kit, draft()).await;
    looked(&kit, &id).await;
    let patch = json!({"programme": "newsletter"});
    let told = changed_meanwhile(&kit, &id, "submit", patch).await;
    refused(&told, 409, "campaign.changed");
    assert_eq!(progress(&kit, &id).await["state"], "draft");
    looked(&kit, &id).await;
    assert_eq!(ask(&kit, &id, "submit").await.0, 200);
    let patch = json!({"programme": "default"});
    let told = changed_meanwhile(&kit, &id, "approve", patch).await;
    refused(&told, 409, "campaign.changed");
    assert_eq!(progress(&kit, &id).await["state"], "pending_approval");
    kit.stop().await;
}
