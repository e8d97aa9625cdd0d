//! What every endpoint has in common: problems, keys, limits, request ids.

use serde_json::{Value, json};
use testkit::Kit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::probe::{self, numbers};

/// A request with headers of one's own.
pub struct Call {
    method: &'static str,
    path: &'static str,
    headers: String,
    body: String,
    key: Option<String>,
}

impl Call {
    pub fn new(method: &'static str, path: &'static str) -> Self {
        Self {
            method,
            path,
            headers: String::new(),
            body: String::new(),
            key: None,
        }
    }

    pub fn post(path: &'static str, body: impl Into<String>) -> Self {
        let body = body.into();
        Self {
            body,
            ..Self::new("POST", path)
        }
    }

    /// Whole header lines.
    pub fn with(mut self, headers: impl AsRef<str>) -> Self {
        self.headers.push_str(headers.as_ref());
        self
    }

    /// `Authorization` as given, in place of the kit's key; nothing at all if empty.
    fn authorized(mut self, value: &str) -> Self {
        self.key = Some(value.to_string());
        self
    }
}

pub struct Answer {
    pub status: u16,
    /// Lower-case names.
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub async fn call(kit: &Kit, call: Call) -> Answer {
    let address = kit.base_url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let authorization = match call.key {
        None => format!("Authorization: Bearer {}\r\n", kit.key),
        Some(value) if value.is_empty() => String::new(),
        Some(value) => format!("Authorization: {value}\r\n"),
    };
    let request = format!(
        "{} {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{authorization}{}\r\n{}",
        call.method,
        call.path,
        call.body.len(),
        call.headers,
        call.body
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_string()));
    Answer {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        body: body.to_string(),
    }
}

async fn expect_problem(kit: &Kit, request: Call, status: u16, code: &str) {
    let path = request.path;
    let answer = call(kit, request).await;
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["code"], code);
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("urn:hailmast:problem:{code}"));
    assert_eq!(problem["request_id"], answer.header("request-id"));
    assert!(!answer.header("request-id").is_empty());
}

#[tokio::test]
async fn an_endpoint_or_method_that_does_not_exist_is_a_problem() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    expect_problem(&kit, Call::new("GET", "/v1/nothing"), 404, "not_found").await;
    expect_problem(&kit, Call::new("GET", "/"), 404, "not_found").await;
    expect_problem(
        &kit,
        Call::new("DELETE", "/v1/marks"),
        405,
        "method.not_allowed",
    )
    .await;
    kit.stop().await;
}

#[tokio::test]
async fn nothing_is_done_without_a_valid_key() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let ask = || Call::post("/v1/marks", r#"{"number": 1}"#);
    let unknown = format!("Bearer {}x", kit.key);
    for (authorization, code) in [
        ("", "auth.missing"),
        ("Bearer ", "auth.missing"),
        ("Basic dXNlcjpwYXNz", "auth.missing"),
        (unknown.as_str(), "auth.invalid"),
    ] {
        expect_problem(&kit, ask().authorized(authorization), 401, code).await;
    }
    assert!(numbers(&kit, "mark").await.is_empty());
    assert_eq!(call(&kit, ask()).await.status, 201);
    assert_eq!(numbers(&kit, "mark").await, [1]);
    kit.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_or_not_understood_is_a_problem() {
    let small = |settings: chassis::Settings| settings.with("http.body_limit", 1000);
    let kit = Kit::start_with(&[probe::SERVICE], small).await;
    let long = format!(r#"{{"number": 1, "filling": "{}"}}"#, "x".repeat(2000));
    for (body, status, code) in [
        (long.as_str(), 413, "body.too_large"),
        ("{", 400, "body.malformed"),
        (r#"{"nummer": 1}"#, 400, "field.unknown"),
        ("{}", 422, "field.required"),
        (r#"{"number": "one"}"#, 422, "field.invalid"),
    ] {
        expect_problem(&kit, Call::post("/v1/marks", body), status, code).await;
    }
    let nul = Call::new("GET", "/v1/slow%00");
    expect_problem(&kit, nul, 400, "path.malformed").await;
    assert!(numbers(&kit, "mark").await.is_empty());
    kit.stop().await;
}

#[tokio::test]
async fn a_request_id_is_echoed_or_made() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let given = Call::new("GET", "/v1/nothing").with("Request-Id: order-66\r\n");
    let answer = call(&kit, given).await;
    assert_eq!(answer.header("request-id"), "order-66");
    assert_eq!(answer.json()["request_id"], "order-66");
    let long = format!("Request-Id: {}\r\n", "x".repeat(65));
    for headers in ["", "Request-Id: a b\r\n", &long] {
        let answer = call(&kit, Call::new("GET", "/health").with(headers)).await;
        let made = answer.header("request-id");
        assert!(made.starts_with("req_"), "{made}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_panicking_handler_is_a_problem_and_the_next_request_is_answered() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    expect_problem(&kit, Call::new("GET", "/v1/panic"), 500, "internal").await;
    let next = call(&kit, Call::post("/v1/marks", r#"{"number": 1}"#)).await;
    assert_eq!((next.status, next.json()), (201, json!({})));
    kit.stop().await;
}
