//! One file per request/reply.

pub mod cancel_runs;
pub mod close_permits;
pub mod grant_permits;
pub mod judge_chunk;
pub mod note_content;
pub mod record_reply;
pub mod register_dispatcher;
pub mod set_run_gate;
