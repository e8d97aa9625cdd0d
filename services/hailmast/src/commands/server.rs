//! Commands that ask a running server.

use anyhow::{Context, bail};
use chassis::http::client::Client;
use clap::Args;
use serde_json::Value;

/// Which server, and who asks.
#[derive(Args)]
pub struct Server {
    /// Where the API listens.
    #[arg(long, env = "HAILMAST_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key.
    #[arg(long, env = "HAILMAST_KEY", hide_env_values = true)]
    key: Option<String>,
}

impl Server {
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask("PUT", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.ask("DELETE", path, None).await
    }

    pub async fn post_csv(&self, path: &str, file: Vec<u8>) -> anyhow::Result<Value> {
        let client = self.client().await?;
        let (status, answer) = client.send("POST", path, "text/csv", file).await?;
        if !(200..300).contains(&status) {
            bail!("{}", problem(status, &answer));
        }
        Ok(answer)
    }

    pub async fn client(&self) -> anyhow::Result<Client> {
        let key = self
            .key
            .as_deref()
            .context("no API key: give --key or set HAILMAST_KEY")?;
        Client::at(&self.url, key).await
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let client = self.client().await?;
        let body = body.map(serde_json::to_vec).transpose()?;
        let sent = client.send(method, path, "application/json", body.unwrap_or_default());
        let (status, answer) = sent.await?;
        if !(200..300).contains(&status) {
            bail!("{}", problem(status, &answer));
        }
        Ok(answer)
    }
}

/// A problem in words, with every fault on its own line.
fn problem(status: u16, answer: &Value) -> String {
    let word = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_string();
    let mut words = format!(
        "{status} {}: {}",
        word(answer, "code"),
        word(answer, "detail")
    );
    for error in answer["errors"].as_array().into_iter().flatten() {
        let (pointer, detail) = (word(error, "pointer"), word(error, "detail"));
        words.push_str(&format!("\n  {pointer}: {detail}"));
    }
    words
}

/// A value for a query string.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// A field of an answer as text; empty where there is none.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_in_a_number_survives_the_query_string() {
        assert_eq!(encoded("+1 500"), "%2B1%20500");
    }

    #[test]
    fn a_problem_tells_its_code_and_every_fault() {
        let answer = serde_json::json!({"code": "policy.invalid", "detail": "two faults",
            "errors": [{"pointer": "/forbids", "detail": "a"}, {"pointer": "/note", "detail": "b"}]});
        assert_eq!(
            problem(422, &answer),
            "422 policy.invalid: two faults\n  /forbids: a\n  /note: b"
        );
    }
}
