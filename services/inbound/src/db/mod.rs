//! Tables of this service: `inbound`, one row per received text; `webhook_reply`, those not brought on yet.

pub mod received;
pub mod spool;
