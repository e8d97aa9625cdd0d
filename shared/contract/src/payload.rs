//! Kinds of payload on the bus and how they are named and encoded.
//!
//! | kind | subject | carried by |
//! |---|---|---|
//! | event | `evt.<owner>.<past_tense>.<tenant>` | stream `EVT_<OWNER>` |
//! | command | `cmd.<owner>.<verb_noun>.<tenant>` | stream `CMD_<OWNER>` |
//! | query | `qry.<owner>.<verb>` | core NATS request/reply, queue group = owner |

use serde::{Serialize, de::DeserializeOwned};

use crate::ids::TenantId;

/// The service a payload belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    Accounts,
    Contacts,
    Consent,
    Campaigns,
    Renderer,
    Dispatch,
    Inbound,
    Analytics,
}

impl Owner {
    pub const ALL: [Self; 8] = [
        Self::Accounts,
        Self::Contacts,
        Self::Consent,
        Self::Campaigns,
        Self::Renderer,
        Self::Dispatch,
        Self::Inbound,
        Self::Analytics,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Contacts => "contacts",
            Self::Consent => "consent",
            Self::Campaigns => "campaigns",
            Self::Renderer => "renderer",
            Self::Dispatch => "dispatch",
            Self::Inbound => "inbound",
            Self::Analytics => "analytics",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayloadKind {
    Event,
    Command,
    Query,
}

impl PayloadKind {
    /// First token of the subject.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Event => "evt",
            Self::Command => "cmd",
            Self::Query => "qry",
        }
    }
}

/// How the body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Compact, not self-describing: any change of shape needs a new version.
    Postcard,
    /// Self-describing: additive changes keep the version.
    Json,
}

/// Anything that travels on the bus. Implemented once per type, in its owner's file.
pub trait Payload: Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: PayloadKind;
    const OWNER: Owner;
    /// snake_case; events in the past tense, commands and queries in the imperative.
    const NAME: &'static str;
    const VERSION: u16 = 1;
    const FORMAT: Format = Format::Postcard;
}

/// A question answered at once, or an error.
pub trait Query: Payload {
    type Answer: Serialize + DeserializeOwned + Send + 'static;
}

/// Why a body could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("postcard: {0}")]
    Postcard(#[from] postcard::Error),
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
}

pub fn encode<T: Serialize>(format: Format, value: &T) -> Result<Vec<u8>, CodecError> {
    match format {
        Format::Postcard => Ok(postcard::to_stdvec(value)?),
        Format::Json => Ok(serde_json::to_vec(value)?),
    }
}

pub fn decode<T: DeserializeOwned>(format: Format, bytes: &[u8]) -> Result<T, CodecError> {
    match format {
        Format::Postcard => Ok(postcard::from_bytes(bytes)?),
        Format::Json => Ok(serde_json::from_slice(bytes)?),
    }
}

/// Subject of an event or command of one tenant, or of a query.
pub fn subject<P: Payload>(tenant: TenantId) -> String {
    let (kind, owner, name) = (P::KIND.token(), P::OWNER.as_str(), P::NAME);
    match P::KIND {
        PayloadKind::Query => format!("{kind}.{owner}.{name}"),
        PayloadKind::Event | PayloadKind::Command => format!("{kind}.{owner}.{name}.{tenant}"),
    }
}

/// Subject that matches the payload for every tenant; what a consumer filters by.
pub fn subject_filter<P: Payload>() -> String {
    let (kind, owner, name) = (P::KIND.token(), P::OWNER.as_str(), P::NAME);
    match P::KIND {
        PayloadKind::Query => format!("{kind}.{owner}.{name}"),
        PayloadKind::Event | PayloadKind::Command => format!("{kind}.{owner}.{name}.*"),
    }
}
