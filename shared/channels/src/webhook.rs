//! What providers bring by HTTP, whichever they are: a call in, receipts and replies out, or why not.

use contract::UnixMillis;

use crate::custom::CustomWebhook;
use crate::provider::FromCarrier;
use crate::twilio::TwilioWebhook;

/// One call as it arrived.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    /// Path and query below the public URL.
    pub target: &'c str,
    pub header: &'c dyn Fn(&str) -> Option<&'c str>,
    pub body: &'c [u8],
    pub now: UnixMillis,
}

/// Why a call changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the signature is missing or wrong")]
    Signature,
    #[error("the call is about another account")]
    OtherAccount,
    #[error("the call cannot be read")]
    Malformed,
}

/// What a provider's calls are read with.
#[derive(Debug, Clone)]
pub enum Webhook {
    Twilio(TwilioWebhook),
    Custom(Box<CustomWebhook>),
}

impl Webhook {
    /// Says of settings that cannot work what is wrong with them.
    pub fn check(&self) -> anyhow::Result<()> {
        match self {
            Self::Twilio(twilio) => twilio.check(),
            Self::Custom(custom) => custom.check(),
        }
    }

    /// Who calls is made sure of first; nothing of a call that is not genuine is looked at.
    pub fn read(&self, call: &Call<'_>) -> Result<Vec<FromCarrier>, Refused> {
        match self {
            Self::Twilio(twilio) => twilio.read(call),
            Self::Custom(custom) => custom.read(call),
        }
    }

    /// Content type and body of the answer to a call whose content is kept.
    pub const fn thanks(&self) -> (&'static str, &'static str) {
        match self {
            Self::Twilio(_) => ("text/xml", "<Response></Response>"),
            Self::Custom(_) => ("application/json", "{}"),
        }
    }
}
