//! Prefixed identifiers: `con_01J…` on the wire, a UUIDv7 (16 bytes) in databases and postcard.
//!
//! Ids ascend with the time they were made, so an id is also the cursor of a list.

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

use crate::UnixMillis;

pub mod kinds;
mod place;
mod text;

/// What an id names. The prefix stands before the underscore in its text form.
pub trait Kind: 'static {
    const PREFIX: &'static str;
}

/// A 128-bit identifier of one kind of thing. Two kinds never compare or convert.
pub struct Id<K: Kind> {
    raw: u128,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text carries another kind's prefix.
    #[error("expected an id starting with {expected}_, got one starting with {got}_")]
    WrongType { expected: &'static str, got: String },
    /// The part after the prefix is not 26 characters of Crockford base 32.
    #[error("expected {expected}_ and 26 characters of Crockford base 32")]
    Malformed { expected: &'static str },
}

impl<K: Kind> Id<K> {
    /// A new id, ascending with `now` (millisecond resolution, random below it).
    pub fn at(now: DateTime<Utc>) -> Self {
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let stamp = Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos());
        Self::from_raw(Uuid::new_v7(stamp).as_u128())
    }

    /// When it was made; what [`Id::at`] was given, in whole milliseconds.
    pub fn made_at(self) -> UnixMillis {
        // The first 48 of the 128 bits.
        UnixMillis(i64::try_from(self.raw >> 80).unwrap_or(i64::MAX))
    }

    pub const fn from_raw(raw: u128) -> Self {
        Self {
            raw,
            kind: PhantomData,
        }
    }

    pub const fn raw(self) -> u128 {
        self.raw
    }

    /// The form stored in databases.
    pub const fn uuid(self) -> Uuid {
        Uuid::from_u128(self.raw)
    }

    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self::from_raw(uuid.as_u128())
    }

    /// The 16 bytes, most significant first: byte order equals id order.
    pub const fn bytes(self) -> [u8; 16] {
        self.raw.to_be_bytes()
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from_raw(u128::from_be_bytes(bytes))
    }
}

impl<K: Kind> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Kind> Copy for Id<K> {}
impl<K: Kind> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<K: Kind> Eq for Id<K> {}
impl<K: Kind> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K: Kind> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<K: Kind> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

pub type TenantId = Id<kinds::Tenant>;
pub type KeyId = Id<kinds::Key>;
pub type ContactId = Id<kinds::Contact>;
pub type ListId = Id<kinds::List>;
pub type SegmentId = Id<kinds::Segment>;
pub type ImportId = Id<kinds::Import>;
/// One entry of the consent ledger.
pub type ConsentId = Id<kinds::Consent>;
/// One distinct decision; derived from its facts, so equal facts share one id.
pub type DecisionId = Id<kinds::Decision>;
pub type TemplateId = Id<kinds::Template>;
pub type CampaignId = Id<kinds::Campaign>;
/// One run of a campaign (or of a single send). Its low 40 bits are zero: see [`MessageId::of`].
pub type RunId = Id<kinds::Run>;
/// One text to one person; also the `send_id` that guards against sending twice.
pub type MessageId = Id<kinds::Message>;
pub type InboundId = Id<kinds::Inbound>;
/// A reply that may be an opt-out, for a human to look at.
pub type ReviewId = Id<kinds::Review>;
/// An entry of a tenant's own suppression list.
pub type SuppressionId = Id<kinds::Suppression>;
/// A text that left against somebody's opt-out, or without a permit.
pub type IncidentId = Id<kinds::Incident>;
/// Somebody, or something, followed a short link.
pub type ClickId = Id<kinds::Click>;
/// A road to a carrier, and which texts may take it.
pub type RouteId = Id<kinds::Route>;
/// Several senders that a campaign leaves from.
pub type SenderPoolId = Id<kinds::SenderPool>;
/// What was agreed with one person.
pub type AppointmentId = Id<kinds::Appointment>;
/// When and with which texts people are reminded of appointments.
pub type ReminderPlanId = Id<kinds::ReminderPlan>;
/// Identity of an envelope on the bus; what consumers deduplicate by.
pub type EventId = Id<kinds::Event>;
pub type JourneyId = Id<kinds::Journey>;
/// One person on the way through a journey.
pub type JourneyRunId = Id<kinds::JourneyRun>;
/// One look at what a campaign would do.
pub type PreflightId = Id<kinds::Preflight>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_with_time() {
        let early = ContactId::at(DateTime::UNIX_EPOCH + chrono::Duration::milliseconds(5));
        let late = ContactId::at(DateTime::UNIX_EPOCH + chrono::Duration::milliseconds(6));
        assert!(early < late && early.bytes() < late.bytes());
    }
}
