//! Requests and answers as the settings describe them.

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use contract::chunk::Encoding;
use contract::{MessageId, Phone};
use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;

use super::config::{BodyFormat, CustomConfig, ResponseConfig};
use super::look_up::Asking;
use super::template::{Escape, Template};
use crate::capability::{Capabilities, Idempotency};
use crate::fault::Fault;
use crate::look_up::{Finding, LookUp, Sought};
use crate::provider::{Submission, SubmitOutcome};
use crate::web::{Answer, Body, Dialect, Heard, Request, Search, Verdict};

pub struct CustomDialect {
    method: Method,
    target: Template,
    body: Template,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Headers with placeholders.
    filled: Vec<(HeaderName, Template)>,
    response: ResponseConfig,
    is_json: bool,
    asking: Option<Asking>,
    capabilities: Capabilities,
}

impl CustomDialect {
    pub(super) fn new(config: &CustomConfig) -> anyhow::Result<Self> {
        let method = Method::from_bytes(config.method.as_bytes()).context("method")?;
        let (escape, kind) = match config.body_format {
            BodyFormat::Json => (Escape::Json, Some("application/json")),
            BodyFormat::Form => (Escape::Url, Some("application/x-www-form-urlencoded")),
            BodyFormat::Text => (Escape::Plain, Some("text/plain; charset=utf-8")),
            BodyFormat::None => (Escape::Plain, None),
        };
        anyhow::ensure!(
            kind.is_some() || config.body.is_empty(),
            "body_format is none, and there is a body"
        );
        let target = Template::parse(config.target()?, Escape::Url).context("url")?;
        let body = Template::parse(&config.body, escape).context("body")?;
        let (mut headers, mut filled) = (Vec::new(), Vec::new());
        if let Some(kind) = kind {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(kind)));
        }
        headers.push((ACCEPT, HeaderValue::from_static("application/json")));
        for (name, value) in &config.headers {
            let wrong = || format!("headers: {name} cannot be sent");
            let header = HeaderName::from_bytes(name.as_bytes()).with_context(wrong)?;
            let template = Template::parse(value, Escape::Header).with_context(wrong)?;
            HeaderValue::from_str(value).with_context(wrong)?;
            headers.retain(|(known, _)| *known != header);
            filled.push((header, template));
        }
        if let Some(authorization) = authorization(config)? {
            headers.push((AUTHORIZATION, authorization));
        }
        let referenced = target.uses("reference")
            || body.uses("reference")
            || filled.iter().any(|(_, value)| value.uses("reference"));
        anyhow::ensure!(
            referenced || config.idempotency_seconds == 0 && !config.reference_in_receipts,
            "idempotency_seconds and reference_in_receipts need {{reference}} in the url, a header or the body"
        );
        let carries = target.uses("text") || body.uses("text");
        anyhow::ensure!(carries, "neither url nor body carries {{text}}");
        let validity = ["validity_seconds", "validity_minutes"]
            .iter()
            .any(|name| target.uses(name) || body.uses(name));
        let idempotency = match (config.idempotency_seconds, config.reference_in_receipts) {
            (0, false) => Idempotency::None,
            (0, true) => Idempotency::ClientReference,
            (good_for_seconds, _) => Idempotency::Key { good_for_seconds },
        };
        let asking = match &config.look_up {
            Some(look_up) => Some(Asking::new(
                look_up,
                config,
                referenced,
                authorization(config)?,
            )?),
            None => None,
        };
        Ok(Self {
            method,
            target,
            body,
            headers,
            filled,
            response: config.response.clone(),
            is_json: config.body_format == BodyFormat::Json && !config.body.is_empty(),
            capabilities: Capabilities {
                idempotency,
                receipts_carry_reference: config.reference_in_receipts,
                validity,
                brings_by_link: false,
                longest_validity_seconds: 0,
                look_up: asking.as_ref().map_or(LookUp::default(), Asking::record),
            },
            asking,
        })
    }

    /// Writes one request for nobody, to see that the templates make sense.
    pub(super) fn try_out(&self) -> anyhow::Result<()> {
        let nobody = Phone::from_digits(15_005_550_006).context("no sample number")?;
        let sample = Submission {
            to: nobody,
            from: "+15005550100".into(),
            encoding: Encoding::Gsm7,
            segments: 1,
            body: "a \"sample\" & more".into(),
            valid_for: None,
        };
        let target = self.target.fill(MessageId::from_raw(1), &sample);
        target
            .parse::<hyper::Uri>()
            .with_context(|| format!("url: {target} is no path of a URL"))?;
        if self.is_json {
            let body = self.body.fill(MessageId::from_raw(1), &sample);
            serde_json::from_str::<Value>(&body).context("body is not JSON once it is filled")?;
        }
        Ok(())
    }

    fn refusal(&self, code: String) -> Verdict {
        let word = self.response.errors.get(&code);
        match word.and_then(|word| Fault::parse(word)) {
            Some(Fault::Throttled) => Verdict::TooFast(None),
            Some(Fault::Account) => Verdict::Account(code),
            fault => Verdict::Settled(SubmitOutcome::rejected(
                fault.unwrap_or(Fault::Unknown),
                code,
            )),
        }
    }

    fn taken(&self, answer: &Answer) -> Verdict {
        let json = answer.json();
        let at = |pointer: &str| json.as_ref().and_then(|json| word(json, pointer));
        if json.is_some() && !self.response.status.is_empty() {
            match at(&self.response.status) {
                Some(status) if self.response.accepted.contains(&status) => {}
                Some(status) => return self.refusal(at(&self.response.error).unwrap_or(status)),
                None => return Verdict::Settled(SubmitOutcome::Unknown),
            }
        }
        let known = match (self.response.id.as_str(), &answer.body) {
            // Nothing is to be read, so nothing can be misread.
            ("", Body::Whole(_)) if self.response.status.is_empty() => Some(String::new()),
            ("", _) => json.is_some().then(String::new),
            (pointer, _) => at(pointer).filter(|id| !id.is_empty()),
        };
        // With a status word that says yes, an error's code beside it says nothing.
        let error = match (self.response.status.as_str(), self.response.error.as_str()) {
            ("", pointer) if !pointer.is_empty() => at(pointer),
            _ => None,
        };
        match (known, error) {
            (Some(provider_message_id), _) => Verdict::Settled(SubmitOutcome::Accepted {
                provider_message_id,
            }),
            (None, Some(code)) => self.refusal(code),
            (None, None) => Verdict::Settled(SubmitOutcome::Unknown),
        }
    }
}

