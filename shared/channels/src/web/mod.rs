//! What providers over HTTP share: a pool of kept connections, one bounded exchange, how many at once, and
//! the provider itself, which speaks the [`Dialect`] of whoever is at the other end.

mod dialect;
mod endpoint;
mod exchange;
pub mod form;
mod gate;
mod pool;
mod provider;
mod timely;

pub use dialect::{Dialect, Heard, Search, Verdict};
pub use endpoint::{Endpoint, EndpointError};
pub use exchange::{Answer, Body, Exchange, Line, Request};
pub use provider::{HttpProvider, Limits};
