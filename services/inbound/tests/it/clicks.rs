use serde_json::json;
use testkit::Kit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stubs::{CAMPAIGN, RENDERER};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1";

/// Status line and headers of a request as a browser makes it.
async fn follow(kit: &Kit, method: &str, token: &str, headers: &str) -> String {
    let address = kit.base_url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} /l/{token}~{} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n\r\n",
        kit.tenant
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_on_and_only_people_count() {
    let kit = Kit::start(&[inbound::SERVICE, RENDERER]).await;
    let host = "Host: go.example.com";
    let person = format!("{host}\r\nUser-Agent: {PHONE}");
    for (method, token, headers) in [
        ("GET", "one", person.clone()),
        ("GET", "one", person.clone()),
        ("GET", "two", person.clone()),
        ("GET", "one", format!("{host}\r\nUser-Agent: WhatsApp/2.23")),
        ("GET", "one", format!("{person}\r\nSec-Purpose: prefetch")),
        ("HEAD", "two", person.clone()),
    ] {
        let answer = follow(&kit, method, token, &headers).await;
        assert!(answer.starts_with("http/1.1 302"), "{answer}");
        assert!(
            answer.contains("location: https://shop.example/page\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains("cache-control: private, no-store"),
            "{answer}"
        );
    }

    let report = format!("/v1/click-report?campaign={CAMPAIGN}");
    let (status, seen) = kit.get(&report).await;
    assert_eq!(status, 200, "{seen}");
    assert_eq!(
        seen,
        json!({
            "clicks": 3, "unique_clicks": 2, "bots": 1, "prefetches": 2,
            "links": [{"link": 0, "target": "https://shop.example/page", "clicks": 3, "unique_clicks": 2}],
        })
    );
    // Nothing is thrown away: every request is there, with what it looks like.
    let (_, all) = kit
        .get(&format!("/v1/clicks?campaign={CAMPAIGN}&limit=10"))
        .await;
    let by: Vec<&str> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["by"].as_str().unwrap())
        .collect();
    assert_eq!(
        by,
        ["prefetch", "prefetch", "bot", "person", "person", "person"]
    );
    let (_, first) = kit.get("/v1/clicks?limit=1").await;
    assert_eq!(first["has_more"], true);

    // Live clicks are not among those of the test mode, and another tenant sees none.
    let other = kit
        .with_key(&kit.other_key)
        .send("GET", &report, "application/json", vec![])
        .await
        .unwrap();
    assert_eq!(other.1["clicks"], 0);
    let live = kit
        .with_key(&kit.live_key)
        .send("GET", &report, "application/json", vec![])
        .await
        .unwrap();
    assert_eq!(live.1["clicks"], 0);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_expired_and_unsafe_links_lead_nowhere() {
    let kit = Kit::start(&[inbound::SERVICE, RENDERER]).await;
    for (token, host, status) in [
        ("nothing", "go.example.com", "404"),
        ("one", "evil.example.com", "404"),
        ("expired", "go.example.com", "410"),
        ("script", "go.example.com", "404"),
        ("%0d%0aSet-Cookie:x", "go.example.com", "404"),
    ] {
        let answer = follow(
            &kit,
            "GET",
            token,
            &format!("Host: {host}\r\nUser-Agent: {PHONE}"),
        )
        .await;
        assert!(
            answer.starts_with(&format!("http/1.1 {status}")),
            "{token}: {answer}"
        );
        assert!(!answer.contains("location:"), "{answer}");
        assert!(!answer.contains("\r\nset-cookie"), "{answer}");
    }
    assert_eq!(kit.get("/v1/clicks").await.1["data"], json!([]));
    kit.stop().await;
}
