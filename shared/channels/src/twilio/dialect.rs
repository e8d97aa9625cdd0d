//! `POST /2010-04-01/Accounts/{sid}/Messages.json`, and its answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use contract::MessageId;
use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};

use super::config::TwilioConfig;
use super::errors;
use super::webhook::reference_text;
use crate::capability::{Capabilities, Idempotency};
use crate::fault::Fault;
use crate::look_up::{LookUp, Sought};
use crate::provider::{Submission, SubmitOutcome};
use crate::web::{Answer, Dialect, Heard, Request, Search, Verdict, form};

/// Seconds that Twilio keeps a text at most, by its API description.
const LONGEST_VALIDITY: u64 = 36_000;

pub struct TwilioDialect {
    pub(super) path: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) messaging_service: String,
    look_up: LookUp,
    /// Status callbacks go here, followed by our reference; empty for none.
    callback: String,
}

impl TwilioDialect {
    pub(crate) fn new(name: &str, config: &TwilioConfig) -> anyhow::Result<Self> {
        let (user, password) = config.credentials();
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        let mut authorization = HeaderValue::from_str(&format!("Basic {credentials}"))?;
        authorization.set_sensitive(true);
        let callback = if config.public_url.is_empty() {
            String::new()
        } else {
            let mut url = format!("{}/v1/webhooks/", config.public_url.trim_end_matches('/'));
            form::escape(&mut url, name);
            url.push_str("?m=");
            url
        };
        Ok(Self {
            path: format!(
                "{}/2010-04-01/Accounts/{}/Messages.json",
                config.endpoint()?.path,
                config.account_sid
            ),
            headers: vec![
                (AUTHORIZATION, authorization),
                (
                    CONTENT_TYPE,
                    HeaderValue::from_static("application/x-www-form-urlencoded"),
                ),
                (ACCEPT, HeaderValue::from_static("application/json")),
            ],
            messaging_service: config.messaging_service_sid.clone(),
            look_up: config.look_up(),
            callback,
        })
    }
}

impl Dialect for TwilioDialect {
    /// The Messages API takes no key. Our reference stands in the callback's URL, so a receipt finds a text
    /// whose submit was never answered.
    fn capabilities(&self) -> Capabilities {
        let referenced = !self.callback.is_empty();
        Capabilities {
            idempotency: if referenced {
                Idempotency::ClientReference
            } else {
                Idempotency::None
            },
            receipts_carry_reference: referenced,
            validity: true,
            brings_by_link: false,
            longest_validity_seconds: LONGEST_VALIDITY,
            look_up: self.look_up,
        }
    }

    fn request(&self, message: MessageId, text: &Submission) -> Result<Request, SubmitOutcome> {
        let to = text.to.to_string();
        let valid_for = text
            .valid_for
            .map(|span| span.as_secs().clamp(1, LONGEST_VALIDITY).to_string());
        let callback = (!self.callback.is_empty())
            .then(|| format!("{}{}", self.callback, reference_text(message)));
        let mut pairs = vec![("To", to.as_str()), ("Body", text.body.as_str())];
        if self.messaging_service.is_empty() {
            if text.from.is_empty() {
                return Err(SubmitOutcome::rejected(Fault::Refused, "SENDER_FORMAT"));
            }
            pairs.push(("From", &text.from));
        } else {
            pairs.push(("MessagingServiceSid", &self.messaging_service));
        }
        if let Some(seconds) = &valid_for {
            pairs.push(("ValidityPeriod", seconds));
        }
        if let Some(url) = &callback {
            pairs.push(("StatusCallback", url));
        }
        Ok(Request {
            method: Method::POST,
            path: self.path.clone(),
            headers: self.headers.clone(),
            body: Bytes::from(form::encode(pairs)),
        })
    }

    fn read(&self, answer: &Answer) -> Verdict {
        let body = answer.json();
        let field = |name: &str| body.as_ref().and_then(|body| body.get(name));
        let code = ["code", "error_code"]
            .into_iter()
            .find_map(|name| field(name)?.as_u64())
            .and_then(|code| u32::try_from(code).ok());
        match answer.status {
            200..=202 => {
                let sid = field("sid")
                    .and_then(|sid| sid.as_str())
                    .unwrap_or_default();
                let failed = field("status").and_then(|status| status.as_str()) == Some("failed");
                Verdict::Settled(match (sid, code) {
                    // It was taken, as far as the status goes, and cannot be named.
                    ("", _) => SubmitOutcome::Unknown,
                    (_, Some(code)) if failed => rejected(code),
                    (sid, _) => SubmitOutcome::Accepted {
                        provider_message_id: sid.to_owned(),
                    },
                })
            }
            // Twilio's own word for too many requests; an answer by a proxy before it means the same.
            429 => Verdict::TooFast(answer.retry_after),
            // Gone wrong behind the door: it may have been taken all the same.
            408 | 500.. => Verdict::Settled(SubmitOutcome::Unknown),
            400..=499 => match code {
                Some(code) if errors::is_of_the_account(code) => Verdict::Account(code.to_string()),
                Some(code) if errors::fault(code) == Fault::Throttled => {
                    Verdict::TooFast(answer.retry_after)
                }
                Some(code) => Verdict::Settled(rejected(code)),
                None if [401, 402, 403, 404, 407].contains(&answer.status) => {
                    Verdict::Account(format!("HTTP_{}", answer.status))
                }
                None => Verdict::Settled(SubmitOutcome::rejected(
                    Fault::Unknown,
                    format!("HTTP_{}", answer.status),
                )),
            },
            _ => Verdict::Settled(SubmitOutcome::Unknown),
        }
    }

    fn ask(&self, sought: &Sought) -> Option<Request> {
        (self.look_up.by_id)
            .then(|| self.question(sought))
            .flatten()
    }

    fn hear(&self, sought: &Sought, answer: &Answer, search: &mut Search) -> Heard {
        self.heard(sought, answer, search)
    }
}

fn rejected(number: u32) -> SubmitOutcome {
    SubmitOutcome::rejected(errors::fault(number), number.to_string())
}

#[cfg(test)]
#[path = "dialect_tests.rs"]
mod tests;
