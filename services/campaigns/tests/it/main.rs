//! The service against a real nats-server and database, with everything around it played by `fake`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod appointments;
mod fake;
mod journeys;
mod launch;
mod local_time;
mod pausing;
mod recurring;
mod releasing;
mod restart;
mod restating;
mod scheduling;
mod states;
mod story;
mod texts;
mod timers;
mod variants;
