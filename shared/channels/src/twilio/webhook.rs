//! What Twilio brings: the status of a text we sent, or a text that somebody sent us.

use std::fmt;

use contract::chunk::Outcome;
use contract::{MessageId, Phone};
use serde::Deserialize;

use super::{errors, signature};
use crate::provider::{FromCarrier, Receipt};
use crate::web::{Endpoint, form};
use crate::webhook::{Call, Refused};

/// Settings with which one account's calls are read.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioWebhook {
    pub account_sid: String,
    /// Twilio signs with the auth token, also where we send with an API key.
    pub auth_token: String,
    /// The token before it, while it is being changed.
    #[serde(default)]
    pub previous_auth_token: String,
    /// The URL that Twilio calls begins with this; what a proxy makes of the Host header does not count.
    pub public_url: String,
    #[serde(default)]
    pub allow_plain_http: bool,
}

impl fmt::Debug for TwilioWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioWebhook")
            .field("account_sid", &self.account_sid)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

impl TwilioWebhook {
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.account_sid.is_empty(), "account_sid is missing");
        anyhow::ensure!(!self.auth_token.is_empty(), "auth_token is missing");
        Endpoint::parse(&self.public_url, self.allow_plain_http)?;
        Ok(())
    }

    pub(crate) fn read(&self, call: &Call<'_>) -> Result<Vec<FromCarrier>, Refused> {
        let pairs = form::decode(call.body);
        let signed = (call.header)("x-twilio-signature").ok_or(Refused::Signature)?;
        let url = format!("{}{}", self.public_url.trim_end_matches('/'), call.target);
        let tokens = [self.auth_token.as_str(), &self.previous_auth_token];
        if !signature::is_genuine(tokens, &url, &pairs, signed) {
            return Err(Refused::Signature);
        }
        let field = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.as_str())
        };
        if field("AccountSid") != Some(self.account_sid.as_str()) {
            return Err(Refused::OtherAccount);
        }
        let sid = field("MessageSid").or_else(|| field("SmsSid"));
        let sid = sid
            .filter(|sid| !sid.is_empty() && sid.len() <= 64)
            .ok_or(Refused::Malformed)?;
        let number = |name: &str| field(name).and_then(phone);
        let sender = |name: &str| field(name).map(str::to_owned);
        let status = field("MessageStatus").or_else(|| field("SmsStatus"));
        match status {
            None | Some("received" | "receiving") => Ok(vec![FromCarrier::Reply {
                provider_message_id: sid.to_owned(),
                from: number("From").ok_or(Refused::Malformed)?,
                to: sender("To").ok_or(Refused::Malformed)?,
                text: sender("Body").unwrap_or_default(),
            }]),
            Some(status) => {
                let outcome = outcome(status);
                let error: Option<u32> = field("ErrorCode").and_then(|code| code.parse().ok());
                let code = match error {
                    Some(code) if code > 0 => code.to_string(),
                    _ => status.to_owned(),
                };
                let mut receipt = Receipt::new(sid.to_owned(), outcome, code, call.now);
                receipt.reference = reference(call.target);
                receipt.fault = (outcome == Outcome::Undelivered)
                    .then(|| error.map_or(crate::Fault::Unknown, errors::fault));
                receipt.to = number("To");
                receipt.from = sender("From");
                Ok(vec![FromCarrier::Receipt(receipt)])
            }
        }
    }
}

/// `read` is more than delivered, and we keep no more than that.
pub(super) fn outcome(status: &str) -> Outcome {
    match status {
        "delivered" | "read" => Outcome::Delivered,
        "undelivered" | "failed" | "canceled" => Outcome::Undelivered,
        _ => Outcome::HandedOver,
    }
}

fn phone(text: &str) -> Option<Phone> {
    Phone::from_digits(text.strip_prefix('+')?.parse().ok()?)
}

/// Our id as it stands in the callback's URL: without its prefix, because Twilio frowns at underscores there.
pub(super) fn reference_text(message: MessageId) -> String {
    let text = message.to_string();
    text.strip_prefix("msg_").unwrap_or(&text).to_owned()
}

fn reference(target: &str) -> Option<MessageId> {
    let (_, query) = target.split_once('?')?;
    let pairs = form::decode(query.as_bytes());
    let (_, value) = pairs.iter().find(|(name, _)| name == "m")?;
    format!("msg_{value}").parse().ok()
}

#[cfg(test)]
mod tests {
    use contract::{RunId, UnixMillis};
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "12345";

