//! campaigns: when, and to whom.

use serde::{Deserialize, Serialize};

use crate::class::{Class, Mode};
use crate::ids::{AppointmentId, CampaignId, ContactId, KeyId, RunId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::time::UnixMillis;

/// The audience of a run is frozen and its first chunks are on their way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    pub run: RunId,
    pub campaign: CampaignId,
    pub class: Class,
    pub recipients: u64,
    pub at: UnixMillis,
}

impl Payload for RunStarted {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "run_started";
    const FORMAT: Format = Format::Json;
}

/// Positions settled by campaigns itself: contacts gone, cancelled or expired before release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkSettled {
    pub run: RunId,
    pub campaign: CampaignId,
    pub chunk: u32,
    pub at: UnixMillis,
    pub groups: Vec<crate::chunk::OutcomeGroup>,
}

impl Payload for ChunkSettled {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "chunk_settled";
}

/// Nothing of the run is pending any more. Said again, with the next revision, whenever a late report changes a
/// number of it: of several the highest revision holds, in whatever order they come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunClosed {
    pub run: RunId,
    pub campaign: CampaignId,
    /// When the run closed.
    pub at: UnixMillis,
    pub recipients: u64,
    pub suppressed: u64,
    pub cancelled: u64,
    pub expired: u64,
    pub failed: u64,
    pub unknown: u64,
    pub handed_over: u64,
    /// Which statement of these numbers this is, from 1. Left out on the wire while it is the first.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub revision: u32,
    /// When the numbers became these; `None` in the first statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restated_at: Option<UnixMillis>,
}

const fn first() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_first(revision: &u32) -> bool {
    *revision == first()
}

impl Payload for RunClosed {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "run_closed";
    const FORMAT: Format = Format::Json;
}

/// Let texts that are held for this reason until later be tried now: what held them has ended, or there is room for
/// them. Of no single tenant where it held texts of everybody. Nothing depends on it: whoever is not brought back comes
/// when the instant has come that it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BringBack {
    pub reason: Reason,
    /// `None`: of both.
    pub mode: Option<Mode>,
    /// `None`: of whichever campaign.
    pub campaign: Option<CampaignId>,
    /// Texts; `None`: all of them.
    pub at_most: Option<u32>,
}

impl Payload for BringBack {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "bring_back";
    const FORMAT: Format = Format::Json;
}

/// What happened to an appointment. Events of one appointment come in the order in which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentEvent {
    Scheduled,
    /// It has another time or place.
    Rescheduled,
    /// Something else about it changed.
    Updated,
    Cancelled,
    Confirmed,
    /// The person asks for another time.
    RescheduleRequested,
    /// The person will not come. The appointment stands until somebody cancels it.
    CancelRequested,
    /// Texts do not reach the person, or not in time: somebody should call.
    NeedsCall,
    /// Something only a human can settle; `reason` says what.
    NeedsAttention,
    /// Nobody has confirmed it by the time the reminder plan names.
    Unconfirmed,
    Completed,
    NoShow,
}

impl AppointmentEvent {
    pub const ALL: [Self; 12] = [
        Self::Scheduled,
        Self::Rescheduled,
        Self::Updated,
        Self::Cancelled,
        Self::Confirmed,
        Self::RescheduleRequested,
        Self::CancelRequested,
        Self::NeedsCall,
        Self::NeedsAttention,
        Self::Unconfirmed,
        Self::Completed,
        Self::NoShow,
    ];

    /// As events are named to people: `appointment.<this>`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Rescheduled => "rescheduled",
            Self::Updated => "updated",
            Self::Cancelled => "cancelled",
            Self::Confirmed => "confirmed",
            Self::RescheduleRequested => "reschedule_requested",
            Self::CancelRequested => "cancel_requested",
            Self::NeedsCall => "needs_call",
            Self::NeedsAttention => "needs_attention",
            Self::Unconfirmed => "unconfirmed",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
        }
    }
}

/// An appointment changed. Carries ids and states; the words stay with campaigns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppointmentChanged {
    pub appointment: AppointmentId,
    pub contact: ContactId,
    pub event: AppointmentEvent,
    /// Grows with each change of what was agreed.
    pub version: u32,
    /// `scheduled`, `cancelled`, `completed` or `no_show`.
    pub status: String,
    /// `unconfirmed`, `confirmed`, `reschedule_requested` or `cancel_requested`.
    pub confirmation: String,
    pub starts_at: UnixMillis,
    /// Why a human is wanted, such as `OPTED_OUT_GLOBAL` or `notice_too_late`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: UnixMillis,
}

impl Payload for AppointmentChanged {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "appointment_changed";
    const FORMAT: Format = Format::Json;
}

/// Somebody opted out with a word that they may have meant for an appointment, such as CANCEL. What that they were told
/// of still stands, in one sentence to stand behind the confirmation of the opt-out? `None`: nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DescribeAppointment {
    pub contact: Option<ContactId>,
    pub phone: Phone,
    /// What they texted to.
    pub sender: String,
    pub mode: Mode,
}

impl Payload for DescribeAppointment {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "describe_appointment";
    const FORMAT: Format = Format::Json;
}

impl Query for DescribeAppointment {
    type Answer = Option<String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(revision: u32, restated_at: Option<UnixMillis>) -> RunClosed {
        RunClosed {
            run: RunId::from_raw(1),
            campaign: CampaignId::from_raw(2),
            at: UnixMillis(3),
            recipients: 4,
            suppressed: 0,
            cancelled: 0,
            expired: 0,
            failed: 0,
            unknown: 1,
            handed_over: 3,
            revision,
            restated_at,
        }
    }

    #[test]
    fn a_closing_without_a_revision_is_the_first() {
        let first = serde_json::to_value(closed(1, None)).unwrap();
        assert!(first.get("revision").is_none() && first.get("restated_at").is_none());
        let read: RunClosed = serde_json::from_value(first).unwrap();
        assert_eq!(read, closed(1, None));
    }

    #[test]
    fn a_restatement_carries_its_revision_and_its_time() {
        let again = closed(2, Some(UnixMillis(9)));
        let text = serde_json::to_value(&again).unwrap();
        assert_eq!(
            (&text["revision"], &text["restated_at"]),
            (&2.into(), &9.into())
        );
        let read: RunClosed = serde_json::from_value(text).unwrap();
        assert_eq!(read, again);
    }
}

/// A campaign went from one state to another. Ids and codes only; what people wrote stays with campaigns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignChanged {
    pub campaign: CampaignId,
    /// Which of the campaign's transitions it is, from 1.
    pub number: u32,
    /// States as the API names them.
    pub from: String,
    pub to: String,
    /// What was asked for (`launch`), or what the service did by itself (`begin`, `close`, …).
    pub action: String,
    /// Who asked; `None`: the service itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// A code of docs/reasons.md.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: UnixMillis,
}

impl Payload for CampaignChanged {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "campaign_changed";
    const FORMAT: Format = Format::Json;
}
