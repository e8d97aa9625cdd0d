//! What runs for as long as the service does, one file per task.

pub mod answer_replies;
pub mod bring_back;
pub mod close_permits;
pub mod due_sends;
pub mod fence;
pub mod intake;
pub mod judge_parked;
pub mod left_attempts;
pub mod look_up;
pub mod meter;
pub mod stop;
pub mod traffic;
