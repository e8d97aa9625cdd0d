//! What the service hears, one file per durable.

pub mod accept_texts;
pub mod contact_deleted;
pub mod forget_person;
pub mod recheck_texts;
pub mod record_receipts;
pub mod send_answer;
pub mod send_chunk;
pub mod send_urgent_chunk;
