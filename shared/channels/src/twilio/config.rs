//! Settings of one Twilio account.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use crate::look_up::{FindBy, LookUp};
use crate::web::Endpoint;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TwilioConfig {
    pub base_url: String,
    pub account_sid: String,
    pub auth_token: String,
    /// With an API key its sid and secret are used instead of the auth token.
    pub api_key_sid: String,
    pub api_key_secret: String,
    /// Empty: the campaign's sender is the `From`.
    pub messaging_service_sid: String,
    /// Where Twilio reaches our API from outside; status callbacks go below it. Empty: none are asked for.
    pub public_url: String,
    /// Texts of which nobody can say whether they left are looked up in the account's list of messages.
    pub look_up: bool,
    /// Seconds after the hand-over from which on a text that is not in that list was surely never taken; 0: that proves
    /// nothing, as where the account hides numbers or words.
    pub not_taken_after_seconds: u64,
    /// Requests under way at once.
    pub connections: usize,
    pub timeout_seconds: u64,
    /// PEM file of the authorities to believe instead of the public ones.
    pub ca_file: Option<PathBuf>,
    pub allow_plain_http: bool,
}

impl Default for TwilioConfig {
    fn default() -> Self {
        Self {
            base_url: "https://api.twilio.com".into(),
            account_sid: String::new(),
            auth_token: String::new(),
            api_key_sid: String::new(),
            api_key_secret: String::new(),
            messaging_service_sid: String::new(),
            public_url: String::new(),
            look_up: true,
            not_taken_after_seconds: 900,
            connections: 32,
            timeout_seconds: 10,
            ca_file: None,
            allow_plain_http: false,
        }
    }
}

impl fmt::Debug for TwilioConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioConfig")
            .field("base_url", &self.base_url)
            .field("account_sid", &self.account_sid)
            .finish_non_exhaustive()
    }
}

impl TwilioConfig {
    pub(super) fn endpoint(&self) -> anyhow::Result<Endpoint> {
        Ok(Endpoint::parse(&self.base_url, self.allow_plain_http)?)
    }

    /// User and password of the basic authentication.
    pub(super) fn credentials(&self) -> (&str, &str) {
        if self.api_key_sid.is_empty() {
            (&self.account_sid, &self.auth_token)
        } else {
            (&self.api_key_sid, &self.api_key_secret)
        }
    }

    pub(super) fn look_up(&self) -> LookUp {
        if !self.look_up {
            return LookUp::default();
        }
        LookUp {
            by_id: true,
            find_by: Some(FindBy::Recipient),
            complete_after_seconds: self.not_taken_after_seconds,
        }
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.endpoint()?;
        anyhow::ensure!(
            is_sid(&self.account_sid, "AC"),
            "account_sid is not AC and 32 hexadecimal digits"
        );
        anyhow::ensure!(
            self.api_key_sid.is_empty() || is_sid(&self.api_key_sid, "SK"),
            "api_key_sid is not SK and 32 hexadecimal digits"
        );
        let (_, secret) = self.credentials();
        anyhow::ensure!(
            !secret.is_empty(),
            "auth_token, or api_key_sid with api_key_secret, is missing"
        );
        anyhow::ensure!(
            self.messaging_service_sid.is_empty() || is_sid(&self.messaging_service_sid, "MG"),
            "messaging_service_sid is not MG and 32 hexadecimal digits"
        );
        if !self.public_url.is_empty() {
            Endpoint::parse(&self.public_url, self.allow_plain_http)?;
            anyhow::ensure!(
                !self.public_url.contains(['?', '#']),
                "public_url must end with its path"
            );
        }
        anyhow::ensure!(
            (1..=1000).contains(&self.connections),
            "connections must lie between 1 and 1000"
        );
        anyhow::ensure!(
            (1..=60).contains(&self.timeout_seconds),
            "timeout_seconds must lie between 1 and 60"
        );
        Ok(())
    }
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> TwilioConfig {
        TwilioConfig {
            account_sid: "AC00112233445566778899aabbccddeeff".into(),
            auth_token: "secret".into(),
            ..TwilioConfig::default()
        }
    }

    #[test]
    fn what_cannot_work_is_said_at_start() {
        good().check().unwrap();
        let bad = |change: fn(&mut TwilioConfig)| {
            let mut config = good();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        assert!(bad(|c| c.account_sid = "AC12".into()).contains("account_sid"));
        assert!(bad(|c| c.auth_token.clear()).contains("auth_token"));
        assert!(bad(|c| c.messaging_service_sid = "MGx".into()).contains("messaging_service_sid"));
        assert!(bad(|c| c.base_url = "http://api.twilio.com".into()).contains("https"));
        assert!(bad(|c| c.public_url = "sms.example.com".into()).contains("URL"));
        assert!(bad(|c| c.connections = 0).contains("connections"));
    }

    #[test]
    fn secrets_are_not_in_its_debug_form() {
        assert!(!format!("{:?}", good()).contains("secret"));
    }
}
