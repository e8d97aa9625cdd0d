//! The service between a stub of consent and a simulated carrier that speaks real SMPP.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod events;
mod hand_over;
mod held;
mod links;
mod money;
mod receipts;
mod replies;
mod restart;
mod retries;
mod rig;
mod routing;
mod sends;
mod shared_limits;
mod stub;
mod traffic;
mod twilio;
mod urgent;
