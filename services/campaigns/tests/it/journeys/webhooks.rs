//! Webhooks against a real server on this machine.

use std::sync::{Arc, Mutex};

use channels::call::Secret;
use sea_orm::ConnectionTrait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One request as it came: its head in lower case, and its body.
#[derive(Debug, Clone)]
struct Seen {
    head: String,
    body: String,
}

impl Seen {
    fn header(&self, name: &str) -> String {
        let line = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_string()
    }
}

/// Answers with each of these in turn, and with the last from then on.
struct Server {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    async fn start(answers: &'static [(u16, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook?a=1", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let all = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, answers, &all).await;
            }
        });
        Self { address, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, answers: &[(u16, &str)], all: &Mutex<Vec<Seen>>) {
    let mut bytes = Vec::new();
    let mut some = [0; 4096];
    let seen = loop {
        let n = stream.read(&mut some).await.unwrap_or(0);
        bytes.extend_from_slice(&some[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            // The head in lower case, but for the values that are compared as they are.
            let head: String = head
                .lines()
                .map(|line| match line.split_once(": ") {
                    Some((name, value)) => format!("{}: {value}\n", name.to_lowercase()),
                    None => format!("{line}\n"),
                })
                .collect();
            let seen = Seen {
                head,
                body: body.to_string(),
            };
            let length: usize = seen.header("content-length").parse().unwrap_or(0);
            if seen.body.len() >= length {
                break seen;
            }
        }
        if n == 0 {
            return;
        }
    };
    let place = {
        let mut all = all.lock().unwrap();
        all.push(seen);
        all.len() - 1
    };
    let (status, body) = answers[place.min(answers.len() - 1)];
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn kit_that_calls() -> Kit {
    let kit = Kit::start_with(&[campaigns::SERVICE, fake::SERVICE], |settings| {
        settings.with("campaigns.webhook_private_addresses", true)
    })
    .await;
    fake::create(kit.tenant, 10);
    kit
}

fn calls(url: &str) -> String {
    format!(
        "journey: v1\nname: calls\npurpose: informational\ntrigger: {{event: order.placed, key: event.order}}\nsteps:\n  - id: score\n    webhook:\n      \
         url: {url}\n      headers: {{X-Order: \"{{{{ event.order }}}}\"}}\n      body: {{order: \"{{{{ event.order }}}}\"}}\n      \
         timeout: PT5S\n      on_error: [{{id: sorry, wait: {{for: P1D}}}}]\n  - id: gold\n    if: run.called.score.body.tier == 'gold'\n    \
         send: {{template: greeting}}\n  - {{id: rest, wait: {{for: P1D}}}}\n"
    )
}

async fn begun(kit: &Kit, url: &str) -> String {
    let mut body = written(&calls(url));
    body["webhook_secret"] = json!(SECRET);
    let (status, journey) = kit.post("/v1/journeys", body).await;
    assert_eq!(
        (
            status,
            &journey["webhooks_signed"],
            &journey["webhook_secret"]
        ),
        (201, &json!(true), &Value::Null),
        "{journey}"
    );
    let id = journey["id"].as_str().unwrap().to_string();
    let (status, problem) = kit
        .post(&format!("/v1/journeys/{id}/publish"), json!({}))
        .await;
    assert_eq!(status, 200, "{problem}");
    tell(
        kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(kit, &id, |runs| runs.len() == 1).await;
    id
}

#[tokio::test]
async fn a_webhook_is_called_signed_and_tried_again_and_its_answer_moves_the_run() {
    let server = Server::start(&[(503, "busy"), (200, r#"{"tier": "gold"}"#)]).await;
    let kit = kit_that_calls().await;
    let id = begun(&kit, &server.address).await;
    crate::appointments::until("the first try", async || server.seen().len() == 1).await;
    // The second one comes ten seconds later.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(runs(&kit, &id).await[0]["at"], json!(["score"]));
    kit.clock.advance(chrono::Duration::seconds(10));
    let moved = until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["rest"])).await;
    assert_eq!(texts(&run(&kit, &moved[0]["id"]).await), 1);
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(
        seen[0].head.starts_with("POST /hook?a=1 HTTP/1.1"),
        "{}",
        seen[0].head
    );
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(
        (&body["data"], &body["step"]),
        (&json!({"order": "o1"}), &json!("score"))
    );
    assert_eq!(body["run"], moved[0]["id"]);
    let key = seen[0].header("idempotency-key");
    assert!(!key.is_empty() && key == seen[1].header("idempotency-key"));
    assert_eq!(seen[0].header("x-order"), "o1");
    let secret: Secret = SECRET.parse().unwrap();
    for one in &seen {
        let at = one.header("webhook-timestamp").parse().unwrap();
        let signed = secret.sign(&one.header("webhook-id"), at, one.body.as_bytes());
        assert_eq!(one.header("webhook-signature"), signed);
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_webhook_of_a_paused_journey_is_tried_again_after_its_resume() {
    let server = Server::start(&[(503, "busy"), (200, r#"{"tier": "gold"}"#)]).await;
    let kit = kit_that_calls().await;
    let id = begun(&kit, &server.address).await;
    let of = |what: &str| format!("/v1/journeys/{id}/{what}");
    crate::appointments::until("the first try", async || server.seen().len() == 1).await;
    assert_eq!(kit.post(&of("pause"), json!({})).await.0, 200);
    kit.clock.advance(chrono::Duration::minutes(5));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(server.seen().len(), 1);
    assert_eq!(kit.post(&of("resume"), json!({})).await.0, 200);
    until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["rest"])).await;
    assert_eq!(server.seen().len(), 2);
    kit.stop().await;
}

#[tokio::test]
async fn a_webhook_that_refuses_or_leads_elsewhere_takes_the_way_of_errors_at_once() {
    for answer in [&[(404, "no")], &[(302, "")]] {
        let server = Server::start(answer).await;
        let kit = kit_that_calls().await;
        let id = begun(&kit, &server.address).await;
        until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["sorry"])).await;
        assert_eq!(server.seen().len(), 1);
        kit.stop().await;
    }
}

#[tokio::test]
async fn an_address_that_is_not_public_is_never_called() {
    let server = Server::start(&[(200, "{}")]).await;
    let kit = kit(10).await;
    for url in [server.address.clone(), "https://127.0.0.1:1/".to_string()] {
        let source = calls(&url).replace("name: calls", &format!("name: calls-{}", url.len()));
        let id = published(&kit, &source).await;
        tell(
            &kit,
            &[event(&url, "order.placed", 1, &json!({"order": url}))],
        )
        .await;
        until_runs(&kit, &id, |runs| {
            !runs.is_empty() && runs[0]["at"] == json!(["sorry"])
        })
        .await;
    }
    assert_eq!(server.seen().len(), 0);
    kit.stop().await;
}

#[tokio::test]
async fn a_call_that_a_restart_cut_off_is_made_again_with_the_same_key() {
    let server = Server::start(&[(500, ""), (200, r#"{"tier": "silver"}"#)]).await;
    let kit = kit_that_calls().await;
    let id = begun(&kit, &server.address).await;
    crate::appointments::until("the first try", async || server.seen().len() == 1).await;
    let kit = kit.restart().await;
    kit.clock.advance(chrono::Duration::minutes(3));
    until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["rest"])).await;
    let keys: std::collections::BTreeSet<String> = server
        .seen()
        .iter()
        .map(|seen| seen.header("idempotency-key"))
        .collect();
    assert_eq!(keys.len(), 1);
    kit.stop().await;
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_one_without_an_answer() {
    let server = Server::start(&[(503, "busy"), (200, r#"{"tier": "gold"}"#)]).await;
    let kit = kit_that_calls().await;
    let id = begun(&kit, &server.address).await;
    crate::appointments::until("the first try", async || server.seen().len() == 1).await;
    let db = kit.db("campaigns");
    let write = db.write(|tx| {
        Box::pin(async move {
            let broken = "update journey_call set request = '{\"url\": \"\\'";
            tx.execute_unprepared(broken).await?;
            Ok(())
        })
    });
    write.await.unwrap();
    // The second try would come after ten seconds; one that was cut off, after two minutes.
    kit.clock.advance(chrono::Duration::minutes(3));
    until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["sorry"])).await;
    assert_eq!(server.seen().len(), 1);
    kit.stop().await;
}

#[tokio::test]
async fn an_end_that_never_answers_holds_up_no_other_tenants_calls() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", silent.local_addr().unwrap());
    let server = Server::start(&[(200, r#"{"tier": "gold"}"#)]).await;
    let kit = kit_that_calls().await;
    fake::create(kit.tenant, 200);
    fake::create(kit.other_tenant, 10);
    let slow = calls(&address).replace("PT5S", "PT30S");
    let id = published(&kit, &slow).await;
    let placed = |n: u32| {
        let key = format!("o{n}");
        event(&key, "order.placed", n, &json!({"order": key}))
    };
    tell(&kit, &(0..200).map(placed).collect::<Vec<_>>()).await;
    until_runs(&kit, &id, |runs| runs.len() == 200).await;
    let theirs = kit.with_key(&kit.other_key);
    let ask = async |path: &str, body: Value| {
        let body = serde_json::to_vec(&body).unwrap();
        let answer = theirs.send("POST", path, "application/json", body).await;
        answer.unwrap()
    };
    let (status, journey) = ask("/v1/journeys", written(&calls(&server.address))).await;
    assert_eq!(status, 201, "{journey}");
    let publish = format!("/v1/journeys/{}/publish", journey["id"].as_str().unwrap());
    assert_eq!(ask(&publish, json!({})).await.0, 200);
    let (status, taken) = ask("/v1/events", json!({"events": [placed(1)]})).await;
    assert_eq!(status, 202, "{taken}");
    // A silent one is given up after thirty seconds; nobody waits for that.
    let begun = Instant::now();
    while server.seen().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "still waiting");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kit.stop().await;
}
