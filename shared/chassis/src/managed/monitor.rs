//! A GET on nats-server's monitoring door: one small JSON answer.

use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(2);
const LARGEST: u64 = 1 << 20;

/// The body of a 200 answer.
pub async fn get(base: &str, path: &str) -> anyhow::Result<String> {
    tokio::time::timeout(TIMEOUT, exchange(base, path))
        .await
        .context("no answer in time")?
}

async fn exchange(base: &str, path: &str) -> anyhow::Result<String> {
    let host = base
        .strip_prefix("http://")
        .context("only http:// addresses")?
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await?;
    // HTTP/1.0, so that the answer ends with the connection and is never chunked.
    stream
        .write_all(format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes())
        .await?;
    let mut answer = Vec::new();
    stream.take(LARGEST).read_to_end(&mut answer).await?;
    let answer = String::from_utf8(answer).context("the answer is not text")?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("not an HTTP answer")?;
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    if status != "200" {
        bail!("{path} answered {status}");
    }
    Ok(body.to_string())
}
