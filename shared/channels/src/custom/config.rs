//! Settings of a provider that has no code of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;

use super::dialect::CustomDialect;
use super::look_up::LookUpConfig;
use crate::fault::Fault;
use crate::web::Endpoint;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyFormat {
    #[default]
    Json,
    Form,
    /// Sent as it is filled.
    Text,
    /// No body: everything stands in the URL.
    None,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    pub user: String,
    pub password: String,
}

/// Unknown keys are refused, so that a typo does not pass.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomConfig {
    pub method: String,
    /// With placeholders in path and query.
    pub url: String,
    pub body: String,
    pub body_format: BodyFormat,
    pub headers: BTreeMap<String, String>,
    pub basic: Option<Basic>,
    pub bearer: Option<String>,
    pub response: ResponseConfig,
    /// The provider carries out a request with the same `{reference}` once, and remembers it this long.
    pub idempotency_seconds: u64,
    /// Receipts bring `{reference}` back.
    pub reference_in_receipts: bool,
    /// How the provider is asked what became of a text; without it, it is not asked.
    pub look_up: Option<LookUpConfig>,
    pub connections: usize,
    pub timeout_seconds: u64,
    pub ca_file: Option<PathBuf>,
    pub allow_plain_http: bool,
}

/// How an answer is read; places in it are JSON pointers (RFC 6901).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponseConfig {
    /// Statuses of a text that was taken.
    pub accepted_status: Vec<u16>,
    /// Where the provider's id stands.
    pub id: String,
    /// Where a status word or number stands that must be one of `accepted`; empty: the HTTP status says it all.
    pub status: String,
    pub accepted: Vec<String>,
    /// Where an error's code stands.
    pub error: String,
    /// Code → what it means, such as `"15" = "blocked"`.
    pub errors: BTreeMap<String, String>,
    pub throttled_status: Vec<u16>,
    pub account_status: Vec<u16>,
}

impl Default for ResponseConfig {
    fn default() -> Self {
        Self {
            accepted_status: vec![200, 201, 202],
            id: String::new(),
            status: String::new(),
            accepted: Vec::new(),
            error: String::new(),
            errors: BTreeMap::new(),
            throttled_status: vec![429],
            account_status: vec![401, 402, 403],
        }
    }
}

impl Default for CustomConfig {
    fn default() -> Self {
        Self {
            method: "POST".into(),
            url: String::new(),
            body: String::new(),
            body_format: BodyFormat::default(),
            headers: BTreeMap::new(),
            basic: None,
            bearer: None,
            response: ResponseConfig::default(),
            idempotency_seconds: 0,
            reference_in_receipts: false,
            look_up: None,
            connections: 32,
            timeout_seconds: 10,
            ca_file: None,
            allow_plain_http: false,
        }
    }
}

impl fmt::Debug for CustomConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomConfig")
            .field("method", &self.method)
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}

impl CustomConfig {
    /// Scheme, host and port of the URL.
    pub(super) fn origin(&self) -> anyhow::Result<String> {
        let (scheme, rest) = self
            .url
            .split_once("://")
            .context("url is no URL such as https://api.example.com/send")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        Ok(format!("{scheme}://{}", &rest[..end]))
    }

    /// Path and query of the URL, placeholders included.
    pub(super) fn target(&self) -> anyhow::Result<&str> {
        let rest = &self.url[self.origin()?.len()..];
        Ok(if rest.is_empty() { "/" } else { rest })
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let origin = self.origin()?;
        anyhow::ensure!(
            !origin.contains(['{', '}']),
            "url: placeholders may stand behind the host only"
        );
        Endpoint::parse(&origin, self.allow_plain_http).context("url")?;
        anyhow::ensure!(
            self.basic.is_none() || self.bearer.is_none(),
            "basic and bearer exclude each other"
        );
        anyhow::ensure!(
            (1..=1000).contains(&self.connections),
            "connections must lie between 1 and 1000"
        );
        anyhow::ensure!(
            (1..=60).contains(&self.timeout_seconds),
            "timeout_seconds must lie between 1 and 60"
        );
        self.response.check()?;
        if let Some(look_up) = &self.look_up {
            look_up.check(&origin)?;
        }
        CustomDialect::new(self)?.try_out()
    }
}

