//! `ETag` and `If-Match`: who says what they have seen overwrites nobody else's change.

use serde_json::{Value, json};
use testkit::Kit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::approving::refused;
use crate::story::*;

/// The header `ETag` of an answer.
async fn tag(kit: &Kit, path: &str) -> String {
    let address = kit.base_url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        kit.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let found = answer.lines().find_map(|line| line.strip_prefix("etag: "));
    found.unwrap_or_else(|| panic!("no ETag: {answer}")).into()
}

/// A call that names a tag.
async fn naming(kit: &Kit, call: (&str, &str), tag: &str, body: Value) -> (u16, Value) {
    // The client of the tests writes its content type as it is, and a header behind it.
    let kind = format!("application/json\r\nIf-Match: {tag}");
    let (method, path) = call;
    kit.send(method, path, &kind, body.to_string().into()).await
}

#[tokio::test]
async fn a_campaign_is_changed_and_launched_only_as_it_was_seen() {
    let kit = kit(3).await;
    let id = create(&kit, draft()).await;
    let path = format!("/v1/campaigns/{id}");
    let first = tag(&kit, &path).await;
    let patch = |name: &str| json!({"name": name});
    let (status, told) = naming(&kit, ("PATCH", &path), &first, patch("mine")).await;
    assert_eq!(status, 200, "{told}");
    // Somebody who read it before that.
    let late = naming(&kit, ("PATCH", &path), &first, patch("theirs")).await;
    refused(&late, 412, "etag.stale");
    let launch = format!("{path}/launch");
    let late = naming(&kit, ("POST", &launch), &first, json!({})).await;
    refused(&late, 412, "etag.stale");
    let unquoted = naming(&kit, ("PATCH", &path), "1", patch("theirs")).await;
    refused(&unquoted, 400, "etag.invalid");
    assert_eq!(kit.get(&path).await.1["name"], "mine");
    // Without the header as before, and with what stands there now.
    assert_eq!(kit.patch(&path, patch("anybody")).await.0, 200);
    let now = tag(&kit, &path).await;
    assert_ne!(now, first);
    let (status, told) = naming(&kit, ("POST", &launch), &now, json!({})).await;
    assert_eq!(status, 202, "{told}");
    kit.stop().await;
}

#[tokio::test]
async fn a_draft_of_a_journey_is_changed_and_published_only_as_it_was_seen() {
    let kit = kit(3).await;
    let draft = |minutes: u32| {
        let wait = format!("PT{minutes}M");
        json!({"definition": {"journey": "v1", "name": "tagged", "purpose": "informational",
            "trigger": {"event": "order.placed"}, "steps": [{"id": "pause", "wait": {"for": wait}}]}})
    };
    let (status, made) = kit.post("/v1/journeys", draft(10)).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/v1/journeys/{}", made["id"].as_str().unwrap());
    let publish = format!("{path}/publish");
    let first = tag(&kit, &path).await;
    let (status, told) = naming(&kit, ("PUT", &path), &first, draft(20)).await;
    assert_eq!(status, 200, "{told}");
    let late = naming(&kit, ("PUT", &path), &first, draft(30)).await;
    refused(&late, 412, "etag.stale");
    let late = naming(&kit, ("POST", &publish), &first, json!({})).await;
    refused(&late, 412, "etag.stale");
    let second = tag(&kit, &path).await;
    let (status, told) = naming(&kit, ("POST", &publish), &second, json!({})).await;
    assert_eq!(status, 200, "{told}");
    // It is another one once it is published.
    assert_ne!(tag(&kit, &path).await, second);
    kit.stop().await;
}
