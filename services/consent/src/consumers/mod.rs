//! One file per durable.

pub mod act_on_reply;
pub mod screen_chunk;
