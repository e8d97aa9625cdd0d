//! Accounts of any kind, opened by their settings.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::custom::{self, CustomConfig, CustomWebhook};
use crate::provider::{IncomingSender, Provider};
use crate::smpp::{SmppConfig, SmppProvider};
use crate::twilio::{self, TwilioConfig, TwilioWebhook};
use crate::webhook::Webhook;

/// Settings of one account; the key `kind` says which: `smpp` (where it is missing), `twilio` or `http`.
#[derive(Debug, Clone)]
pub enum AccountConfig {
    Smpp(SmppConfig),
    Twilio(TwilioConfig),
    Http(Box<CustomConfig>),
}

impl<'de> Deserialize<'de> for AccountConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, rest) = kind_of(deserializer, "smpp")?;
        match kind.as_str() {
            "smpp" => read(rest).map(Self::Smpp),
            "twilio" => read(rest).map(Self::Twilio),
            "http" => read(rest).map(Box::new).map(Self::Http),
            other => Err(D::Error::custom(format!(
                "kind = \"{other}\" is none of smpp, twilio, http"
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for Webhook {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, rest) = kind_of(deserializer, "")?;
        match kind.as_str() {
            "twilio" => read::<TwilioWebhook, _>(rest).map(Self::Twilio),
            "http" => read::<Box<CustomWebhook>, _>(rest).map(Self::Custom),
            other => Err(D::Error::custom(format!(
                "kind = \"{other}\" is none of twilio, http"
            ))),
        }
    }
}

fn kind_of<'de, D: Deserializer<'de>>(
    deserializer: D,
    usual: &str,
) -> Result<(String, Value), D::Error> {
    let mut map = Map::<String, Value>::deserialize(deserializer)?;
    let kind = match map.remove("kind") {
        None => usual.to_owned(),
        Some(Value::String(kind)) => kind,
        Some(_) => return Err(D::Error::custom("kind is no text")),
    };
    Ok((kind, Value::Object(map)))
}

fn read<T: serde::de::DeserializeOwned, E: serde::de::Error>(rest: Value) -> Result<T, E> {
    serde_json::from_value(rest).map_err(E::custom)
}

/// Opens an account. What it brings over its own link goes to `incoming`; what comes by webhook does not.
pub fn open(
    name: &str,
    config: AccountConfig,
    incoming: IncomingSender,
) -> anyhow::Result<Arc<dyn Provider>> {
    use anyhow::Context;
    let opened: anyhow::Result<Arc<dyn Provider>> = match config {
        AccountConfig::Smpp(config) => {
            SmppProvider::connect(name, config, incoming).map(|p| Arc::new(p) as _)
        }
        AccountConfig::Twilio(config) => twilio::open(name, &config).map(|p| Arc::new(p) as _),
        AccountConfig::Http(config) => custom::open(name, &config).map(|p| Arc::new(p) as _),
    };
    opened.with_context(|| format!("the provider {name} cannot be used"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(toml: &Value) -> Result<AccountConfig, String> {
        serde_json::from_value(toml.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_kind_decides_which_keys_there_are() {
        let smpp = account(&serde_json::json!({"host": "smpp.example.com", "port": 2775})).unwrap();
        assert!(matches!(smpp, AccountConfig::Smpp(_)));
        let twilio = account(&serde_json::json!({"kind": "twilio", "account_sid": "AC1"})).unwrap();
        assert!(matches!(twilio, AccountConfig::Twilio(_)));
        let http = account(
            &serde_json::json!({"kind": "http", "url": "https://x/", "headers": {"A": "b"}}),
        );
        assert!(matches!(http, Ok(AccountConfig::Http(_))));
    }

    #[test]
    fn a_typo_is_named() {
        let error =
            account(&serde_json::json!({"kind": "twilio", "acount_sid": "AC1"})).unwrap_err();
        assert!(error.contains("acount_sid"), "{error}");
        let error = account(&serde_json::json!({"kind": "smtp"})).unwrap_err();
        assert!(
            error.contains("smtp") && error.contains("twilio"),
            "{error}"
        );
    }
}