    fn webhook() -> TwilioWebhook {
        TwilioWebhook {
            account_sid: "AC1".into(),
            auth_token: TOKEN.into(),
            previous_auth_token: String::new(),
            public_url: "https://sms.example.com/".into(),
            allow_plain_http: false,
        }
    }

    fn read(target: &str, body: &str, token: &str) -> Result<Vec<FromCarrier>, Refused> {
        let url = format!("https://sms.example.com{target}");
        let signed = signature::sign(token, &url, &form::decode(body.as_bytes()));
        webhook().read(&Call {
            target,
            header: &|name| (name == "x-twilio-signature").then_some(signed.as_str()),
            body: body.as_bytes(),
            now: UnixMillis(5),
        })
    }

    fn receipt(target: &str, body: &str) -> Receipt {
        match read(target, body, TOKEN).unwrap().remove(0) {
            FromCarrier::Receipt(receipt) => receipt,
            FromCarrier::Reply { .. } => panic!("a reply"),
        }
    }

    #[test]
    fn a_status_names_sid_reference_state_and_code() {
        let message = MessageId::of(RunId::from_raw(1 << 40), 3, 65);
        let target = format!("/v1/webhooks/tw?m={}", reference_text(message));
        let body = "AccountSid=AC1&MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30007\
                    &To=%2B15005550011&From=%2B15005550100";
        let receipt = receipt(&target, body);
        assert_eq!(
            (receipt.provider_message_id.as_str(), receipt.reference),
            ("SM1", Some(message))
        );
        assert_eq!(
            (receipt.outcome, receipt.code.as_str(), receipt.fault),
            (Outcome::Undelivered, "30007", Some(crate::Fault::Filtered))
        );
        assert_eq!(receipt.from.as_deref(), Some("+15005550100"));
    }

    #[test]
    fn every_status_has_its_outcome() {
        for (status, outcome) in [
            ("queued", Outcome::HandedOver),
            ("sent", Outcome::HandedOver),
            ("something new", Outcome::HandedOver),
            ("delivered", Outcome::Delivered),
            ("read", Outcome::Delivered),
            ("failed", Outcome::Undelivered),
            ("canceled", Outcome::Undelivered),
        ] {
            let body = format!("AccountSid=AC1&MessageSid=SM1&MessageStatus={status}");
            assert_eq!(
                receipt("/v1/webhooks/tw", &body).outcome,
                outcome,
                "{status}"
            );
        }
    }

    #[test]
    fn a_text_from_a_person_is_a_reply() {
        let body = "AccountSid=AC1&MessageSid=SM2&SmsStatus=received&From=%2B15005550013\
                    &To=%2B15005550100&Body=STOP";
        let brought = read("/v1/webhooks/tw", body, TOKEN).unwrap();
        let expected = FromCarrier::Reply {
            provider_message_id: "SM2".into(),
            from: Phone::from_digits(15_005_550_013).unwrap(),
            to: "+15005550100".into(),
            text: "STOP".into(),
        };
        assert_eq!(brought, [expected]);
    }

    #[test]
    fn forged_foreign_and_broken_calls_are_refused() {
        let body = "AccountSid=AC1&MessageSid=SM1&MessageStatus=delivered";
        let target = "/v1/webhooks/tw";
        assert_eq!(read(target, body, "other"), Err(Refused::Signature));
        let foreign = body.replace("AC1", "AC2");
        assert_eq!(read(target, &foreign, TOKEN), Err(Refused::OtherAccount));
        assert_eq!(
            read(target, "AccountSid=AC1", TOKEN),
            Err(Refused::Malformed)
        );
        let unsigned = Call {
            target,
            header: &|_| None,
            body: body.as_bytes(),
            now: UnixMillis(5),
        };
        assert_eq!(webhook().read(&unsigned), Err(Refused::Signature));
    }

    #[test]
    fn the_token_before_counts_while_it_is_kept() {
        let mut webhook = webhook();
        webhook.previous_auth_token = "old".into();
        let body = "AccountSid=AC1&MessageSid=SM1&MessageStatus=sent";
        let url = "https://sms.example.com/v1/webhooks/tw";
        let signed = signature::sign("old", url, &form::decode(body.as_bytes()));
        let call = Call {
            target: "/v1/webhooks/tw",
            header: &|_| Some(signed.as_str()),
            body: body.as_bytes(),
            now: UnixMillis(5),
        };
        assert!(webhook.read(&call).is_ok());
    }

    proptest! {
        #[test]
        fn no_signed_body_makes_it_panic(body in ".{0,120}", query in ".{0,40}") {
            let _ = read(&format!("/x?{query}"), &format!("AccountSid=AC1&MessageSid=SM1&{body}"), TOKEN);
        }
    }
}
