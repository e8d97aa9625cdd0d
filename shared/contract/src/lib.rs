//! What the services agree on: identifiers, phone numbers, envelopes, subjects, streams and every
//! event, command and query. Nothing here does I/O.
//!
//! One module per owner: an event belongs to the service that says it, a command to the one that
//! carries it out, a query to the one that answers it. [`catalog`] lists them all; each has a frozen
//! JSON snapshot under `snapshots/`, which is never edited.

pub mod accounts;
pub mod audience;
pub mod campaigns;
pub mod catalog;
pub mod chunk;
pub mod class;
pub mod consent;
pub mod contacts;
pub mod dispatch;
pub mod envelope;
pub mod ids;
pub mod inbound;
pub mod payload;
pub mod phone;
pub mod reason;
pub mod renderer;
pub mod segments;
pub mod sender;
pub mod streams;
pub mod texts;
pub mod time;
pub mod validity;

pub use audience::AudiencePart;
pub use class::{Class, Mode};
pub use envelope::Envelope;
pub use ids::{
    AppointmentId, CampaignId, ClickId, ConsentId, ContactId, DecisionId, EventId, ImportId,
    InboundId, IncidentId, JourneyId, JourneyRunId, KeyId, ListId, MessageId, PreflightId,
    ReminderPlanId, ReviewId, RunId, SegmentId, SuppressionId, TemplateId, TenantId,
};
pub use payload::{Format, Owner, Payload, PayloadKind, Query};
pub use phone::{Phone, PhoneError};
pub use reason::Reason;
pub use time::UnixMillis;
