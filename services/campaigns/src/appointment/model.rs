//! An appointment, what became of its reminders, and what people were told.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use contract::{AppointmentId, ContactId, MessageId, Mode, ReminderPlanId, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schedule::zone;

/// An enum of names: `as_str`, and `parse` for what the database holds.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$of])* $variant,)+ }

        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

names!(Status {
    Scheduled = "scheduled",
    Cancelled = "cancelled",
    Completed = "completed",
    /// The person did not come.
    NoShow = "no_show",
});

names!(Confirmation {
    Unconfirmed = "unconfirmed",
    Confirmed = "confirmed",
    RescheduleRequested = "reschedule_requested",
    CancelRequested = "cancel_requested",
});

names!(
    /// What a human is wanted for.
    #[expect(clippy::enum_variant_names, reason = "the names of the API")]
    Attention {
        /// Texts do not reach the person, or not in time.
        NeedsCall = "needs_call",
        /// The reason says what is to be settled.
        NeedsAttention = "needs_attention",
        /// Nobody has confirmed it in time.
        Unconfirmed = "unconfirmed",
    }
);

names!(ReminderState {
    /// Its time has not come.
    Planned = "planned",
    /// It has a text, which is on its way.
    Queued = "queued",
    /// Its text waits, for instance for quiet hours to end.
    Held = "held",
    Sent = "sent",
    Delivered = "delivered",
    Undelivered = "undelivered",
    /// Nobody can say whether it was sent.
    Unknown = "unknown",
    /// It has no text; the reason says why.
    Skipped = "skipped",
    /// Its text was refused by the rules of consent.
    Suppressed = "suppressed",
    Failed = "failed",
    Expired = "expired",
    /// The appointment changed before it left.
    Superseded = "superseded",
    /// The appointment ended before it left.
    Cancelled = "cancelled",
});

names!(
    /// What a text tells.
    TellingKind {
        Reminder = "reminder",
        Moved = "moved",
        Cancelled = "cancelled",
        /// Answers a confirmation.
        Confirmed = "confirmed",
        /// Answers a wish for another time.
        Reschedule = "reschedule",
        /// Answers a wish to cancel.
        CancelRequest = "cancel_request",
        /// Asks which of several is meant.
        Which = "which",
    }
);

names!(
    /// How far a text has come that tells something.
    TellingState {
        /// Nobody knows yet whether it leaves.
        Queued = "queued",
        /// It waits.
        Held = "held",
        /// It has left, or may have.
        Left = "left",
        /// It never left and never will.
        Never = "never",
    }
);

/// What was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub contact: ContactId,
    /// What the clocks of the zone show at the start.
    pub local: NaiveDateTime,
    pub timezone: Tz,
    pub minutes: Option<u32>,
    pub subject: String,
    pub location: String,
    /// Whom it is for, where that is not the contact.
    pub for_person: String,
}

impl Agreed {
    pub fn starts_at(&self) -> UnixMillis {
        zone::instant(self.local, self.timezone).into()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub tenant: TenantId,
    pub mode: Mode,
    pub external_id: Option<String>,
    /// Of the system that it comes from.
    pub source_version: Option<i64>,
    pub version: u32,
    pub agreed: Agreed,
    /// The contact's own zone, where it is known.
    pub contact_zone: Option<Tz>,
    pub zone_data: String,
    pub starts_at: UnixMillis,
    pub plan: ReminderPlanId,
    pub plan_version: u32,
    pub status: Status,
    pub confirmation: Confirmation,
    pub confirmed_version: Option<u32>,
    /// The start that was confirmed.
    pub confirmed_starts_at: Option<UnixMillis>,
    pub attention: Option<Attention>,
    pub attention_reason: Option<String>,
    pub notice_at: Option<UnixMillis>,
    pub unconfirmed_at: Option<UnixMillis>,
    pub replaced_by: Option<AppointmentId>,
    /// How often its time or place was changed.
    pub moves: u32,
    /// When the confirmation that stands, or the last one, was given.
    pub confirmed_at: Option<UnixMillis>,
    /// What it answered: the id of a reminder's step, `moved`, [`BY_DESK`] or [`BY_JOURNEY`].
    pub confirmed_by: Option<String>,
    /// Between the text that was answered first and the answer.
    pub answer_ms: Option<i64>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

impl Appointment {
    /// Whose hours the person is not to be disturbed in.
    pub fn quiet_zone(&self) -> Tz {
        self.contact_zone.unwrap_or(self.agreed.timezone)
    }

    pub fn is_open(&self, now: UnixMillis) -> bool {
        self.status == Status::Scheduled && self.starts_at > now
    }

    /// Wants a human, and why. What wants one already keeps its reason unless this is more.
    pub fn call_for(&mut self, attention: Attention, reason: &str) {
        self.attention = Some(attention);
        self.attention_reason = Some(reason.to_string());
    }
}

/// What became of one step of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub appointment: AppointmentId,
    pub version: u32,
    pub step: String,
    /// Among the steps of the plan.
    pub place: u32,
    pub target_at: UnixMillis,
    pub due_at: Option<UnixMillis>,
    pub state: ReminderState,
    pub reason: String,
    pub message: Option<MessageId>,
    /// The appointment whose text speaks for this one, too.
    pub with: Option<AppointmentId>,
    pub changed_at: UnixMillis,
}

/// What one text tells about one appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    pub message: MessageId,
    pub appointment: AppointmentId,
    pub tenant: TenantId,
    pub mode: Mode,
    pub contact: ContactId,
    pub sender: String,
    pub version: u32,
    pub kind: TellingKind,
    /// Of a question which one is meant: the answer that was given before (C, R or X).
    pub answer: Option<String>,
    pub starts_at: UnixMillis,
    pub local: NaiveDateTime,
    pub location: String,
    /// Its number in a text about several, from 1.
    pub place: u32,
    pub state: TellingState,
    pub queued_at: UnixMillis,
}

/// A confirmation that somebody noted for the person.
pub const BY_DESK: &str = "desk";

/// Where a journey asked, and set it.
pub const BY_JOURNEY: &str = "journey";

/// How local times are stored and given to templates.
pub const LOCAL: &str = "%Y-%m-%dT%H:%M";
