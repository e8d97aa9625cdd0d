//! The service between a stub of consent and a simulated carrier that speaks real SMPP.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod events;
mod faults;
mod forecasting;
mod forgetting;
mod hand_over;
mod held;
mod left_attempts;
mod links;
mod look_ups;
mod money;
mod money_routes;
mod odd_receipts;
mod receipts;
mod redrive;
mod replies;
mod restart;
mod retries;
mod rig;
mod routing;
mod sends;
mod shared_limits;
mod stub;
mod texts;
mod traffic;
mod twilio;
mod urgent;
