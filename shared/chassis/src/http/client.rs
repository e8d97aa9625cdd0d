//! A minimal HTTP/1.1 client for our own API, so that demo, bench and tests use the platform as its users do.
//! Not for the outside world: carriers are reached through `channels`.

use std::net::SocketAddr;

use anyhow::Context;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Calls one server with one key.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    /// As it was named, for the Host header.
    host: String,
    key: String,
}

impl Client {
    /// By a URL such as `http://127.0.0.1:8080` or `http://hailmast.internal`. No TLS: behind a proxy that ends
    /// it, or on the same machine.
    pub async fn at(url: &str, key: impl Into<String>) -> anyhow::Result<Self> {
        let host = host_of(url)?;
        let found = tokio::net::lookup_host(host.as_str()).await;
        let address = found
            .with_context(|| format!("the host of {url} is not known"))?
            .next()
            .with_context(|| format!("the host of {url} has no address"))?;
        Ok(Self {
            address,
            host,
            key: key.into(),
        })
    }

    pub fn new(address: SocketAddr, key: impl Into<String>) -> Self {
        Self {
            address,
            host: address.to_string(),
            key: key.into(),
        }
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, "application/json", Vec::new()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", path, "application/json", serde_json::to_vec(body)?)
            .await
    }

    pub async fn post_csv(&self, path: &str, csv: Vec<u8>) -> anyhow::Result<Value> {
        self.call("POST", path, "text/csv", csv).await
    }

    /// The body of a 2xx answer; any other answer is an error that carries the problem.
    async fn call(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<Value> {
        let (status, value) = self.send(method, path, kind, body).await?;
        anyhow::ensure!(
            (200..300).contains(&status),
            "{method} {path} was answered {status}: {value}"
        );
        Ok(value)
    }

    /// Status and body, whatever they are; a body that is not JSON comes as a JSON string.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<(u16, Value)> {
        let (status, payload) = self.bytes(method, path, kind, body).await?;
        if payload.is_empty() {
            return Ok((status, Value::Null));
        }
        let text = || Value::String(String::from_utf8_lossy(&payload).into_owned());
        Ok((
            status,
            serde_json::from_slice(&payload).unwrap_or_else(|_| text()),
        ))
    }

    /// Status and body as it came.
    pub async fn bytes(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<(u16, Vec<u8>)> {
        let mut stream = TcpStream::connect(self.address)
            .await
            .context("the API does not answer")?;
        stream.set_nodelay(true)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.host,
            self.key,
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        // A server that refuses a large body answers before it has read it; its answer is what counts.
        let written = stream.write_all(&body).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).await;
        let Some(answered) = split(&answer) else {
            written?;
            read?;
            anyhow::bail!("{method} {path}: the answer is not HTTP");
        };
        Ok(answered)
    }
}

/// Host and port of a URL without a path.
fn host_of(url: &str) -> anyhow::Result<String> {
    let rest = url
        .strip_prefix("http://")
        .with_context(|| format!("{url} is no URL such as http://127.0.0.1:8080"))?;
    let host = rest.trim_end_matches('/');
    anyhow::ensure!(
        !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']),
        "{url}: a host and a port are expected, nothing behind"
    );
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(if has_port {
        host.to_string()
    } else {
        format!("{host}:80")
    })
}

/// Status and body of a whole answer, chunked or not.
fn split(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let body = &answer[end + 4..];
    if head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked")
    {
        return Some((status, unchunk(body)?));
    }
    Some((status, body.to_vec()))
}

fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|window| window == b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&body[..line]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        let start = line + 2;
        whole.extend_from_slice(body.get(start..start + size)?);
        body = body.get(start + size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_host_and_a_port_and_nothing_else() {
        assert_eq!(host_of("http://127.0.0.1:8080").unwrap(), "127.0.0.1:8080");
        assert_eq!(host_of("http://localhost/").unwrap(), "localhost:80");
        for bad in [
            "https://x",
            "127.0.0.1:8080",
            "http://",
            "http://x/v1",
            "http://a@b",
        ] {
            assert!(host_of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn answers_are_read_with_and_without_chunks() {
        let plain = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(split(plain), Some((201, b"{}".to_vec())));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
        assert_eq!(split(chunked), Some((200, b"{\"a\":1}".to_vec())));
        assert_eq!(split(b"rubbish"), None);
    }
}
