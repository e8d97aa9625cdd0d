//! What cannot be kept or read stops nobody else's journeys.

use sea_orm::{ConnectionTrait, Statement};

use super::*;
use crate::appointments::until;

/// Carries out a statement as if somebody had written it by hand.
async fn by_hand(kit: &Kit, sql: String) {
    let db = kit.db("campaigns");
    let write = db.write(move |tx| {
        Box::pin(async move {
            tx.execute_unprepared(&sql).await?;
            Ok(())
        })
    });
    write.await.unwrap();
}

async fn count(kit: &Kit, sql: &str) -> i64 {
    let db = kit.db("campaigns");
    let statement = Statement::from_string(db.read().get_database_backend(), sql);
    let row = db.read().query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({}), |value, _| json!({"a": value}))
}

async fn order(kit: &Kit, id: &str, name: &str, person: u32, data: &Value) {
    let taken = tell(kit, &[event(id, name, person, data)]).await;
    assert_eq!(taken["accepted"], 1, "{taken}");
}

#[tokio::test]
async fn the_letters_of_an_escape_in_an_event_stop_nobody() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let data = json!({"order": "\\u0000", "\\u0000": "a\\u0000"});
    order(&kit, "e1", "order.placed", 1, &data).await;
    let begun = until_runs(&kit, &id, |runs| runs.len() == 1).await;
    assert_eq!(begun[0]["key"], "\\u0000");
    order(&kit, "e2", "order.returned", 1, &data).await;
    until_runs(&kit, &id, |runs| runs[0]["state"] == "cancelled").await;
    kit.stop().await;
}

#[tokio::test]
async fn an_event_that_is_nested_too_deep_is_refused_with_its_place() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    for (levels, status) in [(33, 422), (32, 202)] {
        let mut data = json!({"order": "o1"});
        data["deep"] = nested(levels - 1);
        let one = event("e1", "order.placed", 1, &data);
        let (told, problem) = kit.post("/v1/events", json!({"events": [one]})).await;
        assert_eq!(told, status, "{problem}");
        if status == 422 {
            assert_eq!(problem["errors"][0]["pointer"], "/events/0/data");
        }
    }
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    kit.stop().await;
}

#[tokio::test]
async fn the_character_nul_is_refused_with_its_place() {
    let kit = kit(10).await;
    let mut campaign = draft();
    campaign["name"] = json!("Spring\0sale");
    let events = json!({"events": [event("e\0", "order.placed", 1, &json!({}))]});
    let source = TWO_TEXTS.replace("two-texts", "\"two\\0texts\"");
    for (path, body, pointer) in [
        ("/v1/campaigns", campaign, "/name"),
        ("/v1/events", events, "/events/0/id"),
        ("/v1/journeys", written(&source), "/source/name"),
    ] {
        let (status, problem) = kit.post(path, body).await;
        assert_eq!(status, 422, "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let (status, problem) = kit.get("/v1/campaigns?cursor=a%00").await;
    assert_eq!((status, &problem["code"]), (400, &json!("query.invalid")));
    let (status, problem) = kit.get("/v1/appointments/ext:a%00").await;
    assert_eq!((status, &problem["code"]), (400, &json!("path.malformed")));
    kit.stop().await;
}

#[tokio::test]
async fn an_input_that_cannot_be_read_is_set_aside_and_the_others_go_on() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let engine = kit.db("campaigns").engine();
    let uuid = |id: sea_orm::prelude::Uuid| engine.uuid(&format!("'{}'", id.simple()));
    let broken = format!(
        "insert into journey_input (tenant, mode, contact, body, hops) values ({}, 'test', {}, '{{\"event\": \"\\', 0)",
        uuid(kit.tenant.uuid()),
        uuid(fake::contact(1).uuid())
    );
    by_hand(&kit, broken).await;
    order(&kit, "e1", "order.placed", 2, &json!({"order": "o1"})).await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let aside = "select count(*) from journey_input where set_aside_at is not null";
    assert_eq!(count(&kit, aside).await, 1);
    kit.stop().await;
}

#[tokio::test]
async fn a_run_that_cannot_be_read_fails_and_the_others_go_on() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    for (person, key) in [(1, "o1"), (2, "o2")] {
        order(&kit, key, "order.placed", person, &json!({"order": key})).await;
    }
    until_runs(&kit, &id, |runs| runs.len() == 2).await;
    by_hand(
        &kit,
        "update journey_run set state = '{\"end\": \"\\' where key = 'o1'".to_string(),
    )
    .await;
    let read = runs(&kit, &id).await;
    assert!(read.iter().any(|run| run["state"] == "failed"), "{read:?}");
    kit.clock.advance(chrono::Duration::hours(1));
    until_runs(&kit, &id, |runs| {
        runs.iter().any(|run| run["state"] == "completed")
    })
    .await;
    let kept = "select count(*) from journey_run where ended = 'failed' and due_at is null and unread is not null";
    until("the run is set aside", async || {
        count(&kit, kept).await == 1
    })
    .await;
    // The person may begin anew.
    order(&kit, "e3", "order.placed", 1, &json!({"order": "o1"})).await;
    until_runs(&kit, &id, |runs| runs.len() == 3).await;
    kit.stop().await;
}
