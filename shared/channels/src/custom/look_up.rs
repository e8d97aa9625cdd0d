//! How a provider without code of its own is asked what became of a text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context;
use bytes::Bytes;
use contract::chunk::Outcome;
use contract::{MessageId, Phone, UnixMillis};
use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::config::{BodyFormat, CustomConfig, check_errors, check_pointer};
use super::dialect::word;
use super::template::{Escape, Template};
use crate::fault::Fault;
use crate::look_up::{FindBy, Finding, LookUp, Sought};
use crate::provider::Receipt;
use crate::web::{Answer, Request};

/// What may stand between braces of a look-up.
const KNOWN: [&str; 6] = ["reference", "id", "to", "to_digits", "from", "from_digits"];

/// Settings of the look-up; places in the answer are JSON pointers (RFC 6901).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LookUpConfig {
    pub method: String,
    /// On the host of the account's own URL, with `{reference}`: asks for a text that the provider has not named.
    pub url: String,
    /// The same with `{id}`, for a text that it has named; empty: `url` does for both, if it has `{reference}`.
    pub url_by_id: String,
    pub body: String,
    pub body_format: BodyFormat,
    /// Where the list of texts stands; empty: the answer is one text.
    pub items: String,
    /// Where the provider's id of a text stands, our reference (it must be ours, if it is told), and its state.
    pub id: String,
    pub reference: String,
    pub state: String,
    pub delivered: Vec<String>,
    pub undelivered: Vec<String>,
    /// Where a code stands that says why it did not arrive, and what codes mean.
    pub error: String,
    pub errors: BTreeMap<String, String>,
    /// Statuses of an answer that knows no such text.
    pub not_found_status: Vec<u16>,
    /// Seconds after the hand-over from which on a text that is not there was surely never taken; 0: that proves
    /// nothing.
    pub not_taken_after_seconds: u64,
}

impl Default for LookUpConfig {
    fn default() -> Self {
        Self {
            method: "GET".into(),
            url: String::new(),
            url_by_id: String::new(),
            body: String::new(),
            body_format: BodyFormat::None,
            items: String::new(),
            id: String::new(),
            reference: String::new(),
            state: String::new(),
            delivered: Vec::new(),
            undelivered: Vec::new(),
            error: String::new(),
            errors: BTreeMap::new(),
            not_found_status: vec![404],
            not_taken_after_seconds: 0,
        }
    }
}

impl LookUpConfig {
    pub(super) fn check(&self, origin: &str) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.url.is_empty() || !self.url_by_id.is_empty(),
            "look_up: neither url nor url_by_id is set"
        );
        for (name, url) in [("url", &self.url), ("url_by_id", &self.url_by_id)] {
            let rest = url.strip_prefix(origin);
            let on_host = rest.is_some_and(|rest| rest.starts_with(['/', '?']));
            anyhow::ensure!(
                url.is_empty() || on_host,
                "look_up.{name}: it must begin with {origin}/, where texts go, too"
            );
        }
        for (name, pointer) in [
            ("items", &self.items),
            ("id", &self.id),
            ("reference", &self.reference),
            ("state", &self.state),
            ("error", &self.error),
        ] {
            check_pointer(&format!("look_up.{name}"), pointer)?;
        }
        anyhow::ensure!(
            !self.id.is_empty() || !self.state.is_empty(),
            "look_up: neither id nor state is read, so nothing could be told"
        );
        anyhow::ensure!(
            self.state.is_empty() || !self.delivered.is_empty(),
            "look_up.state is read, but no word in it means delivered"
        );
        for status in &self.not_found_status {
            anyhow::ensure!(
                (400..500).contains(status),
                "look_up.not_found_status: {status} does not say that there is no such text"
            );
        }
        check_errors("look_up.errors", &self.errors)
    }
}

