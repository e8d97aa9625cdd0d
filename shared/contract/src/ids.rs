//! Prefixed identifiers: `con_01J…` on the wire, a UUIDv7 (16 bytes) in databases and postcard.
//!
//! Ids ascend with the time they were made, so an id is also the cursor of a list.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::{NoContext, Timestamp, Uuid};

use crate::UnixMillis;

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

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, ulid::Ulid(self.raw))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let malformed = IdError::Malformed {
            expected: K::PREFIX,
        };
        let Some((prefix, rest)) = text.split_once('_') else {
            return Err(malformed);
        };
        if prefix != K::PREFIX {
            return Err(IdError::WrongType {
                expected: K::PREFIX,
                got: prefix.chars().take(16).collect(),
            });
        }
        match ulid::Ulid::from_string(rest) {
            Ok(ulid) => Ok(Self::from_raw(ulid.0)),
            Err(_) => Err(malformed),
        }
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.bytes().serialize(serializer)
        }
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            Ok(Self::from_bytes(<[u8; 16]>::deserialize(deserializer)?))
        }
    }
}

/// Marker types, one per kind of id.
pub mod kinds {
    use super::Kind;

    pub enum Tenant {}
    impl Kind for Tenant {
        const PREFIX: &'static str = "t";
    }
    pub enum Key {}
    impl Kind for Key {
        const PREFIX: &'static str = "key";
    }
    pub enum Contact {}
    impl Kind for Contact {
        const PREFIX: &'static str = "con";
    }
    pub enum List {}
    impl Kind for List {
        const PREFIX: &'static str = "lst";
    }
    pub enum Segment {}
    impl Kind for Segment {
        const PREFIX: &'static str = "seg";
    }
    pub enum Import {}
    impl Kind for Import {
        const PREFIX: &'static str = "imp";
    }
    pub enum Consent {}
    impl Kind for Consent {
        const PREFIX: &'static str = "cns";
    }
    pub enum Decision {}
    impl Kind for Decision {
        const PREFIX: &'static str = "dec";
    }
    pub enum Template {}
    impl Kind for Template {
        const PREFIX: &'static str = "tpl";
    }
    pub enum Campaign {}
    impl Kind for Campaign {
        const PREFIX: &'static str = "cmp";
    }
    pub enum Run {}
    impl Kind for Run {
        const PREFIX: &'static str = "run";
    }
    pub enum Message {}
    impl Kind for Message {
        const PREFIX: &'static str = "msg";
    }
    pub enum Inbound {}
    impl Kind for Inbound {
        const PREFIX: &'static str = "inb";
    }
    pub enum Review {}
    impl Kind for Review {
        const PREFIX: &'static str = "rev";
    }
    pub enum Suppression {}
    impl Kind for Suppression {
        const PREFIX: &'static str = "sup";
    }
    pub enum Incident {}
    impl Kind for Incident {
        const PREFIX: &'static str = "inc";
    }
    pub enum Click {}
    impl Kind for Click {
        const PREFIX: &'static str = "clk";
    }
    pub enum Route {}
    impl Kind for Route {
        const PREFIX: &'static str = "rte";
    }
    pub enum SenderPool {}
    impl Kind for SenderPool {
        const PREFIX: &'static str = "spl";
    }
    pub enum Appointment {}
    impl Kind for Appointment {
        const PREFIX: &'static str = "apt";
    }
    pub enum ReminderPlan {}
    impl Kind for ReminderPlan {
        const PREFIX: &'static str = "rpl";
    }
    pub enum Event {}
    impl Kind for Event {
        const PREFIX: &'static str = "evt";
    }
    pub enum Journey {}
    impl Kind for Journey {
        const PREFIX: &'static str = "jny";
    }
    pub enum JourneyRun {}
    impl Kind for JourneyRun {
        const PREFIX: &'static str = "jrn";
    }
    pub enum Preflight {}
    impl Kind for Preflight {
        const PREFIX: &'static str = "pfl";
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

/// Bits of a run id left free for (chunk, position).
const PLACE_BITS: u32 = 40;
const POSITION_BITS: u32 = 16;

impl Id<kinds::Run> {
    /// A new run id. The low 40 bits are zero so that (chunk, position) fit into message ids.
    pub fn begin(now: DateTime<Utc>) -> Self {
        Self::from_raw(Self::at(now).raw >> PLACE_BITS << PLACE_BITS)
    }

