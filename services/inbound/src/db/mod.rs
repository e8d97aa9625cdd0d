//! Tables of this service: `inbound`, one row per received text; `click`, one per request for a short link.

pub mod clicks;
pub mod received;
