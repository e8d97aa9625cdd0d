//! Receipts and replies of a provider that is described by settings.

use std::collections::BTreeMap;
use std::fmt;

use contract::chunk::Outcome;
use contract::{MessageId, Phone};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::config::{check_errors, check_pointer};
use super::dialect::word;
use crate::fault::Fault;
use crate::provider::{FromCarrier, Receipt};
use crate::web::form;
use crate::webhook::{Call, Refused};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    #[default]
    Json,
    Form,
    /// Everything stands in the query.
    Query,
}

/// How calls are read. Places are JSON pointers; of a form or query, `/Name` is the field `Name`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomWebhook {
    /// A secret that the provider shows with each call.
    pub token: String,
    pub previous_token: String,
    /// The header that carries it; empty: the query parameter `token`.
    pub token_header: String,
    pub(crate) format: Format,
    /// Where a list of items stands; empty: the call is one item.
    pub items: String,
    pub id: String,
    pub reference: String,
    pub state: String,
    pub delivered: Vec<String>,
    pub undelivered: Vec<String>,
    pub code: String,
    pub errors: BTreeMap<String, String>,
    pub reply_id: String,
    pub reply_from: String,
    pub reply_to: String,
    pub reply_text: String,
}

impl fmt::Debug for CustomWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomWebhook")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl CustomWebhook {
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.token.len() >= 16,
            "token is shorter than 16 characters: anybody could guess it"
        );
        for (name, pointer) in [
            ("items", &self.items),
            ("id", &self.id),
            ("reference", &self.reference),
            ("state", &self.state),
            ("code", &self.code),
            ("reply_id", &self.reply_id),
            ("reply_from", &self.reply_from),
            ("reply_to", &self.reply_to),
            ("reply_text", &self.reply_text),
        ] {
            check_pointer(name, pointer)?;
        }
        let named = !self.id.is_empty() || !self.reference.is_empty();
        let receipts = !self.state.is_empty() && named;
        anyhow::ensure!(
            !receipts || !self.delivered.is_empty(),
            "state is read, but no word in it means delivered"
        );
        let replies = !self.reply_from.is_empty() && !self.reply_to.is_empty();
        anyhow::ensure!(
            receipts || replies,
            "neither receipts (id, state) nor replies (reply_from, reply_to, reply_text) can be read"
        );
        check_errors("errors", &self.errors)
    }

    pub(crate) fn read(&self, call: &Call<'_>) -> Result<Vec<FromCarrier>, Refused> {
        let query = call.target.split_once('?').map_or("", |(_, query)| query);
        let query = form::decode(query.as_bytes());
        self.authenticate(call, &query)?;
        let json = match self.format {
            Format::Json => serde_json::from_slice(call.body).map_err(|_| Refused::Malformed)?,
            Format::Form => object(form::decode(call.body)),
            Format::Query => object(query),
        };
        let items = match self.items.as_str() {
            "" => std::slice::from_ref(&json),
            pointer => json
                .pointer(pointer)
                .and_then(Value::as_array)
                .ok_or(Refused::Malformed)?,
        };
        let read: Vec<FromCarrier> = items
            .iter()
            .filter_map(|item| self.item(item, call))
            .collect();
        if read.len() < items.len() {
            return Err(Refused::Malformed);
        }
        Ok(read)
    }

    fn authenticate(&self, call: &Call<'_>, query: &[(String, String)]) -> Result<(), Refused> {
        let shown = if self.token_header.is_empty() {
            let pair = query.iter().find(|(name, _)| name == "token");
            pair.map(|(_, value)| value.as_str())
        } else {
            (call.header)(&self.token_header)
        };
        let shown = shown.ok_or(Refused::Signature)?;
        let genuine = [&self.token, &self.previous_token]
            .into_iter()
            .filter(|token| !token.is_empty())
            .fold(false, |genuine, token| genuine | is_same(token, shown));
        if genuine {
            Ok(())
        } else {
            Err(Refused::Signature)
        }
    }

    fn item(&self, item: &Value, call: &Call<'_>) -> Option<FromCarrier> {
        let at = |pointer: &str| (!pointer.is_empty()).then(|| word(item, pointer)).flatten();
        if let (Some(from), Some(to)) = (at(&self.reply_from), at(&self.reply_to))
            && at(&self.state).is_none()
        {
            let digits = from.trim_start_matches('+').parse().ok()?;
            return Some(FromCarrier::Reply {
                provider_message_id: at(&self.reply_id).unwrap_or_default(),
                from: Phone::from_digits(digits)?,
                to,
                text: at(&self.reply_text).unwrap_or_default(),
            });
        }
        let state = at(&self.state)?;
        let reference: Option<MessageId> = at(&self.reference).and_then(|id| id.parse().ok());
        let id = at(&self.id).filter(|id| id.len() <= 128);
        if id.is_none() && reference.is_none() {
            return None;
        }
        let outcome = if self.delivered.contains(&state) {
            Outcome::Delivered
        } else if self.undelivered.contains(&state) {
            Outcome::Undelivered
        } else {
            Outcome::HandedOver
        };
        let code = at(&self.code).unwrap_or_else(|| state.clone());
        let fault = (outcome == Outcome::Undelivered).then(|| {
            let word = self.errors.get(&code).or_else(|| self.errors.get(&state));
            word.and_then(|word| Fault::parse(word))
                .unwrap_or(Fault::Unknown)
        });
        let mut receipt = Receipt::new(id.unwrap_or_default(), outcome, code, call.now);
        (receipt.reference, receipt.fault) = (reference, fault);
        Some(FromCarrier::Receipt(receipt))
    }
}

