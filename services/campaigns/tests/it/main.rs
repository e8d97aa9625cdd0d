//! The service against a real nats-server and database, with everything around it played by `fake`.

mod fake;
mod launch;
mod pausing;
mod releasing;
mod restart;
mod scheduling;
mod states;
mod story;
