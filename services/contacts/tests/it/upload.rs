//! Sends CSV files and waits for their imports.

use std::time::Duration;

use serde_json::Value;
use testkit::Kit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One HTTP/1.1 request with a raw body; status and body of the answer.
pub async fn raw(kit: &Kit, method: &str, path: &str, key: &str, body: &[u8]) -> (u16, String) {
    let host = kit
        .base_url
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\ncontent-type: text/csv\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let chunked = head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    (
        status,
        if chunked {
            unchunk(body)
        } else {
            body.to_string()
        },
    )
}

fn unchunk(mut text: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.push_str(&rest[..size]);
        text = &rest[size + 2..];
    }
    body
}

/// Posts a file and returns the accepted import.
pub async fn post(kit: &Kit, query: &str, csv: &[u8]) -> Value {
    let (status, body) = raw(kit, "POST", &format!("/v1/imports?{query}"), &kit.key, csv).await;
    assert_eq!(status, 202, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Waits until an import has ended.
pub async fn ended(kit: &Kit, import: &str) -> Value {
    for _ in 0..3_000 {
        let (status, job) = kit.get(&format!("/v1/imports/{import}")).await;
        assert_eq!(status, 200, "{job}");
        if !job["finished_at"].is_null() {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the import {import} does not end");
}

/// Posts a file and waits for its import.
pub async fn import(kit: &Kit, query: &str, csv: &[u8]) -> Value {
    let job = post(kit, query, csv).await;
    ended(kit, job["id"].as_str().unwrap()).await
}

/// `count` people with numbers of the fictional range, from `first` on.
pub fn people(first: u64, count: u64) -> String {
    let mut csv = String::from("phone,first_name,external_id,timezone,city\n");
    for n in first..first + count {
        csv.push_str(&format!(
            "+1500555{n:04},Name{n},E{n},America/New_York,City{n}\n"
        ));
    }
    csv
}
