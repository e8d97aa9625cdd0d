//! Faults of what the service stands on: the bus delivers too early, the database goes away or leaves a commit's
//! outcome open, a provider is down for a while (docs/faults.md).

mod breaker;
mod commit_cut;
mod outage;
mod proxy;
mod redelivery;
mod route_change;
