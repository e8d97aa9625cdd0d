//! Tables of this service: `inbound`, one row per received text.

pub mod received;
