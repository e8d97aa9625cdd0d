//! The kit itself, with a service that keeps notes.

mod kit;
mod notes;
