//! What those who run the process look at.

use testkit::Kit;

use crate::http::{Call, call};
use crate::probe::{self, mark};

#[tokio::test]
async fn health_metrics_and_the_api_document_need_no_key() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    let nobody = kit.with_key("");
    assert_eq!(nobody.get("/health").await.unwrap(), "ok");
    assert_eq!(nobody.get("/ready").await.unwrap(), "ready");
    let document = nobody.get("/openapi.json").await.unwrap();
    assert!(document["paths"]["/v1/marks"]["post"].is_object());
    let metrics = nobody.get("/metrics").await.unwrap();
    let metrics = metrics.as_str().unwrap();
    for name in [
        "db_commits_total{service=\"probe\"}",
        "http_request_seconds",
    ] {
        assert!(metrics.contains(name), "{name} is missing in {metrics}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_process_without_nats_is_healthy_but_not_ready() {
    let mut kit = Kit::start(&[probe::SERVICE]).await;
    kit.nats.kill().await.unwrap();
    let until = async |kit: &Kit, expected: u16| {
        testkit::eventually("readiness changes", async || {
            let status = call(kit, Call::new("GET", "/ready")).await.status;
            (status == expected).then_some(())
        })
        .await;
    };
    until(&kit, 503).await;
    assert_eq!(call(&kit, Call::new("GET", "/health")).await.status, 200);
    kit.nats.restart().await.unwrap();
    until(&kit, 200).await;
    kit.stop().await;
}
