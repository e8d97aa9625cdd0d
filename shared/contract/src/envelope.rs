//! What travels around a payload: who it is for, when and why it was said.

use chrono::{DateTime, Utc};

use crate::ids::{EventId, TenantId};

/// A payload with its context. On NATS the context is headers and the payload the body.
#[derive(Debug, Clone)]
pub struct Envelope<T> {
    /// Set once, when the payload is first said; redeliveries and republishing keep it.
    pub id: EventId,
    pub tenant: TenantId,
    pub at: DateTime<Utc>,
    /// W3C `traceparent` of the work that said it.
    pub trace: Option<String>,
    pub body: T,
}

impl<T> Envelope<T> {
    pub fn new(tenant: TenantId, at: DateTime<Utc>, body: T) -> Self {
        Self {
            id: EventId::at(at),
            tenant,
            at,
            trace: None,
            body,
        }
    }
}

/// Header names, lower-case because NATS header names are case-sensitive.
pub mod headers {
    /// JetStream's own deduplication header carries the envelope id.
    pub const ID: &str = "Nats-Msg-Id";
    pub const TENANT: &str = "hm-tenant";
    /// `<name>/<version>`
    pub const TYPE: &str = "hm-type";
    /// Milliseconds since 1970.
    pub const TIME: &str = "hm-time";
    pub const TRACE: &str = "traceparent";
    /// On a query's answer: the error text; absent on success.
    pub const ERROR: &str = "hm-error";
}
