//! Requests as no well-behaved client would send them, and answers with all that a client may look at.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub body: Value,
    pub text: String,
}

impl Answer {
    /// Why this is not a problem document of that status and code, with the code explained in docs/errors.md.
    pub fn complaint(&self, status: u16, code: &str) -> Option<String> {
        let body = &self.body;
        let told = ["type", "title", "detail", "request_id"];
        let silent = |field: &&str| body[*field].as_str().unwrap_or_default().is_empty();
        let mut codes = self.faults();
        codes.push(code);
        let complaint = if self.status != status || body["status"] != status || body["code"] != code
        {
            format!("it is no {status} {code}")
        } else if self.kind != "application/problem+json" {
            format!("its type is {}", self.kind)
        } else if let Some(field) = told.iter().find(|field| silent(field)) {
            format!("it has no {field}")
        } else if !body["retryable"].is_boolean() {
            "it does not say whether to try again".to_string()
        } else {
            let unexplained = codes.iter().find(|code| !is_explained(code))?;
            format!("{unexplained} has no entry in docs/errors.md")
        };
        Some(format!("{complaint}: {} {}", self.status, self.text))
    }

    #[track_caller]
    pub fn assert_problem(&self, what: &str, status: u16, code: &str) {
        let complaint = self.complaint(status, code);
        assert_eq!(complaint, None, "{what}");
    }

    /// The codes of the faults in the body.
    pub fn faults(&self) -> Vec<&str> {
        let faults = self.body["errors"].as_array();
        let codes = faults.into_iter().flatten();
        codes.filter_map(|fault| fault["code"].as_str()).collect()
    }
}

pub fn is_explained(code: &str) -> bool {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    let pages = std::fs::read_to_string(pages).unwrap();
    pages.contains(&format!("<a id=\"{code}\"></a>"))
}

/// `head` is `METHOD PATH`; `authorization` is the whole header, or nothing.
pub async fn ask(
    address: SocketAddr,
    authorization: Option<&str>,
    head: &str,
    kind: &str,
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let authorization =
        authorization.map_or_else(String::new, |value| format!("Authorization: {value}\r\n"));
    let head = format!(
        "{head} HTTP/1.1\r\nHost: {address}\r\n{authorization}Content-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A body that is refused may not be read to its end; the answer is what counts.
    let _written = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let kind = head
        .lines()
        .find_map(|line| line.strip_prefix("content-type: "));
    Answer {
        status: head
            .split_whitespace()
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        kind: kind.unwrap_or_default().to_string(),
        body: serde_json::from_str(text).unwrap_or_default(),
        text: text.to_string(),
    }
}
