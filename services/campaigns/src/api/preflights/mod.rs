//! `/v1/campaigns/{id}/preflight`: what a campaign would do.

pub mod begin;
pub mod latest;
pub mod one;
mod view;
