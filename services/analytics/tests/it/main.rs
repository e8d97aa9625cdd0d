#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test"
)]

mod any_order;
mod api_texts;
mod funnel;
mod samples;
