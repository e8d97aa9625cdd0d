//! Releases, and releases again.

use contract::campaigns::BringBack;
use contract::{Mode, Reason, UnixMillis};

use crate::fake;
use crate::story::*;

#[tokio::test]
async fn chunks_that_nobody_reports_on_are_released_again() {
    let kit = kit(1_500).await;
    fake::world(kit.tenant).deaf = true;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| progress["chunks"]["released"] == 3).await;
    while fake::world(kit.tenant).released.len() < 1_500 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    fake::world(kit.tenant).deaf = false;
    kit.clock.advance(chrono::Duration::seconds(31));
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(1_500).2);
    assert!(
        fake::world(kit.tenant)
            .released
            .values()
            .all(|times| *times == 2)
    );
    kit.stop().await;
}

#[tokio::test]
async fn held_people_come_back_when_their_hour_has_come_and_no_one_else_does() {
    let kit = kit(1_500).await;
    let hour = chrono::Duration::hours(1);
    fake::world(kit.tenant).quiet_until = Some(UnixMillis::from(kit.clock.now() + hour));
    let id = launched(&kit).await;
    let waiting = until(&kit, &id, |progress| {
        progress["pending"] == 0 && progress["chunks"]["released"] == 3
    })
    .await;
    assert_eq!(waiting["state"], "running");
    let held = waiting["held"].as_u64().unwrap();
    assert!(held > 500, "{waiting}");
    kit.clock.advance(hour);
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(1_500).2);
    let twice = fake::world(kit.tenant)
        .released
        .values()
        .filter(|times| **times == 2)
        .count();
    assert_eq!(u64::try_from(twice).unwrap(), held);
    kit.stop().await;
}

#[tokio::test]
async fn people_who_were_never_released_expire_with_the_campaign() {
    let people = 60 * 512;
    let kit = kit(people).await;
    fake::world(kit.tenant).deaf = true;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| {
        progress["state"] == "running" && progress["chunks"]["released"] == 48
    })
    .await;
    kit.clock.advance(chrono::Duration::hours(25));
    let progress = until(&kit, &id, |progress| progress["expired"] == 12 * 512).await;
    assert_eq!(progress["pending"], 48 * 512);
    kit.stop().await;
}

#[tokio::test]
async fn held_people_are_brought_back_as_many_as_are_asked_for_and_for_their_reason_alone() {
    let kit = kit(1_500).await;
    let hour = kit.clock.now() + chrono::Duration::hours(1);
    fake::world(kit.tenant).quiet_until = Some(UnixMillis::from(hour));
    let id = launched(&kit).await;
    let waiting = until(&kit, &id, |progress| {
        progress["pending"] == 0 && progress["chunks"]["released"] == 3
    })
    .await;
    let held = waiting["held"].as_u64().unwrap();
    fake::world(kit.tenant).quiet_until = None;
    let bring = |reason: Reason, at_most| BringBack {
        reason,
        mode: Some(Mode::Test),
        campaign: None,
        at_most,
    };
    // Of somebody else, and for another reason.
    let theirs = bring(Reason::QUIET_HOURS, None);
    kit.bus.publish(kit.other_tenant, &theirs).await.unwrap();
    let paused = bring(Reason::OPERATOR_PAUSED, None);
    kit.bus.publish(kit.tenant, &paused).await.unwrap();
    let some = bring(Reason::QUIET_HOURS, Some(300));
    kit.bus.publish(kit.tenant, &some).await.unwrap();
    until(&kit, &id, |progress| progress["held"] == held - 300).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    until(&kit, &id, |progress| progress["held"] == held - 300).await;
    let all = bring(Reason::QUIET_HOURS, None);
    kit.bus.publish(kit.tenant, &all).await.unwrap();
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(1_500).2);
    kit.stop().await;
}
