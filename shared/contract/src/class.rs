//! What kind of text it is, and whether it may reach a real carrier.

use serde::{Deserialize, Serialize};

/// The legal class of a text. Marketing needs an opt-in; the others have their own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Marketing,
    /// Reminders, order and service alerts: something the person asked for or has a part in.
    Transactional,
    /// The one text that confirms an opt-out (47 CFR 64.1200(a)(12)): within five minutes, once.
    OptOutConfirmation,
    /// The answer to HELP.
    HelpReply,
}

impl Class {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Transactional => "transactional",
            Self::OptOutConfirmation => "opt_out_confirmation",
            Self::HelpReply => "help_reply",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Marketing,
            Self::Transactional,
            Self::OptOutConfirmation,
            Self::HelpReply,
        ]
        .into_iter()
        .find(|class| class.as_str() == text)
    }
}

/// Whether a key, and everything made with it, may reach real carriers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Live,
    /// Only ever handed to the simulated carrier.
    Test,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Live, Self::Test]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}
