//! The connection to a provider is cut at every byte: what we then say of a text must agree with what the
//! provider really took.

mod http;
mod server;
mod smpp;
