#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test"
)]

mod call;
mod clicks;
mod load_reply;
mod replies;
mod stubs;
mod webhooks;
