//! Journeys that a segment starts, and that hear of one.

use contract::SegmentId;
use contract::contacts::SegmentMembersMoved;

use super::*;

const SEGMENT: &str = "seg_01ARZ3NDEKTSV4RRFFQ69G5FAV";
const WELCOME: &str = "journey: v1\nname: welcome-gold\npurpose: informational\n\
    trigger: {segment: seg_01ARZ3NDEKTSV4RRFFQ69G5FAV, when: enters}\n\
    exit: [{event: segment.left, if: event.segment == 'seg_01ARZ3NDEKTSV4RRFFQ69G5FAV', as: cancelled}]\nsteps:\n  \
    - {id: hello, send: {template: greeting}}\n  - {id: rest, wait: {for: P2D}}\n  - {id: again, send: {template: greeting}}\n";

async fn moved(kit: &Kit, segment: SegmentId, entered: &[u32], left: &[u32]) {
    let contacts = |of: &[u32]| of.iter().copied().map(fake::contact).collect();
    let said = SegmentMembersMoved {
        segment,
        entered: contacts(entered),
        left: contacts(left),
    };
    kit.bus.publish(kit.tenant, &said).await.unwrap();
}

#[tokio::test]
async fn whoever_comes_into_a_segment_starts_once_and_whoever_leaves_it_ends() {
    let kit = kit(10).await;
    let id = published(&kit, WELCOME).await;
    let ours = SEGMENT.parse().unwrap();
    moved(&kit, ours, &[1, 2, 3], &[]).await;
    moved(&kit, SegmentId::from_raw(7), &[4], &[1]).await;
    until_runs(&kit, &id, |runs| {
        runs.len() == 3 && runs.iter().all(|run| run["at"] == json!(["rest"]))
    })
    .await;
    // One who leaves another segment goes on.
    moved(&kit, ours, &[], &[2]).await;
    until_runs(&kit, &id, |runs| {
        let over: Vec<&Value> = runs
            .iter()
            .filter(|run| run["state"] == "cancelled")
            .collect();
        over.len() == 1 && over[0]["contact"] == json!(fake::contact(2))
    })
    .await;
    assert_eq!(runs(&kit, &id).await.len(), 3);
    kit.clock.advance(chrono::Duration::days(2));
    until_runs(&kit, &id, |runs| {
        let over = |state: &str| runs.iter().filter(|run| run["state"] == state).count();
        (over("completed"), over("cancelled")) == (2, 1)
    })
    .await;
    // A run has ended before dispatch hears of its last text.
    let what = "three were greeted, and two of them again";
    crate::appointments::until(what, async || {
        fake::world(kit.tenant).flow_texts.len() == 3 + 2
    })
    .await;
    kit.stop().await;
}

#[tokio::test]
async fn whoever_comes_into_a_segment_during_a_pause_starts_once_the_journey_is_resumed() {
    let kit = kit(10).await;
    let id = published(&kit, WELCOME).await;
    let of = |what: &str| format!("/v1/journeys/{id}/{what}");
    assert_eq!(kit.post(&of("pause"), json!({})).await.0, 200);
    moved(&kit, SEGMENT.parse().unwrap(), &[1, 2], &[]).await;
    moved(&kit, SegmentId::from_raw(7), &[3], &[]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await.len(), 0);
    assert_eq!(kit.post(&of("resume"), json!({})).await.0, 200);
    until_runs(&kit, &id, |runs| runs.len() == 2).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_circle_of_segments_ends_after_a_few_rounds() {
    let kit = kit(10).await;
    let short = "journey: v1\nname: short\npurpose: informational\n\
        trigger: {segment: seg_01ARZ3NDEKTSV4RRFFQ69G5FAV, when: enters}\nsteps:\n  - {id: over, stop: completed}\n";
    let id = published(&kit, short).await;
    let ours = SEGMENT.parse().unwrap();
    for round in 1..=8 {
        moved(&kit, ours, &[1], &[]).await;
        until_runs(&kit, &id, |runs| runs.len() == round).await;
    }
    moved(&kit, ours, &[1, 2], &[]).await;
    // Somebody else still enters, and they again a day later.
    until_runs(&kit, &id, |runs| runs.len() == 9).await;
    kit.clock.advance(chrono::Duration::days(2));
    moved(&kit, ours, &[1], &[]).await;
    until_runs(&kit, &id, |runs| runs.len() == 10).await;
    let of = |runs: &[Value], person| {
        let theirs = runs
            .iter()
            .filter(|run| run["contact"] == json!(fake::contact(person)));
        theirs.count()
    };
    let all = runs(&kit, &id).await;
    assert_eq!((of(&all, 1), of(&all, 2)), (9, 1));
    kit.stop().await;
}

#[tokio::test]
async fn a_segment_that_is_not_there_is_refused_at_the_publishing() {
    let kit = kit(5).await;
    let gone = SEGMENT.parse().unwrap();
    fake::world(kit.tenant).gone_segments.insert(gone);
    let by_schedule = "journey: v1\nname: daily\npurpose: informational\n\
        trigger: {schedule: {cron: \"0 12 * * *\", timezone: America/New_York}, audience: seg_01ARZ3NDEKTSV4RRFFQ69G5FAV}\n\
        steps:\n  - {id: hello, send: {template: greeting}}\n";
    for (pointer, code, source) in [
        ("/trigger/segment", "segment.unknown", WELCOME.to_string()),
        (
            "/trigger/segment",
            "segment.unknown",
            WELCOME.replace("welcome-gold", "no-id").replace(
                "trigger: {segment: seg_01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "trigger: {segment: gold",
            ),
        ),
        (
            "/trigger/audience",
            "audience.unknown",
            by_schedule.to_string(),
        ),
    ] {
        let (status, journey) = kit.post("/v1/journeys", written(&source)).await;
        assert_eq!(status, 201, "{journey}");
        let path = format!("/v1/journeys/{}/publish", journey["id"].as_str().unwrap());
        let (status, problem) = kit.post(&path, json!({})).await;
        let said = &problem["errors"][0];
        assert_eq!(
            (status, &said["pointer"], &said["code"]),
            (422, &json!(pointer), &json!(code)),
            "{problem}"
        );
    }
    kit.stop().await;
}
