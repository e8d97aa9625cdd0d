//! The service against a real nats-server and database, with everything around it played by `fake`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod ageing;
mod appointments;
mod approving;
mod audiences;
mod copying;
mod envelope;
mod fake;
mod history;
mod journeys;
mod launch;
mod local_time;
mod locks;
mod looks;
mod meanwhile;
mod pausing;
mod pausing_slots;
mod preflight;
mod recurring;
mod recurring_by_clock;
mod releasing;
mod restart;
mod restating;
mod retrying;
mod scheduling;
mod states;
mod story;
mod tags;
mod texts;
mod thresholds;
mod throttling;
mod timers;
mod variants;
mod waiting;