/// A look-up made ready.
pub(super) struct Asking {
    config: LookUpConfig,
    method: Method,
    by_reference: Option<Template>,
    by_id: Option<Template>,
    body: Template,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Asking {
    /// `referenced`: our reference goes out with each text.
    pub(super) fn new(
        config: &LookUpConfig,
        account: &CustomConfig,
        referenced: bool,
        authorization: Option<HeaderValue>,
    ) -> anyhow::Result<Self> {
        let origin = account.origin()?;
        let template = |name: &str, url: &str| -> anyhow::Result<Option<Template>> {
            let Some(target) = url.strip_prefix(&origin).filter(|_| !url.is_empty()) else {
                return Ok(None);
            };
            let parsed = Template::parse_with(target, Escape::Url, &KNOWN);
            Ok(Some(parsed.with_context(|| format!("look_up.{name}"))?))
        };
        let (escape, kind) = match config.body_format {
            BodyFormat::Json => (Escape::Json, Some("application/json")),
            BodyFormat::Form => (Escape::Url, Some("application/x-www-form-urlencoded")),
            BodyFormat::Text => (Escape::Plain, Some("text/plain; charset=utf-8")),
            BodyFormat::None => (Escape::Plain, None),
        };
        anyhow::ensure!(
            kind.is_some() || config.body.is_empty(),
            "look_up.body_format is none, and there is a body"
        );
        let body = Template::parse_with(&config.body, escape, &KNOWN).context("look_up.body")?;
        let both = template("url", &config.url)?;
        let by_reference = both
            .clone()
            .filter(|url| url.uses("reference") || body.uses("reference"));
        anyhow::ensure!(
            config.url.is_empty() || by_reference.is_some() && referenced,
            "look_up.url needs {{reference}}, and so does the request of a text"
        );
        let by_id = match template("url_by_id", &config.url_by_id)? {
            Some(url) => {
                anyhow::ensure!(url.uses("id"), "look_up.url_by_id needs {{id}}");
                Some(url)
            }
            None => both,
        };
        let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
        if let Some(kind) = kind {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(kind)));
        }
        for (name, value) in &account.headers {
            let header = HeaderName::from_bytes(name.as_bytes())?;
            // A key of a text's own request has no business here.
            let plain = Template::parse_with(value, Escape::Header, &[]).is_ok();
            if plain && header != CONTENT_TYPE {
                headers.retain(|(known, _)| *known != header);
                headers.push((header, HeaderValue::from_str(value)?));
            }
        }
        headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
        Ok(Self {
            method: Method::from_bytes(config.method.as_bytes()).context("look_up.method")?,
            config: config.clone(),
            by_reference,
            by_id,
            body,
            headers,
        })
    }

    pub(super) fn record(&self) -> LookUp {
        LookUp {
            by_id: self.by_id.is_some(),
            find_by: self.by_reference.is_some().then_some(FindBy::Reference),
            complete_after_seconds: self.config.not_taken_after_seconds,
        }
    }

    pub(super) fn request(&self, sought: &Sought) -> Option<Request> {
        let named = !sought.provider_message_id.is_empty();
        let target = if named {
            &self.by_id
        } else {
            &self.by_reference
        };
        let (target, value) = (target.as_ref()?, |name| value(name, sought));
        let nobody = sought.to.is_none();
        if nobody
            && ["to", "to_digits"]
                .iter()
                .any(|name| target.uses(name) || self.body.uses(name))
        {
            return None;
        }
        Some(Request {
            method: self.method.clone(),
            path: target.fill_with(64, value),
            headers: self.headers.clone(),
            body: Bytes::from(self.body.fill_with(64, value)),
        })
    }

    pub(super) fn read(&self, sought: &Sought, answer: &Answer) -> Finding {
        let (config, named) = (&self.config, !sought.provider_message_id.is_empty());
        if answer.status == 429 {
            return Finding::TooFast(answer.retry_after);
        }
        if config.not_found_status.contains(&answer.status) {
            // It was named once; that it is not told of any more says nothing about its fate.
            return match named {
                true => Finding::Unclear("the provider does not tell of it any more"),
                false => Finding::NotThere,
            };
        }
        if !answer.is_success() {
            return Finding::Unclear("the provider refused to answer");
        }
        let Some(json) = answer.json() else {
            return Finding::Unclear("the answer cannot be read");
        };
        let items = match config.items.as_str() {
            "" => std::slice::from_ref(&json),
            pointer => match json.pointer(pointer).and_then(Value::as_array) {
                Some(items) => items,
                None => return Finding::Unclear("the answer cannot be read"),
            },
        };
        let read: Option<Vec<Option<Receipt>>> =
            items.iter().map(|item| self.item(item, sought)).collect();
        let Some(read) = read else {
            return Finding::Unclear("the answer cannot be read");
        };
        let found: Vec<Receipt> = read.into_iter().flatten().collect();
        match found.is_empty() {
            false => Finding::Taken(found),
            true if named || !items.is_empty() => {
                Finding::Unclear("the answer tells of other texts")
            }
            true => Finding::NotThere,
        }
    }

    /// `None` for what cannot be read, `Some(None)` for another text.
    fn item(&self, item: &Value, sought: &Sought) -> Option<Option<Receipt>> {
        let config = &self.config;
        let at = |pointer: &str| (!pointer.is_empty()).then(|| word(item, pointer)).flatten();
        let (id, state) = (at(&config.id), at(&config.state));
        if !config.id.is_empty() && id.is_none() || !config.state.is_empty() && state.is_none() {
            return None;
        }
        let id = id.unwrap_or_default();
        let other_reference = !config.reference.is_empty()
            && at(&config.reference)
                .is_none_or(|told| told.parse::<MessageId>() != Ok(sought.message));
        let known = &sought.provider_message_id;
        let other_id = !known.is_empty() && !id.is_empty() && id != *known;
        if other_reference || other_id || id.len() > 128 {
            return Some(None);
        }
        let state = state.unwrap_or_default();
        let outcome = if config.delivered.contains(&state) {
            Outcome::Delivered
        } else if config.undelivered.contains(&state) {
            Outcome::Undelivered
        } else {
            Outcome::HandedOver
        };
        let code = at(&config.error).unwrap_or_else(|| state.clone());
        let fault = (outcome == Outcome::Undelivered).then(|| {
            let word = config
                .errors
                .get(&code)
                .or_else(|| config.errors.get(&state));
            word.and_then(|word| Fault::parse(word))
                .unwrap_or(Fault::Unknown)
        });
        let id = if id.is_empty() { known.clone() } else { id };
        let mut receipt = Receipt::new(id, outcome, code, UnixMillis(sought.not_before.0));
        (receipt.reference, receipt.fault) = (Some(sought.message), fault);
        Some(Some(receipt))
    }
}

fn value<'s>(name: &str, sought: &'s Sought) -> Cow<'s, str> {
    let digits = |phone: Phone| phone.digits().to_string();
    match name {
        "reference" => sought.message.to_string().into(),
        "id" => (&*sought.provider_message_id).into(),
        "to" => sought
            .to
            .map_or_else(String::new, |to| to.to_string())
            .into(),
        "to_digits" => sought.to.map_or_else(String::new, digits).into(),
        "from" => (&*sought.from).into(),
        "from_digits" => sought.from.trim_start_matches('+').into(),
        _ => "".into(),
    }
}

#[cfg(test)]
#[path = "look_up_tests.rs"]
mod tests;
