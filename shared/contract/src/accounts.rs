//! accounts: tenants and API keys.

use serde::{Deserialize, Serialize};

use crate::class::Mode;
use crate::ids::{KeyId, TenantId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};

/// Who stands behind an API key? Asked by every service's HTTP layer, with the key's SHA-256 only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerifyKey {
    /// Lower-case hex SHA-256 of the whole key.
    pub sha256: String,
}

/// The caller behind a valid key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub tenant: TenantId,
    pub key: KeyId,
    pub mode: Mode,
}

impl Payload for VerifyKey {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Accounts;
    const NAME: &'static str = "verify_key";
    const FORMAT: Format = Format::Json;
}

impl Query for VerifyKey {
    /// `None`: no such key, or revoked.
    type Answer = Option<Caller>;
}