    /// `n` new run ids that differ for certain and as a rule ascend. Drawn one by one, a few thousand ids of one
    /// millisecond would meet now and then, since only 34 bits of a run id are random.
    pub fn begin_many(now: DateTime<Utc>, n: usize) -> impl Iterator<Item = Self> {
        // The random bits of a UUIDv7, below the version and below the variant.
        const HIGH: u128 = 0xFFF << 64;
        const LOW: u128 = 0x3F_FFFF << PLACE_BITS;
        let first = Self::begin(now).raw;
        let start = (first & HIGH) >> 42 | (first & LOW) >> PLACE_BITS;
        (0..n as u128).map(move |n| {
            let own = start + n;
            Self::from_raw(first & !HIGH & !LOW | own << 42 & HIGH | own << PLACE_BITS & LOW)
        })
    }
}

impl Id<kinds::Message> {
    /// The id of the text at `position` (below 65,536) of `chunk` (below 16,777,216) of `run`.
    ///
    /// It is a pure function, so a replay, a redelivery or a second scheduler names the same text.
    pub const fn of(run: RunId, chunk: u32, position: u16) -> Self {
        let place = ((chunk as u128) & 0xFF_FFFF) << POSITION_BITS | position as u128;
        Self::from_raw(run.raw >> PLACE_BITS << PLACE_BITS | place)
    }

    pub const fn run(self) -> RunId {
        RunId::from_raw(self.raw >> PLACE_BITS << PLACE_BITS)
    }

    pub const fn chunk(self) -> u32 {
        ((self.raw >> POSITION_BITS) & 0xFF_FFFF) as u32
    }

    pub const fn position(self) -> u16 {
        (self.raw & 0xFFFF) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_round_trips_through_text_and_names_the_wrong_kind() {
        let id = CampaignId::at(DateTime::UNIX_EPOCH);
        let text = id.to_string();
        assert!(text.starts_with("cmp_") && text.len() == 30, "{text}");
        assert_eq!(text.parse::<CampaignId>(), Ok(id));
        let wrong = text.replace("cmp_", "msg_").parse::<CampaignId>();
        assert_eq!(
            wrong,
            Err(IdError::WrongType {
                expected: "cmp",
                got: "msg".into()
            })
        );
        assert!("cmp_no".parse::<CampaignId>().is_err());
        assert!("nothing".parse::<CampaignId>().is_err());
    }

    #[test]
    fn a_message_id_tells_its_run_chunk_and_position() {
        let run = RunId::begin(DateTime::UNIX_EPOCH + chrono::Duration::days(20_000));
        let message = MessageId::of(run, 16_777_215, 65_535);
        assert_eq!(
            (message.run(), message.chunk(), message.position()),
            (run, 16_777_215, 65_535)
        );
        assert!(MessageId::of(run, 1, 0) > MessageId::of(run, 0, 65_535));
    }

    #[test]
    fn many_run_ids_of_one_instant_differ_and_keep_their_form() {
        let now = DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
        for _ in 0..20 {
            let ids: std::collections::BTreeSet<RunId> = RunId::begin_many(now, 70_000).collect();
            assert_eq!(ids.len(), 70_000);
            for id in ids {
                assert_eq!(MessageId::of(id, 0, 0).run(), id);
                assert_eq!(id.made_at(), UnixMillis::from(now));
                assert_eq!(id.uuid().get_version_num(), 7);
                assert_eq!(id.uuid().get_variant(), uuid::Variant::RFC4122);
            }
        }
    }

    #[test]
    fn ids_ascend_with_time() {
        let early = ContactId::at(DateTime::UNIX_EPOCH + chrono::Duration::milliseconds(5));
        let late = ContactId::at(DateTime::UNIX_EPOCH + chrono::Duration::milliseconds(6));
        assert!(early < late && early.bytes() < late.bytes());
    }
}
