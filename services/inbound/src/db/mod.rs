//! Tables of this service: `inbound`, one row per received text; `webhook_reply`, those not brought on yet;
//! `click`, one per request for a short link.

pub mod clicks;
pub mod received;
pub mod spool;
