//! Audiences of lists and segments that contacts does not have, or not any more.

use serde_json::json;

use crate::fake;
use crate::story::*;

const SEGMENT: &str = "seg_01ARZ3NDEKTSV4RRFFQ69G5FAV";

#[tokio::test]
async fn a_campaign_for_what_does_not_exist_is_refused_with_its_place() {
    let kit = kit(5).await;
    let gone = SEGMENT.parse().unwrap();
    fake::world(kit.tenant).gone_segments.insert(gone);
    for (audience, pointer) in [
        (json!({"include": [LIST, SEGMENT]}), "/audience/include/1"),
        (
            json!({"include": [LIST], "exclude": [SEGMENT]}),
            "/audience/exclude/0",
        ),
    ] {
        let mut body = draft();
        body["audience"] = audience;
        let (status, problem) = kit.post("/v1/campaigns", body).await;
        let said = &problem["errors"][0];
        assert_eq!(
            (status, &said["pointer"], &said["code"]),
            (422, &json!(pointer), &json!("audience.unknown")),
            "{problem}"
        );
    }
    let mut body = draft();
    body["audience"] = json!({"include": ["con_01ARZ3NDEKTSV4RRFFQ69G5FAV"]});
    let (status, problem) = kit.post("/v1/campaigns", body).await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem.to_string().contains("lst_ or seg_"), "{problem}");
    kit.stop().await;
}

#[tokio::test]
async fn a_campaign_whose_segment_is_gone_when_it_starts_has_failed_and_sends_nothing() {
    let kit = kit(5).await;
    let mut body = draft();
    body["audience"] = json!({"include": [SEGMENT]});
    let id = create(&kit, body).await;
    let gone = SEGMENT.parse().unwrap();
    fake::world(kit.tenant).gone_segments.insert(gone);
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    let campaign = until_state(&kit, &id, "failed").await;
    assert_eq!(campaign["state_reason"], "audience.gone", "{campaign}");
    assert_eq!(progress(&kit, &id).await["recipients"], 0);
    kit.stop().await;
}
