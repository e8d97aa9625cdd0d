//! Settings of one SMPP account.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::ids::IdForm;

/// How a text that does not fit into one segment travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongMessages {
    /// In parts, each with a header and a reference of 8 bits (3GPP TS 23.040, section 9.2.3.24.1).
    #[default]
    Udh,
    /// The same with a reference of 16 bits (section 9.2.3.24.8).
    Udh16,
    /// Whole, as message_payload (SMPP 3.4, section 5.3.2.32); the carrier cuts it.
    Payload,
}

/// Of which parts of a long text receipts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipts {
    /// One receipt a text.
    #[default]
    LastPart,
    /// One a part; they are folded into one state.
    EveryPart,
}

/// One account at a carrier. Unknown keys are refused, so that a typo does not pass.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmppConfig {
    pub host: String,
    pub port: u16,
    /// At most 15 ASCII characters.
    pub system_id: String,
    /// At most 8 ASCII characters.
    pub password: String,
    /// Connections bound at once.
    pub binds: usize,
    /// TLS from the first byte on.
    pub tls: bool,
    /// PEM file of the authorities to believe instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// The name in the carrier's certificate, where it is not `host`.
    pub server_name: Option<String>,
    pub long_messages: LongMessages,
    pub receipts: Receipts,
    pub message_ids: IdForm,
    /// Texts written to one connection and not yet answered, at most.
    pub window: usize,
    /// Silence after which the link is probed.
    pub enquire_link_seconds: u64,
    /// Silence after which a submitted text counts as unknown and a probed link as dead.
    pub response_timeout_seconds: u64,
}

impl Default for SmppConfig {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 2775,
            system_id: "hailmast".into(),
            password: String::new(),
            binds: 1,
            tls: false,
            ca_file: None,
            server_name: None,
            long_messages: LongMessages::default(),
            receipts: Receipts::default(),
            message_ids: IdForm::default(),
            window: 1000,
            enquire_link_seconds: 30,
            response_timeout_seconds: 10,
        }
    }
}

impl fmt::Debug for SmppConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmppConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("system_id", &self.system_id)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

impl SmppConfig {
    pub(super) const fn enquire_link(&self) -> Duration {
        Duration::from_secs(self.enquire_link_seconds)
    }

    pub(super) const fn response_timeout(&self) -> Duration {
        Duration::from_secs(self.response_timeout_seconds)
    }

    /// What SMPP 3.4 cannot carry is said at start, not at the first bind.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let plain = |text: &str| text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        anyhow::ensure!(!self.host.is_empty(), "smpp.host is empty");
        anyhow::ensure!(
            self.system_id.len() <= 15 && plain(&self.system_id),
            "smpp.system_id is longer than 15 ASCII characters"
        );
        anyhow::ensure!(
            self.password.len() <= 8 && plain(&self.password),
            "smpp.password is longer than 8 ASCII characters"
        );
        anyhow::ensure!(
            (1..=64).contains(&self.binds),
            "smpp.binds must lie between 1 and 64"
        );
        anyhow::ensure!(
            self.tls || self.ca_file.is_none() && self.server_name.is_none(),
            "smpp.ca_file and smpp.server_name need smpp.tls"
        );
        anyhow::ensure!(
            (1..=100_000).contains(&self.window),
            "smpp.window must lie between 1 and 100000"
        );
        anyhow::ensure!(
            self.enquire_link_seconds >= 1,
            "smpp.enquire_link_seconds must be 1 or more"
        );
        anyhow::ensure!(
            self.response_timeout_seconds >= 1,
            "smpp.response_timeout_seconds must be 1 or more"
        );
        Ok(())
    }
}
