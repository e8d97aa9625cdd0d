//! One file per durable.

pub mod act_on_reply;
pub mod hand_overs_recorded;
pub mod record_provider_block;
pub mod screen_chunk;
