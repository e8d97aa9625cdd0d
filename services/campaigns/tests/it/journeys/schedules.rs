//! Journeys that a schedule starts.

use super::*;

/// The kit's clock starts on a Wednesday at 15:00 UTC, 11:00 in New York.
const DAILY: &str = "journey: v1\nname: daily\npurpose: informational\n\
    trigger: {schedule: {cron: \"0 12 * * *\", timezone: America/New_York}, audience: lst_01ARZ3NDEKTSV4RRFFQ69G5FAV}\nsteps:\n  \
    - {id: hello, send: {template: greeting}}\n  - {id: rest, wait: {for: PT2H}}\n";

async fn live(kit: &Kit, id: &str) -> u64 {
    let (_, journey) = kit.get(&format!("/v1/journeys/{id}")).await;
    journey["live_runs"]["1"].as_u64().unwrap_or(0)
}

async fn until_live(kit: &Kit, id: &str, wanted: u64) {
    crate::appointments::until(&format!("{wanted} live runs"), async || {
        live(kit, id).await == wanted
    })
    .await;
}

#[tokio::test]
async fn at_each_slot_the_whole_audience_enters_once_across_a_restart() {
    let kit = kit(1_300).await;
    let id = published(&kit, DAILY).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(live(&kit, &id).await, 0);
    kit.clock.advance(chrono::Duration::hours(1));
    crate::appointments::until("the first have entered", async || live(&kit, &id).await > 0).await;
    let kit = kit.restart().await;
    until_live(&kit, &id, 1_300).await;
    kit.clock.advance(chrono::Duration::hours(2));
    until_live(&kit, &id, 0).await;
    assert_eq!(fake::world(kit.tenant).flow_texts.len(), 1_300);
    kit.clock.advance(chrono::Duration::hours(22));
    until_live(&kit, &id, 1_300).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_slot_of_a_pause_starts_nothing_and_the_next_one_does() {
    let kit = kit(5).await;
    let id = published(&kit, DAILY).await;
    let pause = |what: &'static str| format!("/v1/journeys/{id}/{what}");
    assert_eq!(kit.post(&pause("pause"), json!({})).await.0, 200);
    kit.clock.advance(chrono::Duration::hours(1));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(kit.post(&pause("resume"), json!({})).await.0, 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(live(&kit, &id).await, 0);
    kit.clock.advance(chrono::Duration::hours(24));
    until_live(&kit, &id, 5).await;
    kit.stop().await;
}

#[tokio::test]
async fn an_audience_that_is_not_there_is_refused_at_the_publishing() {
    let kit = kit(5).await;
    let list = "lst_01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
    fake::world(kit.tenant).gone_lists.insert(list);
    for (name, source) in [
        ("no such list", DAILY.to_string()),
        (
            "no id",
            DAILY
                .replace("lst_01ARZ3NDEKTSV4RRFFQ69G5FAV", "vips")
                .replace("name: daily", "name: weekly"),
        ),
    ] {
        let (status, journey) = kit.post("/v1/journeys", written(&source)).await;
        assert_eq!(status, 201, "{journey}");
        let id = journey["id"].as_str().unwrap();
        let (status, problem) = kit
            .post(&format!("/v1/journeys/{id}/publish"), json!({}))
            .await;
        assert_eq!(status, 422, "{name}: {problem}");
        assert_eq!(problem["errors"][0]["code"], "audience.unknown", "{name}");
        assert_eq!(problem["errors"][0]["pointer"], "/trigger/audience");
    }
    kit.stop().await;
}
