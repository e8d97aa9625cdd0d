//! What kind of text it is, and whether it may reach a real carrier.

use serde::{Deserialize, Serialize};

/// The legal class of a text: which consent it needs, which hours and caps bind it, and what ends it.
/// The order is part of the wire form; new classes come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Anything with an offer in it, mixed texts included.
    Marketing,
    /// A text of business that is named no more exactly; judged as [`Class::Informational`].
    Transactional,
    /// The one text that confirms an opt-out (47 CFR 64.1200(a)(12)): within five minutes, once.
    #[serde(rename = "opt_out_confirmation", alias = "opt_out_confirm")]
    OptOutConfirmation,
    /// The answer to HELP.
    HelpReply,
    /// Orders, deliveries, accounts.
    Informational,
    /// Reminders of an appointment and changes to it.
    Appointment,
    /// Outages and closures.
    ServiceAlert,
    /// Health and safety; needs no consent but somebody's attestation (47 CFR 64.1200(f)(4)).
    Emergency,
    /// One-time passwords that the person asked for.
    Otp,
    /// The text that asks to confirm an opt-in.
    #[serde(alias = "opt_in_confirm")]
    OptInConfirmation,
    /// A human's answer within a day of what the person wrote.
    Conversation,
}

impl Class {
    pub const ALL: [Self; 11] = [
        Self::Marketing,
        Self::Transactional,
        Self::OptOutConfirmation,
        Self::HelpReply,
        Self::Informational,
        Self::Appointment,
        Self::ServiceAlert,
        Self::Emergency,
        Self::Otp,
        Self::OptInConfirmation,
        Self::Conversation,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Transactional => "transactional",
            Self::OptOutConfirmation => "opt_out_confirmation",
            Self::HelpReply => "help_reply",
            Self::Informational => "informational",
            Self::Appointment => "appointment",
            Self::ServiceAlert => "service_alert",
            Self::Emergency => "emergency",
            Self::Otp => "otp",
            Self::OptInConfirmation => "opt_in_confirmation",
            Self::Conversation => "conversation",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }

    /// The class whose rules apply.
    #[must_use]
    pub const fn judged_as(self) -> Self {
        match self {
            Self::Transactional => Self::Informational,
            other => other,
        }
    }

    /// An answer somebody waits for: sent at once, past quiet hours and queues.
    pub const fn is_reply(self) -> bool {
        matches!(
            self,
            Self::OptOutConfirmation | Self::HelpReply | Self::OptInConfirmation
        )
    }

    /// Somebody waits for it: it goes ahead of marketing.
    pub const fn is_urgent(self) -> bool {
        !matches!(self, Self::Marketing)
    }

    /// What a campaign may be; the other classes are answers of the platform itself.
    pub const fn is_of_campaigns(self) -> bool {
        matches!(
            self,
            Self::Marketing
                | Self::Transactional
                | Self::Informational
                | Self::Appointment
                | Self::ServiceAlert
                | Self::Emergency
        )
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
