//! What the service hears, one file per durable.

pub mod record_receipts;
pub mod send_answer;
pub mod send_chunk;
pub mod send_urgent_chunk;