impl ResponseConfig {
    fn check(&self) -> anyhow::Result<()> {
        for (name, pointer) in [
            ("id", &self.id),
            ("status", &self.status),
            ("error", &self.error),
        ] {
            check_pointer(&format!("response.{name}"), pointer)?;
        }
        anyhow::ensure!(
            !self.accepted_status.is_empty(),
            "response.accepted_status is empty: no text could ever be taken"
        );
        for status in &self.accepted_status {
            anyhow::ensure!(
                (200..300).contains(status),
                "response.accepted_status: {status} is no success"
            );
        }
        anyhow::ensure!(
            self.status.is_empty() == self.accepted.is_empty(),
            "response.status and response.accepted go together"
        );
        check_errors("response.errors", &self.errors)
    }
}

/// Empty, or a JSON pointer.
pub(super) fn check_pointer(name: &str, pointer: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        pointer.is_empty() || pointer.starts_with('/'),
        "{name}: {pointer} is no JSON pointer such as /messages/0/id"
    );
    Ok(())
}

pub(super) fn check_errors(name: &str, errors: &BTreeMap<String, String>) -> anyhow::Result<()> {
    for (code, word) in errors {
        let known = Fault::ALL.map(Fault::as_str).join(", ");
        anyhow::ensure!(
            Fault::parse(word).is_some(),
            "{name}: {code} means {word}, which is none of {known}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> CustomConfig {
        CustomConfig {
            url: "https://api.example.com/v1/send?ref={reference}".into(),
            body: r#"{"to":"{to}","text":"{text}"}"#.into(),
            response: ResponseConfig {
                id: "/id".into(),
                ..ResponseConfig::default()
            },
            ..CustomConfig::default()
        }
    }

    fn error(change: impl FnOnce(&mut CustomConfig)) -> String {
        let mut config = config();
        change(&mut config);
        format!("{:#}", config.check().unwrap_err())
    }

    #[test]
    fn a_sound_description_passes() {
        config().check().unwrap();
        assert_eq!(config().origin().unwrap(), "https://api.example.com");
        assert_eq!(config().target().unwrap(), "/v1/send?ref={reference}");
    }

    #[test]
    fn what_cannot_work_is_named_at_start() {
        for (said, expected) in [
            (error(|c| c.url = "api.example.com".into()), "url"),
            (
                error(|c| c.url = "https://{to}.example.com/".into()),
                "host",
            ),
            (error(|c| c.url = "http://api.example.com/".into()), "https"),
            (error(|c| c.body = r#"{"to":"{phone}"}"#.into()), "{phone}"),
            (error(|c| c.body = r#"{"to":"{text}""#.into()), "JSON"),
            (error(|c| c.body = r#"{"a":"b"}"#.into()), "{text}"),
            (error(|c| c.method = "SE ND".into()), "method"),
            (
                error(|c| {
                    c.headers.insert("bad name".into(), "x".into());
                }),
                "bad name",
            ),
            (error(|c| c.response.id = "id".into()), "JSON pointer"),
            (error(|c| c.response.accepted_status = vec![500]), "500"),
            (
                error(|c| c.response.accepted = vec!["0".into()]),
                "go together",
            ),
            (
                error(|c| {
                    c.response.errors.insert("15".into(), "blokked".into());
                }),
                "blokked",
            ),
            (
                error(|c| {
                    c.idempotency_seconds = 60;
                    c.url = "https://api.example.com/".into();
                }),
                "{reference}",
            ),
            (
                error(|c| {
                    c.bearer = Some("x".into());
                    c.basic = Some(Basic {
                        user: "u".into(),
                        password: "p".into(),
                    });
                }),
                "exclude",
            ),
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }
}