impl Dialect for CustomDialect {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn request(&self, message: MessageId, text: &Submission) -> Result<Request, SubmitOutcome> {
        let mut headers = self.headers.clone();
        for (name, template) in &self.filled {
            let value = HeaderValue::from_str(&template.fill(message, text))
                .map_err(|_| SubmitOutcome::rejected(Fault::Refused, "HEADER_FORMAT"))?;
            headers.push((name.clone(), value));
        }
        Ok(Request {
            method: self.method.clone(),
            path: self.target.fill(message, text),
            headers,
            body: Bytes::from(self.body.fill(message, text)),
        })
    }

    fn read(&self, answer: &Answer) -> Verdict {
        let response = &self.response;
        let status = answer.status;
        if response.throttled_status.contains(&status) {
            return Verdict::TooFast(answer.retry_after);
        }
        if response.accepted_status.contains(&status) {
            return self.taken(answer);
        }
        let code = (!response.error.is_empty())
            .then(|| word(&answer.json()?, &response.error))
            .flatten();
        match (status, code) {
            // Neither a clear yes nor a clear no.
            (408 | 500.. | ..400, _) => Verdict::Settled(SubmitOutcome::Unknown),
            (_, Some(code)) => self.refusal(code),
            (status, None) if response.account_status.contains(&status) => {
                Verdict::Account(format!("HTTP_{status}"))
            }
            (status, None) => self.refusal(format!("HTTP_{status}")),
        }
    }

    fn ask(&self, sought: &Sought) -> Option<Request> {
        self.asking.as_ref()?.request(sought)
    }

    fn hear(&self, sought: &Sought, answer: &Answer, _: &mut Search) -> Heard {
        let finding = self
            .asking
            .as_ref()
            .map(|asking| asking.read(sought, answer));
        Heard::End(finding.unwrap_or(Finding::CannotAsk))
    }
}

fn authorization(config: &CustomConfig) -> anyhow::Result<Option<HeaderValue>> {
    let text = match (&config.basic, &config.bearer) {
        (Some(basic), _) => {
            let credentials = STANDARD.encode(format!("{}:{}", basic.user, basic.password));
            format!("Basic {credentials}")
        }
        (None, Some(token)) => format!("Bearer {token}"),
        (None, None) => return Ok(None),
    };
    let mut value = HeaderValue::from_str(&text).context("basic or bearer cannot be sent")?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// A string, number or truth value as text.
pub(super) fn word(json: &Value, pointer: &str) -> Option<String> {
    match json.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
#[path = "dialect_tests.rs"]
mod tests;