fn object(pairs: Vec<(String, String)>) -> Value {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// Takes the same time wherever they differ.
fn is_same(a: &str, b: &str) -> bool {
    let longest = a.len().max(b.len());
    let byte = |text: &str, at: usize| text.as_bytes().get(at).copied().unwrap_or(0);
    let differing = (0..longest).fold(a.len() ^ b.len(), |sum, at| {
        sum | usize::from(byte(a, at) ^ byte(b, at))
    });
    differing == 0
}

#[cfg(test)]
mod tests {
    use contract::UnixMillis;

    use super::*;

    fn webhook() -> CustomWebhook {
        CustomWebhook {
            token: "0123456789abcdef".into(),
            items: "/results".into(),
            id: "/messageId".into(),
            reference: "/ref".into(),
            state: "/status".into(),
            delivered: vec!["DELIVERED".into()],
            undelivered: vec!["FAILED".into()],
            code: "/error".into(),
            errors: [("7".to_owned(), "filtered".to_owned())].into(),
            reply_from: "/sender".into(),
            reply_to: "/receiver".into(),
            reply_text: "/text".into(),
            ..CustomWebhook::default()
        }
    }

    fn read(
        webhook: &CustomWebhook,
        target: &str,
        body: &str,
    ) -> Result<Vec<FromCarrier>, Refused> {
        webhook.read(&Call {
            target,
            header: &|name| (name == "x-token").then_some("0123456789abcdef"),
            body: body.as_bytes(),
            now: UnixMillis(5),
        })
    }

    const GOOD: &str = "/v1/webhooks/acme?token=0123456789abcdef";

    #[test]
    fn a_list_of_receipts_and_replies_is_read() {
        let body = r#"{"results":[
            {"messageId":17,"status":"DELIVERED"},
            {"messageId":"b","status":"FAILED","error":7},
            {"sender":"15005550013","receiver":"+15005550100","text":"STOP"}]}"#;
        let brought = read(&webhook(), GOOD, body).unwrap();
        let FromCarrier::Receipt(first) = &brought[0] else {
            panic!("{brought:?}")
        };
        assert_eq!(
            (first.provider_message_id.as_str(), first.outcome),
            ("17", Outcome::Delivered)
        );
        let FromCarrier::Receipt(second) = &brought[1] else {
            panic!("{brought:?}")
        };
        assert_eq!(
            (second.outcome, second.fault),
            (Outcome::Undelivered, Some(Fault::Filtered))
        );
        assert!(matches!(&brought[2], FromCarrier::Reply { text, .. } if text == "STOP"));
    }

    #[test]
    fn a_wrong_or_missing_token_opens_nothing() {
        for target in [
            "/v1/webhooks/acme",
            "/v1/webhooks/acme?token=",
            "/v1/webhooks/acme?token=0123456789abcdeg",
            "/v1/webhooks/acme?token=0123456789abcdef0",
        ] {
            assert_eq!(read(&webhook(), target, "{}"), Err(Refused::Signature));
        }
        let by_header = CustomWebhook {
            token_header: "x-token".into(),
            ..webhook()
        };
        assert!(read(&by_header, "/x", r#"{"results":[]}"#).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_refused_whole() {
        for body in [
            "<html>",
            "{}",
            r#"{"results":[{"status":"DELIVERED"}]}"#,
            r#"{"results":[5]}"#,
        ] {
            assert_eq!(
                read(&webhook(), GOOD, body),
                Err(Refused::Malformed),
                "{body}"
            );
        }
    }

    #[test]
    fn settings_that_read_nothing_are_refused_at_start() {
        webhook().check().unwrap();
        let bad = |change: fn(&mut CustomWebhook)| {
            let mut webhook = webhook();
            change(&mut webhook);
            webhook.check().unwrap_err().to_string()
        };
        assert!(bad(|w| w.token = "short".into()).contains("token"));
        assert!(bad(|w| w.delivered.clear()).contains("delivered"));
        assert!(bad(|w| w.id = "messageId".into()).contains("JSON pointer"));
        assert!(
            bad(|w| {
                w.state.clear();
                w.reply_from.clear();
            })
            .contains("neither")
        );
    }
}
