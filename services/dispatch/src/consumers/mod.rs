//! What the service hears, one file per durable.

pub mod send_answer;
pub mod send_chunk;
